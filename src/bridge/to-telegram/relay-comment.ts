/** One answer on its way to the requester: cut into messages, each sent and linked before the next. */
import type { ConversationSession, SendOptions } from '../../core/ports.js';
import { entryOf, openEntries, PARTS_MAX, partsInChat, TICKET_NAMED, WHOLE_COMMENT, type ConversationChange, type Link, type TicketEntry } from '../../core/conversation.js';
import type { Comment, CommentId, Locale, MessageId, Part, Ticket } from '../../core/types.js';
import type { RichText } from '../../core/rich-text.js';
import { REMEDY_BY_CODE, toBridgeError, type BridgeError, type DeliveryReason } from '../../core/errors.js';
import { passOver } from '../bury.js';
import { deliveredChange } from './delivered.js';
import { messageOf } from '../edit-ids.js';
import type { LastLook } from './last-look.js';
import { withoutFiles, withoutOversized } from '../to-helpdesk/oversized.js';
import type { BridgePorts } from '../ports.js';
import { tellAgent } from '../to-helpdesk/verdicts.js';

export interface Relay {
  readonly ports: BridgePorts;
  readonly session: ConversationSession;
  readonly ticket: Ticket;
  readonly locale: Locale;
  readonly attempt: number;
  readonly look: LastLook;
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
    await sendAll(relay, comment, missing, () => sentChange(relay, comment.id));
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

/** Sends what the chat still lacks of a comment, leaving the cursor alone; with the last link goes that the helpdesk is to hear of it. Throws whatever went wrong. */
export async function sendAgain(relay: Relay, comment: Comment): Promise<void> {
  const links = await relay.session.linksOfComment(comment.ticket, comment.id);
  await sendAll(relay, comment, await missingParts(relay, comment, links), () => deliveredChange(relay.ports, relay.session.state, relay.ticket.id, comment.id));
}

/** As `sendAgain`; all of it is in the chat then, and helpdesk and agent hear so, once. Throws whatever went wrong. */
export async function sendGivenUp(relay: Relay, comment: Comment): Promise<void> {
  await sendAgain(relay, comment);
  await tellArrived(relay, comment);
}

/** All of what was given up is in the chat: helpdesk and agent hear so, once. */
export async function tellArrived(relay: Relay, comment: Comment): Promise<void> {
  const { ports, session, ticket } = relay;
  await noteDelivered(relay, comment);
  await tellAgent(ports, session, ticket.id, { kind: 'delivered', about: comment.id, parameters: { tries: 2 } });
}

/** The helpdesk is to hear that it arrived, should nobody have seen to that. */
export async function noteDelivered({ ports, session, ticket }: Relay, comment: Comment): Promise<void> {
  const change = deliveredChange(ports, session.state, ticket.id, comment.id);
  if (change.due !== undefined) await session.commit(change);
}

/** A part and its place in the answer. */
interface Numbered {
  readonly part: Part;
  readonly index: number;
}

/** What goes out together: the parts of one album, as far as they are missing; every other part alone. */
function groupsOf(missing: readonly Numbered[]): readonly (readonly [Numbered, ...Numbered[]])[] {
  const groups: [Numbered, ...Numbered[]][] = [];
  for (const one of missing) {
    const before = groups.at(-1);
    if (one.part.album !== undefined && before?.[0].part.album === one.part.album) before.push(one);
    else groups.push([one]);
  }
  return groups;
}

/** What is committed together with a link. Made when the message was sent. */
type WithLink = () => ConversationChange;

/** Sends these, and commits `withLink` with the last of them. */
async function sendAll(relay: Relay, comment: Comment, missing: readonly Numbered[], withLink: WithLink): Promise<void> {
  const last = { index: missing.at(-1)?.index, withLink };
  for (const group of groupsOf(missing)) await sendGroup(relay, comment, group, last);
}

/**
 * Sends one group; with the part that is `last` goes what belongs to it. An album that is refused because of one of its files goes file by file, so that the
 * others arrive. What is linked by then is not sent again.
 */
async function sendGroup(relay: Relay, comment: Comment, group: readonly [Numbered, ...Numbered[]], last: { readonly index: number | undefined; readonly withLink: WithLink }): Promise<void> {
  const [first, ...others] = group;
  const lastOf = (index: number | undefined): { readonly withLink?: WithLink } => (index === last.index ? { withLink: last.withLink } : {});
  if (others.length > 0) {
    try {
      await sendAlbum(relay, comment, group, lastOf(group.at(-1)?.index));
      return;
    } catch (thrown) {
      if (!isFaultOfFile(toBridgeError(thrown, 'sendAlbum'))) throw thrown;
    }
  }
  for (const { part, index } of [first, ...others]) await sendPartOrLine(relay, comment, part, { index, ...lastOf(index) });
}

async function sendAlbum(relay: Relay, comment: Comment, group: readonly Numbered[], { withLink }: Pick<Place, 'withLink'>): Promise<void> {
  const { ports, session, look } = relay;
  const { conversation } = session.state;
  const parts = group.map(({ part }) => part);
  const options = group[0]?.index === 0 ? await replyOptions(session, comment) : undefined;
  const messages = await ports.sending.deliver(session, {
    key: `${conversation} ${comment.ticket} ${comment.id} album ${group.map(({ index }) => index).join()}`,
    check: () => look.check(comment.id),
    send: (turn) => ports.sender.sendAlbum(conversation, parts, { ...options, turn }),
    async record(sent) {
      const links = group.map(({ index }, place): Link => {
        const message = sent[place];
        return { ticket: comment.ticket, comment: comment.id, part: index, ...(message !== undefined && { message }) };
      });
      await session.commit({ links, ...withLink?.() });
    },
  });
  for (const message of messages.slice(0, 1)) emitRelayed(relay, comment, message);
}

async function missingParts(relay: Relay, comment: Comment, links: readonly Link[]): Promise<readonly Numbered[]> {
  const sent = new Set(links.map((link) => link.part));
  return (await toParts(relay, comment)).map((part, index) => ({ part, index })).filter(({ index }) => !sent.has(index));
}

/** The messages that a comment takes. */
export async function toParts(relay: Relay, comment: Comment): Promise<readonly Part[]> {
  const { ports, locale, session, ticket } = relay;
  const mapping = ports.mapping();
  const several = await namesTicket(relay, comment);
  const content = mapping.toContent(comment, ticket, { locale, several });
  const limitBytes = ports.sender.capabilities.uploadBytesMax;
  const fitted = withoutOversized(content, limitBytes, (file) => mapping.text(locale, 'file.tooBigOut', { ...file }));
  if (fitted.leftOut.length > 0) await tellAgent(ports, session, ticket.id, { kind: 'too_big', about: comment.id });
  return ports.sender.toParts(fitted.content);
}

/** Whether this answer says which ticket it belongs to: decided before its first part goes, and kept. */
async function namesTicket({ session, ticket }: Relay, comment: Comment): Promise<boolean> {
  const links = await session.linksOfComment(comment.ticket, comment.id);
  if (links.length > 0) return links.some((link) => link.part === TICKET_NAMED);
  const open = openEntries(session.state);
  const { unannounced, ...announced } = entryOf(session.state, ticket.id) ?? {};
  if (open.length < 2 && unannounced !== true) return false;
  const isOnly = open.every((entry) => entry.ticket === ticket.id || entry.unannounced === true);
  await session.commit({
    links: [{ ticket: comment.ticket, comment: comment.id, part: TICKET_NAMED }],
    // What the requester says next is an answer to it, unless they have something else open.
    ...(unannounced === true && 'ticket' in announced && { tickets: [announced], ...(isOnly && { current: announced.ticket }) }),
  });
  return true;
}

/** Which part of its comment is sent. `withLink`: see there. `mark`: a line above it. */
export interface Place {
  readonly index: number;
  readonly withLink?: WithLink;
  readonly mark?: RichText | undefined;
}

/** A file that cannot go becomes a line of text, and the agent is told. */
export async function sendPartOrLine(relay: Relay, comment: Comment, part: Part, place: Place): Promise<void> {
  try {
    await sendPart(relay, comment, part, place);
  } catch (thrown) {
    const error = toBridgeError(thrown, 'sendPart');
    const { reason } = error;
    if (part.attachment === undefined || reason === undefined || !isFaultOfFile(error)) throw error;
    const { ports, locale, session, ticket } = relay;
    const toLine = (file: { readonly name: string; readonly size: string; readonly limit: string }) => ports.mapping().text(locale, 'file.tooBigOut', { ...file });
    const { content } = withoutFiles({ text: part.text, attachments: [part.attachment] }, toLine);
    await tellAgent(ports, session, ticket.id, { kind: reason, about: comment.id });
    await sendPart(relay, comment, { kind: 'text', text: content.text }, place);
  }
}

function isFaultOfFile({ reason, code }: BridgeError): boolean {
  return reason !== undefined && FILE_REASONS.includes(reason) && REMEDY_BY_CODE[code] !== 'retry';
}

async function sendPart(relay: Relay, comment: Comment, part: Part, { index, withLink, mark }: Place): Promise<void> {
  const { ports, session, look } = relay;
  const { conversation } = session.state;
  const options = { ...(index % PARTS_MAX === 0 && await replyOptions(session, comment)), ...(mark !== undefined && { mark }) };
  const message = await ports.sending.deliver(session, {
    key: `${conversation} ${comment.ticket} ${comment.id} ${index}`,
    check: () => look.check(comment.id),
    send: (turn) => ports.sender.sendPart(conversation, part, { ...options, turn }),
    async record(sent) {
      // First of all the link: a crash before it would send this part again.
      const link: Link = { ticket: comment.ticket, comment: comment.id, message: sent, part: index };
      await session.commit({ links: [link], ...withLink?.() });
    },
  });
  emitRelayed(relay, comment, message);
}

function emitRelayed({ ports, session, ticket, attempt }: Relay, comment: Comment, message: MessageId): void {
  ports.emit({
    type: 'relayed', direction: 'to_telegram', conversation: session.state.conversation, ticket: ticket.id, message, comment: comment.id,
    lagMs: Math.max(0, ports.clock.nowMs() - comment.createdAtMs), attempt,
  });
}

async function replyOptions(session: ConversationSession, comment: Comment): Promise<SendOptions | undefined> {
  const replyTo = await findReplied(session, comment);
  return replyTo && { replyTo };
}

/** The message to which an answer is a reply; undefined = to none, or to one that did not pass through this conversation. */
async function findReplied(session: ConversationSession, { ticket, inReplyTo }: Comment): Promise<MessageId | undefined> {
  if (inReplyTo === undefined) return undefined;
  const { comment, externalId } = inReplyTo;
  // Whatever a helpdesk says: only a message that is linked here is one.
  if (externalId !== undefined && await session.linkOfMessage(externalId) !== undefined) return messageOf(externalId);
  const [first] = partsInChat(await session.linksOfComment(ticket, comment)).values();
  return first && messageOf(first.message);
}

/** As `cursorChange`; with it goes what the agent and the helpdesk are still to be told, should the process end before, and that an answer came. */
function sentChange(relay: Relay, cursor: CommentId): Pick<ConversationChange, 'tickets' | 'due' | 'opening'> {
  const { tickets } = cursorChange(relay, cursor);
  const { opening } = relay.session.state;
  return { ...(opening !== undefined && { opening: { ...opening, answered: true } }), ...deliveredChange(relay.ports, relay.session.state, relay.ticket.id, cursor), tickets: tickets.map((entry) => (entry.late === undefined ? entry : { ...entry, late: { ...entry.late, arrived: cursor } })) };
}

export function cursorChange(relay: Relay, cursor: CommentId): { readonly tickets: readonly TicketEntry[] } {
  const entry = entryOf(relay.session.state, relay.ticket.id);
  return { tickets: entry === undefined ? [] : [{ ...entry, cursor }] };
}
