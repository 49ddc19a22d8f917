/** Writes to Telegram: paced, with the fallbacks that lose nothing. */
import { LRUCache } from 'lru-cache';
import { z } from 'zod';
import { BridgeError, toBridgeError } from '../core/errors.js';
import type { Clock, Emit, Sender, SendOptions } from '../core/ports.js';
import type { RichText } from '../core/rich-text.js';
import type { Attachment, ConversationId, MessageId, Notice, Part } from '../core/types.js';
import { createChanges, withMark } from './changes.js';
import type { TelegramClient } from './client.js';
import { spellOutLinks } from './entities.js';
import { mintMessageId, parseConversationId, parseMessageId, type ChatPlace } from './ids.js';
import { createPacing, DEFAULT_LIMITS, type Pacing, type PacingLimits } from './pacing.js';
import { TEXT_LENGTH_MAX, toParts } from './parts.js';
import { lostConnection, TelegramRefusal } from './refusals.js';
import { splitText } from './split.js';
import { textFields } from './text-fields.js';
import type { Urgency } from './urgency.js';

export interface SenderOptions {
  readonly client: TelegramClient;
  readonly clock: Clock;
  readonly emit: Emit;
  readonly limits?: Partial<PacingLimits>;
}

/** `counts` is what the sender holds in memory, for tests and metrics. */
export type TelegramSender = Sender & Pick<Pacing, 'counts'>;

/** One message, ready to go anywhere. */
interface Outgoing {
  readonly kind: Part['kind'];
  readonly text: RichText;
  readonly attachment?: Attachment;
  readonly marked: boolean;
  readonly replyTo?: number | undefined;
  readonly keyboard?: unknown;
}

/** Groups that were upgraded lately; the bridge learns of it by an update of its own. */
const MIGRATED_MAX = 1_000;
/** https://core.telegram.org/bots/api#answercallbackquery */
const ANSWER_LENGTH_MAX = 200;

export function createSender({ client, clock, emit, limits }: SenderOptions): TelegramSender {
  const pacing = createPacing({ limits: { ...DEFAULT_LIMITS, ...limits }, clock, emit });
  const migrated = new LRUCache<number, number>({ max: MIGRATED_MAX });

  const deliver = async (place: ChatPlace, first: Outgoing): Promise<MessageId> => {
    let message = first;
    for (let mayMove = true; ;) {
      const chat = migrated.get(place.chat) ?? place.chat;
      // The message to answer stayed behind in the old chat, and its id means another one in the new.
      if (chat !== place.chat) message = { ...message, replyTo: undefined };
      try {
        return await sendOnce(client, { ...place, chat }, message);
      } catch (thrown) {
        const error = toBridgeError(thrown, 'send');
        if (!(error instanceof TelegramRefusal)) throw error;
        if (error.migrateToChat !== undefined && mayMove) {
          mayMove = false;
          migrated.set(place.chat, error.migrateToChat);
          emit({ type: 'log', level: 'info', message: 'a group was upgraded and got a new id', facts: { from: place.chat, to: error.migrateToChat } });
        } else {
          message = fallback(message, error);
        }
      }
    }
  };
  const send = async (conversation: ConversationId, urgency: Urgency, message: Outgoing): Promise<MessageId> => {
    const place = parseConversationId(conversation);
    if (place.bot !== client.botId) throw new BridgeError({ code: 'invalid', operation: 'send', reason: 'chat_gone', message: 'the conversation belongs to another bot' });
    return pacing.run(place.chat, urgency, () => deliver(place, message));
  };
  return {
    capabilities: { uploadBytesMax: client.uploadBytesMax, downloadBytesMax: client.downloadBytesMax },
    toParts,
    sendPart: (conversation, part, options) => send(conversation, 'answer', { ...withMark(part, options?.mark), marked: true, ...replyOf(conversation, options) }),
    ...createChanges(client, pacing),
    sendNotice: async (conversation, notice) => {
      const pieces = splitText(spellOutLinks(notice.text), TEXT_LENGTH_MAX);
      const last = pieces.at(-1);
      if (last === undefined) throw new BridgeError({ code: 'invalid', operation: 'sendNotice', reason: 'rejected', message: 'a notice without text' });
      for (const text of pieces.slice(0, -1)) await send(conversation, 'notice', { kind: 'text', text, marked: true });
      return send(conversation, 'notice', { kind: 'text', text: last, marked: true, ...keyboardOf(notice) });
    },
    answerAction: async (actionId, text) => {
      const parameters = { callback_query_id: actionId, ...(text === undefined ? {} : { text: [...text].slice(0, ANSWER_LENGTH_MAX).join('').slice(0, ANSWER_LENGTH_MAX) }) };
      try {
        await pacing.repeat(() => client.call('answerCallbackQuery', parameters));
      } catch (thrown) {
        const { code } = toBridgeError(thrown, 'answerCallbackQuery');
        // A press lives shorter than a long wait: then the button's spinner ends by itself.
        const tooLate = code === 'rate_limited' || (thrown instanceof TelegramRefusal && thrown.kind === 'query_too_old');
        if (!tooLate) throw thrown;
      }
    },
    counts: () => pacing.counts(),
  };
}

