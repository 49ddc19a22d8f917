/** Runs the built program as a process of its own, as an admin would. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

export interface Program {
  readonly pid: number;
  /** Everything it printed so far. */
  output(): string;
  /** Resolves with the first log line that has this message; rejects when the program ends first. */
  logged(message: string): Promise<Record<string, unknown>>;
  kill(signal: NodeJS.Signals): void;
  readonly ended: Promise<number | NodeJS.Signals>;
}

/** Starts `deskbridge <arguments>`; nothing of our own environment leaks in but PATH. */
export function runProgram(args: readonly string[], env: Readonly<Record<string, string>>, cwd = root): Program {
  const child: ChildProcess = spawn(process.execPath, [join(root, 'dist/cli.js'), ...args], {
    cwd, env: { PATH: process.env['PATH'] ?? '', ...env }, stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const watchers = new Set<() => void>();
  const take = (chunk: Buffer): void => {
    output += chunk.toString('utf8');
    for (const watch of [...watchers]) watch();
  };
  child.stdout?.on('data', take);
  child.stderr?.on('data', take);
  const ended = new Promise<number | NodeJS.Signals>((settle) => {
    child.on('exit', (code, signal) => {
      settle(signal ?? code ?? 1);
      for (const watch of [...watchers]) watch();
    });
  });
  return {
    pid: child.pid ?? -1,
    output: () => output,
    ended,
    kill: (signal) => { child.kill(signal); },
    logged: (message) => new Promise((settle, reject) => {
      const watch = (): void => {
        const line = output.split('\n').find((one) => one.startsWith('{') && one.includes(`"${message}"`));
        if (line !== undefined) {
          watchers.delete(watch);
          settle(JSON.parse(line) as Record<string, unknown>);
        } else if (child.exitCode !== null || child.signalCode !== null) {
          watchers.delete(watch);
          reject(new Error(`ended before it logged "${message}":\n${output.slice(-3000)}`));
        }
      };
      watchers.add(watch);
      watch();
    }),
  };
}

export async function temporaryFolder(): Promise<{ readonly path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'deskbridge-'));
  return { path, remove: () => rm(path, { recursive: true, force: true, maxRetries: 3 }) };
}

/** Asks until the answer is there; for things that happen in another process. Bounded by `limitMs`. */
export async function eventually<T>(ask: () => Promise<T | undefined> | T | undefined, limitMs: number, what: string): Promise<T> {
  const until = Date.now() + limitMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (Date.now() > until) throw new Error(`not within ${limitMs} ms: ${what}`);
    await new Promise((resolve) => { setTimeout(resolve, 25); });
  }
}
