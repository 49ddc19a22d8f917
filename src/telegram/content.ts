/** What somebody sent, as Content. Pure: files are only opened later. */
import { Readable } from 'node:stream';
import { safeFileName } from '../core/file-name.js';
import { joinTexts, plainText, richText, type RichText } from '../core/rich-text.js';
import { mintId, type Attachment, type AttachmentKind, type Content, type FileRef } from '../core/types.js';
import { toRichText } from './entities.js';
import { mediaTypeOf } from './file-names.js';
import { describeKind, mapLink } from './kinds.js';
import type { TelegramContact, TelegramFile, TelegramLocation, TelegramMessage, TelegramSticker } from './schema.js';

/** Where the bytes of files come from. */
export interface FileSource {
  readonly downloadBytesMax: number;
  openFile(fileId: string): Promise<Readable>;
}

/** The content of a message; undefined for a service message. */
export function toContent(message: TelegramMessage, files: FileSource): Content | undefined {
  const caption = toRichText(message.caption ?? '', message.caption_entities);
  const attachment = toAttachment(message, files);
  if (attachment !== undefined) {
    const emoji = plainText(message.sticker?.emoji ?? '');
    return { text: joinTexts([emoji, caption], '\n'), attachments: [attachment] };
  }
  if (message.text !== undefined) return { text: toRichText(message.text, message.entities), attachments: [] };
  if (message.venue !== undefined) return { text: placeText(`${message.venue.title}\n${message.venue.address}`, message.venue.location), attachments: [] };
  if (message.location !== undefined) return { text: placeText(message.location.live_period === undefined ? 'Location' : 'Live location', message.location), attachments: [] };
  if (message.contact !== undefined) return contactContent(message.contact);
  const line = describeKind(message);
  return line === undefined ? undefined : { text: joinTexts([plainText(line), caption], '\n'), attachments: [] };
}

interface FileKind {
  readonly kind: AttachmentKind;
  /** For files without a name of their own. */
  readonly extension: string;
  readonly mediaType: string;
}

/** In order: an animation carries the same file as `document` too, for old clients. */
const FILE_KINDS: readonly FileKind[] = [
  { kind: 'animation', extension: 'mp4', mediaType: 'video/mp4' },
  { kind: 'document', extension: 'bin', mediaType: 'application/octet-stream' },
  { kind: 'video', extension: 'mp4', mediaType: 'video/mp4' },
  { kind: 'audio', extension: 'mp3', mediaType: 'audio/mpeg' },
  { kind: 'voice', extension: 'ogg', mediaType: 'audio/ogg' },
  { kind: 'video_note', extension: 'mp4', mediaType: 'video/mp4' },
];

function toAttachment(message: TelegramMessage, files: FileSource): Attachment | undefined {
  for (const kind of FILE_KINDS) {
    const file = kind.kind === 'photo' || kind.kind === 'sticker' ? undefined : message[kind.kind];
    if (file !== undefined) return fileAttachment(kind, file, message.message_id, files);
  }
  if (message.sticker !== undefined) return fileAttachment(stickerKind(message.sticker), message.sticker, message.message_id, files);
  const photo = largest(message.photo ?? []);
  return photo === undefined ? undefined
    : fileAttachment({ kind: 'photo', extension: 'jpg', mediaType: 'image/jpeg' }, photo, message.message_id, files);
}

function fileAttachment(kind: FileKind, file: TelegramFile, message: number, files: FileSource): Attachment {
  const named = file.file_name ?? (kind.kind === 'audio' && file.title !== undefined ? `${file.title}.${kind.extension}` : undefined);
  const name = safeFileName(named, `${kind.kind}_${message}.${kind.extension}`);
  const sizeBytes = file.file_size;
  const opens = sizeBytes === undefined || sizeBytes <= files.downloadBytesMax;
  return {
    kind: kind.kind,
    name,
    mediaType: file.mime_type !== undefined || kind.kind === 'document' ? mediaTypeOf(file.mime_type, name) : kind.mediaType,
    ...(sizeBytes === undefined ? {} : { sizeBytes }),
    ...(file.duration === undefined ? {} : { durationSeconds: file.duration }),
    ...(opens ? { ref: mintId<FileRef>(file.file_id), open: () => files.openFile(file.file_id) } : {}),
  };
}

function stickerKind(sticker: TelegramSticker): FileKind {
  if (sticker.is_animated === true) return { kind: 'sticker', extension: 'tgs', mediaType: 'application/x-tgsticker' };
  if (sticker.is_video === true) return { kind: 'sticker', extension: 'webm', mediaType: 'video/webm' };
  return { kind: 'sticker', extension: 'webp', mediaType: 'image/webp' };
}

function largest(sizes: readonly TelegramFile[]): TelegramFile | undefined {
  const area = (size: TelegramFile): number => (size.width ?? 0) * (size.height ?? 0);
  return sizes.reduce<TelegramFile | undefined>((best, size) => (best === undefined || area(size) >= area(best) ? size : best), undefined);
}

function placeText(title: string, location: TelegramLocation): RichText {
  const link = mapLink(location);
  return joinTexts([plainText(title), richText(link, [{ type: 'link', url: link, offset: 0, length: link.length }])], '\n');
}

function contactContent(contact: TelegramContact): Content {
  const name = [contact.first_name, contact.last_name].filter((part) => part !== undefined && part !== '').join(' ');
  const bytes = Buffer.from(contact.vcard !== undefined && contact.vcard !== '' ? contact.vcard : toVcard(contact, name));
  const card: Attachment = {
    kind: 'document', name: safeFileName(`${name}.vcf`, 'contact.vcf'), mediaType: 'text/vcard', sizeBytes: bytes.length,
    open: () => Promise.resolve(Readable.from([bytes])),
  };
  return { text: plainText(`Contact: ${name}, ${contact.phone_number}`), attachments: [card] };
}

/** vCard 3.0, RFC 2426: commas, semicolons and backslashes escaped, lines end in CRLF. */
function toVcard(contact: TelegramContact, name: string): string {
  const escape = (text: string): string => text.replace(/[\\,;]/gu, '\\$&').replace(/[\r\n]+/gu, ' ');
  return [
    'BEGIN:VCARD', 'VERSION:3.0', `N:${escape(contact.last_name ?? '')};${escape(contact.first_name)};;;`, `FN:${escape(name)}`,
    `TEL;TYPE=CELL:${escape(contact.phone_number)}`, 'END:VCARD', '',
  ].join('\r\n');
}
