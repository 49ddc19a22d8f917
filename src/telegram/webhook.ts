/**
 * Intake by webhook. 200 means stored, as with polling. Telegram repeats an update that it got no 2xx for, and gives up waiting after
 * 60 s (tdlib/telegram-bot-api WebhookActor.cpp), so work that takes longer is answered 503 before that and goes on: the repeat joins it.
 */
import { BridgeError, toBridgeError } from '../core/errors.js';
import type { Clock } from '../core/ports.js';
import type { RawRequest } from '../core/types.js';
import { equalSecrets, signHmac } from '../http/signature.js';
import { takeUpdate, type IntakeOptions } from './intake.js';
import { findUpdateId } from './updates.js';

export interface WebhookOptions extends IntakeOptions {
  /** 1 to 256 letters, digits, `_` and `-`: https://core.telegram.org/bots/api#setwebhook */
  readonly secretToken: string;
  readonly clock: Clock;
}

export interface WebhookAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Never rejects. 200 done, 400 not an update, 401 not from Telegram, 503 not done yet. */
export type Webhook = (request: RawRequest) => Promise<WebhookAnswer>;

const ANSWER_WITHIN_MS = 45_000;
const RETRY_AFTER_SECONDS = 5;
/** A repeat comes within minutes of its first delivery; that is some hundred updates a second. */
const DONE_MAX = 50_000;
/** Telegram opens at most 100 connections, so more than this is trouble of our own. */
const RUNNING_MAX = 5_000;

const DONE: WebhookAnswer = { status: 200 };
const LATER: WebhookAnswer = { status: 503, headers: { 'retry-after': String(RETRY_AFTER_SECONDS) } };

/** Throws `invalid` for a secret that Telegram would not take: without a secret anybody could write in a requester's name. */
export function createWebhook(options: WebhookOptions): Webhook {
  const { secretToken, clock } = options;
  checkSecretToken(secretToken);
  const running = new Map<number, Promise<WebhookAnswer>>();
  // In order of being done: the oldest is forgotten first.
  const done = new Set<number>();

  const work = async (update: unknown, id: number): Promise<WebhookAnswer> => {
    try {
      await takeUpdate(options, update, id, clock.nowMs());
      done.add(id);
      if (done.size > DONE_MAX) for (const oldest of done) { done.delete(oldest); break; }
      return DONE;
    } catch (thrown) {
      const { code, operation } = toBridgeError(thrown, 'handle');
      options.emit({ type: 'log', level: 'warn', message: 'an update was refused and will come again', facts: { update: id, code, operation } });
      return LATER;
    } finally {
      running.delete(id);
    }
  };
  const join = (update: unknown, id: number): Promise<WebhookAnswer> => {
    const known = running.get(id);
    if (known !== undefined) return known;
    const fresh = work(update, id);
    running.set(id, fresh);
    return fresh;
  };
  return async ({ headers, body }) => {
    if (!equalSecrets(headers['x-telegram-bot-api-secret-token'] ?? '', secretToken)) return { status: 401 };
    const update = parseJson(body);
    const id = findUpdateId(update);
    if (id === undefined) return { status: 400 };
    if (done.has(id)) return DONE;
    if (!running.has(id) && running.size >= RUNNING_MAX) return LATER;
    const answered = new AbortController();
    const tooLate = clock.sleep(ANSWER_WITHIN_MS, answered.signal).then(() => LATER);
    const answer = await Promise.race([join(update, id), tooLate]);
    answered.abort();
    return answer;
  };
}

/** The path that Telegram calls, `/telegram/<path secret>`: made of the secret token, so that one setting is enough. */
export function webhookPath(secretToken: string): string {
  return `/telegram/${signHmac('sha256', secretToken, 'deskbridge webhook path').slice(0, 32)}`;
}

function checkSecretToken(secretToken: string): void {
  if (/^[\w-]{1,256}$/u.test(secretToken)) return;
  throw new BridgeError({ code: 'invalid', operation: 'createWebhook', message: 'the Telegram webhook secret must be 1 to 256 letters, digits, _ and -' });
}

function parseJson(body: Buffer): unknown {
  try {
    const parsed: unknown = JSON.parse(body.toString('utf8'));
    return parsed;
  } catch {
    return undefined;
  }
}
