/** What belongs here: the Request Tracker connector without Request Tracker. This file: a server that answers what the real one answered once. */
import { readFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { requestTracker } from '../../../src/helpdesks/request-tracker/index.js';
import type { HelpdeskConnector } from '../../../src/core/ports.js';
import type { MailTrim } from '../../../src/core/content.js';
import type { BridgeEvent } from '../../../src/core/types.js';

export interface FakeAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** A string goes out as it is. */
  readonly body?: unknown;
}

export interface FakeRequest {
  /** `GET /ticket/1`, below `/REST/2.0`, without the query. */
  readonly route: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** `drop`: hang up without an answer. */
export type FakeHandler = (request: FakeRequest) => FakeAnswer | 'drop';

export interface FakeRt {
  readonly connector: HelpdeskConnector;
  readonly requests: readonly FakeRequest[];
  readonly events: readonly BridgeEvent[];
  /** Answers of later routes win. */
  on(route: string, answer: FakeAnswer | FakeHandler): void;
  connect(change: { readonly path?: string; readonly options?: unknown; readonly token?: string; readonly trim?: () => MailTrim }): HelpdeskConnector;
  close(): Promise<void>;
}

export const TOKEN = '1-39-0123456789abcdef0123456789abcdef';

export function fixture(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`fixtures/${name}.json`, import.meta.url), 'utf8'));
}

/** What searches answer. */
export function items(rows: readonly unknown[]): FakeAnswer {
  return { body: { items: rows, count: rows.length, page: 1, pages: null, total: null, per_page: 100 } };
}

export async function startFakeRt(): Promise<FakeRt> {
  const routes = new Map<string, FakeAnswer | FakeHandler>();
  const requests: FakeRequest[] = [];
  const events: BridgeEvent[] = [];
  const server = createServer((incoming, response) => {
    buffer(incoming).catch(() => Buffer.alloc(0)).then((body) => {
      const url = new URL(incoming.url ?? '/', 'http://rt.test');
      const request = { route: `${incoming.method ?? ''} ${url.pathname.replace('/REST/2.0', '')}`, query: url.searchParams, headers: incoming.headers, body: body.toString('utf8') };
      requests.push(request);
      const found = routes.get(request.route);
      const answer = typeof found === 'function' ? found(request) : found ?? { status: 404, body: { message: 'Not Found' } };
      if (answer === 'drop') { response.destroy(); return; }
      response.writeHead(answer.status ?? 200, { 'content-type': 'application/json; charset=utf-8', ...answer.headers });
      response.end(answer.body === undefined ? '' : typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body, undefined, 3));
    }).catch(() => { response.destroy(); });
  });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const connect: FakeRt['connect'] = ({ path = '', options = {}, token = TOKEN, trim }) => requestTracker.create(
    { url: `http://127.0.0.1:${address.port}${path}`, token, webhookSecret: 'secret', options: requestTracker.optionsSchema.parse(options) },
    { emit: (event) => { events.push(event); }, nowMs: () => performance.now(), ...(trim && { trim }) },
  );
  return {
    connector: connect({}), requests, events, connect,
    on: (route, answer) => { routes.set(route, answer); },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => { server.close(resolve); });
    },
  };
}
