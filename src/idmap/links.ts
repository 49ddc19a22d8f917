/** Links looked up from both ends. Each end is unique: the first link of a message, and of a part of a comment, stands. */
import type { Link } from '../core/conversation.js';
import type { CommentId, MessageId, TicketId } from '../core/types.js';

export interface LinkTable {
  readonly byMessage: Map<MessageId, Link>;
  /** In order of parts. */
  readonly byComment: Map<string, readonly Link[]>;
}

export function emptyLinks(): LinkTable {
  return { byMessage: new Map(), byComment: new Map() };
}

/** Adds a link; false when one of its ends is taken, or when it has none to be found by. */
export function addLink(table: LinkTable, link: Link): boolean {
  if (!isFree(table, link)) return false;
  if (link.message !== undefined) table.byMessage.set(link.message, link);
  if (link.comment !== undefined) {
    const key = commentKey(link.ticket, link.comment);
    table.byComment.set(key, [...table.byComment.get(key) ?? [], link].sort((a, b) => a.part - b.part));
  }
  return true;
}

export function isFree(table: LinkTable, link: Link): boolean {
  if (link.message === undefined && link.comment === undefined) return false;
  if (link.message !== undefined && table.byMessage.has(link.message)) return false;
  return link.comment === undefined || !linksOfComment(table, link.ticket, link.comment).some((other) => other.part === link.part);
}

export function linkOfMessage(table: LinkTable, message: MessageId): Link | undefined {
  return table.byMessage.get(message);
}

export function linksOfComment(table: LinkTable, ticket: TicketId, comment: CommentId): readonly Link[] {
  return table.byComment.get(commentKey(ticket, comment)) ?? [];
}

/** The length in front keeps apart what a bare separator would not: ids are opaque and may hold it. */
function commentKey(ticket: TicketId, comment: CommentId): string {
  return `${ticket.length} ${ticket} ${comment}`;
}
