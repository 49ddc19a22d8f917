// `npm run test:faults`: plays every row of the table of faults on the built program, on the desk and on Request Tracker, and prints the table.
// Exits 1 when a row breaks its bound. `-- --markdown` prints the table as docs/reliability.md has it; `-- -t 'disk'` plays some rows only;
// `-- --desk` leaves Request Tracker out, `-- --rt` the desk. Request Tracker is the one of DESKBRIDGE_RT_CREDENTIALS, or one of this run's own.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { build, endAllOnSignal, jest, obstacleToRequestTracker, requestTrackerIn } from '../../servers/programs.mjs';
import { toMarkdownTable, toPlainTable } from './table.mjs';

const OWN_FLAGS = ['--markdown', '--desk', '--rt'];
const given = process.argv.slice(2);
const [markdown, deskOnly, rtOnly] = OWN_FLAGS.map((flag) => given.includes(flag));
const forJest = given.filter((one) => !OWN_FLAGS.includes(one));

const say = (text) => console.log(`test:faults: ${text}`);

/** Plays the rows of one file and writes them down; resolves to an exit code. */
const play = (file, env) => jest(env, [...forJest, file]);

async function playOnRequestTracker(rt, results) {
  const reason = deskOnly ? 'left out as asked' : obstacleToRequestTracker();
  const named = process.env.DESKBRIDGE_RT_CREDENTIALS;
  if (deskOnly || (named === undefined && reason !== undefined)) {
    say(`the rows on Request Tracker are not run: ${reason}.`);
    return 0;
  }
  if (named === undefined) say('bringing up Request Tracker');
  const credentials = named ?? await rt.bringUp();
  if (credentials === undefined) return 1;
  return play('test/servers/faults-on-rt.test.ts', { DESKBRIDGE_FAULTS: results, DESKBRIDGE_TEST: 'servers', DESKBRIDGE_RT_CREDENTIALS: credentials });
}

async function main() {
  const folder = mkdtempSync(path.join(tmpdir(), 'deskbridge-faults-'));
  const results = path.join(folder, 'results.jsonl');
  const rt = await requestTrackerIn(folder);
  endAllOnSignal(rt.takeDown);
  try {
    say('building the program');
    if (await build() !== 0) return 1;
    const failedOnDesk = rtOnly ? 0 : await play('test/e2e/faults.test.ts', { DESKBRIDGE_FAULTS: results, DESKBRIDGE_TEST: '' });
    const failedOnRt = await playOnRequestTracker(rt, results);
    const rows = existsSync(results) ? readFileSync(results, 'utf8').trim().split('\n').map((line) => JSON.parse(line)) : [];
    console.log(`\n${markdown ? toMarkdownTable(rows) : toPlainTable(rows)}\n`);
    const broken = rows.filter((row) => row.broken.length > 0);
    say(`${rows.length} rows, ${broken.length} broken`);
    return failedOnDesk !== 0 || failedOnRt !== 0 || broken.length > 0 ? 1 : 0;
  } finally {
    rt.takeDown();
    rmSync(folder, { recursive: true, force: true });
  }
}

process.exitCode = await main();
