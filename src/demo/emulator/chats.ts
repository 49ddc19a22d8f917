/** What belongs here: chats and their messages, in memory and bounded. */
import type { Clock } from '../../core/ports.js';
import { badRequest, BLOCKED, CHAT_NOT_FOUND } from './fault.js';
import type { ApiChat, ApiMessage, ApiPhotoSize, ApiUser, Draft, MessageBody, StoredMessage, WorldChange } from './types.js';

export interface ChatRecord {
  readonly chat: ApiChat;
  /** Absent for a group. */
  readonly user?: ApiUser;
  /** The user blocked the bot, or the bot left the group. */
  blocked: boolean;
  readonly messages: Map<number, StoredMessage>;
  /** What the user put on a message. */
  readonly reactions: Map<number, readonly string[]>;
  /** What the bot put on a message. */
  readonly botReactions: Map<number, readonly string[]>;
  nextMessageId: number;
  /** The profile photo that the user shows, smallest size first. */
  photo?: readonly ApiPhotoSize[];
}

export interface PostOptions {
  readonly acknowledged: boolean;
  readonly replyTo?: ApiMessage;
  readonly more?: Partial<Pick<ApiMessage, 'forward_origin' | 'media_group_id'>>;
}

export interface Chats {
  add(chat: ApiChat, user?: ApiUser): ChatRecord;
  find(chatId: number): ChatRecord | undefined;
  /** Throws 400 for an unknown chat, 403 when the bot may not write there. */
  getWritable(chatId: number): ChatRecord;
  all(): Iterable<ChatRecord>;
  post(record: ChatRecord, from: ApiUser, body: MessageBody, options: PostOptions): ApiMessage;
  replace(record: ChatRecord, message: ApiMessage): void;
  remove(record: ChatRecord, messageId: number): void;
  acknowledge(record: ChatRecord, messageId: number): void;
}

export function createChats(clock: Clock, announce: (change: WorldChange) => void, messagesPerChatMax: number): Chats {
  const records = new Map<number, ChatRecord>();
  const chats: Chats = {
    add(chat, user) {
      const record: ChatRecord = { chat, ...(user === undefined ? {} : { user }), blocked: false, messages: new Map(), reactions: new Map(), botReactions: new Map(), nextMessageId: 1 };
      records.set(chat.id, record);
      announce({ type: 'chat', chat: chat.id });
      return record;
    },
    find: (chatId) => records.get(chatId),
    getWritable(chatId) {
      const record = records.get(chatId);
      if (record === undefined) throw CHAT_NOT_FOUND;
      if (record.blocked) throw BLOCKED;
      return record;
    },
    all: () => records.values(),
    post(record, from, body, { acknowledged, replyTo, more }) {
      const message: ApiMessage = {
        message_id: record.nextMessageId++, from, chat: record.chat, date: Math.floor(clock.nowMs() / 1000), ...more,
        ...(replyTo === undefined ? {} : { reply_to_message: withoutReply(replyTo) }), ...body,
      };
      const stored = { message, acknowledged };
      record.messages.set(message.message_id, stored);
      const oldest = record.messages.keys().next().value;
      if (record.messages.size > messagesPerChatMax && oldest !== undefined) {
        record.messages.delete(oldest);
        record.reactions.delete(oldest);
        record.botReactions.delete(oldest);
      }
      announce({ type: 'message', chat: record.chat.id, stored });
      return message;
    },
    replace(record, message) {
      const stored = { message, acknowledged: record.messages.get(message.message_id)?.acknowledged ?? true };
      record.messages.set(message.message_id, stored);
      announce({ type: 'message', chat: record.chat.id, stored });
    },
    remove(record, messageId) {
      if (!record.messages.delete(messageId)) throw badRequest('message to delete not found');
      announce({ type: 'deleted', chat: record.chat.id, message: messageId });
    },
    acknowledge(record, messageId) {
      const stored = record.messages.get(messageId);
      if (stored === undefined) return;
      record.messages.set(messageId, { ...stored, acknowledged: true });
      announce({ type: 'acknowledged', chat: record.chat.id, message: messageId });
    },
  };
  return chats;
}

/** The embedded message of a reply has no reply of its own. */
function withoutReply(message: ApiMessage): ApiMessage {
  const copy: Draft<ApiMessage> = { ...message };
  delete copy.reply_to_message;
  return copy;
}
