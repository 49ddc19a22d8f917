/** One doorbell: read the ticket, relay what is new since the cursor, tell a change of status once. */
import type { ConversationSession } from '../core/ports.js';
import { entryOf, openEntries, type Link, type TicketEntry } from '../core/conversation.js';
import type { Comment, CommentId, Locale, Part, Ticket, TicketId } from '../core/types.js';
import { REMEDY_BY_CODE, toBridgeError, type BridgeError, type DeliveryReason } from '../core/errors.js';
import { followTicket, type Source } from './follow-ticket.js';
import { tellAgent, tryNotice } from './notices.js';
import { withoutFiles, withoutOversized } from './oversized.js';
import type { BridgePorts } from './ports.js';

/** The comment at work, so that a job that fails for good knows what to pass over. */
export interface Head {
  comment?: Comment;
}

interface Relay {
  readonly ports: BridgePorts;
  readonly session: ConversationSession;
  readonly ticket: Ticket;
  readonly locale: Locale;
  readonly attempt: number;
  readonly head: Head;
}

/**
 * Brings one conversation up to date with one ticket. Safe to repeat: parts that were sent are linked and not sent again.
 * Throws what the ports throw; a ticket that is gone is no error.
 */
export async function relayTicket(
  ports: BridgePorts, session: ConversationSession, ticketId: TicketId, attempt: number, head: Head,
): Promise<void> {
  const known = entryOf(session.state, ticketId);
  // The status is read before the comments: an answer that comes with "solved" is then always told before it.
  const ticket = await readTicket(ports, session, known, ticketId);
  if (ticket === undefined) return;
  const source = await followTicket(ports, session, known, ticket);
  const locale = session.state.locale ?? ports.mapping().localeOf(session.state.languageTag);
  const relay: Relay = { ports, session, ticket, locale, attempt, head };
  const answered = await relayComments(relay, source);
  await tellPhase(relay, answered);
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
      await session.commit({ tickets: [{ ...known, phase: 'gone', toldPhase: 'gone', phaseSinceMs: ports.clock.nowMs() }] });
    }
    return undefined;
  }
}

/** Returns whether an answer was relayed. */
async function relayComments(relay: Relay, source: Source): Promise<boolean> {
  const comments = await source.read();
  let answered = false;
  let passed: CommentId | undefined;
  for (const comment of comments) {
    passed = comment.id;
    if (!isAnswer(comment) || !source.concerns(comment)) continue;
    relay.head.comment = comment;
    if (await relayComment(relay, comment)) answered = true;
    delete relay.head.comment;
    passed = undefined; // the cursor went along with the link
  }
  if (passed !== undefined) await relay.session.commit(cursorChange(relay, passed));
  const settled = source.settle(comments.at(-1)?.id);
  if (settled !== undefined) await relay.session.commit(settled);
  return answered;
}

/** Only what an agent said in public. What is unknown counts as internal. */
function isAnswer(comment: Comment): boolean {
  return comment.visibility === 'public' && comment.origin === 'agent';
}

async function relayComment(relay: Relay, comment: Comment): Promise<boolean> {
  const { session } = relay;
  const links = await session.linksOfComment(comment.ticket, comment.id);
  const over = links.some((link) => link.undelivered !== undefined);
  const parts = over ? [] : await toParts(relay, comment);
  const sent = new Set(links.map((link) => link.part));
  const missing = parts.map((part, index) => ({ part, index })).filter(({ index }) => !sent.has(index));
  for (const { part, index } of missing) {
    if (!await sendPart(relay, comment, part, index, index === missing.at(-1)?.index)) return false;
  }
  if (missing.length === 0) await session.commit(cursorChange(relay, comment.id));
  return missing.length > 0;
}

async function toParts(relay: Relay, comment: Comment): Promise<readonly Part[]> {
  const { ports, locale, session, ticket } = relay;
  const mapping = ports.mapping();
  const several = openEntries(session.state).length > 1;
  const content = mapping.toContent(comment, ticket, { locale, several });
  const limitBytes = ports.sender.capabilities.uploadBytesMax;
  const fitted = withoutOversized(content, limitBytes, (file) => mapping.text(locale, 'file.tooBigOut', { ...file }));
  if (fitted.leftOut.length > 0) await tellAgent(ports, session, ticket.id, comment.id, 'too_big');
  return ports.sender.toParts(fitted.content);
}

