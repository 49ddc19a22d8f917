/** Which updates were handed over and are not acknowledged yet. At most one answer's worth: the bound is the server's. */
import type { Clock } from '../core/ports.js';

export interface Window {
  /** The lowest update not done, or one past the highest seen; undefined before the first. */
  offset(): number | undefined;
  /** Updates at or above the offset that were handed over, done ones included. */
  open(): number;
  /** True when some update failed and must be given out again. */
  hasFailed(): boolean;
  /** False when this update was handed over already. */
  begin(id: number): boolean;
  finish(id: number): void;
  /** Not done: the offset stays below it, and `begin` takes it again. */
  fail(id: number): void;
  /** Forgets the offset; only while nothing is open. */
  reset(): void;
  /** Resolves when the offset moves or an update fails, when `delayMs` has passed on `clock`, or when `signal` aborts. */
  moved(clock: Clock, delayMs: number, signal: AbortSignal): Promise<void>;
  /** Resolves when nothing runs. */
  idle(): Promise<void>;
}

/** Without a reason of its own every abort would make an error with a stack. */
const OVER = 'over';

export function createWindow(): Window {
  // In order of ids: Telegram gives them so, and one that failed keeps its place.
  const states = new Map<number, 'running' | 'done' | 'failed'>();
  const { wake, wait } = createWakeup();
  let running = 0;
  let failed = 0;
  let offset: number | undefined;
  /** Ids have gaps, so the offset steps over what is known. */
  const advance = (): void => {
    for (const [id, state] of states) {
      offset = id;
      if (state !== 'done') return;
      states.delete(id);
      offset = id + 1;
    }
  };
  const settle = (id: number, state: 'done' | 'failed'): void => {
    const before = offset;
    states.set(id, state);
    running -= 1;
    if (state === 'failed') failed += 1;
    advance();
    if (offset !== before || running === 0 || state === 'failed') wake();
  };
  return {
    offset: () => offset,
    open: () => states.size,
    hasFailed: () => failed > 0,
    begin(id) {
      const state = states.get(id);
      if (state === 'running' || state === 'done' || (offset !== undefined && id < offset)) return false;
      if (state === 'failed') failed -= 1;
      states.set(id, 'running');
      running += 1;
      offset ??= id;
      return true;
    },
    finish(id) { settle(id, 'done'); },
    fail(id) { settle(id, 'failed'); },
    reset() { offset = undefined; },
    async moved(clock, delayMs, signal) {
      const over = new AbortController();
      const abort = (): void => { over.abort(OVER); wake(); };
      signal.addEventListener('abort', abort);
      const timer = Number.isFinite(delayMs) ? [clock.sleep(Math.max(delayMs, 0), over.signal)] : [];
      if (!signal.aborted) await wait(timer);
      over.abort(OVER);
      signal.removeEventListener('abort', abort);
    },
    async idle() {
      while (running > 0) await wait([]);
    },
  };
}

/** `wait` resolves with the next `wake`, or with one of `others`. */
function createWakeup(): { wake: () => void; wait: (others: readonly Promise<void>[]) => Promise<void> } {
  const waiting = new Set<() => void>();
  return {
    wake() { for (const resolve of waiting) resolve(); },
    async wait(others) {
      let resolveOwn: () => void = () => undefined;
      const own = new Promise<void>((resolve) => { resolveOwn = resolve; });
      waiting.add(resolveOwn);
      await Promise.race([own, ...others]);
      waiting.delete(resolveOwn);
    },
  };
}
