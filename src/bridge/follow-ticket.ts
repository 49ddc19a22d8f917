/** What a conversation is to read of a ticket: where it stands, where it went in a merge, or from when on when it was not known. */
import type { ConversationSession } from '../core/ports.js';
import { entryOf, type TicketEntry } from '../core/conversation.js';
import type { Comment, CommentId, Ticket } from '../core/types.js';
import type { BridgePorts } from './ports.js';

export interface Source {
  /** The comments that may be news, in order. */
  read(): Promise<readonly Comment[]>;
  /** Whether an answer among them is meant for this conversation. */
  concerns(comment: Comment): boolean;
}

/**
 * Makes sure that the conversation has an entry for `ticket`, which was read as the present form of `known`.
 * Commits when there is something to remember.
 */
export async function followTicket(
  ports: BridgePorts, session: ConversationSession, known: TicketEntry | undefined, ticket: Ticket,
): Promise<Source> {
  if (known === undefined) return adopt(ports, session, ticket);
  if (known.ticket === ticket.id) return after(ports, ticket, [known.cursor], () => true);
  return merge(ports, session, known, ticket);
}

/**
 * The helpdesk says that this ticket belongs here, the map does not know it: a crash came between the ticket and its link, or the map
 * is new. Only what was said since the map exists is news; older answers were relayed by an earlier map.
 */
async function adopt(ports: BridgePorts, session: ConversationSession, ticket: Ticket): Promise<Source> {
  await session.commit({ tickets: [entryFor(ports, ticket)], ...(session.state.current === undefined && { current: ticket.id }) });
  return after(ports, ticket, [undefined], (comment) => comment.createdAtMs >= ports.idMap.bornAtMs);
}

/** `known` was swallowed by `ticket`. What was not relayed yet of either is read on, from the earlier of the two cursors. */
async function merge(ports: BridgePorts, session: ConversationSession, known: TicketEntry, ticket: Ticket): Promise<Source> {
  const target = entryOf(session.state, ticket.id);
  const gone: TicketEntry = { ...known, phase: 'gone', toldPhase: 'gone', mergedInto: ticket.id };
  const entry: TicketEntry = target ?? { ...entryFor(ports, ticket), ...(known.cursor && { cursor: known.cursor }) };
  const current = session.state.current === known.ticket ? { current: ticket.id } : {};
  await session.commit({ tickets: [gone, entry], ...current });
  ports.emit({ type: 'log', level: 'info', message: 'ticket merged', facts: { conversation: session.state.conversation, from: known.ticket, into: ticket.id } });
  if (target !== undefined) return after(ports, ticket, [known.cursor, target.cursor], () => true);
  // The other ticket belonged to somebody else: what was said there before the merge was not meant for this requester.
  return after(ports, ticket, [known.cursor], (comment) => comment.ticket === known.ticket);
}

function entryFor(ports: BridgePorts, ticket: Ticket): TicketEntry {
  const nowMs = ports.clock.nowMs();
  const phase = ports.mapping().phaseOf(ticket);
  return { ticket: ticket.id, number: ticket.number, phase, toldPhase: phase, phaseSinceMs: nowMs, openedAtMs: nowMs };
}

/** Cursors are opaque, but the earlier one has more behind it. */
function after(
  ports: BridgePorts, ticket: Ticket, cursors: readonly (CommentId | undefined)[], concerns: Source['concerns'],
): Source {
  return {
    concerns,
    async read() {
      const lists = await Promise.all([...new Set(cursors)].map((cursor) => ports.connector.commentsAfter(ticket.id, cursor)));
      return lists.reduce((longest, list) => (list.length > longest.length ? list : longest));
    },
  };
}
