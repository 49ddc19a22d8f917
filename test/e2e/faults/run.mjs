// `npm run test:faults`: plays every row of the table of faults on the built program, on the desk and on Request Tracker, and prints the table.
// Exits 1 when a row breaks its bound. `-- --markdown` prints the table as docs/reliability.md has it; `-- -t 'disk'` plays some rows only;
// `-- --desk` leaves Request Tracker out. Request Tracker is the one of DESKBRIDGE_RT_CREDENTIALS, or one that is brought up for this run.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../..');
const SERVERS = path.join(ROOT, 'test/servers');
const RT_SERVER = '/usr/share/request-tracker5/libexec/rt-server';
const given = process.argv.slice(2);
const markdown = given.includes('--markdown');
const deskOnly = given.includes('--desk');
const forJest = given.filter((one) => one !== '--markdown' && one !== '--desk');

const say = (text) => console.log(`test:faults: ${text}`);
const children = new Set();

function run(command, args, env = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: ROOT, env: { ...process.env, ...env }, stdio: ['ignore', 'inherit', 'inherit'] });
    children.add(child);
    child.on('error', (error) => { say(`${command}: ${error.message}`); resolve(1); });
    child.on('exit', (code) => { children.delete(child); resolve(code ?? 1); });
  });
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

/** Why Request Tracker cannot be brought up here, or undefined. */
function obstacle() {
  if (deskOnly) return 'left out as asked';
  if (process.platform !== 'linux') return 'it is brought up on Linux only';
  if (existsSync(RT_SERVER) || (process.getuid?.() === 0 && existsSync('/usr/bin/apt-get'))) return undefined;
  return 'request-tracker5 is not installed (Debian: apt-get install request-tracker5 rt5-standalone rt5-db-sqlite), and installing it needs root';
}

/** Where its credentials lie, and how to take it down; undefined when there is none. */
async function findRequestTracker(folder) {
  const named = deskOnly ? undefined : process.env.DESKBRIDGE_RT_CREDENTIALS;
  if (named !== undefined) return { credentials: named, takeDown: () => undefined };
  const reason = obstacle();
  if (reason !== undefined) {
    say(`the rows on Request Tracker are not run: ${reason}.`);
    return undefined;
  }
  const env = { RT_DIR: path.join(folder, 'rt'), RT_PORT: String(await freePort()) };
  const takeDown = () => spawnSync(path.join(SERVERS, 'rt-down.sh'), [], { env: { ...process.env, ...env }, stdio: 'inherit' });
  say('bringing up Request Tracker');
  if (await run(path.join(SERVERS, 'rt-up.sh'), [], env) === 0) return { credentials: path.join(env.RT_DIR, 'credentials.json'), takeDown };
  takeDown();
  throw new Error('Request Tracker did not come up');
}

function jest(env, ...files) {
  const node = ['--experimental-vm-modules', '--no-warnings=ExperimentalWarning', path.join(ROOT, 'node_modules/jest/bin/jest.js')];
  return run(process.execPath, [...node, '--runInBand', ...forJest, ...files], env);
}

async function main() {
  const folder = mkdtempSync(path.join(tmpdir(), 'deskbridge-faults-'));
  const results = path.join(folder, 'results.jsonl');
  let rt;
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.on(signal, () => {
      for (const child of children) child.kill('SIGTERM');
      rt?.takeDown();
      process.exit(1);
    });
  }
  try {
    say('building the program');
    if (await run(process.execPath, [path.join(ROOT, 'node_modules/@typescript/native/bin/tsc'), '-p', path.join(ROOT, 'tsconfig.json')]) !== 0) return 1;
    const failedOnDesk = await jest({ DESKBRIDGE_FAULTS: results, DESKBRIDGE_TEST: '' }, 'test/e2e/faults.test.ts');
    rt = await findRequestTracker(folder);
    const failedOnRt = rt === undefined ? 0
      : await jest({ DESKBRIDGE_FAULTS: results, DESKBRIDGE_TEST: 'servers', DESKBRIDGE_RT_CREDENTIALS: rt.credentials }, 'test/servers/faults-on-rt.test.ts');
    const rows = existsSync(results) ? readFileSync(results, 'utf8').trim().split('\n').map((line) => JSON.parse(line)) : [];
    const { toMarkdownTable, toPlainTable } = await import('./table.mjs');
    console.log(`\n${markdown ? toMarkdownTable(rows) : toPlainTable(rows)}\n`);
    const broken = rows.filter((row) => row.broken.length > 0);
    say(`${rows.length} rows, ${broken.length} broken`);
    return failedOnDesk !== 0 || failedOnRt !== 0 || broken.length > 0 ? 1 : 0;
  } finally {
    rt?.takeDown();
    rmSync(folder, { recursive: true, force: true });
  }
}

process.exitCode = await main();
