/** What belongs here: the page's picture of the demo, kept fresh by the event stream. */
import { useEffect, useReducer } from 'preact/hooks';
import { createReading } from './reading.js';
import { fetchState } from './wire.js';
import type { Counters, Customer, DemoState, FeedEntry, StreamMessage, WorldChange } from './wire.js';

export interface Toast {
  readonly chat: number;
  readonly text: string;
  readonly key: number;
}

export interface PageState {
  readonly connected: boolean;
  readonly customers: readonly Customer[];
  /** Newest first. */
  readonly entries: readonly FeedEntry[];
  readonly counters: Counters;
  /** Chats in which the bot is writing now, with the time of the hint. */
  readonly typing: ReadonlyMap<number, number>;
  readonly toast?: Toast | undefined;
}

const ENTRIES_MAX = 200;
const START: PageState = {
  connected: false, customers: [], entries: [], typing: new Map(),
  counters: { received: 0, toHelpdesk: 0, toTelegram: 0, tickets: 0, retries: 0, failed: 0, notices: 0, helpdeskUp: true, telegramUp: true },
};

export type Action =
  | { readonly type: 'state'; readonly state: DemoState }
  | { readonly type: 'lost' }
  | { readonly type: 'stream'; readonly message: StreamMessage; readonly nowMs: number }
  | { readonly type: 'calm'; readonly nowMs: number };

export function reduce(page: PageState, action: Action): PageState {
  switch (action.type) {
    case 'lost': return { ...page, connected: false };
    case 'calm': return { ...page, typing: new Map([...page.typing].filter(([, atMs]) => atMs > action.nowMs - 5000)) };
    case 'state': {
      const { customers, bridge } = action.state;
      return { ...page, connected: true, customers, counters: bridge.counters, entries: [...bridge.entries].reverse() };
    }
    case 'stream': {
      if (action.message.type === 'change') return applyChange(page, action.message.change, action.nowMs);
      const { entry, counters } = action.message;
      if (page.entries.some((known) => known.sequence === entry.sequence)) return page;
      return { ...page, counters, entries: [entry, ...page.entries].slice(0, ENTRIES_MAX) };
    }
  }
}

function applyChange(page: PageState, change: WorldChange, nowMs: number): PageState {
  if (change.type === 'commands' || change.type === 'chat') return page;
  if (change.type === 'answered') return change.text === undefined ? page : { ...page, toast: { chat: change.chat, text: change.text, key: nowMs } };
  if (change.type === 'action') return { ...page, typing: new Map(page.typing).set(change.chat, nowMs) };
  const customers = page.customers.map((customer) => (customer.id === change.chat ? changeCustomer(customer, change) : customer));
  if (change.type !== 'message' || change.stored.message.from?.is_bot !== true) return { ...page, customers };
  const typing = new Map(page.typing);
  typing.delete(change.chat);
  return { ...page, customers, typing };
}

type MessageChange = Extract<WorldChange, { type: 'message' | 'deleted' | 'acknowledged' | 'reaction' | 'bot_reaction' }>;

function changeCustomer(customer: Customer, change: MessageChange): Customer {
  if (change.type === 'deleted') return { ...customer, messages: customer.messages.filter(({ message }) => message.message_id !== change.message) };
  if (change.type === 'acknowledged') {
    return { ...customer, messages: customer.messages.map((stored) => (stored.message.message_id === change.message ? { ...stored, acknowledged: true } : stored)) };
  }
  if (change.type === 'bot_reaction') return { ...customer, botReactions: { ...customer.botReactions, [change.message]: change.emoji } };
  if (change.type === 'reaction') return { ...customer, reactions: { ...customer.reactions, [change.message]: change.emoji } };
  const id = change.stored.message.message_id;
  const known = customer.messages.some(({ message }) => message.message_id === id);
  const messages = known
    ? customer.messages.map((stored) => (stored.message.message_id === id ? change.stored : stored))
    : [...customer.messages, change.stored];
  return { ...customer, messages };
}

/** Reads the state, then follows the stream; reads it again after a lost connection and when people or menus change. */
export function usePage(): PageState {
  const [page, dispatch] = useReducer(reduce, START);
  useEffect(() => {
    const reading = createReading(fetchState, dispatch);
    const stream = new EventSource('/demo/events');
    stream.onopen = () => reading.start();
    stream.onerror = () => dispatch({ type: 'lost' });
    stream.onmessage = (event: MessageEvent<string>) => {
      const message = JSON.parse(event.data) as StreamMessage;
      if (message.type === 'change' && (message.change.type === 'chat' || message.change.type === 'commands')) reading.start();
      reading.hear({ type: 'stream', message, nowMs: performance.now() });
    };
    const calm = setInterval(() => dispatch({ type: 'calm', nowMs: performance.now() }), 2000);
    return () => {
      stream.close();
      reading.stop();
      clearInterval(calm);
    };
  }, []);
  return page;
}
