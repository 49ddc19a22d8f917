/** Telegram's entities to spans and back. Both count UTF-16 code units, so offsets pass through. Pure. */
import { z } from 'zod';
import { richText, type Mark, type RichText, type Span } from '../core/rich-text.js';
import { safeUrl } from '../markup/links.js';
import { findUserOf, mintPersonId } from './ids.js';
import { opensInTelegram } from './links.js';
import { momentOf } from './moments.js';
import { untangle } from './nesting.js';

export const entitySchema = z.object({
  type: z.string(),
  offset: z.number().int(),
  length: z.number().int(),
  url: z.string().optional(),
  user: z.object({ id: z.number().int() }).optional(),
  language: z.string().optional(),
  custom_emoji_id: z.string().optional(),
  unix_time: z.number().int().optional().catch(undefined),
});
export type IncomingEntity = z.infer<typeof entitySchema>;

/** What the Bot API takes in `entities` and `caption_entities`. */
export interface OutgoingEntity {
  readonly type: string;
  readonly offset: number;
  readonly length: number;
  readonly url?: string;
  readonly user?: { readonly id: number; readonly is_bot: false; readonly first_name: string };
  readonly language?: string;
  readonly custom_emoji_id?: string;
}

/** More are ignored by Telegram: https://core.telegram.org/api/entities, `message_entities_max`. */
export const ENTITIES_MAX = 100;

type PlainType = Extract<Mark, { type: 'bold' | 'italic' | 'underline' | 'strikethrough' | 'spoiler' | 'code' }>['type'];
const PLAIN_TYPES = new Set<string>(['bold', 'italic', 'underline', 'strikethrough', 'spoiler', 'code'] satisfies PlainType[]);

/**
 * What somebody wrote, as rich text. Kinds without a meaning outside Telegram (hashtags, bot commands, ...) stay plain text, and so
 * does what goes beyond Telegram's own limit: crossing entities are cut at each other's ends, so their number must be bounded.
 */
export function toRichText(text: string, entities: readonly IncomingEntity[] = []): RichText {
  const read = entities.slice(0, ENTITIES_MAX);
  const spans = read.flatMap((entity): Span[] => {
    const mark = toMark(entity, text.slice(entity.offset, entity.offset + entity.length));
    return mark === undefined ? [] : [{ ...mark, offset: entity.offset, length: entity.length }];
  });
  return withMoments(richText(text, spans), read);
}

function withMoments(source: RichText, entities: readonly IncomingEntity[]): RichText {
  const inserts = entities.flatMap(({ type, offset, length, unix_time: seconds }) => {
    const end = offset + length;
    const moment = momentOf(seconds);
    return type !== 'date_time' || moment === '' || offset < 0 || length < 1 || end > source.text.length ? [] : [{ at: end, text: moment }];
  }).sort((a, b) => a.at - b.at);
  return inserts.length === 0 ? source : insertTexts(source, inserts);
}

function toMark(entity: IncomingEntity, label: string): Mark | undefined {
  if (isPlainType(entity.type)) return { type: entity.type };
  switch (entity.type) {
    case 'pre': return { type: 'pre', ...(entity.language === undefined || entity.language === '' ? {} : { language: entity.language }) };
    case 'blockquote': return { type: 'quote' };
    case 'expandable_blockquote': return { type: 'quote', expandable: true };
    case 'text_link': return toLink(entity.url);
    // Telegram marks bare domains too, and opens them with http.
    case 'url': return toLink(/^[a-z][a-z0-9+.-]*:/iu.test(label) && !/^[^/]*\.[^/]*:\d/u.test(label) ? label : `http://${label}`);
    case 'email': return toLink(`mailto:${label}`);
    case 'phone_number': return toLink(`tel:${label.replace(/[^\d+]/gu, '')}`);
    case 'mention': return toLink(`https://t.me/${label.replace(/^@/u, '')}`);
    case 'text_mention': return entity.user === undefined ? undefined : { type: 'mention', person: mintPersonId(entity.user.id) };
    case 'custom_emoji': return entity.custom_emoji_id === undefined ? undefined : { type: 'emoji', emoji: entity.custom_emoji_id };
    default: return undefined;
  }
}

