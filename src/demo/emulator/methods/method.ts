/** What belongs here: the methods of the Bot API; this file has the shape of one and what several of them share. */
import { z } from 'zod';
import type { Bot } from '../bot.js';
import type { ChatRecord } from '../chats.js';
import { badRequest } from '../fault.js';
import { integer, markupField } from '../parameters.js';
import type { Call } from '../parameters.js';
import type { ApiKeyboard, ApiMessage } from '../types.js';

export interface Outcome {
  readonly result: unknown;
  readonly description?: string;
}

/** Throws ApiFault. `signal` fires when the caller hangs up. */
export type Method = (bot: Bot, call: Call, signal: AbortSignal) => Outcome | Promise<Outcome>;

/** By name in lower case: the real server ignores the case of method names. */
export type MethodTable = Readonly<Record<string, Method>>;

export const DONE: Outcome = { result: true };

/** Chats go by id here; `@name` finds nothing, as the real server does for people. */
export const chatField = z.union([integer, z.string().transform(() => 0)]);

export type Markup = z.infer<typeof markupField>;

/** The inline keyboard of a `reply_markup`, checked. */
export function toKeyboard(markup: Markup): ApiKeyboard | undefined {
  const rows = markup?.inline_keyboard?.filter((row) => row.length > 0);
  if (rows === undefined || rows.length === 0) return undefined;
  for (const button of rows.flat()) {
    if (button.text.trim() === '') throw badRequest("can't parse inline keyboard button: text is empty");
    if (button.callback_data === undefined && button.url === undefined) throw badRequest("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard");
    const bytes = Buffer.byteLength(button.callback_data ?? 'x');
    if (bytes < 1 || bytes > 64) throw badRequest('BUTTON_DATA_INVALID');
  }
  return { inline_keyboard: rows };
}

export interface ReplyRequest {
  readonly message_id: number;
  readonly chat_id?: number | undefined;
  readonly allow_sending_without_reply?: boolean | undefined;
}

/** The message to be answered; undefined when there is none and that was allowed. */
export function findReplied(bot: Bot, record: ChatRecord, reply: ReplyRequest | undefined): ApiMessage | undefined {
  if (reply === undefined) return undefined;
  const source = reply.chat_id === undefined ? record : bot.chats.find(reply.chat_id);
  const found = source?.messages.get(reply.message_id)?.message;
  if (found === undefined && reply.allow_sending_without_reply !== true) throw badRequest('message to be replied not found');
  return found;
}

/** Sends as the bot, paced and answered as the real server does. */
export function postAsBot(
  bot: Bot, chatId: number, body: Parameters<Bot['chats']['post']>[2], reply: ReplyRequest | undefined,
  more: NonNullable<Parameters<Bot['chats']['post']>[3]['more']> = {},
): ApiMessage {
  const record = bot.chats.getWritable(chatId);
  const replyTo = findReplied(bot, record, reply);
  bot.passRate(chatId);
  return bot.chats.post(record, bot.user(), body, { acknowledged: true, more, ...(replyTo === undefined ? {} : { replyTo }) });
}
