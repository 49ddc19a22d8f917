/** What belongs here: the two sides of the built program in a test: a Bot API with customers, a desk with an agent, and a search for what must not lie at rest. */
import { readdir, readFile } from 'node:fs/promises';
import http from 'node:http';
import { join } from 'node:path';
import express from 'express';
import { z } from 'zod';
import { startEmulator, type ApiMessage, type EmulatorWorld, type RunningEmulator } from '../../src/demo/emulator/index.js';
import { createDeskServer, type DeskServerOptions } from '../../src/helpdesks/desk/server/server.js';
import { systemClock } from '../../src/main/system-clock.js';
import { eventually, runProgram, temporaryFolder, type Program } from './program.js';

export const BOT_TOKEN = '7000000042:e2e-bot-token-that-nobody-may-see';
export const DESK_TOKEN = 'e2e-desk-token-that-nobody-may-see';
/** How long something that happens in another process may take on a busy machine. */
export const SOON_MS = 15_000;

export type Cleanup = () => Promise<unknown>;

/** Runs what was collected, last first, each whatever the others do. */
export async function cleanUp(cleanups: Cleanup[]): Promise<void> {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup().catch(() => undefined);
}

export function startTelegram(options: Partial<Parameters<typeof startEmulator>[0]> = {}): Promise<RunningEmulator> {
  return startEmulator({ clock: systemClock, tokens: [BOT_TOKEN], ...options });
}

export interface Running {
  readonly program: Program;
  readonly url: string;
}

/** `deskbridge start` up to the moment where both sides are connected. */
export async function startProgram(env: Readonly<Record<string, string>>, args: readonly string[] = ['start']): Promise<Running> {
  const program = runProgram(args, { TELEGRAM_BOT_TOKEN: BOT_TOKEN, PORT: '0', ...env });
  const { url } = await program.logged('listening');
  await program.logged('started');
  return { program, url: String(url) };
}

export interface Product {
  readonly telegram: RunningEmulator;
  readonly world: EmulatorWorld;
  /** The data directory. */
  readonly folder: string;
  readonly running: Running;
  readonly deskToken: string;
  readonly agent: Agent;
}

/** A Telegram, and the program on a new data directory with the desk that it brings along; all of it ends with `cleanups`. */
export async function startProduct(cleanups: Cleanup[], env: Readonly<Record<string, string>> = {}): Promise<Product> {
  const telegram = await startTelegram();
  const { path: folder, remove } = await temporaryFolder();
  cleanups.push(() => telegram.stop(), () => remove());
  const running = await startProgram({ TELEGRAM_API_ROOT: telegram.url, DATA_DIR: folder, ...env });
  cleanups.push(() => endProgram(running.program));
  const deskToken = (await readFile(join(folder, 'desk-token'), 'utf8')).trim();
  return { telegram, world: telegram.world, folder, running, deskToken, agent: createAgent(running.url, deskToken) };
}

/** Kills what still runs, for the end of a test. */
export async function endProgram(program: Program): Promise<void> {
  program.kill('SIGKILL');
  await program.ended;
}

// ---- the customers' side ----

/** What the bot wrote in a chat, oldest first. */
export function fromBot(world: EmulatorWorld, chat: number): readonly ApiMessage[] {
  return world.chat(chat).messages.map((stored) => stored.message).filter((message) => message.from?.is_bot === true);
}

/** The first message of the bot with these words, from the one at `from` on. */
export function botSays(world: EmulatorWorld, chat: number, words: string | RegExp, from = 0): Promise<ApiMessage> {
  const fits = (message: ApiMessage): boolean => {
    const text = message.text ?? message.caption ?? '';
    return typeof words === 'string' ? text.includes(words) : words.test(text);
  };
  return eventually(() => fromBot(world, chat).slice(from).find(fits), SOON_MS, `the bot says ${String(words)} in chat ${chat}`);
}

/** Resolves when the bot has acknowledged everything that was sent to it. */
export async function allAcknowledged(world: EmulatorWorld, limitMs = SOON_MS): Promise<void> {
  await eventually(() => (world.pendingUpdates() === 0 ? true : undefined), limitMs, 'every update is acknowledged');
}

// ---- the agent's side ----