function isPlainType(type: string): type is PlainType {
  return PLAIN_TYPES.has(type);
}

function toLink(raw: string | undefined): Mark | undefined {
  const url = safeUrl(raw);
  return url === undefined ? undefined : { type: 'link', url };
}

/**
 * What is sent beside a text of at most one message. Entities, never a parse mode: no text can break them. Marks that Telegram
 * would refuse inside others (decorations on code, a quote in a quote) give way, and decorations beyond the limit first of all.
 */
export function toEntities(source: RichText): readonly OutgoingEntity[] {
  const sent = source.spans.filter((span) => toEntity(span) !== undefined);
  const entities = richText(source.text, untangle(sent)).spans.flatMap((span) => toEntity(span) ?? []);
  return entities.length <= ENTITIES_MAX ? entities : mostNeeded(entities);
}

function toEntity(span: Span): OutgoingEntity | undefined {
  const place = { offset: span.offset, length: span.length };
  switch (span.type) {
    case 'pre': return { type: 'pre', ...place, ...(span.language === undefined ? {} : { language: span.language }) };
    case 'quote': return { type: span.expandable === true ? 'expandable_blockquote' : 'blockquote', ...place };
    case 'link': return opensInTelegram(span.url) ? { type: 'text_link', ...place, url: span.url } : undefined;
    case 'mention': {
      const user = findUserOf(span.person);
      return user === undefined ? undefined : { type: 'text_mention', ...place, user: { id: user, is_bot: false, first_name: 'User' } };
    }
    case 'emoji': return { type: 'custom_emoji', ...place, custom_emoji_id: span.emoji };
    default: return { type: span.type, ...place };
  }
}

/** Lower goes first. What carries something besides its look must stay. */
const NEED: Readonly<Record<string, number>> = { text_link: 0, text_mention: 0, pre: 1, code: 2, blockquote: 2, expandable_blockquote: 2 };
const NEED_OF_DECORATION = 3;

function mostNeeded(entities: readonly OutgoingEntity[]): readonly OutgoingEntity[] {
  const need = (entity: OutgoingEntity): number => NEED[entity.type] ?? NEED_OF_DECORATION;
  return [...entities].sort((a, b) => need(a) - need(b)).slice(0, ENTITIES_MAX).sort((a, b) => a.offset - b.offset || b.length - a.length);
}

/** Links that a Telegram message cannot carry (mail, telephone, intranet) are written out behind their label, unless the label says it already. */
export function spellOutLinks(source: RichText, which: 'unsupported' | 'all' = 'unsupported'): RichText {
  const inserts = source.spans.flatMap((span) => {
    if (span.type !== 'link' || (which === 'unsupported' && opensInTelegram(span.url))) return [];
    const address = safeUrl(span.url)?.replace(/^(?:mailto|tel):/iu, '').trim();
    const end = span.offset + span.length;
    const label = source.text.slice(span.offset, end);
    return address === undefined || address === '' || label.replace(/\s/gu, '').includes(address) ? [] : [{ at: end, text: ` (${address})` }];
  }).sort((a, b) => a.at - b.at);
  if (inserts.length === 0) return source;
  return insertTexts(source, inserts);
}

function insertTexts(source: RichText, inserts: readonly { readonly at: number; readonly text: string }[]): RichText {
  let text = '';
  let done = 0;
  const shifts: { readonly at: number; readonly by: number }[] = [];
  let added = 0;
  for (const insert of inserts) {
    text += source.text.slice(done, insert.at) + insert.text;
    done = insert.at;
    added += insert.text.length;
    shifts.push({ at: insert.at, by: added });
  }
  const shiftAt = (place: number, inclusive: boolean): number => {
    let low = 0;
    let high = shifts.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const at = shifts[middle]?.at ?? Infinity;
      if (at < place || (inclusive && at === place)) low = middle + 1;
      else high = middle;
    }
    return shifts[low - 1]?.by ?? 0;
  };
  const spans = source.spans.map((span) => {
    const end = span.offset + span.length;
    const offset = span.offset + shiftAt(span.offset, true);
    return { ...span, offset, length: end + shiftAt(end, false) - offset };
  });
  return richText(text + source.text.slice(done), spans);
}
