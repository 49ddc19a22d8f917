/** What belongs here: everything that knows the Bot API. This file: the ids this room owns, minted and parsed. */
import { BridgeError } from '../core/errors.js';
import { mintId, type ConversationId, type MessageId, type PersonId } from '../core/types.js';

/** One chat, or one topic of it. Ids of chats and users have at most 52 significant bits, so numbers hold them. */
export interface ChatPlace {
  /** The bot's numeric id: the part of its token before the colon. */
  readonly bot: string;
  /** Negative for groups. */
  readonly chat: number;
  readonly topic?: number;
}

export interface MessagePlace {
  readonly bot: string;
  readonly chat: number;
  readonly message: number;
}

export function mintConversationId(place: ChatPlace): ConversationId {
  const topic = place.topic === undefined ? '' : `/${place.topic}`;
  return mintId<ConversationId>(`tg:${place.bot}:${place.chat}${topic}`);
}

export function mintMessageId(place: MessagePlace): MessageId {
  return mintId<MessageId>(`tg:${place.bot}:${place.chat}:${place.message}`);
}

export function mintPersonId(user: number): PersonId {
  return mintId<PersonId>(`tg:${user}`);
}

/** Throws `invalid` for anything that `mintConversationId` did not make. */
export function parseConversationId(id: string): ChatPlace {
  const match = /^tg:(\d+):(-?\d+)(?:\/(\d+))?$/u.exec(id);
  const [, bot, chat, topic] = match ?? [];
  if (bot === undefined || chat === undefined) throw foreign('parseConversationId');
  return { bot, chat: Number(chat), ...(topic === undefined ? {} : { topic: Number(topic) }) };
}

/** Throws `invalid` for anything that `mintMessageId` did not make. */
export function parseMessageId(id: string): MessagePlace {
  const match = /^tg:(\d+):(-?\d+):(\d+)$/u.exec(id);
  const [, bot, chat, message] = match ?? [];
  if (bot === undefined || chat === undefined || message === undefined) throw foreign('parseMessageId');
  return { bot, chat: Number(chat), message: Number(message) };
}

/** The Telegram user behind a person id; undefined when it is not one of ours. */
export function findUserOf(person: string): number | undefined {
  const match = /^tg:(-?\d+)$/u.exec(person);
  return match?.[1] === undefined ? undefined : Number(match[1]);
}

/** The bot's numeric id. Throws `invalid` when the token has not the form `<digits>:<letters, digits, - and _>`. */
export function parseBotId(token: string): string {
  const bot = /^(\d+):[\w-]+$/u.exec(token)?.[1];
  if (bot === undefined) {
    throw new BridgeError({ code: 'invalid', operation: 'parseBotId', message: 'the Telegram bot token has not the form 123456:ABC-def' });
  }
  return bot;
}

function foreign(operation: string): BridgeError {
  return new BridgeError({ code: 'invalid', operation, message: 'not an id of the telegram room' });
}
