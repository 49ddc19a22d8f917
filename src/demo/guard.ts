/** What belongs here: who may use the demo's API: pages that this machine served to itself, nobody else. */
import type { NextFunction, Request, Response } from 'express';

const LOOPBACK = new Set(['127.0.0.1', 'localhost', '[::1]']);
/** A page of another origin cannot set it without asking first, and nobody answers that question. */
export const GUARD_HEADER = 'x-deskbridge-demo';

/**
 * Lets a request pass when its Host is a loopback name (else a foreign name was pointed at this machine), when it does not come
 * from a page of another origin, and, unless it only reads, when it carries the header. Anything else is answered 403.
 */
export function guard(request: Request, response: Response, next: NextFunction): void {
  const reason = refusal(request);
  if (reason === undefined) return next();
  response.status(403).json({ error: reason });
}

function refusal(request: Request): string | undefined {
  const host = request.headers.host ?? '';
  if (!LOOPBACK.has(host.replace(/:\d+$/, '').toLowerCase())) return 'open this page by a loopback address';
  const { origin } = request.headers;
  if (origin !== undefined && (!URL.canParse(origin) || new URL(origin).host !== host)) return 'requests from other sites are refused';
  const site = request.headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return 'requests from other sites are refused';
  const isRead = request.method === 'GET' || request.method === 'HEAD';
  return isRead || request.headers[GUARD_HEADER] === '1' ? undefined : `the header ${GUARD_HEADER} is missing`;
}
