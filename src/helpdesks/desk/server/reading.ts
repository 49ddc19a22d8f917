/** What belongs here: what the desk shows of its rows: one ticket, its comments, its history, the list and its search. */
import { findCommentById, previewOf } from './comments.js';
import { externalIdOf, familyOf, getTicketRow, type Desk } from './desk.js';
import { FIRST_TICKET, type CommentRow, type FileRow, type Status, type TicketRow } from './records.js';
import type { Entry } from './tables.js';

const SEARCH_WORDS_MAX = 8;

export interface ListQuery {
  readonly statuses: readonly Status[];
  readonly queue?: string | undefined;
  readonly assignee?: string | undefined;
  readonly search: string;
  /** Continue below this change. */
  readonly before?: number | undefined;
  readonly limit: number;
}

export function ticketView(desk: Desk, row: TicketRow): object {
  const { id: _id, ...requester } = desk.store.tables.requesters.get(row.requester) ?? { id: '', personId: '', name: '' };
  return { ...row, number: row.id, seq: row.changedSeq, requester: { ...requester, id: row.requester } };
}

export function commentView(desk: Desk, row: CommentRow): object {
  const { id, ticket, visibility, author, createdAtMs, html, files, isNote, deleted } = row;
  const changed = row.changed && { atMs: row.changed.atMs, by: row.changed.actor.name, what: row.changed.what };
  const reaction = row.reaction && { emoji: row.reaction.emoji, atMs: row.reaction.atMs, by: row.reaction.actor.name };
  const deliveredAtMs = desk.store.tables.delivered.get(ticket)?.get(id);
  return {
    id: String(id), ticket, visibility, author, createdAtMs, deliveredAtMs, html, externalId: externalIdOf(row), isNote, changed, reaction, deleted, inReplyTo: answeredView(desk, row),
    files: files.map((file) => desk.store.tables.files.get(file)).filter((file) => file !== undefined).map(fileView),
  };
}

/** What a comment answers: enough to show it, and to find it. */
function answeredView(desk: Desk, { ticket, inReplyTo }: CommentRow): object | undefined {
  const found = inReplyTo === undefined ? undefined : findCommentById(desk, ticket, inReplyTo);
  if (found === undefined) return undefined;
  const text = found.text === '' ? found.files.map((file) => desk.store.tables.files.get(file)?.name ?? '').join(', ') : found.text;
  return { id: String(found.id), externalId: externalIdOf(found), name: found.author.name, preview: previewOf(text) };
}

export function fileView(row: FileRow): object {
  const { id, name, mediaType, sizeBytes, kind, durationSeconds } = row;
  return { id, name, mediaType, sizeBytes, kind, durationSeconds };
}

/** Comments after the one with this number, of the ticket and all that it swallowed, oldest first. */
export function commentsAfter(desk: Desk, id: string, after: number, limit: number): { readonly comments: readonly object[]; readonly more: boolean } {
  const rows = entriesOf(desk, id).flatMap((entry) => (entry.kind === 'comment' && entry.row.deleted !== true && entry.row.id > after ? [entry.row] : []));
  return { comments: rows.slice(0, limit).map((row) => commentView(desk, row)), more: rows.length > limit };
}

/** Comments that were changed or deleted, or got another reaction, after the change with this sequence number, oldest comment first. */
export function changedComments(desk: Desk, id: string, after: number): { readonly comments: readonly object[]; readonly seq: number } {
  const rows = entriesOf(desk, id).flatMap((entry) => (entry.kind === 'comment' && changedAt(entry.row) > after ? [entry.row] : []));
  return { comments: rows.map((row) => commentView(desk, row)), seq: getTicketRow(desk, id).commentsSeq ?? 0 };
}

function changedAt({ changed, reaction }: CommentRow): number {
  return Math.max(changed?.seq ?? 0, reaction?.seq ?? 0);
}

/** The newest `limit` comments and events together, oldest first. */
export function historyOf(desk: Desk, id: string, limit: number): { readonly entries: readonly object[]; readonly earlier: number } {
  const entries = entriesOf(desk, id);
  const shown = entries.slice(-limit).map((entry) => (
    entry.kind === 'comment' ? { kind: 'comment', ...commentView(desk, entry.row) } : { kind: 'event', ...entry.row, id: String(entry.row.id) }
  ));
  return { entries: shown, earlier: entries.length - shown.length };
}

