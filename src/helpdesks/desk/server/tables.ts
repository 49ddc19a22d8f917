/** What belongs here: all rows of the desk in memory, with their indexes, and how one row changes them. No rules: those are in `tickets.ts`. */
import { createFeed, type Feed } from './feed.js';
import { FIRST_TICKET, type ArticleRow, type Change, type CommentRow, type EventRow, type FileRow, type RequesterRow, type Row, type TicketRow } from './records.js';

/** A comment or an event, in the order of their common number. */
export type Entry = { readonly kind: 'comment'; readonly row: CommentRow } | { readonly kind: 'event'; readonly row: EventRow };

export interface Tables {
  readonly requesters: Map<string, RequesterRow>;
  readonly requesterOfPerson: Map<string, string>;
  readonly tickets: Map<string, TicketRow>;
  readonly ticketOfExternalId: Map<string, string>;
  /** Comments with this external id (one for each ticket at most). */
  readonly commentsOfExternalId: Map<string, CommentRow[]>;
  /** By the ticket they were written on. */
  readonly entries: Map<string, Entry[]>;
  /** Since when an answer is with the requester, by the ticket it was written on and its number. */
  readonly delivered: Map<string, Map<number, number>>;
  /** Which tickets this one swallowed. */
  readonly swallowed: Map<string, string[]>;
  readonly files: Map<string, FileRow>;
  readonly articles: Map<string, ArticleRow>;
  /** Numbers of tickets deleted for good. */
  readonly dropped: Set<string>;
  readonly changes: Feed;
  /** Changes that webhooks tell. */
  readonly rings: Feed;
  seq: number;
  /** The last change of what is known of a requester. */
  peopleSeq: number;
  toldSeq: number;
  nextTicket: number;
  nextEntry: number;
  nextOther: number;
}

export function createTables(): Tables {
  return {
    requesters: new Map(), requesterOfPerson: new Map(), tickets: new Map(), ticketOfExternalId: new Map(),
    commentsOfExternalId: new Map(), entries: new Map(), delivered: new Map(), swallowed: new Map(), files: new Map(), articles: new Map(),
    dropped: new Set(), changes: createFeed(), rings: createFeed(),
    seq: 0, peopleSeq: 0, toldSeq: 0, nextTicket: FIRST_TICKET, nextEntry: 1, nextOther: 1,
  };
}

/** Applies one line of the journal. */
export function applyRows(tables: Tables, change: Change): void {
  tables.seq = Math.max(tables.seq, change.seq);
  for (const row of change.rows) applyRow(tables, row);
}

function applyRow(tables: Tables, row: Row): void {
  switch (row.type) {
    case 'requester':
      // A new one has no ticket that a page could show.
      if (tables.requesters.has(row.row.id)) tables.peopleSeq = tables.seq;
      tables.requesters.set(row.row.id, row.row);
      tables.requesterOfPerson.set(row.row.personId, row.row.id);
      return countOther(tables, row.row.id);
    case 'ticket': return putTicket(tables, row.row);
    case 'comment': return putEntry(tables, { kind: 'comment', row: row.row });
    case 'event': return putEntry(tables, { kind: 'event', row: row.row });
    case 'delivered':
      tables.delivered.set(row.ticket, (tables.delivered.get(row.ticket) ?? new Map<number, number>()).set(row.comment, row.atMs));
      return;
    case 'file':
      tables.files.set(row.row.id, row.row);
      return;
    case 'article':
      tables.articles.set(row.row.id, row.row);
      return countOther(tables, row.row.id);
    case 'dropFile':
      tables.files.delete(row.id);
      return;
    case 'dropArticle':
      tables.articles.delete(row.id);
      return;
    case 'dropTicket': return dropTicket(tables, row.id, row.seq);
    case 'told':
      tables.toldSeq = Math.max(tables.toldSeq, row.seq);
      return;
    case 'counters':
      tables.nextTicket = Math.max(tables.nextTicket, row.tickets);
      tables.nextEntry = Math.max(tables.nextEntry, row.entries);
      tables.nextOther = Math.max(tables.nextOther, row.others);
  }
}

