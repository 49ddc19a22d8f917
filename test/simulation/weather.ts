/** How the world misbehaves at a moment: faults of single calls, outages, floods, texts that are never taken. */
import { BridgeError } from '../../src/core/errors.js';
import { Refused } from './bot-api.js';
import type { Fate } from './network.js';
import type { Random } from './random.js';
import type { Troubles } from './telegram-client.js';
import type { Timeline } from './time.js';

export interface Weather extends Troubles {
  helpdesk(name: string): Fate;
  /** Throws for a text that the helpdesk never takes. */
  refuseAtHelpdesk(text: string): void;
  /** Whether an answer to Telegram's webhook is lost. */
  losesAnswer(): boolean;
  helpdeskDown(forMs: number): void;
  telegramDown(forMs: number): void;
  flooded(chat: number | 'all', forMs: number): void;
  /** Webhooks of the helpdesk come to nobody for a while. */
  loseWebhooks(forMs: number): void;
  webhooksLost(): boolean;
  /** Somebody put in order what refused certain texts. */
  mend(): void;
  mended(): boolean;
  /** No more faults; floods last as long as was said. */
  clear(): void;
}

const HELPDESK_FATES: readonly Fate[] = ['refused', 'reply_lost', 'lands_late', 'error_500', 'error_500_done', 'slow_down', 'slow'];
const HELPDESK_DOWN: readonly Fate[] = ['refused', 'refused', 'refused', 'error_500', 'lands_late'];
const TELEGRAM_FATES: readonly Fate[] = ['refused', 'reply_lost', 'lands_late', 'error_500', 'error_500_done', 'slow_down', 'slow'];
const TELEGRAM_DOWN: readonly Fate[] = ['refused', 'refused', 'error_500', 'reply_lost'];

export const HELPDESK_REFUSES = 'zqpoison';
export const TELEGRAM_REFUSES = 'zqbad';

export function createWeather(
  { time, random, count, faulty }: { time: Timeline; random: Random; count: (what: string) => void; faulty: number },
): Weather {
  let chance = faulty;
  let helpdeskDownUntilMs = 0;
  let telegramDownUntilMs = 0;
  let webhooksLostUntilMs = 0;
  let mended = false;
  const floods = new Map<number | 'all', number>();

  function draw(side: string, name: string, downUntilMs: number, down: readonly Fate[], fates: readonly Fate[]): Fate {
    const chances = random.of(`${side} ${name}`);
    const fate = time.nowMs() < downUntilMs ? chances.pick(down) : chances.chance(chance) ? chances.pick(fates) : 'fine';
    if (fate !== undefined && fate !== 'fine') count(`${side} ${fate.replaceAll('_', ' ')}`);
    return fate ?? 'fine';
  }

  return {
    helpdesk: (name) => draw('helpdesk', name, helpdeskDownUntilMs, HELPDESK_DOWN, HELPDESK_FATES),
    draw: (name) => draw('telegram', name, telegramDownUntilMs, TELEGRAM_DOWN, TELEGRAM_FATES),
    flood(chat) {
      const untilMs = Math.max(floods.get(chat) ?? 0, floods.get('all') ?? 0);
      return untilMs <= time.nowMs() ? undefined : Math.ceil((untilMs - time.nowMs()) / 1_000);
    },
    refusal: (text) => (!mended && text.includes(TELEGRAM_REFUSES) ? new Refused(400, 'Bad Request: message is not acceptable') : undefined),
    refuseAtHelpdesk(text) {
      if (mended || !text.includes(HELPDESK_REFUSES)) return;
      count('helpdesk 400, refused for ever');
      throw new BridgeError({ code: 'invalid', operation: 'write', message: 'the helpdesk does not take this' });
    },
    losesAnswer: () => random.of('webhook').chance(chance / 3),
    helpdeskDown(forMs) { helpdeskDownUntilMs = time.nowMs() + forMs; },
    telegramDown(forMs) { telegramDownUntilMs = time.nowMs() + forMs; },
    flooded(chat, forMs) { floods.set(chat, time.nowMs() + forMs); },
    loseWebhooks(forMs) { webhooksLostUntilMs = time.nowMs() + forMs; },
    webhooksLost: () => time.nowMs() < webhooksLostUntilMs,
    mend() { mended = true; },
    mended: () => mended,
    clear() {
      chance = 0;
      helpdeskDownUntilMs = 0;
      telegramDownUntilMs = 0;
      webhooksLostUntilMs = 0;
    },
  };
}
