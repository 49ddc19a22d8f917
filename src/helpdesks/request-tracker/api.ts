/** The calls of REST 2, each with the shape of its answer. Schemas hold only what is read. */
import type FormData from 'form-data';
import { z } from 'zod';
import { BridgeError } from '../../core/errors.js';
import type { HttpAnswer, HttpClient, HttpRequest, HttpStreamAnswer } from '../../http/client.js';
import type { Gate } from '../../http/gate.js';

/** Ids are numbers in one answer and strings in the next. */
const anyId = z.union([z.string(), z.number()]).transform(String);
const reference = z.object({ id: anyId });
const person = reference.extend({ RealName: z.string().nullish() });
/** Absent and "0" at will. */
const size = z.union([z.string(), z.number()]).nullish().transform((value) => (value === null || value === undefined ? undefined : Number(value)));

const ticketSchema = z.object({
  id: anyId,
  Subject: z.string().nullish(),
  Status: z.string(),
  Queue: reference,
  Owner: reference.nullish(),
  Requestor: z.array(reference).nullish().catch(undefined),
  Due: z.string().nullish(),
  Resolved: z.string().nullish(),
  /** Another ticket's, when this one was merged into it. Only listings show such a ticket. */
  EffectiveId: z.union([anyId, reference.transform(({ id }) => id)]).nullish(),
  CustomFields: z.array(z.object({ name: z.string(), values: z.array(z.unknown()) })).nullish(),
});
export type RtTicket = z.infer<typeof ticketSchema>;

const transactionSchema = z.object({
  id: anyId,
  Type: z.string().default(''),
  Created: z.string().default(''),
  ObjectId: anyId.optional(),
  Creator: person.optional(),
});
export type RtTransaction = z.infer<typeof transactionSchema>;

const attachmentSchema = z.object({
  /** Becomes part of a path. */
  id: anyId.refine((id) => /^\d{1,18}$/.test(id)),
  TransactionId: anyId,
  ContentType: z.string().nullish(),
  Filename: z.string().nullish(),
  Subject: z.string().nullish(),
  ContentLength: size,
  Headers: z.string().nullish(),
  Content: z.string().nullish(),
});
export type RtAttachment = z.infer<typeof attachmentSchema>;

/** A requester, as far as the bridge writes about them. */
const contactSchema = person.extend({ Lang: z.string().nullish(), MobilePhone: z.string().nullish(), FreeformContactInfo: z.string().nullish() });
export type RtContact = z.infer<typeof contactSchema>;

const userSchema = z.object({
  Name: z.string().optional(), RealName: z.string().nullish(), EmailAddress: z.string().nullish(),
  Privileged: z.union([z.number(), z.string(), z.boolean()]).nullish().transform((value) => Boolean(Number(value ?? 0))),
});
export type RtUser = z.infer<typeof userSchema>;

const queueSchema = z.object({
  id: anyId, Name: z.string(),
  TicketCustomFields: z.array(z.object({ name: z.string() })).nullish(),
  _hyperlinks: z.array(z.object({ ref: z.string(), type: z.string().nullish() })).nullish(),
});
export type RtQueue = z.infer<typeof queueSchema>;

const articleSchema = z.object({
  id: anyId, Name: z.string().nullish(), Summary: z.string().nullish(), Class: z.object({ Name: z.string().nullish() }).nullish(),
  CustomFields: z.array(z.object({ name: z.string(), values: z.array(z.unknown()) })).nullish(),
});
export type RtArticle = z.infer<typeof articleSchema>;

export const PAGE_ROWS = 100; // REST 2 gives no more, whatever is asked for

/** Whole tickets with their fields take RT some 20 ms each, and much longer when it is busy: a full page would outlast the deadline of a read. */
export const LISTED_ROWS = 25;

/** One limit of a JSON search. Limits of one field are joined with OR unless `entry_aggregator` says otherwise. */
export interface Limit {
  readonly field: string;
  readonly value: string;
  readonly operator?: '=' | 'LIKE';
}

export interface Message {
  readonly Content: string;
  readonly ContentType: 'text/html';
  readonly Subject?: string;
  readonly Status?: string;
}

export type Api = ReturnType<typeof createApi>;

export interface Deadlines {
  readonly readTimeoutMs: number;
  readonly writeTimeoutMs: number;
}

