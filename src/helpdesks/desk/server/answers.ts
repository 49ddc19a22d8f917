/** What belongs here: how a route reads its request, answers after its changes are on disk, and turns errors into statuses. */
import type { ErrorRequestHandler, Request, RequestHandler, Response } from 'express';
import type { ZodType } from 'zod';
import { STATUS_BY_CODE, toBridgeError } from '../../../core/errors.js';
import type { Emit } from '../../../core/ports.js';
import { refuse, type Desk, type Principal } from './desk.js';
import type { Sessions } from './sessions.js';

export interface Context {
  readonly desk: Desk;
  readonly sessions: Sessions;
}

/** What a route gives back. Default status 200; no `json` = 204. */
export interface Answer {
  readonly status?: number;
  readonly json?: unknown;
}

/** A route for whoever is signed in. It answers only after everything that it may have seen or written is on disk. */
export function route(context: Context, work: (request: Request, principal: Principal) => Answer | Promise<Answer>): RequestHandler {
  return async (request, response) => {
    const { status, json } = await work(request, context.sessions.principalOf(request));
    await context.desk.store.settled();
    answer(response, { status: status ?? (json === undefined ? 204 : 200), json });
  };
}

export function answer(response: Response, { status, json }: Answer): void {
  response.status(status ?? 200);
  if (json === undefined) response.end();
  else response.json(json);
}

/** Throws `invalid` naming the fields that are wrong, never their values. */
export function read<T>(schema: ZodType<T>, input: unknown): T {
  const result = schema.safeParse(input ?? {});
  if (result.success) return result.data;
  const fields = [...new Set(result.error.issues.map((issue) => issue.path.join('.')))].slice(0, 10);
  throw refuse('invalid', 'readRequest', `wrong or missing: ${fields.join(', ')}`);
}

export function pathId(request: Request, name: 'id' | 'comment' = 'id'): string {
  const id = request.params[name];
  return typeof id === 'string' ? id : '';
}

/** Throws `forbidden`. */
export function onlyBridge(principal: Principal): void {
  if (principal.kind !== 'bridge') throw refuse('forbidden', 'checkRights', 'only the API token may do this');
}

export function createErrorHandler(emit: Emit): ErrorRequestHandler {
  return (thrown: unknown, request, response, _next) => {
    if (response.headersSent || request.destroyed && !request.complete) return void response.destroy();
    const status = readerStatus(thrown);
    if (status !== undefined) return answer(response.set('connection', 'close'), { status, json: { error: status === 413 ? 'too_big' : 'invalid' } });
    const error = toBridgeError(thrown, 'answer');
    if (error.code === 'internal' || error.code === 'unavailable') emit({ type: 'log', level: 'error', message: `desk: ${error.message}`, facts: { cause: causeOf(error.cause) } });
    if (error.retryAfterMs !== undefined) response.set('retry-after', String(Math.ceil(error.retryAfterMs / 1000)));
    // An upload that was refused may still be on its way: the rest of it is not wanted.
    if (!request.complete) response.set('connection', 'close');
    answer(response, { status: STATUS_BY_CODE[error.code], json: { error: error.code, message: error.code === 'internal' ? 'internal error' : error.message } });
  };
}

/** The kind of a foreign error; its words might hold what people wrote. */
function causeOf(cause: unknown): string {
  return cause instanceof Error ? `${cause.name}${'code' in cause ? ` ${String(cause.code)}` : ''}` : typeof cause;
}

/** The 4xx that the body reader attaches to what it throws. */
function readerStatus(thrown: unknown): number | undefined {
  if (!(thrown instanceof Error) || !('status' in thrown)) return undefined;
  return typeof thrown.status === 'number' && thrown.status >= 400 && thrown.status < 500 ? thrown.status : undefined;
}
