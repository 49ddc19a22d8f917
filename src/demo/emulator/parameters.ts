/** What belongs here: reading the parameters of a call from a query, a form, JSON or multipart, and taming them. */
import busboy from 'busboy';
import type { Request } from 'express';
import { z } from 'zod';
import { badRequest, BODY_TOO_LARGE } from './fault.js';

/** An uploaded file, whole. */
export interface Upload {
  readonly name: string;
  readonly mediaType: string;
  readonly bytes: Buffer;
}

/** One call of a method. */
export interface Call {
  readonly fields: Readonly<Record<string, unknown>>;
  /** By form field name. */
  readonly uploads: ReadonlyMap<string, Upload>;
}

/** Uploads: https://core.telegram.org/bots/api#sending-files. */
export const UPLOAD_BYTES_MAX = 50 * 1024 * 1024;
const BODY_BYTES_MAX = 4 * 1024 * 1024;

/** Reads a request to its end. Throws ApiFault 400 for a torn body, 413 for one that is too large. */
export async function readCall(request: Request): Promise<Call> {
  const type = request.headers['content-type'] ?? '';
  const query: Record<string, unknown> = { ...request.query };
  if (request.method === 'GET') return { fields: query, uploads: new Map() };
  if (type.startsWith('multipart/form-data')) return readMultipart(request, query);
  const body = await readBytes(request);
  if (body.length === 0) return { fields: query, uploads: new Map() };
  if (type.startsWith('application/json')) return { fields: { ...query, ...parseJson(body) }, uploads: new Map() };
  return { fields: { ...query, ...Object.fromEntries(new URLSearchParams(body.toString('utf8'))) }, uploads: new Map() };
}

function parseJson(body: Buffer): Record<string, unknown> {
  try {
    return z.record(z.string(), z.unknown()).parse(JSON.parse(body.toString('utf8')));
  } catch {
    throw badRequest("can't parse JSON object");
  }
}

async function readBytes(request: Request): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    const bytes = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk));
    size += bytes.length;
    if (size > BODY_BYTES_MAX) throw BODY_TOO_LARGE;
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}

function readMultipart(request: Request, query: Record<string, unknown>): Promise<Call> {
  return new Promise((resolve, reject) => {
    const fields: Record<string, unknown> = { ...query };
    const uploads = new Map<string, Upload>();
    const torn = (): void => reject(badRequest("can't parse multipart body"));
    let parser: busboy.Busboy;
    try {
      parser = busboy({ headers: request.headers, defParamCharset: 'utf8', limits: { fileSize: UPLOAD_BYTES_MAX + 1, files: 12, fields: 100, fieldSize: 1_000_000 } });
    } catch {
      torn();
      return;
    }
    parser.on('field', (name, value) => { fields[name] = value; });
    parser.on('file', (name, stream, about) => {
      // busboy leaves it out for a part without a name, whatever its types say.
      const filename: string | undefined = about.filename;
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('limit', () => reject(BODY_TOO_LARGE));
      stream.on('error', torn);
      stream.on('close', () => uploads.set(name, { name: filename ?? '', mediaType: about.mimeType, bytes: Buffer.concat(chunks) }));
    });
    parser.on('close', () => resolve({ fields, uploads }));
    parser.on('error', torn);
    request.on('error', torn);
    request.on('aborted', torn);
    request.pipe(parser);
  });
}

// ---- taming: every parameter may come as itself or as a string ----

export const integer = z.preprocess((value) => (typeof value === 'string' && /^-?\d{1,16}$/.test(value) ? Number(value) : value), z.number().int());
export const flag = z.preprocess((value) => value === true || value === 'true' || value === 'True' || value === '1' || value === 1, z.boolean());

/** An object or list, given as JSON text or (in a JSON body) as itself. */
export function json<T extends z.ZodType>(schema: T): z.ZodPreprocess<T> {
  return z.preprocess((value) => {
    if (typeof value !== 'string') return value;
    try {
      return JSON.parse(value);
    } catch {
      return undefined;
    }
  }, schema);
}

/** Reads the parameters of a method. Throws 400 that names the first bad one. */
export function read<T>(schema: z.ZodType<T>, call: Call): T {
  const result = schema.safeParse(call.fields);
  if (result.success) return result.data;
  const field = String(result.error.issues[0]?.path[0] ?? 'parameters');
  if (field === 'chat_id') throw badRequest('chat_id is empty');
  if (field === 'text') throw badRequest('message text is empty');
  throw badRequest(`can't parse parameter "${field}"`);
}

const entitySchema = z.object({
  type: z.string(), offset: z.number().int(), length: z.number().int(),
  url: z.string().optional(), language: z.string().optional(), custom_emoji_id: z.string().optional(),
  user: z.object({ id: z.number().int(), is_bot: z.boolean().default(false), first_name: z.string().default('') }).optional(),
});
export const entitiesField = json(z.array(entitySchema).max(1000)).optional();

const buttonSchema = z.object({ text: z.string(), callback_data: z.string().optional(), url: z.string().optional() });
/** Inline keyboards are kept; other markups (reply keyboards) are accepted and forgotten. */
export const markupField = json(z.object({ inline_keyboard: z.array(z.array(buttonSchema)).optional() })).optional();
export const replyField = json(z.object({
  message_id: z.number().int(), chat_id: z.number().int().optional(), allow_sending_without_reply: z.boolean().optional(),
})).optional();
