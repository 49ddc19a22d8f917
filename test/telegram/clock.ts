/** Time that passes only when told to. */
import type { Clock } from '../../src/core/ports.js';

export interface VirtualClock extends Clock {
  /** Moves time on, waking sleepers in order, and lets everything that follows happen. */
  advance(byMs: number): Promise<void>;
  sleepers(): number;
}

/** Lets sockets and promises settle without waiting for any time. */
export async function settle(rounds = 20): Promise<void> {
  for (let round = 0; round < rounds; round += 1) await new Promise((resolve) => { setImmediate(resolve); });
}

export function createVirtualClock(startMs = 1_000_000): VirtualClock {
  let nowMs = startMs;
  const sleepers = new Set<{ readonly atMs: number; readonly wake: () => void }>();
  return {
    nowMs: () => nowMs,
    sleep: (delayMs, signal) => new Promise((resolve) => {
      if (signal?.aborted === true) { resolve(); return; }
      const sleeper = { atMs: nowMs + delayMs, wake: () => { sleepers.delete(sleeper); resolve(); } };
      sleepers.add(sleeper);
      signal?.addEventListener('abort', sleeper.wake, { once: true });
    }),
    sleepers: () => sleepers.size,
    async advance(byMs) {
      const untilMs = nowMs + byMs;
      for (;;) {
        await settle(3);
        const next = [...sleepers].sort((a, b) => a.atMs - b.atMs)[0];
        if (next === undefined || next.atMs > untilMs) break;
        nowMs = Math.max(nowMs, next.atMs);
        next.wake();
      }
      nowMs = untilMs;
      await settle(3);
    },
  };
}

/** Waits for a condition that real sockets bring about. */
export async function until(condition: () => boolean, what = 'the condition'): Promise<void> {
  const deadline = performance.now() + 4_000;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`${what} did not come about`);
    await new Promise((resolve) => { setImmediate(resolve); });
  }
}
