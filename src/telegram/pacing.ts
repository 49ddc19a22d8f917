/**
 * When a call to Telegram may go. Three gates, in this order: the chat's lane (calls of one chat never overlap), the chat's budget, the bot's
 * rate. A 429 shuts a gate for as long as Telegram said and the call is made again, so nothing is lost and a chat's order stays. A wait of more
 * than a minute is thrown instead, to everybody at that gate: whoever called can then say so, and comes again when it is over.
 * The two rates are Bottlenecks; a limit of 0 takes its gate out (a local Bot API server, a bench), since a Bottleneck costs about 4 ms.
 */
import Bottleneck from 'bottleneck';
import { BridgeError } from '../core/errors.js';
import type { Clock, Emit } from '../core/ports.js';
import { createChatBudgets, type ChatBudgets } from './budgets.js';
import { createClockWatch } from './clock-watch.js';
import { createPauses } from './pauses.js';
import { createUrgencyQueue, type Urgency, type UrgencyQueue } from './urgency.js';

/** Each 0 = unlimited. */
export interface PacingLimits {
  /** Of the whole bot. Above about 300 the limiter itself is the brake. */
  readonly messagesPerSecond: number;
  readonly chatMessagesPerSecond: number;
  /** Messages that one private chat may get at once. */
  readonly chatBurst: number;
  readonly groupMessagesPerMinute: number;
}

/** https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this */
export const DEFAULT_LIMITS: PacingLimits = { messagesPerSecond: 30, chatMessagesPerSecond: 1, chatBurst: 3, groupMessagesPerMinute: 20 };

export interface Pacing {
  /** Runs `call` when its turn comes, as often as it is answered with 429. Rejects as `call` does otherwise. */
  run<T>(chat: number, urgency: Urgency, call: () => Promise<T>): Promise<T>;
  /** For calls that are no messages: no gates, but a 429 is waited out. */
  repeat<T>(call: () => Promise<T>): Promise<T>;
  /** Nothing goes to this chat, nobody waits for the bot's rate, and Telegram asked for no pause. */
  isQuiet(chat: number): boolean;
  /** Chats and calls that hold memory right now. */
  counts(): { readonly lanes: number; readonly budgets: number; readonly waiting: number };
}

interface PacingOptions {
  readonly limits: PacingLimits;
  readonly clock: Clock;
  readonly emit: Emit;
}

export function createPacing({ limits, clock, emit }: PacingOptions): Pacing {
  const people = createBudgetsOf(limits.chatBurst, limits.chatMessagesPerSecond, 1_000, clock);
  const groups = createGroupBudgets(limits.groupMessagesPerMinute, clock);
  const pauses = createPauses(clock, emit);
  const rate = createRate(limits.messagesPerSecond, clock, pauses.botReady);
  const lanes = createChatLanes(() => clock.nowMs());

  const untilAnswered = async <T>(chat: number | undefined, urgency: Urgency, call: () => Promise<T>): Promise<T> => {
    for (;;) {
      pauses.refuseLong(chat);
      if (chat !== undefined) await rate.enter(urgency);
      try {
        return await call();
      } catch (thrown) {
        if (!(thrown instanceof BridgeError) || thrown.code !== 'rate_limited' || thrown.reason !== undefined) throw thrown;
        await pauses.wait(chat, thrown.retryAfterMs);
      }
    }
  };
  return {
    run: (chat, urgency, call) => lanes.run(chat, urgency, async () => {
      await (chat < 0 ? groups : people)?.acquire(chat);
      return untilAnswered(chat, urgency, call);
    }),
    repeat: (call) => untilAnswered(undefined, 'answer', call),
    isQuiet: (chat) => !lanes.isBusy(chat) && rate.waiting() === 0 && !pauses.isShut(chat),
    counts: () => ({ lanes: lanes.size(), budgets: (people?.size() ?? 0) + (groups?.size() ?? 0), waiting: rate.waiting() }),
  };
}

function createBudgetsOf(burst: number, messages: number, perMs: number, clock: Clock): ChatBudgets | undefined {
  return messages > 0 ? createChatBudgets({ burst: Math.max(1, burst), intervalMs: Math.ceil(perMs / messages), clock }) : undefined;
}

/** Of a minute's messages a quarter may go at once; the refill gives the rest, so that no minute ever holds more. */
function createGroupBudgets(perMinute: number, clock: Clock): ChatBudgets | undefined {
  const burst = Math.max(1, Math.floor(perMinute / 4));
  return createBudgetsOf(burst, perMinute > 0 ? Math.max(1, perMinute - burst) : 0, 60_000, clock);
}

// ---- lanes ----

interface ChatLanes {
  run<T>(chat: number, urgency: Urgency, work: () => Promise<T>): Promise<T>;
  isBusy(chat: number): boolean;
  size(): number;
}

/** One call of a chat at a time. A lane exists only while it has work. */
function createChatLanes(nowMs: () => number): ChatLanes {
  const lanes = new Map<number, UrgencyQueue<() => Promise<void>>>();
  const drain = async (chat: number, lane: UrgencyQueue<() => Promise<void>>): Promise<void> => {
    for (let work = lane.take(); work !== undefined; work = lane.take()) await work();
    lanes.delete(chat);
  };
  return {
    run: (chat, urgency, work) => new Promise((resolve, reject) => {
      const job = (): Promise<void> => work().then(resolve, reject);
      const lane = lanes.get(chat);
      if (lane !== undefined) {
        lane.push(urgency, job);
        return;
      }
      const fresh = createUrgencyQueue<() => Promise<void>>(nowMs);
      lanes.set(chat, fresh);
      fresh.push(urgency, job);
      void drain(chat, fresh);
    }),
    isBusy: (chat) => lanes.has(chat),
    size: () => lanes.size,
  };
}

// ---- the bot's rate ----

interface Rate {
  enter(urgency: Urgency): Promise<void>;
  waiting(): number;
}

/**
 * Places are given out one at a time, and each goes to whoever is most urgent by then: Bottleneck's own priorities never age. A place
 * is held for no longer than it takes to give, so that a long upload holds up nobody.
 */
function createRate(perSecond: number, clock: Clock, botReady: () => Promise<void>): Rate {
  if (perSecond <= 0) return { enter: botReady, waiting: () => 0 };
  const createPlaces = (): Bottleneck => new Bottleneck({ minTime: Math.ceil(1_000 / perSecond), maxConcurrent: 1 });
  const queue = createUrgencyQueue<() => void>(() => clock.nowMs());
  let places = createPlaces();
  const givePlace = (): void => {
    // Refused only where the places were made anew: then somebody else is given one.
    places.schedule(async () => {
      await botReady();
      queue.take()?.();
    }).catch(() => undefined);
  };
  const watchClock = createClockWatch(clock, {
    isWaiting: () => queue.size > 0,
    onSetBack() {
      void places.stop({ dropWaitingJobs: true }).catch(() => undefined);
      places = createPlaces();
      for (let waiting = queue.size; waiting > 0; waiting -= 1) givePlace();
    },
  });
  return {
    enter: (urgency) => new Promise((resolve) => {
      queue.push(urgency, resolve);
      givePlace();
      watchClock();
    }),
    waiting: () => queue.size,
  };
}
