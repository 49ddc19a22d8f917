/** kill -9, outages and lost replies under load: nothing is lost, doubled or out of order. DESKBRIDGE_SEED runs one again, DESKBRIDGE_LONG=1 runs the long form. */
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startFaultProxy, type FaultProxy } from '../fakes/fault-proxy.js';
import type { EmulatorWorld, RunningEmulator } from '../../src/demo/emulator/index.js';
import { eventually, root, runProgram, temporaryFolder, type Program } from './program.js';
import {
  allAcknowledged, BOT_TOKEN, cleanUp, createAgent, DESK_TOKEN, endProgram, findAtRest, fromBot, startOwnDesk, startTelegram, type Agent, type Cleanup, type OwnDesk,
} from './setup.js';

const TEST_MS = 120_000;
jest.setTimeout(TEST_MS);
const CALM_MS = 60_000;
const CHATS = 50;
const ROUNDS = 10;
/** In every text, name and file name here, so that one word finds them all. */
const MARK = 'лазурит';
const seed = Number(process.env['DESKBRIDGE_SEED'] ?? Math.floor(Math.random() * 1e9));
/** The long form, which takes minutes on a busy machine. */
const isLong = process.env['DESKBRIDGE_LONG'] === '1';
const FEWER_CHATS = isLong ? CHATS : 20;
const OUTAGE_MS = isLong ? 10_000 : 3_000;

const cleanups: Cleanup[] = [];
afterEach(() => cleanUp(cleanups));

/** mulberry32: the same numbers for the same seed. */
function createRandom(start: number): (from: number, to: number) => number {
  let state = start;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return (from, to) => from + Math.floor(next() * (to - from + 1));
}

interface Scene {
  readonly telegram: RunningEmulator;
  readonly world: EmulatorWorld;
  readonly folder: string;
  readonly programs: Program[];
  start(): Program;
}

async function createScene(env: Readonly<Record<string, string>>): Promise<Scene> {
  const telegram = await startTelegram();
  const temporary = await temporaryFolder();
  cleanups.push(() => telegram.stop(), () => temporary.remove());
  const programs: Program[] = [];
  const config = await configWithoutPace(temporary.path);
  const folder = join(temporary.path, 'data');
  return {
    telegram, world: telegram.world, folder, programs,
    start() {
      const program = runProgram(['start'], {
        TELEGRAM_BOT_TOKEN: BOT_TOKEN, TELEGRAM_API_ROOT: telegram.url, DATA_DIR: folder, PORT: '0', SWEEP_SECONDS: '1', DESKBRIDGE_CONFIG: config, ...env,
      });
      programs.push(program);
      cleanups.push(() => endProgram(program));
      return program;
    },
  };
}

/** The config of the product, but for the pace that Telegram asks for: here it would only take time. */
async function configWithoutPace(folder: string): Promise<string> {
  const shipped = await readFile(join(root, 'config/deskbridge.yaml'), 'utf8');
  const path = join(folder, 'deskbridge.yaml');
  await writeFile(path, shipped.replace('perSecond: 30', 'perSecond: 0').replace('perChatPerSecond: 1', 'perChatPerSecond: 0'));
  return path;
}

/** A desk that outlives the bridge, behind a proxy that misbehaves. */
async function createDeskScene(): Promise<Scene & { readonly desk: OwnDesk; readonly proxy: FaultProxy }> {
  const desk = await startOwnDesk();
  cleanups.push(() => desk.close());
  const proxy = await startFaultProxy(desk.url);
  cleanups.push(() => proxy.close());
  const scene = await createScene({ HELPDESK: 'desk', HELPDESK_URL: proxy.url, HELPDESK_TOKEN: DESK_TOKEN });
  return { ...scene, desk, proxy };
}

const textOf = (chat: number, round: number): string => `${MARK} ${chat}-${round} 🙂`;

function addCustomers(world: EmulatorWorld, count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => world.addUser({ name: `${MARK}${index}`, username: `mark_${index}_user` }).id);
}

function burst(world: EmulatorWorld, users: readonly number[], rounds = ROUNDS): void {
  for (let round = 0; round < rounds; round += 1) users.forEach((user, index) => world.say(user, textOf(index, round)));
}

