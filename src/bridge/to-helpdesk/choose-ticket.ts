/** Which ticket a message belongs to. Pure. */
import { entryOf, type ConversationState, type TicketEntry } from '../../core/conversation.js';
import { opensWith } from '../../core/opening.js';
import type { Phase, TicketId } from '../../core/types.js';

export type Choice =
  | { readonly kind: 'comment'; readonly entry: TicketEntry }
  | { readonly kind: 'open'; readonly topic?: string; readonly followUpOf?: TicketId };

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
  if (state.opening !== undefined && opensWith(state.opening, rules.writtenAtMs)) return openAsChosen(state);
  const current = entryOf(state, state.current);
  if (current === undefined || current.phase === 'gone') return { kind: 'open' };
  return continueOn(current, rules);
}

/** A new ticket with the topic that was chosen, if one was. */
export function openAsChosen({ opening }: ConversationState): Choice {
  return { kind: 'open', ...(opening?.topic !== undefined && { topic: opening.topic }) };
}

function continueOn(entry: TicketEntry, rules: ReopenRules): Choice {
  if (takesComments(entry, rules)) return { kind: 'comment', entry };
  return { kind: 'open', followUpOf: entry.ticket, ...(entry.topic && { topic: entry.topic }) };
}

function takesComments(entry: TicketEntry, rules: ReopenRules): boolean {
  if (entry.phase === 'new' || entry.phase === 'open' || entry.phase === 'pending') return true;
  return rules.reopensFrom.includes(entry.phase) && rules.nowMs - entry.phaseSinceMs <= rules.reopenWithinMs;
}
