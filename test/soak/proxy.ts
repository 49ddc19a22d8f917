/** What belongs here: a proxy that stands on each of the program's three ways and misbehaves as told, request by request. */
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/**
 * `reset_before`: the connection closes and the server hears nothing. `reset_after`: the server does the work, the answer is lost.
 * `double`: the server gets it twice. `delayMs`: the server gets it so much later, even when the caller has gone by then.
 */
export type Fate = 'pass' | 'reset_before' | 'reset_after' | 'double' | { readonly delayMs: number }
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body: string };

export interface Asked {
  readonly method: string;
  readonly path: string;
}

export interface Proxy {
  readonly url: string;
  decide: (request: Asked) => Fate;
  /** Called when the server is about to get a request. */
  watch: ((request: Asked) => void) | undefined;
  /** Requests by what became of them. */
  readonly counts: Map<string, number>;
  close(): Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: Buffer;
}

const HOP_BY_HOP = ['connection', 'transfer-encoding', 'keep-alive', 'content-length'];

/** `onLostReply` is given every answer that the server gave and the caller never got. */
export async function startProxy(target: string, onLostReply: (request: Asked, body: Buffer) => void = () => undefined): Promise<Proxy> {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 256 });
  const proxy: Omit<Proxy, 'url' | 'close'> = { decide: () => 'pass', watch: undefined, counts: new Map() };

  const serve = async (request: http.IncomingMessage, response: http.ServerResponse): Promise<void> => {
    const asked: Asked = { method: request.method ?? 'GET', path: request.url ?? '/' };
    const fate = proxy.decide(asked);
    const name = typeof fate === 'string' ? fate : 'status' in fate ? String(fate.status) : 'delay';
    proxy.counts.set(name, (proxy.counts.get(name) ?? 0) + 1);
    if (fate === 'reset_before') return void request.socket.destroy();
    const body = await buffer(request);
    if (typeof fate === 'object' && 'status' in fate) return void response.writeHead(fate.status, fate.headers).end(fate.body);
    if (typeof fate === 'object') await new Promise((resolve) => { setTimeout(resolve, fate.delayMs); });
    const gone = new AbortController();
    // What was asked for is done even when nobody waits any more; only a long poll ends with its caller.
    response.on('close', () => { if (asked.path.endsWith('/getUpdates')) gone.abort(); });
    proxy.watch?.(asked);
    const answer = await ask(agent, target, request, body, gone.signal);
    if (fate === 'double') await ask(agent, target, request, body, gone.signal);
    if (fate === 'reset_after') {
      onLostReply(asked, answer.body);
      return void request.socket.destroy();
    }
    if (!response.destroyed) response.writeHead(answer.status, withoutHops(answer.headers, answer.body)).end(answer.body);
  };

  const server = http.createServer((request, response) => {
    serve(request, response).catch(() => { request.socket.destroy(); });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get decide() { return proxy.decide; },
    set decide(next) { proxy.decide = next; },
    get watch() { return proxy.watch; },
    set watch(next) { proxy.watch = next; },
    counts: proxy.counts,
    close: () => new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
      agent.destroy();
    }),
  };
}

function ask(agent: http.Agent, target: string, { method, url, headers }: http.IncomingMessage, body: Buffer, signal: AbortSignal): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { host } = new URL(target);
    const request = http.request(`${target}${url ?? '/'}`, { agent, method, signal, headers: { ...withoutHops(headers, body), host } }, (answer) => {
      buffer(answer).then((bytes) => resolve({ status: answer.statusCode ?? 502, headers: answer.headers, body: bytes }), reject);
    });
    request.on('error', reject);
    request.end(body);
  });
}

function withoutHops(headers: http.IncomingHttpHeaders, body: Buffer): http.OutgoingHttpHeaders {
  const kept = Object.entries(headers).filter(([name]) => !HOP_BY_HOP.includes(name));
  return { ...Object.fromEntries(kept), 'content-length': body.length };
}
