/** Waits for the word to stop, and stops in order. */
import type { Foundation } from './foundation.js';
import { systemClock } from './system-clock.js';

/** What is not finished by then was never acknowledged and comes again after the next start. */
const STOP_LIMIT_MS = 30_000;

/**
 * Starts, waits for SIGTERM or SIGINT, stops; resolves with the exit code. A signal that comes while starting (a side may be unreachable
 * for long) ends the start: nothing was acknowledged by then. Rejects when `start` does. `release` is called in any case, last.
 */
export async function runUntilStopped(
  start: () => Promise<{ stop(): Promise<void> }>, release: () => Promise<void> | void, { emit, logger }: Foundation,
): Promise<0> {
  const signalled = new Promise<NodeJS.Signals>((resolve) => {
    for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, resolve);
  });
  try {
    const running = await Promise.race([start(), signalled.then(() => undefined)]);
    const signal = await signalled;
    emit({ type: 'log', level: 'info', message: 'stopping', facts: { signal } });
    const limit = new AbortController();
    const finished = Promise.resolve(running?.stop()).then(() => true);
    const inTime = await Promise.race([finished, systemClock.sleep(STOP_LIMIT_MS, limit.signal).then(() => false)]);
    limit.abort();
    emit({ type: 'log', level: inTime ? 'info' : 'warn', message: inTime ? 'stopped' : 'stopped before all work was done; it comes again after the next start' });
  } finally {
    await release();
  }
  await logger.close();
  // Sockets that the other side keeps open, and a start that still waits, must not hold the process.
  setImmediate(() => process.exit(0));
  return 0;
}
