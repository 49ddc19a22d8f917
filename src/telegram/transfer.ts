/** Files over the wire, both ways, as streams: never whole in memory, bounded in bytes and time. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Agent } from 'node:http';
import { isAbsolute } from 'node:path';
import { Readable, Transform, pipeline } from 'node:stream';
import axios, { type AxiosRequestConfig, type AxiosResponse } from 'axios';
import FormData from 'form-data';
import { z } from 'zod';
import { BridgeError, type BridgeErrorCode } from '../core/errors.js';
import { safeFileName } from '../core/file-name.js';
import { codeOf } from '../http/fault.js';
import { mediaTypeOf } from './file-names.js';
import { lostConnection, refusalSchema, toRefusal } from './refusals.js';

export interface Wire {
  /** Ends in a slash. */
  readonly root: string;
  readonly token: string;
  readonly agent: Agent;
  readonly local: boolean;
  readonly timeoutMs: number;
  readonly transferTimeoutMs: number;
  readonly uploadBytesMax: number;
  readonly downloadBytesMax: number;
}

export interface Upload {
  /** The form field: `photo`, `document`, ... */
  readonly field: string;
  readonly name: string;
  readonly mediaType: string;
  readonly open: () => Promise<Readable>;
}

const ANSWER_BYTES_MAX = 1024 * 1024;

const answerSchema = z.union([z.object({ ok: z.literal(true), result: z.unknown() }), refusalSchema]);

/**
 * Sends files. The form goes out in chunks: a length told beforehand by the source may be wrong, and the server would wait for the rest.
 * Throws a source's failure with reason `file_unavailable` (or its own) and effect `none`: a torn form is never carried out.
 */
export async function sendForm(wire: Wire, method: string, fields: object, files: readonly [Upload, ...Upload[]]): Promise<unknown> {
  let sourceFault: BridgeError | undefined;
  const fail = (fault: BridgeError): BridgeError => (sourceFault ??= fault);
  const opened: Readable[] = [];
  const open = async (file: Upload): Promise<Readable> => {
    const source = await openSource(method, file);
    const meter = meterBytes(wire.uploadBytesMax, () => fail(tooBig(method, wire.uploadBytesMax)));
    pipeline(source, meter, (error) => { if (error !== null && error !== undefined) fail(toSourceFault(method, error)); });
    opened.push(source, meter);
    return meter;
  };
  const [first, ...others] = files;
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) if (value !== undefined) form.append(name, String(value));
  appendFile(form, first, await open(first));
  // A source that waits for its turn with an open connection might be closed by then.
  for (const file of others) appendFile(form, file, later(() => open(file), fail));
  try {
    const response = await request(wire, method, { method: 'POST', url: `bot${wire.token}/${method}`, data: form, headers: form.getHeaders(), timeout: 0, maxContentLength: ANSWER_BYTES_MAX });
    return readAnswer(method, response);
  } catch (error) {
    throw sourceFault ?? error;
  } finally {
    for (const stream of opened) stream.destroy();
  }
}

function appendFile(form: FormData, file: Upload, bytes: Readable): void {
  const filename = safeFileName(file.name, 'file');
  // Both stand in a header line of the form, and both are a helpdesk's word.
  form.append(file.field, bytes, { filename, contentType: mediaTypeOf(file.mediaType, filename) });
}

/** A stream that is opened when it is first read. */
function later(open: () => Promise<Readable>, fail: (fault: BridgeError) => BridgeError): Readable {
  return Readable.from((async function* bytes() {
    try {
      yield* await open();
    } catch (thrown) {
      throw thrown instanceof BridgeError ? fail(thrown) : thrown;
    }
  })(), { objectMode: false });
}

/** Fetches the file at the path that getFile gave; `sizeBytes` as getFile told. */
export async function download(wire: Wire, path: string, sizeBytes: number | undefined): Promise<Readable> {
  const operation = 'download';
  if (sizeBytes !== undefined && sizeBytes > wire.downloadBytesMax) throw tooBig(operation, wire.downloadBytesMax);
  if (isAbsolute(path)) return await readLocal(wire, path) ?? fetchFile(wire, underToken(wire, path));
  return fetchFile(wire, path);
}

async function fetchFile(wire: Wire, path: string): Promise<Readable> {
  const operation = 'download';
  // A path is the server's word: it must not climb out of the file tree, where the same host may answer other things.
  if (path.split('/').includes('..')) throw unreadable(operation, 'an unusable path');
  const url = `file/bot${wire.token}/${path.split('/').map(encodeURIComponent).join('/')}`;
  const response = await request<Readable>(wire, operation, { method: 'GET', url, responseType: 'stream', timeout: wire.timeoutMs });
  if (response.status !== 200) {
    response.data.destroy();
    if (response.status >= 500 || response.status === 429) throw lostConnection(operation, `status ${response.status}`);
    throw unreadable(operation, `status ${response.status}`);
  }
  return bounded(response.data, wire.downloadBytesMax, operation);
}

