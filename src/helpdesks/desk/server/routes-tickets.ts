/** What belongs here: the endpoints of tickets and their comments. */
import type { Router } from 'express';
import { STATUS_BY_CODE } from '../../../core/errors.js';
import { addComment, changeComment, deleteComment, findCommentRow, reactToComment, type Written } from './comments.js';
import { answer, onlyBridge, pathId, read, route, type Answer, type Context } from './answers.js';
import { getTicketRow, refuse, type Principal } from './desk.js';
import type { FileFolder } from './files.js';
import { afterQuery, changesQuery, commentEdit, commentInput, externalIdQuery, historyQuery, listQuery, mergeInput, reactionInput, requesterInput, ticketChanges, ticketInput } from './inputs.js';
import { changedComments, commentsAfter, commentView, countByStatus, historyOf, listOpened, listTickets, ticketView } from './reading.js';
import { changeTicket, createTicket, dropTicket, mergeTickets, putRequester } from './tickets.js';

/** What the bridge writes: requesters and tickets, which agents may open too. */
export function addBridgeRoutes(api: Router, context: Context): void {
  const { desk } = context;
  api.post('/requesters', route(context, (request, principal) => {
    onlyBridge(principal);
    return { json: { id: putRequester(desk, read(requesterInput, request.body)) } };
  }));
  api.post('/tickets', route(context, (request, principal) => {
    const { ticket, ...written } = createTicket(desk, principal, read(ticketInput, request.body));
    return writtenAnswer(written, { ticket: ticketView(desk, ticket) });
  }));
  api.get('/tickets/by-external-id', route(context, (request) => {
    const id = desk.store.tables.ticketOfExternalId.get(read(externalIdQuery, request.query).externalId);
    return { json: { ticket: id === undefined ? null : ticketView(desk, getTicketRow(desk, id)) } };
  }));
  api.get('/tickets/opened', route(context, (request, principal) => {
    onlyBridge(principal);
    const { after, limit } = read(afterQuery, request.query);
    return { json: listOpened(desk, after, limit) };
  }));
  api.get('/changes', route(context, (request) => {
    const { after, limit } = read(changesQuery, request.query);
    const { seq, changes } = desk.store.tables;
    if (after === undefined) return { json: { tickets: [], seq, more: false } };
    const page = changes.after(after, limit);
    const more = page.length === limit;
    return { json: { tickets: page.map((entry) => ({ id: entry.ticket })), seq: more ? (page.at(-1)?.seq ?? seq) : seq, more } };
  }));
}

/** What both sides read and change. */
export function addTicketRoutes(api: Router, context: Context, files: FileFolder): void {
  const { desk } = context;
  api.get('/tickets', route(context, (request, principal) => {
    const { status, assignee, ...query } = read(listQuery, request.query);
    return { json: { ...listTickets(desk, { ...query, statuses: status, assignee: assignee === 'me' ? idOf(principal) : assignee }), counts: countByStatus(desk) } };
  }));
  api.get('/tickets/:id', route(context, (request) => ({ json: { ticket: ticketView(desk, getTicketRow(desk, pathId(request))) } })));
  api.patch('/tickets/:id', route(context, (request, principal) => {
    const { assignee, ...changes } = read(ticketChanges, request.body);
    const person = assignee === 'me' ? personOf(principal) : assignee;
    return { json: { ticket: ticketView(desk, changeTicket(desk, principal, pathId(request), { ...changes, assignee: person })) } };
  }));
  api.post('/tickets/:id/merge', route(context, (request, principal) => {
    const { into } = read(mergeInput, request.body);
    return { json: { ticket: ticketView(desk, mergeTickets(desk, principal, pathId(request), into)) } };
  }));
  api.delete('/tickets/:id', async (request, response) => {
    context.sessions.principalOf(request);
    const gone = dropTicket(desk, pathId(request));
    await desk.store.settled();
    await files.remove(gone);
    answer(response, { status: 204 });
  });
}

export function addCommentRoutes(api: Router, context: Context, files: FileFolder): void {
  const { desk } = context;
  api.get('/tickets/:id/comments', route(context, (request) => {
    const { after, limit } = read(afterQuery, request.query);
    return { json: commentsAfter(desk, pathId(request), after, limit) };
  }));
  api.get('/tickets/:id/comments/by-external-id', route(context, (request) => {
    const row = findCommentRow(desk, getTicketRow(desk, pathId(request)).id, read(externalIdQuery, request.query).externalId);
    return { json: { comment: row === undefined ? null : commentView(desk, row) } };
  }));
  api.get('/tickets/:id/comments/changed', route(context, (request) => {
    const { after } = read(afterQuery, request.query);
    return { json: changedComments(desk, pathId(request), after) };
  }));
  api.patch('/tickets/:id/comments/:comment', route(context, (request, principal) => {
    const comment = changeComment(desk, principal, pathId(request), pathId(request, 'comment'), read(commentEdit, request.body));
    return { json: { comment: commentView(desk, comment) } };
  }));
  api.put('/tickets/:id/comments/:comment/reaction', route(context, (request, principal) => {
    const { emoji } = read(reactionInput, request.body);
    return { json: { comment: commentView(desk, reactToComment(desk, principal, pathId(request), pathId(request, 'comment'), emoji)) } };
  }));
  api.delete('/tickets/:id/comments/:comment', async (request, response) => {
    const gone = deleteComment(desk, context.sessions.principalOf(request), pathId(request), pathId(request, 'comment'));
    await desk.store.settled();
    await files.remove(gone);
    answer(response, { status: 204 });
  });
  api.get('/tickets/:id/history', route(context, (request) => {
    const { limit } = read(historyQuery, request.query);
    return { json: { ticket: ticketView(desk, getTicketRow(desk, pathId(request))), ...historyOf(desk, pathId(request), limit) } };
  }));
  api.post('/tickets/:id/comments', route(context, (request, principal) => {
    const { comment, ...written } = addComment(desk, principal, pathId(request), read(commentInput, request.body));
    return writtenAnswer(written, { comment: commentView(desk, comment) });
  }));
}

/** What stands there, whether this request wrote it or an earlier one; an agent who would say something else by now must know. */
function writtenAnswer({ created, differs }: Written, json: object): Answer {
  if (differs) return { status: STATUS_BY_CODE.conflict, json: { error: 'written_before', message: 'this key has written something else before', ...json } };
  return { status: created ? 201 : 200, json };
}

function idOf(principal: Principal): string {
  return principal.kind === 'agent' ? principal.id : '';
}

function personOf(principal: Principal): { readonly id: string; readonly name: string } {
  if (principal.kind !== 'agent') throw refuse('invalid', 'updateTicket', 'only an agent can take a ticket');
  return { id: principal.id, name: principal.name };
}
