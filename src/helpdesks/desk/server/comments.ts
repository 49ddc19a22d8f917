/** What belongs here: the rules of comments: who may write where, and what that does to the ticket. */
import { actorOf, claimFiles, entryNumbers, familyOf, getTicketRow, refuse, repeatKeyOf, stamps, type Desk, type Principal } from './desk.js';
import type { Actor, CommentRow, Row, Status, TicketRow } from './records.js';
import { cleanHtml } from './sanitize.js';
import { changesBetween, eventRow } from './tickets.js';

const PREVIEW_LENGTH = 160;

export interface CommentInput {
  readonly visibility: 'public' | 'internal';
  /** Whose word it is, when the bridge writes. */
  readonly from: 'requester' | 'bridge';
  readonly html: string;
  readonly files: readonly string[];
  readonly externalId?: string | undefined;
  /** The status that an agent sets with the same click. */
  readonly status?: Exclude<Status, 'new'> | undefined;
  /** The number of the comment that it answers, on the same ticket. */
  readonly inReplyTo?: string | undefined;
  /** The bridge's own word is about nothing that went wrong. */
  readonly isNote?: boolean | undefined;
  /** An agent's, see `repeatKeyOf`. */
  readonly key?: string | undefined;
}

/** What a write did. */
export interface Written {
  /** false = it was done before. */
  readonly created: boolean;
  /** What was done before under the agent's key said something else. */
  readonly differs: boolean;
}

/**
 * Adds a comment, or gives the one that was made before: for the bridge by its external id, on whatever ticket (a request that was thought lost may
 * land when its message has long gone to another ticket); for an agent by their key on this ticket. A requester's comment brings a solved or
 * pending ticket back to `open`; an agent's public one takes a new ticket to `open`. Throws `not_found`, `invalid`, and `conflict` for a
 * public comment on a closed ticket (an internal one may still be put on record).
 */
export function addComment(desk: Desk, principal: Principal, id: string, input: CommentInput): Written & { readonly comment: CommentRow } {
  const ticket = getTicketRow(desk, id);
  const externalId = repeatKeyOf(principal, input);
  const first = externalId === undefined ? undefined : findFirst(desk, principal, ticket, externalId);
  if (first !== undefined) return { comment: first, created: false, differs: principal.kind === 'agent' && !saysTheSame(first, input) };
  if (ticket.status === 'closed' && (input.visibility === 'public' || input.status !== undefined)) {
    throw refuse('conflict', 'addComment', `ticket ${ticket.id} is closed`);
  }
  const { html, text } = cleanHtml(input.html);
  if (text === '' && input.files.length === 0) throw refuse('invalid', 'addComment', 'the comment is empty');
  const answered = input.inReplyTo === undefined ? undefined : getComment(desk, ticket.id, Number(input.inReplyTo));
  const author = authorOf(desk, principal, ticket, input);
  const numbers = entryNumbers(desk);
  const comment: CommentRow = {
    id: numbers(), ticket: ticket.id, visibility: input.visibility, author, createdAtMs: desk.nowMs(), html, text, files: [...input.files],
    ...(externalId === undefined ? {} : { externalId }), ...(answered === undefined ? {} : { inReplyTo: answered.id }),
    ...(input.isNote === true ? { isNote: true } : {}),
  };
  const moved: TicketRow = { ...ticket, status: statusAfter(ticket, author, input) };
  const events = changesBetween(desk, author, ticket, moved, numbers);
  const ring = principal.kind === 'agent' || moved.status !== ticket.status;
  desk.store.write([
    { type: 'comment', row: comment },
    { type: 'ticket', row: { ...moved, ...traceOf(comment, ticket), ...stamps(desk, ring, ticket) } },
    ...claimFiles(desk, input.files, ticket.id),
    ...events.map(eventRow),
  ]);
  return { comment, created: true, differs: false };
}

function findFirst(desk: Desk, principal: Principal, ticket: TicketRow, externalId: string): CommentRow | undefined {
  return principal.kind === 'agent' ? findCommentRow(desk, ticket.id, externalId) : desk.store.tables.commentsOfExternalId.get(externalId)?.[0];
}

