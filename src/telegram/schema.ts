/** The parts of an update that the bridge reads: https://core.telegram.org/bots/api#update (10.1). */
import { z } from 'zod';
import { entitySchema } from './entities.js';

const integer = z.number().int();
/** Ids of messages and topics count up from 1; 0 stands for a message that is gone. */
const serial = integer.nonnegative();

const userSchema = z.object({
  id: integer,
  is_bot: z.boolean().optional(),
  first_name: z.string().catch(''),
  last_name: z.string().optional(),
  username: z.string().optional(),
  language_code: z.string().optional(),
});

const chatSchema = z.object({ id: integer, type: z.string(), title: z.string().optional(), username: z.string().optional() });

/** What photo sizes, documents, videos, ... have in common. */
export const fileSchema = z.object({
  file_id: z.string(),
  file_name: z.string().optional(),
  mime_type: z.string().optional(),
  file_size: integer.optional(),
  duration: z.number().optional(),
  width: z.number().optional(),
  height: z.number().optional(),
  title: z.string().optional(),
  performer: z.string().optional(),
});

const stickerSchema = fileSchema.extend({
  emoji: z.string().optional(), is_animated: z.boolean().optional(), is_video: z.boolean().optional(), thumbnail: fileSchema.optional(),
});

const locationSchema = z.object({ latitude: z.number(), longitude: z.number(), live_period: z.number().optional() });

const contactSchema = z.object({
  phone_number: z.string(),
  first_name: z.string(),
  last_name: z.string().optional(),
  /** Who it is, when Telegram knows. */
  user_id: z.number().int().optional().catch(undefined),
  vcard: z.string().optional(),
});

/** Loose: the names of fields that are not read tell of what kind a message is. */
export const messageSchema = z.looseObject({
  message_id: serial,
  message_thread_id: serial.optional(),
  is_topic_message: z.boolean().optional(),
  is_automatic_forward: z.boolean().optional(),
  from: userSchema.optional(),
  sender_chat: chatSchema.optional(),
  chat: chatSchema,
  date: integer,
  edit_date: integer.optional(),
  reply_to_message: z.looseObject({ message_id: serial, chat: z.looseObject({ id: integer }).optional(), forum_topic_created: z.unknown().optional() }).optional(),
  text: z.string().optional(),
  entities: z.array(entitySchema).optional(),
  caption: z.string().optional(),
  caption_entities: z.array(entitySchema).optional(),
  photo: z.array(fileSchema).optional(),
  document: fileSchema.optional(),
  video: fileSchema.optional(),
  audio: fileSchema.optional(),
  voice: fileSchema.optional(),
  video_note: fileSchema.optional(),
  animation: fileSchema.optional(),
  sticker: stickerSchema.optional(),
  location: locationSchema.optional(),
  venue: z.object({ location: locationSchema, title: z.string(), address: z.string() }).optional(),
  contact: contactSchema.optional(),
  forward_origin: z.unknown().optional(),
  migrate_to_chat_id: integer.optional(),
  /** "The unique identifier inside this chat of a media message group this message belongs to". */
  media_group_id: z.string().optional(),
});

export const updateSchema = z.object({
  update_id: integer,
  message: messageSchema.optional(),
  edited_message: messageSchema.optional(),
  callback_query: z.object({
    id: z.string(),
    from: userSchema,
    /** Absent for buttons of inline results; only the ids are left of an old message. */
    message: z.object({
      message_id: serial, chat: chatSchema, message_thread_id: serial.optional(), is_topic_message: z.boolean().optional(),
    }).optional(),
    data: z.string().optional(),
  }).optional(),
  my_chat_member: z.object({
    chat: chatSchema,
    from: userSchema,
    date: integer,
    new_chat_member: z.object({ status: z.string() }),
  }).optional(),
  message_reaction: z.object({
    chat: chatSchema,
    message_id: serial,
    /** Absent for somebody who reacts as a group or channel: then `actor_chat` tells. */
    user: userSchema.optional(),
    actor_chat: chatSchema.optional(),
    date: integer,
    new_reaction: z.array(z.object({ type: z.string(), emoji: z.string().optional() })),
  }).optional(),
});

/** For saying which update could not be read. */
export const updateIdSchema = z.object({ update_id: integer });

export type TelegramUser = z.infer<typeof userSchema>;
export type TelegramChat = z.infer<typeof chatSchema>;
export type TelegramFile = z.infer<typeof fileSchema>;
export type TelegramSticker = z.infer<typeof stickerSchema>;
export type TelegramContact = z.infer<typeof contactSchema>;
export type TelegramLocation = z.infer<typeof locationSchema>;
export type TelegramReaction = NonNullable<z.infer<typeof updateSchema>['message_reaction']>;
export type TelegramMessage = z.infer<typeof messageSchema>;
