/** One stage of a fault run: a Telegram, a helpdesk, a proxy before each, the program between them, and the traffic. */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { EmulatorWorld } from '../../../src/demo/emulator/index.js';
import { startFaultProxy, type FaultProxy } from '../../fakes/fault-proxy.js';
import { eventually, root, runProgram, temporaryFolder, type Program } from '../program.js';
import { endProgram, fromBot, startTelegram, type Cleanup } from '../setup.js';
import type { HelpdeskSide } from './helpdesks.js';
import { answersIn, createLoad, type Load, type Plan } from './load.js';
import type { Random } from './random.js';
import { freePort } from '../../fakes/free-port.js';

export type Environment = Readonly<Record<string, string>>;
export type IntakeMode = 'polling' | 'webhook';

export interface Scene {
  readonly side: HelpdeskSide;
  /** Before the helpdesk. */
  readonly helpdesk: FaultProxy;
  /** Before the Bot API. */
  readonly telegram: FaultProxy;
  readonly world: EmulatorWorld;
  readonly load: Load;
  readonly random: Random;
  /** The program's data directory. */
  readonly folder: string;
  readonly programs: readonly Program[];
  readonly kills: number;
  /** Sends that Telegram had taken and the program had not noted on disk, over all kills. */
  readonly inFlightAtKills: number;
  /** Starts the program; resolves when it has started. */
  start(more?: Environment): Promise<Program>;
  /** Starts the program, and does not wait for it. */
  spawn(more?: Environment): Program;
  current(): Program;
  /** Ends the program as a power cut would; resolves when what was under way has landed. */
  kill(): Promise<void>;
  /** Ends the program as an admin would. */
  stop(): Promise<void>;
  sleep(delayMs: number): Promise<void>;
}

export interface SceneOptions {
  readonly side: HelpdeskSide;
  readonly plan: Plan;
  readonly mode: IntakeMode;
  readonly random: Random;
  readonly cleanups: Cleanup[];
  /** Where DATA_DIR is to be; called with a folder that goes away in the end. */
  readonly placeOf?: (folder: string) => Promise<string>;
  readonly environment?: Environment;
}

const START_MS = 60_000;
/** Longer than what a server on this machine still does for a client that is gone. */
const LANDED_MS = 300;
const WEBHOOK_SECRET = 'webhook-secret-that-nobody-may-see';

export async function createScene({ side, plan, mode, random, cleanups, placeOf, environment: ofRow = {} }: SceneOptions): Promise<Scene> {
  const helpdesk = await startFaultProxy(side.url);
  const emulator = await startTelegram({ tokens: [side.botToken] });
  const telegram = await startFaultProxy(emulator.url);
  const temporary = await temporaryFolder();
  cleanups.push(() => temporary.remove(), () => emulator.stop(), () => telegram.close(), () => helpdesk.close());
  const folder = placeOf === undefined ? join(temporary.path, 'data') : await placeOf(temporary.path);
  const environment: Environment = {
    TELEGRAM_BOT_TOKEN: side.botToken, TELEGRAM_API_ROOT: telegram.url, DATA_DIR: folder, SWEEP_SECONDS: '1',
    DESKBRIDGE_CONFIG: await configWithoutChatPace(temporary.path), ...side.environment(helpdesk.url), ...await intakeOf(mode), ...ofRow,
  };
  const { world } = emulator;
  const load = createLoad(world, plan, side.answer);
  cleanups.push(() => load.stop());
  const programs: Program[] = [];
  const counts = { kills: 0 };
  const inFlight = new Set<string>();

  const spawn = (more: Environment = {}): Program => {
    const program = runProgram(['start'], { ...environment, ...more });
    programs.push(program);
    side.attach?.(program, folder);
    cleanups.push(() => endProgram(program));
    return program;
  };
  const current = (): Program => {
    const last = programs.at(-1);
    if (last === undefined) throw new Error('no program was started yet');
    return last;
  };
  const sleep = (delayMs: number): Promise<void> => new Promise((resolve) => { setTimeout(resolve, delayMs); });
  return {
    side, helpdesk, telegram, world, load, random, folder, programs, spawn, current, sleep,
    get kills() { return counts.kills; },
    get inFlightAtKills() { return inFlight.size; },
    async start(more) {
      const program = spawn(more);
      await within(program.logged('started'), START_MS, 'the program has started');
      return program;
    },
    async kill() {
      current().kill('SIGKILL');
      await current().ended;
      counts.kills += 1;
      await sleep(LANDED_MS);
      for (const send of await findUnlinked(world, load, folder, side.botToken)) inFlight.add(send);
    },
    async stop() {
      current().kill('SIGTERM');
      await current().ended;
    },
  };
}

/** The config of the product, but for the pace of one chat: with some dozen chats it would only take time. */
async function configWithoutChatPace(folder: string): Promise<string> {
  const shipped = await readFile(join(root, 'config/deskbridge.yaml'), 'utf8');
  const path = join(folder, 'deskbridge.yaml');
  await writeFile(path, shipped.replace('perChatPerSecond: 1', 'perChatPerSecond: 0'));
  return path;
}

async function intakeOf(mode: IntakeMode): Promise<Environment> {
  if (mode === 'polling') return { PORT: '0' };
  const port = await freePort();
  return { PORT: String(port), TELEGRAM_MODE: 'webhook', PUBLIC_URL: `http://127.0.0.1:${port}`, TELEGRAM_WEBHOOK_SECRET: WEBHOOK_SECRET };
}

/** Answers and receipts that are in Telegram while no file of the program's says so: each of these, and no other, may come once more. */
async function findUnlinked(world: EmulatorWorld, load: Load, folder: string, botToken: string): Promise<readonly string[]> {
  const texts = await textsIn(join(folder, 'idmap'));
  const idMap = texts.join('\n');
  const bot = botToken.split(':')[0] ?? '';
  const answers = load.customers.flatMap(({ user }) => fromBot(world, user).filter((message) => answersIn(message.text ?? '').length > 0)
    .map((message) => `"tg:${bot}:${user}:${message.message_id}"`));
  const owing = load.customers.filter((customer) => load.receipts(customer) > 0
    && texts.some((text) => text.includes(`"conversation":"tg:${bot}:${customer.user}"`) && text.includes('{"kind":"receipt"')));
  return [...answers.filter((id) => !idMap.includes(id)), ...owing.map((customer) => `receipt ${load.receipts(customer)} of ${customer.user}`)];
}

async function textsIn(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return Promise.all(names.filter((entry) => entry.isFile() && entry.name.endsWith('.json'))
    .map((entry) => readFile(join(entry.parentPath, entry.name), 'utf8').catch(() => '')));
}

export async function within<T>(work: Promise<T>, limitMs: number, what: string): Promise<T> {
  let settled: { readonly value: T } | undefined;
  let failed: { readonly reason: unknown } | undefined;
  work.then((value) => { settled = { value }; }, (reason: unknown) => { failed = { reason }; });
  const { value } = await eventually(() => {
    if (failed !== undefined) throw failed.reason instanceof Error ? failed.reason : new Error(String(failed.reason));
    return settled;
  }, limitMs, what);
  return value;
}
