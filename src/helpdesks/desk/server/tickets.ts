/** What belongs here: the rules of tickets: how one opens, changes, swallows another and goes. Decide first, then write one line. */
import { actorOf, claimFiles, entryNumbers, familyOf, getTicketRow, refuse, repeatKeyOf, stamps, type Desk, type Principal } from './desk.js';
import type { Actor, CommentRow, EventRow, RequesterRow, Row, Status, TicketRow } from './records.js';
import { cleanHtml } from './sanitize.js';
import { previewOf, type Written } from './comments.js';

export interface RequesterInput {
  readonly personId: string;
  readonly name: string;
  readonly username?: string | undefined;
  readonly languageTag?: string | undefined;
  readonly link?: string | undefined;
  /** Absent = the one known before stays. */
  readonly phone?: string | undefined;
}

export interface TicketInput {
  readonly requester: string;
  readonly subject: string;
  readonly queue?: string | undefined;
  readonly priority: TicketRow['priority'];
  readonly tags: readonly string[];
  readonly html: string;
  readonly files: readonly string[];
  readonly locale?: string | undefined;
  readonly externalId?: string | undefined;
  readonly conversation?: string | undefined;
  readonly followUpOf?: string | undefined;
  /** An agent's, see `repeatKeyOf`. */
  readonly key?: string | undefined;
}

export interface TicketChanges {
  readonly status?: Status | undefined;
  readonly queue?: string | undefined;
  readonly priority?: TicketRow['priority'] | undefined;
  readonly tags?: readonly string[] | undefined;
  readonly subject?: string | undefined;
  /** null = nobody. */
  readonly assignee?: { readonly id: string; readonly name: string } | null | undefined;
}

/** Creates or finds by person; a changed name is followed. */
export function putRequester(desk: Desk, input: RequesterInput): string {
  const { tables } = desk.store;
  const known = tables.requesters.get(tables.requesterOfPerson.get(input.personId) ?? '');
  const id = known?.id ?? `r${tables.nextOther}`;
  const row: RequesterRow = { ...input, id, phone: input.phone ?? known?.phone, avatar: known?.avatar };
  const same = known !== undefined && (['name', 'username', 'languageTag', 'link', 'phone'] as const).every((field) => known[field] === row[field]);
  if (!same) desk.store.write([{ type: 'requester', row }]);
  return id;
}

/**
 * Opens a ticket, for an agent with the agent's own first answer; or gives the one that this external id, or this key of the agent, opened or commented
 * on before. Throws `invalid`.
 */
export function createTicket(desk: Desk, principal: Principal, given: TicketInput): Written & { readonly ticket: TicketRow } {
  const { tables } = desk.store;
  // The ids of messages and chats are the bridge's to give. An agent's key stands on the first comment.
  const byAgent = principal.kind === 'agent';
  const repeatKey = repeatKeyOf(principal, given);
  const input: TicketInput = byAgent ? { ...given, externalId: undefined, conversation: undefined } : given;
  const first = findWritten(desk, repeatKey);
  if (first !== undefined) return { ticket: getTicketRow(desk, first.id), created: false, differs: byAgent && !opensTheSame(desk, first, input) };
  const requester = tables.requesters.get(input.requester);
  if (requester === undefined) throw refuse('invalid', 'createTicket', 'there is no such requester');
  const queue = checkQueue(desk, input.queue ?? desk.queues[0]);
  const id = String(tables.nextTicket);
  const numbers = entryNumbers(desk);
  const opening = numbers();
  const author: Actor = byAgent ? actorOf(principal) : { kind: 'requester', id: requester.id, name: requester.name };
  const { html, text } = cleanHtml(input.html);
  const at = stamps(desk, byAgent);
  const ticket: TicketRow = {
    id, subject: input.subject, status: byAgent ? 'open' : 'new', queue, priority: input.priority, tags: [...input.tags], requester: requester.id, ...at,
    locale: input.locale, externalId: input.externalId, conversation: input.conversation, followUpOf: input.followUpOf,
    createdAtMs: at.updatedAtMs, preview: previewOf(text), lastFrom: author.kind, lastRequesterEntry: byAgent ? 0 : opening, comments: 1,
  };
  const rows: Row[] = [
    { type: 'ticket', row: ticket },
    { type: 'comment', row: { id: opening, ticket: id, visibility: 'public', author, createdAtMs: at.updatedAtMs, html, text, files: [...input.files],
      externalId: repeatKey } },
    ...claimFiles(desk, input.files, id),
  ];
  if (input.followUpOf !== undefined) rows.push(eventRow({ id: numbers(), ticket: id, actor: author, createdAtMs: at.updatedAtMs, field: 'follow_up', from: input.followUpOf, to: '' }));
  desk.store.write(rows);
  return { ticket, created: true, differs: false };
}

/** A ticket as it was opened; it may be part of another by now. */
interface Opened {
  readonly id: string;
  readonly comment: CommentRow | undefined;
}

