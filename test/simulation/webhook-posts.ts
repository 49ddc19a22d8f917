/**
 * Telegram's side of the webhook: one update of a lane at a time, a failed one again after a growing pause or after `Retry-After`
 * (tdlib/telegram-bot-api WebhookActor.cpp).
 */
import type { Webhook } from '../../src/telegram/webhook.js';
import type { BotApi, Update } from './bot-api.js';
import type { Process } from './process.js';
import type { Random } from './random.js';
import type { Timeline } from './time.js';

/** Where posts can go: every process that listens. */
export interface Endpoint {
  readonly process: Process;
  /** Absent while the process starts. */
  webhook: Webhook | undefined;
}

export interface PostsWorld {
  readonly time: Timeline;
  readonly random: Random;
  readonly botApi: BotApi;
  readonly endpoints: () => readonly Endpoint[];
  readonly secret: string;
  readonly count: (what: string) => void;
  /** Whether the answer to this post is lost on the way. */
  readonly loses: () => boolean;
}

const ANSWER_WITHIN_MS = 60_000;
const BACKOFF_MAX_MS = 60_000;

export function startPosts(world: PostsWorld): void {
  const busy = new Set<string>();
  const pump = (): void => {
    for (const update of world.botApi.updates) {
      if (update.acknowledged || busy.has(update.lane)) continue;
      busy.add(update.lane);
      deliver(world, update, 0, () => {
        busy.delete(update.lane);
        pump();
      });
    }
  };
  world.botApi.onNews(pump);
}

function deliver(world: PostsWorld, update: Update, failures: number, done: () => void): void {
  const { time, botApi, count } = world;
  const random = world.random.of('posts');
  if (update.handedTo !== undefined) count('update redelivered');
  update.handedTo = 'webhook';
  time.after(random.between(1, 60), () => post(world, update, (status, retryAfterMs) => {
    const lost = status === 200 && world.loses();
    if (lost) count('webhook answer lost');
    if (status === 200 && !lost) {
      botApi.acknowledge(update);
      done();
      return;
    }
    const backoffMs = failures === 0 ? 0 : Math.min(1_000 * 2 ** failures, BACKOFF_MAX_MS);
    time.after(retryAfterMs ?? backoffMs, () => deliver(world, update, failures + 1, done));
  }));
}

/** `answered` is called once: with the answer, or with 0 when none comes. */
function post({ time, random: all, endpoints, secret }: PostsWorld, update: Update, answered: (status: number, retryAfterMs?: number) => void): void {
  const random = all.of('posts');
  const endpoint = random.pick(endpoints());
  let over = false;
  const end = (status: number, retryAfterMs?: number): void => {
    if (over) return;
    over = true;
    time.after(random.between(1, 60), () => answered(status, retryAfterMs));
  };
  if (endpoint === undefined) return end(0);
  time.after(ANSWER_WITHIN_MS, () => end(0));
  endpoint.process.onEnd(() => end(0));
  endpoint.process.run(() => {
    if (endpoint.webhook === undefined) return end(503);
    const body = Buffer.from(JSON.stringify(update.body));
    void endpoint.webhook({ headers: { 'x-telegram-bot-api-secret-token': secret }, body }).then(({ status, headers }) => {
      const after = headers?.['retry-after'];
      end(status, after === undefined ? undefined : Number(after) * 1_000);
    });
  });
}
