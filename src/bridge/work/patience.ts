/**
 * How long a failing job is tried, and when it is given up. Pure.
 *
 * What a failure means is looked up in REMEDY_BY_CODE:
 *
 *   retry, admin   tried again with growing pauses for as long as the job allows (`giveUpAtMs`), because the fault is not the job's.
 *                  Unless others get through meanwhile: then the fault is the job's own, and each failure after somebody else's
 *                  success counts towards LONELY_FAILURES_MAX.
 *   bury           tried TRIES_BEFORE_BURY times, then buried.
 */
import { REMEDY_BY_CODE, type BridgeError } from '../../core/errors.js';

const BACKOFF_FIRST_MS = 500;
const BACKOFF_MAX_MS = 5_000;
/** The longest pause of a job that fails alone, while the others get through. */
const BACKOFF_LONELY_MAX_MS = 30_000;
const TRIES_BEFORE_BURY = 3;
const LONELY_FAILURES_MAX = 40;

/** What is remembered of a job between its failures. */
export interface Trouble {
  readonly failures: number;
  /** Failures that came after somebody else's success. */
  readonly lonely: number;
  /** Whether the last failure was such a one. Once is chance: at the beginning of an outage some requests still get through. */
  readonly alone: boolean;
  /** How many jobs of its kind had succeeded in all lanes at the last failure. */
  readonly successesSeen: number;
}

export const NO_TROUBLE: Trouble = { failures: 0, lonely: 0, alone: false, successesSeen: 0 };

/** One more failure, seen when `successes` jobs of its kind had succeeded in all lanes. */
export function oneMoreFailure(trouble: Trouble, successes: number): Trouble {
  const alone = trouble.failures > 0 && successes > trouble.successesSeen;
  return { failures: trouble.failures + 1, lonely: trouble.lonely + (alone ? 1 : 0), alone, successesSeen: successes };
}

export function shouldBury(error: BridgeError, trouble: Trouble, limit: { readonly giveUpAtMs?: number | undefined; readonly nowMs: number }): boolean {
  if (limit.giveUpAtMs !== undefined && limit.nowMs >= limit.giveUpAtMs) return true;
  if (REMEDY_BY_CODE[error.code] === 'bury') return trouble.failures >= TRIES_BEFORE_BURY;
  return error.retryAfterMs === undefined && trouble.lonely >= LONELY_FAILURES_MAX;
}

/** Doubles up to a bound, unless the other side named a time. `random` (0 to 1) keeps many lanes from knocking at the same moment. */
export function pauseMs(error: BridgeError, trouble: Trouble, random: number): number {
  if (error.retryAfterMs !== undefined) return error.retryAfterMs;
  const limitMs = trouble.alone ? BACKOFF_LONELY_MAX_MS : BACKOFF_MAX_MS;
  const growingMs = BACKOFF_FIRST_MS * 2 ** Math.min(trouble.failures - 1, 16);
  return Math.round(Math.min(growingMs, limitMs) * (0.75 + random / 4));
}

/** Whether a failure is worth a word to who waits: trying again may mend it, and it has lasted, or surely will last, for `wordAfterMs`. */
export function isLongDelay(error: BridgeError, lastedMs: number, wordAfterMs: number): boolean {
  return REMEDY_BY_CODE[error.code] !== 'bury' && lastedMs + (error.retryAfterMs ?? 0) >= wordAfterMs;
}
