/** What belongs here: who may use the demo's API: its own page, opened on this machine or by whoever gave the password, nobody else. */
import type { RequestHandler } from 'express';
import type { IncomingHttpHeaders } from 'node:http';
import { isOwnMachine } from '../http/own-machine.js';
import { equalSecrets } from '../http/signature.js';

/** A page of another origin cannot set it without asking first, and nobody answers that question. */
export const GUARD_HEADER = 'x-deskbridge-demo';

/**
 * Lets a request pass when it names a loopback address (else a foreign name was pointed at this machine) or carries the password, when it does
 * not come from a page of another origin, and, unless it only reads, when it carries the header. Anything else is answered 403.
 */
export function createGuard(password: string | undefined): RequestHandler {
  return (request, response, next) => {
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    const reason = refusal(request.headers, isRead, password);
    if (reason === undefined) return next();
    response.status(403).json({ error: reason });
  };
}

function refusal(headers: IncomingHttpHeaders, isRead: boolean, password: string | undefined): string | undefined {
  if (password === undefined ? !isOwnMachine(headers) : !hasPassword(headers, password)) return 'open this page by a loopback address';
  const { origin } = headers;
  if (origin !== undefined && (!URL.canParse(origin) || new URL(origin).host !== headers.host)) return 'requests from other sites are refused';
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return 'requests from other sites are refused';
  return isRead || headers[GUARD_HEADER] === '1' ? undefined : `the header ${GUARD_HEADER} is missing`;
}

/** Asks the browser for the password before anything else is served. The user name does not matter. */
export function askPassword(password: string): RequestHandler {
  return (request, response, next) => {
    if (hasPassword(request.headers, password)) return next();
    response.status(401).set({ 'www-authenticate': 'Basic realm="Deskbridge demo", charset="UTF-8"', 'cache-control': 'no-store' }).json({ error: 'unauthorized' });
  };
}

function hasPassword({ authorization }: IncomingHttpHeaders, password: string): boolean {
  const coded = /^Basic ([A-Za-z0-9+/=]{1,8000})$/i.exec(authorization ?? '')?.[1];
  if (coded === undefined) return false;
  const [, given = ''] = /^[^:]*:([\s\S]*)$/.exec(Buffer.from(coded, 'base64').toString('utf8')) ?? [];
  return equalSecrets(given, password);
}
