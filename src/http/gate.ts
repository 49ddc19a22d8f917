/**
 * A bound on the requests that are out at a time. A server works on as many as it has workers; more would wait in its socket, where
 * nobody can tell whether they were read. Of a request that runs out of time while it waits here, it is certain that it was never sent.
 */
import { BridgeError } from '../core/errors.js';

/** Time to come back with: what waits behind a crowd is not at fault, and must not be given up as if it were. */
const BUSY_RETRY_MS = 1000;

export interface Gate {
  /**
   * Runs `work` when there is a place, with what remains of `timeoutMs`: at least half of it. Throws `unavailable` with effect `none` when
   * there is no place in time.
   */
  enter<T>(operation: string, timeoutMs: number, work: (remainingMs: number) => Promise<T>): Promise<T>;
}

export function createGate(places: number, nowMs: () => number): Gate {
  const waiting: (() => void)[] = [];
  let free = places;

  function place(operation: string, waitMs: number): Promise<void> {
    if (free > 0) {
      free -= 1;
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        waiting.splice(waiting.indexOf(admit), 1);
        reject(new BridgeError({
          code: 'unavailable', operation, retryAfterMs: BUSY_RETRY_MS,
          message: `${operation}: the helpdesk was busy with other requests for ${waitMs} ms; this one was not sent`,
        }));
      }, waitMs);
      const admit = (): void => {
        clearTimeout(timer);
        resolve();
      };
      waiting.push(admit);
    });
  }

  function leave(): void {
    const next = waiting.shift();
    if (next === undefined) free += 1;
    else next();
  }

  return {
    async enter(operation, timeoutMs, work) {
      const startedMs = nowMs();
      await place(operation, Math.floor(timeoutMs / 2));
      try {
        return await work(Math.max(1, Math.ceil(timeoutMs - (nowMs() - startedMs))));
      } finally {
        leave();
      }
    },
  };
}
