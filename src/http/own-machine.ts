/** Whether a request names this machine and nobody passed it on: what keeps a page that asks for no password to this machine. */
import type { IncomingHttpHeaders } from 'node:http';

/** A foreign name that points at this machine is how other sites' pages reach it. */
const LOOPBACK = /^(localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\])(:\d{1,5})?$/i;
/** What proxies add: then the address it came from says nothing of who asks. */
const FORWARDED = ['x-forwarded-for', 'x-forwarded-host', 'x-real-ip', 'forwarded', 'via'];

export function isOwnMachine(headers: IncomingHttpHeaders): boolean {
  return LOOPBACK.test(headers.host ?? '') && !FORWARDED.some((name) => headers[name] !== undefined);
}
