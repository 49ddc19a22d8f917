/**
 * The soak: the built program between the Bot API emulator and a desk, under mixed traffic and random faults, for a bounded time.
 * `npm run soak -- --minutes 30 [--seed N] [--chats N] [--rate N] [--mode polling|webhook] [--markdown]`. Exit code 1 when a bound is broken.
 * The seed draws acts, faults and kills; when they meet is up to the machine.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { temporaryFolder } from '../e2e/program.js';
import { BOT_TOKEN, cleanUp, DESK_TOKEN, startOwnDesk, startTelegram, type Cleanup } from '../e2e/setup.js';
import type { RunningEmulator } from '../../src/demo/emulator/index.js';
import { readAtRest } from './at-rest.js';
import { takeAccount } from './delivery.js';
import { createDeskAgents, type DeskAgents } from './desk-reader.js';
import { createWebhookFate, HELPDESK_PHASES, isSend, isWrite, startWeather, TELEGRAM_DELAY_MAX_MS, TELEGRAM_PHASES, WEBHOOK_PHASES, type Weather } from './faults.js';
import { createLedger, WORDS, type Ledger } from './ledger.js';
import { createLives, type Lives, type Sample } from './lives.js';
import { judgeMemory, longestOf } from './memory.js';
import { startProxy, type Asked, type Proxy } from './proxy.js';
import { createRandom, type Random } from './random.js';
import { isGood, toMarkdown, toText, type Findings } from './report.js';
import { startTraffic, type Traffic } from './traffic.js';
import { freePort } from '../fakes/free-port.js';

const MINUTE_MS = 60_000;
const SAMPLE_EVERY_MS = 10_000;
const COLLECT_EVERY_MS = 30_000;
const QUIET_WITHIN_MS = 4 * MINUTE_MS;
/** A killed program may have sent so long before without having put the link on disk. */
const IN_FLIGHT_MS = TELEGRAM_DELAY_MAX_MS + 2_000;
const UNDER_WAY_WITHIN_MS = 10_000;
const WEBHOOK_SECRET = 'soak-telegram-secret_0123456789';
const HELPDESK_SECRET = 'soak-helpdesk-secret-0123456789';

interface Options {
  readonly minutes: number;
  readonly seed: number;
  readonly chats: number;
  readonly rate: number;
  readonly mode: 'polling' | 'webhook';
  readonly markdown: boolean;
}

interface Scene {
  readonly telegram: RunningEmulator;
  readonly agents: DeskAgents;
  readonly ledger: Ledger;
  readonly lives: Lives;
  readonly dataDir: string;
  readonly proxies: { readonly helpdesk: Proxy; readonly telegram: Proxy; readonly webhooks: Proxy };
}

const cleanups: Cleanup[] = [];

function readOptions(): Options {
  const { values } = parseArgs({ options: {
    minutes: { type: 'string', default: '30' }, seed: { type: 'string', default: String(Math.floor(Math.random() * 1e9)) }, chats: { type: 'string', default: '300' },
    rate: { type: 'string', default: '8' }, mode: { type: 'string', default: 'polling' }, markdown: { type: 'boolean', default: false },
  } });
  return z.object({
    minutes: z.coerce.number().positive().max(24 * 60), seed: z.coerce.number().int(), chats: z.coerce.number().int().min(1).max(10_000),
    rate: z.coerce.number().positive().max(200), mode: z.enum(['polling', 'webhook']), markdown: z.boolean(),
  }).parse(values);
}

async function setUp({ mode }: Options): Promise<Scene> {
  const temporary = await temporaryFolder();
  const telegram = await startTelegram({ filesBytesMax: 2 ** 32 });
  cleanups.push(() => temporary.remove(), () => telegram.stop());
  const port = await freePort();
  const webhooks = await startProxy(`http://127.0.0.1:${port}`);
  const desk = await startOwnDesk({ webhook: { url: `${webhooks.url}/helpdesk`, secret: HELPDESK_SECRET }, queues: ['Support', 'Security', 'VIP', 'General'] });
  const ledger = createLedger(telegram.world, Date.now);
  const helpdeskProxy = await startProxy(desk.url);
  const telegramProxy = await startProxy(telegram.url, (request, body) => noteLostReply(ledger, request, body));
  cleanups.push(() => webhooks.close(), () => desk.close(), () => helpdeskProxy.close(), () => telegramProxy.close());
  const dataDir = `${temporary.path}/data`;
  const webhookEnv = mode === 'webhook' ? { TELEGRAM_WEBHOOK_SECRET: WEBHOOK_SECRET, PUBLIC_URL: webhooks.url } : {};
  const lives = createLives({
    TELEGRAM_BOT_TOKEN: BOT_TOKEN, TELEGRAM_API_ROOT: telegramProxy.url, TELEGRAM_MODE: mode, DATA_DIR: dataDir, PORT: String(port), SWEEP_SECONDS: '5',
    HELPDESK: 'desk', HELPDESK_URL: helpdeskProxy.url, HELPDESK_TOKEN: DESK_TOKEN, HELPDESK_WEBHOOK_SECRET: HELPDESK_SECRET, ...webhookEnv,
  }, port);
  cleanups.push(() => lives.kill());
  return { telegram, agents: createDeskAgents(desk.url), ledger, lives, dataDir, proxies: { helpdesk: helpdeskProxy, telegram: telegramProxy, webhooks } };
}

