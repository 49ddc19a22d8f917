/** What Telegram is told about this bot: where updates go, and its list of commands. Pending updates are never dropped. */
import { z } from 'zod';
import { BridgeError, toBridgeError } from '../core/errors.js';
import type { Emit } from '../core/ports.js';
import type { TelegramClient } from './client.js';
import { ALLOWED_UPDATES, type BotAccount } from './updates.js';

export type IntakeMode =
  | { readonly kind: 'polling' }
  | {
    readonly kind: 'webhook';
    /** Public address with the secret path: `PUBLIC_URL` and `webhookPath(secretToken)`. */
    readonly url: string;
    readonly secretToken: string;
    /** Connections that Telegram may open at once, 1 to 100. */
    readonly connectionsMax?: number;
  };

export interface BotCommand {
  /** 1 to 32 lower-case letters, digits and underscores, without the slash. */
  readonly command: string;
  /** 1 to 256 characters. */
  readonly description: string;
}

export interface RegistrationOptions {
  readonly client: TelegramClient;
  readonly mode: IntakeMode;
  /** By two-letter language code; `default` is for everybody else. Absent languages keep what Telegram has. */
  readonly commands: Readonly<Record<string, readonly BotCommand[]>>;
  readonly emit: Emit;
}

export interface Registration {
  /** Sets or removes the webhook (throws BridgeError when it cannot) and sets the commands (logs when it cannot). */
  start(): Promise<void>;
  /** One look: repairs what someone else changed and says what Telegram complains of. Never rejects. */
  watch(): Promise<void>;
}

const CONNECTIONS_MAX = 40;
/** What the intake answers to an update that waits for the helpdesk: Telegram comes again, and nothing is wrong with the webhook. */
const OUR_OWN_LATER = '503';

/** Who the bot is, by its token. Throws `unauthorized` for a wrong one. */
export async function getBotAccount(client: TelegramClient): Promise<BotAccount> {
  const me = z.object({ id: z.number().int(), username: z.string() }).safeParse(await client.call('getMe', {}));
  if (!me.success) throw new BridgeError({ code: 'unavailable', operation: 'getMe', message: 'getMe: the answer is not that of a Bot API server' });
  return { id: String(me.data.id), username: me.data.username, downloadBytesMax: client.downloadBytesMax, openFile: (fileId) => client.openFile(fileId) };
}

const webhookInfoSchema = z.object({
  url: z.string(),
  pending_update_count: z.number().optional(),
  last_error_date: z.number().optional(),
  last_error_message: z.string().optional(),
  max_connections: z.number().optional(),
  allowed_updates: z.array(z.string()).optional(),
});
type WebhookState = z.infer<typeof webhookInfoSchema>;

export function createRegistration({ client, mode, commands, emit }: RegistrationOptions): Registration {
  let lastErrorDate = 0;
  let toldStatus: string | undefined;
  let isUnseen = false;
  const setIntake = async (): Promise<void> => {
    if (mode.kind === 'polling') {
      await client.call('deleteWebhook', {});
      return;
    }
    await client.call('setWebhook', {
      url: mode.url, secret_token: mode.secretToken, max_connections: mode.connectionsMax ?? CONNECTIONS_MAX, allowed_updates: ALLOWED_UPDATES,
    });
  };
  const setCommands = async (): Promise<void> => {
    for (const [language, list] of Object.entries(commands)) {
      await client.call('setMyCommands', { commands: list, ...(language === 'default' ? {} : { language_code: language }) });
    }
  };
  const log = (level: 'info' | 'warn', message: string, facts: Readonly<Record<string, string | number>>): void => {
    emit({ type: 'log', level, message, facts });
  };
  /** What Telegram answered of deliveries since the look before; undefined = all went well. One line when it begins, and one when it is over. */
  const lookAtErrors = (state: WebhookState): string | undefined => {
    const isNew = mode.kind === 'webhook' && state.last_error_date !== undefined && state.last_error_date > lastErrorDate;
    // The message names our address in some cases, and the address holds the path secret.
    const status = isNew ? /\b([45]\d\d)\b/u.exec(state.last_error_message ?? '')?.[1] ?? 'no answer' : undefined;
    if (isNew) lastErrorDate = state.last_error_date ?? lastErrorDate;
    if (status === OUR_OWN_LATER) return undefined;
    if (status !== undefined && status !== toldStatus) log('warn', 'Telegram could not deliver to the webhook', { status, pending: state.pending_update_count ?? 0 });
    if (status === undefined && toldStatus !== undefined) log('info', 'Telegram delivers to the webhook again', { pending: state.pending_update_count ?? 0 });
    toldStatus = status;
    return status;
  };
  const look = async (): Promise<void> => {
    const state = webhookInfoSchema.parse(await client.call('getWebhookInfo', {}));
    isUnseen = false;
    const status = lookAtErrors(state);
    const isChanged = !matches(mode, state) || status === '401';
    emit({ type: 'queue', waiting: state.pending_update_count ?? 0, failing: isChanged || status !== undefined });
    if (!isChanged) return;
    log('warn', 'the webhook was changed by someone else; set again', { mode: mode.kind });
    await setIntake();
  };
  return {
    async start() {
      await setIntake();
      await setCommands().catch((thrown: unknown) => {
        log('warn', 'the list of commands could not be set', { reason: toBridgeError(thrown, 'setMyCommands').message });
      });
    },
    watch: () => look().catch((thrown: unknown) => {
      const error = toBridgeError(thrown, 'getWebhookInfo');
      // Once for each outage, like everything that is told of one.
      if (!isUnseen) log('warn', 'the webhook could not be checked', { code: error.code, reason: error.message });
      isUnseen = true;
    }),
  };
}

function matches(mode: IntakeMode, state: WebhookState): boolean {
  if (mode.kind === 'polling') return state.url === '';
  const sameKinds = state.allowed_updates === undefined
    || (state.allowed_updates.length === ALLOWED_UPDATES.length && state.allowed_updates.every((kind) => ALLOWED_UPDATES.includes(kind)));
  return state.url === mode.url && sameKinds && (state.max_connections ?? mode.connectionsMax ?? CONNECTIONS_MAX) === (mode.connectionsMax ?? CONNECTIONS_MAX);
}
