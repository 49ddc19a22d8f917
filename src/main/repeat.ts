/** Something that is done again and again until the program stops. */
import type { Clock } from '../core/ports.js';

export interface Repetition {
  /** Resolves when a run under way is over. */
  stop(): Promise<void>;
}

/** Runs `work` now, then again `everyMs` after it ended. `work` must not throw. */
export function repeat(work: () => Promise<void>, everyMs: number, clock: Clock): Repetition {
  const stopping = new AbortController();
  const running = (async () => {
    while (!stopping.signal.aborted) {
      await work();
      await clock.sleep(everyMs, stopping.signal);
    }
  })();
  return {
    stop() {
      stopping.abort();
      return running;
    },
  };
}
