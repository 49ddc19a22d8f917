/** "typing…" in a chat: a small share of what the bot may ask, of whatever messages leave over. */
import { BridgeError, toBridgeError } from '../core/errors.js';
import type { Clock, Sender } from '../core/ports.js';
import type { TelegramClient } from './client.js';
import { parseConversationId } from './ids.js';
import type { Pacing } from './pacing.js';

/** Over the whole bot. One conversation takes one in four seconds, so this is for some twenty at a time. */
const HINTS_PER_SECOND = 5;
/** Later than that it would tell of the past. */
const TIMEOUT_MS = 5_000;

export function createTypingHints(client: TelegramClient, pacing: Pick<Pacing, 'isQuiet'>, clock: Clock): Sender['sendTyping'] {
  let recentMs: readonly number[] = [];
  let pausedUntilMs = 0;
  return async (conversation) => {
    const { bot, chat, topic } = parseConversationId(conversation);
    if (bot !== client.botId) throw new BridgeError({ code: 'invalid', operation: 'sendTyping', reason: 'chat_gone', message: 'the conversation belongs to another bot' });
    const nowMs = clock.nowMs();
    recentMs = recentMs.filter((atMs) => atMs <= nowMs && atMs > nowMs - 1_000);
    if (nowMs < pausedUntilMs || recentMs.length >= HINTS_PER_SECOND || !pacing.isQuiet(chat)) return;
    recentMs = [...recentMs, nowMs];
    try {
      await client.call('sendChatAction', { chat_id: chat, ...(topic !== undefined && { message_thread_id: topic }), action: 'typing' }, { timeoutMs: TIMEOUT_MS });
    } catch (thrown) {
      const error = toBridgeError(thrown, 'sendTyping');
      // Hints alone are paused: a message finds out for itself whether it is meant too.
      if (error.code === 'rate_limited') pausedUntilMs = nowMs + (error.retryAfterMs ?? 0);
      throw error;
    }
  };
}
