/**
 * What belongs here: delivery of updates by webhook, as tdlib/telegram-bot-api does it (WebhookActor.cpp).
 *
 * Updates stand in queues (one for a chat's messages, one for a user's presses, ...). A queue has one update in flight; the next goes
 * out only when the head was answered 2xx or has expired. Queues run in parallel up to `max_connections`, and at most twice as many
 * queues are looked at: that many chats whose head keeps failing stop delivery for all. A failed update is sent again at once, then
 * after 2, 4, 8... seconds up to 60-120; a `Retry-After` answer replaces that wait without moving it on.
 */
import { setMaxListeners } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import type { Clock } from '../../core/ports.js';
import { badRequest, tooManyRequests } from './fault.js';
import type { PendingUpdate, UpdateQueue } from './updates.js';

const ANSWER_WITHIN_MS = 60_000;
const RETRY_AFTER_SECONDS_MAX = 3600;
const CONNECTIONS_DEFAULT = 40;

export interface WebhookSettings {
  readonly url: string;
  readonly secretToken?: string | undefined;
  readonly connectionsMax: number;
}

export interface WebhookRequest {
  readonly url?: string | undefined;
  readonly secret_token?: string | undefined;
  readonly max_connections?: number | undefined;
  readonly drop_pending_updates?: boolean | undefined;
  readonly allowed_updates?: readonly string[] | undefined;
}

export interface Webhook {
  isSet(): boolean;
  /** Returns what the real server says of it. Throws 400 for a bad URL or secret, 429 for two changes within a second. */
  set(request: WebhookRequest): string;
  remove(dropPending: boolean): string;
  status(): Readonly<Record<string, unknown>>;
  close(): void;
}

interface Agents {
  readonly 'http:': http.Agent;
  readonly 'https:': https.Agent;
}

interface Failure {
  readonly message: string;
  readonly retryAfterMs?: number;
}

export function createWebhook(clock: Clock, updates: UpdateQueue, random: () => number): Webhook {
  return new Deliveries(clock, updates, random);
}

/** A class for its state: the settings, the queues in delivery and the open connections. */
class Deliveries implements Webhook {
  readonly #clock: Clock;
  readonly #updates: UpdateQueue;
  readonly #random: () => number;
  readonly #agents: Agents = { 'http:': new http.Agent({ keepAlive: true, maxSockets: 100 }), 'https:': new https.Agent({ keepAlive: true, maxSockets: 100 }) };
  readonly #active = new Map<string, PendingUpdate[]>();
  readonly #freed: (() => void)[] = [];
  #settings: WebhookSettings | undefined;
  #running = createStop();
  #changedAtMs = -Infinity;
  #posting = 0;
  /** Some queue was not looked at for want of room. */
  #overflowed = false;
  #lastFailure: { readonly atMs: number; readonly message: string } | undefined;

