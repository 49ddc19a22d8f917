/** What a conversation is to read of a ticket: where it stands, where it went in a merge, or from when on when it was not known. */
import type { ConversationSession } from '../../core/ports.js';
import { BridgeError } from '../../core/errors.js';
import { entryOf, type ConversationChange, type TicketEntry } from '../../core/conversation.js';
import type { Comment, CommentId, Ticket, TicketId } from '../../core/types.js';
import { CATCH_UP } from '../due.js';
import type { BridgePorts } from '../ports.js';
import { verdictId } from '../to-helpdesk/verdicts.js';

export interface Source {
  /** The comments that may be news, in order. */
  read(): Promise<readonly Comment[]>;
  /** Whether an answer among them is meant for this conversation. */
  concerns(comment: Comment): boolean;
  /** To be committed when all of them are relayed; `last` is the last one read. */
  settle(last: CommentId | undefined): ConversationChange | undefined;
}

/** `ticket` was read as the present form of `known`. After `settle` the conversation has an entry for it. */
export async function followTicket(
  ports: BridgePorts, session: ConversationSession, known: TicketEntry | undefined, ticket: Ticket,
): Promise<Source> {
  if (known === undefined) return adopt(ports, session, ticket);
  if (known.ticket !== ticket.id) return merged(ports, session, known, ticket);
  const comments = await ports.connector.commentsAfter(ticket.id, known.cursor);
  const swallowed = session.state.tickets.find((entry) => entry.mergedInto === undefined && entry.ticket !== ticket.id
    && comments.some((comment) => comment.ticket === entry.ticket));
  // The news of a merge may come with the other ticket's doorbell first: what was pending on the swallowed one comes before what is new here.
  if (swallowed !== undefined) {
    // Or it was swallowed itself after it was read: remembered the wrong way round, each of the two would be followed to the other for ever.
    if ((await ports.connector.getTicket(ticket.id)).id !== ticket.id) {
      throw new BridgeError({ code: 'unavailable', operation: 'followTicket', message: 'the ticket was merged while it was read' });
    }
    return merged(ports, session, swallowed, ticket);
  }
  return { read: async () => comments, concerns: (comment) => wasSaidHere(session, ticket, comment), settle: () => undefined };
}

/** A merge brings along what was said on somebody else's ticket: that stays between the agent and them. */
export function wasSaidHere({ state }: ConversationSession, ticket: Ticket, comment: Comment): boolean {
  return comment.ticket === ticket.id || state.tickets.some((entry) => entry.ticket === comment.ticket);
}

/** No other requester's chat hears of this ticket. */
export async function isAlone(ports: BridgePorts, session: ConversationSession, ticket: TicketId): Promise<boolean> {
  return (await ports.idMap.conversationsOf(ticket)).every((conversation) => conversation === session.state.conversation);
}

/**
 * The helpdesk says that this ticket belongs here, the map does not know it: a crash came between the ticket and its link, or the map
 * is new. Only what was said since the map exists is news; older answers were relayed by an earlier map.
 */
async function adopt(ports: BridgePorts, session: ConversationSession, ticket: Ticket): Promise<Source> {
  const entry = entryFor(ports, ticket);
  const { externalId } = ticket;
  // The requester has not heard of it: nothing goes there before the first answer, and there is nothing to confirm.
  const byAgent = externalId === undefined && ticket.conversation === undefined;
  await session.commit({
    tickets: [byAgent ? { ...entry, unannounced: true } : entry],
    ...(!byAgent && session.state.current === undefined && { current: ticket.id }),
    // The message that opened it comes again after a crash: it is stored already.
    ...(externalId && { links: [{ ticket: ticket.id, message: externalId, part: 0 }], settled: [externalId] }),
    // They wrote before the word that they are a stranger was surely there.
    ...(byAgent && { settled: [verdictId(session.state.conversation, { kind: 'stranger', about: ticket.id })] }),
    ...(!byAgent && entry.phase === 'new' && { due: ports.journey.dueOnOpening(ticket, ports.clock.nowMs()) }),
  });
  return after(ports, ticket, undefined, {
    concerns: (comment) => comment.createdAtMs >= ports.idMap.bornAtMs && wasSaidHere(session, ticket, comment), settle: () => undefined,
  });
}

