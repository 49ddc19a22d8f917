import type { Clock } from '../../core/ports.js';

/** At most so many at a time, first come first served. */
export class Places {
  readonly #waiting = new Set<() => void>();
  #free: number;

  constructor(max: number) {
    this.#free = max;
  }

  /** True when a place was taken: give it back. False when `signal` aborted first. */
  take(signal?: AbortSignal): Promise<boolean> {
    if (signal?.aborted === true) return Promise.resolve(false);
    if (this.#free > 0) {
      this.#free -= 1;
      return Promise.resolve(true);
    }
    return new Promise((resolve) => {
      const taken = (): void => {
        signal?.removeEventListener('abort', leave);
        resolve(true);
      };
      const leave = (): void => {
        this.#waiting.delete(taken);
        resolve(false);
      };
      this.#waiting.add(taken);
      signal?.addEventListener('abort', leave, { once: true });
    });
  }

  /** Hands the place to whoever waits longest. */
  give(): void {
    for (const taken of this.#waiting) {
      this.#waiting.delete(taken);
      taken();
      return;
    }
    this.#free += 1;
  }

  /** The place that was taken is given back after `limitMs`, or by what this returns, whichever comes first. */
  giveWithin(clock: Clock, limitMs: number): () => void {
    const given = new AbortController();
    const give = (): void => {
      if (given.signal.aborted) return;
      given.abort();
      this.give();
    };
    void clock.sleep(limitMs, given.signal).then(give);
    return give;
  }
}
