/**
 * Write cost of the embedded id map at growing numbers of conversations, against a bare fdatasync in the same run.
 * `npm run build:server && node bench/idmap.mjs [--sizes 1000,10000,100000] [--rounds 3] [--folder DIR]`. Prints a Markdown table.
 *
 * In every size the same number of conversations is written, spread over the whole store: first as the map finds them after a start
 * (cold: each is read and checked before it is written), then again (warm). The sizes take turns, so that all meet the same machine.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { conversationOf, fillStore, linkOf, openStore } from './store.mjs';

const { values: given } = parseArgs({ options: {
  sizes: { type: 'string', default: '1000,10000,100000' }, rounds: { type: 'string', default: '3' }, folder: { type: 'string', default: tmpdir() },
} });
const sizes = given.sizes.split(',').map(Number);
/** Written one at a time, and as many again side by side. */
const ONE_BY_ONE = 200;
const SIDE_BY_SIDE = 800;
const WIDTH = 64;
const root = mkdtempSync(join(given.folder, 'deskbridge-bench-'));
const folderOf = (count) => join(root, String(count));

const quantile = (times, share) => [...times].sort((a, b) => a - b)[Math.min(times.length - 1, Math.floor(times.length * share))];

/** What any durable write costs here: append 600 bytes to one open file and sync it. */
async function createFloor() {
  const bytes = Buffer.alloc(600, 0x61);
  const file = await open(join(root, 'floor'), 'w');
  return {
    async write() {
      await file.write(bytes);
      await file.datasync();
    },
    close: () => file.close(),
  };
}

async function timed(work) {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

let message = 100;
function commit(idMap, number) {
  message += 1;
  const link = linkOf(number, message);
  return idMap.withConversation(conversationOf(number), (session) => session.commit({ links: [link] }));
}

async function sideBySide(idMap, numbers) {
  const left = [...numbers];
  return numbers.length / await timed(() => Promise.all(Array.from({ length: WIDTH }, async () => {
    for (let number = left.pop(); number !== undefined; number = left.pop()) await commit(idMap, number);
  }))) * 1_000;
}

/** The same conversations cold, then warm; the floor in turns with the single writes. */
async function measureOnce(count, round, floor, kept) {
  const step = count / (ONE_BY_ONE + SIDE_BY_SIDE);
  const numbers = Array.from({ length: ONE_BY_ONE + SIDE_BY_SIDE }, (_, index) => (Math.floor(index * step) + round) % count);
  let idMap;
  kept.openMs.push(await timed(async () => { idMap = await openStore(folderOf(count)); }));
  for (const temperature of ['cold', 'warm']) {
    for (const number of numbers.slice(0, ONE_BY_ONE)) {
      kept[temperature].push(await timed(() => commit(idMap, number)));
      kept.floor.push(await timed(floor.write));
    }
    kept[`${temperature}Rates`].push(await sideBySide(idMap, numbers.slice(ONE_BY_ONE)));
  }
  await idMap.close();
}

try {
  for (const count of sizes) await fillStore(folderOf(count), count);
  // What the filling left in the page cache would otherwise be written out during the measurement.
  spawnSync('sync');
  const results = new Map(sizes.map((count) => [count, { openMs: [], floor: [], cold: [], warm: [], coldRates: [], warmRates: [] }]));
  const floor = await createFloor();
  for (let round = 0; round < Number(given.rounds); round += 1) {
    for (const [count, kept] of results) await measureOnce(count, round, floor, kept);
  }
  await floor.close();
  console.log(`Floor: 600 bytes appended and fdatasync, in turns with the commits. Medians of ${given.rounds} rounds in turns. Node ${process.version}.\n`);
  console.log('| conversations | floor ms | commit ms, warm | x floor | commit ms, cold | x floor | 64 side by side, warm /s | cold /s | open ms |');
  console.log('|---|---|---|---|---|---|---|---|---|');
  for (const [count, { openMs, floor: floors, cold, warm, coldRates, warmRates }] of results) {
    const [floorMs, warmMs, coldMs] = [floors, warm, cold].map((times) => quantile(times, 0.5));
    console.log(`| ${count} | ${floorMs.toFixed(2)} | ${warmMs.toFixed(2)} | ${(warmMs / floorMs).toFixed(1)} | ${coldMs.toFixed(2)} | ${(coldMs / floorMs).toFixed(1)} `
      + `| ${quantile(warmRates, 0.5).toFixed(0)} | ${quantile(coldRates, 0.5).toFixed(0)} | ${quantile(openMs, 0.5).toFixed(0)} |`);
  }
} finally {
  rmSync(root, { recursive: true, force: true });
}
