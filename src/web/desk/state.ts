/** What the page knows and how it stays fresh: session, list, open ticket, live events, address. */
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { ApiError, ask, type History, type Session, type TicketPage } from './api.js';

export type View = 'active' | 'mine' | 'new' | 'open' | 'pending' | 'solved' | 'closed' | 'all';

export interface Filter {
  readonly view: View;
  readonly queue: string;
  readonly search: string;
}

export type SessionState =
  | { readonly kind: 'loading' }
  | { readonly kind: 'signedOut' }
  | { readonly kind: 'offline' }
  | { readonly kind: 'ready'; readonly session: Session };

const PAGE = 50;
const RETRY_MS = 3000;
const SEARCH_DELAY_MS = 200;

export function useSession(): { readonly state: SessionState; reload(): void } {
  const [state, setState] = useState<SessionState>({ kind: 'loading' });
  const reload = useCallback(() => {
    ask<Session>('GET', '/session').then(
      (session) => setState({ kind: 'ready', session }),
      (error: unknown) => setState({ kind: error instanceof ApiError && error.status === 401 ? 'signedOut' : 'offline' }),
    );
  }, []);
  useEffect(reload, [reload]);
  useEffect(() => {
    if (state.kind !== 'offline') return;
    const timer = setTimeout(reload, RETRY_MS);
    return () => clearTimeout(timer);
  }, [state, reload]);
  return { state, reload };
}

/**
 * Gives what reads `path` (undefined = nothing to be read), and hands its answer to `take`. A page that changes faster than answers come shows each of
 * them, but never an older one after a newer. What failed for a reason that passes is read again after a while.
 */
function useReading<T>(path: string | undefined, take: (answer: T) => void, refused: (error: ApiError) => void = () => undefined): () => void {
  const asked = useRef(0);
  const taken = useRef(0);
  const retry = useRef<ReturnType<typeof setTimeout>>(undefined);
  const read = useCallback(() => {
    clearTimeout(retry.current);
    const mine = ++asked.current;
    if (path === undefined) return;
    ask<T>('GET', path).then((answer) => {
      if (mine < taken.current) return;
      taken.current = mine;
      take(answer);
    }, (error: unknown) => {
      if (mine !== asked.current || !(error instanceof ApiError)) return;
      // The banner tells that the connection is lost; what is shown stays.
      if (error.status === 0 || error.status >= 500) retry.current = setTimeout(read, RETRY_MS);
      else refused(error);
    });
  }, [path]);
  useEffect(() => () => clearTimeout(retry.current), [read]);
  return read;
}

/** The list for a filter; `refresh` keeps what is shown until the new one is there. `more` widens it. */
export function useTickets(filter: Filter): { readonly page: TicketPage | undefined; refresh(): void; more(): void } {
  const [page, setPage] = useState<TicketPage>();
  const [limit, setLimit] = useState(PAGE);
  const refresh = useReading<TicketPage>(`/tickets?${queryOf(filter, limit)}`, setPage);
  useEffect(() => {
    const timer = setTimeout(refresh, filter.search === '' ? 0 : SEARCH_DELAY_MS);
    return () => clearTimeout(timer);
  }, [refresh]);
  return { page, refresh, more: () => setLimit((now) => Math.min(200, now + PAGE)) };
}

export interface OpenTicket {
  readonly history: History | undefined;
  readonly gone: boolean;
  refresh(): void;
  showEarlier(): void;
}

export function useTicket(id: string | undefined): OpenTicket {
  const [found, setFound] = useState<{ readonly id: string | undefined; readonly history?: History }>();
  const [limit, setLimit] = useState(300);
  const refresh = useReading<History>(id === undefined ? undefined : `/tickets/${id}/history?limit=${limit}`,
    (history) => setFound({ id, history }), (error) => { if (error.status === 404) setFound({ id }); });
  useEffect(refresh, [refresh]);
  const history = found?.id === id ? found?.history : undefined;
  return { history, gone: found !== undefined && found.id === id && history === undefined, refresh, showEarlier: () => setLimit(5000) };
}

/** Calls `onChange` with the tickets that changed (undefined = anything may have); gives whether the connection stands. */
export function useLive(enabled: boolean, onChange: (tickets: readonly string[] | undefined) => void): boolean {
  const [connected, setConnected] = useState(true);
  const latest = useRef(onChange);
  latest.current = onChange;
  useEffect(() => {
    if (!enabled) return;
    let source: EventSource | undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let lastSeq = -1;
    const connect = (): void => {
      source = new EventSource('api/events');
      source.onopen = () => setConnected(true);
      source.onmessage = (message: MessageEvent<string>) => {
        const { seq, tickets } = JSON.parse(message.data) as { readonly seq: number; readonly tickets: readonly string[] };
        // The first message of a connection carries no tickets: whatever changed before it, since the page read it or the last connection broke, was not told.
        if (tickets.length > 0) latest.current(tickets);
        else if (seq !== lastSeq) latest.current(undefined);
        lastSeq = seq;
      };
      source.onerror = () => {
        setConnected(false);
        if (source?.readyState !== EventSource.CLOSED) return; // the browser connects again by itself
        clearTimeout(timer);
        timer = setTimeout(connect, RETRY_MS);
      };
    };
    connect();
    return () => {
      source?.close();
      clearTimeout(timer);
    };
  }, [enabled]);
  return connected;
}

/** The ticket in the address: `#/tickets/1001`. */
export function useAddress(): readonly [string | undefined, (id: string | undefined) => void] {
  const read = (): string | undefined => /^#\/tickets\/(\d{1,12})$/.exec(location.hash)?.[1];
  const [id, setId] = useState(read);
  useLayoutEffect(() => {
    const follow = (): void => setId(read());
    addEventListener('hashchange', follow);
    return () => removeEventListener('hashchange', follow);
  }, []);
  return [id, (next) => { location.hash = next === undefined ? '#/' : `#/tickets/${next}`; }];
}

function queryOf(filter: Filter, limit: number): string {
  const query = new URLSearchParams({ limit: String(limit) });
  if (filter.view === 'active' || filter.view === 'mine') query.set('status', 'new,open,pending');
  else if (filter.view !== 'all') query.set('status', filter.view);
  if (filter.view === 'mine') query.set('assignee', 'me');
  if (filter.queue !== '') query.set('queue', filter.queue);
  if (filter.search.trim() !== '') query.set('search', filter.search.trim());
  return query.toString();
}
