/** Waits for the word to stop, and stops in order. */
import type { Foundation } from './foundation.js';
import { systemClock } from './system-clock.js';

/** What is not finished by then was never acknowledged and comes again after the next start. */
const STOP_LIMIT_MS = 30_000;

/** What runs. `lost` resolves when it cannot go on: what it holds was taken over by another process. */
export interface Stoppable {
  readonly lost?: Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts, waits for SIGTERM or SIGINT, stops; resolves with the exit code, which is 1 when it could not go on. A signal that comes while
 * starting (a side may be unreachable for long) ends the start: nothing was acknowledged by then. Rejects when `start` does. `release` is
 * called in any case, last.
 */
export async function runUntilStopped(start: () => Promise<Stoppable>, release: () => Promise<void> | void, { emit, logger }: Foundation): Promise<0 | 1> {
  const signalled = new Promise<NodeJS.Signals>((resolve) => {
    for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, resolve);
  });
  let exit: 0 | 1 = 0;
  try {
    const running = await Promise.race([start(), signalled.then(() => undefined)]);
    const signal = await Promise.race([signalled, running?.lost?.then(() => 'lost' as const) ?? signalled]);
    if (signal === 'lost') {
      // At once: it can record nothing any more, so whatever it still sent to somebody the other process would send again.
      emit({ type: 'log', level: 'error', message: 'another process took over the data directory, or its lock file was deleted: this one ends' });
      exit = 1;
    } else {
      emit({ type: 'log', level: 'info', message: 'stopping', facts: { signal } });
      await finish(running, emit);
    }
  } finally {
    await release();
  }
  await logger.close();
  // Sockets that the other side keeps open, and a start that still waits, must not hold the process.
  setImmediate(() => process.exit(exit));
  return exit;
}

async function finish(running: Stoppable | undefined, emit: Foundation['emit']): Promise<void> {
  const limit = new AbortController();
  const finished = Promise.resolve(running?.stop()).then(() => true);
  const inTime = await Promise.race([finished, systemClock.sleep(STOP_LIMIT_MS, limit.signal).then(() => false)]);
  limit.abort();
  emit({ type: 'log', level: inTime ? 'info' : 'warn', message: inTime ? 'stopped' : 'stopped before all work was done; it comes again after the next start' });
}
