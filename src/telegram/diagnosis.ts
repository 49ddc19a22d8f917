/** What `doctor` asks Telegram: is the token good, does the webhook fit the mode, may the bot write in the operators' chat. */
import { z } from 'zod';
import { toBridgeError } from '../core/errors.js';
import type { Diagnosis } from '../core/ports.js';
import type { TelegramClient } from './client.js';
import { getBotAccount } from './registration.js';
import { TelegramRefusal } from './refusals.js';

const stateSchema = z.object({ url: z.string(), pending_update_count: z.number().default(0), last_error_message: z.string().optional() });

interface Wanted {
  readonly mode: 'polling' | 'webhook';
  readonly publicUrl?: string | undefined;
  readonly operatorsChat?: number | undefined;
}

/** Never throws: an unreachable Telegram is a finding. */
export async function diagnoseTelegram(client: TelegramClient, wanted: Wanted): Promise<readonly Diagnosis[]> {
  const subject = 'Telegram bot';
  try {
    const { username } = await getBotAccount(client);
    return [
      { subject, ok: true, finding: `the token is that of @${username}` }, await diagnoseWebhook(client, wanted),
      ...(wanted.operatorsChat === undefined ? [] : [await diagnoseOperatorsChat(client, wanted.operatorsChat)]),
    ];
  } catch (thrown) {
    const error = toBridgeError(thrown, 'getMe');
    const wrongToken = error.code === 'unauthorized' || error.code === 'not_found';
    return [{
      subject, ok: false, finding: wrongToken ? 'Telegram refuses the token' : `Telegram cannot be reached (${error.message})`,
      advice: wrongToken ? 'copy the token again from @BotFather into TELEGRAM_BOT_TOKEN' : 'check the network and TELEGRAM_API_ROOT',
    }];
  }
}

async function diagnoseWebhook(client: TelegramClient, { mode, publicUrl }: Wanted): Promise<Diagnosis> {
  const subject = 'Telegram webhook';
  const parsed = stateSchema.safeParse(await client.call('getWebhookInfo', {}));
  if (!parsed.success) return { subject, ok: false, finding: 'the answer is not that of a Bot API server', advice: 'check TELEGRAM_API_ROOT' };
  const { url, pending_update_count: pending, last_error_message: trouble } = parsed.data;
  const waiting = `${pending} updates wait`;
  if (mode === 'polling') {
    return { subject, ok: true, finding: url === '' ? `none, as polling needs it; ${waiting}` : `one is set; \`deskbridge start\` removes it for polling; ${waiting}` };
  }
  if (url === '') return { subject, ok: true, finding: `none yet; \`deskbridge start\` sets it; ${waiting}` };
  if (publicUrl !== undefined && !url.startsWith(`${publicUrl}/`)) return { subject, ok: true, finding: `set to another address; \`deskbridge start\` corrects it; ${waiting}` };
  if (trouble === undefined) return { subject, ok: true, finding: `set; ${waiting}` };
  return { subject, ok: false, finding: `set, but Telegram reports failed deliveries; ${waiting}`, advice: 'check that PUBLIC_URL reaches this server over HTTPS with a valid certificate' };
}

const chatSchema = z.object({ type: z.string() });
const memberSchema = z.object({ status: z.string(), can_post_messages: z.boolean().optional() });

/** Without a message that the operators would see. */
async function diagnoseOperatorsChat(client: TelegramClient, chat: number): Promise<Diagnosis> {
  const subject = 'operators\' chat';
  const advice = 'add the bot to the chat, allow it to write, and set TELEGRAM_OPERATORS_CHAT to its id';
  try {
    const { type } = chatSchema.parse(await client.call('getChat', { chat_id: chat }));
    if (type !== 'channel') {
      await client.call('sendChatAction', { chat_id: chat, action: 'typing' });
      return { subject, ok: true, finding: 'the bot may write there' };
    }
    // Channels take no chat actions.
    const { status, can_post_messages: posts } = memberSchema.parse(await client.call('getChatMember', { chat_id: chat, user_id: Number(client.botId) }));
    const mayPost = status === 'administrator' && posts === true;
    return mayPost ? { subject, ok: true, finding: 'the bot may post in the channel' } : { subject, ok: false, finding: 'the bot may not post in the channel', advice };
  } catch (thrown) {
    const error = toBridgeError(thrown, 'getChat');
    const moved = error instanceof TelegramRefusal ? error.migrateToChat : undefined;
    if (moved !== undefined) return { subject, ok: false, finding: 'it has become a supergroup', advice: `set TELEGRAM_OPERATORS_CHAT to ${moved}` };
    return { subject, ok: false, finding: `the bot cannot use it (${error.message})`, advice };
  }
}
