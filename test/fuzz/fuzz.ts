/**
 * What belongs here: running a property with a seed that is the same every time, and saying how to run it again or longer:
 * `SEED=7 RUNS=100000 npm test -- test/fuzz`.
 */
import { it } from '@jest/globals';
import fc from 'fast-check';

const SEED_DEFAULT = 20_261_121;
/** On a busy machine a target stops here, and has then tried fewer inputs. Does not hold when `RUNS` is given. */
const TARGET_MS_MAX = 400;
const HOUR_MS = 3_600_000;

const asked = numberOf('RUNS');
export const seed = numberOf('SEED') ?? SEED_DEFAULT;

/** How often something is tried: `RUNS`, else `usual`. */
export function runs(usual: number): number {
  return asked ?? usual;
}

/** A test that tries `usual` values (or `RUNS`) and shows the smallest one that fails. */
export function fuzz<T>(name: string, values: fc.Arbitrary<T>, usual: number, check: (value: T) => void): void {
  it(name, () => {
    const bound = asked === undefined ? { interruptAfterTimeLimit: TARGET_MS_MAX } : {};
    report(name, fc.check(fc.property(values, check), { seed, numRuns: runs(usual), ...bound }));
  }, HOUR_MS);
}

/** As `fuzz`, for what takes a promise. */
export function fuzzAsync<T>(name: string, values: fc.Arbitrary<T>, usual: number, check: (value: T) => Promise<void>): void {
  it(name, async () => {
    const bound = asked === undefined ? { interruptAfterTimeLimit: TARGET_MS_MAX } : {};
    report(name, await fc.check(fc.asyncProperty(values, check), { seed, numRuns: runs(usual), ...bound }));
  }, HOUR_MS);
}

function report<T>(name: string, details: fc.RunDetails<T>): void {
  if (!details.failed) return;
  const again = `SEED=${details.seed} RUNS=${details.numRuns} npm test -- test/fuzz -t ${JSON.stringify(name)}`;
  const cause = details.errorInstance instanceof Error ? details.errorInstance.message : String(details.errorInstance);
  const smallest = JSON.stringify(details.counterexample)?.slice(0, 4_000);
  throw new Error(`Failed after ${details.numRuns} runs, smallest example after ${details.numShrinks} steps:\n${smallest}\n\n${cause}\n\nPlay it again: ${again}`);
}

function numberOf(name: string): number | undefined {
  const text = process.env[name];
  if (text === undefined || text === '') return undefined;
  if (!/^-?\d{1,10}$/.test(text)) throw new Error(`${name} must be a whole number`);
  return Number(text);
}
