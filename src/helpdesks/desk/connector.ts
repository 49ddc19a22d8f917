/** What belongs here: the connector of the desk. It knows the desk by its HTTP API only, like any other helpdesk. */
import type { ChangeCursor } from '../../core/changes.js';
import { BridgeError, toBridgeError } from '../../core/errors.js';
import type { ConnectorContext, Diagnosis, HelpdeskCapabilities, HelpdeskConnector, HelpdeskNeeds, HelpdeskSettings } from '../../core/ports.js';
import {
  mintId, type Attachment, type Comment, type CommentDraft, type CommentId, type RequesterId, type SweepCursor, type SweepPage, type Ticket, type TicketDraft,
  type TicketId,
} from '../../core/types.js';
import { createHttpClient, type HttpClient } from '../../http/client.js';
import { fromHtml } from '../../markup/from-html.js';
import { toHtml } from '../../markup/to-html.js';
import {
  articlesAnswer, call, changedCommentsAnswer, changesAnswer, checkSize, commentAnswer, commentsAnswer, foundCommentAnswer, foundTicketAnswer, listedTicketsAnswer, queuesAnswer,
  requesterAnswer, ticketAnswer, uploadAll,
} from './api.js';
import { createDoorbellReader } from './doorbell.js';
import { toChange, toComment, toListedTicket, toTicket, type Addresses } from './convert.js';

const TIMEOUT_MS = 30_000;
const COMMENTS_PER_PAGE = 200;
const TICKETS_PER_PAGE = 100;
/** A ticket with more comments than these pages hold is beyond what an agent could read. */
const PAGES_MAX = 500;
const ARTICLES_MAX = 10;

const CAPABILITIES: HelpdeskCapabilities = {
  idempotency: 'native', bodyFormat: 'html', bodyLengthMax: 30_000, attachmentBytesMax: 64 * 1024 * 1024, editComments: false,
  writeSettlesMs: TIMEOUT_MS + 5_000, reopensFrom: ['pending', 'solved'],
};

/** `agentUrl`: where agents reach the desk; empty = at the URL that the bridge uses. */
export function createDeskConnector(settings: HelpdeskSettings, options: { readonly agentUrl: string }, context: ConnectorContext): HelpdeskConnector {
  const root = withoutPage(settings.url);
  const http = createHttpClient({
    baseUrl: `${root}/desk/api`, headers: { authorization: `Bearer ${settings.token}` }, timeoutMs: TIMEOUT_MS,
    emit: context.emit, nowMs: context.nowMs, secrets: [settings.token],
  });
  const addresses: Addresses = { page: `${options.agentUrl === '' ? root : withoutPage(options.agentUrl)}/desk/`, http };
  return {
    name: 'desk',
    capabilities: CAPABILITIES,
    doorbell: createDoorbellReader(settings.webhookSecret),
    async upsertRequester({ person }) {
      const json = { personId: person.id, name: person.name, username: person.username, languageTag: person.languageTag, link: person.link, phone: person.phone };
      const { id } = await call(http, { operation: 'upsertRequester', method: 'POST', path: '/requesters', json }, requesterAnswer);
      return mintId<RequesterId>(id);
    },
    setAvatar: (requester, picture) => setAvatar(http, requester, picture),
    createTicket: (draft) => createTicket(http, addresses, draft),
    addComment: (ticket, draft) => addComment(http, ticket, draft),
    async getTicket(ticket) {
      return toTicket((await call(http, { operation: 'getTicket', method: 'GET', path: pathOf(ticket) }, ticketAnswer)).ticket, addresses);
    },
    commentsAfter: (ticket, cursor) => commentsAfter(http, addresses, ticket, cursor),
    async changesAfter(ticket, cursor) {
      const path = `${pathOf(ticket)}/comments/changed`;
      const { comments, seq } = await call(http, { operation: 'changesAfter', method: 'GET', path, query: { after: cursor } }, changedCommentsAnswer);
      return { changes: comments.map((comment) => toChange(comment, addresses)), cursor: mintId<ChangeCursor>(String(seq)) };
    },
    changedSince: (cursor) => changedSince(http, cursor),
    async updateTicket(ticket, change) {
      if (change.phase === undefined) return;
      await call(http, { operation: 'updateTicket', method: 'PATCH', path: pathOf(ticket), json: { status: change.phase } }, ticketAnswer);
    },
    async findTicket(externalId) {
      const { ticket } = await call(http, { operation: 'findTicket', method: 'GET', path: '/tickets/by-external-id', query: { externalId } }, foundTicketAnswer);
      return ticket === null ? undefined : toTicket(ticket, addresses);
    },
    async findComment(ticket, externalId) {
      const path = `${pathOf(ticket)}/comments/by-external-id`;
      const { comment } = await call(http, { operation: 'findComment', method: 'GET', path, query: { externalId }, accept: [404] }, foundCommentAnswer);
      return comment === null || comment === undefined ? undefined : mintId<CommentId>(comment.id);
    },
    async listTickets(after) {
      const query = { after, limit: TICKETS_PER_PAGE };
      const { tickets, more } = await call(http, { operation: 'listTickets', method: 'GET', path: '/tickets/opened', query }, listedTicketsAnswer);
      return { tickets: tickets.map((ticket) => toListedTicket(ticket, addresses)), more };
    },
    async searchArticles(search, locale) {
      const request = { operation: 'searchArticles', method: 'GET', path: '/articles', query: { search: search.slice(0, 300), locale, limit: ARTICLES_MAX } } as const;
      return (await call(http, request, articlesAnswer)).articles.map(({ title, html }) => ({ title, text: fromHtml(html).text }));
    },
    async reportDelivered(ticket, comment, atMs) {
      if (!/^\d{1,12}$/.test(comment)) throw new BridgeError({ code: 'not_found', operation: 'reportDelivered', message: 'this is no id of a comment of the desk' });
      await call(http, { operation: 'reportDelivered', method: 'POST', path: `${pathOf(ticket)}/comments/${comment}/delivered`, json: { atMs } }, commentAnswer);
    },
    diagnose: (needs) => diagnose(http, needs),
  };
}

