/** One answer on its way to the requester: cut into messages, each sent and linked before the next. */
import type { ConversationSession } from '../core/ports.js';
import { entryOf, openEntries, WHOLE_COMMENT, type Link, type TicketEntry } from '../core/conversation.js';
import type { Comment, CommentId, Locale, Part, Ticket } from '../core/types.js';
import type { RichText } from '../core/rich-text.js';
import { REMEDY_BY_CODE, toBridgeError, type BridgeError, type DeliveryReason } from '../core/errors.js';
import { passOver } from './bury.js';
import { withoutFiles, withoutOversized } from './oversized.js';
import type { BridgePorts } from './ports.js';
import { sendAndRecord } from './unrecorded.js';
import { tellAgent } from './verdicts.js';

export interface Relay {
  readonly ports: BridgePorts;
  readonly session: ConversationSession;
  readonly ticket: Ticket;
  readonly locale: Locale;
  readonly attempt: number;
}

/**
 * `sent`: something new went out. `nothing`: all of it was there before, or was given up. `refused`: the chat takes nothing, so what comes
 * after it would fail the same way.
 */
export type Outcome = { readonly kind: 'sent' | 'nothing' } | { readonly kind: 'refused'; readonly error: BridgeError };

/** Reasons that lie with the chat, not with this answer. */
export const CHAT_REASONS: readonly DeliveryReason[] = ['blocked', 'deactivated', 'chat_gone', 'not_allowed', 'flood'];
/** Reasons that lie with the file, not with the chat: the text can still go. */
const FILE_REASONS: readonly DeliveryReason[] = ['too_big', 'file_unavailable', 'rejected'];

/** Sends what is not linked yet. With the last link the cursor moves on to the comment. Throws what a retry can mend. */
export async function relayComment(relay: Relay, comment: Comment): Promise<Outcome> {
  const links = await relay.session.linksOfComment(comment.ticket, comment.id);
  // Given up, or taken as delivered when the map was rebuilt.
  const over = links.some((link) => link.undelivered !== undefined || link.part === WHOLE_COMMENT);
  const missing = over ? [] : await missingParts(relay, comment, links);
  try {
    for (const { part, index } of missing) await sendPartOrLine(relay, comment, part, { index, last: index === missing.at(-1)?.index });
  } catch (thrown) {
    const error = toBridgeError(thrown, 'sendPart');
    if (error.reason === undefined || REMEDY_BY_CODE[error.code] === 'retry') throw error;
    if (CHAT_REASONS.includes(error.reason)) return { kind: 'refused', error };
    await passOver(relay.ports, relay.session, relay.ticket.id, comment, error);
    return { kind: 'nothing' };
  }
  if (missing.length === 0) await relay.session.commit(cursorChange(relay, comment.id));
  return { kind: missing.length === 0 ? 'nothing' : 'sent' };
}

/** Sends what a given-up comment still lacks, leaving the cursor alone. Throws whatever went wrong. */
export async function sendAgain(relay: Relay, comment: Comment): Promise<void> {
  const links = await relay.session.linksOfComment(comment.ticket, comment.id);
  for (const { part, index } of await missingParts(relay, comment, links)) await sendPartOrLine(relay, comment, part, { index });
}

async function missingParts(relay: Relay, comment: Comment, links: readonly Link[]): Promise<readonly { readonly part: Part; readonly index: number }[]> {
  const sent = new Set(links.map((link) => link.part));
  return (await toParts(relay, comment)).map((part, index) => ({ part, index })).filter(({ index }) => !sent.has(index));
}

/** The messages that a comment takes. */
export async function toParts(relay: Relay, comment: Comment): Promise<readonly Part[]> {
  const { ports, locale, session, ticket } = relay;
  const mapping = ports.mapping();
  const several = openEntries(session.state).length > 1;
  const content = mapping.toContent(comment, ticket, { locale, several });
  const limitBytes = ports.sender.capabilities.uploadBytesMax;
  const fitted = withoutOversized(content, limitBytes, (file) => mapping.text(locale, 'file.tooBigOut', { ...file }));
  if (fitted.leftOut.length > 0) await tellAgent(ports, session, ticket.id, { kind: 'too_big', about: comment.id });
  return ports.sender.toParts(fitted.content);
}

/** Which part of its comment is sent. `last`: the cursor goes along with the link. `mark`: a line above it. */
export interface Place {
  readonly index: number;
  readonly last?: boolean;
  readonly mark?: RichText | undefined;
}

/** A file that cannot go becomes a line of text, and the agent is told. */
export async function sendPartOrLine(relay: Relay, comment: Comment, part: Part, place: Place): Promise<void> {
  try {
    await sendPart(relay, comment, part, place);
  } catch (thrown) {
    const error = toBridgeError(thrown, 'sendPart');
    const { reason } = error;
    if (part.attachment === undefined || reason === undefined || !FILE_REASONS.includes(reason) || REMEDY_BY_CODE[error.code] === 'retry') throw error;
    const { ports, locale, session, ticket } = relay;
    const toLine = (file: { readonly name: string; readonly size: string; readonly limit: string }) => ports.mapping().text(locale, 'file.tooBigOut', { ...file });
    const { content } = withoutFiles({ text: part.text, attachments: [part.attachment] }, toLine);
    await tellAgent(ports, session, ticket.id, { kind: reason, about: comment.id });
    await sendPart(relay, comment, { kind: 'text', text: content.text }, place);
  }
}

async function sendPart(relay: Relay, comment: Comment, part: Part, { index, last, mark }: Place): Promise<void> {
  const { ports, session, ticket, attempt } = relay;
  const { conversation } = session.state;
  const send = () => ports.sender.sendPart(conversation, part, mark && { mark });
  const message = await sendAndRecord(ports, session, `${conversation} ${comment.ticket} ${comment.id} ${index}`, send, async (sent) => {
    // First of all the link: a crash before it would send this part again.
    const link: Link = { ticket: comment.ticket, comment: comment.id, message: sent, part: index };
    await session.commit({ links: [link], ...(last === true && cursorChange(relay, comment.id)) });
  });
  ports.emit({
    type: 'relayed', direction: 'to_telegram', conversation, ticket: ticket.id, message, comment: comment.id,
    lagMs: Math.max(0, ports.clock.nowMs() - comment.createdAtMs), attempt,
  });
}

export function cursorChange(relay: Relay, cursor: CommentId): { readonly tickets: readonly TicketEntry[] } {
  const entry = entryOf(relay.session.state, relay.ticket.id);
  return { tickets: entry === undefined ? [] : [{ ...entry, cursor }] };
}
