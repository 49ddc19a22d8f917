/** What belongs here: putting the emulator together, as a router for another server or as a server of its own. */
import http from 'node:http';
import express from 'express';
import type { Router } from 'express';
import { createBot } from './bot.js';
import type { Bot, BotOptions } from './bot.js';
import { createApiRouter } from './router.js';
import { createWorld } from './world.js';
import type { EmulatorWorld } from './world.js';

export type { Fault, Rate, Rates } from './faults.js';
export type { ApiMessage, ApiUser, StoredMessage, WorldChange } from './types.js';
export type { ChatView, EmulatorWorld, SayOptions, SentFile, UserDraft } from './world.js';

export interface EmulatorOptions extends BotOptions {
  /** One bot for each id: a bot whose token was changed is the same bot. Absent: one bot, which answers to the first well-formed token that calls, and to that one only. */
  readonly tokens?: readonly string[];
}

export interface Emulator {
  /** To be mounted at `/` without a body parser before it: `/bot<token>/<method>` and `/file/bot<token>/<path>`. */
  readonly router: Router;
  /** The world around the first (or only) bot. */
  readonly world: EmulatorWorld;
  /** The world around another bot. Throws for a token that was not given. */
  worldOf(token: string): EmulatorWorld;
  /** Ends deliveries and long polls. */
  close(): void;
}

const TOKEN_SHAPE = /^(\d{3,15}):[\w-]{3,64}$/;
/** The bot's id before any token is known. */
const PLACEHOLDER_ID = 7_000_000_001;

export function createEmulator(options: EmulatorOptions): Emulator {
  let adopted: string | undefined;
  const given = options.tokens ?? [];
  const byId = new Map<number, Bot>();
  for (const id of given.map(idOf)) byId.set(id, byId.get(id) ?? createBot(options, () => id));
  const findGiven = (token: string): Bot | undefined => (given.includes(token) ? byId.get(idOf(token)) : undefined);
  const first = findGiven(given[0] ?? '') ?? createBot(options, () => idOf(adopted ?? ''));
  const worlds = new Map([...byId].map(([id, bot]) => [id, createWorld(bot)]));
  const world = worlds.get(idOf(given[0] ?? '')) ?? createWorld(first);

  function findBot(token: string): Bot | undefined {
    if (options.tokens !== undefined) return findGiven(token);
    if (adopted === undefined && TOKEN_SHAPE.test(token)) adopted = token;
    return adopted === token ? first : undefined;
  }

  return {
    router: createApiRouter(findBot),
    world,
    worldOf(token) {
      const found = given.includes(token) ? worlds.get(idOf(token)) : undefined;
      if (found === undefined) throw new Error('no bot with this token');
      return found;
    },
    close() {
      for (const bot of new Set([first, ...byId.values()])) {
        bot.webhook.close();
        bot.updates.endPoll('shutdown');
      }
    },
  };
}

function idOf(token: string): number {
  return Number(TOKEN_SHAPE.exec(token)?.[1] ?? PLACEHOLDER_ID);
}

export interface RunningEmulator extends Emulator {
  /** For `TELEGRAM_API_ROOT`, without a trailing slash. */
  readonly url: string;
  readonly port: number;
  stop(): Promise<void>;
}

/** The emulator as a server of its own; port 0 = any free one. */
export async function startEmulator(options: EmulatorOptions & { readonly host?: string; readonly port?: number }): Promise<RunningEmulator> {
  const emulator = createEmulator(options);
  const app = express();
  app.disable('x-powered-by');
  app.set('etag', false);
  app.use(emulator.router);
  const server = http.createServer(app);
  const host = options.host ?? '127.0.0.1';
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, host, resolve);
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    ...emulator, port, url: `http://${host}:${port}`,
    async stop() {
      emulator.close();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}
