/** What went wrong on the wire, as BridgeError. Nothing of axios survives here: its errors hold headers, and so tokens. */
import { BridgeError, type BridgeErrorCode } from '../core/errors.js';

interface FaultContext {
  readonly operation: string;
  readonly timedOut: boolean;
  readonly timeoutMs: number;
  readonly answerBytesMax: number;
}

/** Nothing was sent: the name does not resolve, nobody listens, or the certificate is refused. */
const NO_CONNECTION = new Set(['ENOTFOUND', 'EAI_AGAIN', 'ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'EADDRNOTAVAIL', 'ERR_INVALID_URL']);
const CERTIFICATE = /CERT|SELF_SIGNED|UNABLE_TO_|TLS/u;

/** What a request that got no answer means. */
export function fault(thrown: unknown, { operation, timedOut, timeoutMs, answerBytesMax }: FaultContext): BridgeError {
  if (timedOut) {
    return new BridgeError({ code: 'unavailable', operation, effect: 'unknown', message: `${operation}: helpdesk gave no answer within ${timeoutMs} ms` });
  }
  const ofSource = bridgeErrorIn(thrown);
  if (ofSource !== undefined) return ofSource;
  const code = codeOf(thrown);
  if (thrown instanceof TypeError || thrown instanceof ReferenceError || thrown instanceof RangeError) {
    // A mistake of ours, such as a header that cannot be sent: no patience will mend it.
    return new BridgeError({ code: 'internal', operation, effect: 'unknown', message: `${operation}: the request could not be made (${code})` });
  }
  if (code === 'ERR_BAD_RESPONSE') {
    return new BridgeError({ code: 'unavailable', operation, effect: 'unknown', message: `${operation}: helpdesk's answer was torn, or larger than ${answerBytesMax} bytes` });
  }
  const unsent = NO_CONNECTION.has(code) || CERTIFICATE.test(code);
  return new BridgeError({
    code: 'unavailable', operation, effect: unsent ? 'none' : 'unknown',
    message: unsent ? `${operation}: no connection to the helpdesk (${code})` : `${operation}: connection to the helpdesk broke (${code})`,
  });
}

const CODE_BY_STATUS: Readonly<Record<number, BridgeErrorCode>> = {
  401: 'unauthorized', 403: 'forbidden', 404: 'not_found', 408: 'unavailable', 409: 'conflict', 410: 'not_found', 412: 'conflict', 429: 'rate_limited',
};

interface RefusalContext {
  readonly operation: string;
  readonly nowMs: number;
  /** Whether a word may have come from us: a secret, or what the request carried. */
  readonly isOurs: (word: string) => boolean;
}

/** What a status from 400 means. `text` is searched for a short code only. */
export function refusal(status: number, headers: Readonly<Record<string, string>>, text: string, { operation, nowMs, isOurs }: RefusalContext): BridgeError {
  const code = CODE_BY_STATUS[status] ?? (status >= 500 ? 'unavailable' : 'invalid');
  const retryAfterMs = parseRetryAfter(headers['retry-after'], nowMs);
  const vendorCode = vendorCodeOf(text, isOurs);
  return new BridgeError({
    code, operation, status, effect: code === 'unavailable' ? 'unknown' : 'none',
    message: `${operation}: helpdesk answered ${status}${vendorCode === undefined ? '' : ` (${vendorCode})`}`,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}

/** `Retry-After` in milliseconds: seconds or an HTTP date (RFC 9110, 10.2.3), at most a day. */
export function parseRetryAfter(value: string | undefined, nowMs: number): number | undefined {
  if (value === undefined || value.trim() === '') return undefined;
  const seconds = Number(value);
  const waitMs = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(value) - nowMs;
  return Number.isFinite(waitMs) ? Math.min(Math.max(Math.ceil(waitMs), 0), 86_400_000) : undefined;
}

const ERROR_TEXT_MAX = 64 * 1024;
/** `RecordInvalid`, `too_long`, `TOO_LONG`, or a code of ours: what programs write, and people seldom do. */
const SAFE_CODE = /^(?:(?:[A-Z][a-z]{1,19}){2,4}|[a-z]{2,20}(?:_[a-z]{1,20}){1,4}|[A-Z]{2,20}(?:_[A-Z]{1,20}){1,4}|invalid|unauthorized|forbidden|conflict|unsupported|unavailable|internal)$/u;

/** A single word such as `RecordInvalid`, never a sentence, and no word of the request: servers quote what was written. */
function vendorCodeOf(text: string, isOurs: (word: string) => boolean): string | undefined {
  if (text === '' || text.length > ERROR_TEXT_MAX) return undefined;
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return undefined;
  }
  const candidates = [pick(body, 'code'), pick(body, 'error'), pick(pick(body, 'error'), 'code'), pick(body, 'error_code')];
  return candidates.find((candidate): candidate is string => typeof candidate === 'string' && SAFE_CODE.test(candidate) && !isOurs(candidate));
}

function pick(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  const found: unknown = Object.entries(value).find(([key]) => key === name)?.[1];
  return found;
}

function bridgeErrorIn(thrown: unknown): BridgeError | undefined {
  let error = thrown;
  for (let depth = 0; depth < 4 && error instanceof Error; depth += 1) {
    if (error instanceof BridgeError) return error;
    error = error.cause;
  }
  return undefined;
}

/** The errno or library code, or a name; never a message, which may hold a URL. */
export function codeOf(thrown: unknown): string {
  const code = pick(thrown, 'code');
  if (typeof code === 'string') return code;
  if (thrown instanceof Error && thrown.cause !== undefined) return codeOf(thrown.cause);
  return thrown instanceof Error ? thrown.name : 'unknown';
}
