/** Plays seeds for `main.ts` in a process of its own. */
import type { Setup, Story } from './actions.js';
import { SABOTAGES } from './sabotage.js';
import { playSeed } from './story.js';

export type Order =
  | { readonly kind: 'play'; readonly seeds: readonly number[]; readonly forced: Partial<Setup> }
  | { readonly kind: 'mutate'; readonly safeguard: string; readonly seedsMax: number };

export interface Failure {
  readonly seed: number;
  readonly violations: readonly string[];
  /** The shortest story that was found to fail. */
  readonly path: string;
  readonly story: Story;
  readonly shrunkViolations: readonly string[];
}

export type Result =
  | { readonly kind: 'played'; readonly stories: number; readonly counts: Readonly<Record<string, number>>; readonly failures: readonly Failure[] }
  | { readonly kind: 'mutated'; readonly safeguard: string; readonly seed: number | undefined; readonly violation: string | undefined };

async function playAll(seeds: readonly number[], forced: Partial<Setup>): Promise<Result> {
  const counts: Record<string, number> = {};
  const failures: Failure[] = [];
  for (const seed of seeds) {
    const ending = await playSeed(seed, { forced });
    for (const [what, times] of Object.entries(ending.counts)) counts[what] = (counts[what] ?? 0) + times;
    if (ending.violations.length === 0) continue;
    const { shrunk } = await playSeed(seed, { forced, shrink: true });
    if (shrunk === undefined) throw new Error(`seed ${seed} fails, and then does not: the simulation depends on something beside its seed`);
    failures.push({ seed, violations: ending.violations, path: shrunk.path, story: shrunk.story, shrunkViolations: shrunk.violations });
  }
  return { kind: 'played', stories: seeds.length, counts, failures };
}

/** A story that ends badly with all safeguards in place says nothing about this one. */
async function mutate(safeguard: string, seedsMax: number): Promise<Result> {
  for (let seed = 1; seed <= seedsMax; seed += 1) {
    const { violations } = await playSeed(seed, { sabotage: SABOTAGES[safeguard] });
    if (violations.length > 0 && (await playSeed(seed)).violations.length === 0) return { kind: 'mutated', safeguard, seed, violation: violations[0] };
  }
  return { kind: 'mutated', safeguard, seed: undefined, violation: undefined };
}

process.on('message', (order: Order) => {
  const result = order.kind === 'play' ? playAll(order.seeds, order.forced) : mutate(order.safeguard, order.seedsMax);
  result.then((done) => process.send?.(done), (thrown: unknown) => {
    process.stderr.write(`${thrown instanceof Error ? thrown.stack ?? thrown.message : String(thrown)}\n`);
    process.exit(1);
  });
});