/**
 * `known` was swallowed by `ticket`. What was not relayed yet of either is read on, from the earlier of the two cursors; only then the merge is
 * remembered, so that a crash in between does not lose the place.
 */
function merged(ports: BridgePorts, session: ConversationSession, known: TicketEntry, ticket: Ticket): Source {
  const target = entryOf(session.state, ticket.id);
  const settle = (last: CommentId | undefined): ConversationChange => {
    const { conversation, current } = session.state;
    ports.emit({ type: 'log', level: 'info', message: 'ticket merged', facts: { conversation, from: known.ticket, into: ticket.id } });
    // Of two cursors of changes nobody knows the earlier: all are carried over once more, which does no harm.
    const { changes, ...present } = entryOf(session.state, ticket.id) ?? entryFor(ports, ticket);
    const cursor = last ?? present.cursor ?? known.cursor;
    const { late, ...swallowed } = entryOf(session.state, known.ticket) ?? known;
    const gone: TicketEntry = { ...swallowed, phase: 'gone', toldPhase: 'gone', mergedInto: ticket.id };
    return { tickets: [gone, { ...(late && { late }), ...present, ...(cursor && { cursor }) }], ...(current === known.ticket && { current: ticket.id }) };
  };
  if (target !== undefined) return afterBoth(ports, session, ticket, known, target, settle);
  // Ours, though the map does not know it yet: a crash came between the ticket and its link.
  if (ticket.conversation === session.state.conversation) return afterBoth(ports, session, ticket, known, entryFor(ports, ticket), settle);
  // The other ticket belonged to somebody else: what was said there before the merge was not meant for this requester.
  return after(ports, ticket, known.cursor, { concerns: (comment) => comment.ticket === known.ticket, settle });
}

/** News of either ticket is what comes behind its own cursor: links alone do not tell, a conversation that moved left them behind. */
function afterBoth(
  ports: BridgePorts, session: ConversationSession, ticket: Ticket, known: TicketEntry, target: TicketEntry, settle: Source['settle'],
): Source {
  const news = new Set<CommentId>();
  // A third one that was merged too is followed for itself, from its own place: what waits there is older than what is behind the target's cursor.
  const thirds = session.state.tickets.filter((entry) => entry.mergedInto === undefined && entry.ticket !== ticket.id && entry.ticket !== known.ticket).map((entry) => entry.ticket);
  const left = new Set<TicketId>();
  return {
    settle: (last) => ({ ...settle(last), due: [...left].map((third) => ({ kind: CATCH_UP, ticket: third, atMs: ports.clock.nowMs() })) }),
    concerns: (comment) => news.has(comment.id) && wasSaidHere(session, ticket, comment),
    async read() {
      // One after the other: what is said in between is said on the target, so that only the later reading may have it.
      const ofKnown = await ports.connector.commentsAfter(ticket.id, known.cursor);
      const ofTarget = await ports.connector.commentsAfter(ticket.id, target.cursor);
      for (const comment of ofKnown) if (comment.ticket === known.ticket) news.add(comment.id);
      for (const comment of ofTarget) {
        if (thirds.includes(comment.ticket)) left.add(comment.ticket);
        else if (comment.ticket !== known.ticket) news.add(comment.id);
      }
      return longest([ofKnown, ofTarget]);
    },
  };
}

function entryFor(ports: BridgePorts, ticket: Ticket): TicketEntry {
  const nowMs = ports.clock.nowMs();
  const phase = ports.mapping().phaseOf(ticket);
  return { ticket: ticket.id, number: ticket.number, phase, toldPhase: phase, phaseSinceMs: nowMs, openedAtMs: nowMs, ...(ticket.changes && { changes: ticket.changes }) };
}

function after(ports: BridgePorts, ticket: Ticket, cursor: CommentId | undefined, rest: Omit<Source, 'read'>): Source {
  return { ...rest, read: () => ports.connector.commentsAfter(ticket.id, cursor) };
}

/** Cursors are opaque, but the earlier one has more behind it. */
function longest(lists: readonly (readonly Comment[])[]): readonly Comment[] {
  return lists.reduce((most, list) => (list.length > most.length ? list : most));
}