const messageShape = z.object({ message_id: z.number(), chat: z.object({ id: z.number() }) });
const sentShape = z.object({ result: z.union([messageShape.transform((one) => [one]), z.array(messageShape)]) });

/** The server sent a message, and the program cannot know. */
function noteLostReply(ledger: Ledger, { path }: Asked, body: Buffer): void {
  if (!/\/send[A-Z]/.test(path)) return;
  const sent = sentShape.safeParse(JSON.parse(body.toString('utf8')));
  for (const { chat, message_id: message } of sent.data?.result ?? []) ledger.lostReplies.add(`${chat.id} ${message}`);
}

// ---- kills ----

/** One long life in the middle, by which memory is judged, and about one kill in three minutes before and after it. */
function drawKills(minutes: number, random: Random): readonly number[] {
  const longMs = Math.min(minutes, Math.max(0.42 * minutes, minutes >= 14 ? 11 : 0)) * MINUTE_MS;
  const aroundMs = (minutes * MINUTE_MS - longMs) / 2;
  const each = Math.max(1, Math.round(minutes / 10));
  const within = (fromMs: number): number[] => Array.from({ length: each }, (_, index) => fromMs + aroundMs * (index + 0.3 + 0.7 * random.fraction()) / each);
  const [before, after] = [within(0), within(aroundMs + longMs)];
  // The long life begins with the last kill before it.
  return [...before, ...after].filter((atMs) => atMs < minutes * MINUTE_MS - 5_000);
}

/** Most kills come while the program waits for an answer: to a write in the helpdesk, or to a message in Telegram. */
async function untilUnderWay({ helpdesk, telegram }: Scene['proxies'], random: Random): Promise<void> {
  const [proxy, matches] = random.chance(0.5) ? [helpdesk, isWrite] as const : [telegram, isSend] as const;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, UNDER_WAY_WITHIN_MS);
    proxy.watch = (request) => {
      if (!matches(request)) return;
      clearTimeout(timer);
      resolve();
    };
  });
  proxy.watch = undefined;
}