/** What an agent changed since is not what stood there: it counts as the same. */
function saysTheSame(first: CommentRow, { visibility, html, files, inReplyTo }: CommentInput): boolean {
  if (first.changed !== undefined) return true;
  return first.visibility === visibility && first.html === cleanHtml(html).html && first.files.join() === files.join()
    && first.inReplyTo === (inReplyTo === undefined ? undefined : Number(inReplyTo));
}

/** The comment that this external id made on this ticket, or on one that it swallowed. */
export function findCommentRow(desk: Desk, ticket: string, externalId: string): CommentRow | undefined {
  const rows = desk.store.tables.commentsOfExternalId.get(externalId) ?? [];
  const family = familyOf(desk, ticket);
  return rows.find((row) => family.includes(row.ticket));
}

/** Throws `invalid` for what is not on this ticket, nor on one that it swallowed. */
function getComment(desk: Desk, ticket: string, id: number): CommentRow {
  const found = findCommentById(desk, ticket, id);
  if (found === undefined) throw refuse('invalid', 'addComment', 'there is no such comment to answer');
  return found;
}

/** The comment with this number on this ticket, or on one of the same family. */
export function findCommentById(desk: Desk, ticket: string, id: number): CommentRow | undefined {
  for (const member of familyOf(desk, getTicketRow(desk, ticket).id)) {
    const found = desk.store.tables.entries.get(member)?.find((entry) => entry.kind === 'comment' && entry.row.id === id);
    if (found?.kind === 'comment') return found.row;
  }
  return undefined;
}

export interface CommentEdit {
  readonly html?: string | undefined;
  readonly visibility?: 'public' | 'internal' | undefined;
}

/**
 * Changes the text or the audience of what an agent wrote. Throws `not_found`, `forbidden` for anything that no agent wrote or that the bridge asks
 * for, `invalid` for an empty text.
 */
export function changeComment(desk: Desk, principal: Principal, ticket: string, id: string, edit: CommentEdit): CommentRow {
  const row = getChangeable(desk, principal, ticket, id);
  const clean = edit.html === undefined ? { html: row.html, text: row.text } : cleanHtml(edit.html);
  if (clean.text === '' && row.files.length === 0) throw refuse('invalid', 'changeComment', 'the comment is empty');
  const visibility = edit.visibility ?? row.visibility;
  if (clean.html === row.html && visibility === row.visibility) return row;
  const what = clean.html === row.html ? 'visibility' : 'text';
  return writeChange(desk, ticket, { ...row, ...clean, visibility, changed: changeOf(desk, principal, what) });
}

/** Deletes what an agent wrote: text and files go, and that there was something stays in the history. Throws as `changeComment`. Gives the files that may go from disk: those that no other comment shows. */
export function deleteComment(desk: Desk, principal: Principal, ticket: string, id: string): readonly string[] {
  const row = getChangeable(desk, principal, ticket, id);
  const kept = new Set(commentRows(desk, row.ticket).flatMap((one) => (one.id === row.id ? [] : one.files)));
  const gone = row.files.filter((file) => !kept.has(file));
  writeChange(desk, ticket, { ...row, html: '', text: '', files: [], deleted: true, changed: changeOf(desk, principal, 'text') }, gone);
  return gone;
}

/**
 * Puts a reaction on what a customer wrote, instead of the one before; `null` takes it away. Throws `not_found`, `forbidden` for anything that no customer
 * wrote or that the bridge asks for.
 */
export function reactToComment(desk: Desk, principal: Principal, ticket: string, id: string, emoji: string | null): CommentRow {
  const row = getStanding(desk, ticket, id);
  if (principal.kind !== 'agent' || row.author.kind !== 'requester' || row.visibility !== 'public') {
    throw refuse('forbidden', 'reactToComment', 'reactions are for what customers wrote, and from agents');
  }
  if ((row.reaction?.emoji ?? null) === emoji) return row;
  const stamp = { seq: desk.store.tables.seq + 1, atMs: desk.nowMs(), actor: actorOf(principal) };
  return writeChange(desk, ticket, { ...row, reaction: { ...stamp, ...(emoji !== null && { emoji }) } });
}

