/** What a 429 shuts, and for how long: one chat, or the whole bot when several chats are refused at once. */
import { LRUCache } from 'lru-cache';
import { BridgeError } from '../core/errors.js';
import type { Clock, Emit } from '../core/ports.js';

export interface Pauses {
  /** Waits as long as Telegram asked, unless that is long. The caller holds the chat's lane, so the whole chat waits. */
  wait(chat: number | undefined, retryAfterMs: number | undefined): Promise<void>;
  /** Throws `rate_limited` with the time that is left of a long wait. */
  refuseLong(chat: number | undefined): void;
  /** Telegram asked for a pause that is not over: of the whole bot, or a long one of this chat. */
  isShut(chat: number): boolean;
  /** Resolves when the whole bot may send. */
  botReady(): Promise<void>;
}

const PAUSE_MIN_MS = 1_000;
/** A longer wait is thrown: nobody should hang in a call that long. */
const WAIT_INSIDE_MAX_MS = 60_000;
/** Long waits of chats that are remembered; one that is forgotten is asked of Telegram again. */
const LONG_WAITS_MAX = 10_000;
/** So many chats refused within that time: it is not the chats, it is the bot. */
const CHATS_OF_BOT_FLOOD = 3;
const BOT_FLOOD_WINDOW_MS = 10_000;

interface Pause {
  readonly untilMs: number;
  readonly waitMs: number;
}

const NO_PAUSE: Pause = { untilMs: 0, waitMs: 0 };

export function createPauses(clock: Clock, emit: Emit): Pauses {
  const refusedAtMs = new Map<number, number>();
  const ofChats = new LRUCache<number, Pause>({ max: LONG_WAITS_MAX });
  let ofBot = NO_PAUSE;
  const leftMs = ({ untilMs, waitMs }: Pause): number => {
    const left = untilMs - clock.nowMs();
    // More than Telegram said: the clock was set back meanwhile. Telegram tells what is left, if anything is.
    return left > waitMs ? 0 : Math.max(0, left);
  };
  const leftOf = (chat: number | undefined): number => leftMs((chat === undefined ? undefined : ofChats.get(chat)) ?? NO_PAUSE);
  const concernsBot = (chat: number): boolean => {
    const nowMs = clock.nowMs();
    refusedAtMs.set(chat, nowMs);
    for (const [other, atMs] of refusedAtMs) if (atMs < nowMs - BOT_FLOOD_WINDOW_MS) refusedAtMs.delete(other);
    return refusedAtMs.size >= CHATS_OF_BOT_FLOOD;
  };
  return {
    async wait(chat, retryAfterMs) {
      const waitMs = Math.max(retryAfterMs ?? 0, PAUSE_MIN_MS);
      const wholeBot = chat !== undefined && concernsBot(chat);
      const pause = { untilMs: clock.nowMs() + waitMs, waitMs };
      if (wholeBot && waitMs > leftMs(ofBot)) ofBot = pause;
      emit({ type: 'log', level: 'warn', message: 'Telegram asked to slow down', facts: { waitMs, scope: wholeBot ? 'bot' : 'chat' } });
      if (waitMs <= WAIT_INSIDE_MAX_MS) await clock.sleep(waitMs);
      else if (chat !== undefined) ofChats.set(chat, pause);
      else throw slowDown(waitMs);
    },
    refuseLong(chat) {
      const [bot, own] = [leftMs(ofBot), leftOf(chat)];
      // What is left of a bot's short pause is waited out at the rate.
      if (bot > WAIT_INSIDE_MAX_MS || own > bot) throw slowDown(Math.max(bot, own));
    },
    isShut: (chat) => Math.max(leftMs(ofBot), leftOf(chat)) > 0,
    async botReady() {
      for (let waitMs = leftMs(ofBot); waitMs > 0; waitMs = leftMs(ofBot)) await clock.sleep(waitMs);
    },
  };
}

function slowDown(retryAfterMs: number): BridgeError {
  return new BridgeError({ code: 'rate_limited', operation: 'send', message: 'Telegram asked to wait', retryAfterMs, scope: 'conversation' });
}
