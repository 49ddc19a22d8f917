/** Updates in: polling or webhook, as configured; and the bot's menu. */
import type { Bridge } from '../bridge/bridge.js';
import type { Config } from '../config.js';
import type { Mapping } from '../core/mapping.js';
import type { Clock, Emit, EventHandler } from '../core/ports.js';
import type { RawRequest } from '../core/types.js';
import { BridgeError } from '../core/errors.js';
import { MENU_COMMANDS } from '../frontdesk/commands.js';
import type { RawResponse } from '../http/server.js';
import type { TelegramClient } from '../telegram/client.js';
import { parseConversationId } from '../telegram/ids.js';
import { createPolling } from '../telegram/polling.js';
import { createRegistration, type BotCommand, type IntakeMode } from '../telegram/registration.js';
import type { BotAccount } from '../telegram/updates.js';
import { createWebhook, webhookPath } from '../telegram/webhook.js';

export interface Intake {
  readonly username: string;
  /** What answers `POST /telegram/<path secret>`; absent when polling. */
  readonly webhook?: (raw: RawRequest) => Promise<RawResponse>;
  /** Repairs what somebody else changed at Telegram. */
  watch(): Promise<void>;
  stop(): Promise<void>;
}

export interface IntakeParts {
  readonly bot: BotAccount;
  readonly client: TelegramClient;
  readonly bridge: Bridge;
  readonly mapping: () => Mapping;
  readonly clock: Clock;
  readonly emit: Emit;
}

/** Throws BridgeError when Telegram refuses the webhook. */
export async function startIntake({ telegram }: Config, parts: IntakeParts): Promise<Intake> {
  const { bot, client, bridge, mapping, clock, emit } = parts;
  const mode = modeOf(telegram);
  const registration = createRegistration({ client, mode, commands: menu(mapping()), emit });
  await registration.start();
  const intake = { bot, handle: withoutOperators(telegram.operatorsChat, bridge.handle), emit, clock };
  const shared = { username: bot.username, watch: () => registration.watch() };
  if (mode.kind === 'webhook') return { ...shared, webhook: createWebhook({ ...intake, secretToken: mode.secretToken }), stop: async () => undefined };
  const polling = createPolling({ ...intake, client });
  polling.start();
  return { ...shared, stop: () => polling.stop() };
}

/** What operators say to each other in their group is no request. (An operator's private chat may well be one.) */
function withoutOperators(chat: number | undefined, handle: EventHandler): EventHandler {
  if (chat === undefined || chat > 0) return handle;
  return (event) => (parseConversationId(event.conversation).chat === chat ? Promise.resolve() : handle(event));
}

function modeOf({ mode, webhookSecret, publicUrl }: Config['telegram']): IntakeMode {
  if (mode === 'polling') return { kind: 'polling' };
  if (webhookSecret === undefined || publicUrl === undefined) {
    throw new BridgeError({ code: 'invalid', operation: 'start', message: 'webhook mode needs PUBLIC_URL and TELEGRAM_WEBHOOK_SECRET' });
  }
  return { kind: 'webhook', url: `${publicUrl}${webhookPath(webhookSecret)}`, secretToken: webhookSecret };
}

/** The bot's menu in every language that has texts; the first one is for everybody else. */
function menu(mapping: Mapping): Readonly<Record<string, readonly BotCommand[]>> {
  const commands = (locale: string): readonly BotCommand[] => MENU_COMMANDS.map((command) => ({ command, description: mapping.label(locale, `commands.${command}`) }));
  return { default: commands(mapping.localeOf(undefined)), ...Object.fromEntries(mapping.locales.map((locale) => [locale, commands(locale)])) };
}