/** One ticket for each chat with all its messages in order, and nothing else. */
async function expectAllStored(agent: Agent, users: readonly number[], rounds = ROUNDS): Promise<void> {
  const tickets = await agent.tickets();
  const stored = await Promise.all(tickets.map(async (ticket) => ({
    conversation: ticket.conversation, texts: (await agent.comments(ticket.id)).map((comment) => comment.html),
  })));
  const texts = (chat: number): readonly string[] => Array.from({ length: rounds }, (_, round) => textOf(chat, round));
  const wanted = users.map((user, index) => ({ conversation: `tg:7000000042:${user}`, texts: texts(index) }));
  const byName = (a: { conversation?: string | undefined }, b: { conversation?: string | undefined }): number => String(a.conversation).localeCompare(String(b.conversation));
  expect(stored.sort(byName)).toEqual([...wanted].sort(byName));
}

/** The receipt came to everybody, and not more often than a kill explains. */
async function expectReceipts(world: EmulatorWorld, users: readonly number[], kills: number): Promise<void> {
  const receipts = (user: number): number => fromBot(world, user).filter((message) => /Thank you! Your request has the number/.test(message.text ?? '')).length;
  await eventually(() => (users.every((user) => receipts(user) > 0) ? true : undefined), CALM_MS, 'everybody has a receipt');
  expect(Math.max(...users.map(receipts))).toBeLessThanOrEqual(1 + kills);
}

/** Ids only, in files and in what was printed. */
async function expectOnlyIds(scene: Scene): Promise<void> {
  const outputs = scene.programs.map((program) => program.output());
  const words = [MARK, 'mark_1_user', 'ответ', BOT_TOKEN, BOT_TOKEN.split(':')[1] ?? '', DESK_TOKEN];
  expect(await findAtRest(scene.folder, outputs, words)).toEqual([]);
  expect(await findAtRest(scene.folder, outputs, ['tg:7000000042:'])).not.toEqual([]);
}

const isWrite = ({ method }: { readonly method: string }): boolean => method === 'POST' || method === 'PATCH';

/** Starts and kills `kills` times; each time while the write that `least` to `most` writes come before is under way. */
async function killDuringWrites(scene: Scene & { readonly proxy: FaultProxy }, random: (from: number, to: number) => number, kills: number): Promise<void> {
  const usual = scene.proxy.decide;
  for (let kill = 0; kill < kills; kill += 1) {
    let left = random(1, 120);
    const program = scene.start();
    scene.proxy.decide = (request) => {
      if (isWrite(request) && (left -= 1) === 0) program.kill('SIGKILL');
      return usual(request);
    };
    expect(await program.ended).toBe('SIGKILL');
  }
  scene.proxy.decide = usual;
}

