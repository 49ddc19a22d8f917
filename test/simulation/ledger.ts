/** What really happened in a story, remembered beside the program for the judge. Texts hold `zq`, so that any trace of one is found. */
import type { Comment, CommentId, ConversationId, TicketId } from '../../src/core/types.js';
import type { Fate } from './network.js';
import type { Process } from './process.js';

/** Stands in every text, name and file name of a story, and in no id. */
export const TRACE_OF_TEXT = 'zq';

/** A message by a customer. */
export interface Said {
  readonly message: string;
  readonly conversation: string;
  readonly text: string;
  /** The helpdesk will never take it. */
  readonly refused: boolean;
  /** One of several that were sent together. */
  readonly album?: string;
  /** Begins with the words it answers. */
  readonly quotes?: string;
  /** What a message with another text, and everything else alike, says of itself. */
  readonly as: (text: string) => Readonly<Record<string, unknown>>;
}

/** A comment by an agent. `units` are what a customer must see of it, in order: a text, a piece of a long text, or a file. */
export interface Answered {
  readonly comment: CommentId;
  readonly ticket: TicketId;
  readonly units: readonly string[];
  /** The customers (by their first chat) to whom it is said. */
  readonly audience: readonly number[];
  /** Those who may miss it: their ticket was merged into this one, and the bridge did not know yet that what is said here is said to them. */
  readonly newcomers: readonly number[];
  /** Telegram will never take it. */
  readonly refused: boolean;
  /** Public from the beginning to the end. */
  steady: boolean;
  visibility: 'public' | 'internal';
  /** The comment is there no more. */
  erased: boolean;
  /** A word that stands in each of its texts since it was changed last. */
  version: string;
  /** All of its text, with that word. */
  readonly textOf: (version: string) => string;
  /** What the last read that the helpdesk answered said of it. */
  read: 'never' | 'public' | 'internal';
  everReadPublic: boolean;
  /** Since when it is internal, this time. */
  internalSinceMs?: number | undefined;
}

/** A send that took effect. */
export interface Effect {
  readonly units: readonly string[];
  readonly chat: number;
  readonly message: string;
  /** The first message of what went out together. */
  readonly send: string;
  readonly process: Process;
  readonly fate: Fate;
  readonly text: string;
  readonly leftAtMs: number;
  readonly atMs: number;
  /** The conversation with which its link went to disk. */
  linkedIn: string | undefined;
}

export interface Ledger {
  readonly counts: Record<string, number>;
  readonly violations: Set<string>;
  readonly said: Said[];
  /** Changes of messages, in order. */
  readonly edited: { readonly message: string; readonly text: string; readonly atMs: number }[];
  readonly answered: Answered[];
  readonly effects: Effect[];
  /** Words to agents that the helpdesk did not take, because their ticket was closed: by key, with the moment. */
  readonly untold: Map<string, number>;
  /** Where agents wrote so far, sent or not. */
  readonly typedOn: Set<TicketId>;
  /** Which conversation the bridge knows to have gone along to which ticket. */
  readonly merged: Set<string>;
  count(what: string): void;
  wrong(what: string): void;
}

export function createLedger(): Ledger {
  const counts: Record<string, number> = {};
  const violations = new Set<string>();
  return {
    counts, violations, said: [], edited: [], answered: [], effects: [], typedOn: new Set(), untold: new Map(), merged: new Set(),
    count: (what) => { counts[what] = (counts[what] ?? 0) + 1; },
    wrong: (what) => { violations.add(what); },
  };
}

const UNIT = /zq[ai]\d+(?:-\d+)?/gu;

/** The marks of answers in something that was sent. */
export function unitsIn(text: string): readonly string[] {
  return [...new Set(text.match(UNIT) ?? [])];
}

export function noteRead(ledger: Ledger, comments: readonly Comment[]): void {
  for (const { id, visibility } of comments) {
    const known = ledger.answered.find((one) => one.comment === id);
    if (known === undefined) continue;
    known.read = visibility;
    if (visibility === 'public') known.everReadPublic = true;
  }
}

/** The bridge may know this much less than the helpdesk: a look is good for 2 s, and the answer to it may take its time. */
const KNOWN_LATE_MS = 2_000 + 8_000 + 500;

/** A send leaves: nothing of it may be internal. `frozen`: its process was stopped for a while, with the look behind it. */
export function noteSend(ledger: Ledger, text: string, nowMs: number, frozen: boolean): void {
  if (/zq[mk]/u.test(text)) ledger.wrong(`${text} by a customer is sent to a customer`);
  for (const unit of unitsIn(text)) {
    const known = ledger.answered.find((one) => one.units.includes(unit));
    if (known === undefined) ledger.wrong(`${unit} is sent, and nobody said it`);
    else if (!known.everReadPublic) ledger.wrong(`${unit} is sent and was never public when it was read`);
    else if (known.visibility === 'internal') {
      const forMs = nowMs - (known.internalSinceMs ?? nowMs);
      if (forMs > KNOWN_LATE_MS && !frozen) ledger.wrong(`${unit} is sent ${forMs} ms after it was made internal`);
      else ledger.count(frozen ? 'made internal before the send of a process that was frozen in between' : 'made internal between the read and the send');
    }
  }
}

/** The helpdesk is told that an answer arrived: all of it must stand in a chat. */
export function noteReport(ledger: Ledger, comment: CommentId): void {
  const known = ledger.answered.find((one) => one.comment === comment);
  const missing = known?.units.filter((unit) => !ledger.effects.some(({ units }) => units.includes(unit)));
  if (missing === undefined) ledger.wrong(`comment ${comment} was reported delivered, and no agent wrote it`);
  else if (missing.length > 0) ledger.wrong(`comment ${comment} was reported delivered before ${missing.join(' ')} was in a chat`);
  ledger.count('answers reported delivered');
}

export function conversationOf(chat: number): ConversationId {
  return `tg:1:${chat}` as ConversationId;
}
