/**
 * What belongs here: noticing work that grows faster than its input. Nothing is compared with a clock on the wall: the same function is
 * given an input and one eight times as long, and its processor time may grow eight times, with room for a busy machine; quadratic
 * work grows 64 times. Short times say nothing and always pass, so inputs must be long enough for quadratic work to show.
 */
import { it } from '@jest/globals';
import fc from 'fast-check';
import { runs, seed } from './fuzz.js';

const TIMES_LONGER = 8;
const TIMES_SLOWER_MAX = 28;
/** Below this, garbage collection and compilation decide. */
const NOTICEABLE_MS = 150;
/** Even linear work must not take longer for an input that a request may hold. */
const EVER_MS_MAX = 20_000;
const HOUR_MS = 3_600_000;

/** A test: `make(value, length)` gives inputs of about that length, `work` takes one. */
export function staysLinear<T>(name: string, values: fc.Arbitrary<T>, usual: number, length: number, make: (value: T, length: number) => string, work: (input: string) => void): void {
  it(name, () => {
    for (const value of fc.sample(values, { seed, numRuns: runs(usual) })) {
      const fault = growthFault((scale) => make(value, length * scale), work);
      if (fault !== undefined) throw new Error(`${fault} for ${JSON.stringify(value)}\nPlay it again: SEED=${seed} RUNS=${runs(usual)} npm test -- test/fuzz -t ${JSON.stringify(name)}`);
    }
  }, HOUR_MS);
}

/** `make(1)` and `make(8)` are the short and the long input. */
export function growthFault(make: (scale: number) => string, work: (input: string) => void): string | undefined {
  const long = make(TIMES_LONGER);
  const first = cpuMsOf(() => work(long));
  if (first < NOTICEABLE_MS) return undefined;
  if (first > EVER_MS_MAX) return `${Math.round(first)} ms for ${long.length} characters`;
  const short = make(1);
  // The best of several: whatever else runs here only adds time.
  const shortMs = Math.min(...[1, 2, 3, 4].map(() => cpuMsOf(() => work(short))));
  const longMs = Math.min(first, cpuMsOf(() => work(long)));
  if (longMs < NOTICEABLE_MS || longMs / Math.max(shortMs, 1) <= TIMES_SLOWER_MAX) return undefined;
  return `${Math.round(shortMs)} ms for ${short.length} characters, but ${Math.round(longMs)} ms for ${long.length}`;
}

function cpuMsOf(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
