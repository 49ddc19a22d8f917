/** The built program between the Telegram emulator and the real Request Tracker, and what its tests read on either side. */
import { randomInt } from 'node:crypto';
import { z } from 'zod';
import { startEmulator, type ApiMessage, type EmulatorWorld, type RunningEmulator } from '../../src/demo/emulator/index.js';
import { systemClock } from '../../src/main/system-clock.js';
import { mintId, type TicketId } from '../../src/core/types.js';
import type { AgentHands } from '../conformance/helpdesk.js';
import { eventually, runProgram, temporaryFolder, type Program } from '../e2e/program.js';
import { createAgentHands, createRest, type Rest } from './request-tracker-agent.js';
import { readCredentials, type RtCredentials } from './request-tracker-fixture.js';

type Environment = Readonly<Record<string, string>>;

export interface Rig {
  readonly credentials: RtCredentials;
  readonly world: EmulatorWorld;
  readonly agent: Rest;
  readonly root: Rest;
  readonly hands: AgentHands;
  /** Exactly what an admin must set, and nothing else. */
  readonly environment: Environment;
  /** Starts the program with `environment` and `more`; resolves when it has started. One runs at a time. */
  start(more?: Environment): Promise<Program>;
  /** Ends the program as an admin would. */
  stop(): Promise<void>;
  /** Ends it as a power cut would. */
  kill(): Promise<void>;
  newUser(name: string, languageCode?: string): number;
  /** The tickets of a user's chat, oldest first; swallowed and deleted ones are not among them. */
  ticketsOf(user: number): Promise<readonly TicketId[]>;
  /** Waits for the `count`th ticket of a user's chat. */
  ticketOf(user: number, count?: number): Promise<TicketId>;
  /** What the bot wrote to the user, oldest first. */
  answersTo(user: number): readonly ApiMessage[];
  /** Waits for an answer that satisfies `matches`. */
  answer(user: number, matches: (message: ApiMessage) => boolean, limitMs?: number): Promise<ApiMessage>;
  close(): Promise<void>;
}

/** Limits and no assertions: Request Tracker on a busy machine takes many times what it takes alone. */
export const WAIT_MS = 120_000;
export const TEST_MS = 600_000;
const START_MS = 180_000;
const idsSchema = z.object({ items: z.array(z.object({ id: z.union([z.string(), z.number()]).transform(String) })) });

/** `url`: where the program reaches Request Tracker, when not directly. */
export async function createRig(change: { readonly url?: string } = {}): Promise<Rig> {
  const credentials = readCredentials();
  const agent = createRest(credentials.url, `token ${credentials.users.agent1.token}`);
  const root = createRest(credentials.url, `Basic ${Buffer.from(`root:${credentials.users.root.password}`).toString('base64')}`);
  // The server may be used by several runs: nobody meets the tickets of another run's bot.
  const bot = randomInt(1e9, 9e9);
  const token = `${bot}:a-token-of-the-tests`;
  const telegram: RunningEmulator = await startEmulator({ clock: systemClock, tokens: [token] });
  const folder = await temporaryFolder();
  const environment: Environment = {
    TELEGRAM_API_ROOT: telegram.url, TELEGRAM_BOT_TOKEN: token, HELPDESK: 'request-tracker', HELPDESK_URL: change.url ?? credentials.url,
    HELPDESK_TOKEN: credentials.users.bridge.token, DATA_DIR: folder.path, PORT: '0',
  };
  const { world } = telegram;
  let program: Program | undefined;
  let nextUser = randomInt(1e9, 9e9) * 100;

  async function end(signal: NodeJS.Signals): Promise<void> {
    const ending = program;
    program = undefined;
    ending?.kill(signal);
    await ending?.ended;
  }
  async function ticketsOf(user: number): Promise<readonly TicketId[]> {
    const query = new URLSearchParams({ query: `CF.{TelegramChat} = 'tg:${bot}:${user}'`, orderby: 'id', per_page: '100' });
    const { items } = idsSchema.parse(await root('GET', `/tickets?${query.toString()}`));
    return items.map((item) => mintId<TicketId>(item.id));
  }
  const answersTo = (user: number): readonly ApiMessage[] =>
    world.chat(user).messages.map((stored) => stored.message).filter((message) => message.from?.is_bot === true);

  return {
    credentials, world, agent, root, environment, ticketsOf, answersTo, hands: createAgentHands(agent, root),
    async start(more = {}) {
      program = runProgram(['start'], { ...environment, ...more });
      const limit = AbortSignal.timeout(START_MS);
      await Promise.race([program.logged('started'), new Promise((_settle, reject) => { limit.addEventListener('abort', () => reject(new Error('not started'))); })]);
      return program;
    },
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
    newUser: (name, languageCode = 'en') => world.addUser({ name, languageCode, id: nextUser++ }).id,
    ticketOf: (user, count = 1) => eventually(async () => (await ticketsOf(user))[count - 1], WAIT_MS, `ticket ${count} of the chat`),
    answer: (user, matches, limitMs = WAIT_MS) => eventually(() => answersTo(user).find(matches), limitMs,
      'the answer in the chat').catch((error: unknown) => {
      throw new Error(`${String(error)}; there are: ${JSON.stringify(answersTo(user).map((message) => message.text ?? message.caption))}\n${program?.output().slice(-2000) ?? ''}`);
    }),
    async close() {
      await end('SIGTERM');
      await telegram.stop();
      await folder.remove();
    },
  };
}

/** Texts in the order in which Request Tracker has them, of a ticket's public comments. Reads a page at a time: bursts are long. */
export async function publicTexts(rig: Pick<Rig, 'root'>, ticket: TicketId): Promise<readonly string[]> {
  return (await transactionsOf(rig, ticket, ['Create', 'Correspond'])).map(({ text }) => text);
}

/** The transactions of these types, in order, each with its number. */
export async function transactionsOf({ root }: Pick<Rig, 'root'>, ticket: TicketId, types: readonly string[]): Promise<readonly { readonly id: string; readonly text: string }[]> {
  const transactions = await allRows(root, `/ticket/${ticket}/history?fields=Type&orderby=id`, z.object({ id, Type: z.string().default('') }));
  const parts = await allRows(root, `/ticket/${ticket}/attachments?fields=TransactionId,Content&orderby=id`,
    z.object({ id, TransactionId: id, Content: z.string().nullish() }));
  return transactions.filter((row) => types.includes(row.Type)).sort((a, b) => Number(a.id) - Number(b.id))
    .map((row) => ({ id: row.id, text: parts.find((part) => part.TransactionId === row.id)?.Content ?? '' }));
}

const id = z.union([z.string(), z.number()]).transform(String);

async function allRows<T>(root: Rest, path: string, schema: z.ZodType<T>): Promise<readonly T[]> {
  const all: T[] = [];
  for (let page = 1; ; page += 1) {
    const { items } = z.object({ items: z.array(schema) }).parse(await root('GET', `${path}&per_page=100&page=${page}`));
    if (items.length === 0) return all;
    all.push(...items);
  }
}