const fileShape = z.object({ id: z.string(), name: z.string(), mediaType: z.string(), sizeBytes: z.number() });
const commentShape = z.object({
  id: z.string(), visibility: z.enum(['public', 'internal']), author: z.object({ kind: z.string(), name: z.string() }), html: z.string(),
  externalId: z.string().optional(), files: z.array(fileShape), createdAtMs: z.number(), deliveredAtMs: z.number().optional(),
});
const ticketShape = z.object({
  id: z.string(), number: z.string(), subject: z.string(), status: z.string(), queue: z.string(), priority: z.string(), tags: z.array(z.string()),
  conversation: z.string().optional(), externalId: z.string().optional(), followUpOf: z.string().optional(), warning: z.boolean().optional(), requester: z.object({ name: z.string(), avatar: z.string().optional() }),
});
export type DeskComment = z.infer<typeof commentShape>;
export type DeskTicket = z.infer<typeof ticketShape>;

export interface AnswerOptions {
  readonly visibility?: 'public' | 'internal';
  readonly status?: 'open' | 'pending' | 'solved' | 'closed';
  readonly files?: readonly string[];
  readonly inReplyTo?: string;
}

/** An agent at the open page of a desk, and a reader with its API token. */
export interface Agent {
  tickets(): Promise<readonly DeskTicket[]>;
  /** Comments of one ticket, oldest first. */
  comments(ticket: string): Promise<readonly DeskComment[]>;
  answer(ticket: string, html: string, options?: AnswerOptions): Promise<DeskComment>;
  /** Changes the text or the audience of an answer. */
  change(ticket: string, comment: string, change: { readonly html?: string; readonly visibility?: 'public' | 'internal' }): Promise<void>;
  /** Puts an emoji on what a customer wrote; `null` takes it away. */
  react(ticket: string, comment: string, emoji: string | null): Promise<void>;
  /** Writes at something, or stops. */
  type(ticket: string, visibility: 'public' | 'internal', typing?: boolean): Promise<void>;
  setStatus(ticket: string, status: 'open' | 'pending' | 'solved' | 'closed'): Promise<void>;
  upload(name: string, mediaType: string, bytes: Buffer): Promise<string>;
  download(file: string): Promise<Buffer>;
}

const PAGE_SIZE = 200;

/** `account`: signs in with it before the first write; absent = the desk is open to this machine. */
export function createAgent(url: string, token: string, account?: { readonly name: string; readonly token: string }): Agent {
  const api = `${url}/desk/api`;
  const ask = async (path: string, init: RequestInit): Promise<Response> => {
    const response = await fetch(`${api}${path}`, init);
    if (!response.ok) throw new Error(`${init.method ?? 'GET'} ${path}: ${response.status} ${await response.text()}`);
    return response;
  };
  const read = async <T>(path: string, shape: z.ZodType<T>): Promise<T> => (
    shape.parse(await (await ask(path, { headers: { authorization: `Bearer ${token}` } })).json())
  );
  let signedIn: Promise<string> | undefined;
  const signIn = async (): Promise<string> => {
    if (account === undefined) return '';
    const answer = await ask('/session', { method: 'POST', headers: { 'x-desk-page': '1', 'content-type': 'application/json' }, body: JSON.stringify(account) });
    return answer.headers.get('set-cookie')?.split(';')[0] ?? '';
  };
  const page = async (contentType: string): Promise<Record<string, string>> => {
    signedIn ??= signIn();
    return { 'x-desk-page': '1', 'content-type': contentType, cookie: await signedIn };
  };
  const write = async (method: string, path: string, json: object): Promise<unknown> => (
    (await ask(path, { method, headers: await page('application/json'), body: JSON.stringify(json) })).json()
  );
  return {
    async tickets() {
      const all: DeskTicket[] = [];
      for (let before = ''; ;) {
        const answer = await read(`/tickets?limit=${PAGE_SIZE}${before}`, z.object({ tickets: z.array(ticketShape), before: z.number().optional() }));
        all.push(...answer.tickets);
        if (answer.before === undefined) return all.sort((a, b) => Number(a.id) - Number(b.id));
        before = `&before=${answer.before}`;
      }
    },
    comments: async (ticket) => (await read(`/tickets/${ticket}/comments?limit=500`, z.object({ comments: z.array(commentShape) }))).comments,
    answer: async (ticket, html, { visibility = 'public', ...more } = {}) => (
      z.object({ comment: commentShape }).parse(await write('POST', `/tickets/${ticket}/comments`, { visibility, html, ...more })).comment
    ),
    change: async (ticket, comment, change) => { await write('PATCH', `/tickets/${ticket}/comments/${comment}`, change); },
    react: async (ticket, comment, emoji) => { await write('PUT', `/tickets/${ticket}/comments/${comment}/reaction`, { emoji }); },
    async type(ticket, visibility, typing = true) {
      await ask(`/tickets/${ticket}/typing`, { method: 'POST', headers: await page('application/json'), body: JSON.stringify({ visibility, typing }) });
    },
    setStatus: async (ticket, status) => { await write('PATCH', `/tickets/${ticket}`, { status }); },
    async upload(name, mediaType, bytes) {
      const query = new URLSearchParams({ name, mediaType });
      const answer = await ask(`/files?${query.toString()}`, { method: 'POST', headers: await page('application/octet-stream'), body: new Uint8Array(bytes) });
      return z.object({ file: z.object({ id: z.string() }) }).parse(await answer.json()).file.id;
    },
    download: async (file) => Buffer.from(await (await ask(`/files/${file}`, { headers: { authorization: `Bearer ${token}` } })).arrayBuffer()),
  };
}

