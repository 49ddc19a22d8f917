/** The ids of this room, and the way back from them. Tickets and comments carry RT's own numbers; a requester is an address. */
import { BridgeError } from '../../core/errors.js';
import { mintId, type CommentId, type PersonId, type TicketId } from '../../core/types.js';

const NUMBER = /^[1-9]\d{0,17}$/;

/** The ticket's number. Throws `not_found` for what RT never gave, so that no odd id becomes part of a path. */
export function ticketNumber(ticket: TicketId, operation: string): string {
  if (!NUMBER.test(ticket)) throw new BridgeError({ code: 'not_found', operation, message: `${operation}: this is no ticket of Request Tracker` });
  return ticket;
}

/** The transaction's number; throws `invalid` for a cursor that is none. */
export function transactionNumber(comment: CommentId, operation: string): number {
  if (!NUMBER.test(comment)) throw new BridgeError({ code: 'invalid', operation, message: `${operation}: this is no comment of Request Tracker` });
  return Number(comment);
}

export function isNumber(raw: string): boolean {
  return NUMBER.test(raw);
}

/** A subject ends in the external id: agents' mail stays readable, and a search finds it. */
export function keyOf(subject: string | null | undefined): string | undefined {
  return /\(([^()\s]+)\)$/.exec(subject ?? '')?.[1];
}

/** The person behind an address of ours; undefined for others, and for those of groups and channels (their ids begin with -100). */
export function personOfAddress(address: string, domain: string): PersonId | undefined {
  const [, user, host] = /^tg-(\d{1,16})@(.+)$/.exec(address.toLowerCase()) ?? [];
  return user === undefined || host !== domain || /^100\d{10}$/.test(user) ? undefined : mintId<PersonId>(`tg:${user}`);
}

/** An address that no two persons share and nobody receives mail at (RFC 2606 reserves `.invalid`). */
export function addressOf(person: PersonId, domain: string): string {
  return `${person.toLowerCase().replace(/[^a-z0-9]+/g, '-')}@${domain}`;
}
