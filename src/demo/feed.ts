/** What belongs here: the demo: the emulator with people in it, and the API of the demo page. This file keeps the last events of the bridge. */
import type { BridgeEvent, Direction } from '../core/types.js';

/** One line of the live view. Ids only: `BridgeEvent` holds nothing else. */
export interface FeedEntry {
  readonly sequence: number;
  readonly atMs: number;
  readonly event: BridgeEvent;
}

export interface FeedCounters {
  readonly received: number;
  readonly toHelpdesk: number;
  readonly toTelegram: number;
  readonly tickets: number;
  readonly retries: number;
  /** Buried and undelivered. */
  readonly failed: number;
  readonly notices: number;
  readonly lanes: number;
  readonly helpdeskUp: boolean;
  readonly telegramUp: boolean;
}

export interface Feed {
  /** Returns the entry to show, or undefined for what would only make noise. */
  add(event: BridgeEvent): FeedEntry | undefined;
  entries(): readonly FeedEntry[];
  counters(): FeedCounters;
}

const ENTRIES_MAX = 200;
const START: FeedCounters = {
  received: 0, toHelpdesk: 0, toTelegram: 0, tickets: 0, retries: 0, failed: 0, notices: 0, lanes: 0, helpdeskUp: true, telegramUp: true,
};

export function createFeed(nowMs: () => number): Feed {
  const entries: FeedEntry[] = [];
  let counters = START;
  let sequence = 0;
  return {
    add(event) {
      counters = count(counters, event);
      if (isNoise(event)) return undefined;
      const entry = { sequence: ++sequence, atMs: nowMs(), event };
      entries.push(entry);
      if (entries.length > ENTRIES_MAX) entries.shift();
      return entry;
    },
    entries: () => entries,
    counters: () => counters,
  };
}

function isNoise(event: BridgeEvent): boolean {
  if (event.type === 'request') return event.code === undefined;
  if (event.type === 'log') return event.level === 'debug' || event.level === 'info';
  return event.type === 'lanes' || event.type === 'queue';
}

function count(before: FeedCounters, event: BridgeEvent): FeedCounters {
  switch (event.type) {
    case 'received': return { ...before, received: before.received + 1 };
    case 'ticket_opened': return { ...before, tickets: before.tickets + 1 };
    case 'relayed': return { ...before, ...relayed(before, event.direction) };
    case 'retry': return { ...before, retries: before.retries + 1 };
    case 'buried':
    case 'undelivered': return { ...before, failed: before.failed + 1 };
    case 'notice': return { ...before, notices: before.notices + 1 };
    case 'lanes': return { ...before, lanes: event.lanes };
    case 'outage': return event.system === 'helpdesk' ? { ...before, helpdeskUp: event.up } : { ...before, telegramUp: event.up };
    default: return before;
  }
}

function relayed(before: FeedCounters, direction: Direction): Partial<FeedCounters> {
  return direction === 'to_helpdesk' ? { toHelpdesk: before.toHelpdesk + 1 } : { toTelegram: before.toTelegram + 1 };
}
