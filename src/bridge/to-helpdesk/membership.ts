/** The requester blocked the bot, or came back: the agent is told, and what waited goes out. */
import type { ConversationSession } from '../../core/ports.js';
import { entryOf, openEntries, type ConversationState, type DueWork } from '../../core/conversation.js';
import type { MembershipEvent, TicketId } from '../../core/types.js';
import { CATCH_UP } from '../due.js';
import type { BridgePorts } from '../ports.js';
import { dropVerdict, tellAgent } from './verdicts.js';

/** Safe to repeat. Throws what the ports throw. */
export async function noteMembership(ports: BridgePorts, session: ConversationSession, event: MembershipEvent): Promise<void> {
  const { state } = session;
  const verdict = { kind: event.reachable ? 'returned' : 'left', about: String(event.sentAtMs) } as const;
  // An earlier try at the verdict may be over without it: something else told meanwhile that they are here, or their ticket was solved.
  if ((state.unreachable === true) !== event.reachable) return dropVerdict(session, verdict);
  const open = openEntries(state);
  const entry = open.find((one) => one.ticket === entryOf(state, state.current)?.ticket) ?? open.at(-1);
  // Told before it is remembered: a crash in between tells the same verdict, which is written once.
  await (entry === undefined ? dropVerdict(session, verdict) : tellAgent(ports, session, entry.ticket, verdict));
  await session.commit({ unreachable: !event.reachable, ...(event.reachable && { due: dueOnReturn(session.state, ports.clock.nowMs()) }) });
}

/** For the commit that says that the requester is back: what waits for them goes out although a crash comes first, and no sweep would ring for it. */
export function dueOnReturn(state: ConversationState, nowMs: number): readonly DueWork[] {
  return state.unreachable === true ? ticketsWithLate(state).map((ticket) => ({ kind: CATCH_UP, ticket, atMs: nowMs })) : [];
}

/** For the commit behind a replay: what was filed just now says nothing of its sender being back. `before`: the state until then. */
export function stillAway(before: ConversationState): { readonly unreachable: boolean; readonly done: readonly DueWork[] } {
  return { unreachable: before.unreachable === true, done: dueOnReturn(before, 0) };
}

/** The tickets with answers, or changes of answers, that wait for the requester. */
export function ticketsWithLate(state: ConversationState): readonly TicketId[] {
  return state.tickets.filter((entry) => (entry.late !== undefined || entry.changesWait === true) && entry.mergedInto === undefined).map((entry) => entry.ticket);
}
