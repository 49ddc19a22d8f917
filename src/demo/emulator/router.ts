/** What belongs here: the HTTP face of the emulator: URLs, statuses, faults on purpose, downloads. */
import express from 'express';
import type { Request, Response, Router } from 'express';
import type { Bot } from './bot.js';
import { ApiFault, METHOD_NOT_FOUND, NOT_FOUND, UNAUTHORIZED } from './fault.js';
import type { Fault } from './faults.js';
import { ACCOUNT } from './methods/account.js';
import { sendMediaGroup } from './methods/albums.js';
import { EDITING } from './methods/editing.js';
import { REACTING } from './methods/reacting.js';
import type { MethodTable, Outcome } from './methods/method.js';
import { SENDING } from './methods/sending.js';
import { readCall } from './parameters.js';

const METHODS: MethodTable = { ...ACCOUNT, ...SENDING, sendmediagroup: sendMediaGroup, ...EDITING, ...REACTING };

/** `findBot` gives the bot of a token, or undefined for a wrong one. */
export function createApiRouter(findBot: (token: string) => Bot | undefined): Router {
  const router = express.Router();
  router.get('/file/bot:token/*path', (request, response) => serveFile(findBot, request, response));
  router.all('/bot:token/:method', (request, response) => serveMethod(findBot, request, response));
  router.all('/bot:token', (_request, response) => answerFault(response, NOT_FOUND));
  return router;
}

async function serveMethod(findBot: (token: string) => Bot | undefined, request: Request, response: Response): Promise<void> {
  const { token, method } = request.params;
  const bot = findBot(String(token));
  if (bot === undefined) return answerFault(response, UNAUTHORIZED);
  const name = String(method);
  const fault = bot.faults.take(name);
  if (fault === 'drop_before') return void request.socket.destroy();
  try {
    const call = await readCall(request);
    if (isRefusal(fault)) return answerFault(response, new ApiFault(fault.status, fault.description, fault.parameters));
    const work = METHODS[name.toLowerCase()];
    if (work === undefined || !Object.hasOwn(METHODS, name.toLowerCase())) return answerFault(response, METHOD_NOT_FOUND);
    const outcome = await work(bot, call, hangUpOf(response));
    if (fault === 'drop_after') return void request.socket.destroy();
    if (fault !== undefined) await bot.clock.sleep(fault.delayMs);
    answer(response, 200, toBody(outcome));
  } catch (error) {
    if (fault === 'drop_after') return void request.socket.destroy();
    answerFault(response, error instanceof ApiFault ? error : new ApiFault(500, 'Internal Server Error'));
  }
}

async function serveFile(findBot: (token: string) => Bot | undefined, request: Request, response: Response): Promise<void> {
  const bot = findBot(String(request.params['token']));
  if (bot === undefined) return answerFault(response, UNAUTHORIZED);
  const fault = bot.faults.take('download');
  if (fault === 'drop_before') return void request.socket.destroy();
  if (isRefusal(fault)) return answerFault(response, new ApiFault(fault.status, fault.description, fault.parameters));
  const path = request.params['path'];
  const file = bot.files.findByPath(Array.isArray(path) ? path.join('/') : String(path));
  if (file === undefined) return answerFault(response, NOT_FOUND);
  if (fault !== undefined && fault !== 'drop_after') await bot.clock.sleep(fault.delayMs);
  response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': file.bytes.length });
  if (fault !== 'drop_after') return void response.end(file.bytes);
  // Half of the bytes, then the connection closes.
  response.write(file.bytes.subarray(0, file.bytes.length >> 1), () => request.socket.destroy());
}

function isRefusal(fault: Fault | undefined): fault is Extract<Fault, { status: number }> {
  return typeof fault === 'object' && 'status' in fault;
}

function hangUpOf(response: Response): AbortSignal {
  const hangUp = new AbortController();
  response.on('close', () => { if (!response.writableEnded) hangUp.abort(); });
  return hangUp.signal;
}

function toBody({ result, description }: Outcome): unknown {
  return { ok: true, result, ...(description === undefined ? {} : { description }) };
}

function answerFault(response: Response, { status, description, parameters }: ApiFault): void {
  if (parameters?.retry_after !== undefined) response.setHeader('retry-after', String(parameters.retry_after));
  // What was not read of the request is not waited for.
  if (status === 413) response.setHeader('connection', 'close');
  answer(response, status, { ok: false, error_code: status, description, ...(parameters === undefined ? {} : { parameters }) });
}

function answer(response: Response, status: number, body: unknown): void {
  if (response.headersSent || response.destroyed) return;
  const bytes = Buffer.from(JSON.stringify(body));
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': bytes.length });
  response.end(bytes);
}
