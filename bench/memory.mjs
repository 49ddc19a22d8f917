/**
 * What the program holds in memory: at rest, and after 100,000 conversations went through the id map and through the pacing to Telegram.
 * `npm run build && node --expose-gc bench/memory.mjs [--conversations 100000]`. Prints a Markdown table.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { plainText } from '../dist/core/rich-text.js';
import { createSender } from '../dist/telegram/sender.js';
import { systemClock } from '../dist/main/system-clock.js';
import { startBridge, startWorld } from './relay.mjs';
import { conversationOf, fillStore, openStore } from './store.mjs';

const { values: given } = parseArgs({ options: { conversations: { type: 'string', default: '100000' } } });
const count = Number(given.conversations);
const WIDTH = 64;
const folder = mkdtempSync(join(tmpdir(), 'deskbridge-bench-'));
const rows = [];

function note(what) {
  globalThis.gc?.();
  const { rss, heapUsed } = process.memoryUsage();
  rows.push([what, (rss / 2 ** 20).toFixed(0), (heapUsed / 2 ** 20).toFixed(0)]);
}

/** Calls `work` with 0 to `count` - 1, some of them at a time. */
async function forAll(work) {
  let next = 0;
  await Promise.all(Array.from({ length: WIDTH }, async () => { while (next < count) await work(next++); }));
}

/** The built program, with 64 conversations that were written in. */
async function measureProgram() {
  const world = await startWorld();
  const bridge = await startBridge(world, { name: 'bridge', firstChat: 1, folder });
  try {
    const show = (what, { rss, heapUsed }) => rows.push([what, (rss / 2 ** 20).toFixed(0), (heapUsed / 2 ** 20).toFixed(0)]);
    show('the program at rest', await bridge.memory());
    await world.run({ relay: bridge.relay, direction: 'in', shape: 'burst', chats: 64, total: 64 });
    for (const direction of ['in', 'out']) await world.run({ relay: bridge.relay, direction, shape: 'burst', chats: 64, total: 5_000 });
    show('the program after 5,000 messages each way in 64 chats', await bridge.memory());
  } finally {
    await bridge.stop();
    await world.stop();
  }
}

async function measureMap() {
  await fillStore(join(folder, 'store'), count);
  note('id map and sender alone, before');
  const idMap = await openStore(join(folder, 'store'));
  await forAll((number) => idMap.withConversation(conversationOf(number), () => Promise.resolve()));
  note(`${count} conversations through the id map`);
  await idMap.close();
}

async function measurePacing() {
  let message = 0;
  const client = { botId: '1', uploadBytesMax: 1, downloadBytesMax: 1, call: () => Promise.resolve({ message_id: ++message }) };
  // The bot's own rate is the time this takes, not the memory.
  const sender = createSender({ client, clock: systemClock, emit: () => undefined, limits: { messagesPerSecond: 0 } });
  let most = 0;
  await forAll(async (number) => {
    await sender.sendPart(conversationOf(number), { kind: 'text', text: plainText('an answer') });
    most = Math.max(most, sender.counts().budgets);
  });
  note(`${count} chats through the pacing (at most ${most} budgets at a time)`);
  await systemClock.sleep(2_000);
  await sender.sendPart(conversationOf(0), { kind: 'text', text: plainText('an answer') });
  note(`two seconds later (budgets held: ${sender.counts().budgets})`);
}

try {
  await measureProgram();
  await measureMap();
  await measurePacing();
  console.log(`Node ${process.version}${globalThis.gc ? ', after a garbage collection' : ''}.\n\n| | RSS MB | heap MB |\n|---|---|---|`);
  for (const row of rows) console.log(`| ${row.join(' | ')} |`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exit();
