/** What belongs here: what the demo's API says and takes. */
import type { BridgeEvent } from '../../core/types.js';

export interface Entity {
  readonly type: string;
  readonly offset: number;
  readonly length: number;
  readonly url?: string;
  readonly language?: string;
}

export interface Media {
  readonly file_id: string;
  readonly file_name?: string;
  readonly mime_type?: string;
  readonly file_size?: number;
  readonly width?: number;
  readonly height?: number;
  readonly duration?: number;
  readonly emoji?: string;
  /** The still picture of one that moves. */
  readonly thumbnail?: Media;
}

export interface InlineButton {
  readonly text: string;
  readonly callback_data?: string;
  readonly url?: string;
}

/** A message as the Bot API has it, as far as the page shows it. */
export interface ChatMessage {
  readonly message_id: number;
  readonly from?: { readonly id: number; readonly is_bot: boolean; readonly first_name: string };
  /** Unix seconds. */
  readonly date: number;
  readonly edit_date?: number;
  readonly text?: string;
  readonly entities?: readonly Entity[];
  readonly caption?: string;
  readonly caption_entities?: readonly Entity[];
  readonly photo?: readonly Media[];
  readonly document?: Media;
  readonly video?: Media;
  readonly audio?: Media;
  readonly voice?: Media;
  readonly video_note?: Media;
  readonly animation?: Media;
  readonly sticker?: Media;
  readonly location?: { readonly latitude: number; readonly longitude: number };
  readonly contact?: { readonly phone_number: string; readonly first_name: string };
  readonly reply_to_message?: ChatMessage;
  /** What was sent together has the same. */
  readonly media_group_id?: string;
  readonly reply_markup?: { readonly inline_keyboard: readonly (readonly InlineButton[])[] };
}

export interface Stored {
  readonly message: ChatMessage;
  readonly acknowledged: boolean;
}

export interface Command {
  readonly command: string;
  readonly description: string;
}

export interface Customer {
  readonly id: number;
  readonly name: string;
  readonly language: string;
  /** The id of a file. */
  readonly photo?: string;
  readonly blocked: boolean;
  readonly messages: readonly Stored[];
  /** By id of the message. */
  readonly reactions: Readonly<Record<string, readonly string[]>>;
  /** The same of what the company put on them. */
  readonly botReactions: Readonly<Record<string, readonly string[]>>;
  readonly commands: readonly Command[];
}

export interface FeedEntry {
  readonly sequence: number;
  readonly atMs: number;
  readonly event: BridgeEvent;
}

export interface Counters {
  readonly received: number;
  readonly toHelpdesk: number;
  readonly toTelegram: number;
  readonly tickets: number;
  readonly retries: number;
  readonly failed: number;
  readonly notices: number;
  readonly helpdeskUp: boolean;
  readonly telegramUp: boolean;
}

export interface DemoState {
  readonly customers: readonly Customer[];
  readonly bridge: { readonly entries: readonly FeedEntry[]; readonly counters: Counters };
}

export type WorldChange =
  | { readonly type: 'chat'; readonly chat: number }
  | { readonly type: 'message'; readonly chat: number; readonly stored: Stored }
  | { readonly type: 'deleted'; readonly chat: number; readonly message: number }
  | { readonly type: 'acknowledged'; readonly chat: number; readonly message: number }
  | { readonly type: 'reaction'; readonly chat: number; readonly message: number; readonly emoji: readonly string[] }
  | { readonly type: 'bot_reaction'; readonly chat: number; readonly message: number; readonly emoji: readonly string[] }
  | { readonly type: 'answered'; readonly chat: number; readonly text?: string }
  | { readonly type: 'action'; readonly chat: number; readonly action: string }
  | { readonly type: 'commands' };

export type StreamMessage =
  | { readonly type: 'change'; readonly change: WorldChange }
  | { readonly type: 'bridge'; readonly entry: FeedEntry; readonly counters: Counters };

const GUARD = { 'x-deskbridge-demo': '1' };

export async function fetchState(): Promise<DemoState> {
  const response = await fetch('/demo/state');
  if (!response.ok) throw new Error(`state: ${response.status}`);
  return response.json() as Promise<DemoState>;
}

async function post(path: string, body: BodyInit, type: string): Promise<void> {
  const response = await fetch(path, { method: 'POST', headers: { ...GUARD, 'content-type': type }, body });
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
}

const act = (name: string, body: unknown): Promise<void> => post(`/demo/${name}`, JSON.stringify(body), 'application/json');

export const say = (chat: number, text: string, replyTo?: number): Promise<void> => act('say', { chat, text, replyTo });
export const edit = (chat: number, message: number, text: string): Promise<void> => act('edit', { chat, message, text });
export const press = (chat: number, message: number, button: string): Promise<void> => act('press', { chat, message, button });
export const block = (chat: number, blocked: boolean): Promise<void> => act('block', { chat, blocked });
export const addCustomer = (name: string, language: string): Promise<void> => act('users', { name, language });
export const sendLocation = (chat: number, latitude: number, longitude: number): Promise<void> => act('location', { chat, latitude, longitude });
export const sendContact = (chat: number, phone: string, name: string): Promise<void> => act('contact', { chat, phone, name });

export const sendKind = (chat: number, kind: string, replyTo?: number): Promise<void> => act('kind', { chat, kind, replyTo });
export const react = (chat: number, message: number, emoji: readonly string[]): Promise<void> => act('react', { chat, message, emoji });

export interface Picked {
  readonly kind: 'photo' | 'document' | 'video' | 'audio' | 'voice';
  readonly name: string;
  readonly bytes: Blob;
  readonly caption?: string;
  readonly seconds?: number;
}

export function sendFile(chat: number, { kind, name, bytes, caption, seconds }: Picked, replyTo?: number, more: Readonly<Record<string, string>> = {}): Promise<void> {
  const query = new URLSearchParams({ chat: String(chat), kind, name, ...more });
  if (caption !== undefined && caption !== '') query.set('caption', caption);
  if (replyTo !== undefined) query.set('replyTo', String(replyTo));
  if (seconds !== undefined) query.set('seconds', String(seconds));
  return post(`/demo/photo?${query}`, bytes, bytes.type === '' ? 'application/octet-stream' : bytes.type);
}

/** Telegram takes no more together. */
export const ALBUM_LENGTH_MAX = 10;

/** Not `randomUUID`, which browsers keep from pages without TLS. */
const newAlbum = (): string => [...crypto.getRandomValues(new Uint8Array(12))].map((byte) => byte.toString(16).padStart(2, '0')).join('');

/** Several files at once, the caption on the first; in albums of ten, and a single one that is left over by itself. */
export async function sendFiles(chat: number, files: readonly Picked[], caption: string, replyTo?: number): Promise<void> {
  for (let from = 0; from < files.length; from += ALBUM_LENGTH_MAX) {
    const together = files.slice(from, from + ALBUM_LENGTH_MAX);
    const album = newAlbum();
    await Promise.all(together.map((file, place) => (
      sendFile(chat, from + place === 0 ? { ...file, caption } : file, replyTo, together.length === 1 ? {} : { album, place: String(place), of: String(together.length) }))));
  }
}

export const fileUrl = (media: Pick<Media, 'file_id'>): string => `/demo/file/${encodeURIComponent(media.file_id)}`;
