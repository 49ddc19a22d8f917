/** Writes to Telegram: paced, with the fallbacks that lose nothing. */
import { LRUCache } from 'lru-cache';
import { BridgeError, toBridgeError } from '../core/errors.js';
import type { Clock, Emit, Sender, SendOptions, Turn } from '../core/ports.js';
import type { ConversationId, MessageId, Notice } from '../core/types.js';
import { createChanges, withMark } from './changes.js';
import type { TelegramClient } from './client.js';
import { spellOutLinks } from './entities.js';
import { mintMessageId, parseConversationId, parseMessageId, type ChatPlace } from './ids.js';
import { albumFallback, sendAlbumOnce } from './albums.js';
import { fileOf, placeFields, sentSchema, textFields, withAddresses, type Outgoing } from './outgoing.js';
import { createPacing, DEFAULT_LIMITS, type Pacing, type PacingLimits } from './pacing.js';
import { TEXT_LENGTH_MAX, toParts } from './parts.js';
import { lostConnection, TelegramRefusal } from './refusals.js';
import { splitText } from './split.js';
import { createTypingHints } from './typing.js';
import type { Urgency } from './urgency.js';
import { inTrueForm } from './voice.js';

export interface SenderOptions {
  readonly client: TelegramClient;
  readonly clock: Clock;
  readonly emit: Emit;
  readonly limits?: Partial<PacingLimits>;
}

/** `counts` is what the sender holds in memory, for tests and metrics. */
export type TelegramSender = Sender & Pick<Pacing, 'counts'>;

/** How something is sent, and in which form it may be tried again after a refusal; `fallback` throws when there is none. */
interface Way<M, T> {
  readonly turn: Turn | undefined;
  sendOnce(place: ChatPlace, message: M): Promise<T>;
  fallback(message: M, refusal: TelegramRefusal): M;
}

/** Groups that were upgraded lately; the bridge learns of it by an update of its own. */
const MIGRATED_MAX = 1_000;
/** https://core.telegram.org/bots/api#answercallbackquery */
const ANSWER_LENGTH_MAX = 200;

const atOnce: Turn = (request) => request();

export function createSender({ client, clock, emit, limits }: SenderOptions): TelegramSender {
  const pacing = createPacing({ limits: { ...DEFAULT_LIMITS, ...limits }, clock, emit });
  const migrated = new LRUCache<number, number>({ max: MIGRATED_MAX });

  /** Sends in the form that Telegram takes, where the chat is now. */
  const deliver = async <M extends { readonly replyTo?: number | undefined }, T>(place: ChatPlace, first: M, { sendOnce, fallback }: Way<M, T>): Promise<T> => {
    let message = first;
    for (let mayMove = true; ;) {
      const chat = migrated.get(place.chat) ?? place.chat;
      // The message to answer stayed behind in the old chat, and its id means another one in the new.
      if (chat !== place.chat) message = { ...message, replyTo: undefined };
      try {
        return await sendOnce({ ...place, chat }, message);
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
  const run = async <M extends { readonly replyTo?: number | undefined }, T>(conversation: ConversationId, urgency: Urgency, message: M, way: Way<M, T>): Promise<T> => {
    const place = parseConversationId(conversation);
    if (place.bot !== client.botId) throw new BridgeError({ code: 'invalid', operation: 'send', reason: 'chat_gone', message: 'the conversation belongs to another bot' });
    const { turn = atOnce } = way;
    return pacing.run(place.chat, urgency, () => turn(() => deliver(place, message, way)));
  };
  const send = (conversation: ConversationId, urgency: Urgency, message: Outgoing, turn: Turn | undefined): Promise<MessageId> => run(conversation, urgency, message, {
    turn, sendOnce: (place, form) => sendOnce(client, place, form), fallback,
  });
  return {
    capabilities: { uploadBytesMax: client.uploadBytesMax, downloadBytesMax: client.downloadBytesMax },
    toParts, ...createChanges(client, pacing),
    sendPart: (conversation, part, options) => send(conversation, 'answer', { ...withMark(part, options?.mark), marked: true, ...replyOf(conversation, options) }, options?.turn),
    sendAlbum: (conversation, parts, options) => run(conversation, 'answer', { parts, marked: true, ...replyOf(conversation, options) }, {
      turn: options?.turn, sendOnce: (place, form) => sendAlbumOnce(client, place, form), fallback: albumFallback,
    }),
    sendNotice: async (conversation, notice, options) => {
      const pieces = splitText(spellOutLinks(notice.text), TEXT_LENGTH_MAX);
      const last = pieces.at(-1);
      if (last === undefined) throw new BridgeError({ code: 'invalid', operation: 'sendNotice', reason: 'rejected', message: 'a notice without text' });
      for (const text of pieces.slice(0, -1)) await send(conversation, 'notice', { kind: 'text', text, marked: true }, options?.turn);
      return send(conversation, 'notice', { kind: 'text', text: last, marked: true, ...keyboardOf(notice) }, options?.turn);
    },
    sendTyping: createTypingHints(client, pacing, clock),
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

const METHODS = { text: 'sendMessage', photo: 'sendPhoto', document: 'sendDocument', video: 'sendVideo', audio: 'sendAudio', voice: 'sendVoice', animation: 'sendAnimation' } as const;

async function sendOnce(client: TelegramClient, place: ChatPlace, wanted: Outgoing): Promise<MessageId> {
  const message = await inTrueForm(wanted);
  const method = METHODS[message.kind];
  const parameters = {
    ...placeFields(place, message),
    ...textFields(message),
    ...(message.keyboard === undefined ? {} : { reply_markup: message.keyboard }),
  };
  const answer = message.kind === 'text'
    ? await client.call(method, parameters)
    : await client.upload(method, parameters, { field: message.kind, ...fileOf(client, method, message.attachment) });
  const sent = sentSchema.safeParse(answer);
  if (!sent.success) throw lostConnection(method, 'an answer without a message id');
  return mintMessageId({ bot: place.bot, chat: place.chat, message: sent.data.message_id });
}

/** What Telegram may refuse in this form only: somebody takes no voice messages, a picture is no animation. */
const IN_PLACE: ReadonlySet<Outgoing['kind']> = new Set(['voice', 'animation']);

/** The same in another form when Telegram disliked the form; throws the refusal when there is none. Each form is tried once. */
function fallback(message: Outgoing, refusal: TelegramRefusal): Outgoing {
  if (refusal.kind === 'entities' && message.marked) return { ...message, text: withAddresses(message), marked: false };
  if (refusal.kind === 'photo' && message.kind === 'photo') return { ...message, kind: 'document' };
  if (IN_PLACE.has(message.kind) && (refusal.kind === 'voice' || refusal.reason === 'rejected')) return { ...message, kind: 'document' };
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
