/** What belongs here: the program as a process: started, killed, started again, and what it tells of itself meanwhile. */
import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { root } from '../e2e/program.js';
import { WORDS } from './ledger.js';

/** From `/metrics`, as any monitoring would see it. */
export interface Sample {
  readonly atMs: number;
  readonly rss: number;
  readonly heapUsed: number;
  readonly openFiles: number;
  readonly lanes: number;
  readonly jobs: number;
  /** Messages brought across in this life, both ways. */
  readonly relayed: number;
  readonly buried: number;
}

/** What is left after a full garbage collection. */
export interface Collected {
  readonly atMs: number;
  readonly rss: number;
  readonly heapUsed: number;
  readonly external: number;
}

export interface Life {
  readonly startedAtMs: number;
  endedAtMs?: number;
  readonly samples: Sample[];
  readonly collected: Collected[];
}

export interface Lives {
  readonly all: readonly Life[];
  /** Ends that nobody asked for. */
  readonly crashes: readonly string[];
  /** Log lines so far, by level and message. */
  readonly logged: ReadonlyMap<string, number>;
  /** Texts of messages in the log: there must be none. */
  readonly textsLogged: () => number;
  start(): void;
  /** kill -9. Resolves when it is gone. */
  kill(): Promise<void>;
  /** Undefined while the program does not answer. */
  sample(): Promise<Sample | undefined>;
  collect(): void;
  /** SIGTERM; gives the exit code, or the signal when it had to be killed. */
  stop(): Promise<number | string>;
}

const SAMPLE_TIMEOUT_MS = 5_000;
const STOP_TIMEOUT_MS = 40_000;
const START_AGAIN_MS = 1_000;
const collectedShape = z.object({ rss: z.number(), heapUsed: z.number(), external: z.number() });

/** `env` for `deskbridge start`; nothing of our own environment leaks in but PATH. */
export function createLives(env: Readonly<Record<string, string>>, port: number): Lives {
  const all: Life[] = [];
  const crashes: string[] = [];
  const log = createLog();
  let child: ChildProcess | undefined;
  let gone: Promise<number | string> = Promise.resolve(0);
  let expected = true;

  const start = (): void => {
    const life: Life = { startedAtMs: Date.now(), samples: [], collected: [] };
    all.push(life);
    expected = false;
    const collector = new URL('collect.mjs', import.meta.url).href;
    const started = spawn(process.execPath, ['--expose-gc', '--import', collector, join(root, 'dist/cli.js'), 'start'], {
      cwd: root, env: { PATH: process.env['PATH'] ?? '', ...env }, stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    child = started;
    started.stdout?.on('data', log.take);
    started.stderr?.on('data', log.take);
    started.on('message', (message) => {
      const told = collectedShape.safeParse(message);
      if (told.success) life.collected.push({ atMs: Date.now(), ...told.data });
    });
    gone = new Promise((resolve) => {
      started.on('exit', (code, signal) => {
        life.endedAtMs = Date.now();
        resolve(signal ?? code ?? 1);
        if (expected) return;
        crashes.push(`ended with ${signal ?? code ?? ''}: ${log.tail()}`);
        void sleep(START_AGAIN_MS).then(() => { if (!expected && child === started) start(); });
      });
    });
  };
  const end = async (signal: NodeJS.Signals): Promise<number | string> => {
    expected = true;
    child?.kill(signal);
    return gone;
  };
  return {
    all, crashes, logged: log.counts, textsLogged: log.texts, start,
    kill: async () => { await end('SIGKILL'); },
    async sample() {
      const life = all.at(-1);
      const sample = await readMetrics(`http://127.0.0.1:${port}/metrics`).catch(() => undefined);
      if (life === undefined || sample === undefined || life.endedAtMs !== undefined) return undefined;
      life.samples.push(sample);
      return sample;
    },
    collect() { if (child?.connected === true) child.send('collect', () => undefined); },
    async stop() {
      const late = sleep(STOP_TIMEOUT_MS, undefined, { ref: false }).then(() => end('SIGKILL'));
      return Promise.race([end('SIGTERM'), late]);
    },
  };
}

async function readMetrics(url: string): Promise<Sample> {
  const text = await (await fetch(url, { signal: AbortSignal.timeout(SAMPLE_TIMEOUT_MS) })).text();
  /** The sum over all labels. */
  const read = (name: string): number => [...text.matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, 'gm'))].reduce((sum, [, value]) => sum + Number(value), 0);
  return {
    atMs: Date.now(), rss: read('process_resident_memory_bytes'), heapUsed: read('nodejs_heap_size_used_bytes'), openFiles: read('process_open_fds'),
    lanes: read('deskbridge_lanes'), jobs: read('deskbridge_jobs'), relayed: read('deskbridge_relayed_total'), buried: read('deskbridge_buried_total'),
  };
}

const TAIL_LENGTH = 2_000;
const KINDS_MAX = 200;

/** Counts lines and keeps the last of them only. */
function createLog() {
  const counts = new Map<string, number>();
  let rest = '';
  let tail = '';
  let texts = 0;
  const takeLine = (line: string): void => {
    if (WORDS.some((word) => line.includes(word))) texts += 1;
    const kind = kindOf(line);
    if (counts.has(kind) || counts.size < KINDS_MAX) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  };
  return {
    counts, texts: () => texts, tail: () => tail,
    take(chunk: Buffer): void {
      const text = chunk.toString('utf8');
      tail = (tail + text).slice(-TAIL_LENGTH);
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      lines.forEach(takeLine);
    },
  };
}

function kindOf(line: string): string {
  try {
    const { level, message } = z.object({ level: z.string(), message: z.string() }).parse(JSON.parse(line));
    return `${level}: ${message.slice(0, 100)}`;
  } catch {
    return 'not a log line';
  }
}
