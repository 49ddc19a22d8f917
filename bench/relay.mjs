// The processes of the bench: the world, the floor, and the built program in several configurations. Ended by their own pid.
import { fork, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const SECRET = 'bench-webhook-secret';
const RUN_TIMEOUT_MS = 120_000;
const START_TIMEOUT_MS = 20_000;
const STOP_TIMEOUT_MS = 35_000;

/** Rejects when `promise` takes longer. */
function within(promise, timeoutMs, what) {
  let timer;
  const late = new Promise((_, reject) => { timer = setTimeout(() => reject(new Error(`${what}: nothing within ${timeoutMs} ms`)), timeoutMs); });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

const nextMessage = (child, what, timeoutMs) => within(new Promise((resolve, reject) => {
  child.once('message', resolve);
  child.once('exit', (code) => reject(new Error(`${what} ended with ${code}`)));
}), timeoutMs, what).finally(() => child.removeAllListeners('exit'));

/** `telegramMs`: how long the Bot API takes to answer a send. */
export async function startWorld(telegramMs = '0') {
  const child = fork(here('world.mjs'), { env: { ...process.env, TELEGRAM_MS: telegramMs } });
  const { url } = await nextMessage(child, 'world', START_TIMEOUT_MS);
  return {
    url,
    /** One run: `{ relay, direction, shape, chats, total }` gives `{ ms, latencies }`. */
    async run(order) {
      const done = nextMessage(child, `${order.relay.name} ${order.direction} ${order.shape} ${order.chats}`, RUN_TIMEOUT_MS);
      child.send(order);
      return done;
    },
    stop: () => end(child),
  };
}

export async function startFloor(world, firstChat) {
  const token = '1000001:floorfloorfloor';
  const child = fork(here('floor.mjs'), { env: { ...process.env, WORLD: world.url, TOKEN: token } });
  const { url } = await nextMessage(child, 'floor', START_TIMEOUT_MS);
  const cpuMs = () => {
    const answer = nextMessage(child, 'floor', START_TIMEOUT_MS);
    child.send('cpu');
    return answer;
  };
  return { relay: { name: 'floor', token, url, firstChat }, cpuMs, stop: () => end(child) };
}

const UNLIMITED = { perSecond: 0, perChatPerSecond: 0, perGroupPerMinute: 0, requesterBurst: 0 };

/** The program as it is built. `paced`: with its own default limits; else Telegram is taken to allow anything. `nodeArguments`: such as --cpu-prof. */
export async function startBridge(world, { name, firstChat, folder, logLevel = 'warn', paced = false, nodeArguments = [], program = here('../dist/cli.js') }) {
  const token = `1000001:${name.replace(/\W/g, '').padEnd(20, 'b')}`;
  const home = join(folder, name.replace(/\W+/g, '-'));
  mkdirSync(home, { recursive: true });
  const config = join(home, 'deskbridge.json');
  const port = await freePort();
  // JSON is YAML.
  writeFileSync(config, JSON.stringify({
    telegram: { token, apiRoot: world.url, limits: paced ? {} : UNLIMITED },
    server: { port }, dataDir: join(home, 'data'), mappingsDir: here('../mappings'), logLevel,
    helpdesk: { name: 'desk', url: world.url, token: 'bench-token', webhookSecret: SECRET },
  }));
  const child = spawn(process.execPath, [...nodeArguments, program, 'start', '--config', config], { stdio: ['ignore', 'pipe', 'inherit'] });
  // Whoever collects logs reads them.
  child.stdout.resume();
  const url = `http://127.0.0.1:${port}`;
  await within(untilReady(`${url}/readyz`, child), START_TIMEOUT_MS, name);
  const read = (metric) => readMetric(`${url}/metrics`, metric);
  return {
    relay: { name, token, url: `${url}/helpdesk`, secret: SECRET, firstChat },
    cpuMs: async () => await read('process_cpu_seconds_total') * 1_000,
    memory: async () => ({ rss: await read('process_resident_memory_bytes'), heapUsed: await read('nodejs_heap_size_used_bytes') }),
    stop: () => end(child),
  };
}

/** At log level `warn` the program does not tell its address, so it is given one. */
function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** What the program tells of itself, by the name of the metric. */
async function readMetric(url, name) {
  const text = await (await fetch(url)).text();
  return Number(new RegExp(`^${name} (\\S+)`, 'm').exec(text)[1]);
}

async function untilReady(url, child) {
  for (;;) {
    if (child.exitCode !== null) throw new Error(`the program ended with ${child.exitCode}`);
    const ready = await fetch(url).then((answer) => answer.ok, () => false);
    if (ready) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

function end(child) {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  return within(gone, STOP_TIMEOUT_MS, `the end of ${child.pid}`).catch(() => { child.kill('SIGKILL'); });
}
