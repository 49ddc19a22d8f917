/** What belongs here: the refusals of the Bot API, word for word where tdlib/telegram-bot-api has them. */
import type { FaultParameters } from './types.js';

/** An `ok: false` answer. The HTTP status equals `status`. */
export class ApiFault extends Error {
  constructor(readonly status: number, readonly description: string, readonly parameters?: FaultParameters) {
    super(description);
    this.name = 'ApiFault';
  }
}

/** A 400; `text` comes after `Bad Request: `. */
export function badRequest(text: string): ApiFault {
  return new ApiFault(400, `Bad Request: ${text}`);
}

/** A 429; whole seconds, at least one. */
export function tooManyRequests(waitMs: number): ApiFault {
  const seconds = Math.max(1, Math.ceil(waitMs / 1000));
  return new ApiFault(429, `Too Many Requests: retry after ${seconds}`, { retry_after: seconds });
}

export const BLOCKED = new ApiFault(403, 'Forbidden: bot was blocked by the user');
export const CHAT_NOT_FOUND = badRequest('chat not found');
export const UNAUTHORIZED = new ApiFault(401, 'Unauthorized');
export const METHOD_NOT_FOUND = new ApiFault(404, 'Not Found: method not found');
export const NOT_FOUND = new ApiFault(404, 'Not Found');
export const BODY_TOO_LARGE = new ApiFault(413, 'Request Entity Too Large');
export const NOT_MODIFIED = badRequest(
  'message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message');
