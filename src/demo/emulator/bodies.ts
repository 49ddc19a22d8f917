/** What belongs here: what customers write and send, as the bodies of messages. */
import { buffer } from 'node:stream/consumers';
import type { Bot } from './bot.js';
import type { StoredFile } from './files.js';
import { cleanText } from './text.js';
import type { ApiEntity, MediaKind, MessageBody } from './types.js';
import type { SentFile } from './world.js';

export function toCaptionBody(sent: Pick<SentFile, 'caption' | 'captionEntities'>): MessageBody {
  if (sent.caption === undefined) return {};
  const { text, entities } = cleanText(sent.caption, sent.captionEntities);
  return text === '' ? {} : { caption: text, ...(entities.length === 0 ? {} : { caption_entities: entities }) };
}

export function toTextBody(raw: string, explicit?: readonly ApiEntity[]): MessageBody {
  const { text, entities } = cleanText(raw, explicit);
  if (text === '') throw new Error('an empty message cannot be sent');
  return entities.length === 0 ? { text } : { text, entities };
}

const MEDIA_TYPES: Readonly<Record<MediaKind, string>> = {
  photo: 'image/jpeg', document: 'application/octet-stream', video: 'video/mp4', audio: 'audio/mpeg',
  voice: 'audio/ogg', video_note: 'video/mp4', animation: 'video/mp4', sticker: 'image/webp',
};

export async function keepFile(bot: Bot, sent: SentFile): Promise<StoredFile> {
  const bytes = sent.bytes === undefined ? Buffer.alloc(0) : Buffer.isBuffer(sent.bytes) ? sent.bytes : await buffer(sent.bytes);
  return bot.files.add({
    kind: sent.kind, bytes, name: sent.name ?? sent.kind, mediaType: sent.mediaType ?? MEDIA_TYPES[sent.kind],
    ...(sent.fileSizeOverride === undefined ? {} : { sizeBytes: sent.fileSizeOverride }),
    ...(sent.durationSeconds === undefined ? {} : { durationSeconds: sent.durationSeconds }),
  });
}
