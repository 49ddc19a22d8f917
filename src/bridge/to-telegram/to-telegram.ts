/** One doorbell: read the ticket, relay what is new since the cursor, tell a change of status once. */
import type { ConversationSession } from '../../core/ports.js';
import { entryOf, type TicketEntry } from '../../core/conversation.js';
import type { Comment, CommentId, Ticket, TicketId } from '../../core/types.js';
import { BridgeError, toBridgeError } from '../../core/errors.js';
import { followTicket, type Source } from './follow-ticket.js';
import { isAnswer, LastLook } from './last-look.js';
import { settleLate, tellOfHeld } from './late.js';
import { tryNotice } from './notices.js';
import type { BridgePorts } from '../ports.js';
import { relayChanges, showAgain } from './relay-changes.js';
import { cursorChange, relayComment, sendGivenUp, type Relay } from './relay-comment.js';
import { isVerdict } from '../to-helpdesk/verdicts.js';

/** The comment at work, so that a job that fails for good knows what to pass over. */
export interface Head {
  comment?: Comment;
}

/** How the reading of a ticket ended. `held`: answers wait, because the chat takes none. */
export type Reading = 'answered' | 'nothing' | 'held';

/**
 * Brings one conversation up to date with one ticket. Safe to repeat: parts that were sent are linked and not sent again.
 * Throws what the ports throw; a ticket that is gone is no error.
 */
export async function relayTicket(
  ports: BridgePorts, session: ConversationSession, ticketId: TicketId, attempt: number, head: Head,
): Promise<Reading> {
  const known = entryOf(session.state, ticketId);
  // The status is read before the comments: an answer that comes with "solved" is then always told before it.
  const ticket = await readTicket(ports, session, known, ticketId);
  if (ticket === undefined) return 'nothing';
  // Merged before it was taken up: where it went may be known here already, or belong to somebody else.
  const entry = known ?? entryOf(session.state, ticket.id);
  if (entry === undefined && ticket.id !== ticketId && ticket.conversation !== session.state.conversation) return 'nothing';
  const source = await followTicket(ports, session, entry, ticket);
  const relay = relayOf(ports, session, ticket, attempt);
  const reading = await relayComments(relay, source, { head, place: entry?.ticket ?? ticket.id });
  // Changes come behind what is new, so that nothing is sent before its turn.
  if (reading !== 'held') await relayChanges(relay);
  await showAgain(relay);
  await tellPhase(relay, reading);
  return reading;
}

/**
 * Sends again what was given up of one answer, and tells the agent that it arrived. Safe to repeat. Throws what the ports throw; `not_found`
 * when the ticket or the answer is gone, `conflict` when the answer is not public any more.
 */
export async function relayAgain(ports: BridgePorts, session: ConversationSession, ticketId: TicketId, commentId: CommentId): Promise<void> {
  const ticket = await ports.connector.getTicket(entryOf(session.state, ticketId)?.ticket ?? ticketId);
  const comment = (await ports.connector.commentsAfter(ticket.id)).find((one) => one.id === commentId);
  if (comment === undefined) throw new BridgeError({ code: 'not_found', operation: 'relayAgain', message: 'the answer is not on the ticket any more' });
  if (!isAnswer(comment)) throw new BridgeError({ code: 'conflict', operation: 'relayAgain', message: 'the comment is not a public answer of an agent any more' });
  await sendGivenUp(relayOf(ports, session, ticket, 1), comment);
}

/** To be made right after the comments were read, or before. */
function relayOf(ports: BridgePorts, session: ConversationSession, ticket: Ticket, attempt: number): Relay {
  const locale = session.state.locale ?? ports.mapping().localeOf(session.state.languageTag);
  return { ports, session, ticket, locale, attempt, look: new LastLook(ports, session, ticket.id) };
}

