/** Our own HTTP endpoints: one express app with safe defaults, raw bodies where signatures are checked, a stop that waits. */
import { createServer, type Server } from 'node:http';
import express, { type ErrorRequestHandler, type Express, type Request, type Response } from 'express';
import helmet from 'helmet';
import { BridgeError, STATUS_BY_CODE, toBridgeError } from '../core/errors.js';
import type { Emit } from '../core/ports.js';
import type { RawRequest } from '../core/types.js';

export interface HttpServerOptions {
  readonly host: string;
  /** 0 = any free port. */
  readonly port: number;
  readonly emit: Emit;
  /** How long `stop` waits for answers under way. Default 5 seconds. */
  readonly graceMs?: number;
}

export interface HttpServer {
  /** No body parser, no `x-powered-by`; helmet's headers on every answer. Add routes before `start`. */
  readonly app: Express;
  /** Throws `conflict` when the port is taken, `unavailable` when the address cannot be used. */
  start(): Promise<{ port: number; url: string }>;
  /** Takes no new connections, closes idle ones, waits for running answers, then closes what is left. Safe to call twice. */
  stop(): Promise<void>;
}

export interface RawResponse {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly json?: unknown;
}

export type RawHandler = (raw: RawRequest, pathParameters: Readonly<Record<string, string>>) => Promise<RawResponse>;

const GRACE_MS = 5000;
/** Longer than the 60 s for which common proxies keep a connection: the proxy should be the one to close it. */
const KEEP_ALIVE_MS = 65_000;
const REQUEST_TIMEOUT_MS = 120_000;

export function createHttpServer(options: HttpServerOptions): HttpServer {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.use(helmet());
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS, requestTimeout: REQUEST_TIMEOUT_MS }, app);
  let stopping: Promise<void> | undefined;
  return {
    app,
    async start() {
      app.use((_request, response) => { response.status(404).json({ error: 'not_found' }); });
      app.use(errorHandler(options.emit));
      const port = await listen(server, options);
      return { port, url: `http://${options.host.includes(':') ? `[${options.host}]` : options.host}:${port}` };
    },
    stop() {
      stopping ??= close(server, options.graceMs ?? GRACE_MS);
      return stopping;
    },
  };
}

function listen(server: Server, { host, port }: HttpServerOptions): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const taken = error.code === 'EADDRINUSE';
      reject(new BridgeError({
        code: taken ? 'conflict' : 'unavailable', operation: 'listen',
        message: taken ? `port ${port} on ${host} is taken by another program; choose another with PORT` : `cannot listen on ${host}:${port} (${error.code ?? error.name})`,
      }));
    });
    server.listen(port, host, () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}

async function close(server: Server, graceMs: number): Promise<void> {
  if (!server.listening) return;
  const closed = new Promise<void>((resolve) => { server.close(() => { resolve(); }); });
  server.closeIdleConnections();
  const timer = setTimeout(() => { server.closeAllConnections(); }, graceMs);
  // A connection that was busy at first turns idle when its answer is out; nothing else would close it before its keep-alive ends.
  const sweeper = setInterval(() => { server.closeIdleConnections(); }, 50);
  await closed;
  clearTimeout(timer);
  clearInterval(sweeper);
}

/**
 * Adds a POST route that gets the raw bytes. A body over `bodyBytesMax` gets 413, a torn one 400; what `handler` throws gets the
 * status of its code and `{ error: code }`.
 */
export function rawPost(app: Express, path: string, bodyBytesMax: number, handler: RawHandler, emit?: Emit): void {
  const readBody = express.raw({ type: () => true, limit: bodyBytesMax });
  app.post(path, (request: Request, response: Response) => {
    readBody(request, response, (failure?: unknown) => {
      if (failure !== undefined) {
        answerError(response, failure, emit);
        return;
      }
      const body: unknown = request.body;
      handler({ headers: headersOf(request), body: Buffer.isBuffer(body) ? body : Buffer.alloc(0) }, parametersOf(request))
        .then((answer) => { answerWith(response, answer); })
        .catch((thrown: unknown) => { answerError(response, thrown, emit); });
    });
  });
}

function headersOf(request: Request): Record<string, string | undefined> {
  const headers: Record<string, string | undefined> = {};
  for (const [name, value] of Object.entries(request.headers)) headers[name] = Array.isArray(value) ? value.join(', ') : value;
  return headers;
}

function parametersOf(request: Request): Record<string, string> {
  const parameters: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.params)) {
    if (typeof value === 'string') parameters[name] = value;
  }
  return parameters;
}

function answerWith(response: Response, { status, headers, json }: RawResponse): void {
  response.status(status).set({ ...headers });
  if (json === undefined) response.end();
  else response.json(json);
}

/** Tells the other side the code only: messages are for those who run the bridge. */
function answerError(response: Response, thrown: unknown, emit?: Emit): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const ofReader = thrown instanceof BridgeError ? undefined : readerStatus(thrown);
  if (ofReader !== undefined) {
    response.status(ofReader).set('connection', 'close').json({ error: ofReader === 413 ? 'too_big' : 'invalid' });
    return;
  }
  const error = toBridgeError(thrown, 'answer');
  if (error.code === 'internal') emit?.({ type: 'log', level: 'error', message: error.message, facts: { operation: error.operation } });
  if (error.retryAfterMs !== undefined) response.set('retry-after', String(Math.ceil(error.retryAfterMs / 1000)));
  response.status(STATUS_BY_CODE[error.code]).json({ error: error.code });
}

/** The 4xx that express and its body readers attach to what they throw. */
function readerStatus(thrown: unknown): number | undefined {
  if (typeof thrown !== 'object' || thrown === null || !('status' in thrown)) return undefined;
  return typeof thrown.status === 'number' && thrown.status >= 400 && thrown.status < 500 ? thrown.status : undefined;
}

function errorHandler(emit: Emit): ErrorRequestHandler {
  return (thrown: unknown, _request, response, _next) => { answerError(response, thrown, emit); };
}
