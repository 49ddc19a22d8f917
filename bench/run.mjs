/**
 * What the bridge costs, against the floor (`floor.mjs`) in the same run. `npm run build && npm run bench`. Prints Markdown tables.
 *   --rounds 3           how often each cell is measured, floor and bridge in turns; the table has the medians
 *   --chats 1,16,64      conversations written in side by side
 *   --messages 3000      of one burst, at the most
 *   --directions in,out  to the helpdesk, to Telegram
 *   --folder DIR         where the bridge keeps its data; default: the folder for temporary files
 *   --program FILE       another build's dist/cli.js; several times = several builds in turns
 *   --profile DIR        write a CPU profile of the bridge
 *   --quick              one round, bursts only
 *   --paced              only with the default limits to Telegram, each build in turns
 *   --telegram-ms 0      how long Telegram takes to answer a send
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { startBridge, startFloor, startWorld } from './relay.mjs';

const { values: given } = parseArgs({ options: {
  rounds: { type: 'string' }, chats: { type: 'string', default: '1,16,64' }, messages: { type: 'string', default: '3000' },
  directions: { type: 'string', default: 'in,out' },
  folder: { type: 'string', default: tmpdir() }, program: { type: 'string', multiple: true }, profile: { type: 'string' }, quick: { type: 'boolean', default: false },
  paced: { type: 'boolean', default: false }, 'telegram-ms': { type: 'string', default: '0' },
} });
const rounds = Number(given.rounds ?? (given.quick ? 1 : 3));
const sizes = given.chats.split(',').map(Number);
const CHATS_MAX = Math.max(...sizes, 64);
const BURST_PER_CHAT = 1_000;
const TRICKLE = 120;
const DIRECTIONS = given.directions.split(',');
const ARROW = { in: 'to the helpdesk', out: 'to Telegram' };

const sorted = (numbers) => [...numbers].sort((a, b) => a - b);
const quantile = (numbers, share) => sorted(numbers)[Math.min(numbers.length - 1, Math.floor(numbers.length * share))];
const median = (numbers) => quantile(numbers, 0.5);
const burstOf = (chats) => Math.min(Number(given.messages), chats * BURST_PER_CHAT);
const table = (head, rows) => [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

/** Opens the tickets, and lets the code get warm. */
async function warmUp(world, relay, total) {
  await world.run({ relay, direction: 'in', shape: 'burst', chats: CHATS_MAX, total: CHATS_MAX });
  for (const direction of DIRECTIONS) await world.run({ relay, direction, shape: 'burst', chats: CHATS_MAX, total });
}

/** Every cell once for each relay, in turns: both meet the same machine. */
async function measureRound(world, relays, cells, results) {
  for (const cell of cells) {
    for (const { relay, cpuMs } of relays) {
      const key = `${relay.name} ${cell.direction} ${cell.shape} ${cell.chats}`;
      const cpuBeforeMs = await cpuMs();
      const { ms, latencies } = await world.run({ relay, ...cell });
      const kept = results.get(key) ?? { rates: [], costs: [], latencies: [] };
      kept.rates.push(cell.total / ms * 1_000);
      kept.costs.push((await cpuMs() - cpuBeforeMs) / cell.total * 1_000);
      if (cell.shape === 'trickle') kept.latencies.push(...latencies);
      results.set(key, kept);
    }
  }
}

/** `what`: `rates` (messages a second) or `costs` (microseconds of processor time for one message). */
function burstRows(results, names, what) {
  return DIRECTIONS.flatMap((direction) => sizes.map((chats) => {
    const [floor, ...others] = names.map((name) => median(results.get(`${name} ${direction} burst ${chats}`)[what]));
    return [ARROW[direction], chats, floor.toFixed(0), ...others.flatMap((one) => [one.toFixed(0), (one / floor).toFixed(2)])];
  }));
}

function latencyRows(results, names) {
  return DIRECTIONS.flatMap((direction) => sizes.map((chats) => {
    const [floor, ...others] = names.map((name) => results.get(`${name} ${direction} trickle ${chats}`).latencies);
    const added = (latencies, share) => `+${(quantile(latencies, share) - quantile(floor, share)).toFixed(1)}`;
    return [ARROW[direction], chats, `${quantile(floor, 0.5).toFixed(1)} / ${quantile(floor, 0.99).toFixed(1)}`,
      ...others.flatMap((latencies) => [added(latencies, 0.5), added(latencies, 0.99)])];
  }));
}