/** The one ticket with a comment that holds these words. */
export function ticketWith(agent: Agent, words: string): Promise<DeskTicket> {
  return eventually(async () => {
    for (const ticket of await agent.tickets()) {
      if ((await agent.comments(ticket.id)).some((comment) => comment.html.includes(words))) return ticket;
    }
    return undefined;
  }, SOON_MS, `a ticket with "${words}"`);
}

/** The one comment of a ticket that holds these words. */
export function commentWith(agent: Agent, ticket: string, words: string): Promise<DeskComment> {
  return eventually(async () => (await agent.comments(ticket)).find((comment) => comment.html.includes(words)), SOON_MS, `a comment with "${words}"`);
}

export interface OwnDesk {
  readonly url: string;
  readonly agent: Agent;
  close(): Promise<void>;
}

/** A desk in this process, so that killing the bridge does not kill it. */
export async function startOwnDesk(change: Partial<DeskServerOptions> = {}): Promise<OwnDesk> {
  const folder = await temporaryFolder();
  const desk = await createDeskServer({
    folder: folder.path, apiToken: DESK_TOKEN, agents: [], queues: ['Support', 'Security'], clock: systemClock, emit: () => undefined, openAccess: true, ...change,
  });
  const app = express();
  app.use('/desk', desk.router);
  const server = http.createServer(app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
  return {
    url, agent: createAgent(url, DESK_TOKEN),
    async close() {
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
      await desk.close();
      await folder.remove();
    },
  };
}

// ---- what lies at rest ----

/** Where any of these words lie in a data directory (but in the desk's own folder) or in what programs printed. */
export async function findAtRest(folder: string, outputs: readonly string[], words: readonly string[]): Promise<readonly string[]> {
  const names = await readdir(folder, { recursive: true, withFileTypes: true });
  const found = await Promise.all(names.filter((entry) => entry.isFile()).map(async (entry) => {
    const path = join(entry.parentPath, entry.name);
    const place = path.slice(folder.length + 1);
    if (place.startsWith('desk/')) return [];
    // A program that still runs may have taken a temporary file away.
    const text = `${place}\n${await readFile(path, 'utf8').catch(() => '')}`;
    return wordsIn(text, words).map((word) => `${place}: ${word}`);
  }));
  return [...found.flat(), ...outputs.flatMap((output) => wordsIn(output, words).map((word) => `output: ${word}`))];
}

/** Also as JSON and URLs would write them. */
function wordsIn(text: string, words: readonly string[]): readonly string[] {
  const escaped = (word: string): string => [...word].map((character) => (character > '~' ? [...Array(character.length).keys()]
    .map((unit) => `\\u${character.charCodeAt(unit).toString(16).padStart(4, '0')}`).join('') : character)).join('');
  return words.filter((word) => text.includes(word) || text.includes(encodeURIComponent(word)) || text.includes(escaped(word)));
}
