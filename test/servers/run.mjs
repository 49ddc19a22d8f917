// `npm run test:servers`: brings up the real servers, runs the tests of this folder against them, takes them down again.
// Without servers (not installed, and no way to install them) it says so and exits 0; where CI=true that is a failure.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const HERE = path.dirname(fileURLToPath(import.meta.url));
const ROOT = path.resolve(HERE, '../..');
const RT_SERVER = '/usr/share/request-tracker5/libexec/rt-server';
const CHROMIUMS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

const canInstall = process.getuid?.() === 0 && existsSync('/usr/bin/apt-get');
const chromium = () => process.env.DESKBRIDGE_CHROMIUM ?? CHROMIUMS.find((file) => existsSync(file));

function say(text) {
  console.log(`test:servers: ${text}`);
}

/** Why the tests cannot run here, or undefined. */
function obstacle() {
  if (process.platform !== 'linux') return 'Request Tracker is brought up on Linux only';
  if (!existsSync(RT_SERVER) && !canInstall) return 'request-tracker5 is not installed (Debian: apt-get install request-tracker5 rt5-standalone rt5-db-sqlite), and installing it needs root';
  return undefined;
}

function installPrograms() {
  const missing = [...(chromium() === undefined ? ['chromium'] : []), ...(existsSync('/usr/bin/ffmpeg') ? [] : ['ffmpeg'])];
  if (missing.length === 0 || !canInstall) return;
  say(`installing ${missing.join(' and ')}`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  spawnSync('apt-get', ['update'], { env, stdio: 'ignore' });
  spawnSync('apt-get', ['install', '-y', '--no-install-recommends', ...missing], { env, stdio: 'ignore' });
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

const children = new Set();

function run(command, args, env) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: ROOT, env: { ...process.env, ...env }, stdio: ['ignore', 'inherit', 'inherit'] });
    children.add(child);
    child.on('error', (error) => { say(`${command}: ${error.message}`); resolve(1); });
    child.on('exit', (code) => { children.delete(child); resolve(code ?? 1); });
  });
}

async function main() {
  const reason = obstacle();
  if (reason !== undefined) {
    say(`not run: ${reason}.`);
    return process.env.CI === 'true' ? 1 : 0;
  }
  installPrograms();
  const browser = chromium();
  if (browser === undefined) say('no chromium: tests that need a browser will not run');
  const folder = mkdtempSync(path.join(tmpdir(), 'deskbridge-servers-'));
  const rt = { RT_DIR: path.join(folder, 'rt'), RT_PORT: String(await freePort()) };
  const takeDown = () => spawnSync(path.join(HERE, 'rt-down.sh'), [], { env: { ...process.env, ...rt }, stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.on(signal, () => {
      for (const child of children) child.kill('SIGTERM');
      takeDown();
      process.exit(1);
    });
  }
  try {
    say('building the program');
    if (await run(process.execPath, [path.join(ROOT, 'node_modules/@typescript/native/bin/tsc'), '-p', path.join(ROOT, 'tsconfig.json')], {}) !== 0) return 1;
    say('bringing up Request Tracker');
    if (await run(path.join(HERE, 'rt-up.sh'), [], rt) !== 0) return 1;
    const node = ['--experimental-vm-modules', '--no-warnings=ExperimentalWarning', path.join(ROOT, 'node_modules/jest/bin/jest.js')];
    // One file after the other: two of them at once would only wait for the same five workers of RT.
    return await run(process.execPath, [...node, '--runInBand', ...process.argv.slice(2)], {
      DESKBRIDGE_TEST: 'servers', DESKBRIDGE_RT_CREDENTIALS: path.join(rt.RT_DIR, 'credentials.json'),
      ...(browser === undefined ? {} : { DESKBRIDGE_CHROMIUM: browser }),
    });
  } finally {
    takeDown();
    spawnSync('rmdir', [folder]);
  }
}

process.exitCode = await main();
