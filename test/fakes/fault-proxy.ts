/** Stands between the bridge and a real server, and misbehaves as told. */
import http from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * `pass`; `refuse`: connections are reset at once; `lose_reply`: the server does the work, the caller gets a closed connection;
 * `status`: an answer of that status, and the server hears nothing.
 */
export type Mode = 'pass' | 'refuse' | 'lose_reply' | { readonly status: number; readonly body?: string };

export interface FaultProxy {
  readonly url: string;
  /** How a request fares; asked once for each. */
  decide: (request: { readonly method: string; readonly path: string }) => Mode;
  readonly counts: { passed: number; refused: number; repliesLost: number; answered: number };
  close(): Promise<void>;
}

export async function startFaultProxy(targetUrl: string): Promise<FaultProxy> {
  const target = new URL(targetUrl);
  const agent = new http.Agent({ keepAlive: true, maxSockets: 64 });
  const counts = { passed: 0, refused: 0, repliesLost: 0, answered: 0 };
  const proxy: { decide: FaultProxy['decide'] } = { decide: () => 'pass' };

  const server = http.createServer((request, response) => {
    const mode = proxy.decide({ method: request.method ?? 'GET', path: request.url ?? '/' });
    if (mode === 'refuse') {
      counts.refused += 1;
      request.socket.destroy();
      return;
    }
    if (typeof mode === 'object') {
      counts.answered += 1;
      request.resume();
      response.writeHead(mode.status, { 'content-type': 'text/html' }).end(mode.body ?? '<h1>Error</h1>');
      return;
    }
    const forward = http.request({ agent, host: target.hostname, port: target.port, method: request.method, path: request.url,
      headers: { ...request.headers, host: target.host } }, (answer) => {
      if (mode === 'lose_reply') {
        counts.repliesLost += 1;
        answer.resume();
        answer.on('end', () => request.socket.destroy());
        return;
      }
      counts.passed += 1;
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    forward.on('error', () => request.socket.destroy());
    request.pipe(forward);
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
