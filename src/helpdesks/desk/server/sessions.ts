/** What belongs here: who may use the desk: the bridge by its token, agents by name and token, and anybody on this machine when access is open. */
import { createHash, randomBytes } from 'node:crypto';
import { isIP } from 'node:net';
import type { Request } from 'express';
import { LRUCache } from 'lru-cache';
import type { Clock, Emit } from '../../../core/ports.js';
import { isOwnMachine } from '../../../http/own-machine.js';
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
  readonly clock: Clock;
  readonly emit: Emit;
}

export interface Sessions {
  /** Throws `unauthorized`, or `forbidden` for a request that another site made the browser send. */
  principalOf(request: Request): Principal;
  /**
   * Gives the cookie. The right token gets in at once, whatever others tried before: a lock would only help whoever wants to keep agents
   * out. Throws `unauthorized` for a wrong one, later and later for tries from one address, and `rate_limited` when too many wait.
   */
  signIn(request: Request, name: string, token: string): Promise<string>;
  /** Gives the cookie that forgets. */
  signOut(request: Request): string;
}

/** A page's writes carry this header: another site cannot set it without asking first, and is never allowed. */
export const PAGE_HEADER = 'x-desk-page';
const COOKIE = 'desk_session';
const SESSION_MS = 12 * 3_600_000;
const SESSIONS_MAX = 1000;
/** People mistype; scripts do not stop at this. */
const WRONG_TRIES_FREE = 5;
const WRONG_TRIES_WINDOW_MS = 5 * 60_000;
const FIRST_DELAY_MS = 500;
const DELAY_MAX_MS = 8_000;
/** Answers to wrong tries that are held back at a time; more are refused at once. */
const WAITING_MAX = 200;
const PRIVATE = /^(::ffff:)?(127\.|10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.)|^::1$|^f[cd][0-9a-f]{2}:/i;
const READS = new Set(['GET', 'HEAD']);

interface Session {
  readonly agent: Principal;
  readonly untilMs: number;
}

export function createSessions(options: SessionOptions): Sessions {
  const sessions = new LRUCache<string, Session>({ max: SESSIONS_MAX });
  const nowMs = (): number => options.clock.nowMs();
  const refuseLater = createBrake(options.clock, options.emit);
  const agentOf = (request: Request): Principal | undefined => {
    if (options.openAccess) return isOwnMachine(request.headers) ? { kind: 'agent', id: 'agent', name: 'Agent' } : undefined;
    const session = sessions.get(keyOf(cookieOf(request)));
    return session !== undefined && session.untilMs > nowMs() ? session.agent : undefined;
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
    async signIn(request, name, token) {
      checkSamePage(request);
      const account = options.agents.find((agent) => agent.name.toLowerCase() === name.trim().toLowerCase());
      // An unknown name costs the same time as a wrong token.
      const fits = equalSecrets(token, account?.token ?? '');
      if (account === undefined || account.token === '' || !fits) {
        await refuseLater(addressOf(request));
        throw refuse('unauthorized', 'signIn', 'name or token is wrong');
      }
      const secret = randomBytes(32).toString('base64url');
      sessions.set(keyOf(secret), { agent: { kind: 'agent', id: `agent:${account.name}`, name: account.name }, untilMs: nowMs() + SESSION_MS });
      return cookie(request, secret, SESSION_MS / 1000);
    },
    signOut(request) {
      checkSamePage(request);
      sessions.delete(keyOf(cookieOf(request)));
      return cookie(request, '', 0);
    },
  };
}

/** Resolves when a wrong try from this address may be answered. Throws `rate_limited`. */
function createBrake(clock: Clock, emit: Emit): (address: string) => Promise<void> {
  const wrongTries = new LRUCache<string, { readonly count: number; readonly untilMs: number }>({ max: 10_000 });
  let waiting = 0;
  return async (address) => {
    const known = wrongTries.get(address);
    const tries = known !== undefined && known.untilMs > clock.nowMs() ? known : { count: 0, untilMs: clock.nowMs() + WRONG_TRIES_WINDOW_MS };
    const count = tries.count + 1;
    wrongTries.set(address, { ...tries, count });
    if (count <= WRONG_TRIES_FREE) return;
    if (count === WRONG_TRIES_FREE + 1) emit({ type: 'log', level: 'warn', message: 'desk: somebody tries tokens that are wrong', facts: { tries: count } });
    const delayMs = Math.min(DELAY_MAX_MS, FIRST_DELAY_MS * 2 ** (count - WRONG_TRIES_FREE - 1));
    if (waiting >= WAITING_MAX) throw new BridgeError({ code: 'rate_limited', operation: 'signIn', message: 'too many wrong tries', retryAfterMs: delayMs });
    waiting += 1;
    await clock.sleep(delayMs).finally(() => { waiting -= 1; });
  };
}

/** Who asks: what the proxy in front says last, when a proxy of our own network asks for somebody. */
function addressOf(request: Request): string {
  const peer = request.socket.remoteAddress ?? '';
  const last = String(request.headers['x-forwarded-for'] ?? '').split(',').at(-1)?.trim() ?? '';
  return PRIVATE.test(peer) && isIP(last) !== 0 ? last : peer;
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
