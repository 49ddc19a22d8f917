/** What a conversation's part of the map is to be, from what stands in the helpdesk. Pure. */
import { WHOLE_COMMENT, type ConversationChange, type Link, type TicketEntry } from '../../core/conversation.js';
import type { DueWork } from '../../core/due.js';
import type { Mapping } from '../../core/mapping.js';
import type { ListedTicket } from '../../core/ports.js';
import type { Comment, CommentId, ConversationId, MessageId, Ticket, TicketId } from '../../core/types.js';
import { CATCH_UP } from '../due.js';
import { messageOf } from '../edit-ids.js';
import { waitingIn } from '../to-telegram/late.js';

/** What the telegram room knows of the ids that stand in the helpdesk. */
export interface Origins {
  /** The chat of a conversation, whichever topic; undefined = not one of this bot's. */
  chatOf(conversation: ConversationId): ConversationId | undefined;
  /** Where a message of this bot came from, and its place among the others of its chat; undefined = no message of this bot. */
  originOf(message: MessageId): { readonly chat: ConversationId; readonly order: number } | undefined;
  /** Whether Telegram may have given the chat of `conversation` this new id: it does so with groups. */
  mayHaveMoved(conversation: ConversationId, to: ConversationId): boolean;
}

/** A ticket of today with its comments, without what people wrote in them. */
export interface ReadTicket {
  readonly ticket: ListedTicket;
  readonly comments: readonly Omit<Comment, 'content' | 'author'>[];
}

/** All that stands in the helpdesk of one conversation. */
export interface Reading {
  readonly conversation: ConversationId;
  /** The tickets that it opened, oldest first, as they are listed: some are merged. */
  readonly own: readonly ListedTicket[];
  /** Those tickets, or what took them in, that are there today. */
  readonly present: readonly ReadTicket[];
}

/** An answer that counts as delivered, and nobody knows whether it was. */
export interface Taken {
  readonly ticket: TicketId;
  readonly number: string;
  readonly comment: CommentId;
  readonly createdAtMs: number;
}

export interface Draft {
  readonly change: ConversationChange;
  /** When the requester last wrote, as far as the helpdesk tells. */
  readonly lastWritten: Written | undefined;
  readonly taken: readonly Taken[];
  /** How many answers are left to be delivered. */
  readonly left: number;
}

interface Written {
  readonly ticket: TicketId;
  readonly atMs: number;
  readonly order: number;
}

type Row = ReadTicket['comments'][number];

/** Answers of one ticket written at `sinceMs` or later are news; Infinity = none. `nowMs`: when work that is due at once is due. */
export function draftOf(reading: Reading, rules: { readonly origins: Origins; readonly mapping: Mapping; readonly sinceMs: (ticket: TicketId) => number; readonly nowMs: number }): Draft {
  const { own, present } = reading;
  const entries: TicketEntry[] = [];
  const links: Link[] = own.flatMap((ticket) => (opensWith(ticket, rules.origins) ? [{ ticket: ticket.id, message: ticket.externalId, part: 0 }] : []));
  const due: DueWork[] = [];
  const taken: Taken[] = [];
  const written: Written[] = [];
  let left = 0;
  for (const read of inOrder(reading)) {
    const { ticket, comments } = read;
    const answers = comments.filter(isAnswer);
    const news = newsOf(reading, read, rules.sinceMs(ticket.id));
    left += news.size;
    for (const comment of answers) {
      if (news.has(comment.id)) continue;
      links.push({ ticket: comment.ticket, comment: comment.id, part: WHOLE_COMMENT });
      taken.push({ ticket: ticket.id, number: ticket.number, comment: comment.id, createdAtMs: comment.createdAtMs });
    }
    if (news.size > 0) due.push({ kind: CATCH_UP, ticket: ticket.id, atMs: rules.nowMs });
    links.push(...linksOf(reading, read, rules.origins));
    written.push(...writtenOn(reading, read, rules.origins));
    entries.push(...entriesOf(reading, read, { mapping: rules.mapping, news }));
  }
  const lastWritten = written.reduce<Written | undefined>((last, one) => (last === undefined || isLater(one, last) ? one : last), undefined);
  const requester = own.find((ticket) => ticket.requester !== undefined)?.requester;
  const current = lastWritten?.ticket ?? present.at(-1)?.ticket.id;
  return { change: { tickets: entries, links, due, ...(current && { current }), ...(requester && { requester }) }, lastWritten, taken, left };
}

export function isLater(one: Written, than: Written): boolean {
  // Helpdesks may know whole seconds only; the chat counts its messages.
  return one.atMs !== than.atMs ? one.atMs > than.atMs : one.order > than.order;
}

/** Whether an answer on one of the present tickets was written at `sinceMs` or later, by the helpdesk's clock. */
export function hasAnswerSince({ present }: Reading, sinceMs: number): boolean {
  return present.some(({ comments }) => comments.some((comment) => isAnswer(comment) && comment.createdAtMs >= sinceMs));
}

/** Where the conversation went, when its chat got a new id: messages of another chat on a ticket that nobody of that chat opened. */
export function movedTo({ conversation, present }: Reading, family: (ticket: TicketId) => readonly ConversationId[], origins: Origins): ConversationId | undefined {
  for (const { ticket, comments } of present) {
    // Of several it cannot be told which one moved.
    if (family(ticket.id).length !== 1) continue;
    const chats = family(ticket.id).map(origins.chatOf);
    const foreign = comments
      .map((comment) => isFromRequester(comment) && comment.externalId !== undefined ? origins.originOf(comment.externalId)?.chat : undefined)
      .findLast((chat) => chat !== undefined && !chats.includes(chat));
    if (foreign !== undefined && origins.mayHaveMoved(conversation, foreign)) return foreign;
  }
  return undefined;
}