/** Latest change first. A ticket that was swallowed is found under the one that did it. */
export function listTickets(desk: Desk, query: ListQuery): { readonly tickets: readonly object[]; readonly before?: number } {
  const words = query.search.toLowerCase().split(/\s+/).filter((word) => word !== '').slice(0, SEARCH_WORDS_MAX);
  const found: TicketRow[] = [];
  for (const id of desk.store.tables.changes.newestFirst(query.before ?? Infinity)) {
    const row = desk.store.tables.tickets.get(id);
    if (row === undefined || row.mergedInto !== undefined || !isWanted(row, query) || !hasWords(desk, row, words)) continue;
    found.push(row);
    if (found.length > query.limit) break;
  }
  const shown = found.slice(0, query.limit);
  const last = shown.at(-1);
  const tickets = shown.map((row) => ticketView(desk, row));
  return found.length > query.limit && last !== undefined ? { tickets, before: last.changedSeq } : { tickets };
}

/**
 * The tickets that the bridge opened, by their numbers, after the one numbered `after`. One that was swallowed is shown as it was, with the
 * ticket that it is part of today; one that is over, with the time since when.
 */
export function listOpened(desk: Desk, after: number, limit: number): { readonly tickets: readonly object[]; readonly more: boolean } {
  const { tickets, nextTicket } = desk.store.tables;
  const found: object[] = [];
  for (let number = Math.max(after + 1, FIRST_TICKET); number < nextTicket && found.length <= limit; number += 1) {
    const row = tickets.get(String(number));
    if (row?.conversation === undefined) continue;
    const mergedInto = row.mergedInto === undefined ? undefined : getTicketRow(desk, row.id).id;
    found.push({ ...ticketView(desk, row), mergedInto, overSinceMs: overSince(desk, row) });
  }
  return { tickets: found.slice(0, limit), more: found.length > limit };
}

function overSince(desk: Desk, row: TicketRow): number | undefined {
  if (row.status !== 'solved' && row.status !== 'closed') return undefined;
  const told = desk.store.tables.entries.get(row.id)?.findLast((entry) => entry.kind === 'event' && entry.row.field === 'status' && entry.row.to === row.status);
  return told?.row.createdAtMs;
}

/** How many tickets stand in each status. */
export function countByStatus(desk: Desk): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const row of desk.store.tables.tickets.values()) {
    if (row.mergedInto === undefined) counts[row.status] = (counts[row.status] ?? 0) + 1;
  }
  return counts;
}

/** Best matches first: the title counts more than the text. */
export function searchArticles(desk: Desk, search: string, locale: string, limit: number): readonly object[] {
  const words = search.toLowerCase().split(/[^\p{L}\p{N}]+/u).filter((word) => word.length > 1).slice(0, SEARCH_WORDS_MAX);
  return [...desk.store.tables.articles.values()]
    .filter((row) => locale === '' || row.locale === locale)
    .map((row) => ({ row, score: words.reduce((sum, word) => sum + scoreOf(row.title, word) * 3 + scoreOf(row.text, word), 0) }))
    .filter(({ score }) => search === '' || score > 0)
    .sort((a, b) => b.score - a.score)
    .slice(0, limit)
    .map(({ row: { id, title, html, locale: language } }) => ({ id, title, html, locale: language }));
}

function scoreOf(text: string, word: string): number {
  return text.toLowerCase().includes(word) ? 1 : 0;
}

function entriesOf(desk: Desk, id: string): readonly Entry[] {
  const family = familyOf(desk, getTicketRow(desk, id).id);
  const entries = family.flatMap((member) => desk.store.tables.entries.get(member) ?? []);
  return family.length === 1 ? entries : entries.sort((a, b) => a.row.id - b.row.id);
}

function isWanted(row: TicketRow, query: ListQuery): boolean {
  return (query.statuses.length === 0 || query.statuses.includes(row.status))
    && (query.queue === undefined || row.queue === query.queue)
    && (query.assignee === undefined || (row.assignee?.id ?? '') === query.assignee);
}

function hasWords(desk: Desk, row: TicketRow, words: readonly string[]): boolean {
  if (words.length === 0) return true;
  const requester = desk.store.tables.requesters.get(row.requester);
  const head = `#${row.id} ${row.subject} ${requester?.name ?? ''} ${requester?.username ?? ''} ${row.tags.join(' ')}`.toLowerCase();
  const missing = words.filter((word) => !head.includes(word));
  return missing.every((word) => entriesOf(desk, row.id).some((entry) => entry.kind === 'comment' && entry.row.text.toLowerCase().includes(word)));
}
