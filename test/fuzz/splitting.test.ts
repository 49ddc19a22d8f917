/** Cutting rich text of any kind into messages. */
import { describe, expect } from '@jest/globals';
import fc from 'fast-check';
import { richText, type Mark, type RichText, type Span } from '../../src/core/rich-text.js';
import { toEntities } from '../../src/telegram/entities.js';
import { toParts } from '../../src/telegram/parts.js';
import { splitText } from '../../src/telegram/split.js';
import { CAPTION_LENGTH_MAX, faultsOfText, seenOf, TEXT_LENGTH_MAX } from './bot-api-rules.js';
import { fuzz } from './fuzz.js';
import { staysLinear } from './growth.js';

const piece = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('a', 'word ', 'Слово ', '. ', '! ', '。', '\n', '\n\n', ' ', '\t', '\u00a0', '\u200b', '\u2800', '\u202e', '👍', '👨‍👩‍👧', '🇰🇿', 'e\u0301', 'क्षि', '\u0301', '\u200d', 'x'.repeat(70)) },
  { weight: 1, arbitrary: fc.string({ unit: 'grapheme', maxLength: 5 }) },
);
const marks: readonly Mark[] = [{ type: 'bold' }, { type: 'italic' }, { type: 'spoiler' }, { type: 'code' }, { type: 'pre' }, { type: 'pre', language: 'ts' }, { type: 'quote' }, { type: 'quote', expandable: true }, { type: 'link', url: 'https://e.kz/a' },
  { type: 'link', url: 'http://rt/1' }, { type: 'mention', person: 'tg:5' }, { type: 'emoji', emoji: '77' }];

/** Spans begin and end between characters, as an editor makes them. */
const rich = fc.tuple(fc.array(piece, { maxLength: 60 }), fc.integer({ min: 1, max: 90 }), fc.array(fc.record({ mark: fc.constantFrom(...marks), from: fc.double({ min: 0, max: 1, noNaN: true }), length: fc.double({ min: 0, max: 1, noNaN: true }) }), { maxLength: 8 }))
  .map(([pieces, times, given]): RichText => {
    const text = pieces.join('').repeat(Math.min(times, Math.ceil(12_000 / (pieces.join('').length + 1))));
    const border = (place: number): number => (/[\udc00-\udfff]/.test(text.charAt(place)) ? place - 1 : place);
    return richText(text, given.map(({ mark, from, length }): Span => {
      const offset = border(Math.floor(from * text.length));
      return { ...mark, offset, length: border(Math.floor(offset + length * (text.length - offset))) - offset };
    }));
  });

/** Which marks each character that can be seen has. */
function seen(pieces: readonly RichText[]): string {
  return pieces.flatMap(({ text, spans }) => [...text.matchAll(/\S/gu)].filter((match) => seenOf(match[0]) !== '').map((match) => (
    `${match[0]}${[...new Set(spans.filter((span) => span.offset <= match.index && match.index < span.offset + span.length).map(({ offset: _offset, length: _length, ...mark }) => JSON.stringify(mark)))].sort().join('')}`))).join('\n');
}

describe('splitting', () => {
  fuzz('keeps within the limit, loses nothing, keeps every mark, and does the same again', fc.tuple(rich, fc.constantFrom(40, 100, 1024, 4096)), 400, ([source, lengthMax]) => {
    const pieces = splitText(source, lengthMax);
    for (const { text } of pieces) {
      expect(text.length).toBeLessThanOrEqual(lengthMax);
      expect(seenOf(text)).not.toBe('');
    }
    if (source.text.length < 3_000) expect(seen(pieces)).toBe(seen([source]));
    else expect(seenOf(pieces.map(({ text }) => text).join(''))).toBe(seenOf(source.text));
    expect(splitText(source, lengthMax)).toEqual(pieces);
  });

  fuzz('gives messages that the Bot API takes', fc.tuple(rich, fc.constantFrom(0, 1, 2)), 400, ([text, files]) => {
    const attachments = Array.from({ length: files }, () => ({ kind: 'photo', name: 'a.png', mediaType: 'image/png' } as const));
    for (const part of toParts({ text, attachments })) {
      if (part.kind !== 'text' && part.text.text === '') continue;
      // Indentation of code is kept at the start of a piece: the server leaves it inside an entity, and elsewhere takes it off.
      const faults = faultsOfText({ text: part.text.text, entities: toEntities(part.text) }, part.kind === 'text' ? TEXT_LENGTH_MAX : CAPTION_LENGTH_MAX);
      expect(part.text.spans.some(({ type, offset }) => type === 'pre' && offset === 0) ? faults.filter((fault) => !fault.startsWith('would be trimmed')) : faults).toEqual([]);
    }
  });

  staysLinear('takes time in proportion to the text', fc.array(piece, { minLength: 1, maxLength: 4 }).map((pieces) => pieces.join('')).filter((text) => text !== ''), 6, 20_000,
    (some, length) => some.repeat(Math.ceil(length / some.length)), (text) => {
      splitText(richText(text, [{ type: 'bold', offset: 0, length: text.length }, ...Array.from({ length: 300 }, (_, index): Span => ({ type: 'link', url: 'https://e.kz', offset: index * 40, length: 20 }))]), 4096);
    });
});
