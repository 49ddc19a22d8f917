/** The real clock. */
import type { Clock } from '../core/ports.js';

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  sleep: (delayMs, signal) => new Promise((resolve) => {
    if (signal?.aborted === true) return resolve();
    const wake = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', wake);
      resolve();
    };
    const timer = setTimeout(wake, delayMs);
    signal?.addEventListener('abort', wake, { once: true });
  }),
};
