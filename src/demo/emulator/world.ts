/** What belongs here: the customers' hands: everything that people do in their Telegram apps. */
import { randomInt } from 'node:crypto';
import type { Readable } from 'node:stream';
import { keepFile, toCaptionBody, toTextBody } from './bodies.js';
import type { Bot } from './bot.js';
import type { ChatRecord } from './chats.js';
import type { Fault } from './faults.js';
import { toMedia } from './files.js';
import type { StoredFile } from './files.js';
import { measureImage } from './image.js';
import { createKind, type KindName } from './kinds.js';
import { newAlbumId } from './methods/albums.js';
import { bodyOf } from './types.js';
import type {
  ApiCommand, ApiContact, ApiEntity, ApiLocation, ApiMessage, ApiUser, MediaKind, MessageBody, StoredMessage, UpdateBody, WorldChange,
} from './types.js';
import { CALLBACK_KEPT_MS, UPDATE_KEPT_MS } from './updates.js';

export interface UserDraft {
  readonly name: string;
  readonly lastName?: string;
  readonly username?: string;
  /** IETF tag of the app's language. */
  readonly languageCode?: string;
  readonly id?: number;
}

export interface SayOptions {
  readonly entities?: readonly ApiEntity[];
  /** Id of a message in the same chat. */
  readonly replyTo?: number;
}

export interface SentFile {
  readonly kind: MediaKind;
  readonly bytes?: Buffer | Readable;
  readonly name?: string;
  readonly mediaType?: string;
  readonly caption?: string;
  readonly captionEntities?: readonly ApiEntity[];
  readonly replyTo?: number;
  readonly mediaGroup?: string;
  readonly durationSeconds?: number;
  /** Claims this size whatever the bytes: over 20 MB `getFile` refuses it. */
  readonly fileSizeOverride?: number;
}

export interface ChatView {
  readonly user?: ApiUser;
  readonly title?: string;
  readonly blocked: boolean;
  /** The file of their profile photo. */
  readonly photo?: string;
  /** Both ways, oldest first. */
  readonly messages: readonly StoredMessage[];
  /** What the user put on messages, by their ids. */
  readonly reactions: Readonly<Record<string, readonly string[]>>;
  /** What the bot put on them. */
  readonly botReactions: Readonly<Record<string, readonly string[]>>;
}

/** A user is named by their id, which is also the id of their chat with the bot. Methods throw plain errors for unknown ids. */
export interface EmulatorWorld {
  addUser(draft: UserDraft): ApiUser;
  /** A group with the bot in it; its id is negative. */
  addGroup(title: string): number;
  users(): readonly ApiUser[];
  say(user: number, text: string, options?: SayOptions): ApiMessage;
  sendFile(user: number, file: SentFile): Promise<ApiMessage>;
  /** Several at once: 2 to 10, photos with videos, documents alone, audio alone. */
  sendAlbum(user: number, files: readonly SentFile[]): Promise<readonly ApiMessage[]>;
  sendLocation(user: number, location: ApiLocation): ApiMessage;
  sendContact(user: number, contact: ApiContact): ApiMessage;
  /** The picture that the user shows of themselves; undefined = none any more. Telegram tells the bot nothing of it. */
  setPhoto(user: number, picture: Buffer | undefined): void;
  /** Sends a ready-made message of this kind. */
  sendKind(user: number, kind: KindName, options?: Pick<SayOptions, 'replyTo'>): ApiMessage;
  /** Puts these emoji on a message of the chat, instead of those before; none takes them back. */
  react(user: number, messageId: number, emoji: readonly string[]): void;
  /** Changes the text of a message that the user wrote, or what is under its file. */
  edit(user: number, messageId: number, text: string): ApiMessage;
  /** Puts another file, with another caption, in the place of the one of this message. */
  editFile(user: number, messageId: number, file: SentFile): Promise<ApiMessage>;
  /** Presses a button; returns the id of the callback query. */
  press(user: number, messageId: number, callbackData: string): string;
  block(user: number): void;
  unblock(user: number): void;
  /** Puts any update into the queue; `queue` as for webhook delivery. */
  inject(body: UpdateBody, queue?: string): number | undefined;
  chat(id: number): ChatView;
  file(fileId: string): StoredFile | undefined;
  /** The menu that the bot set for this language (or for all). */
  commands(languageCode?: string): readonly ApiCommand[];
  onChange(listener: (change: WorldChange) => void): () => void;
  nextCalls(method: string, fault: Fault, times?: number): void;
  calls(): Readonly<Record<string, number>>;
  pendingUpdates(): number;
}

/** Ids of people stay below 2^52, as Telegram promises. */
const FIRST_USER_ID = 5_000_000_001;
const FIRST_GROUP_ID = -4_000_000_001;

