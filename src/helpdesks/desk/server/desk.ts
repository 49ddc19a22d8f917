/** What belongs here: what the rules of the desk stand on: its rows, its settings, who acts, and how a ticket is found. */
import { BridgeError, type BridgeErrorCode } from '../../../core/errors.js';
import type { Actor, CommentRow, Row, TicketRow } from './records.js';
import type { Store } from './store.js';

export interface Desk {
  readonly store: Store;
  /** Names; the first is the default. Never empty. */
  readonly queues: readonly string[];
  readonly nowMs: () => number;
}

/** Who asks: the bridge with its token, or a person. */
export type Principal =
  | { readonly kind: 'bridge' }
  | { readonly kind: 'agent'; readonly id: string; readonly name: string };

export const BRIDGE_ACTOR: Actor = { kind: 'bridge', id: 'bridge', name: 'Deskbridge' };

export function actorOf(principal: Principal): Actor {
  return principal.kind === 'bridge' ? BRIDGE_ACTOR : { kind: 'agent', id: principal.id, name: principal.name };
}

/**
 * What makes a repeated write harmless: for the bridge the id of its message; for an agent the key that their page made, which is theirs alone,
 * and told to nobody (`externalIdOf`).
 */
export function repeatKeyOf(principal: Principal, { externalId, key }: { readonly externalId?: string | undefined; readonly key?: string | undefined }): string | undefined {
  if (principal.kind === 'bridge') return externalId;
  return key === undefined ? undefined : `${principal.id} ${key}`;
}

/** The bridge's id of a comment's message. */
export function externalIdOf({ author, externalId }: CommentRow): string | undefined {
  return author.kind === 'agent' ? undefined : externalId;
}

export function refuse(code: BridgeErrorCode, operation: string, message: string): BridgeError {
  return new BridgeError({ code, operation, message });
}

/** The ticket that this number leads to today: merges are followed. Throws `not_found`. */
export function getTicketRow(desk: Desk, id: string): TicketRow {
  let row = desk.store.tables.tickets.get(id);
  while (row?.mergedInto !== undefined) row = desk.store.tables.tickets.get(row.mergedInto);
  if (row === undefined) throw refuse('not_found', 'getTicket', `there is no ticket ${/^\d{1,12}$/.test(id) ? id : ''}`);
  return row;
}

/** This ticket and all that it swallowed, directly or not. */
export function familyOf(desk: Desk, id: string): readonly string[] {
  const family = [id];
  for (const member of family) family.push(...(desk.store.tables.swallowed.get(member) ?? []));
  return family;
}

/** The stamps of a change that is about to be written; `ring` = webhooks tell it. */
export function stamps(desk: Desk, ring: boolean, before?: TicketRow): Pick<TicketRow, 'updatedAtMs' | 'changedSeq' | 'ringSeq'> {
  const seq = desk.store.tables.seq + 1;
  return { updatedAtMs: desk.nowMs(), changedSeq: seq, ringSeq: ring ? seq : (before?.ringSeq ?? 0) };
}

/** Numbers for the entries of one change, in order. */
export function entryNumbers(desk: Desk): () => number {
  let next = desk.store.tables.nextEntry;
  return () => next++;
}

/** The rows that tie uploaded files to a ticket. Throws `invalid` for a file that is unknown or belongs to another ticket. */
export function claimFiles(desk: Desk, files: readonly string[], ticket: string): Row[] {
  return files.map((id) => {
    const row = desk.store.tables.files.get(id);
    if (row === undefined || row.requester !== undefined || (row.ticket !== undefined && row.ticket !== ticket)) throw refuse('invalid', 'addComment', 'an attachment was not uploaded, or is taken');
    return { type: 'file', row: { ...row, ticket } };
  });
}