async function setAvatar(http: HttpClient, requester: RequesterId, picture: Attachment | undefined): Promise<void> {
  const request = { operation: 'setAvatar', path: `/requesters/${encodeURIComponent(requester)}/avatar` };
  if (picture?.open === undefined) {
    await http.request({ ...request, method: 'DELETE' });
    return;
  }
  const body = checkSize(await picture.open(), picture.sizeBytes, 'setAvatar');
  await http.request({ ...request, method: 'PUT', body, headers: { 'content-type': 'application/octet-stream' } });
}

async function createTicket(http: HttpClient, addresses: Addresses, draft: TicketDraft): Promise<Ticket> {
  const { externalId, conversation, requester, subject, queue, priority, tags, locale, followUpOf, content } = draft;
  const files = await uploadAll(http, content.attachments);
  const json = { externalId, conversation, requester, subject, queue, priority, tags, locale, followUpOf, html: toHtml(content.text), files };
  return toTicket((await call(http, { operation: 'createTicket', method: 'POST', path: '/tickets', json }, ticketAnswer)).ticket, addresses);
}

async function addComment(http: HttpClient, ticket: TicketId, draft: CommentDraft): Promise<CommentId> {
  const { externalId, visibility, from, content, isNote } = draft;
  const files = await uploadAll(http, content.attachments);
  const json = { externalId, visibility, from, isNote, html: toHtml(content.text), files };
  const { comment } = await call(http, { operation: 'addComment', method: 'POST', path: `${pathOf(ticket)}/comments`, json }, commentAnswer);
  return mintId<CommentId>(comment.id);
}

async function commentsAfter(http: HttpClient, addresses: Addresses, ticket: TicketId, cursor: CommentId | undefined): Promise<readonly Comment[]> {
  const comments: Comment[] = [];
  let after: string | undefined = cursor;
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const query = { after, limit: COMMENTS_PER_PAGE };
    const answer = await call(http, { operation: 'commentsAfter', method: 'GET', path: `${pathOf(ticket)}/comments`, query }, commentsAnswer);
    comments.push(...answer.comments.map((comment) => toComment(comment, addresses)));
    if (!answer.more) return comments;
    after = answer.comments.at(-1)?.id;
  }
  throw new BridgeError({ code: 'invalid', operation: 'commentsAfter', message: `ticket ${ticket} has too many comments` });
}

async function changedSince(http: HttpClient, cursor: SweepCursor | undefined): Promise<SweepPage> {
  const { tickets, seq, more } = await call(http, { operation: 'changedSince', method: 'GET', path: '/changes', query: { after: cursor } }, changesAnswer);
  return { doorbells: tickets.map(({ id }) => ({ ticket: mintId<TicketId>(id) })), cursor: mintId<SweepCursor>(String(seq)), more };
}

async function diagnose(http: HttpClient, needs: HelpdeskNeeds): Promise<readonly Diagnosis[]> {
  try {
    const { queues } = await call(http, { operation: 'diagnose', method: 'GET', path: '/queues' }, queuesAnswer);
    const reached: Diagnosis = { subject: 'desk and its token', ok: true, finding: 'the desk answers and takes the token' };
    return [reached, ...needs.queues.map((queue) => diagnoseQueue(queue, queues))];
  } catch (thrown) {
    const error = toBridgeError(thrown, 'diagnose');
    const advice = error.code === 'unauthorized'
      ? 'set HELPDESK_TOKEN to the API token that the desk was started with'
      : 'check HELPDESK_URL, and that the desk is running';
    return [{ subject: 'desk and its token', ok: false, finding: error.code === 'unauthorized' ? 'the desk refuses the token' : error.message, advice }];
  }
}

function diagnoseQueue(queue: string, known: readonly string[]): Diagnosis {
  const subject = `queue ${queue}`;
  if (known.includes(queue)) return { subject, ok: true, finding: 'exists' };
  return { subject, ok: false, finding: `does not exist; the desk has: ${known.join(', ')}`, advice: 'correct the name in mappings/queues.yaml, or start the desk with this queue' };
}

/** Throws `not_found` for what the desk never gave: it must not reach another address. */
function pathOf(ticket: TicketId): string {
  if (!/^\d{1,12}$/.test(ticket)) throw new BridgeError({ code: 'not_found', operation: 'getTicket', message: 'this is no id of a ticket of the desk' });
  return `/tickets/${ticket}`;
}

/** People copy the address of the page; the API lies beside it. */
function withoutPage(url: string): string {
  return url.replace(/\/+$/, '').replace(/\/desk$/, '');
}