function putTicket(tables: Tables, row: TicketRow): void {
  const before = tables.tickets.get(row.id);
  tables.tickets.set(row.id, row);
  tables.nextTicket = Math.max(tables.nextTicket, Number(row.id) + 1);
  if (row.externalId !== undefined) tables.ticketOfExternalId.set(row.externalId, row.id);
  if (before?.changedSeq !== row.changedSeq) tables.changes.put({ seq: row.changedSeq, ticket: row.id });
  if (row.ringSeq > (before?.ringSeq ?? 0)) tables.rings.put({ seq: row.ringSeq, ticket: row.id });
  if (row.mergedInto === undefined || before?.mergedInto === row.mergedInto) return;
  tables.swallowed.set(row.mergedInto, [...(tables.swallowed.get(row.mergedInto) ?? []), row.id]);
}

function putEntry(tables: Tables, entry: Entry): void {
  const rows = tables.entries.get(entry.row.ticket) ?? [];
  // A comment that changed takes its own place; the newest are last, and they are what changes.
  const place = entry.row.id <= (rows.at(-1)?.row.id ?? 0) ? rows.findLastIndex((row) => row.row.id === entry.row.id) : -1;
  if (place === -1) rows.push(entry);
  else rows[place] = entry;
  tables.entries.set(entry.row.ticket, rows);
  tables.nextEntry = Math.max(tables.nextEntry, entry.row.id + 1);
  if (entry.kind === 'comment' && entry.row.externalId !== undefined) putExternalId(tables, entry.row.externalId, entry.row);
}

function putExternalId(tables: Tables, externalId: string, row: CommentRow): void {
  const known = tables.commentsOfExternalId.get(externalId) ?? [];
  const isKnown = known.some(({ id }) => id === row.id);
  tables.commentsOfExternalId.set(externalId, isKnown ? known.map((one) => (one.id === row.id ? row : one)) : [...known, row]);
}

function dropTicket(tables: Tables, id: string, seq: number): void {
  const ticket = tables.tickets.get(id);
  for (const entry of tables.entries.get(id) ?? []) {
    if (entry.kind === 'event' || entry.row.externalId === undefined) continue;
    const left = tables.commentsOfExternalId.get(entry.row.externalId)?.filter((row) => row.ticket !== id) ?? [];
    if (left.length > 0) tables.commentsOfExternalId.set(entry.row.externalId, left);
    else tables.commentsOfExternalId.delete(entry.row.externalId);
  }
  if (ticket?.externalId !== undefined) tables.ticketOfExternalId.delete(ticket.externalId);
  tables.entries.delete(id);
  tables.delivered.delete(id);
  tables.tickets.delete(id);
  tables.dropped.add(id);
  tables.nextTicket = Math.max(tables.nextTicket, Number(id) + 1);
  tables.changes.put({ seq, ticket: id });
  tables.rings.put({ seq, ticket: id });
}

function countOther(tables: Tables, id: string): void {
  tables.nextOther = Math.max(tables.nextOther, Number(id.slice(1)) + 1);
}

/** Everything as rows again, for a journal without history. Tickets come in the order of their changes, so that feeds keep rising. */
export function* rowsOf(tables: Tables): Iterable<Row> {
  yield { type: 'counters', tickets: tables.nextTicket, entries: tables.nextEntry, others: tables.nextOther };
  yield { type: 'told', seq: tables.toldSeq };
  for (const row of tables.requesters.values()) yield { type: 'requester', row };
  for (const row of tables.articles.values()) yield { type: 'article', row };
  for (const row of tables.files.values()) yield { type: 'file', row };
  for (const entries of tables.entries.values()) {
    for (const entry of entries) yield entry.kind === 'comment' ? { type: 'comment', row: entry.row } : { type: 'event', row: entry.row };
  }
  for (const [ticket, comments] of tables.delivered) for (const [comment, atMs] of comments) yield { type: 'delivered', ticket, comment, atMs };
  for (const { seq, ticket } of tables.changes.after(0, Infinity)) {
    const row = tables.tickets.get(ticket);
    if (row !== undefined) yield { type: 'ticket', row };
    else yield { type: 'dropTicket', id: ticket, seq };
  }
}
