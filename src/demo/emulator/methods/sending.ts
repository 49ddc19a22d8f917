/** What belongs here: methods that put a new message into a chat. */
import { z } from 'zod';
import type { Bot } from '../bot.js';
import { badRequest } from '../fault.js';
import { checkUpload, toMedia } from '../files.js';
import type { StoredFile } from '../files.js';
import { entitiesField, integer, markupField, read, replyField } from '../parameters.js';
import type { Call } from '../parameters.js';
import { captionText, messageText } from '../text.js';
import { bodyOf } from '../types.js';
import type { ApiMessage, MediaKind, MessageBody } from '../types.js';
import { chatField, DONE, postAsBot, toKeyboard } from './method.js';
import type { Markup, Method, MethodTable } from './method.js';

const common = { chat_id: chatField, reply_parameters: replyField, reply_markup: markupField, parse_mode: z.string().optional() };

/** The emulator takes entities only; a parse mode is refused rather than ignored. */
export function refuseParseMode(mode: string | undefined): void {
  if (mode !== undefined && mode !== '') throw badRequest('the emulator takes entities, not parse_mode');
}

export function keyboardPart(markup: Markup): Pick<MessageBody, 'reply_markup'> {
  const keyboard = toKeyboard(markup);
  return keyboard === undefined ? {} : { reply_markup: keyboard };
}

const sendMessageFields = z.object({ ...common, text: z.string(), entities: entitiesField });

const sendMessage: Method = (bot, call) => {
  const given = read(sendMessageFields, call);
  refuseParseMode(given.parse_mode);
  const { text, entities } = messageText(given.text, given.entities);
  const body = { text, ...(entities.length === 0 ? {} : { entities }), ...keyboardPart(given.reply_markup) };
  return { result: postAsBot(bot, given.chat_id, body, given.reply_parameters) };
};

const captionFields = { caption: z.string().optional(), caption_entities: entitiesField };

export function captionPart(caption: string | undefined, entities: z.infer<typeof entitiesField>): MessageBody {
  const clean = captionText(caption, entities);
  if (clean === undefined) return {};
  return { caption: clean.text, ...(clean.entities.length === 0 ? {} : { caption_entities: clean.entities }) };
}

function createSend(kind: MediaKind): Method {
  const schema = z.object({ ...common, ...captionFields, [kind]: z.string().optional(), duration: integer.optional(), title: z.string().optional() });
  return (bot, call) => {
    const given = read(schema, call);
    refuseParseMode(given.parse_mode);
    const caption = captionPart(given.caption, given.caption_entities);
    bot.chats.getWritable(given.chat_id);
    const file = takeFile(bot, call, kind, { durationSeconds: given.duration, title: given.title });
    return { result: postAsBot(bot, given.chat_id, { ...toMedia(file), ...caption, ...keyboardPart(given.reply_markup) }, given.reply_parameters) };
  };
}

/** The file of a call: uploaded in the field itself or as `attach://`, or named by a file id. */
export function takeFile(bot: Bot, call: Call, kind: MediaKind, facts: { durationSeconds?: number | undefined; title?: string | undefined }): StoredFile {
  const named = call.fields[kind];
  const field = typeof named === 'string' && named.startsWith('attach://') ? named.slice('attach://'.length) : kind;
  const upload = call.uploads.get(field);
  if (upload !== undefined) {
    checkUpload(kind, upload.bytes);
    return bot.files.add({
      kind, bytes: upload.bytes, name: upload.name === '' || upload.name === undefined ? 'file' : upload.name, mediaType: upload.mediaType,
      ...(facts.durationSeconds === undefined ? {} : { durationSeconds: facts.durationSeconds }), ...(facts.title === undefined ? {} : { title: facts.title }),
    });
  }
  if (typeof named !== 'string' || named === '') throw badRequest(`there is no ${kind} in the request`);
  if (/^https?:/.test(named)) throw badRequest('failed to get HTTP URL content');
  const known = bot.files.find(named);
  if (known === undefined) throw badRequest('wrong remote file identifier specified: Wrong padding length');
  return known;
}

const sendLocationFields = z.object({ ...common, latitude: z.coerce.number(), longitude: z.coerce.number() });

const sendLocation: Method = (bot, call) => {
  const given = read(sendLocationFields, call);
  const location = { latitude: given.latitude, longitude: given.longitude };
  return { result: postAsBot(bot, given.chat_id, { location, ...keyboardPart(given.reply_markup) }, given.reply_parameters) };
};

const sendChatActionFields = z.object({ chat_id: chatField, action: z.string() });

const sendChatAction: Method = (bot, call) => {
  const { chat_id: chat, action } = read(sendChatActionFields, call);
  bot.chats.getWritable(chat);
  bot.announce({ type: 'action', chat, action });
  return DONE;
};

const copyFields = z.object({ ...common, from_chat_id: chatField, message_id: integer, ...captionFields });

function getSource(bot: Bot, chat: number, messageId: number, verb: string): ApiMessage {
  const message = bot.chats.find(chat)?.messages.get(messageId)?.message;
  if (message === undefined) throw badRequest(`message to ${verb} not found`);
  return message;
}

const forwardMessage: Method = (bot, call) => {
  const given = read(copyFields, call);
  const source = getSource(bot, given.from_chat_id, given.message_id, 'forward');
  const origin = { type: 'user', sender_user: source.from ?? bot.user(), date: source.date } as const;
  return { result: postAsBot(bot, given.chat_id, bodyOf(source, ['reply_markup']), undefined, { forward_origin: origin }) };
};

const copyMessage: Method = (bot, call) => {
  const given = read(copyFields, call);
  const body = bodyOf(getSource(bot, given.from_chat_id, given.message_id, 'copy'), ['reply_markup']);
  const caption = given.caption === undefined ? {} : captionPart(given.caption, given.caption_entities);
  const copy = postAsBot(bot, given.chat_id, { ...body, ...caption, ...keyboardPart(given.reply_markup) }, given.reply_parameters);
  return { result: { message_id: copy.message_id } };
};

export const SENDING: MethodTable = {
  sendmessage: sendMessage,
  sendphoto: createSend('photo'), senddocument: createSend('document'), sendvideo: createSend('video'), sendaudio: createSend('audio'),
  sendvoice: createSend('voice'), sendanimation: createSend('animation'), sendvideonote: createSend('video_note'), sendsticker: createSend('sticker'),
  sendlocation: sendLocation, sendchataction: sendChatAction, forwardmessage: forwardMessage, copymessage: copyMessage,
};
