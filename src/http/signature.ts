/** Signatures of webhooks: what both sides compute over the raw bytes. */
import { createHmac, timingSafeEqual, createHash } from 'node:crypto';

/** The HMAC of `bytes` in lower-case hex. */
export function signHmac(algorithm: 'sha1' | 'sha256', secret: string, bytes: Buffer | string): string {
  return createHmac(algorithm, secret).update(bytes).digest('hex');
}

/** Whether two secrets are equal, in a time that depends on neither their contents nor on where they differ. */
export function equalSecrets(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}

const SECONDS_MAX = 100_000_000_000;

/** Whether a timestamp (epoch seconds, or milliseconds when it is too large for seconds) is at most `windowMs` away from now, either way. */
export function checkTimestamp(timestamp: number, nowMs: number, windowMs: number): boolean {
  if (!Number.isFinite(timestamp) || timestamp <= 0) return false;
  const timestampMs = timestamp < SECONDS_MAX ? timestamp * 1000 : timestamp;
  return Math.abs(nowMs - timestampMs) <= windowMs;
}
