/** Which ticket a message belongs to. Pure. */
import { entryOf, type ConversationState, type Opening, type TicketEntry } from '../core/conversation.js';
import type { Phase, TicketId } from '../core/types.js';

export type Choice =
  | { readonly kind: 'comment'; readonly entry: TicketEntry }
  | { readonly kind: 'open'; readonly topic?: string; readonly followUpOf?: TicketId };

/** Whoever asks for a new ticket and writes later than that has forgotten that they asked: "thanks" is no request of its own. */
export const OPENING_HOLDS_MS = 60 * 60_000;
/** The same when an agent answered in between. Long enough for those who were writing about their new matter just then. */
export const OPENING_HOLDS_ANSWERED_MS = 10 * 60_000;

export interface ReopenRules {
  readonly nowMs: number;
  /** When the message was written: it may have waited for long. */
  readonly writtenAtMs: number;
  readonly reopenWithinMs: number;
  readonly reopensFrom: readonly Phase[];
}

/**
 * A Telegram reply goes to the ticket of the message it answers; else a new ticket when the requester asked for one shortly before; else the
 * current ticket. A ticket that is over is reopened where helpdesk and mapping allow it, otherwise a linked follow-up is opened.
 */
export function chooseTicket(state: ConversationState, repliedTo: TicketId | undefined, rules: ReopenRules): Choice {
  const answered = entryOf(state, repliedTo);
  if (answered !== undefined && answered.phase !== 'gone') return continueOn(answered, rules);
  if (state.opening !== undefined && holds(state.opening, rules.writtenAtMs)) return openAsChosen(state);
  const current = entryOf(state, state.current);
  if (current === undefined || current.phase === 'gone') return { kind: 'open' };
  return continueOn(current, rules);
}

/** A new ticket with the topic that was chosen, if one was. */
export function openAsChosen({ opening }: ConversationState): Choice {
  return { kind: 'open', ...(opening?.topic !== undefined && { topic: opening.topic }) };
}

function holds({ atMs, answered }: Opening, writtenAtMs: number): boolean {
  return atMs === undefined || writtenAtMs - atMs <= (answered === true ? OPENING_HOLDS_ANSWERED_MS : OPENING_HOLDS_MS);
}

function continueOn(entry: TicketEntry, rules: ReopenRules): Choice {
  if (takesComments(entry, rules)) return { kind: 'comment', entry };
  return { kind: 'open', followUpOf: entry.ticket, ...(entry.topic && { topic: entry.topic }) };
}

function takesComments(entry: TicketEntry, rules: ReopenRules): boolean {
  if (entry.phase === 'new' || entry.phase === 'open' || entry.phase === 'pending') return true;
  return rules.reopensFrom.includes(entry.phase) && rules.nowMs - entry.phaseSinceMs <= rules.reopenWithinMs;
}
