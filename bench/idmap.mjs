/**
 * Write cost of the embedded id map at growing numbers of conversations, against a bare fsync in the same run.
 * `npm run build:server && node bench/idmap.mjs [--sizes 1000,10000,100000] [--folder DIR]`. Prints a Markdown table.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLowdbIdMap } from '../dist/idmap/lowdb.js';
import { placesIn } from '../dist/idmap/names.js';

const argument = (name, fallback) => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? fallback : process.argv[at + 1];
};
const sizes = argument('sizes', '1000,10000,100000').split(',').map(Number);
const singles = Number(argument('singles', '600'));
const wide = Number(argument('wide', '4096'));
const WIDTH = 64;
const root = mkdtempSync(join(argument('folder', tmpdir()), 'deskbridge-bench-'));

const conversationOf = (number) => `tg:1:${1_000_000 + number}`;
const ticketOf = (number) => ({ ticket: `${number}`, number: `${number}`, phase: 'open', phaseSinceMs: 1, toldPhase: 'open', openedAtMs: 1, cursor: `${number}0` });
const linkOf = (number, message) => ({ ticket: `${number}`, comment: `${number}${message}`, message: `${conversationOf(number)}:${message}`, part: 0 });

/** Conversations as the store itself writes them, but without a sync for each. */
function fill(folder, count) {
  const places = placesIn(folder);
  const made = new Set();
  for (let number = 0; number < count; number += 1) {
    const place = places.conversation(conversationOf(number));
    if (!made.has(place.folder)) mkdirSync(place.folder, { recursive: true });
    made.add(place.folder);
    const links = Array.from({ length: 6 }, (_, message) => linkOf(number, message)).map((link) => [link.ticket, link.comment, link.message, link.part]);
    const state = { conversation: conversationOf(number), tickets: [ticketOf(number)], current: `${number}`, requester: `${number}`, languageTag: 'ru', intents: [], due: [] };
    writeFileSync(place.path, JSON.stringify({ format: 1, state, pages: 0, links }));
  }
}

/** What any durable write costs here: append 600 bytes to one open file and sync it. */
async function createFloor() {
  const bytes = Buffer.alloc(600, 0x61);
  const file = await open(join(root, 'floor'), 'w');
  const write = async () => {
    const started = performance.now();
    await file.write(bytes);
    await file.datasync();
    return performance.now() - started;
  };
  return { write, close: () => file.close() };
}

const percentile = (times, share) => [...times].sort((a, b) => a - b)[Math.min(times.length - 1, Math.floor(times.length * share))];

async function measure(count) {
  const folder = join(root, String(count));
  let idMap = await createLowdbIdMap({ folder, nowMs: () => performance.now() });
  await idMap.close();
  fill(folder, count);
  // What the filling left in the page cache would otherwise be written out during the measurement.
  spawnSync('sync');
  const openedAt = performance.now();
  idMap = await createLowdbIdMap({ folder, nowMs: () => performance.now() });
  const openMs = performance.now() - openedAt;
  let seed = 42;
  const any = () => { seed = (Math.imul(seed, 1103515245) + 12345) >>> 0; return Math.floor((seed / 2 ** 32) * count); };
  let message = 100;
  const times = [];
  const relay = async () => {
    const number = any();
    message += 1;
    const link = linkOf(number, message);
    const started = performance.now();
    await idMap.withConversation(conversationOf(number), (session) => session.commit({ links: [link] }));
    times.push(performance.now() - started);
  };
  for (let turn = 0; turn < 50; turn += 1) await relay();
  times.length = 0;
  const floor = await createFloor();
  const floors = [];
  // In turns, so that both meet the same disk.
  for (let turn = 0; turn < singles; turn += 1) {
    await relay();
    floors.push(await floor.write());
  }
  await floor.close();
  const single = percentile(times, 0.5);
  const floorMs = percentile(floors, 0.5);
  const p99 = percentile(times, 0.99);
  const wideStarted = performance.now();
  await Promise.all(Array.from({ length: WIDTH }, async () => { for (let turn = 0; turn < wide / WIDTH; turn += 1) await relay(); }));
  const perSecond = wide / (performance.now() - wideStarted) * 1000;
  // Every conversation once, so that what memory holds is bounded by the store and not by what was touched.
  for (let number = 0; number < count; number += 1) await idMap.withConversation(conversationOf(number), () => Promise.resolve());
  const rssMb = process.memoryUsage.rss() / 2 ** 20;
  await idMap.close();
  rmSync(folder, { recursive: true });
  return { count, openMs, single, floorMs, p99, perSecond, rssMb };
}

try {
  const rssStartMb = process.memoryUsage.rss() / 2 ** 20;
  const rows = [];
  for (const count of sizes) rows.push(await measure(count));
  console.log(`Floor: 600 bytes appended and fdatasync, in turns with the commits; medians. RSS at start ${rssStartMb.toFixed(0)} MB. Node ${process.version}, threads ${process.env.UV_THREADPOOL_SIZE ?? '4'}.\n`);
  console.log('| conversations | floor ms | commit ms (one at a time) | x floor | p99 ms | 64-way commits/s | x floor rate | open ms | RSS MB after touching all |');
  console.log('|---|---|---|---|---|---|---|---|---|');
  for (const { count, floorMs, single, p99, perSecond, openMs, rssMb } of rows) {
    console.log(`| ${count} | ${floorMs.toFixed(2)} | ${single.toFixed(2)} | ${(single / floorMs).toFixed(1)} | ${p99.toFixed(2)} | ${perSecond.toFixed(0)} | ${(perSecond * floorMs / 1000).toFixed(1)} | ${openMs.toFixed(0)} | ${rssMb.toFixed(0)} |`);
  }
} finally {
  rmSync(root, { recursive: true, force: true });
}
