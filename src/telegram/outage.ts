/** Says once for each outage that Telegram cannot be polled, and what to do about it. */
import type { BridgeError } from '../core/errors.js';
import type { Emit } from '../core/ports.js';
import { TelegramRefusal } from './refusals.js';

export interface Outage {
  /** Says so once for each outage; returns how long to wait. */
  failed(error: BridgeError): number;
  over(): void;
}

/** One lost connection may be chance. */
const FAILURES_TO_TELL = 2;
const TRYING_ON = 'Telegram cannot be reached; trying on';
const BACKOFF_FIRST_MS = 500;
const BACKOFF_MAX_MS = 30_000;

export function createOutage(emit: Emit): Outage {
  let failures = 0;
  let told: string | undefined;
  return {
    failed(error) {
      failures += 1;
      if (failures === FAILURES_TO_TELL) emit({ type: 'outage', system: 'telegram', up: false, code: error.code, operation: 'getUpdates' });
      const advice = adviceFor(error);
      const mayBeChance = advice === TRYING_ON && failures < FAILURES_TO_TELL;
      if (told !== advice && !mayBeChance) emit({ type: 'log', level: 'error', message: advice, facts: { operation: 'getUpdates', code: error.code, reason: error.message } });
      if (!mayBeChance) told = advice;
      return error.retryAfterMs ?? Math.min(BACKOFF_FIRST_MS * 2 ** Math.min(failures - 1, 16), BACKOFF_MAX_MS);
    },
    over() {
      if (failures > 0) emit({ type: 'outage', system: 'telegram', up: true });
      failures = 0;
      told = undefined;
    },
  };
}

function adviceFor(error: BridgeError): string {
  if (error instanceof TelegramRefusal && error.kind === 'webhook_set') return 'a webhook is set for this bot, so it cannot be polled: remove the webhook, or use the webhook mode';
  if (error.code === 'conflict') return 'another program polls this bot: stop it, or give each its own bot';
  if (error.code === 'unauthorized') return 'Telegram does not know the bot token: check TELEGRAM_BOT_TOKEN';
  return TRYING_ON;
}
