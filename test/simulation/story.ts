/** Plays a story to its end, and until everything is quiet. */
import fc from 'fast-check';
import { stories, STORY_MS, type Setup, type Story } from './actions.js';
import { judge } from './judge.js';
import { createCast } from './cast.js';
import { perform } from './perform.js';
import { replayTheRest } from './operators.js';
import { createWorld, START_MS, type Sabotage, type World } from './world.js';

/** Sweeps come several times in it. */
const ROUND_MS = 35_000;
const QUIET_ROUNDS = 2;
/** Longer than any wait that Telegram asks for, and all that follows from it. */
const QUIET_WITHIN_MS = 60 * 60_000;

export interface Ending {
  readonly violations: readonly string[];
  readonly counts: Readonly<Record<string, number>>;
}

export interface Options {
  readonly sabotage?: Sabotage | undefined;
  /** Told of everything, for whoever looks into a failing seed. */
  readonly trace?: ((line: string) => void) | undefined;
}

export async function play({ setup, actions }: Story, { sabotage, trace }: Options = {}): Promise<Ending> {
  const world = createWorld(setup, sabotage, trace);
  const cast = createCast(world);
  for (const action of actions) world.time.after(action.atMs, () => perform(cast, action));
  world.time.after(STORY_MS, () => {
    world.weather.clear();
    world.armed = undefined;
  });
  world.start();
  await world.time.runUntil(START_MS + STORY_MS);
  await untilQuiet(world);
  if (replayTheRest(world)) await untilQuiet(world);
  const violations = judge(cast);
  for (const { process } of world.programs) process.kill();
  return { violations, counts: world.ledger.counts };
}

async function untilQuiet({ time, idle }: World): Promise<void> {
  const endMs = time.nowMs() + QUIET_WITHIN_MS;
  for (let quiet = 0, untilMs = time.nowMs(); quiet < QUIET_ROUNDS && untilMs < endMs;) {
    untilMs += ROUND_MS;
    await time.runUntil(untilMs);
    quiet = idle() ? quiet + 1 : 0;
  }
}

export interface Verdict extends Ending {
  /** The shortest story found that fails, and where fast-check finds it again. */
  readonly shrunk?: { readonly path: string; readonly story: Story; readonly violations: readonly string[] };
}

export interface SeedOptions extends Options {
  readonly forced?: Partial<Setup> | undefined;
  /** Plays the story at this place of the shrinking alone. */
  readonly path?: string | undefined;
  /** Looks for a shorter story that fails too. */
  readonly shrink?: boolean | undefined;
}

/** How long a failing story is shrunk, in real time. */
const SHRINK_MS = 20_000;

/** The story of a seed. */
export async function playSeed(seed: number, { forced, path, shrink = false, ...options }: SeedOptions = {}): Promise<Verdict> {
  let first: Ending | undefined;
  let last: { readonly story: Story; readonly violations: readonly string[] } | undefined;
  const property = fc.asyncProperty(stories(forced), async (story) => {
    const ending = await play(story, options);
    first ??= ending;
    if (ending.violations.length === 0) return true;
    last = { story, violations: ending.violations };
    return false;
  });
  const details = await fc.check(property, {
    seed, numRuns: 1, endOnFailure: !shrink, ...(path !== undefined && { path }), ...(shrink && { interruptAfterTimeLimit: SHRINK_MS }),
  });
  const ending = first ?? { violations: ['the story was not played'], counts: {} };
  if (!details.failed || last === undefined) return ending;
  return { ...ending, shrunk: { path: details.counterexamplePath ?? '0', story: details.counterexample?.[0] ?? last.story, violations: last.violations } };
}
