/** One answer to the messages it takes. Pure and deterministic. */
import { isEmptyText, sliceText, trimText, EMPTY_TEXT } from '../core/rich-text.js';
import type { Attachment, Content, Part } from '../core/types.js';
import { spellOutLinks } from './entities.js';
import { splitText } from './split.js';

/** https://core.telegram.org/bots/api#sendmessage and #senddocument: UTF-16 units after the entities were parsed. */
export const TEXT_LENGTH_MAX = 4096;
export const CAPTION_LENGTH_MAX = 1024;
/** https://core.telegram.org/bots/api#sendphoto */
const PHOTO_BYTES_MAX = 10 * 1024 * 1024;

/** Pictures in the middle of the text where they stand: what is above, the picture, what is below. */
export function toParts(content: Content): readonly Part[] {
  const inside = content.attachments.filter((file) => file.inline !== undefined).sort((a, b) => placeOf(a) - placeOf(b));
  if (inside.length === 0) return toWholeParts(content);
  const parts: Part[] = [];
  let place = 0;
  for (const file of inside) {
    const above = sliceText(content.text, place, placeOf(file));
    place = Math.max(place, placeOf(file));
    parts.push(...toWholeParts({ text: above, attachments: [] }), filePart(file, EMPTY_TEXT));
  }
  const others = content.attachments.filter((file) => file.inline === undefined);
  return [...parts, ...toWholeParts({ text: sliceText(content.text, place), attachments: others })];
}

function placeOf(file: Attachment): number {
  return file.inline?.offset ?? 0;
}

/** The text first, then one message for each file; a short text goes under a single file. */
function toWholeParts(content: Content): readonly Part[] {
  const text = trimText(spellOutLinks(content.text));
  const [first, ...others] = content.attachments;
  const captions = first !== undefined && others.length === 0 ? splitText(text, CAPTION_LENGTH_MAX) : [];
  if (first !== undefined && others.length === 0 && captions.length <= 1) return [filePart(first, captions[0] ?? EMPTY_TEXT)];
  const texts = isEmptyText(text) ? [] : splitText(text, TEXT_LENGTH_MAX);
  return [
    ...texts.map((piece): Part => ({ kind: 'text', text: piece })),
    ...content.attachments.map((attachment) => filePart(attachment, EMPTY_TEXT)),
  ];
}

function filePart(attachment: Attachment, text: Part['text']): Part {
  return { kind: kindOf(attachment), text, attachment };
}

const KIND_BY_MEDIA_TYPE: Readonly<Record<string, Part['kind']>> = {
  'image/jpeg': 'photo', 'image/png': 'photo', 'image/webp': 'photo',
  'video/mp4': 'video',
  'audio/mpeg': 'audio', 'audio/mp3': 'audio', 'audio/mp4': 'audio', 'audio/x-m4a': 'audio', 'audio/m4a': 'audio',
};

/** What Telegram shows in place; everything else is a file to be loaded down. */
function kindOf(attachment: Attachment): Part['kind'] {
  const mediaType = attachment.mediaType.split(';')[0]?.trim().toLowerCase() ?? '';
  const kind = KIND_BY_MEDIA_TYPE[mediaType] ?? 'document';
  return kind === 'photo' && (attachment.sizeBytes ?? 0) > PHOTO_BYTES_MAX ? 'document' : kind;
}
