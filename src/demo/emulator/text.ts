/** What belongs here: what the server does to a text and its entities before it takes a message. */
import { badRequest } from './fault.js';
import type { ApiEntity } from './types.js';

/** https://core.telegram.org/bots/api#sendmessage and #sendphoto; counted here in UTF-16 units. */
export const TEXT_LENGTH_MAX = 4096;
export const CAPTION_LENGTH_MAX = 1024;
const ENTITIES_MAX = 100;

const ENTITY_TYPES = new Set(['mention', 'hashtag', 'cashtag', 'bot_command', 'url', 'email', 'phone_number', 'bold', 'italic', 'underline',
  'strikethrough', 'spoiler', 'blockquote', 'expandable_blockquote', 'code', 'pre', 'text_link', 'text_mention', 'custom_emoji', 'date_time']);

const FOUND_BY_PATTERN: readonly (readonly [string, RegExp])[] = [
  ['url', /\bhttps?:\/\/[^\s<>"]*[^\s<>".,;:!?)]/giu],
  ['email', /\b[\w.+-]+@[\w-]+\.[\w.-]*\w/giu],
  ['bot_command', /(?<![\w/<>])\/[a-z0-9_]{1,32}(?:@\w{3,32})?(?![\w/<>])/giu],
  ['mention', /(?<![\w@./])@[a-z]\w{3,31}\b/giu],
  ['hashtag', /(?<![\w#&/])#[\p{L}_][\p{L}\p{N}_]*/giu],
];

export interface CleanText {
  readonly text: string;
  readonly entities: readonly ApiEntity[];
}

/**
 * Trims, checks explicit entities and finds the implicit ones (links, commands, mentions).
 * Throws 400 for entities outside the text, inside a surrogate pair, of an unknown type, or crossing. (The real server cuts
 * crossing entities; the emulator refuses them, because the bridge promises nesting.)
 */
export function cleanText(raw: string, explicit: readonly ApiEntity[] = []): CleanText {
  // A lone surrogate has no UTF-8 form.
  if (/\p{Cs}/u.test(raw)) throw badRequest('strings must be encoded in UTF-8');
  checkEntities(raw, explicit);
  const start = raw.length - raw.trimStart().length;
  const text = raw.trim();
  const kept = explicit.flatMap((entity) => shift(entity, start, text.length)).slice(0, ENTITIES_MAX);
  const found = findEntities(text).filter((entity) => !kept.some((other) => overlaps(entity, other) && isExclusive(other)));
  return { text, entities: [...kept, ...found].sort((a, b) => a.offset - b.offset || b.length - a.length) };
}

/** As `cleanText`, and refuses what is empty or too long. */
export function messageText(raw: string, explicit?: readonly ApiEntity[]): CleanText {
  const clean = cleanText(raw, explicit);
  if (clean.text === '') throw badRequest('message text is empty');
  if (clean.text.length > TEXT_LENGTH_MAX) throw badRequest('message is too long');
  return clean;
}

/** As `cleanText`; an empty caption is none. */
export function captionText(raw: string | undefined, explicit?: readonly ApiEntity[]): CleanText | undefined {
  if (raw === undefined) return undefined;
  const clean = cleanText(raw, explicit);
  if (clean.text.length > CAPTION_LENGTH_MAX) throw badRequest('message caption is too long');
  return clean.text === '' ? undefined : clean;
}

function checkEntities(text: string, entities: readonly ApiEntity[]): void {
  const sorted = [...entities].sort((a, b) => a.offset - b.offset || b.length - a.length);
  const ends: number[] = [];
  for (const entity of sorted) {
    checkEntity(text, entity);
    const end = entity.offset + entity.length;
    while (ends.length > 0 && (ends.at(-1) ?? 0) <= entity.offset) ends.pop();
    if (end > (ends.at(-1) ?? Infinity)) throw badRequest(`can't parse entities: entity at UTF-16 offset ${entity.offset} crosses another`);
    ends.push(end);
  }
}

function checkEntity(text: string, { type, offset, length, url }: ApiEntity): void {
  const place = `entity beginning at UTF-16 offset ${offset}`;
  if (!ENTITY_TYPES.has(type)) throw badRequest(`can't parse MessageEntity: unsupported type "${type.slice(0, 40)}"`);
  if (offset < 0 || length < 0) throw badRequest('receive an entity with incorrect offset or length');
  if (offset + length > text.length) throw badRequest(`${place} ends after the end of the text at UTF-16 offset ${text.length}`);
  if (isInsidePair(text, offset)) throw badRequest(`${place} begins in a middle of a UTF-16 symbol`);
  if (isInsidePair(text, offset + length)) throw badRequest(`${place} ends in a middle of a UTF-16 symbol`);
  if (type === 'text_link' && (url === undefined || url === '')) throw badRequest('entity of the type text_link has no URL');
}

function isInsidePair(text: string, index: number): boolean {
  const before = text.charCodeAt(index - 1);
  const after = text.charCodeAt(index);
  return index > 0 && before >= 0xd800 && before < 0xdc00 && after >= 0xdc00 && after < 0xe000;
}

function shift(entity: ApiEntity, start: number, textLength: number): readonly ApiEntity[] {
  const from = Math.max(0, entity.offset - start);
  const to = Math.min(textLength, entity.offset + entity.length - start);
  return to > from ? [{ ...entity, offset: from, length: to - from }] : [];
}

function findEntities(text: string): readonly ApiEntity[] {
  const found: ApiEntity[] = [];
  for (const [type, pattern] of FOUND_BY_PATTERN) {
    for (const match of text.matchAll(pattern)) {
      const entity = { type, offset: match.index, length: match[0].length };
      if (!found.some((other) => overlaps(entity, other))) found.push(entity);
    }
  }
  return found;
}

function overlaps(a: ApiEntity, b: ApiEntity): boolean {
  return a.offset < b.offset + b.length && b.offset < a.offset + a.length;
}

/** Nothing is found inside code and links, nor beside an entity that was given for the same place. */
function isExclusive({ type }: ApiEntity): boolean {
  return !['bold', 'italic', 'underline', 'strikethrough', 'spoiler', 'blockquote', 'expandable_blockquote'].includes(type);
}
