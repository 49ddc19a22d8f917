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

export function createPauses(clock: Clock, emit: Emit): Pauses {
  const refusedAtMs = new Map<number, number>();
  const longUntilMs = new LRUCache<number, number>({ max: LONG_WAITS_MAX });
  let botPausedUntilMs = 0;
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
      if (wholeBot) botPausedUntilMs = Math.max(botPausedUntilMs, clock.nowMs() + waitMs);
      emit({ type: 'log', level: 'warn', message: 'Telegram asked to slow down', facts: { waitMs, scope: wholeBot ? 'bot' : 'chat' } });
      if (waitMs <= WAIT_INSIDE_MAX_MS) await clock.sleep(waitMs);
      else if (chat !== undefined) longUntilMs.set(chat, clock.nowMs() + waitMs);
      else throw slowDown(waitMs);
    },
    refuseLong(chat) {
      const untilMs = Math.max(botPausedUntilMs, chat === undefined ? 0 : longUntilMs.get(chat) ?? 0);
      const leftMs = untilMs - clock.nowMs();
      // What is left of a bot's short pause is waited out at the rate.
      if (leftMs > WAIT_INSIDE_MAX_MS || (leftMs > 0 && untilMs !== botPausedUntilMs)) throw slowDown(leftMs);
    },
    isShut: (chat) => Math.max(botPausedUntilMs, longUntilMs.get(chat) ?? 0) > clock.nowMs(),
    async botReady() {
      for (let waitMs = botPausedUntilMs - clock.nowMs(); waitMs > 0; waitMs = botPausedUntilMs - clock.nowMs()) await clock.sleep(waitMs);
    },
  };
}

function slowDown(retryAfterMs: number): BridgeError {
  return new BridgeError({ code: 'rate_limited', operation: 'send', message: 'Telegram asked to wait', retryAfterMs, scope: 'conversation' });
}