/** Longer than the limiter keeps two messages apart, so that a lone answer meets an idle limiter. */
const PACED_REST_MS = 60;
const PACED_BURST = 150;
const RECEIPTS_MS = 5_000;

/** With the product's own limits to Telegram: what one answer waits, and what a burst of answers gets. */
async function measurePaced(world, { relay }) {
  await world.run({ relay, direction: 'in', shape: 'burst', chats: CHATS_MAX, total: CHATS_MAX });
  // The receipts of the tickets just opened have to be out.
  await setTimeout(RECEIPTS_MS);
  const { latencies } = await world.run({ relay, direction: 'out', shape: 'trickle', chats: CHATS_MAX, total: CHATS_MAX, restMs: PACED_REST_MS });
  const burst = await world.run({ relay, direction: 'out', shape: 'burst', chats: CHATS_MAX, total: PACED_BURST });
  const perSecond = PACED_BURST / burst.ms * 1_000;
  return `With the default limits (30 messages a second, 1 a second to one chat): ${PACED_BURST} answers to ${CHATS_MAX} chats at once leave at ${perSecond.toFixed(1)} a second `
    + `(${(perSecond / 30).toFixed(2)} of the limit); one answer at a time takes p50 ${median(latencies).toFixed(1)} ms, p99 ${quantile(latencies, 0.99).toFixed(1)} ms.`;
}

/** What is measured against the floor. */
function builds() {
  if (given.program !== undefined) return given.program.map((program, number) => ({ name: `build ${number + 1}`, program }));
  const bridge = { name: 'bridge', ...(given.profile && { nodeArguments: ['--cpu-prof', '--cpu-prof-dir', given.profile] }) };
  return given.quick ? [bridge] : [bridge, { name: 'bridge, log level info', logLevel: 'info' }];
}

async function compare(world, started, folder) {
  const open = async (starting) => {
    const one = await starting;
    started.push(one);
    return one;
  };
  const relays = [await open(startFloor(world, 1))];
  for (const build of builds()) relays.push(await open(startBridge(world, { ...build, firstChat: relays.length * 1_000 + 1, folder })));
  for (const { relay } of relays) await warmUp(world, relay, Number(given.messages) / 2);
  const shapes = given.quick ? ['burst'] : ['burst', 'trickle'];
  const cells = shapes.flatMap((shape) => DIRECTIONS.flatMap((direction) => sizes.map((chats) => (
    { direction, shape, chats, total: shape === 'burst' ? burstOf(chats) : TRICKLE }))));
  const results = new Map();
  for (let round = 0; round < rounds; round += 1) await measureRound(world, relays, cells, results);
  const names = relays.map(({ relay }) => relay.name);
  const bridges = names.slice(1);
  console.log(`Node ${process.version}, ${availableParallelism()} cores, ${rounds} rounds in turns, medians; helpdesk and Bot API of the bench on loopback.\n`);
  console.log(`${table(['burst', 'chats', 'floor msg/s', ...bridges.flatMap((name) => [`${name} msg/s`, 'of floor'])], burstRows(results, names, 'rates'))}\n`);
  console.log(`${table(['processor time', 'chats', 'floor µs/msg', ...bridges.flatMap((name) => [`${name} µs/msg`, 'x floor'])], burstRows(results, names, 'costs'))}\n`);
  if (given.quick) return;
  console.log(`${table(['one at a time', 'chats', 'floor p50 / p99 ms', ...bridges.flatMap((name) => [`${name} p50`, 'p99'])], latencyRows(results, names))}\n`);
  console.log(await measurePaced(world, await open(startBridge(world, { ...builds()[0], name: 'paced', firstChat: 100_001, folder, paced: true }))));
}

/** Every build with the limits of the product, in turns. */
async function comparePaced(world, started, folder) {
  const relays = [];
  for (const [number, build] of builds().entries()) {
    const one = await startBridge(world, { ...build, firstChat: (number + 1) * 10_000 + 1, folder, paced: true });
    started.push(one);
    relays.push({ ...one, build });
  }
  for (let round = 0; round < rounds; round += 1) for (const one of relays) console.log(`${one.build.name}: ${await measurePaced(world, one)}`);
}

const folder = mkdtempSync(join(given.folder, 'deskbridge-bench-'));
const started = [];
try {
  const world = await startWorld(given['telegram-ms']);
  started.push(world);
  await (given.paced ? comparePaced : compare)(world, started, folder);
} finally {
  for (const one of started.reverse()) await one.stop();
  rmSync(folder, { recursive: true, force: true });
}
