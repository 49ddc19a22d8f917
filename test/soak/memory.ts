/** What belongs here: whether memory is flat. Pure. */
import type { Life } from './lives.js';

export interface Trend {
  readonly first: number;
  readonly last: number;
  readonly most: number;
}

export interface Flatness {
  readonly minutes: number;
  /** Of the heap after a forced collection, after the warm-up, by least squares. */
  readonly heapSlopePerHour: number;
  /** What the slope may be. */
  readonly boundPerHour: number;
  /** Undefined when the life was too short to be judged. */
  readonly flat: boolean | undefined;
  readonly collections: number;
  readonly relayedPerHour: number;
  /** Medians of the first and the last quarter after the warm-up, and the most of the whole life, in bytes. */
  readonly heapAfterCollection: Trend;
  readonly heap: Trend;
  readonly rss: Trend;
}

const JUDGED_FROM_MINUTES = 10;
/** Code is compiled and optimised, connections and caches fill. A tenth of the life at least. */
const WARM_UP_MS = 3 * 60_000;
/**
 * The id map keeps at most 60,000 links in memory, about 40 MB (`WEIGHT_MAX` in `src/idmap/lowdb.ts`): until it is full, each message brought
 * across may leave one link, and that is all that may grow with time.
 */
const BYTES_PER_LINK = 40e6 / 60_000;
/** What a fit over some minutes is uncertain by. */
const NOISE_PER_HOUR = 4e6;
const HOUR_MS = 3_600_000;

export function judgeMemory(life: Life, endedAtMs: number): Flatness {
  const lengthMs = (life.endedAtMs ?? endedAtMs) - life.startedAtMs;
  const minutes = lengthMs / 60_000;
  const fromMs = life.startedAtMs + (minutes < JUDGED_FROM_MINUTES ? lengthMs * 0.3 : Math.max(WARM_UP_MS, lengthMs * 0.1));
  const after = <T extends { readonly atMs: number }>(points: readonly T[]): readonly T[] => points.filter(({ atMs }) => atMs >= fromMs);
  const collected = after(life.collected);
  const samples = after(life.samples);
  const [first, last] = [samples[0], samples.at(-1)];
  const relayedPerHour = first === undefined || last === undefined || last === first ? 0 : (last.relayed - first.relayed) * HOUR_MS / (last.atMs - first.atMs);
  const heapSlopePerHour = slopeOf(collected.map(({ atMs, heapUsed }) => [atMs / HOUR_MS, heapUsed]));
  const boundPerHour = relayedPerHour * BYTES_PER_LINK + NOISE_PER_HOUR;
  return {
    minutes, heapSlopePerHour, boundPerHour, relayedPerHour, collections: collected.length,
    flat: minutes < JUDGED_FROM_MINUTES ? undefined : heapSlopePerHour <= boundPerHour,
    heapAfterCollection: trendOf(collected.map(({ heapUsed }) => heapUsed), life.collected.map(({ heapUsed }) => heapUsed)),
    heap: trendOf(samples.map(({ heapUsed }) => heapUsed), life.samples.map(({ heapUsed }) => heapUsed)),
    rss: trendOf(samples.map(({ rss }) => rss), life.samples.map(({ rss }) => rss)),
  };
}

export function longestOf(lives: readonly Life[], endedAtMs: number): Life | undefined {
  const lengthOf = (life: Life): number => (life.endedAtMs ?? endedAtMs) - life.startedAtMs;
  return [...lives].sort((a, b) => lengthOf(b) - lengthOf(a))[0];
}

function trendOf(values: readonly number[], whole: readonly number[]): Trend {
  const quarter = Math.max(1, Math.floor(values.length / 4));
  return { first: median(values.slice(0, quarter)), last: median(values.slice(-quarter)), most: Math.max(0, ...whole) };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] ?? 0 : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}

/** Least squares; 0 for fewer than two points. */
function slopeOf(points: readonly (readonly [number, number])[]): number {
  if (points.length < 2) return 0;
  const mean = (index: 0 | 1): number => points.reduce((total, point) => total + point[index], 0) / points.length;
  const [meanX, meanY] = [mean(0), mean(1)];
  const [over, under] = points.reduce(([up, down], [x, y]) => [up + (x - meanX) * (y - meanY), down + (x - meanX) ** 2] as const, [0, 0] as const);
  return under === 0 ? 0 : over / under;
}
