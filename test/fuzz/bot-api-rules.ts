/**
 * What belongs here: what the Bot API server takes as the text of a message, as rules. Sources: https://core.telegram.org/bots/api
 * (#sendmessage, #messageentity and the rules of nesting under #formatting-options), and tdlib's MessageEntity.cpp, misc.cpp,
 * LinkManager.cpp and HttpUrl.cpp (2026), which refuse with status 400 or silently leave out what breaks a rule.
 */
export interface Entity {
  readonly type: string;
  readonly offset: number;
  readonly length: number;
  readonly url?: string;
  readonly user?: { readonly id: number };
  readonly language?: string;
  readonly custom_emoji_id?: string;
}

export interface SentText {
  readonly text: string;
  readonly entities: readonly Entity[];
}

export const TEXT_LENGTH_MAX = 4096;
export const CAPTION_LENGTH_MAX = 1024;
const ENTITIES_MAX = 100;

/** Everything that the server would refuse or leave out. */
export function faultsOfText(sent: SentText, lengthMax: number): readonly string[] {
  const { text, entities } = sent;
  const faults: string[] = [];
  if (/\p{Surrogate}/u.test(text)) faults.push('a lone surrogate has no UTF-8 form');
  if (isInvisible(text)) faults.push('Text must be non-empty');
  if (text.length > lengthMax) faults.push(`${text.length} units are too long`);
  if (text.trim() !== text) faults.push('would be trimmed: places in it would move');
  if (entities.length > ENTITIES_MAX) faults.push(`${entities.length} entities`);
  return [...faults, ...entities.flatMap((entity) => faultsOfEntity(text, entity)), ...faultsOfNesting(entities)];
}

/** tdlib, strip_empty_characters: what counts as a space, and what counts as nothing. */
const UNSEEN = /[\s\u1680\u180e\u2000-\u200f\u202e\u202f\u205f\u2800\u3000\ufffc\ufeff\u00a0\u{e0000}-\u{e007f}]/gu;
/** tdlib, clean_input_string: replaced by a space, or removed. */
const CLEANED = /[\u030a\u0333\u033f\p{Cc}\u2028-\u202e]/gu;

/** What of a text can be seen. */
export function seenOf(text: string): string {
  return text.replace(CLEANED, '').replace(UNSEEN, '');
}

export function isInvisible(text: string): boolean {
  return seenOf(text) === '';
}

const TYPES = new Set(['bold', 'italic', 'underline', 'strikethrough', 'spoiler', 'blockquote', 'expandable_blockquote', 'code', 'pre', 'text_link',
  'text_mention', 'custom_emoji']);

function faultsOfEntity(text: string, entity: Entity): readonly string[] {
  const { type, offset, length, url, user } = entity;
  const at = `${type} at ${offset}+${length}`;
  const faults: string[] = [];
  if (!TYPES.has(type)) faults.push(`${at}: unknown type`);
  if (!Number.isInteger(offset) || !Number.isInteger(length) || offset < 0) return [`${at}: no place`];
  if (length < 1) faults.push(`${at}: empty`);
  if (offset + length > text.length) faults.push(`${at}: ends after the end of the text`);
  if (isInsidePair(text, offset) || isInsidePair(text, offset + length)) faults.push(`${at}: in a middle of a UTF-16 symbol`);
  if (type === 'text_link' && (url === undefined || !isTakenLink(url))) faults.push(`${at}: URL is invalid: ${url ?? 'none'}`);
  if (type === 'text_mention' && !Number.isSafeInteger(user?.id)) faults.push(`${at}: no user`);
  if (type === 'custom_emoji' && !/^\d{1,20}$/.test(entity.custom_emoji_id ?? '')) faults.push(`${at}: Invalid custom emoji identifier`);
  return faults;
}

function isInsidePair(text: string, index: number): boolean {
  return /[\ud800-\udbff]/.test(text.charAt(index - 1)) && /[\udc00-\udfff]/.test(text.charAt(index));
}

/** Entities that may neither hold nor be in one of their own kind: all that tdlib calls continuous. */
const EXCLUSIVE = new Set(['code', 'pre', 'text_link', 'text_mention', 'custom_emoji']);
const CODE = new Set(['code', 'pre']);
const isQuote = (type: string): boolean => type === 'blockquote' || type === 'expandable_blockquote';

function faultsOfNesting(entities: readonly Entity[]): readonly string[] {
  const faults: string[] = [];
  const open: Entity[] = [];
  let before: Entity | undefined;
  for (const entity of entities) {
    if (before !== undefined && (entity.offset < before.offset || (entity.offset === before.offset && entity.length > before.length))) faults.push('not sorted');
    before = entity;
    for (let outer = open.at(-1); outer !== undefined && outer.offset + outer.length <= entity.offset; outer = open.at(-1)) open.pop();
    for (const outer of open) {
      const pair = `${entity.type} at ${entity.offset} in ${outer.type} at ${outer.offset}`;
      if (entity.offset + entity.length > outer.offset + outer.length) faults.push(`${pair}: crosses`);
      const isSame = entity.offset === outer.offset && entity.length === outer.length;
      if (isQuote(entity.type) && isQuote(outer.type)) faults.push(`${pair}: quotes do not nest`);
      if (EXCLUSIVE.has(entity.type) && EXCLUSIVE.has(outer.type)) faults.push(`${pair}: one of them would be left out`);
      if (isQuote(entity.type) && EXCLUSIVE.has(outer.type) && !isSame) faults.push(`${pair}: the outer would be left out`);
      if (CODE.has(entity.type) !== CODE.has(outer.type) && !isQuote(outer.type) && !isQuote(entity.type)) faults.push(`${pair}: code has no marks`);
    }
    open.push(entity);
  }
  return faults;
}

/** tdlib, LinkManager::check_link, parse_url and get_link_user_id, which wants a user that the bot has met. */
export function isTakenLink(url: string): boolean {
  const tg = /^tg:(?:\/\/)?(.*)$/isu.exec(url)?.[1];
  const [, scheme, authority] = /^(?:([^:/?#@[\]]*):\/\/)?([^/?#]*)/u.exec(tg ?? url) ?? [];
  if (scheme !== undefined && !/^https?$/iu.test(scheme)) return false;
  const [, userinfo = '', host = '', port] = /^(?:(.*)@)?(\[[^\]]*\]|[^@]*?)(?::([^:\]@]*))?$/u.exec(authority ?? '') ?? [];
  if (port !== undefined && !(/^\d{1,9}$/.test(port) && Number(port) > 0 && Number(port) <= 65_535)) return false;
  if (host === '' || host === '.') return false;
  if (tg !== undefined) return scheme === undefined && userinfo === '' && port === undefined && /^[\w-]+$/.test(host) && host.toLowerCase() !== 'user';
  if (/^\[[\d:a-f.]+\]$/iu.test(host)) return true;
  const part = /^(?:[\w.!$,~*'();&+=-]|%[\da-f]{2}|[^\0-\x7f])*$/iu;
  return part.test(host) && part.test(userinfo.replaceAll(':', '')) && host.includes('.');
}
