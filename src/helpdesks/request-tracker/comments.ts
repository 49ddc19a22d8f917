/**
 * Comments: transactions of three types, with their parts. A read takes three requests however many comments are new: the
 * history from its end back to the cursor, the list of parts, and the text of those parts that are text. Files come by open().
 */
import { BridgeError } from '../../core/errors.js';
import type { MailTrim } from '../../core/content.js';
import type { Emit } from '../../core/ports.js';
import { joinTexts } from '../../core/rich-text.js';
import { mintId, type Comment, type CommentDraft, type CommentId, type Content, type MessageId, type TicketId, type Visibility } from '../../core/types.js';
import { fromHtml, fromPlain, type HtmlResult } from '../../markup/from-html.js';
import { placePictures } from '../../markup/pictures.js';
import { createAnsweredReader, type AnsweredReader } from './answered.js';
import { PAGE_ROWS, readTransaction, type Api, type RtAttachment, type RtTransaction } from './api.js';
import { toNamedFile } from './attachments.js';
import { keyOf, ticketNumber, transactionNumber } from './ids.js';
import type { RequestTrackerOptions } from './options.js';
import type { People } from './people.js';
import { isSearchable, sqlAnyOf, sqlText } from './sql.js';
import type { Glance } from './ticket-reader.js';
import { written, type Tickets } from './tickets.js';
import { htmlOf, oneLine, ownHtml, prepare } from './writing.js';

const VISIBILITY: Readonly<Record<string, Visibility>> = { Create: 'public', Correspond: 'public', Comment: 'internal' };
const PAGES_MAX = 200;
/** Ids in one search, and bytes of text in one answer. */
const BATCH_ROWS = 50;
const BATCH_BYTES = 4 * 1024 * 1024;
const SUBJECT_TEXT_MAX = 120; // the column holds 255, the id needs up to about 60

export interface Comments {
  after(ticket: TicketId, cursor?: CommentId): Promise<readonly Comment[]>;
  add(ticket: TicketId, draft: CommentDraft): Promise<CommentId>;
  find(ticket: TicketId, externalId: MessageId): Promise<CommentId | undefined>;
}

export interface CommentsContext {
  readonly api: Api;
  readonly people: People;
  readonly tickets: Tickets;
  readonly options: RequestTrackerOptions;
  readonly trim: () => MailTrim;
  readonly emit: Emit;
}

export function createComments(context: CommentsContext): Comments {
  const { api, tickets, options } = context;
  const answered = createAnsweredReader(context);
  return {
    async after(ticket, cursor) {
      const operation = 'commentsAfter';
      const id = ticketNumber(ticket, operation);
      const found = await transactionsAfter(api, id, cursor === undefined ? 0 : transactionNumber(cursor, operation));
      // No history at all: a ticket that is not there, or may not be seen. Only the ticket itself tells.
      if (found.isEmpty) await api.ticket(operation, id);
      if (found.comments.length === 0) return [];
      const parts = await partsOf(api, found.comments.map((transaction) => transaction.id));
      for (const { id: one, Type } of found.comments) for (const root of parts.get(one)?.slice(0, 1) ?? []) answered.remember(mintId<TicketId>(id), root, Type === 'Create');
      const comments: Comment[] = [];
      // One at a time: the first comment of an agent looks the agent up for the others.
      for (const transaction of found.comments) comments.push(await toComment(transaction, parts.get(transaction.id) ?? [], { ...context, answered, ticket: id }));
      return comments;
    },
    async add(ticket, draft) {
      const operation = 'addComment';
      const before = await tickets.glance(ticket, operation);
      const status = statusFor(before, draft, options);
      const fields = {
        Content: htmlOf(draft.content), ContentType: 'text/html',
        ...(draft.externalId === undefined ? {} : { Subject: subjectOf(before, draft.externalId) }),
        ...(status === undefined ? {} : { Status: status }),
      };
      const prepared = await prepare(fields, draft.content, options.attachmentBytesMax, operation);
      const path = `/ticket/${before.id}/${draft.visibility === 'public' ? 'correspond' : 'comment'}`;
      const answer = await api.write(operation, 'POST', path, prepared.body).finally(prepared.release);
      const id = mintId<CommentId>(readTransaction(answer, operation));
      if (draft.from === 'bridge' && draft.visibility === 'public') await keepStatus(before, tickets).catch((error: unknown) => { throw written(error); });
      return id;
    },
    find: (ticket, externalId) => findComment(context, ticket, externalId),
  };
}

/**
 * The status to set with a requester's comment: so that the ticket comes back whether or not the stock scrip is there, and so that a new
 * one stays new. RT takes a reply of any user but the requester for an agent's, and would open it.
 */