/** Returns whether to go on with the comment's next part. */
async function sendPart(relay: Relay, comment: Comment, part: Part, index: number, last: boolean): Promise<boolean> {
  const { session, ports } = relay;
  const { conversation } = session.state;
  try {
    const message = await ports.sender.sendPart(conversation, part);
    // First of all the link: a crash before it would send this part again.
    const link: Link = { ticket: comment.ticket, comment: comment.id, message, part: index };
    await session.commit({ links: [link], ...(last && cursorChange(relay, comment.id)) });
    ports.emit({
      type: 'relayed', direction: 'to_telegram', conversation, ticket: relay.ticket.id, message, comment: comment.id,
      lagMs: Math.max(0, ports.clock.nowMs() - comment.createdAtMs), attempt: relay.attempt,
    });
    return true;
  } catch (thrown) {
    const error = toBridgeError(thrown, 'sendPart');
    if (error.reason === undefined || REMEDY_BY_CODE[error.code] === 'retry') throw error;
    if (part.attachment !== undefined && FILE_REASONS.includes(error.reason)) return sendLineInstead(relay, comment, part, index, last, error.reason);
    await passOver(ports, session, relay.ticket.id, comment, index, error);
    return false;
  }
}

/** Reasons that lie with the file, not with the chat: the text can still go. */
const FILE_REASONS: readonly DeliveryReason[] = ['too_big', 'file_unavailable', 'rejected'];

async function sendLineInstead(
  relay: Relay, comment: Comment, part: Part, index: number, last: boolean, reason: DeliveryReason,
): Promise<boolean> {
  const { ports, locale } = relay;
  const attachments = part.attachment === undefined ? [] : [part.attachment];
  const { content } = withoutFiles({ text: part.text, attachments }, (file) => ports.mapping().text(locale, 'file.tooBigOut', { ...file }));
  await tellAgent(ports, relay.session, relay.ticket.id, comment.id, reason);
  return sendPart(relay, comment, { kind: 'text', text: content.text }, index, last);
}

/** Gives up on an answer: the agent is told on the ticket, then the cursor moves on. */
export async function passOver(
  ports: BridgePorts, session: ConversationSession, ticket: TicketId, comment: Comment, part: number, error: BridgeError,
): Promise<void> {
  const reason = error.reason ?? 'rejected';
  await tellAgent(ports, session, ticket, comment.id, reason);
  const entry = entryOf(session.state, ticket);
  await session.commit({
    links: [{ ticket: comment.ticket, comment: comment.id, part, undelivered: reason }],
    tickets: entry === undefined ? [] : [{ ...entry, cursor: comment.id }],
    ...(reason === 'blocked' && { unreachable: true }),
  });
  ports.emit({ type: 'undelivered', conversation: session.state.conversation, ticket, comment: comment.id, reason });
}

function cursorChange(relay: Relay, cursor: CommentId): { readonly tickets: readonly TicketEntry[] } {
  const entry = entryOf(relay.session.state, relay.ticket.id);
  return { tickets: entry === undefined ? [] : [{ ...entry, cursor }] };
}

async function tellPhase(relay: Relay, answered: boolean): Promise<void> {
  const { ports, session, ticket, locale } = relay;
  const { conversation } = session.state;
  const entry = entryOf(session.state, ticket.id);
  if (entry === undefined) return;
  const phase = ports.mapping().phaseOf(ticket);
  const now = phase === entry.phase ? entry : { ...entry, phase, phaseSinceMs: ports.clock.nowMs() };
  // The status was read before the comments: an answer may have come, and taken a new ticket to open, in between.
  const shown = phase === 'new' && (answered || entry.toldPhase === 'open') ? 'open' : phase;
  if (shown === entry.toldPhase) {
    if (now !== entry) await session.commit({ tickets: [now] });
    return;
  }
  const notice = ports.journey.noticeOfPhase({ from: entry.toldPhase, to: shown, answered, number: entry.number, locale });
  if (notice !== undefined) await tryNotice(ports, conversation, notice);
  await session.commit({ tickets: [{ ...now, toldPhase: shown }] });
  if (notice !== undefined) ports.emit({ type: 'status', conversation, ticket: ticket.id, phase });
}
