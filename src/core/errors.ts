/** What belongs here: the one error of the product, its closed codes, and what follows from each code. */

export type BridgeErrorCode =
  | 'invalid' | 'unauthorized' | 'forbidden' | 'not_found' | 'conflict' | 'unsupported' | 'rate_limited' | 'unavailable' | 'internal';

/** Why an answer cannot reach the requester. */
export type DeliveryReason = 'blocked' | 'deactivated' | 'chat_gone' | 'too_big' | 'not_allowed' | 'flood' | 'file_unavailable' | 'rejected';

export interface BridgeErrorFacts {
  readonly code: BridgeErrorCode;
  /** What was being done, in the caller's words: `addComment`, `sendMessage`. */
  readonly operation: string;
  /** For people who run the bridge. Never a token, a URL with a token, or text of a message. */
  readonly message: string;
  /** The other side asked to wait this long. */
  readonly retryAfterMs?: number;
  /**
   * `unknown`: the request may still have taken effect, or may yet (timeout, reset, 5xx). Look before writing again.
   * `none` (default): it certainly had none.
   */
  readonly effect?: 'none' | 'unknown';
  /** Set when the trouble is with the requester's chat or the file, not with a server. */
  readonly reason?: DeliveryReason;
  /** What the wait of `rate_limited` is for: the whole account or only this chat. Default `account`. */
  readonly scope?: 'account' | 'conversation';
  /** HTTP status of the answer, when there was one. */
  readonly status?: number;
  readonly cause?: unknown;
}

/** The only error that crosses a room's border. */
export class BridgeError extends Error {
  readonly code: BridgeErrorCode;
  readonly operation: string;
  readonly retryAfterMs: number | undefined;
  readonly effect: 'none' | 'unknown';
  readonly reason: DeliveryReason | undefined;
  readonly scope: 'account' | 'conversation';
  readonly status: number | undefined;

  constructor(facts: BridgeErrorFacts) {
    super(facts.message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.name = 'BridgeError';
    this.code = facts.code;
    this.operation = facts.operation;
    this.retryAfterMs = facts.retryAfterMs;
    this.effect = facts.effect ?? 'none';
    this.reason = facts.reason;
    this.scope = facts.scope ?? 'account';
    this.status = facts.status;
  }
}

/** Turns anything thrown into a BridgeError; what is foreign becomes `internal`, without its text when that may hold secrets. */
export function toBridgeError(thrown: unknown, operation: string): BridgeError {
  if (thrown instanceof BridgeError) return thrown;
  const kind = thrown instanceof Error ? thrown.name : typeof thrown;
  return new BridgeError({ code: 'internal', operation, message: `unexpected ${kind} in ${operation}`, effect: 'unknown', cause: thrown });
}

/**
 * What to do about a failed piece of work.
 * `retry`: the other side is in trouble; try for as long as Telegram keeps the update.
 * `admin`: only an admin can mend it (token, rights); try as long, and tell the operator.
 * `bury`: the same try will fail the same way; a few tries in case it was a passing fault, then bury.
 */
export type Remedy = 'retry' | 'admin' | 'bury';

export const REMEDY_BY_CODE: Readonly<Record<BridgeErrorCode, Remedy>> = {
  rate_limited: 'retry',
  unavailable: 'retry',
  unauthorized: 'admin',
  forbidden: 'admin',
  invalid: 'bury',
  not_found: 'bury',
  conflict: 'bury',
  unsupported: 'bury',
  internal: 'bury',
};

/** What our own HTTP endpoints answer. */
export const STATUS_BY_CODE: Readonly<Record<BridgeErrorCode, number>> = {
  invalid: 400, unauthorized: 401, forbidden: 403, not_found: 404, conflict: 409,
  unsupported: 422, rate_limited: 429, unavailable: 503, internal: 500,
};