/** `readTimeoutMs` holds for everything but `write` and `openAttachment`. Both include the wait at the gate. */
export function createApi(client: HttpClient, gate: Gate, { readTimeoutMs, writeTimeoutMs }: Deadlines) {
  const ask = (request: HttpRequest): Promise<HttpAnswer> =>
    gate.enter(request.operation, readTimeoutMs, (timeoutMs) => client.request({ ...request, timeoutMs })).catch((error: unknown) => { throw unwritten(error); });
  async function rows<T extends z.ZodType>(operation: string, item: T, path: string, query: Readonly<Record<string, string | number>>, limits?: readonly Limit[]): Promise<z.infer<T>[]> {
    const answer = await ask({ operation, path, query: { per_page: PAGE_ROWS, ...query }, ...(limits === undefined ? { method: 'GET' } : { method: 'POST', json: limits }) });
    return read(z.object({ items: z.array(item) }), answer, operation).items;
  }
  async function one<T extends z.ZodType>(operation: string, schema: T, path: string): Promise<z.infer<T>> {
    return read(schema, await ask({ operation, method: 'GET', path }), operation);
  }
  return {
    ticket: (operation: string, id: string): Promise<RtTicket> => one(operation, ticketSchema, `/ticket/${id}`),
    user: (operation: string, nameOrId: string): Promise<RtUser> => one(operation, userSchema, `/user/${encodeURIComponent(nameOrId)}`),
    queue: (operation: string, nameOrId: string): Promise<RtQueue> => one(operation, queueSchema, `/queue/${encodeURIComponent(nameOrId)}`),
    queueNames: async (operation: string): Promise<readonly string[]> =>
      (await rows(operation, z.object({ Name: z.string() }), '/queues/all', { fields: 'Name' })).map((queue) => queue.Name),
    ticketsWhere: (operation: string, query: string): Promise<{ id: string }[]> => rows(operation, reference, '/tickets', { query, orderby: 'id', order: 'ASC', per_page: 2 }),
    /** A page of whole tickets, by their numbers. Nothing is taken out of it later: who may see which ticket is part of the search. */
    ticketList: (operation: string, query: string): Promise<RtTicket[]> =>
      rows(operation, ticketSchema, '/tickets', { query, per_page: LISTED_ROWS, orderby: 'id', order: 'ASC', fields: 'EffectiveId,Subject,Status,Queue,Owner,Due,Resolved,CustomFields' }),
    transactionsWhere: (operation: string, query: string, page: number, order: 'ASC' | 'DESC' = 'ASC'): Promise<RtTransaction[]> =>
      rows(operation, transactionSchema, '/transactions', { query, page, orderby: 'id', order, fields: 'Type,Creator,Created,ObjectId' }),
    /** Newest first; of a merged ticket too. Empty for a ticket that is not there or may not be seen. */
    history: (operation: string, ticket: string, page: number, pageRows: number): Promise<RtTransaction[]> =>
      rows(operation, transactionSchema, `/ticket/${ticket}/history`, { page, per_page: pageRows, orderby: 'id', order: 'DESC', fields: 'Type,Creator,Created,ObjectId', 'fields[Creator]': 'RealName' }),
    attachmentsOf: (operation: string, transactions: readonly string[], page: number): Promise<RtAttachment[]> =>
      rows(operation, attachmentSchema, '/attachments', { page, orderby: 'id', fields: 'TransactionId,ContentType,Filename,Subject,ContentLength,Headers' }, equalTo('TransactionId', transactions)),
    /** All of a ticket's, of those merged into it too, without their text. */
    ticketAttachments: (operation: string, ticket: string, page: number, order: 'ASC' | 'DESC'): Promise<RtAttachment[]> =>
      rows(operation, attachmentSchema, `/ticket/${ticket}/attachments`, { page, orderby: 'id', order, fields: 'TransactionId,Subject,Headers' }),
    /** With their text, which comes decoded here (and would be useless for anything that is not text). */
    attachmentTexts: (operation: string, attachments: readonly string[]): Promise<RtAttachment[]> =>
      rows(operation, attachmentSchema, '/attachments', { fields: 'TransactionId,Content' }, equalTo('id', attachments)),
    openAttachment: (operation: string, id: string): Promise<HttpStreamAnswer> =>
      gate.enter(operation, writeTimeoutMs, (timeoutMs) => client.open({ operation, method: 'GET', path: `/attachment/${id}`, timeoutMs })),
    articles: (operation: string, limits: readonly Limit[]): Promise<RtArticle[]> =>
      rows(operation, articleSchema, '/articles', { fields: 'Name,Summary,Class,CustomFields', 'fields[Class]': 'Name', per_page: 50 }, limits),
    usersWithAddress: (operation: string, address: string): Promise<RtContact[]> =>
      rows(operation, contactSchema, '/users', { fields: 'RealName,Lang,MobilePhone,FreeformContactInfo' }, equalTo('EmailAddress', [address])),
    /** The answer, when it is one of `accept` too. */
    write: (operation: string, method: 'POST' | 'PUT', path: string, body: { readonly json: unknown } | { readonly form: FormData }, accept: readonly number[] = []): Promise<HttpAnswer> =>
      gate.enter(operation, writeTimeoutMs, (timeoutMs) => client.request({ operation, method, path, accept, timeoutMs, ...body })),
  };
}

/** To read changes nothing, however it ends: nobody need look or wait before trying again. */
function unwritten(error: unknown): unknown {
  return error instanceof BridgeError && error.effect === 'unknown' ? withEffect(error, 'none') : error;
}

/** The same error with another effect. */
export function withEffect(error: BridgeError, effect: 'none' | 'unknown'): BridgeError {
  const { code, operation, message, retryAfterMs, status } = error;
  return new BridgeError({
    code, operation, message, effect, cause: error, ...(retryAfterMs === undefined ? {} : { retryAfterMs }), ...(status === undefined ? {} : { status }),
  });
}

function equalTo(field: string, values: readonly string[]): readonly Limit[] {
  return values.map((value) => ({ field, value }));
}

const createdSchema = z.object({ id: anyId });

/** The id of what was just created. */
export function readCreated(answer: HttpAnswer, operation: string): string {
  return read(createdSchema, answer, operation).id;
}

/** The transaction that an answer to a comment names, in its address only. */
export function readTransaction(answer: HttpAnswer, operation: string): string {
  const id = /\/transaction\/(\d+)$/.exec(answer.headers['location'] ?? '')?.[1];
  if (id === undefined) throw unexpected(operation);
  return id;
}

function read<T extends z.ZodType>(schema: T, answer: HttpAnswer, operation: string): z.infer<T> {
  const parsed = schema.safeParse(answer.body);
  if (!parsed.success) throw unexpected(operation);
  return parsed.data;
}

function unexpected(operation: string): BridgeError {
  return new BridgeError({
    code: 'unavailable', operation, effect: 'unknown',
    message: `${operation}: the answer is not what Request Tracker 5 gives; does the URL lead to it?`,
  });
}