export function createWorld(bot: Bot): EmulatorWorld {
  let nextUserId = FIRST_USER_ID;
  let nextGroupId = FIRST_GROUP_ID;
  return {
    ...createHands(bot),
    addUser(draft) {
      const user = toUser(draft, draft.id ?? nextUserId++);
      const { id, first_name } = user;
      const names = { ...(user.last_name === undefined ? {} : { last_name: user.last_name }), ...(user.username === undefined ? {} : { username: user.username }) };
      bot.chats.add({ id, first_name, ...names, type: 'private' }, user);
      return user;
    },
    addGroup(title) {
      const id = nextGroupId--;
      bot.chats.add({ id, type: 'group', title });
      return id;
    },
    users: () => [...bot.chats.all()].flatMap((record) => record.user ?? []),
    chat(id) {
      const record = bot.chats.find(id);
      if (record === undefined) throw new Error(`no such chat: ${id}`);
      const { user, chat, blocked, photo, messages, reactions, botReactions } = record;
      const shown = photo?.at(-1)?.file_id;
      return { ...(shown === undefined ? {} : { photo: shown }), ...(user === undefined ? {} : { user }), ...(chat.title === undefined ? {} : { title: chat.title }), blocked, messages: [...messages.values()], reactions: Object.fromEntries(reactions), botReactions: Object.fromEntries(botReactions) };
    },
    inject: (body, queue = 'injected') => bot.updates.push({ body, queue, keptMs: UPDATE_KEPT_MS }),
    file: (fileId) => bot.files.find(fileId),
    commands: (languageCode = '') => bot.commands.get(`default ${languageCode}`) ?? bot.commands.get('default ') ?? [],
    onChange: bot.watch,
    nextCalls: bot.faults.nextCalls,
    calls: bot.faults.counts,
    pendingUpdates: () => bot.updates.count(),
  };
}

type Hands = Pick<
  EmulatorWorld, 'say' | 'sendFile' | 'sendAlbum' | 'sendLocation' | 'sendContact' | 'setPhoto' | 'sendKind' | 'react' | 'edit' | 'editFile' | 'press' | 'block' | 'unblock'
>;

function createHands(bot: Bot): Hands {
  const write = createWrite(bot);
  return {
    say: (id, text, options = {}) => write(id, toTextBody(text, options.entities), options),
    async sendFile(id, sent) {
      const file = await keepFile(bot, sent);
      return write(id, { ...toMedia(file), ...toCaptionBody(sent) }, sent);
    },
    async sendAlbum(id, sent) {
      const kept = await Promise.all(sent.map((one) => keepFile(bot, one)));
      const mediaGroup = newAlbumId();
      return kept.map((file, index) => write(id, { ...toMedia(file), ...toCaptionBody(sent[index] ?? {}) }, { ...sent[index], mediaGroup }));
    },
    sendLocation: (id, location) => write(id, { location }),
    sendContact: (id, contact) => write(id, { contact }),
    setPhoto: (id, picture) => setPhoto(bot, id, picture),
    sendKind(id, kind, options = {}) {
      const { body, more } = createKind(bot, kind);
      return write(id, body, { ...options, ...(more === undefined ? {} : { more }) });
    },
    react: (id, messageId, emoji) => react(bot, id, messageId, emoji),
    edit: (id, messageId, text) => change(bot, id, messageId, (before) => (
      before.text === undefined
        ? { ...bodyOf(before, ['caption', 'caption_entities']), ...toCaptionBody({ caption: text }) }
        : { ...bodyOf(before, ['text', 'entities']), ...toTextBody(text) })),
    async editFile(id, messageId, sent) {
      const file = await keepFile(bot, sent);
      return change(bot, id, messageId, () => ({ ...toMedia(file), ...toCaptionBody(sent) }));
    },
    press: (id, messageId, callbackData) => press(bot, id, messageId, callbackData),
    block: (id) => setBlocked(bot, id, true),
    unblock: (id) => setBlocked(bot, id, false),
  };
}

function getPrivate(bot: Bot, id: number): { readonly record: ChatRecord; readonly user: ApiUser } {
  const record = bot.chats.find(id);
  if (record?.user === undefined) throw new Error(`no such user: ${id}`);
  return { record, user: record.user };
}

/** Changes a message that the user wrote. */
function change(bot: Bot, id: number, messageId: number, toBody: (before: ApiMessage) => MessageBody): ApiMessage {
  const { record } = getPrivate(bot, id);
  const before = record.messages.get(messageId)?.message;
  if (before === undefined || before.from?.id !== id) throw new Error(`not a message of ${id}: ${messageId}`);
  const { message_id, chat, date, from, reply_to_message: replied, media_group_id: group } = before;
  const message: ApiMessage = {
    message_id, from, chat, date, edit_date: Math.floor(bot.clock.nowMs() / 1000),
    ...(replied === undefined ? {} : { reply_to_message: replied }), ...(group === undefined ? {} : { media_group_id: group }), ...toBody(before),
  };
  bot.chats.replace(record, message);
  pushMessage(bot, 'edited_message', message, record);
  return message;
}

