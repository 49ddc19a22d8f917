/**
 * What belongs here: a Bot API server for this machine, so that the whole product and its tests run with no account.
 * This file holds the shapes of the Bot API (https://core.telegram.org/bots/api) as far as the emulator speaks them.
 */

export interface ApiUser {
  readonly id: number;
  readonly is_bot: boolean;
  readonly first_name: string;
  readonly last_name?: string;
  readonly username?: string;
  readonly language_code?: string;
}

export interface ApiChat {
  readonly id: number;
  readonly type: 'private' | 'group';
  readonly title?: string;
  readonly first_name?: string;
  readonly last_name?: string;
  readonly username?: string;
}

export interface ApiEntity {
  readonly type: string;
  /** UTF-16 units, as `length`. */
  readonly offset: number;
  readonly length: number;
  readonly url?: string | undefined;
  readonly user?: ApiUser | undefined;
  readonly language?: string | undefined;
  readonly custom_emoji_id?: string | undefined;
  readonly unix_time?: number | undefined;
  readonly date_time_format?: string | undefined;
}

export interface ApiFile {
  readonly file_id: string;
  readonly file_unique_id: string;
  readonly file_size?: number;
}

export interface ApiPhotoSize extends ApiFile {
  readonly width: number;
  readonly height: number;
}

export interface ApiMedia extends ApiFile {
  readonly file_name?: string;
  readonly mime_type?: string;
  readonly width?: number;
  readonly height?: number;
  readonly length?: number;
  readonly duration?: number;
  readonly type?: string;
  readonly emoji?: string;
  readonly is_animated?: boolean;
  readonly is_video?: boolean;
  readonly title?: string;
  readonly thumbnail?: ApiPhotoSize;
}

export interface ApiLocation {
  readonly latitude: number;
  readonly longitude: number;
  readonly live_period?: number;
}

export interface ApiContact {
  readonly phone_number: string;
  readonly first_name: string;
  readonly last_name?: string;
  readonly user_id?: number;
}

export interface ApiButton {
  readonly text: string;
  readonly callback_data?: string | undefined;
  readonly url?: string | undefined;
}

export interface ApiKeyboard {
  readonly inline_keyboard: readonly (readonly ApiButton[])[];
}

export const MEDIA_KINDS = ['photo', 'document', 'video', 'audio', 'voice', 'video_note', 'animation', 'sticker'] as const;
export type MediaKind = (typeof MEDIA_KINDS)[number];

/** Kinds of message, and what stands around one, that the emulator passes on as they are. */
export const OTHER_FIELDS = [
  'venue', 'poll', 'dice', 'game', 'checklist', 'invoice', 'successful_payment', 'story', 'paid_media', 'giveaway', 'giveaway_winners', 'gift',
  'users_shared', 'chat_shared', 'web_app_data', 'hologram', 'live_photo', 'checklist_tasks_done', 'checklist_tasks_added', 'refunded_payment',
  'unique_gift', 'passport_data', 'rich_message', 'via_bot', 'external_reply', 'quote', 'reply_to_story',
] as const;
type OtherFields = { readonly [Name in (typeof OTHER_FIELDS)[number]]?: unknown };

/** The part of a message that says something. */
export interface MessageBody extends OtherFields {
  readonly text?: string;
  readonly entities?: readonly ApiEntity[];
  readonly caption?: string;
  readonly caption_entities?: readonly ApiEntity[];
  readonly photo?: readonly ApiPhotoSize[];
  readonly document?: ApiMedia;
  readonly video?: ApiMedia;
  readonly audio?: ApiMedia;
  readonly voice?: ApiMedia;
  readonly video_note?: ApiMedia;
  readonly animation?: ApiMedia;
  readonly sticker?: ApiMedia;
  readonly location?: ApiLocation;
  readonly contact?: ApiContact;
  readonly [kind: string]: unknown;
  readonly reply_markup?: ApiKeyboard;
}

export interface ChannelOrigin {
  readonly type: 'channel';
  readonly chat: { readonly id: number; readonly type: 'channel'; readonly title: string; readonly username?: string };
  readonly message_id: number;
  readonly date: number;
}

export interface ApiMessage extends MessageBody {
  readonly message_id: number;
  readonly from?: ApiUser;
  readonly chat: ApiChat;
  /** Unix seconds, as `edit_date`. */
  readonly date: number;
  readonly edit_date?: number;
  readonly reply_to_message?: ApiMessage;
  readonly media_group_id?: string;
  readonly forward_origin?: { readonly type: 'user'; readonly sender_user: ApiUser; readonly date: number } | ChannelOrigin;
}

/** One update without its id. */
export type UpdateBody = Readonly<Record<string, unknown>>;
export type ApiUpdate = UpdateBody & { readonly update_id: number };

export interface ApiCommand {
  readonly command: string;
  readonly description: string;
}

/** What `ok: false` says besides its description. */
export interface FaultParameters {
  readonly retry_after?: number;
  readonly migrate_to_chat_id?: number;
}

/** A message as the emulator keeps it. */
export interface StoredMessage {
  readonly message: ApiMessage;
  /** From a user: the bot has acknowledged the update. From the bot: always true. */
  readonly acknowledged: boolean;
}

/** What the emulator tells whoever watches. */
export type WorldChange =
  | { readonly type: 'chat'; readonly chat: number }
  | { readonly type: 'message'; readonly chat: number; readonly stored: StoredMessage }
  | { readonly type: 'deleted'; readonly chat: number; readonly message: number }
  | { readonly type: 'acknowledged'; readonly chat: number; readonly message: number }
  | { readonly type: 'reaction'; readonly chat: number; readonly message: number; readonly emoji: readonly string[] }
  | { readonly type: 'bot_reaction'; readonly chat: number; readonly message: number; readonly emoji: readonly string[] }
  | { readonly type: 'answered'; readonly chat: number; readonly query: string; readonly text?: string; readonly alert: boolean }
  | { readonly type: 'action'; readonly chat: number; readonly action: string }
  | { readonly type: 'commands' };

/** A copy under construction. */
export type Draft<T> = { -readonly [Key in keyof T]: T[Key] };

const BODY_FIELDS = ['text', 'entities', 'caption', 'caption_entities', 'photo', 'document', 'video', 'audio', 'voice', 'video_note',
  'animation', 'sticker', 'location', 'contact', 'reply_markup', ...OTHER_FIELDS] as const satisfies readonly (keyof MessageBody)[];

/** What a message says, without `removed`. */
export function bodyOf(message: MessageBody, removed: readonly (keyof MessageBody)[] = []): MessageBody {
  const fields = BODY_FIELDS.filter((field) => message[field] !== undefined && !removed.includes(field));
  return Object.fromEntries(fields.map((field) => [field, message[field]]));
}
