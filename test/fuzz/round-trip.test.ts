/** What a customer marks in Telegram, to the helpdesk's HTML, Markdown or plain text, and back: text and meaning stay. */
import { describe, expect } from '@jest/globals';
import fc from 'fast-check';
import type { RichText } from '../../src/core/rich-text.js';
import { fromHtml, fromPlain } from '../../src/markup/from-html.js';
import { fromMarkdown } from '../../src/markup/from-markdown.js';
import { toHtml } from '../../src/markup/to-html.js';
import { toMarkdown } from '../../src/markup/to-markdown.js';
import { toPlain } from '../../src/markup/to-plain.js';
import { toEntities, toRichText, type IncomingEntity } from '../../src/telegram/entities.js';
import { toParts } from '../../src/telegram/parts.js';
import { faultsOfText, TEXT_LENGTH_MAX } from './bot-api-rules.js';
import { fuzz } from './fuzz.js';
import { staysLinear } from './growth.js';

const UNTRIMMED = { trimQuotes: false, trimSignature: false };
const MARKS = ['bold', 'italic', 'underline', 'strikethrough', 'spoiler', 'code', 'pre', 'blockquote', 'expandable_blockquote', 'text_link'] as const;
const URLS = ['https://example.kz/?a=1&b="2"', 'http://e.kz/<x>', 'tg://resolve?domain=a', "https://e.kz/it's", 'https://пример.қаз/ы?q=ә#x'];

const piece = fc.constantFrom('word', 'Привет', 'сәлем', ' ', ' ', '\n', '\n\n', '👍', '👨‍👩‍👧', 'e\u0301', '<b>', '&amp;', '&', '"', "'", '*', '_', '`', '~~', '[x](y)', '# ', '- ', '1. ', '> ', '|', '\\', '!', '+', '=', 'שלום', '#tag', '/start', 'a.kz');
const text = fc.array(piece, { minLength: 1, maxLength: 14 }).map((pieces) => pieces.join(''));

interface Sent {
  readonly text: string;
  readonly entities: readonly IncomingEntity[];
}

/** A message as Telegram would hand it over: its entities keep the rules of nesting. */
const sent: fc.Arbitrary<Sent> = fc.tuple(text, fc.array(fc.record({
  type: fc.constantFrom(...MARKS), from: fc.nat(14), length: fc.integer({ min: 1, max: 8 }), url: fc.constantFrom(...URLS), language: fc.constantFrom(undefined, 'ts', 'c++'),
}), { maxLength: 5 })).map(([given, marks]) => {
  const borders = [...new Intl.Segmenter('en', { granularity: 'grapheme' }).segment(given)].map((segment) => segment.index);
  const at = (index: number): number => borders[index % borders.length] ?? 0;
  const entities = marks.map(({ type, from, length, url, language }): IncomingEntity => {
    const offset = at(from);
    const end = borders.find((border) => border >= offset + length) ?? given.length;
    return { type, offset, length: end - offset, ...(type === 'text_link' ? { url } : {}), ...(type === 'pre' && language !== undefined ? { language } : {}) };
  });
  return { text: given, entities: toEntities(toRichText(given, entities)).map((entity) => ({ ...entity, user: undefined })) as IncomingEntity[] };
});

/** Each character that can be seen, with what it carries. Between blocks, lines may be added. */
function seen({ text: whole, entities }: Sent, kinds: readonly string[]): readonly string[] {
  const marks: string[][] = Array.from({ length: whole.length }, () => []);
  for (const { type, offset, length, url = '', language = '' } of entities) {
    if (!kinds.includes(type)) continue;
    for (let place = offset; place < offset + length; place += 1) marks[place]?.push(type + url + language);
  }
  return [...whole.matchAll(/\S/g)].map(({ index, 0: character }) => `${character} ${[...new Set(marks[index])].sort().join(' ')}`);
}

function back(source: RichText): Sent {
  return { text: source.text, entities: toEntities(source).map((entity) => ({ ...entity, user: undefined })) as IncomingEntity[] };
}

const lines = (given: string): string => given.replace(/[^\S\n]+/g, ' ').replace(/ ?\n ?/g, '\n').replace(/\n{3,}/g, '\n\n').trim();

describe('marks of Telegram', () => {
  fuzz('keep their text and their meaning through HTML', sent, 1_500, (message) => {
    const after = back(fromHtml(toHtml(toRichText(message.text, message.entities)), UNTRIMMED).text);
    expect(seen(after, MARKS)).toEqual(seen(message, MARKS));
    // Without blocks, lines stay as they are.
    if (message.entities.every(({ type }) => !/^(pre|.*blockquote)$/.test(type))) expect(lines(after.text)).toBe(lines(message.text));
  });

  fuzz('keep their text through Markdown', sent, 800, (message) => {
    const after = back(fromMarkdown(toMarkdown(toRichText(message.text, message.entities))));
    expect(seen(after, []).join('')).toBe(seen(message, []).join(''));
  });

  fuzz('keep their text and the addresses of links as plain text', sent, 500, (message) => {
    const source = toRichText(message.text, message.entities);
    const plain = toPlain(source);
    const bare = (given: string): string => given.replace(/\s/g, '');
    for (const span of source.spans) if (span.type === 'link' && source.text.slice(span.offset, span.offset + span.length).trim() !== '') expect(bare(plain).toLowerCase()).toContain(bare(span.url).toLowerCase());
    if (message.entities.some(({ type }) => type === 'text_link')) return;
    const read = bare(fromPlain(plain, UNTRIMMED).text.replace(/^> /gm, ''));
    for (const word of message.text.match(/\p{L}+/gu) ?? []) expect(read).toContain(word);
  });

  fuzz('come back as messages that the Bot API takes', sent, 500, (message) => {
    const source = toRichText(message.text, message.entities);
    for (const again of [fromHtml(toHtml(source), UNTRIMMED).text, fromMarkdown(toMarkdown(source)), fromPlain(toPlain(source), UNTRIMMED)]) {
      for (const part of toParts({ text: again, attachments: [] })) {
        expect(faultsOfText({ text: part.text.text, entities: toEntities(part.text) }, TEXT_LENGTH_MAX)).toEqual([]);
      }
    }
  });

  staysLinear('take time in proportion to the text, in Markdown too', fc.array(piece, { minLength: 1, maxLength: 4 }).map((pieces) => pieces.join('')), 5, 3_000,
    (some, length) => some.repeat(Math.ceil(length / some.length)), (given) => { fromMarkdown(given); fromMarkdown(toMarkdown({ text: given, spans: [] })); });
});
