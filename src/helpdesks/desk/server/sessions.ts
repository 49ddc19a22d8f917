/** What belongs here: who may use the desk: the bridge by its token, agents by name and token, and anybody on this machine when access is open. */
import { createHash, randomBytes } from 'node:crypto';
import type { Request } from 'express';
import { LRUCache } from 'lru-cache';
import { equalSecrets } from '../../../http/signature.js';
import { BridgeError } from '../../../core/errors.js';
import { refuse, type Principal } from './desk.js';

export interface AgentAccount {
  readonly name: string;
  readonly token: string;
}

export interface SessionOptions {
  readonly apiToken: string;
  readonly agents: readonly AgentAccount[];
  /** Loopback without configured agents: whoever reaches the page is the agent "Agent". */
  readonly openAccess: boolean;
  readonly nowMs: () => number;
}

export interface Sessions {
  /** Throws `unauthorized`, or `forbidden` for a request that another site made the browser send. */
  principalOf(request: Request): Principal;
  /** Gives the cookie. Throws `unauthorized`, and `rate_limited` after too many wrong tries from one address. */
  signIn(request: Request, name: string, token: string): string;
  /** Gives the cookie that forgets. */
  signOut(request: Request): string;
}

/** A page's writes carry this header: another site cannot set it without asking first, and is never allowed. */
export const PAGE_HEADER = 'x-desk-page';
const COOKIE = 'desk_session';
const SESSION_MS = 12 * 3_600_000;
const SESSIONS_MAX = 1000;
const WRONG_TRIES_MAX = 10;
const WRONG_TRIES_WINDOW_MS = 5 * 60_000;
const LOOPBACK = /^(localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\])(:\d{1,5})?$/i;
const READS = new Set(['GET', 'HEAD']);

interface Session {
  readonly agent: Principal;
  readonly untilMs: number;
}

export function createSessions(options: SessionOptions): Sessions {
  const sessions = new LRUCache<string, Session>({ max: SESSIONS_MAX });
  const wrongTries = new LRUCache<string, { count: number; readonly untilMs: number }>({ max: 10_000 });
  const agentOf = (request: Request): Principal | undefined => {
    if (options.openAccess) return LOOPBACK.test(request.headers.host ?? '') ? { kind: 'agent', id: 'agent', name: 'Agent' } : undefined;
    const session = sessions.get(keyOf(cookieOf(request)));
    return session !== undefined && session.untilMs > options.nowMs() ? session.agent : undefined;
  };
  return {
    principalOf(request) {
      const bearer = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1];
      if (bearer !== undefined) {
        if (!equalSecrets(bearer, options.apiToken)) throw refuse('unauthorized', 'signIn', 'wrong token');
        return { kind: 'bridge' };
      }
      const agent = agentOf(request);
      if (agent === undefined) throw refuse('unauthorized', 'signIn', 'sign in first');
      if (!READS.has(request.method)) checkSamePage(request);
      return agent;
    },
    signIn(request, name, token) {
      checkSamePage(request);
      const address = request.socket.remoteAddress ?? '';
      const tries = wrongTries.get(address);
      const running = tries !== undefined && tries.untilMs > options.nowMs() ? tries : { count: 0, untilMs: options.nowMs() + WRONG_TRIES_WINDOW_MS };
      if (running.count >= WRONG_TRIES_MAX) {
        throw new BridgeError({ code: 'rate_limited', operation: 'signIn', message: 'too many wrong tries', retryAfterMs: running.untilMs - options.nowMs() });
      }
      const account = options.agents.find((agent) => agent.name.toLowerCase() === name.trim().toLowerCase());
      // An unknown name costs the same time as a wrong token.
      const fits = equalSecrets(token, account?.token ?? '');
      if (account === undefined || account.token === '' || !fits) {
        wrongTries.set(address, { ...running, count: running.count + 1 });
        throw refuse('unauthorized', 'signIn', 'name or token is wrong');
      }
      const secret = randomBytes(32).toString('base64url');
      sessions.set(keyOf(secret), { agent: { kind: 'agent', id: `agent:${account.name}`, name: account.name }, untilMs: options.nowMs() + SESSION_MS });
      return cookie(request, secret, SESSION_MS / 1000);
    },
    signOut(request) {
      checkSamePage(request);
      sessions.delete(keyOf(cookieOf(request)));
      return cookie(request, '', 0);
    },
  };
}

/** Throws `forbidden` unless the desk's own page sent this. */
function checkSamePage(request: Request): void {
  const { origin, host } = request.headers;
  const site = request.headers['sec-fetch-site'];
  const sameOrigin = origin === undefined || (URL.canParse(origin) && new URL(origin).host === host);
  if (request.headers[PAGE_HEADER] === undefined || !sameOrigin || (site !== undefined && site !== 'same-origin')) {
    throw refuse('forbidden', 'signIn', 'only the desk page itself may do this');
  }
}

/** Only the hash is kept: what lies in memory cannot be used to sign in. */
function keyOf(secret: string): string {
  return createHash('sha256').update(secret).digest('base64');
}

function cookieOf(request: Request): string {
  return new RegExp(`(?:^|;\\s*)${COOKIE}=([\\w-]{1,100})`).exec(request.headers.cookie ?? '')?.[1] ?? '';
}

function cookie(request: Request, value: string, maxAgeSeconds: number): string {
  const secure = request.secure || request.headers['x-forwarded-proto'] === 'https' ? '; Secure' : '';
  return `${COOKIE}=${value}; Path=/desk; HttpOnly; SameSite=Strict; Max-Age=${maxAgeSeconds}${secure}`;
}