async function readTicket(
  ports: BridgePorts, session: ConversationSession, known: TicketEntry | undefined, ticketId: TicketId,
): Promise<Ticket | undefined> {
  try {
    return await ports.connector.getTicket(known?.ticket ?? ticketId);
  } catch (thrown) {
    const error = toBridgeError(thrown, 'getTicket');
    if (error.code !== 'not_found') throw error;
    if (known !== undefined && known.phase !== 'gone') {
      // Nothing more is told on it.
      const settled = session.state.intents.filter((intent) => intent.ticket === known.ticket && isVerdict(intent.message)).map(({ message }) => message);
      await session.commit({ tickets: [{ ...known, phase: 'gone', toldPhase: 'gone', phaseSinceMs: ports.clock.nowMs() }], settled });
    }
    return undefined;
  }
}

/** `place`: the ticket whose entry remembers what waits; it differs from the one read until a merge is settled. */
async function relayComments(relay: Relay, source: Source, { head, place }: { readonly head: Head; readonly place: TicketId }): Promise<Reading> {
  const { ports, session } = relay;
  const comments = await source.read();
  let reading: Reading = 'nothing';
  let passed: CommentId | undefined;
  let arrived: CommentId | undefined;
  const isNews = (comment: Comment): boolean => isAnswer(comment) && source.concerns(comment);
  for (const [index, comment] of comments.entries()) {
    if (!isNews(comment)) {
      passed = comment.id;
      continue;
    }
    head.comment = comment;
    const outcome = await relayComment(relay, comment);
    if (outcome.kind === 'refused') {
      if (passed !== undefined) await session.commit(cursorChange(relay, passed));
      await tellOfHeld(ports, session, { ticket: relay.ticket.id, place, waiting: comments.slice(index).filter(isNews), error: outcome.error });
      return 'held';
    }
    delete head.comment;
    passed = undefined; // the cursor went along with the link
    if (outcome.kind !== 'sent') continue;
    reading = 'answered';
    arrived = comment.id;
  }
  if (passed !== undefined) await session.commit(cursorChange(relay, passed));
  const settleAt = (where: TicketId): Promise<void> => settleLate(ports, session, { ticket: relay.ticket.id, place: where, attempt: relay.attempt, arrived });
  await settleAt(place);
  const settled = source.settle(comments.at(-1)?.id);
  if (settled === undefined) return reading;
  await session.commit(settled);
  // After a merge: what waited on the other of the two tickets was read, and has arrived, with the rest.
  await settleAt(relay.ticket.id);
  return reading;
}

async function tellPhase(relay: Relay, reading: Reading): Promise<void> {
  const { ports, session, ticket, locale } = relay;
  const { conversation } = session.state;
  const entry = entryOf(session.state, ticket.id);
  if (entry === undefined) return;
  const answered = reading === 'answered';
  const phase = ports.mapping().phaseOf(ticket);
  const now = phase === entry.phase ? entry : { ...entry, phase, phaseSinceMs: ports.clock.nowMs() };
  // The status was read before the comments: an answer may have come, and taken a new ticket to open, in between.
  const shown = phase === 'new' && (answered || entry.toldPhase === 'open') ? 'open' : phase;
  // Of a ticket that nobody told them about there is nothing to tell.
  if (entry.unannounced === true) {
    if (now !== entry || entry.toldPhase !== shown) await session.commit({ tickets: [{ ...now, toldPhase: shown }] });
    return;
  }
  // While answers wait nothing overtakes them: the requester hears of the phase after they came.
  if (shown === entry.toldPhase || reading === 'held') {
    if (now !== entry) await session.commit({ tickets: [now] });
    return;
  }
  const notice = ports.journey.noticeOfPhase({ from: entry.toldPhase, to: shown, answered, number: entry.number, locale });
  await ports.sending.deliver(session, {
    key: `${conversation} ${ticket.id} ${shown}`,
    async send(turn) { if (notice !== undefined) await tryNotice(ports, conversation, notice, turn); },
    record: () => session.commit({ tickets: [{ ...now, toldPhase: shown }] }),
  });
  if (notice !== undefined) ports.emit({ type: 'status', conversation, ticket: ticket.id, phase });
}
