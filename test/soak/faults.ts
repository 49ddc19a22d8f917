/** What belongs here: what goes wrong, when and for how long, drawn from the seed. Calm and trouble take turns on each side by itself. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Asked, Fate, Proxy } from './proxy.js';
import type { Random } from './random.js';

export interface Phase {
  readonly name: string;
  readonly lengthMs: number;
  readonly fate: (request: Asked) => Fate;
}

/** What a side is going through, for the line of each minute; undefined = nothing. */
export interface Weather {
  now(): string | undefined;
  /** Phases so far, by name. */
  readonly met: ReadonlyMap<string, number>;
  readonly ended: Promise<void>;
}

const CALM_MS = { from: 10_000, to: 45_000 };
const seconds = (random: Random, from: number, to: number): number => random.between(from * 1_000, to * 1_000);

/** Changes what the proxy does until `signal` aborts, and leaves it calm. */
export function startWeather(proxy: Proxy, phases: readonly ((random: Random) => Phase)[], calm: (request: Asked) => Fate, random: Random, signal: AbortSignal): Weather {
  const met = new Map<string, number>();
  let name: string | undefined;
  const pause = (lengthMs: number): Promise<unknown> => sleep(lengthMs, undefined, { signal }).catch(() => undefined);
  const run = async (): Promise<void> => {
    proxy.decide = calm;
    while (!signal.aborted) {
      await pause(random.between(CALM_MS.from, CALM_MS.to));
      if (signal.aborted) break;
      const phase = random.pick(phases)(random);
      name = phase.name;
      met.set(name, (met.get(name) ?? 0) + 1);
      proxy.decide = phase.fate;
      await pause(phase.lengthMs);
      proxy.decide = calm;
      name = undefined;
    }
    name = undefined;
    proxy.decide = () => 'pass';
  };
  return { now: () => name, met, ended: run() };
}

/** The fate for this share of all requests. */
function some(random: Random, share: number, fate: (request: Asked) => Fate): (request: Asked) => Fate {
  return (request) => (random.chance(share) ? fate(request) : 'pass');
}

export const HELPDESK_PHASES: readonly ((random: Random) => Phase)[] = [
  (random) => ({ name: 'down', lengthMs: seconds(random, 2, 60), fate: () => 'reset_before' }),
  (random) => ({ name: 'answers 500', lengthMs: seconds(random, 5, 30), fate: some(random, 0.3 + 0.7 * random.fraction(), () => ({ status: 500, body: '{"error":"internal"}' })) }),
  (random) => ({ name: 'gateway page', lengthMs: seconds(random, 5, 20), fate: some(random, 0.6, () => ({ status: 502, headers: { 'content-type': 'text/html' }, body: '<h1>Bad Gateway</h1>' })) }),
  (random) => ({ name: 'answers 429', lengthMs: seconds(random, 5, 20), fate: some(random, 0.5, () => ({ status: 429, headers: { 'retry-after': String(random.between(1, 5)) }, body: '{}' })) }),
  // Some land after the caller has given up and asked again.
  (random) => ({ name: 'slow', lengthMs: seconds(random, 10, 40), fate: () => ({ delayMs: random.chance(0.01) ? 33_000 : random.between(100, 4_000) }) }),
  (random) => ({ name: 'torn JSON', lengthMs: seconds(random, 5, 15), fate: some(random, 0.3, () => ({ status: 200, headers: { 'content-type': 'application/json' }, body: '{"ticket":{"id":"10' })) }),
  (random) => ({ name: 'replies lost', lengthMs: seconds(random, 5, 30), fate: some(random, 0.3, () => 'reset_after') }),
  (random) => ({ name: 'resets', lengthMs: seconds(random, 5, 30), fate: some(random, 0.3, () => 'reset_before') }),
];

export const isSend = ({ path }: Asked): boolean => /\/send[A-Z]\w*$/.test(path) && !path.endsWith('/sendChatAction');
const isUpload = ({ path }: Asked): boolean => /\/send(Photo|Document|Video|Audio)$/.test(path);

function flood(retryAfterSeconds: number): Fate {
  const description = `Too Many Requests: retry after ${retryAfterSeconds}`;
  return {
    status: 429, headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ok: false, error_code: 429, description, parameters: { retry_after: retryAfterSeconds } }),
  };
}

const serverError = (status: number): Fate => ({ status, headers: { 'content-type': 'application/json' }, body: JSON.stringify({ ok: false, error_code: status, description: 'Internal Server Error' }) });
const onSends = (fate: (request: Asked) => Fate) => (request: Asked): Fate => (isSend(request) ? fate(request) : 'pass');

export const TELEGRAM_PHASES: readonly ((random: Random) => Phase)[] = [
  (random) => ({ name: '429, short', lengthMs: seconds(random, 5, 20), fate: onSends(some(random, 0.3, () => flood(random.between(1, 3)))) }),
  (random) => ({ name: '429, long', lengthMs: seconds(random, 1, 3), fate: onSends(() => flood(random.between(15, 40))) }),
  (random) => ({ name: 'answers 500', lengthMs: seconds(random, 5, 20), fate: some(random, 0.4, () => serverError(500)) }),
  (random) => ({ name: 'gateway page', lengthMs: seconds(random, 5, 15), fate: some(random, 0.4, () => ({ status: 502, headers: { 'content-type': 'text/html' }, body: '<html>502</html>' })) }),
  (random) => ({ name: 'down', lengthMs: seconds(random, 2, 30), fate: () => 'reset_before' }),
  (random) => ({ name: 'resets', lengthMs: seconds(random, 5, 20), fate: some(random, 0.3, () => 'reset_before') }),
  (random) => ({ name: 'replies lost', lengthMs: seconds(random, 5, 20), fate: (request) => (random.chance(isUpload(request) ? 0.05 : 0.15) ? 'reset_after' : 'pass') }),
  (random) => ({ name: 'slow', lengthMs: seconds(random, 5, 20), fate: (request) => (request.path.endsWith('/getUpdates') ? 'pass' : { delayMs: random.between(100, TELEGRAM_DELAY_MAX_MS) }) }),
];

export const isWrite = ({ method }: Asked): boolean => method === 'POST' || method === 'PATCH';

/** A send that was under way at a kill may come so much later. */
export const TELEGRAM_DELAY_MAX_MS = 3_000;

/** On the way to the program webhooks always get lost, come twice or late; at times none comes at all. */
export function createWebhookFate(random: Random): (request: Asked) => Fate {
  return (request) => {
    const draw = random.fraction();
    if (draw < 0.05) return 'reset_after';
    if (draw < 0.10) return 'double';
    if (draw < 0.15) return { delayMs: random.between(200, 5_000) };
    if (draw < 0.20) return 'reset_before';
    // The desk is told that all went well, and the program hears nothing. Telegram never loses an update so.
    return draw < 0.25 && request.path === '/helpdesk' ? { status: 200, body: '{}' } : 'pass';
  };
}

export const WEBHOOK_PHASES: readonly ((random: Random) => Phase)[] = [
  (random) => ({ name: 'none arrives', lengthMs: seconds(random, 10, 60), fate: (request) => (request.path === '/helpdesk' ? { status: 200, body: '{}' } : 'reset_before') }),
  (random) => ({ name: 'each comes twice', lengthMs: seconds(random, 5, 20), fate: () => 'double' }),
];
