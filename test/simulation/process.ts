/** One run of the program between two kills. What a killed process waited for never comes; what it sent still lands. */
import type { Clock } from '../../src/core/ports.js';
import { BridgeError } from '../../src/core/errors.js';
import type { Random } from './random.js';
import type { Timeline } from './time.js';

/** How a call over the network goes. */
export type Fate =
  | 'fine'
  /** Certainly no effect. */
  | 'refused'
  /** It worked, and the answer was lost. */
  | 'reply_lost'
  /** No answer within the deadline; the effect comes later, but before the write settles. */
  | 'lands_late'
  /** The server says 500 and did nothing. */
  | 'error_500'
  /** The server says 500 and did it all the same. */
  | 'error_500_done'
  | 'slow_down';

export interface Fates {
  /** Probability of a fault for one call. */
  readonly faulty: number;
  readonly kinds: readonly Fate[];
}

export interface Process {
  readonly clock: Clock;
  readonly alive: () => boolean;
  kill(): void;
  /** Something local that takes a moment: applied in the middle of it, unless the process is dead by then. */
  step(name: string, apply: () => void): Promise<void>;
  /** A request. `effect` happens at the other side, also after our death; what it throws is the answer. */
  request<T>(name: string, effect: () => T): Promise<T>;
}

export interface ProcessWorld {
  readonly time: Timeline;
  readonly random: Random;
  readonly fates: () => Fates;
  readonly count: (what: string) => void;
  readonly settlesMs: number;
  readonly trace: (line: string) => void;
}

const TIMEOUT_MS = 8_000;

export function createProcess({ time, random, fates, count, settlesMs, trace }: ProcessWorld): Process {
  let alive = true;

  function wait(delayMs: number): Promise<void> {
    return new Promise((resolve) => { time.after(delayMs, () => { if (alive) resolve(); }); });
  }

  function failure(name: string, fate: Fate): BridgeError {
    if (fate === 'slow_down') return new BridgeError({ code: 'rate_limited', operation: name, message: name, retryAfterMs: random.between(500, 20_000) });
    const status = fate === 'error_500' || fate === 'error_500_done' ? { status: 500 } : {};
    return new BridgeError({ code: 'unavailable', operation: name, message: `${name}: ${fate}`, effect: fate === 'refused' ? 'none' : 'unknown', ...status });
  }

  return {
    alive: () => alive,
    kill() { alive = false; },
    clock: {
      nowMs: () => time.nowMs(),
      sleep: (delayMs, signal) => new Promise((resolve) => {
        const wake = (): void => { if (alive) resolve(); };
        time.after(delayMs, wake);
        signal?.addEventListener('abort', wake, { once: true });
      }),
    },
    async step(_name, apply) {
      await wait(random.between(0, 3));
      apply();
      await wait(random.between(0, 2));
    },
    async request(name, effect) {
      const { faulty, kinds } = fates();
      const fate: Fate = random.chance(faulty) ? random.pick(kinds) ?? 'fine' : 'fine';
      if (fate !== 'fine') count(fate);
      trace(`${name} ${fate}`);
      const there = random.between(1, 120);
      const back = random.between(1, 120);
      if (fate === 'refused' || fate === 'slow_down' || fate === 'error_500') {
        await wait(there);
        throw failure(name, fate);
      }
      const travelMs = fate === 'lands_late' ? random.between(TIMEOUT_MS, settlesMs - 1) : there;
      type Answer = { readonly value: ReturnType<typeof effect> } | { readonly error: unknown };
      let answer: Answer | undefined;
      // The other side acts whether we live or not.
      time.after(travelMs, () => {
        try {
          answer = { value: effect() };
        } catch (error) {
          answer = { error };
        }
      });
      if (fate === 'lands_late') {
        await wait(TIMEOUT_MS);
        throw failure(name, fate);
      }
      await wait(there + back);
      if (fate !== 'fine') throw failure(name, fate);
      if (answer === undefined) throw failure(name, 'reply_lost');
      if ('error' in answer) throw answer.error;
      return answer.value;
    },
  };
}
