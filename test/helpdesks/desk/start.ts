/** What belongs here: a real desk on a loopback socket, and a clock that tests turn by hand. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer, type Server } from 'node:http';
import express, { type Express } from 'express';
import request from 'supertest';
import type { Clock, HelpdeskConnector } from '../../../src/core/ports.js';
import type { BridgeEvent } from '../../../src/core/types.js';
import { desk as definition } from '../../../src/helpdesks/desk/index.js';
import { createDeskServer, type DeskServer, type DeskServerOptions } from '../../../src/helpdesks/desk/server/server.js';

export const API_TOKEN = 'test-api-token';
export const AGENT = { name: 'Айгерим Сейтова', token: 'test-agent-token' };
/** What only the desk's own page sends. */
export const PAGE = { 'x-desk-page': '1' };
export const BEARER = { authorization: `Bearer ${API_TOKEN}` };
export const QUEUES = ['Support', 'Биллинг'];

/** Virtual time: `sleep` ends when `advance` passes its end. */
export interface HandClock extends Clock {
  advance(byMs: number): void;
  /** Resolves when somebody goes to sleep, with how long. */
  sleeping(): Promise<number>;
}

export function createHandClock(startMs = 1_800_000_000_000): HandClock {
  let nowMs = startMs;
  const sleepers = new Set<{ readonly untilMs: number; readonly wake: () => void }>();
  let onSleep: ((delayMs: number) => void)[] = [];
  return {
    nowMs: () => nowMs,
    sleep: (delayMs, signal) => new Promise((resolve) => {
      const sleeper = { untilMs: nowMs + delayMs, wake: () => { sleepers.delete(sleeper); resolve(); } };
      if (signal?.aborted === true) return resolve();
      signal?.addEventListener('abort', sleeper.wake, { once: true });
      sleepers.add(sleeper);
      // The heartbeat of open pages sleeps all the time; only short sleeps are a retry's.
      if (delayMs === 25_000) return;
      for (const tell of onSleep) tell(delayMs);
      onSleep = [];
    }),
    advance(byMs) {
      nowMs += byMs;
      for (const sleeper of [...sleepers]) if (sleeper.untilMs <= nowMs) sleeper.wake();
    },
    sleeping: () => new Promise((resolve) => { onSleep.push(resolve); }),
  };
}

export async function temporaryFolder(): Promise<{ readonly folder: string; remove(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'desk-test-'));
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}

export interface RunningDesk {
  readonly app: Express;
  readonly desk: DeskServer;
  readonly events: readonly BridgeEvent[];
  readonly folder: string;
}

export async function startDesk(folder: string, change: Partial<DeskServerOptions> = {}): Promise<RunningDesk> {
  const events: BridgeEvent[] = [];
  const desk = await createDeskServer({
    folder, apiToken: API_TOKEN, agents: [AGENT], queues: QUEUES, clock: createHandClock(), emit: (event) => events.push(event), openAccess: false, ...change,
  });
  const app = express();
  app.use('/desk', desk.router);
  return { app, desk, events, folder };
}

/** The cookie of an agent who signed in on the page. */
export async function signIn(app: Express, agent: typeof AGENT = AGENT): Promise<string> {
  const response = await request(app).post('/desk/api/session').set(PAGE).send(agent).expect(204);
  return (response.headers['set-cookie']?.[0] ?? '').split(';')[0] ?? '';
}

export async function listen(app: Express): Promise<{ readonly url: string; close(): Promise<void> }> {
  const server: Server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    close: () => new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    }),
  };
}

/** A desk of its own on a socket, with the connector that the bridge would use; all of it ends with `closers`. */
export async function startConnectedDesk(closers: (() => Promise<unknown> | void)[]): Promise<RunningDesk & { readonly url: string; readonly connector: HelpdeskConnector }> {
  const { folder, remove } = await temporaryFolder();
  const running = await startDesk(folder);
  const { url, close } = await listen(running.app);
  closers.push(remove, () => running.desk.close(), close);
  return { ...running, url, connector: definition.create({ url, token: API_TOKEN, options: {} }, { emit: () => undefined, nowMs: Date.now }) };
}
