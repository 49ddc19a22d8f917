/** The whole page: who is signed in, the list on one side, the ticket on the other, keys, language. */
import type { VNode } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Session } from './api.js';
import { HelpOverlay, SignIn, useOpening } from './dialogs.js';
import { useKeys } from './keys.js';
import { TicketList } from './list.js';
import { isUnread } from './seen.js';
import { useAddress, useLive, useSession, useTicket, useTickets, type Filter } from './state.js';
import { createTranslate, keepLanguage, preferredLanguage, type Language, type Translate } from './texts.js';
import { TicketPane } from './ticket.js';

/** What every part needs to speak. */
export interface Speech {
  readonly t: Translate;
  readonly language: Language;
}

export function App(): VNode | null {
  const [language, setLanguage] = useState(preferredLanguage);
  const speech = useMemo(() => ({ t: createTranslate(language), language }), [language]);
  const { state, reload } = useSession();
  useEffect(() => keepLanguage(language), [language]);
  if (state.kind === 'loading') return null;
  if (state.kind === 'offline') return <p class="alone" role="status">{speech.t('offline')}</p>;
  if (state.kind === 'signedOut') return <SignIn speech={speech} onLanguage={setLanguage} onDone={reload} />;
  return <Desk speech={speech} session={state.session} onLanguage={setLanguage} onSession={reload} />;
}

interface DeskProps {
  readonly speech: Speech;
  readonly session: Session;
  readonly onLanguage: (language: Language) => void;
  readonly onSession: () => void;
}

function Desk({ speech, session, onLanguage, onSession }: DeskProps): VNode {
  const [filter, setFilter] = useState<Filter>({ view: 'active', queue: '', search: '' });
  const [openId, openTicket] = useAddress();
  const [marked, setMarked] = useState<string>();
  const help = useOpening();
  const [, redraw] = useState(0);
  const { page, refresh: refreshList, more } = useTickets(filter);
  const ticket = useTicket(openId);
  const searchBox = useRef<HTMLInputElement>(null);
  const connected = useLive(true, (changed) => {
    refreshList();
    if (openId !== undefined && (changed === undefined || changed.includes(openId))) ticket.refresh();
  });
  const tickets = page?.tickets ?? [];
  useTitle(tickets.filter(isUnread).length, speech.t('title'));
  useKeys({ tickets, openId, marked, mark: setMarked, openTicket, showHelp: help.open, searchBox });
  return (
    <div class={`desk ${openId === undefined ? 'shows-list' : 'shows-ticket'}`}>
      {!connected && <p class="banner" role="status">{speech.t('offline')}</p>}
      <TicketList speech={speech} session={session} filter={filter} onFilter={setFilter} page={page} openId={openId} marked={marked ?? openId}
        onOpen={openTicket} onMore={more} onHelp={help.open} onLanguage={onLanguage} onSession={onSession} searchBox={searchBox} />
      <TicketPane speech={speech} session={session} open={ticket} openId={openId} onBack={() => openTicket(undefined)} onOpen={openTicket}
        onChanged={() => { ticket.refresh(); refreshList(); }} onSeen={() => redraw((count) => count + 1)} />
      {help.turn !== undefined && <HelpOverlay key={help.turn} speech={speech} onClose={help.closed} />}
    </div>
  );
}

function useTitle(unread: number, title: string): void {
  useEffect(() => {
    document.title = unread > 0 ? `(${unread}) ${title}` : title;
  }, [unread, title]);
}
