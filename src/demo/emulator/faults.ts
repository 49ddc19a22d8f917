/** What belongs here: trouble on purpose (for tests), counting of calls, and the optional rate limits. */
import type { Clock } from '../../core/ports.js';
import { tooManyRequests } from './fault.js';
import type { FaultParameters } from './types.js';

/**
 * What happens to a call instead of, or around, its work. `drop_before`: the connection closes and nothing was done.
 * `drop_after`: it was done and the connection closes. `delayMs`: it is done, and answered that much later.
 */
export type Fault =
  | { readonly status: number; readonly description: string; readonly parameters?: FaultParameters }
  | 'drop_before' | 'drop_after'
  | { readonly delayMs: number };

export interface FaultBook {
  /** The next `times` calls of this method fail so. `*` = any method; `download` = the bytes of a file. */
  nextCalls(method: string, fault: Fault, times?: number): void;
  /** Takes the fault for this call, and counts the call. */
  take(method: string): Fault | undefined;
  /** Calls so far, by method. */
  counts(): Readonly<Record<string, number>>;
}

export function createFaultBook(): FaultBook {
  const waiting = new Map<string, Fault[]>();
  const counts = new Map<string, number>();
  return {
    nextCalls(method, fault, times = 1) {
      const key = method.toLowerCase();
      waiting.set(key, [...(waiting.get(key) ?? []), ...Array.from({ length: times }, () => fault)]);
    },
    take(method) {
      counts.set(method, (counts.get(method) ?? 0) + 1);
      return waiting.get(method.toLowerCase())?.shift() ?? waiting.get('*')?.shift();
    },
    counts: () => Object.fromEntries(counts),
  };
}

/** At most `count` messages in any `windowMs`. */
export interface Rate {
  readonly count: number;
  readonly windowMs: number;
}

export interface Rates {
  readonly overall?: Rate;
  readonly perChat?: Rate;
  /** For groups instead of `perChat`. */
  readonly perGroup?: Rate;
}

/** A gate for each message that is sent. Throws 429 with `retry_after` when there were too many. */
export function createRateGate(rates: Rates, clock: Clock): (chat: number) => void {
  const sent = new Map<string, number[]>();

  function check(key: string, rate: Rate | undefined): void {
    if (rate === undefined) return;
    const nowMs = clock.nowMs();
    const times = (sent.get(key) ?? []).filter((atMs) => atMs > nowMs - rate.windowMs);
    sent.set(key, times);
    if (times.length >= rate.count) throw tooManyRequests((times[0] ?? nowMs) + rate.windowMs - nowMs);
  }

  function count(key: string, rate: Rate | undefined): void {
    if (rate !== undefined) sent.get(key)?.push(clock.nowMs());
  }

  return (chat) => {
    const chatRate = chat < 0 ? rates.perGroup : rates.perChat;
    check('', rates.overall);
    check(String(chat), chatRate);
    count('', rates.overall);
    count(String(chat), chatRate);
    if (sent.size > 10_000) sent.clear();
  };
}