function statusFor(ticket: Glance, draft: CommentDraft, options: RequestTrackerOptions): string | undefined {
  const operation = 'addComment';
  if (ticket.phase === 'gone') throw new BridgeError({ code: 'not_found', operation, message: `${operation}: the ticket was deleted` });
  if (draft.from !== 'requester' || draft.visibility !== 'public') return undefined;
  if (ticket.phase === 'closed') throw new BridgeError({ code: 'conflict', operation, message: `${operation}: the ticket is closed for ever` });
  if (ticket.phase === 'new') return ticket.status;
  return ticket.phase === 'solved' || ticket.phase === 'pending' ? options.openStatus : undefined;
}

/** RT's stock scrip opens a solved ticket at any public comment, the bridge's own included. */
async function keepStatus(before: Glance, tickets: Tickets): Promise<void> {
  if (before.phase !== 'solved' && before.phase !== 'closed') return;
  const { status } = await tickets.glance(before.id, 'addComment');
  if (status !== before.status) await tickets.setStatus(before.id, before.status, 'addComment');
}

function subjectOf(ticket: Glance, externalId: MessageId): string {
  return `${oneLine(ticket.subject, SUBJECT_TEXT_MAX)} (${oneLine(externalId, 100)})`.trim();
}

async function findComment({ api, tickets, people }: CommentsContext, ticket: TicketId, externalId: MessageId): Promise<CommentId | undefined> {
  const operation = 'findComment';
  if (!isSearchable(externalId)) return undefined;
  const into = await tickets.glance(ticket, operation).catch((error: unknown) => {
    if (error instanceof BridgeError && error.code === 'not_found') return undefined;
    throw error;
  });
  if (into === undefined) return undefined;
  // Transactions stay with the ticket they were written on when that one is merged away.
  const query = `ObjectType = 'RT::Ticket' AND ${sqlAnyOf('TicketId', [...new Set<string>([ticket, into.id])])}`
    + ` AND ${sqlAnyOf('Type', ['Correspond', 'Comment'])} AND Subject LIKE ${sqlText(`(${externalId})`)}`;
  const candidates: string[] = [];
  for (const { id, Creator } of await api.transactionsWhere(operation, query, 1)) {
    // Agents' comments take over the ticket's subject, and that is the requester's own words.
    if (await people.originOf(Creator?.id ?? '', operation) === 'bridge') candidates.push(id);
  }
  if (candidates.length === 0) return undefined;
  // LIKE knows wildcards and no case; the subject itself decides.
  const parts = await partsOf(api, candidates);
  const found = candidates.find((id) => parts.get(id)?.some((part) => keyOf(part.Subject) === externalId));
  return found === undefined ? undefined : mintId<CommentId>(found);
}

/**
 * Newer than `after`, oldest first. Safe as a cursor: RT locks the ticket's row before it numbers a transaction
 * (RT::Record::_NewTransaction), so that on one ticket numbers appear in order.
 */
async function transactionsAfter(api: Api, ticket: string, after: number): Promise<{ comments: readonly RtTransaction[]; isEmpty: boolean }> {
  const found = new Map<string, RtTransaction>();
  // With a cursor few are new: a small page is read in half the time of a full one.
  const pageRows = after === 0 ? PAGE_ROWS : 20;
  let isEmpty = true;
  // REST 2 gives neither a total nor a next page here, and pages may be short: rows that may not be seen are taken out afterwards.
  for (let page = 1; page <= PAGES_MAX; page += 1) {
    const rows = await api.history('commentsAfter', ticket, page, pageRows);
    if (rows.length === 0) break;
    isEmpty = false;
    // A row written meanwhile shifts the pages by one; the map keeps what comes twice once.
    for (const row of rows) if (row.Type in VISIBILITY && Number(row.id) > after) found.set(row.id, row);
    if (rows.some((row) => Number(row.id) <= after)) break;
  }
  return { comments: [...found.values()].sort((a, b) => Number(a.id) - Number(b.id)), isEmpty };
}

interface Part extends RtAttachment {
  readonly text?: string;
}

