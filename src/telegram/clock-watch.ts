/**
 * Notices that the wall clock was set back. Bottleneck goes by that clock: after a step of an hour its next place would come an hour late.
 * On the way forward nothing waits longer.
 */
import type { Clock } from '../core/ports.js';

/** So long somebody waits for nothing, at most. */
const WATCH_MS = 1_000;

/** To be called for everybody who begins to wait: looks at once, and every second for as long as `isWaiting`. */
export function createClockWatch(clock: Clock, { isWaiting, onSetBack }: { readonly isWaiting: () => boolean; readonly onSetBack: () => void }): () => void {
  let seenMs = clock.nowMs();
  let watching = false;
  const look = (): void => {
    const wasSetBack = clock.nowMs() < seenMs;
    seenMs = clock.nowMs();
    if (wasSetBack) onSetBack();
  };
  const watch = async (): Promise<void> => {
    watching = true;
    for (; isWaiting(); look()) await clock.sleep(WATCH_MS);
    watching = false;
  };
  return () => {
    look();
    if (!watching) void watch();
  };
}
