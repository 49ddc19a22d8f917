/**
 * What the bridge costs, against the floor (`floor.mjs`) in the same run. `npm run build && npm run bench`. Prints Markdown tables.
 *   --rounds 3           how often each cell is measured, floor and bridge in turns; the table has the medians
 *   --chats 1,16,64      conversations written in side by side
 *   --messages 4000      of one burst, at the most
 *   --folder DIR         where the bridge keeps its data; default: the folder for temporary files
 *   --program FILE       another build's dist/cli.js
 *   --profile DIR        write a CPU profile of the bridge
 *   --quick              one round, bursts only
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startBridge, startFloor, startWorld } from './relay.mjs';

const { values: given } = parseArgs({ options: {
  rounds: { type: 'string', default: '3' }, chats: { type: 'string', default: '1,16,64' }, messages: { type: 'string', default: '4000' },
  folder: { type: 'string', default: tmpdir() }, program: { type: 'string' }, profile: { type: 'string' }, quick: { type: 'boolean', default: false },
} });
const rounds = given.quick ? 1 : Number(given.rounds);
const sizes = given.chats.split(',').map(Number);
const CHATS_MAX = Math.max(...sizes, 64);
const BURST_PER_CHAT = 1_000;
const TRICKLE = 120;
const DIRECTIONS = ['in', 'out'];
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

/** With the product's own limits to Telegram: what a burst of answers gets, and what one answer waits. */
async function measurePaced(world, paced) {
  await world.run({ relay: paced.relay, direction: 'in', shape: 'burst', chats: CHATS_MAX, total: CHATS_MAX });
  const burst = await world.run({ relay: paced.relay, direction: 'out', shape: 'burst', chats: 64, total: 150 });
  const trickle = await world.run({ relay: paced.relay, direction: 'out', shape: 'trickle', chats: 64, total: 64 });
  return `With the default limits (30 messages a second): 150 answers to 64 chats at once leave at ${(150 / burst.ms * 1_000).toFixed(1)} a second `
    + `(${(150 / burst.ms * 1_000 / 30).toFixed(2)} of the limit); one answer at a time takes ${median(trickle.latencies).toFixed(1)} ms, p99 ${quantile(trickle.latencies, 0.99).toFixed(1)} ms.`;
}

async function compare(world, started, folder) {
  const program = given.program === undefined ? {} : { program: given.program };
  const open = async (starting) => {
    const one = await starting;
    started.push(one);
    return one;
  };
  const relays = [await open(startFloor(world, 1)),
    await open(startBridge(world, { name: 'bridge', firstChat: 1_001, folder, ...program, ...(given.profile && { nodeArguments: ['--cpu-prof', '--cpu-prof-dir', given.profile] }) }))];
  if (!given.quick) relays.push(await open(startBridge(world, { name: 'bridge, log level info', firstChat: 2_001, folder, logLevel: 'info', ...program })));
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
  console.log(await measurePaced(world, await open(startBridge(world, { name: 'paced', firstChat: 3_001, folder, paced: true, ...program }))));
}

const folder = mkdtempSync(join(given.folder, 'deskbridge-bench-'));
const started = [];
try {
  const world = await startWorld();
  started.push(world);
  await compare(world, started, folder);
} finally {
  for (const one of started.reverse()) await one.stop();
  rmSync(folder, { recursive: true, force: true });
}
