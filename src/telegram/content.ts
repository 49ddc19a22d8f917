/** What somebody sent, as Content. Pure: files are only opened later. */
import { Readable } from 'node:stream';
import type { Line } from '../core/around.js';
import { safeFileName } from '../core/file-name.js';
import { isEmptyText, type RichText } from '../core/rich-text.js';
import { mintId, type Attachment, type AttachmentKind, type Content, type FileRef } from '../core/types.js';
import { toRichText } from './entities.js';
import { mediaTypeOf } from './file-names.js';
import { describeKind } from './kinds.js';
import { toRichMessage } from './rich-message.js';
import type { TelegramContact, TelegramFile, TelegramMessage, TelegramSticker } from './schema.js';

/** Where the bytes of files come from. */
export interface FileSource {
  readonly downloadBytesMax: number;
  openFile(fileId: string): Promise<Readable>;
}

/** What was sent: words and files, and a line above them where they do not speak for themselves. */
export interface Read {
  readonly content: Content;
  readonly about?: Line;
}

/** Reads a message; undefined for a service message. */
export function readMessage(message: TelegramMessage, files: FileSource): Read | undefined {
  const { line, isService } = describeKind(message);
  if (isService) return undefined;
  const rich = toRichMessage(message['rich_message']);
  const attachment = message.contact === undefined ? toAttachment(message, files) : cardOf(message.contact);
  const attachments = [
    ...(attachment === undefined ? [] : [attachment]),
    ...rich.files.map(({ kind, file }, index) => fileAttachment(kindOf(kind), file, `${message.message_id}_${index + 1}`, files)),
  ];
  return { content: { text: isEmptyText(rich.text) ? writtenText(message) : rich.text, attachments }, ...(line === undefined ? {} : { about: line }) };
}

/** Text or caption. */
export function writtenText({ text, entities, caption = '', caption_entities: marks }: TelegramMessage): RichText {
  return text === undefined ? toRichText(caption, marks) : toRichText(text, entities);
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
const PHOTO: FileKind = { kind: 'photo', extension: 'jpg', mediaType: 'image/jpeg' };

function kindOf(kind: AttachmentKind): FileKind {
  return FILE_KINDS.find((one) => one.kind === kind) ?? PHOTO;
}

function toAttachment(message: TelegramMessage, files: FileSource): Attachment | undefined {
  for (const kind of FILE_KINDS) {
    const file = kind.kind === 'photo' || kind.kind === 'sticker' ? undefined : message[kind.kind];
    if (file !== undefined) return fileAttachment(kind, file, message.message_id, files);
  }
  if (message.sticker !== undefined) return stickerAttachment(message.sticker, message.message_id, files);
  const photo = largest(message.photo ?? []);
  return photo === undefined ? undefined : fileAttachment(PHOTO, photo, message.message_id, files);
}

function fileAttachment(kind: FileKind, file: TelegramFile, message: number | string, files: FileSource): Attachment {
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

const STILL: FileKind = { kind: 'sticker', extension: 'webp', mediaType: 'image/webp' };

/** A sticker that moves is a format that no browser shows as a picture: the still one that Telegram has of it goes instead. */
function stickerAttachment(sticker: TelegramSticker, message: number, files: FileSource): Attachment {
  const moves = sticker.is_animated === true || sticker.is_video === true;
  if (!moves) return fileAttachment(STILL, sticker, message, files);
  if (sticker.thumbnail !== undefined) return fileAttachment(STILL, sticker.thumbnail, message, files);
  const kind: FileKind = sticker.is_animated === true ? { kind: 'sticker', extension: 'tgs', mediaType: 'application/x-tgsticker' }
    : { kind: 'sticker', extension: 'webm', mediaType: 'video/webm' };
  return fileAttachment(kind, sticker, message, files);
}

function largest(sizes: readonly TelegramFile[]): TelegramFile | undefined {
  const area = (size: TelegramFile): number => (size.width ?? 0) * (size.height ?? 0);
  return sizes.reduce<TelegramFile | undefined>((best, size) => (best === undefined || area(size) >= area(best) ? size : best), undefined);
}

function cardOf(contact: TelegramContact): Attachment {
  const name = [contact.first_name, contact.last_name].filter((part) => part !== undefined && part !== '').join(' ');
  const bytes = Buffer.from(contact.vcard !== undefined && contact.vcard !== '' ? contact.vcard : toVcard(contact, name));
  return {
    kind: 'document', name: safeFileName(`${name}.vcf`, 'contact.vcf'), mediaType: 'text/vcard', sizeBytes: bytes.length,
    open: () => Promise.resolve(Readable.from([bytes])),
  };
}

/** vCard 3.0, RFC 2426: commas, semicolons and backslashes escaped, lines end in CRLF. */
function toVcard(contact: TelegramContact, name: string): string {
  const escape = (text: string): string => text.replace(/[\\,;]/gu, '\\$&').replace(/[\r\n]+/gu, ' ');
  return [
    'BEGIN:VCARD', 'VERSION:3.0', `N:${escape(contact.last_name ?? '')};${escape(contact.first_name)};;;`, `FN:${escape(name)}`,
    `TEL;TYPE=CELL:${escape(contact.phone_number)}`, 'END:VCARD', '',
  ].join('\r\n');
}
