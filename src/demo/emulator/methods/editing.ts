/** What belongs here: methods that change or remove a message, and answers to pressed buttons. */
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import type { Bot } from '../bot.js';
import { badRequest, NOT_MODIFIED } from '../fault.js';
import { entitiesField, flag, integer, markupField, read } from '../parameters.js';
import { messageText } from '../text.js';
import { bodyOf } from '../types.js';
import type { ApiMessage, MessageBody } from '../types.js';
import { CALLBACK_KEPT_MS } from '../updates.js';
import { chatField, DONE } from './method.js';
import type { Method, MethodTable, Outcome } from './method.js';
import { captionPart, keyboardPart, refuseParseMode } from './sending.js';

const target = { chat_id: chatField, message_id: integer, reply_markup: markupField, parse_mode: z.string().optional() };

/** Replaces fields of one of the bot's own messages. */
function change(bot: Bot, chat: number, messageId: number, toBody: (before: ApiMessage) => MessageBody, removed: readonly (keyof MessageBody)[]): Outcome {
  const record = bot.chats.getWritable(chat);
  const before = record.messages.get(messageId)?.message;
  if (before === undefined) throw badRequest('message to edit not found');
  if (before.from?.id !== bot.user().id) throw badRequest("message can't be edited");
  const body = { ...bodyOf(before, removed), ...toBody(before) };
  if (isDeepStrictEqual(bodyOf(before), body)) throw NOT_MODIFIED;
  const { message_id, chat: where, date, from, reply_to_message: replied } = before;
  const edited: ApiMessage = {
    message_id, from, chat: where, date, edit_date: Math.floor(bot.clock.nowMs() / 1000), ...(replied === undefined ? {} : { reply_to_message: replied }), ...body,
  };
  bot.chats.replace(record, edited);
  return { result: edited };
}

const editMessageTextFields = z.object({ ...target, text: z.string(), entities: entitiesField });

const editMessageText: Method = (bot, call) => {
  const given = read(editMessageTextFields, call);
  refuseParseMode(given.parse_mode);
  const { text, entities } = messageText(given.text, given.entities);
  return change(bot, given.chat_id, given.message_id, (before) => {
    if (before.text === undefined) throw badRequest('there is no text in the message to edit');
    return { text, ...(entities.length === 0 ? {} : { entities }), ...keyboardPart(given.reply_markup) };
  }, ['text', 'entities', 'reply_markup']);
};

const editMessageCaptionFields = z.object({ ...target, caption: z.string().optional(), caption_entities: entitiesField });

const editMessageCaption: Method = (bot, call) => {
  const given = read(editMessageCaptionFields, call);
  refuseParseMode(given.parse_mode);
  return change(bot, given.chat_id, given.message_id, (before) => {
    if (before.text !== undefined) throw badRequest('there is no caption in the message to edit');
    return { ...captionPart(given.caption, given.caption_entities), ...keyboardPart(given.reply_markup) };
  }, ['caption', 'caption_entities', 'reply_markup']);
};

const editMessageReplyMarkupFields = z.object(target);

const editMessageReplyMarkup: Method = (bot, call) => {
  const given = read(editMessageReplyMarkupFields, call);
  return change(bot, given.chat_id, given.message_id, () => keyboardPart(given.reply_markup), ['reply_markup']);
};

const deleteMessageFields = z.object({ chat_id: chatField, message_id: integer });

/** https://core.telegram.org/bots/api#deletemessage */
const DELETABLE_SECONDS = 48 * 3600;

const deleteMessage: Method = (bot, call) => {
  const { chat_id: chat, message_id: message } = read(deleteMessageFields, call);
  const record = bot.chats.getWritable(chat);
  const found = record.messages.get(message)?.message;
  if (found !== undefined && bot.clock.nowMs() / 1000 - found.date >= DELETABLE_SECONDS) throw badRequest("message can't be deleted for everyone");
  if (found !== undefined && record.user === undefined && found.from?.id !== bot.user().id) throw badRequest("message can't be deleted");
  bot.chats.remove(record, message);
  return DONE;
};

const ANSWER_LENGTH_MAX = 200;

const answerCallbackQueryFields = z.object({ callback_query_id: z.coerce.string(), text: z.string().max(ANSWER_LENGTH_MAX).optional(), show_alert: flag.optional() });

const answerCallbackQuery: Method = (bot, call) => {
  const given = read(answerCallbackQueryFields, call);
  const press = bot.presses.get(given.callback_query_id);
  if (press === undefined || bot.clock.nowMs() - press.atMs > CALLBACK_KEPT_MS) {
    throw badRequest('query is too old and response timeout expired or query ID is invalid');
  }
  bot.announce({
    type: 'answered', chat: press.chat, query: given.callback_query_id, alert: given.show_alert ?? false,
    ...(given.text === undefined || given.text === '' ? {} : { text: given.text }),
  });
  return DONE;
};

export const EDITING: MethodTable = {
  editmessagetext: editMessageText, editmessagecaption: editMessageCaption, editmessagereplymarkup: editMessageReplyMarkup,
  deletemessage: deleteMessage, answercallbackquery: answerCallbackQuery,
};