const METHODS = { text: 'sendMessage', photo: 'sendPhoto', document: 'sendDocument', video: 'sendVideo', audio: 'sendAudio' } as const;

const sentSchema = z.object({ message_id: z.number().int() });

async function sendOnce(client: TelegramClient, place: ChatPlace, message: Outgoing): Promise<MessageId> {
  const method = METHODS[message.kind];
  const parameters = {
    chat_id: place.chat,
    ...(place.topic === undefined ? {} : { message_thread_id: place.topic }),
    ...textFields(message),
    ...(message.replyTo === undefined ? {} : { reply_parameters: { message_id: message.replyTo, allow_sending_without_reply: true } }),
    ...(message.keyboard === undefined ? {} : { reply_markup: message.keyboard }),
  };
  const answer = message.kind === 'text'
    ? await client.call(method, parameters)
    : await client.upload(method, parameters, { field: message.kind, ...fileOf(client, method, message.attachment) });
  const sent = sentSchema.safeParse(answer);
  if (!sent.success) throw lostConnection(method, 'an answer without a message id');
  return mintMessageId({ bot: place.bot, chat: place.chat, message: sent.data.message_id });
}

function fileOf(client: TelegramClient, operation: string, attachment: Attachment | undefined): { name: string; mediaType: string; open: NonNullable<Attachment['open']> } {
  if ((attachment?.sizeBytes ?? 0) > client.uploadBytesMax) {
    throw new BridgeError({ code: 'invalid', operation, reason: 'too_big', message: `${operation}: the file is larger than ${client.uploadBytesMax} bytes` });
  }
  if (attachment?.open === undefined) {
    throw new BridgeError({ code: 'invalid', operation, reason: 'file_unavailable', message: `${operation}: there are no bytes to send` });
  }
  return { name: attachment.name, mediaType: attachment.mediaType, open: attachment.open };
}

/** The same in another form when Telegram disliked the form; throws the refusal when there is none. Each form is tried once. */
function fallback(message: Outgoing, refusal: TelegramRefusal): Outgoing {
  if (refusal.kind === 'entities' && message.marked) return { ...message, marked: false };
  if (refusal.kind === 'photo' && message.kind === 'photo') return { ...message, kind: 'document' };
  throw refusal;
}

/** Message ids count for one chat only: a reply to a message of another chat is sent without the reply. */
function replyOf(conversation: ConversationId, options: SendOptions | undefined): { replyTo?: number } {
  if (options?.replyTo === undefined) return {};
  const reply = parseMessageId(options.replyTo);
  return reply.chat === parseConversationId(conversation).chat ? { replyTo: reply.message } : {};
}

function keyboardOf(notice: Notice): { keyboard?: unknown } {
  if (notice.buttons === undefined || notice.buttons.length === 0) return {};
  const rows = notice.buttons.map((row) => row.map((button) => ({ text: button.label, callback_data: button.action })));
  return { keyboard: { inline_keyboard: rows } };
}