function changeOf(desk: Desk, principal: Principal, what: 'text' | 'visibility'): NonNullable<CommentRow['changed']> {
  return { seq: desk.store.tables.seq + 1, atMs: desk.nowMs(), actor: actorOf(principal), what };
}

function getChangeable(desk: Desk, principal: Principal, ticket: string, id: string): CommentRow {
  const row = getStanding(desk, ticket, id);
  if (principal.kind !== 'agent' || row.author.kind !== 'agent') throw refuse('forbidden', 'changeComment', 'only what agents wrote can be changed, by agents');
  return row;
}

function getStanding(desk: Desk, ticket: string, id: string): CommentRow {
  const row = commentRows(desk, getTicketRow(desk, ticket).id).find((one) => String(one.id) === id);
  if (row === undefined || row.deleted === true) throw refuse('not_found', 'changeComment', 'there is no such comment');
  return row;
}

/** Of a ticket and all that it swallowed, oldest first. */
function commentRows(desk: Desk, ticket: string): readonly CommentRow[] {
  return familyOf(desk, ticket).flatMap((member) => desk.store.tables.entries.get(member) ?? [])
    .flatMap((entry) => (entry.kind === 'comment' ? [entry.row] : [])).sort((a, b) => a.id - b.id);
}

function writeChange(desk: Desk, id: string, row: CommentRow, files: readonly string[] = []): CommentRow {
  const ticket = getTicketRow(desk, id);
  const shown = commentRows(desk, ticket.id).map((one) => (one.id === row.id ? row : one)).findLast((one) => one.visibility === 'public' && one.deleted !== true);
  const stamp = stamps(desk, true, ticket);
  const preview = shown === undefined ? {} : { preview: previewOf(shown.text), lastFrom: shown.author.kind };
  desk.store.write([
    { type: 'comment', row }, { type: 'ticket', row: { ...ticket, ...preview, ...stamp, commentsSeq: stamp.changedSeq } },
    ...files.map((file): Row => ({ type: 'dropFile', id: file })),
  ]);
  return row;
}

/** One line for the list. */
export function previewOf(text: string): string {
  const line = text.replace(/\s+/g, ' ');
  return line.length <= PREVIEW_LENGTH ? line : `${line.slice(0, PREVIEW_LENGTH).replace(/\p{Surrogate}$/u, '')}…`;
}

function authorOf(desk: Desk, principal: Principal, ticket: TicketRow, input: CommentInput): Actor {
  if (principal.kind === 'agent' || input.from === 'bridge') return actorOf(principal);
  const requester = desk.store.tables.requesters.get(ticket.requester);
  return { kind: 'requester', id: ticket.requester, name: requester?.name ?? '' };
}

function statusAfter(ticket: TicketRow, author: Actor, input: CommentInput): Status {
  if (author.kind === 'agent' && input.status !== undefined) return input.status;
  if (input.visibility === 'internal') return ticket.status;
  if (author.kind === 'requester' && (ticket.status === 'solved' || ticket.status === 'pending')) return 'open';
  return author.kind === 'agent' && ticket.status === 'new' ? 'open' : ticket.status;
}

/** What a comment leaves on its ticket for the list. The bridge's own internal word is a warning until an agent writes again. */
function traceOf(comment: CommentRow, ticket: TicketRow): Partial<TicketRow> {
  const isWarning = comment.author.kind === 'bridge' && comment.visibility === 'internal' && comment.isNote !== true;
  const shown = comment.visibility === 'public' ? { preview: previewOf(comment.text), lastFrom: comment.author.kind } : {};
  return {
    ...shown, comments: ticket.comments + 1,
    lastRequesterEntry: comment.author.kind === 'requester' ? comment.id : ticket.lastRequesterEntry,
    warning: isWarning || (ticket.warning === true && comment.author.kind !== 'agent'),
  };
}
