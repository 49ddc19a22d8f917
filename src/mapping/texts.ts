/** Choosing a text, its plural form, and filling it. Pure. */
import { plainText, richText, trimText, type RichText, type Span } from '../core/rich-text.js';
import type { TextParameters } from '../core/mapping.js';
import type { Locale } from '../core/types.js';
import { fromMarkdown } from '../markup/from-markdown.js';
import { TEXT_KEYS } from './text-keys.js';
import { textKeys, type Text, type TextsFile } from './schema.js';

const PLACEHOLDER = /\{\{\s*(\w+)\s*\}\}/g;

/** One text, ready to be filled: its plural forms, or the single form as `other`. */
type Forms = ReadonlyMap<string, RichText>;

export interface Texts {
  fill(locale: Locale, key: string, parameters?: TextParameters): RichText;
}

/** `byLocale` holds at least `defaultLocale`. Texts are read as Markdown once, here; parameters never are. */
export function createTexts(byLocale: ReadonlyMap<Locale, TextsFile>, defaultLocale: Locale): Texts {
  const forms = new Map<string, Forms>();
  const plurals = new Map<Locale, Intl.PluralRules>();
  for (const [locale, texts] of byLocale) {
    plurals.set(locale, new Intl.PluralRules(locale));
    for (const [key, text] of Object.entries(texts)) if (text !== undefined) forms.set(`${locale} ${key}`, toForms(text));
  }
  return {
    fill(locale, key, parameters = {}) {
      for (const each of [locale, defaultLocale]) {
        const text = forms.get(`${each} ${key}`);
        if (text === undefined) continue;
        const form = plurals.get(each)?.select(Number(parameters['count'] ?? 0)) ?? 'other';
        return filled(text.get(form) ?? text.get('other') ?? plainText(''), parameters);
      }
      // Checked when the mappings were compiled; a key of no list at all is a mistake in the code, and the key is more use than nothing.
      return plainText(key);
    },
  };
}

function toForms(text: Text): Forms {
  if (typeof text === 'string') return new Map([['other', fromMarkdown(text)]]);
  return new Map(Object.entries(text).filter((entry): entry is [string, string] => entry[1] !== undefined).map(([form, each]) => [form, fromMarkdown(each)]));
}

const RIGHT_TO_LEFT = /[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u;
/** Embeddings, overrides and isolates, with what ends them. */
const DIRECTION_SIGNS = /[\u202a-\u202e\u2066-\u2069]/g;
const FIRST_STRONG_ISOLATE = '\u2068';
const POP_ISOLATE = '\u2069';

/** A value that is read in another direction moves nothing around it, and none turns around what follows: https://www.w3.org/International/articles/inline-bidi-markup/ */
function isolated(raw: string, around: string): string {
  const value = raw.replace(DIRECTION_SIGNS, '');
  return value !== '' && (RIGHT_TO_LEFT.test(value) || RIGHT_TO_LEFT.test(around)) ? `${FIRST_STRONG_ISOLATE}${value}${POP_ISOLATE}` : value;
}

/** Puts the parameters in as plain text. A parameter that is not given leaves nothing. */
function filled(template: RichText, parameters: TextParameters): RichText {
  const places = [...template.text.matchAll(PLACEHOLDER)].map((match) => ({
    start: match.index, end: match.index + match[0].length, value: isolated(String(parameters[match[1] ?? ''] ?? ''), template.text),
  }));
  if (places.length === 0) return template;
  let text = '';
  let from = 0;
  for (const place of places) {
    text += template.text.slice(from, place.start) + place.value;
    from = place.end;
  }
  text += template.text.slice(from);
  const moved = (offset: number): number => places.reduce((sum, place) => (place.end <= offset ? sum + place.value.length - (place.end - place.start) : sum), offset);
  const spans = template.spans.map((span): Span => {
    const offset = moved(span.offset);
    return { ...span, offset, length: moved(span.offset + span.length) - offset };
  });
  return trimText(richText(text, spans));
}

/** What is wrong with the texts of one language beyond their shape: `[key, message]`. */
export function textMistakes(texts: TextsFile): readonly (readonly [string, string])[] {
  const mistakes: [string, string][] = [];
  for (const key of textKeys) {
    const text = texts[key];
    if (text === undefined) continue;
    const known: readonly string[] = TEXT_KEYS[key].parameters;
    const written = typeof text === 'string' ? [text] : Object.values(text).filter((each) => each !== undefined);
    const used = new Set(written.flatMap((each) => [...each.matchAll(PLACEHOLDER)].map((match) => match[1] ?? '')));
    for (const name of used) {
      if (!known.includes(name)) mistakes.push([key, `{{${name}}} is not filled here; ${known.length === 0 ? 'this text has no parameters' : `known: ${known.map((each) => `{{${each}}}`).join(', ')}`}`]);
    }
  }
  return mistakes;
}