  constructor(clock: Clock, updates: UpdateQueue, random: () => number) {
    this.#clock = clock;
    this.#updates = updates;
    this.#random = random;
    updates.onPush((entry) => this.#enqueue(entry));
  }

  isSet(): boolean {
    return this.#settings !== undefined;
  }

  set(request: WebhookRequest): string {
    const next = readSettings(request);
    this.#updates.allow(request.allowed_updates);
    if (this.#settings !== undefined && same(this.#settings, next)) return 'Webhook is already set';
    const nowMs = this.#clock.nowMs();
    if (nowMs - this.#changedAtMs < 1000) throw tooManyRequests(1000);
    this.#stop();
    if (request.drop_pending_updates === true) this.#updates.clear();
    this.#changedAtMs = nowMs;
    this.#lastFailure = undefined;
    this.#settings = next;
    this.#updates.endPoll('setWebhook request');
    this.#load();
    return 'Webhook was set';
  }

  remove(dropPending: boolean): string {
    if (dropPending) this.#updates.clear();
    if (this.#settings === undefined) return 'Webhook is already deleted';
    this.#settings = undefined;
    this.#stop();
    return 'Webhook was deleted';
  }

  status(): Readonly<Record<string, unknown>> {
    const allowed = this.#updates.allowed();
    const failure = this.#lastFailure;
    return {
      url: this.#settings?.url ?? '', has_custom_certificate: false, pending_update_count: this.#updates.count(),
      ...(this.#settings === undefined ? {} : { max_connections: this.#settings.connectionsMax, ip_address: '127.0.0.1' }),
      ...(allowed.length === 0 ? {} : { allowed_updates: allowed }),
      ...(failure === undefined ? {} : { last_error_date: Math.floor(failure.atMs / 1000), last_error_message: failure.message }),
    };
  }

  close(): void {
    this.#settings = undefined;
    this.#stop();
    this.#agents['http:'].destroy();
    this.#agents['https:'].destroy();
  }

  #stop(): void {
    this.#running.abort();
    this.#running = createStop();
    this.#active.clear();
    for (const free of this.#freed.splice(0)) free();
  }

  #enqueue(entry: PendingUpdate): void {
    if (this.#settings === undefined) return;
    const entries = this.#active.get(entry.queue);
    if (entries !== undefined) {
      entries.push(entry);
    } else if (this.#active.size < 2 * this.#settings.connectionsMax) {
      this.#active.set(entry.queue, [entry]);
      void this.#drain(entry.queue, this.#settings, this.#running.signal);
    } else {
      this.#overflowed = true;
    }
  }

  /** Starts what waits and is in no queue yet. */
  #load(): void {
    this.#overflowed = false;
    const inLine = new Set([...this.#active.values()].flat().map((entry) => entry.update.update_id));
    for (const entry of this.#updates.pending()) if (!inLine.has(entry.update.update_id)) this.#enqueue(entry);
  }

  async #drain(queue: string, to: WebhookSettings, signal: AbortSignal): Promise<void> {
    const entries = this.#active.get(queue) ?? [];
    for (let head = entries[0]; head !== undefined && !signal.aborted; head = entries[0]) {
      await this.#deliver(head, to, signal);
      entries.shift();
    }
    if (signal.aborted) return;
    this.#active.delete(queue);
    if (this.#overflowed) this.#load();
  }

  /** One update to its end: delivered or expired. */
  async #deliver(entry: PendingUpdate, to: WebhookSettings, signal: AbortSignal): Promise<void> {
    for (let failures = 0; !signal.aborted;) {
      const failure = await this.#post(entry, to, signal);
      if (signal.aborted) return;
      if (failure === undefined) return this.#updates.acknowledge(entry.update.update_id);
      const nowMs = this.#clock.nowMs();
      this.#lastFailure = { atMs: nowMs, message: failure.message };
      const capMs = (60 + Math.floor(this.#random() * 61)) * 1000;
      const delayMs = failure.retryAfterMs ?? (failures === 0 ? 0 : Math.min(capMs, 2 ** failures * 1000));
      if (failure.retryAfterMs === undefined) failures += 1;
      if (nowMs + delayMs > entry.expiresAtMs) return this.#updates.drop(entry.update.update_id);
      if (delayMs > 0) await this.#clock.sleep(delayMs, signal);
    }
  }

  async #post(entry: PendingUpdate, to: WebhookSettings, signal: AbortSignal): Promise<Failure | undefined> {
    while (this.#posting >= to.connectionsMax && !signal.aborted) await new Promise<void>((resolve) => this.#freed.push(resolve));
    this.#posting += 1;
    const answered = new AbortController();
    const late = new AbortController();
    void this.#clock.sleep(ANSWER_WITHIN_MS, answered.signal).then(() => { if (!answered.signal.aborted) late.abort(); });
    try {
      const failure = await send(entry, to, this.#agents, AbortSignal.any([signal, late.signal]));
      return late.signal.aborted ? { message: 'Read timeout expired' } : failure;
    } finally {
      answered.abort();
      this.#posting -= 1;
      this.#freed.shift()?.();
    }
  }
}

/** Each queue that waits listens to it: many do, and that is no leak. */
function createStop(): AbortController {
  const stop = new AbortController();
  setMaxListeners(0, stop.signal);
  return stop;
}

function same(a: WebhookSettings, b: WebhookSettings): boolean {
  return a.url === b.url && a.secretToken === b.secretToken && a.connectionsMax === b.connectionsMax;
}

/** As a local Bot API server, plain HTTP is fine here, on this machine only. */
function readSettings(request: WebhookRequest): WebhookSettings {
  if (!URL.canParse(request.url ?? '')) throw badRequest('invalid webhook URL specified');
  const url = new URL(request.url ?? '');
  const isLocal = ['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLocal)) throw badRequest('bad webhook: An HTTPS URL must be provided for webhook');
  const secret = request.secret_token;
  if (secret !== undefined && secret.length > 256) throw badRequest('secret token is too long');
  if (secret !== undefined && !/^[\w-]*$/.test(secret)) throw badRequest('secret token contains unallowed characters');
  const connectionsMax = Math.min(100, Math.max(1, request.max_connections ?? CONNECTIONS_DEFAULT));
  return { url: url.href, secretToken: secret === '' ? undefined : secret, connectionsMax };
}

/** Posts one update. Any 2xx is a success; everything else comes back as a failure, never thrown. */
function send(entry: PendingUpdate, to: WebhookSettings, agents: Agents, signal: AbortSignal): Promise<Failure | undefined> {
  return new Promise((resolve) => {
    const body = Buffer.from(JSON.stringify(entry.update));
    const isSecure = to.url.startsWith('https:');
    const headers = {
      'content-type': 'application/json', 'content-length': body.length,
      ...(to.secretToken === undefined ? {} : { 'x-telegram-bot-api-secret-token': to.secretToken }),
    };
    const request = (isSecure ? https : http).request(to.url, { method: 'POST', headers, signal, agent: agents[isSecure ? 'https:' : 'http:'] }, (answer) => {
      answer.resume();
      answer.on('error', () => resolve({ message: 'Connection closed' }));
      answer.on('end', () => resolve(toFailure(answer)));
    });
    request.on('error', (error: NodeJS.ErrnoException) => resolve({ message: error.code === 'ECONNREFUSED' ? 'Connection refused' : 'Connection closed' }));
    request.end(body);
  });
}

function toFailure(answer: http.IncomingMessage): Failure | undefined {
  const status = answer.statusCode ?? 0;
  if (status >= 200 && status < 300) return undefined;
  const message = `Wrong response from the webhook: ${status} ${answer.statusMessage ?? ''}`.trim();
  const retryAfter = answer.headers['retry-after'] ?? '';
  return /^\d+$/.test(retryAfter) ? { message, retryAfterMs: 1000 * Math.min(RETRY_AFTER_SECONDS_MAX, Number(retryAfter)) } : { message };
}
