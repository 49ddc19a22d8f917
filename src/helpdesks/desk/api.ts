/** What belongs here: the desk's HTTP API as the connector sees it: addresses, and schemas that hold only what is read. */
import { Transform, type Readable } from 'node:stream';
import { z, type ZodType } from 'zod';
import { BridgeError } from '../../core/errors.js';
import type { Attachment } from '../../core/types.js';
import type { HttpClient, HttpRequest } from '../../http/client.js';

/** One upload may take longer than other requests: `attachmentBytesMax` at 600 KB/s. */
const UPLOAD_TIMEOUT_MS = 110_000;

/** An id becomes part of a path. */
export const apiFile = z.object({
  id: z.string().regex(/^[\w-]{1,100}$/), name: z.string(), mediaType: z.string(), sizeBytes: z.number(), kind: z.string().optional(), durationSeconds: z.number().optional(),
});

const apiPerson = z.object({ id: z.string(), name: z.string() });

export const apiTicket = z.object({
  id: z.string(), number: z.string(), subject: z.string(), status: z.enum(['new', 'open', 'pending', 'solved', 'closed']), queue: z.string(),
  assignee: apiPerson.optional(), externalId: z.string().optional(), conversation: z.string().optional(), requester: z.object({ id: z.string(), personId: z.string().optional() }).optional(),
  commentsSeq: z.number().optional(),
});

const apiListedTicket = apiTicket.extend({ mergedInto: z.string().optional(), overSinceMs: z.number().optional() });

export const apiComment = z.object({
  id: z.string(), ticket: z.string(),
  // Whatever is not clearly public is internal.
  visibility: z.enum(['public', 'internal']).catch('internal'),
  author: apiPerson.extend({ kind: z.enum(['agent', 'requester', 'bridge', 'system']) }),
  createdAtMs: z.number(), html: z.string(), externalId: z.string().optional(), files: z.array(apiFile),
  inReplyTo: z.object({ id: z.string(), externalId: z.string().optional() }).optional(),
  deleted: z.boolean().optional(),
  /** Only on what customers wrote; without an emoji it was taken back. */
  reaction: z.object({ emoji: z.string().optional() }).optional(),
});

export const ticketAnswer = z.object({ ticket: apiTicket });
export const listedTicketsAnswer = z.object({ tickets: z.array(apiListedTicket), more: z.boolean() });
export const foundTicketAnswer = z.object({ ticket: apiTicket.nullable() });
export const commentAnswer = z.object({ comment: z.object({ id: z.string() }) });
/** Without a comment when the ticket itself is not there. */
export const foundCommentAnswer = z.object({ comment: z.object({ id: z.string() }).nullish() });
export const commentsAnswer = z.object({ comments: z.array(apiComment), more: z.boolean() });
export const changedCommentsAnswer = z.object({ comments: z.array(apiComment), seq: z.number() });
export const requesterAnswer = z.object({ id: z.string() });
export const changesAnswer = z.object({ tickets: z.array(z.object({ id: z.string() })), seq: z.number(), more: z.boolean() });
export const queuesAnswer = z.object({ queues: z.array(z.string()) });
export const articlesAnswer = z.object({ articles: z.array(z.object({ title: z.string(), html: z.string() })) });
const fileAnswer = z.object({ file: z.object({ id: z.string() }) });

export type ApiTicket = z.infer<typeof apiTicket>;
export type ApiListedTicket = z.infer<typeof apiListedTicket>;
export type ApiComment = z.infer<typeof apiComment>;
export type ApiFile = z.infer<typeof apiFile>;

/** Throws what the client throws, and `unavailable` (effect `unknown` for writes) when the answer is not the desk's. */
export async function call<T>(http: HttpClient, request: HttpRequest, schema: ZodType<T>): Promise<T> {
  const { body, status } = await http.request(request);
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  throw new BridgeError({
    code: 'unavailable', operation: request.operation, status, effect: request.method === 'GET' ? 'none' : 'unknown',
    message: `${request.operation}: the answer is not that of a desk; check the configured URL`,
  });
}

/** Uploads what can be opened, one after the other, and gives the ids to refer to. Nothing is held whole in memory. */
export async function uploadAll(http: HttpClient, attachments: readonly Attachment[]): Promise<readonly string[]> {
  const ids: string[] = [];
  for (const attachment of attachments) {
    if (attachment.open === undefined) continue;
    ids.push(await upload(http, attachment, await attachment.open()));
  }
  return ids;
}

async function upload(http: HttpClient, attachment: Attachment, source: Readable): Promise<string> {
  const { kind, name, mediaType, durationSeconds } = attachment;
  const request: HttpRequest = {
    operation: 'upload', method: 'POST', path: '/files', query: { kind, name, mediaType, durationSeconds }, body: checkSize(source, attachment.sizeBytes, 'upload'),
    headers: { 'content-type': 'application/octet-stream' }, timeoutMs: UPLOAD_TIMEOUT_MS,
  };
  return (await call(http, request, fileAnswer)).file.id;
}

/** Fails instead of ending with other than `sizeBytes`: half a file, or a gateway's page in its place, must not look like a file. */
export function checkSize(source: Readable, sizeBytes: number | undefined, operation: string): Readable {
  let bytes = 0;
  const checked = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      done(null, chunk);
    },
    flush(done) {
      const whole = sizeBytes === undefined || bytes === sizeBytes;
      done(whole ? null : new BridgeError({ code: 'unavailable', operation, message: `a file ended after ${bytes} of ${sizeBytes} bytes` }));
    },
  });
  source.on('error', (error) => checked.destroy(error));
  checked.on('close', () => source.destroy());
  return source.pipe(checked);
}
