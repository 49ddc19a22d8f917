/** What belongs here: bytes on the wire. One HTTP client for every helpdesk: it paces, bounds time and size, and turns statuses into errors. */
import type { Readable } from 'node:stream';
import Bottleneck from 'bottleneck';
import type FormData from 'form-data';
import { BridgeError, toBridgeError, type BridgeErrorCode } from '../core/errors.js';
import type { Emit } from '../core/ports.js';
import { refusal } from './fault.js';
import { guardStream } from './guarded-stream.js';
import { createTransport, follow, type ResponseType, type WireResponse } from './transport.js';

export interface HttpRequest {
  /** The caller's word for what is done: `addComment`. Goes to metrics and errors. */
  readonly operation: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Below `baseUrl`, starts with a slash, already percent-coded. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  /** At most one of `json`, `form` and `body`. */
  readonly json?: unknown;
  readonly form?: FormData;
  readonly body?: Readable | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
  /** Statuses from 400 that the caller wants to see instead of an error. */
  readonly accept?: readonly number[];
  readonly timeoutMs?: number;
  /** Give the body as text instead of parsing JSON. */
  readonly text?: boolean;
}

export interface HttpAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Parsed JSON; undefined when empty (or not JSON under an accepted error status); a string when `text` was asked for. */
  readonly body: unknown;
}

export interface HttpStreamAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Fails with `unavailable` when the other side goes silent or closes early. Read it to the end, or destroy it. */
  readonly stream: Readable;
  readonly sizeBytes?: number;
}

/**
 * Never retries. Every method throws BridgeError only: `unavailable` with effect `none` when no connection came about, with effect
 * `unknown` after a timeout, a reset, a 5xx or an unreadable answer; 401 `unauthorized`, 403 `forbidden`, 404 and 410 `not_found`,
 * 409 and 412 `conflict`, 429 `rate_limited`, other 4xx `invalid`. An error of the request's own source stream comes through as it is.
 */
export interface HttpClient {
  request(request: HttpRequest): Promise<HttpAnswer>;
  /** The body as a stream, for files. */
  open(request: HttpRequest): Promise<HttpStreamAnswer>;
  /** Closes kept connections. */
  close(): void;
}

export interface HttpClientOptions {
  /** Without a trailing slash. */
  readonly baseUrl: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The deadline of one request, from the first byte out to the last byte in; for `open` to the headers, then between bytes. */
  readonly timeoutMs: number;
  readonly emit: Emit;
  readonly nowMs: () => number;
  /** Kept and parallel connections; more requests wait for one. Default 64. */
  readonly connectionsMax?: number;
  /** Spaces requests out evenly; absent = no pacing. */
  readonly requestsPerMinute?: number;
  /** Bytes of one answer that is read whole. Default 32 MiB. */
  readonly answerBytesMax?: number;
  /** Never to appear in an error. */
  readonly secrets?: readonly string[];
}

const CONNECTIONS_MAX = 64;
const ANSWER_BYTES_MAX = 32 * 1024 * 1024;