interface WriteOptions {
  readonly replyTo?: number;
  readonly mediaGroup?: string;
  readonly more?: Pick<ApiMessage, 'forward_origin'>;
}

/** Who writes to a bot that they blocked unblocks it first, as the apps do. */
function createWrite(bot: Bot): (id: number, body: MessageBody, options?: WriteOptions) => ApiMessage {
  return (id, body, options = {}) => {
    const { record, user } = getPrivate(bot, id);
    if (record.blocked) setBlocked(bot, id, false);
    const replied = options.replyTo === undefined ? undefined : record.messages.get(options.replyTo)?.message;
    const message = bot.chats.post(record, user, body, {
      acknowledged: false, ...(replied === undefined ? {} : { replyTo: replied }),
      more: { ...options.more, ...(options.mediaGroup === undefined ? {} : { media_group_id: options.mediaGroup }) },
    });
    pushMessage(bot, 'message', message, record);
    return message;
  };
}

function pushMessage(bot: Bot, kind: 'message' | 'edited_message', message: ApiMessage, record: ChatRecord): void {
  bot.updates.push({
    body: { [kind]: message }, queue: `chat ${message.chat.id}`, keptMs: UPDATE_KEPT_MS,
    onAcknowledged: () => bot.chats.acknowledge(record, message.message_id),
  });
}

function setBlocked(bot: Bot, id: number, blocked: boolean): void {
  const { record, user } = getPrivate(bot, id);
  if (record.blocked === blocked) return;
  record.blocked = blocked;
  const member = (isIn: boolean): unknown => (isIn ? { user: bot.user(), status: 'member' } : { user: bot.user(), status: 'kicked', until_date: 0 });
  const body = { my_chat_member: {
    chat: record.chat, from: user, date: Math.floor(bot.clock.nowMs() / 1000), old_chat_member: member(blocked), new_chat_member: member(!blocked),
  } };
  bot.updates.push({ body, queue: `member ${id}`, keptMs: UPDATE_KEPT_MS });
  bot.announce({ type: 'chat', chat: id });
}

function react(bot: Bot, id: number, messageId: number, emoji: readonly string[]): void {
  const { record, user } = getPrivate(bot, id);
  if (!record.messages.has(messageId)) throw new Error(`no such message: ${messageId}`);
  const toReactions = (all: readonly string[]): unknown => all.map((one) => ({ type: 'emoji', emoji: one }));
  const before = record.reactions.get(messageId) ?? [];
  record.reactions.set(messageId, emoji);
  const body = { message_reaction: {
    chat: record.chat, message_id: messageId, user, date: Math.floor(bot.clock.nowMs() / 1000), old_reaction: toReactions(before), new_reaction: toReactions(emoji),
  } };
  bot.updates.push({ body, queue: `chat ${id}`, keptMs: UPDATE_KEPT_MS });
  bot.announce({ type: 'reaction', chat: id, message: messageId, emoji });
}

/** In one size: that of the picture. */
function setPhoto(bot: Bot, id: number, picture: Buffer | undefined): void {
  const { record } = getPrivate(bot, id);
  if (picture === undefined) {
    delete record.photo;
  } else {
    const { id: file_id, uniqueId: file_unique_id, sizeBytes: file_size } = bot.files.add({ kind: 'photo', name: 'profile.png', mediaType: 'image/png', bytes: picture });
    record.photo = [{ file_id, file_unique_id, file_size, ...(measureImage(picture) ?? { width: 160, height: 160 }) }];
  }
  bot.announce({ type: 'chat', chat: id });
}

function press(bot: Bot, id: number, messageId: number, callbackData: string): string {
  const { record, user } = getPrivate(bot, id);
  const message = record.messages.get(messageId)?.message;
  const buttons = message?.reply_markup?.inline_keyboard.flat() ?? [];
  if (!buttons.some((button) => button.callback_data === callbackData)) throw new Error(`no such button on message ${messageId}`);
  const query = rememberPress(bot, id);
  const body = { callback_query: { id: query, from: user, message, chat_instance: String(id), data: callbackData } };
  bot.updates.push({ body, queue: `callback ${id}`, keptMs: CALLBACK_KEPT_MS });
  return query;
}

function toUser(draft: UserDraft, id: number): ApiUser {
  return {
    id, is_bot: false, first_name: draft.name,
    ...(draft.lastName === undefined ? {} : { last_name: draft.lastName }),
    ...(draft.username === undefined ? {} : { username: draft.username }),
    ...(draft.languageCode === undefined ? {} : { language_code: draft.languageCode }),
  };
}

/** Keeps the presses of the last 150 s, as long as the query itself is kept. */
function rememberPress(bot: Bot, chat: number): string {
  const nowMs = bot.clock.nowMs();
  for (const [id, made] of bot.presses) if (made.atMs <= nowMs - CALLBACK_KEPT_MS) bot.presses.delete(id);
  const query = `${chat}${randomInt(1e8, 1e9)}`;
  bot.presses.set(query, { chat, atMs: nowMs });
  return query;
}