/** Only what an agent said in public. What is unknown counts as internal. */
function isAnswer(comment: Row): boolean {
  return comment.visibility === 'public' && comment.origin === 'agent';
}

function isFromRequester(comment: Row): boolean {
  return comment.visibility === 'public' && comment.origin === 'bridge';
}

function opensWith(ticket: ListedTicket, origins: Origins): ticket is ListedTicket & { readonly externalId: MessageId } {
  return ticket.externalId !== undefined && origins.originOf(ticket.externalId) !== undefined;
}

/** The present tickets in the order in which the conversation came to them. */
function inOrder({ own, present }: Reading): readonly ReadTicket[] {
  const order = [...new Set(own.map((ticket) => ticket.mergedInto ?? ticket.id))];
  // A ticket of its own counts from when it was opened, whatever was merged into it.
  const place = (id: TicketId): number => {
    const opened = own.findIndex((ticket) => ticket.id === id);
    return opened !== -1 ? opened : own.findIndex((ticket) => ticket.mergedInto === id);
  };
  return order.sort((a, b) => place(a) - place(b)).flatMap((id) => present.find(({ ticket }) => ticket.id === id) ?? []);
}

/** Answers that are to be delivered: those of which the agent knows that they wait, and those that were written late enough. */
function newsOf({ conversation, own }: Reading, { comments }: ReadTicket, sinceMs: number): ReadonlySet<CommentId> {
  const waiting = waitingIn(comments, conversation);
  // What stands on a ticket that somebody else opened may have been said to them alone, before the merge.
  const isOwn = (comment: Row): boolean => own.some((ticket) => ticket.id === comment.ticket);
  return new Set(comments.filter((comment) => isAnswer(comment) && (waiting.has(comment.id) || (isOwn(comment) && comment.createdAtMs >= sinceMs))).map(({ id }) => id));
}

function linksOf({ conversation, own }: Reading, { ticket, comments }: ReadTicket, origins: Origins): readonly Link[] {
  const chat = origins.chatOf(conversation);
  // Between two merges it may have written on a ticket that somebody else opened, which it has no entry of.
  const placeOf = (comment: Row): TicketId => (own.some((one) => one.id === comment.ticket) ? comment.ticket : ticket.id);
  return comments.flatMap((comment) => (
    isFromRequester(comment) && comment.externalId !== undefined && origins.originOf(messageOf(comment.externalId))?.chat === chat
      ? [{ ticket: placeOf(comment), comment: comment.id, message: comment.externalId, part: 0 }] : []
  ));
}

function writtenOn({ conversation, own }: Reading, { ticket, comments }: ReadTicket, origins: Origins): readonly Written[] {
  const chat = origins.chatOf(conversation);
  const opened = own.filter((one) => one.id === ticket.id || one.mergedInto === ticket.id).map((one) => ({ message: one.externalId, comment: openingOf(one, comments) }));
  const written = comments.filter(isFromRequester).map((comment) => ({ message: comment.externalId, comment }));
  return [...opened, ...written].flatMap(({ message, comment }) => {
    const origin = message === undefined ? undefined : origins.originOf(message);
    return comment === undefined || origin?.chat !== chat ? [] : [{ ticket: ticket.id, atMs: comment.createdAtMs, order: origin?.order ?? 0 }];
  });
}

/** The comment that opened a ticket: the first that was written on it. */
function openingOf(ticket: Ticket, comments: readonly Row[]): Row | undefined {
  return comments.find((comment) => comment.ticket === ticket.id);
}

/** The entry of the present ticket, behind those of the conversation's tickets that are part of it. */
function entriesOf(
  { conversation, own }: Reading, { ticket, comments }: ReadTicket, { mapping, news }: { readonly mapping: Mapping; readonly news: ReadonlySet<CommentId> },
): readonly TicketEntry[] {
  const phase = mapping.phaseOf(ticket);
  const answered = comments.some((comment) => isAnswer(comment) && !news.has(comment.id) && own.some((one) => one.id === comment.ticket));
  const last = comments.at(-1);
  const first = comments.findIndex((comment) => news.has(comment.id));
  const cursor = first === -1 ? last?.id : comments[first - 1]?.id;
  const told = waitingIn(comments, conversation);
  const waiting = comments.findLast((comment) => told.has(comment.id));
  const topic = topicOf(mapping, ticket.queue);
  const lastMs = last?.createdAtMs ?? 0;
  const entry: TicketEntry = {
    ticket: ticket.id, number: ticket.number, phase, toldPhase: phase === 'new' && answered ? 'open' : phase,
    phaseSinceMs: ticket.overSinceMs ?? lastMs, openedAtMs: openingOf(ticket, comments)?.createdAtMs ?? comments[0]?.createdAtMs ?? lastMs,
    ...(cursor && { cursor }), ...(ticket.changes && { changes: ticket.changes }), ...(topic && { topic }), ...(waiting && { late: { ticket: waiting.ticket, comment: waiting.id, tries: 1 } }),
  };
  const merged = own.filter((one) => one.mergedInto === ticket.id).map((one): TicketEntry => {
    const openedAtMs = openingOf(one, comments)?.createdAtMs ?? entry.openedAtMs;
    return { ticket: one.id, number: one.number, phase: 'gone', toldPhase: 'gone', phaseSinceMs: lastMs, openedAtMs, mergedInto: ticket.id };
  });
  return [...merged, entry];
}

/** The topic whose tickets go to this queue, when it is the only one. */
function topicOf(mapping: Mapping, queue: string | undefined): string | undefined {
  const [only, another] = mapping.topics(mapping.agentLocale).filter((topic) => queue !== undefined && mapping.route(topic.id).queue === queue);
  return another === undefined ? only?.id : undefined;
}