describe(`messages in a burst (seed ${seed})`, () => {
  it('survive kill -9', async () => {
    const scene = await createDeskScene();
    const users = addCustomers(scene.world, CHATS);
    burst(scene.world, users);
    const kills = 4; // of at least 550 writes
    await killDuringWrites(scene, createRandom(seed), kills);
    expect(scene.world.pendingUpdates()).toBeGreaterThan(0);
    scene.start();
    await allAcknowledged(scene.world, CALM_MS);
    await expectAllStored(scene.desk.agent, users);
    await expectReceipts(scene.world, users, kills);
    await expectOnlyIds(scene);
  });

  it('survive kill -9 with replies lost after the work was done', async () => {
    const scene = await createDeskScene();
    const random = createRandom(seed + 1);
    let lostInARow = 0;
    scene.proxy.decide = (request) => {
      if (!isWrite(request)) return 'pass';
      // More in a row would only be waited out: the pauses between tries double.
      lostInARow = lostInARow < 2 && random(1, 100) <= 25 ? lostInARow + 1 : 0;
      return lostInARow > 0 ? 'lose_reply' : 'pass';
    };
    const users = addCustomers(scene.world, FEWER_CHATS);
    burst(scene.world, users);
    await killDuringWrites(scene, random, 1);
    scene.start();
    await allAcknowledged(scene.world, CALM_MS);
    expect(scene.proxy.counts.repliesLost).toBeGreaterThan(20);
    await expectAllStored(scene.desk.agent, users);
    await expectOnlyIds(scene);
  });

  it('survive an outage of the helpdesk, and a kill in it', async () => {
    const scene = await createDeskScene();
    const random = createRandom(seed + 2);
    const users = addCustomers(scene.world, FEWER_CHATS);
    burst(scene.world, users);
    let left = random(20, 120);
    const down = new Promise<void>((resolve) => {
      scene.proxy.decide = (request) => {
        if (isWrite(request)) left -= 1;
        if (left > 0) return 'pass';
        resolve();
        return 'refuse';
      };
    });
    const first = scene.start();
    await down;
    const upAtMs = Date.now() + OUTAGE_MS;
    await first.logged('outage').catch(() => undefined);
    first.kill('SIGKILL');
    scene.start();
    await eventually(() => (Date.now() > upAtMs ? true : undefined), OUTAGE_MS + 1_000, 'the outage is over');
    expect(scene.proxy.counts.refused).toBeGreaterThan(0);
    expect(scene.world.pendingUpdates()).toBeGreaterThan(0);
    scene.proxy.decide = () => 'pass';
    await allAcknowledged(scene.world, CALM_MS);
    await expectAllStored(scene.desk.agent, users);
    await expectReceipts(scene.world, users, 1);
    await expectOnlyIds(scene);
  });

  it('survive kill -9 of the bridge together with its own desk', async () => {
    const scene = await createScene({});
    const random = createRandom(seed + 3);
    const users = addCustomers(scene.world, 20);
    burst(scene.world, users, 8);
    for (let kill = 0; kill < 3; kill += 1) {
      let left = random(1, 40);
      const program = scene.start();
      const unwatch = scene.world.onChange((change) => {
        if (change.type === 'message' && change.stored.message.from?.is_bot === true && (left -= 1) === 0) program.kill('SIGKILL');
        if (change.type === 'acknowledged' && (left -= 1) === 0) program.kill('SIGKILL');
      });
      expect(await program.ended).toBe('SIGKILL');
      unwatch();
    }
    const last = scene.start();
    const { url } = await last.logged('listening');
    await allAcknowledged(scene.world, CALM_MS);
    const agent = createAgent(String(url), (await readFile(join(scene.folder, 'desk-token'), 'utf8')).trim());
    await expectAllStored(agent, users, 8);
    await expectOnlyIds(scene);
  });
});

describe(`answers of agents (seed ${seed})`, () => {
  it('survive kill -9: each arrives, in order, and is repeated at most once for each kill', async () => {
    const scene = await createDeskScene();
    const random = createRandom(seed + 4);
    const users = addCustomers(scene.world, 10);
    burst(scene.world, users, 1);
    const first = scene.start();
    await allAcknowledged(scene.world, CALM_MS);
    await expectReceipts(scene.world, users, 0);
    first.kill('SIGKILL');
    await first.ended;
    const tickets = await scene.desk.agent.tickets();
    const answers = Array.from({ length: 8 }, (_, index) => `ответ ${index}`);
    for (const answer of answers) await Promise.all(tickets.map((ticket) => scene.desk.agent.answer(ticket.id, `${MARK} ${answer}`)));

    const kills = 4;
    for (let kill = 0; kill < kills; kill += 1) {
      let left = random(1, 15);
      const program = scene.start();
      // Telegram has the message, the bridge has not heard of it yet: the worst moment.
      const unwatch = scene.world.onChange((change) => {
        if (change.type === 'message' && change.stored.message.from?.is_bot === true && (left -= 1) === 0) program.kill('SIGKILL');
      });
      expect(await program.ended).toBe('SIGKILL');
      unwatch();
    }
    scene.start();
    const received = (user: number): readonly string[] => fromBot(scene.world, user).flatMap((message) => /ответ \d+/.exec(message.text ?? '')?.[0] ?? []);
    await eventually(() => (users.every((user) => received(user).at(-1) === answers.at(-1)) ? true : undefined), CALM_MS, 'all answers arrive');
    const repeats: number[] = [];
    for (const user of users) {
      const list = received(user);
      expect(list.filter((answer, index) => answer !== list[index - 1])).toEqual(answers); // a repeat follows its first time at once
      repeats.push(list.length - answers.length);
    }
    expect(Math.max(...repeats)).toBeLessThanOrEqual(kills);
    expect(repeats.some((count) => count > 0)).toBe(true); // the kills did hit the window
    await expectOnlyIds(scene);
  });
});
