/** What belongs here: the mark that an answer reached the requester. */
import { findCommentById } from './comments.js';
import { getTicketRow, refuse, type Desk } from './desk.js';

/**
 * Marks a public answer of an agent; the first time stands. The ticket does not count as changed: nothing new was said on it. Gives the ticket
 * whose pages show it. Throws `not_found`, and `invalid` for any other comment.
 */
export function markDelivered(desk: Desk, id: string, comment: string, atMs: number): string {
  const ticket = getTicketRow(desk, id).id;
  const found = /^\d{1,12}$/.test(comment) ? findCommentById(desk, ticket, Number(comment)) : undefined;
  if (found === undefined) throw refuse('not_found', 'markDelivered', 'there is no such comment');
  if (found.visibility !== 'public' || found.author.kind !== 'agent') throw refuse('invalid', 'markDelivered', 'this comment is no answer to the requester');
  if (desk.store.tables.delivered.get(found.ticket)?.has(found.id) === true) return ticket;
  // Two machines, two clocks: nothing arrives before it was written.
  desk.store.write([{ type: 'delivered', ticket: found.ticket, comment: found.id, atMs: Math.max(atMs, found.createdAtMs) }]);
  return ticket;
}
