/** A clock that stands still until a test moves it. */
import type { Clock } from '../../src/core/ports.js';

interface Timer {
  readonly atMs: number;
  readonly wake: () => void;
}

export interface VirtualClock extends Clock {
  /** Moves time, waking sleepers in order and letting all that follows from each of them happen. */
  advance(byMs: number): Promise<void>;
  /** Lets everything happen that needs no time. */
  settle(): Promise<void>;
  sleepers(): number;
}

export function createVirtualClock(startMs = Date.UTC(2026, 0, 1)): VirtualClock {
  let nowMs = startMs;
  const timers = new Set<Timer>();

  async function settle(): Promise<void> {
    for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  }

  return {
    nowMs: () => nowMs,
    sleepers: () => timers.size,
    settle,
    sleep(delayMs, signal) {
      return new Promise((resolve) => {
        const timer: Timer = { atMs: nowMs + delayMs, wake: () => { timers.delete(timer); resolve(); } };
        if (signal?.aborted === true) return resolve();
        timers.add(timer);
        signal?.addEventListener('abort', timer.wake, { once: true });
      });
    },
    async advance(byMs) {
      const untilMs = nowMs + byMs;
      await settle();
      for (;;) {
        const next = [...timers].sort((a, b) => a.atMs - b.atMs)[0];
        if (next === undefined || next.atMs > untilMs) break;
        nowMs = Math.max(nowMs, next.atMs);
        next.wake();
        await settle();
      }
      nowMs = untilMs;
    },
  };
}
