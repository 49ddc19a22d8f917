/** Waits for the word to stop, and stops in order. */
import type { Foundation } from './foundation.js';
import { systemClock } from './system-clock.js';

/** What is not finished by then was never acknowledged and comes again after the next start. */
const STOP_LIMIT_MS = 30_000;

/** Resolves with the exit code when SIGTERM or SIGINT came and `stop` is done, or its time is up. A second signal ends at once. */
export async function untilStopped(stop: () => Promise<void>, { emit, logger }: Foundation): Promise<0> {
  const signal = await new Promise<NodeJS.Signals>((resolve) => {
    for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, resolve);
  });
  emit({ type: 'log', level: 'info', message: 'stopping', facts: { signal } });
  const limit = new AbortController();
  const finished = stop().then(() => true);
  const inTime = await Promise.race([finished, systemClock.sleep(STOP_LIMIT_MS, limit.signal).then(() => false)]);
  limit.abort();
  emit({ type: 'log', level: inTime ? 'info' : 'warn', message: inTime ? 'stopped' : 'stopped before all work was done; it comes again after the next start' });
  await logger.close();
  // Sockets that the other side keeps open must not hold the process.
  setImmediate(() => process.exit(0));
  return 0;
}