function findWritten(desk: Desk, repeatKey: string | undefined): Opened | undefined {
  if (repeatKey === undefined) return undefined;
  const { tables } = desk.store;
  const comment = tables.commentsOfExternalId.get(repeatKey)?.[0];
  const id = tables.ticketOfExternalId.get(repeatKey) ?? comment?.ticket;
  return id === undefined ? undefined : { id, comment };
}

function opensTheSame(desk: Desk, { id, comment }: Opened, { requester, html, files }: TicketInput): boolean {
  if (desk.store.tables.tickets.get(id)?.requester !== requester) return false;
  return comment?.changed !== undefined || (comment?.html === cleanHtml(html).html && comment.files.join() === files.join());
}

/** Changes fields and tells each change in the history. Throws `conflict` for a closed ticket, `invalid`, `not_found`. */
export function changeTicket(desk: Desk, principal: Principal, id: string, changes: TicketChanges): TicketRow {
  const ticket = getTicketRow(desk, id);
  if (ticket.status === 'closed') throw refuse('conflict', 'updateTicket', `ticket ${ticket.id} is closed`);
  if (changes.queue !== undefined) checkQueue(desk, changes.queue);
  const next: TicketRow = {
    ...ticket, status: changes.status ?? ticket.status, queue: changes.queue ?? ticket.queue, priority: changes.priority ?? ticket.priority,
    subject: changes.subject ?? ticket.subject, tags: [...(changes.tags ?? ticket.tags)],
    assignee: changes.assignee === undefined ? ticket.assignee : (changes.assignee ?? undefined),
  };
  const events = changesBetween(desk, actorOf(principal), ticket, next);
  if (events.length === 0) return ticket;
  const ring = principal.kind === 'agent' || next.status !== ticket.status;
  const row = { ...next, ...stamps(desk, ring, ticket) };
  desk.store.write([{ type: 'ticket', row }, ...events.map(eventRow)]);
  return row;
}

/** Moves everything of `id` to `into`, for good. Throws `not_found`, `invalid` when both are the same ticket. */
export function mergeTickets(desk: Desk, principal: Principal, id: string, into: string): TicketRow {
  const source = getTicketRow(desk, id);
  const target = getTicketRow(desk, into);
  if (source.id === target.id) throw refuse('invalid', 'mergeTickets', 'a ticket cannot swallow itself');
  const numbers = entryNumbers(desk);
  const told = { actor: actorOf(principal), createdAtMs: desk.nowMs(), field: 'merged' as const, from: source.id, to: target.id };
  const commentsSeq = Math.max(target.commentsSeq ?? 0, source.commentsSeq ?? 0);
  const row: TicketRow = {
    ...target, ...stamps(desk, true), comments: target.comments + source.comments, ...(commentsSeq > 0 && { commentsSeq }),
  };
  desk.store.write([
    { type: 'ticket', row: { ...source, ...stamps(desk, true), status: 'closed', mergedInto: target.id } },
    { type: 'ticket', row },
    eventRow({ id: numbers(), ticket: target.id, ...told }),
  ]);
  return row;
}

/** Deletes a ticket, what it swallowed, and their content. Gives the ids of the files that may go from disk. */
export function dropTicket(desk: Desk, id: string): readonly string[] {
  const family = new Set(familyOf(desk, getTicketRow(desk, id).id));
  const files = [...desk.store.tables.files.values()].filter((file) => family.has(file.ticket ?? '')).map((file) => file.id);
  const seq = desk.store.tables.seq + 1;
  desk.store.write([
    ...[...family].map((member): Row => ({ type: 'dropTicket', id: member, seq })),
    ...files.map((file): Row => ({ type: 'dropFile', id: file })),
  ]);
  return files;
}

/** The events that tell what differs between two states of a ticket. */
export function changesBetween(desk: Desk, actor: Actor, before: TicketRow, after: TicketRow, numbers = entryNumbers(desk)): readonly EventRow[] {
  const shown = (row: TicketRow): Readonly<Record<'status' | 'assignee' | 'queue' | 'priority' | 'subject' | 'tags', string>> => ({
    status: row.status, assignee: row.assignee?.name ?? '', queue: row.queue, priority: row.priority, subject: row.subject, tags: row.tags.join(', '),
  });
  const [from, to] = [shown(before), shown(after)];
  return (['status', 'assignee', 'queue', 'priority', 'subject', 'tags'] as const)
    .filter((field) => from[field] !== to[field])
    .map((field) => ({ id: numbers(), ticket: before.id, actor, createdAtMs: desk.nowMs(), field, from: from[field], to: to[field] }));
}

export function eventRow(row: EventRow): Row {
  return { type: 'event', row };
}

function checkQueue(desk: Desk, queue: string | undefined): string {
  if (queue === undefined || !desk.queues.includes(queue)) throw refuse('invalid', 'createTicket', 'there is no such queue');
  return queue;
}
