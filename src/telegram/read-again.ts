/**
 * Reading a message of the past again. The Bot API has no method for it; the one way is to forward the message to a chat of the
 * operators: the answer holds the copy, with file ids that open. The copy is deleted at once, as far as Telegram lets us.
 *
 * What a copy does not tell: which message it answered, and, of somebody whose settings hide it in forwards, who they are. In a private
 * chat the chat itself is the person.
 */
import { z } from 'zod';
import { BridgeError, toBridgeError, type BridgeErrorCode } from '../core/errors.js';
import type { Clock, Emit } from '../core/ports.js';
import type { MessageReadAgain, MessageReader } from '../core/reading-again.js';
import type { MessageId } from '../core/types.js';
import type { TelegramClient } from './client.js';
import { parseMessageId, type MessagePlace } from './ids.js';
import { createPacing, DEFAULT_LIMITS, type PacingLimits } from './pacing.js';
import { lostConnection, TelegramRefusal } from './refusals.js';
import { parseUpdate } from './updates.js';

export interface MessageReaderOptions {
  readonly client: TelegramClient;
  readonly clock: Clock;
  readonly emit: Emit;
  /** Where messages are forwarded to; absent = nothing can be read again. */
  readonly operatorsChat?: number | undefined;
  readonly limits?: Partial<PacingLimits>;
}

export function createMessageReader({ client, clock, emit, operatorsChat, limits }: MessageReaderOptions): MessageReader {
  // Paces the operators' chat; what goes to requesters has the sender's.
  const pacing = createPacing({ limits: { ...DEFAULT_LIMITS, ...limits }, clock, emit });

  const forward = async (to: number, place: MessagePlace): Promise<Copy> => {
    const parameters = { chat_id: to, from_chat_id: place.chat, message_id: place.message, disable_notification: true };
    const answer = await pacing.run(to, 'notice', () => client.call('forwardMessage', parameters)).catch((thrown: unknown) => {
      throw explained(thrown);
    });
    const copy = copySchema.safeParse(answer);
    if (!copy.success) throw lostConnection('forwardMessage', 'an answer that is no message');
    return copy.data;
  };
  /** The operators see what is left behind; that does no harm to the message. */
  const remove = async (from: number, copy: Copy): Promise<void> => {
    try {
      await pacing.repeat(() => client.call('deleteMessage', { chat_id: from, message_id: copy.message_id }));
    } catch (thrown) {
      const { code } = toBridgeError(thrown, 'deleteMessage');
      emit({ type: 'log', level: 'warn', message: 'the copy of a message stays in the operators\' chat; it could not be deleted', facts: { copy: copy.message_id, code } });
    }
  };
  return {
    async readAgain(message) {
      if (operatorsChat === undefined) throw unreadable('unsupported', 'no operators\' chat is configured (TELEGRAM_OPERATORS_CHAT)');
      const place = parseMessageId(message);
      if (place.bot !== client.botId) throw unreadable('unsupported', 'the message was sent to another bot');
      const chat = await readChat(client, place.chat);
      const copy = await forward(operatorsChat, place);
      await remove(operatorsChat, copy);
      return toEvent(client, message, place, chat, copy);
    },
  };
}

const chatSchema = z.looseObject({
  id: z.number().int(), type: z.string(), title: z.string().optional(), username: z.string().optional(),
  first_name: z.string().optional(), last_name: z.string().optional(),
});
type Chat = z.infer<typeof chatSchema>;

/** https://core.telegram.org/bots/api#messageorigin; `hidden_user` has a name only. */
const originSchema = z.object({ date: z.number().int(), sender_user: z.object({ id: z.number().int(), is_bot: z.boolean().optional() }).loose().optional() });
const copySchema = z.looseObject({ message_id: z.number().int(), date: z.number().int(), forward_origin: originSchema.optional() });
type Copy = z.infer<typeof copySchema>;

async function readChat(client: TelegramClient, chat: number): Promise<Chat> {
  const parsed = chatSchema.safeParse(await client.call('getChat', { chat_id: chat }).catch((thrown: unknown) => {
    throw explained(thrown);
  }));
  if (!parsed.success) throw lostConnection('getChat', 'an answer that is no chat');
  return parsed.data;
}

/** The update as it came the first time, as far as the copy tells, read by the same rules. */
function toEvent(client: TelegramClient, message: MessageId, place: MessagePlace, chat: Chat, copy: Copy): MessageReadAgain {
  const { forward_origin: origin } = copy;
  const original = {
    ...copy, reply_to_message: undefined, sender_chat: undefined, ...authorOf(chat, origin?.sender_user),
    message_id: place.message, chat, date: origin?.date ?? copy.date,
  };
  const bot = { id: client.botId, username: '', downloadBytesMax: client.downloadBytesMax, openFile: (fileId: string) => client.openFile(fileId) };
  const { event } = parseUpdate({ update_id: 0, message: original }, bot, original.date * 1_000);
  if (event?.kind !== 'message' || event.message !== message) throw unreadable('unsupported', 'it is not a message that can be stored, but a command or a service message');
  return { ...event, readAtMs: copy.date * 1_000 };
}

/** A private chat is its person, also when they passed on what somebody else had written. In a group without a known sender the group speaks. */
function authorOf(chat: Chat, sender: z.infer<typeof originSchema>['sender_user']): Readonly<Record<string, unknown>> {
  const { id, first_name, last_name, username } = chat;
  if (chat.type === 'private') return { from: { id, is_bot: false, first_name, last_name, username } };
  return sender === undefined || sender.is_bot === true ? { from: undefined, sender_chat: chat } : { from: sender };
}

function unreadable(code: BridgeErrorCode, why: string): BridgeError {
  return new BridgeError({ code, operation: 'readAgain', message: `the message cannot be read again: ${why}` });
}

/** A refusal as an operator can act on it. */
function explained(thrown: unknown): BridgeError {
  const error = toBridgeError(thrown, 'readAgain');
  if (!(error instanceof TelegramRefusal)) return error;
  if (error.migrateToChat !== undefined) return unreadable('forbidden', `the chat has become a supergroup with the id ${error.migrateToChat}`);
  if (error.kind === 'message_gone') return unreadable('not_found', 'Telegram has it no more');
  if (error.kind === 'protected') return unreadable('forbidden', 'its chat does not allow to forward it');
  if (error.reason !== undefined) return unreadable('forbidden', `the operators' chat or the chat of the message refuses the bot (${error.message})`);
  return error;
}
