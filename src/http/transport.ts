/** One exchange over axios: kept connections, a deadline that really aborts, redirects on the same host only. */
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { Readable } from 'node:stream';
import axios, { AxiosHeaders, type AxiosResponse } from 'axios';
import { BridgeError } from '../core/errors.js';
import { fault } from './fault.js';

export type ResponseType = 'stream' | 'text';

export interface WireRequest {
  readonly operation: string;
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** A Buffer, a stream, a form, or undefined. */
  readonly body: unknown;
  /** To the last byte for `text`, to the headers for `stream`. */
  readonly timeoutMs: number;
  readonly responseType: ResponseType;
}

export interface WireResponse {
  readonly status: number;
  /** Names in lower case; headers that came more than once are left out. */
  readonly headers: Readonly<Record<string, string>>;
  /** Empty for `stream`. */
  readonly text: string;
  /** Empty for `text`. */
  readonly stream: Readable;
  /** Gives the connection of a stream back unread. */
  discard(): void;
}

export interface Transport {
  /** Gives every status back. Throws `unavailable`, or the error of the request's own source stream. */
  send(request: WireRequest): Promise<WireResponse>;
  close(): void;
}

const REDIRECTS_MAX = 3;
/** The one that axios sets on every request: with another of our own each request would set the socket's option twice. */
const PROBE_MS = 60_000;
const NOTHING = Readable.from([]);

export function createTransport({ connectionsMax, answerBytesMax }: { readonly connectionsMax: number; readonly answerBytesMax: number }): Transport {
  const agentOptions = { keepAlive: true, keepAliveMsecs: PROBE_MS, maxSockets: connectionsMax };
  const httpAgent = new HttpAgent(agentOptions);
  const httpsAgent = new HttpsAgent(agentOptions);
  // The adapter itself: merging configurations and running interceptors that nobody sets costs as much as the request.
  const exchange = axios.getAdapter('http');
  const fixed = {
    httpAgent, httpsAgent, proxy: false, maxRedirects: 0, validateStatus: () => true,
    maxBodyLength: Infinity, decompress: true,
  } as const;
  return {
    async send({ operation, method, url, headers, body, timeoutMs, responseType }) {
      const deadline = new AbortController();
      const timer = setTimeout(() => { deadline.abort(); }, timeoutMs);
      try {
        return toWireResponse(await exchange({
          ...fixed, url, method, headers: AxiosHeaders.from(headers), data: body, responseType, signal: deadline.signal,
          maxContentLength: responseType === 'stream' ? -1 : answerBytesMax,
        }));
      } catch (thrown) {
        abandon(body);
        throw fault(thrown, { operation, timedOut: deadline.signal.aborted, timeoutMs, answerBytesMax });
      } finally {
        clearTimeout(timer);
      }
    },
    close() {
      httpAgent.destroy();
      httpsAgent.destroy();
    },
  };
}

/** Sends, and follows redirects of a GET on the same host. Any other redirect throws `unavailable`: the configured URL is wrong. */
export async function follow(transport: Transport, request: WireRequest): Promise<WireResponse> {
  let url = request.url;
  for (let hop = 0; ; hop += 1) {
    const response = await transport.send({ ...request, url });
    if (response.status < 300 || response.status >= 400) return response;
    response.discard();
    url = redirectTarget(response, url, request, hop);
  }
}

function redirectTarget(response: WireResponse, url: string, { operation, method }: WireRequest, hop: number): string {
  const location = response.headers.location;
  const target = location === undefined || !URL.canParse(location, url) ? undefined : new URL(location, url);
  const refused = target === undefined ? 'without a usable target'
    : method !== 'GET' ? 'which is not followed for a write'
      : target.origin !== new URL(url).origin ? 'to another host, which is not followed'
        : hop >= REDIRECTS_MAX ? 'too many times' : undefined;
  if (target !== undefined && refused === undefined) return target.href;
  throw new BridgeError({
    code: 'unavailable', operation, status: response.status, effect: method === 'GET' ? 'none' : 'unknown',
    message: `${operation}: helpdesk answered ${response.status}, a redirect ${refused ?? ''}; check the configured URL`,
  });
}

/** A source stream that nobody will read any more would keep its own connection open. */
function abandon(body: unknown): void {
  if (typeof body === 'object' && body !== null && 'destroy' in body && typeof body.destroy === 'function') body.destroy();
}

function toWireResponse(response: AxiosResponse<unknown>): WireResponse {
  const body = response.data;
  const stream = body instanceof Readable ? body : undefined;
  return {
    status: response.status,
    headers: plainHeaders(response.headers),
    text: typeof body === 'string' ? body : '',
    stream: stream ?? NOTHING,
    discard() {
      stream?.on('error', () => undefined);
      stream?.destroy();
    },
  };
}

function plainHeaders(headers: object): Record<string, string> {
  const plain: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (typeof value === 'string') plain[name.toLowerCase()] = value;
  }
  return plain;
}
