/** What the tests of this room wait with. */
export { createVirtualClock, type VirtualClock } from '../fakes/clock.js';

/** Lets sockets and promises settle without waiting for any time. */
export async function settle(rounds = 20): Promise<void> {
  for (let round = 0; round < rounds; round += 1) await new Promise((resolve) => { setImmediate(resolve); });
}

/** Waits for a condition that real sockets bring about. */
export async function until(condition: () => boolean, what = 'the condition'): Promise<void> {
  const deadline = performance.now() + 4_000;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`${what} did not come about`);
    await new Promise((resolve) => { setImmediate(resolve); });
  }
}