/** Only for a server that the config calls local: any other could name any file of this machine. */
async function readLocal(wire: Wire, path: string): Promise<Readable | undefined> {
  if (!wire.local) throw unreadable('download', 'a path of its own disk; set telegram.local when that server is yours');
  const found = await stat(path).catch(() => undefined);
  if (found?.isFile() !== true) return undefined;
  if (found.size > wire.downloadBytesMax) throw tooBig('download', wire.downloadBytesMax);
  return bounded(createReadStream(path), wire.downloadBytesMax, 'download');
}

/** A server elsewhere keeps files in a folder named by the token, and may hand them out at the usual address below that. */
function underToken({ token }: Wire, path: string): string {
  const [, below] = path.split(`/${token}/`);
  if (below === undefined) throw unreadable('download', 'a file that is not on this machine');
  return below;
}

/** The stream for the caller: counts bytes, and fails as BridgeError only. */
export function bounded(source: Readable, bytesMax: number, operation: string): Readable {
  const meter = meterBytes(bytesMax, () => tooBig(operation, bytesMax));
  source.on('error', (error) => { meter.destroy(error instanceof BridgeError ? error : lostConnection(operation, codeOf(error))); });
  source.on('close', () => { if (!source.readableEnded) meter.destroy(lostConnection(operation, 'closed early')); });
  meter.on('close', () => { source.destroy(); });
  return source.pipe(meter);
}

function meterBytes(bytesMax: number, onTooBig: () => Error): Transform {
  let bytes = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      if (bytes > bytesMax) done(onTooBig());
      else done(null, chunk);
    },
  });
}

/** Redirects are refused: a request with the token in its path must not go elsewhere, and a streamed body cannot be sent twice. */
async function request<T = unknown>(wire: Wire, operation: string, config: AxiosRequestConfig): Promise<AxiosResponse<T>> {
  const signal = AbortSignal.timeout(wire.transferTimeoutMs);
  try {
    return await axios.request<T>({
      baseURL: wire.root, httpAgent: wire.agent, httpsAgent: wire.agent, proxy: false, maxRedirects: 0, maxBodyLength: Infinity,
      signal, validateStatus: () => true, ...config,
    });
  } catch (thrown) {
    // Nothing of axios survives: its errors hold the URL.
    throw lostConnection(operation, signal.aborted ? `nothing within ${wire.transferTimeoutMs} ms` : codeOf(thrown));
  }
}

function readAnswer(method: string, response: AxiosResponse): unknown {
  const answer = answerSchema.safeParse(response.data);
  if (answer.success) {
    if ('ok' in answer.data) return answer.data.result;
    throw toRefusal(method, answer.data);
  }
  // A page of a proxy in between.
  if (response.status >= 400) throw toRefusal(method, { error_code: response.status, description: '' });
  throw lostConnection(method, 'not an answer of the Bot API');
}

/** The source of a file that is to be sent; throws its failure as `sendForm` does. */
export async function openSource(operation: string, file: Pick<Upload, 'open'>): Promise<Readable> {
  try {
    return await file.open();
  } catch (thrown) {
    throw toSourceFault(operation, thrown);
  }
}

/** These will not get better by waiting; the port calls that `invalid`. */
const HOPELESS: ReadonlySet<BridgeErrorCode> = new Set(['not_found', 'invalid', 'unsupported', 'conflict', 'forbidden', 'internal']);

/** What a source's failure means for the message. */
export function toSourceFault(operation: string, thrown: unknown): BridgeError {
  const cause = thrown instanceof BridgeError ? thrown : undefined;
  const code = cause === undefined ? 'unavailable' : HOPELESS.has(cause.code) ? 'invalid' : cause.code;
  return new BridgeError({
    code, operation, effect: 'none', reason: cause?.reason ?? 'file_unavailable',
    message: `${operation}: the source of the file failed (${cause?.message ?? codeOf(thrown)})`,
    ...(cause?.retryAfterMs === undefined ? {} : { retryAfterMs: cause.retryAfterMs }),
  });
}

function tooBig(operation: string, bytesMax: number): BridgeError {
  return new BridgeError({ code: 'invalid', operation, reason: 'too_big', message: `${operation}: the file is larger than ${bytesMax} bytes` });
}

function unreadable(operation: string, what: string): BridgeError {
  return new BridgeError({ code: 'invalid', operation, reason: 'file_unavailable', message: `${operation}: Telegram answered with ${what}` });
}
