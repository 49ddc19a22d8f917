/** `npm run simulate`: plays many seeds, or one line by line, or the mutation check. */
import { fork, type ChildProcess } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Setup } from './actions.js';
import { formatCounts, formatCountsTable, formatFailure, formatMutations, USAGE } from './report.js';
import { SABOTAGES } from './sabotage.js';
import { playSeed } from './story.js';
import type { Failure, Order, Result } from './worker.js';

const CHUNK = 25;
const FAILURES_MAX = 10;
const MUTATION_SEEDS_MAX = 500;

const { values } = parseArgs({
  options: {
    seeds: { type: 'string' }, first: { type: 'string' }, seed: { type: 'string' }, path: { type: 'string' }, trace: { type: 'boolean' },
    idempotency: { type: 'string' }, intake: { type: 'string' }, markdown: { type: 'boolean' }, mutations: { type: 'boolean' }, help: { type: 'boolean' },
  },
});

const print = (line: string): void => { process.stdout.write(`${line}\n`); };

function forcedOf(): Partial<Setup> {
  const { idempotency, intake } = values;
  return {
    ...((idempotency === 'native' || idempotency === 'lookup') && { idempotency }),
    ...((intake === 'polling' || intake === 'webhook') && { intake }),
  };
}

/** Hands orders to as many processes as there are processors; returns when all are done. */
async function work(orders: Iterator<Order>, take: (result: Result) => void): Promise<void> {
  const one = (child: ChildProcess): Promise<void> => new Promise((resolve, reject) => {
    const next = (): void => {
      const { value, done } = orders.next();
      if (done === true) child.disconnect();
      else child.send(value);
    };
    child.on('message', (result) => {
      take(result as Result);
      next();
    });
    child.on('exit', (code) => { if (code === 0) resolve(); else reject(new Error(`a process of the simulation ended with ${code}`)); });
    next();
  });
  const path = fileURLToPath(new URL('./worker.ts', import.meta.url));
  await Promise.all(Array.from({ length: availableParallelism() }, () => one(fork(path))));
}

async function playMany(first: number, seeds: number): Promise<number> {
  const counts: Record<string, number> = {};
  const failures: Failure[] = [];
  const startedMs = performance.now();
  let played = 0;
  function* orders(): Generator<Order> {
    for (let from = first; from < first + seeds && failures.length < FAILURES_MAX; from += CHUNK) {
      yield { kind: 'play', seeds: Array.from({ length: Math.min(CHUNK, first + seeds - from) }, (_, index) => from + index), forced: forcedOf() };
    }
  }
  await work(orders(), (result) => {
    if (result.kind !== 'played') return;
    played += result.stories;
    failures.push(...result.failures);
    for (const [what, times] of Object.entries(result.counts)) counts[what] = (counts[what] ?? 0) + times;
    for (const failure of result.failures) print(formatFailure(failure, forcedOf()));
  });
  const minutes = (performance.now() - startedMs) / 60_000;
  print(values.markdown === true ? formatCountsTable(counts, played) : formatCounts(counts));
  print(`${played} stories, seeds ${first} to ${first + seeds - 1}: ${failures.length} failed; ${Math.round(played / minutes)} stories a minute`);
  return failures.length === 0 ? 0 : 1;
}

async function playOne(seed: number): Promise<number> {
  const trace = values.trace === true ? print : undefined;
  const { violations, shrunk } = await playSeed(seed, { forced: forcedOf(), path: values.path, trace });
  if (shrunk !== undefined) for (const action of shrunk.story.actions) print(JSON.stringify(action));
  print(violations.length === 0 ? `seed ${seed} ends well` : `seed ${seed} fails:\n  ${violations.join('\n  ')}`);
  return violations.length === 0 ? 0 : 1;
}

async function checkMutations(): Promise<number> {
  const results: Extract<Result, { kind: 'mutated' }>[] = [];
  const orders = Object.keys(SABOTAGES).map((safeguard): Order => ({ kind: 'mutate', safeguard, seedsMax: MUTATION_SEEDS_MAX }));
  await work(orders.values(), (result) => { if (result.kind === 'mutated') results.push(result); });
  const order = Object.keys(SABOTAGES);
  results.sort((a, b) => order.indexOf(a.safeguard) - order.indexOf(b.safeguard));
  print(formatMutations(results, MUTATION_SEEDS_MAX));
  return results.every(({ seed }) => seed !== undefined) ? 0 : 1;
}

async function run(): Promise<number> {
  if (values.help === true) {
    print(USAGE);
    return 0;
  }
  if (values.mutations === true) return checkMutations();
  if (values.seed !== undefined) return playOne(Number(values.seed));
  return playMany(Number(values.first ?? 1), Number(values.seeds ?? 1_000));
}

process.exitCode = await run();
