/** One answer to the messages it takes. Pure and deterministic. */
import { isEmptyText, trimText, EMPTY_TEXT } from '../core/rich-text.js';
import type { Attachment, Content, Part } from '../core/types.js';
import { spellOutLinks } from './entities.js';
import { splitText } from './split.js';

/** https://core.telegram.org/bots/api#sendmessage and #senddocument: UTF-16 units after the entities were parsed. */
export const TEXT_LENGTH_MAX = 4096;
export const CAPTION_LENGTH_MAX = 1024;
/** https://core.telegram.org/bots/api#sendphoto */
const PHOTO_BYTES_MAX = 10 * 1024 * 1024;

/** https://core.telegram.org/bots/api#sendmediagroup */
export const ALBUM_LENGTH_MAX = 10;
/** One request carries a whole album; what a server's front takes of one is not written anywhere, a single file of this size it does. */
const ALBUM_BYTES_MAX = 50 * 1024 * 1024;

/** Kinds that may stand together in one album. */
const COMPANY: Readonly<Partial<Record<Part['kind'], string>>> = { photo: 'visual', video: 'visual', document: 'document', audio: 'audio' };

/** The files in albums as far as their kinds go together; a text that is short enough under the first file, else before all. */
export function toParts(content: Content): readonly Part[] {
  const text = trimText(spellOutLinks(content.text));
  const captions = content.attachments.length > 0 ? splitText(text, CAPTION_LENGTH_MAX) : [];
  const caption = captions.length === 1 ? captions[0] : undefined;
  const texts = isEmptyText(text) || caption !== undefined ? [] : splitText(text, TEXT_LENGTH_MAX);
  const files = groupFiles(content.attachments).flatMap((group, album) => (
    group.map((attachment): Part => ({ kind: kindOf(attachment), text: EMPTY_TEXT, attachment, ...(group.length > 1 && { album }) }))));
  return [...texts.map((piece): Part => ({ kind: 'text', text: piece })), ...files.map((part, index) => (index === 0 && caption !== undefined ? { ...part, text: caption } : part))];
}

/** In the order in which the first of each group stands; within a group in their own. */
function groupFiles(files: readonly Attachment[]): readonly (readonly Attachment[])[] {
  const groups: Attachment[][] = [];
  const open = new Map<string, { readonly group: Attachment[]; bytes: number }>();
  for (const file of files) {
    const company = COMPANY[kindOf(file)];
    const known = company === undefined ? undefined : open.get(company);
    const sizeBytes = file.sizeBytes ?? 0;
    if (known !== undefined && known.group.length < ALBUM_LENGTH_MAX && known.bytes + sizeBytes <= ALBUM_BYTES_MAX) {
      known.group.push(file);
      known.bytes += sizeBytes;
      continue;
    }
    const group = [file];
    groups.push(group);
    if (company !== undefined) open.set(company, { group, bytes: sizeBytes });
  }
  return groups;
}

const KIND_BY_MEDIA_TYPE: Readonly<Record<string, Part['kind']>> = {
  'image/jpeg': 'photo', 'image/png': 'photo', 'image/webp': 'photo',
  'video/mp4': 'video',
  // Telegram makes a silent film of it, which plays at once.
  'image/gif': 'animation',
  // Only Opus is heard as a voice message: the bytes decide when they are sent, see voice.ts.
  'audio/ogg': 'voice', 'audio/opus': 'voice', 'application/ogg': 'voice',
  'audio/mpeg': 'audio', 'audio/mp3': 'audio', 'audio/mp4': 'audio', 'audio/x-m4a': 'audio', 'audio/m4a': 'audio',
};

/** What Telegram shows in place; everything else is a file to be loaded down. */
function kindOf(attachment: Attachment): Part['kind'] {
  const mediaType = attachment.mediaType.split(';')[0]?.trim().toLowerCase() ?? '';
  const kind = KIND_BY_MEDIA_TYPE[mediaType] ?? 'document';
  return kind === 'photo' && (attachment.sizeBytes ?? 0) > PHOTO_BYTES_MAX ? 'document' : kind;
}