/** The parts of each transaction, in order; those that are its text come with it. */
async function partsOf(api: Api, transactions: readonly string[]): Promise<ReadonlyMap<string, readonly Part[]>> {
  const rows: RtAttachment[] = [];
  for (const batch of batches(transactions, () => 1)) {
    for (let page = 1; page <= PAGES_MAX; page += 1) {
      const some = await api.attachmentsOf('commentsAfter', batch, page);
      rows.push(...some);
      if (some.length < PAGE_ROWS) break; // no row is taken out here: whoever sees a transaction sees its parts
    }
  }
  const texts = new Map<string, string>();
  for (const batch of batches(rows.filter(isText), (row) => row.ContentLength ?? 0)) {
    for (const row of await api.attachmentTexts('commentsAfter', batch.map((one) => one.id))) texts.set(row.id, row.Content ?? '');
  }
  const byTransaction = new Map<string, Part[]>();
  for (const row of rows) {
    const text = texts.get(row.id);
    const part: Part = text === undefined ? row : { ...row, text };
    byTransaction.set(row.TransactionId, [...(byTransaction.get(row.TransactionId) ?? []), part]);
  }
  return byTransaction;
}

function batches<T>(items: readonly T[], weigh: (item: T) => number): readonly T[][] {
  const result: T[][] = [];
  let bytes = 0;
  for (const item of items) {
    const last = result.at(-1);
    if (last === undefined || last.length >= BATCH_ROWS || bytes + weigh(item) > BATCH_BYTES) {
      result.push([item]);
      bytes = weigh(item);
    } else {
      last.push(item);
      bytes += weigh(item);
    }
  }
  return result;
}

function isText(part: RtAttachment): boolean {
  return !part.Filename && (part.ContentType === 'text/html' || part.ContentType === 'text/plain') && part.ContentLength !== 0;
}

function isFile(part: RtAttachment): boolean {
  if (part.Filename) return true;
  return part.ContentType?.startsWith('multipart/') !== true && part.ContentType !== 'text/html' && part.ContentType !== 'text/plain' && part.ContentLength !== 0;
}

interface ReadingContext extends CommentsContext {
  readonly answered: AnsweredReader;
  readonly ticket: string;
}

async function toComment(transaction: RtTransaction, parts: readonly Part[], context: ReadingContext): Promise<Comment> {
  const operation = 'commentsAfter';
  const name = transaction.Creator?.id ?? '';
  const origin = await context.people.originOf(name, operation);
  const author = origin === 'agent' ? await context.people.agent(name, operation) : undefined;
  const key = origin === 'bridge' && transaction.Type !== 'Create' ? parts.map((part) => keyOf(part.Subject)).find((found) => found !== undefined) : undefined;
  const visibility = VISIBILITY[transaction.Type] ?? 'internal';
  const inReplyTo = origin === 'agent' && visibility === 'public' ? await answeredBy(parts, context) : undefined;
  return {
    id: mintId<CommentId>(transaction.id), ticket: mintId<TicketId>(transaction.ObjectId ?? context.ticket), visibility, origin, createdAtMs: Date.parse(transaction.Created) || 0,
    content: contentOf(parts, origin === 'bridge' ? 'own' : context.trim(), context.api),
    ...(author === undefined ? {} : { author }),
    ...(key === undefined ? {} : { externalId: mintId<MessageId>(key) }),
    ...(inReplyTo === undefined ? {} : { inReplyTo }),
  };
}

async function answeredBy(parts: readonly Part[], { answered, ticket }: ReadingContext): Promise<Comment['inReplyTo']> {
  const [root] = parts;
  return root && answered.answeredBy(mintId<TicketId>(ticket), root, parts.flatMap(({ text }) => text ?? []));
}

const UNCUT: MailTrim = { trimQuotes: false, trimSignature: false };

/** HTML where there is any: beside it, plain text is the same once more. What the bridge wrote itself is given back uncut. */
function contentOf(parts: readonly Part[], trim: MailTrim | 'own', api: Api): Content {
  const texts = parts.filter((part) => part.text !== undefined);
  const html = texts.filter((part) => part.ContentType === 'text/html');
  const files = parts.filter(isFile).map((part) => toNamedFile(part, api));
  if (html.length === 0) return { text: joinTexts(texts.map(({ text = '' }) => fromPlain(text, trim === 'own' ? UNCUT : trim)), '\n'), attachments: files.map((file) => file.attachment) };
  return placePictures(joinHtml(html.map(({ text = '' }) => (trim === 'own' ? fromHtml(ownHtml(text), UNCUT) : fromHtml(text, trim)))), files);
}

/** Several pieces of HTML one below the other, as mail programs write text around pictures. */
function joinHtml(pieces: readonly HtmlResult[]): HtmlResult {
  return pieces.reduce((above, below) => {
    const text = joinTexts([above.text, below.text], '\n');
    const shift = text.text.length - below.text.text.length;
    return { text, cutImages: [...above.cutImages, ...below.cutImages], images: [...above.images, ...below.images.map((image) => ({ ...image, offset: image.offset + shift }))] };
  });
}
