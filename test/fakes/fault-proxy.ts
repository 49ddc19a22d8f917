/** Stands between the bridge and a real server, and misbehaves as told. */
import http from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * `pass`; `refuse`: connections are reset at once; `lose_reply`: the server does the work, the caller gets a closed connection;
 * `tear_reply`: the server does the work, the caller gets the first half of the answer as if it were whole; `hang`: the request is
 * swallowed, and nothing comes until the caller gives up; `status`: an answer of that status, and the server hears nothing;
 * `delayMs`: the server does the work at once and is answered for that much later.
 */
export type Mode = 'pass' | 'refuse' | 'lose_reply' | 'tear_reply' | 'hang' | Answer | { readonly delayMs: number };

export interface Answer {
  readonly status: number;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface ProxiedRequest {
  readonly method: string;
  readonly path: string;
  readonly body: string;
}

export interface FaultProxy {
  readonly url: string;
  /** How a request fares; asked once for each. */
  decide: (request: ProxiedRequest) => Mode;
  readonly counts: { passed: number; refused: number; repliesLost: number; answered: number; hung: number };
  close(): Promise<void>;
}

export async function startFaultProxy(targetUrl: string): Promise<FaultProxy> {
  const target = new URL(targetUrl);
  const agent = new http.Agent({ keepAlive: true, maxSockets: 128 });
  const counts = { passed: 0, refused: 0, repliesLost: 0, answered: 0, hung: 0 };
  const proxy: { decide: FaultProxy['decide'] } = { decide: () => 'pass' };

  function forward(request: http.IncomingMessage, body: Buffer, mode: Mode, response: http.ServerResponse): void {
    const headers = { ...request.headers, host: target.host };
    const onward = http.request({ agent, host: target.hostname, port: target.port, method: request.method, path: request.url, headers }, (answer) => {
      if (mode === 'lose_reply' || mode === 'tear_reply') {
        counts.repliesLost += 1;
        spoil(answer, mode, response);
        return;
      }
      counts.passed += 1;
      const pass = (): void => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      };
      if (typeof mode === 'object' && 'delayMs' in mode) setTimeout(pass, mode.delayMs);
      else pass();
    });
    onward.on('error', () => request.socket.destroy());
    onward.end(body);
  }

  const server = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('error', () => undefined);
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks);
      const mode = proxy.decide({ method: request.method ?? 'GET', path: request.url ?? '/', body: body.toString('utf8') });
      if (mode === 'refuse') {
        counts.refused += 1;
        request.socket.destroy();
      } else if (mode === 'hang') {
        counts.hung += 1;
      } else if (typeof mode === 'object' && 'status' in mode) {
        counts.answered += 1;
        response.writeHead(mode.status, { 'content-type': 'text/html', ...mode.headers }).end(mode.body ?? '<h1>Error</h1>');
      } else {
        forward(request, body, mode, response);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${target.pathname === '/' ? '' : target.pathname}`,
    get decide() { return proxy.decide; },
    set decide(next) { proxy.decide = next; },
    counts,
    close: () => new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
      agent.destroy();
    }),
  };
}

/** The work is done; the caller does not learn what came of it. */
function spoil(answer: http.IncomingMessage, mode: 'lose_reply' | 'tear_reply', response: http.ServerResponse): void {
  const chunks: Buffer[] = [];
  answer.on('data', (chunk: Buffer) => chunks.push(chunk));
  answer.on('end', () => {
    if (mode === 'lose_reply') {
      response.socket?.destroy();
      return;
    }
    const whole = Buffer.concat(chunks);
    const half = whole.subarray(0, Math.floor(whole.length / 2));
    response.writeHead(answer.statusCode ?? 502, { 'content-type': answer.headers['content-type'] ?? 'application/json', 'content-length': half.length }).end(half);
  });
}