export function createHttpClient(options: HttpClientOptions): HttpClient {
  const transport = createTransport({
    connectionsMax: options.connectionsMax ?? CONNECTIONS_MAX, answerBytesMax: options.answerBytesMax ?? ANSWER_BYTES_MAX,
  });
  const secrets = (options.secrets ?? []).filter((secret) => secret !== '');
  const limiter = options.requestsPerMinute === undefined
    ? undefined
    : new Bottleneck({ minTime: Math.ceil(60_000 / options.requestsPerMinute), maxConcurrent: options.connectionsMax ?? CONNECTIONS_MAX });
  const paced = <T>(work: () => Promise<T>): Promise<T> => (limiter === undefined ? work() : limiter.schedule(work));

  async function measured<T>(request: HttpRequest, responseType: ResponseType, read: (response: WireResponse, timeoutMs: number) => T): Promise<T> {
    const timeoutMs = request.timeoutMs ?? options.timeoutMs;
    const startedMs = options.nowMs();
    let code: BridgeErrorCode | undefined;
    try {
      return read(await follow(transport, {
        operation: request.operation, method: request.method, url: urlOf(options.baseUrl, request), timeoutMs, responseType,
        headers: headersOf(options.headers, request), body: bodyOf(request),
      }), timeoutMs);
    } catch (thrown) {
      const error = toBridgeError(thrown, request.operation);
      code = error.code;
      throw error;
    } finally {
      const durationMs = options.nowMs() - startedMs;
      options.emit({ type: 'request', system: 'helpdesk', operation: request.operation, durationMs, ...(code === undefined ? {} : { code }) });
    }
  }

  return {
    request: (request) => paced(() => measured(request, 'text', (response) => toAnswer(response, request, options.nowMs(), secrets))),
    open: (request) => paced(() => measured(request, 'stream', (response, timeoutMs) => toStreamAnswer(response, request, timeoutMs, options.nowMs()))),
    close: () => { transport.close(); },
  };
}

function urlOf(baseUrl: string, request: HttpRequest): string {
  const url = baseUrl + request.path;
  if (request.query === undefined) return url;
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(request.query)) {
    if (value !== undefined) query.set(name, String(value));
  }
  const text = query.toString();
  return text === '' ? url : `${url}${url.includes('?') ? '&' : '?'}${text}`;
}

function headersOf(fixed: Readonly<Record<string, string>>, request: HttpRequest): Record<string, string> {
  const headers: Record<string, string> = { accept: 'application/json', ...fixed, ...request.headers };
  if (request.json !== undefined) headers['content-type'] = 'application/json; charset=utf-8';
  return headers;
}

function bodyOf(request: HttpRequest): unknown {
  if (request.json !== undefined) return Buffer.from(JSON.stringify(request.json));
  return request.form ?? request.body;
}

/** What a form or a stream carried is not at hand any more: then every word may be of it. */
function wordsOf(request: HttpRequest, secrets: readonly string[]): (word: string) => boolean {
  if (request.form !== undefined || request.body !== undefined) return () => true;
  const sent = `${request.path} ${JSON.stringify(request.query ?? {})} ${JSON.stringify(request.json ?? {})}`.toLowerCase();
  return (word) => sent.includes(word.toLowerCase()) || secrets.some((secret) => word.includes(secret) || secret.includes(word));
}

function toAnswer(response: WireResponse, request: HttpRequest, nowMs: number, secrets: readonly string[]): HttpAnswer {
  const { status, headers, text } = response;
  const failed = status >= 400;
  if (failed && request.accept?.includes(status) !== true) throw refusal(status, headers, text, { operation: request.operation, nowMs, isOurs: wordsOf(request, secrets) });
  if (request.text === true) return { status, headers, body: text };
  if (text.trim() === '') return { status, headers, body: undefined };
  try {
    const body: unknown = JSON.parse(text);
    return { status, headers, body };
  } catch {
    if (failed) return { status, headers, body: undefined };
    throw new BridgeError({
      code: 'unavailable', operation: request.operation, status, effect: 'unknown',
      message: `${request.operation}: helpdesk answered ${status} with something that is not JSON; is the URL right, or a proxy in between?`,
    });
  }
}

function toStreamAnswer(response: WireResponse, request: HttpRequest, timeoutMs: number, nowMs: number): HttpStreamAnswer {
  const { status, headers } = response;
  if (status >= 400 && request.accept?.includes(status) !== true) {
    response.discard();
    throw refusal(status, headers, '', { operation: request.operation, nowMs, isOurs: () => true });
  }
  const sizeBytes = headers['content-encoding'] === undefined ? Number.parseInt(headers['content-length'] ?? '', 10) : Number.NaN;
  const stream = guardStream(response.stream, { operation: request.operation, idleTimeoutMs: timeoutMs });
  return { status, headers, stream, ...(Number.isSafeInteger(sizeBytes) ? { sizeBytes } : {}) };
}