async function killNowAndThen({ lives, ledger, proxies }: Scene, kills: readonly number[], random: Random, signal: AbortSignal): Promise<void> {
  const startedMs = Date.now();
  for (const atMs of kills) {
    await sleep(Math.max(0, startedMs + atMs - Date.now()), undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return;
    if (random.chance(0.8)) await untilUnderWay(proxies, random);
    ledger.kills.push(Date.now());
    await lives.kill();
    await sleep(random.chance(0.3) ? random.between(5_000, 20_000) : random.between(100, 2_000));
    lives.start();
  }
}

// ---- the run ----

function every(intervalMs: number, work: () => unknown): () => void {
  const timer = setInterval(() => { void work(); }, intervalMs);
  return () => { clearInterval(timer); };
}

function progress({ lives, ledger, telegram }: Scene, traffic: Traffic, weathers: Readonly<Record<string, Weather>>, startedMs: number): void {
  const sample = lives.all.at(-1)?.samples.at(-1);
  const acts = [...traffic.acts.values()].reduce((sum, count) => sum + count, 0);
  const weather = Object.entries(weathers).flatMap(([side, { now }]) => (now() === undefined ? [] : [`${side} ${now() ?? ''}`])).join(', ');
  const facts = sample === undefined ? 'not up' : `heap ${(sample.heapUsed / 1e6).toFixed(0)} MB, RSS ${(sample.rss / 1e6).toFixed(0)} MB, ${sample.openFiles} files, ${sample.lanes} lanes`;
  console.log(`${((Date.now() - startedMs) / MINUTE_MS).toFixed(1).padStart(5)} min  life ${lives.all.length}  ${acts} acts, ${ledger.asked.size} messages, ${ledger.copies.size} answers seen, `
    + `${telegram.world.pendingUpdates()} updates wait; ${facts}${weather === '' ? '' : `; ${weather}`}`);
}

/** Waits until nothing waits any more. Gives the seconds that took; undefined = the deadline passed. */
async function untilQuiet({ telegram, lives, ledger, agents }: Scene): Promise<{ readonly seconds: number | undefined; readonly last: Sample | undefined }> {
  const startedMs = Date.now();
  for (let last: Sample | undefined; ;) {
    const quietMs = Date.now();
    const sample = await lives.sample();
    last = sample ?? last;
    if (telegram.world.pendingUpdates() === 0 && sample?.lanes === 0 && sample.jobs === 0) {
      const { toHelpdesk, toTelegram } = await takeAccount(ledger, agents, IN_FLIGHT_MS);
      if (toHelpdesk.lost === 0 && toTelegram.lost === 0) return { seconds: (quietMs - startedMs) / 1_000, last };
    }
    if (Date.now() - startedMs > QUIET_WITHIN_MS) return { seconds: undefined, last };
    await sleep(1_000);
  }
}

async function soak(options: Options): Promise<Findings> {
  const { minutes, seed, chats, rate, mode } = options;
  const scene = await setUp(options);
  const { lives, ledger, proxies, telegram } = scene;
  const over = new AbortController();
  const startedMs = Date.now();
  lives.start();
  const traffic = startTraffic({ world: telegram.world, agents: scene.agents, ledger, random: createRandom(seed) }, { chats, rate }, over.signal);
  const weathers = {
    helpdesk: startWeather(proxies.helpdesk, HELPDESK_PHASES, () => 'pass', createRandom(seed + 1), over.signal),
    telegram: startWeather(proxies.telegram, TELEGRAM_PHASES, () => 'pass', createRandom(seed + 2), over.signal),
    webhooks: startWeather(proxies.webhooks, WEBHOOK_PHASES, createWebhookFate(createRandom(seed + 3)), createRandom(seed + 4), over.signal),
  };
  const kills = killNowAndThen(scene, drawKills(minutes, createRandom(seed + 5)), createRandom(seed + 6), over.signal);
  const timers = [
    every(SAMPLE_EVERY_MS, () => lives.sample()), every(COLLECT_EVERY_MS, () => lives.collect()),
    every(MINUTE_MS, () => progress(scene, traffic, weathers, startedMs)),
  ];
  // Traffic that breaks ends the run at once.
  await Promise.race([sleep(minutes * MINUTE_MS), traffic.ended]);
  over.abort();
  await Promise.all([traffic.ended, kills, ...Object.values(weathers).map(({ ended }) => ended)]);
  console.log('traffic and faults are over; waiting until all is quiet');
  const quiet = await untilQuiet(scene);
  timers.forEach((stop) => { stop(); });
  const endedMs = Date.now();
  const exit = await lives.stop();
  const samples = lives.all.flatMap((life) => life.samples);
  const longest = longestOf(lives.all, endedMs);
  return {
    command: `npm run soak -- ${process.argv.slice(2).join(' ')}`.trim(), date: new Date().toISOString().slice(0, 10), seed, minutes, mode, chats, rate,
    lives: lives.all.length, kills: ledger.kills.length, crashes: lives.crashes, acts: traffic.acts, refusedActs: traffic.failed,
    faults: Object.entries(weathers).map(([side, { met }]) => ({ side, phases: met, requests: proxies[side as keyof typeof weathers].counts })),
    botMessages: ledger.botMessages, lostReplies: ledger.lostReplies.size, secondsToQuiet: quiet.seconds,
    delivery: await takeAccount(ledger, scene.agents, IN_FLIGHT_MS), pendingUpdates: telegram.world.pendingUpdates(),
    lanes: quiet.last?.lanes, jobs: quiet.last?.jobs, openFiles: quiet.last?.openFiles, openFilesMost: Math.max(0, ...samples.map(({ openFiles }) => openFiles)),
    rssMost: Math.max(0, ...samples.map(({ rss }) => rss)), memory: longest && judgeMemory(longest, endedMs), exit,
    rest: await readAtRest(scene.dataDir, WORDS), textsLogged: lives.textsLogged(), logged: lives.logged,
  };
}

const options = readOptions();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => { void cleanUp(cleanups).then(() => process.exit(130)); });
try {
  console.log(`soak: ${options.minutes} minutes, seed ${options.seed}, ${options.mode}`);
  const found = await soak(options);
  console.log(toText(found));
  if (options.markdown) console.log(toMarkdown(found));
  process.exitCode = isGood(found) ? 0 : 1;
} finally {
  await cleanUp(cleanups);
}
