// What the commands that need real servers share: starting programs, and a Request Tracker of their own that is taken down again.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const HERE = path.dirname(fileURLToPath(import.meta.url));
const RT_SERVER = '/usr/share/request-tracker5/libexec/rt-server';
const NOT_INSTALLED = 'request-tracker5 is not installed (Debian: apt-get install request-tracker5 rt5-standalone rt5-db-sqlite), and installing it needs root';

export const ROOT = path.resolve(HERE, '../..');
export const canInstall = process.getuid?.() === 0 && existsSync('/usr/bin/apt-get');

const children = new Set();

/** Runs a program from the project's folder with its output shown; resolves to its exit code. */
export function run(command, args, env = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: ROOT, env: { ...process.env, ...env }, stdio: ['ignore', 'inherit', 'inherit'] });
    children.add(child);
    child.on('error', (error) => {
      console.error(`${command}: ${error.message}`);
      resolve(1);
    });
    child.on('exit', (code) => {
      children.delete(child);
      resolve(code ?? 1);
    });
  });
}

/** When this process is told to end: ends what it runs, then does `last`. */
export function endAllOnSignal(last) {
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.on(signal, () => {
      for (const child of children) child.kill('SIGTERM');
      last();
      process.exit(1);
    });
  }
}

/** Resolves to an exit code. */
export function build() {
  return run(process.execPath, [path.join(ROOT, 'node_modules/@typescript/native/bin/tsc'), '-p', path.join(ROOT, 'tsconfig.json')]);
}

/** One file after the other: several at once would only wait for the same workers of Request Tracker. Resolves to an exit code. */
export function jest(env, args) {
  const node = ['--experimental-vm-modules', '--no-warnings=ExperimentalWarning', path.join(ROOT, 'node_modules/jest/bin/jest.js')];
  return run(process.execPath, [...node, '--runInBand', ...args], env);
}

/** Why Request Tracker cannot be brought up here, or undefined. */
export function obstacleToRequestTracker() {
  if (process.platform !== 'linux') return 'Request Tracker is brought up on Linux only';
  return existsSync(RT_SERVER) || canInstall ? undefined : NOT_INSTALLED;
}

/** A Request Tracker in this folder, on a free port. `bringUp` resolves to the file of its credentials, undefined when it did not come up; `takeDown` may be called at any time. */
export async function requestTrackerIn(folder) {
  const env = { RT_DIR: path.join(folder, 'rt'), RT_PORT: String(await freePort()) };
  const takeDown = () => {
    spawnSync(path.join(HERE, 'rt-down.sh'), [], { env: { ...process.env, ...env }, stdio: 'inherit' });
  };
  const bringUp = async () => (await run(path.join(HERE, 'rt-up.sh'), [], env) === 0 ? path.join(env.RT_DIR, 'credentials.json') : undefined);
  return { bringUp, takeDown };
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
