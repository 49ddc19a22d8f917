import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { plainText, richText, type RichText, type Span } from '../../src/core/rich-text.js';
import { toParts } from '../../src/telegram/parts.js';
import { splitText } from '../../src/telegram/split.js';
import type { Attachment } from '../../src/core/types.js';

const texts = (text: string, max: number): string[] => splitText(plainText(text), max).map((piece) => piece.text);

/** A joiner that stands alone, because its sequence is longer than the limit, shows nothing and is no message. */
const seenOf = (text: string): string => text.replace(/[\s\u200d]/gu, '');

const cases: readonly { name: string; in: string; max: number; out: string[] }[] = [
  { name: 'nothing', in: '', max: 10, out: [] },
  { name: 'only white space', in: ' \n\n ', max: 2, out: [] },
  { name: 'only what shows nothing', in: '\u200b \u2800\ufeff\u202e', max: 10, out: [] },
  { name: 'a stretch that shows nothing', in: `ab ${'\u200b'.repeat(8)} cd`, max: 4, out: ['ab', 'cd'] },
  { name: 'fits exactly', in: '0123456789', max: 10, out: ['0123456789'] },
  { name: 'between paragraphs first', in: 'aaaa bb\n\ncc dd ee', max: 14, out: ['aaaa bb', 'cc dd ee'] },
  { name: 'then between lines', in: 'aaaa bb\ncc dd ee.', max: 14, out: ['aaaa bb', 'cc dd ee.'] },
  { name: 'then between sentences', in: 'One two. Three four five', max: 16, out: ['One two.', 'Three four five'] },
  { name: 'then between words', in: 'aaaa bbbb cccc', max: 11, out: ['aaaa bbbb', 'cccc'] },
  { name: 'a line end right after the window', in: 'aaaaa\nbbbbb', max: 5, out: ['aaaaa', 'bbbbb'] },
  { name: 'a word longer than the window', in: 'abcdefghij', max: 4, out: ['abcd', 'efgh', 'ij'] },
  { name: 'surrogate pairs stay whole', in: '👍👍👍', max: 3, out: ['👍', '👍', '👍'] },
  { name: 'emoji sequences stay whole', in: 'a👨‍👩‍👧b', max: 9, out: ['a👨‍👩‍👧', 'b'] },
  { name: 'emoji sequences move as a whole', in: 'ab👨‍👩‍👧', max: 9, out: ['ab', '👨‍👩‍👧'] },
  { name: 'flags stay whole', in: '🇰🇿🇰🇿🇰🇿', max: 6, out: ['🇰🇿', '🇰🇿', '🇰🇿'] },
  { name: 'accents stay with their letter', in: 'abce\u0301f', max: 4, out: ['abc', 'e\u0301f'] },
];

describe('splitting', () => {
  it.each(cases)('$name', ({ in: text, max, out }) => { expect(texts(text, max)).toEqual(out); });

  it('keeps a link whole when it fits one piece', () => {
    const source = richText('aaaa bbbb the long link cccc', [{ type: 'link', url: 'https://a.example', offset: 10, length: 13 }]);
    const pieces = splitText(source, 18);
    expect(pieces.map((piece) => piece.text)).toEqual(['aaaa bbbb', 'the long link cccc']);
    expect(pieces[1]?.spans).toEqual([{ type: 'link', url: 'https://a.example', offset: 0, length: 13 }]);
  });

  it('goes on with a mark that had to be cut', () => {
    const source = richText('aaaa bbbb cccc', [{ type: 'bold', offset: 0, length: 14 }]);
    expect(splitText(source, 9)).toEqual([
      { text: 'aaaa bbbb', spans: [{ type: 'bold', offset: 0, length: 9 }] }, { text: 'cccc', spans: [{ type: 'bold', offset: 0, length: 4 }] },
    ]);
  });

  it('keeps indentation inside a cut block of code', () => {
    const text = 'aaaaaaaa\n  bbbbbb\n  cccccc';
    const pieces = splitText(richText(text, [{ type: 'pre', offset: 0, length: text.length }]), 18);
    expect(pieces.map((piece) => piece.text)).toEqual(['aaaaaaaa\n  bbbbbb', '  cccccc']);
  });

  it('gets on when a span begins inside a surrogate pair', () => {
    const out = splitText(richText('👨‍👩‍👧 x', [{ type: 'code', offset: 1, length: 2 }]), 2);
    expect(seenOf(out.map(({ text }) => text).join(''))).toBe(seenOf('👨‍👩‍👧x'));
  });

  it('puts at most 100 links into one piece', () => {
    const spans = Array.from({ length: 250 }, (_, index): Span => ({ type: 'link', url: 'https://a.example', offset: index * 2, length: 1 }));
    const pieces = splitText(richText('x '.repeat(250), spans), 4096);
    expect(pieces.map((piece) => piece.spans.length)).toEqual([100, 100, 50]);
  });

  it('loses nothing, tears no pair, and stays within the limit', () => {
    const piece = fc.constantFrom('a', 'word ', 'Б', '\n', '\n\n', '. ', '👍', '👨‍👩‍👧', '🇰🇿', 'e\u0301', '。', ' ', '\u00a0', '\r\n');
    const spans = fc.array(fc.record({
      offset: fc.nat(200), length: fc.nat(60), type: fc.constantFrom('bold' as const, 'code' as const, 'quote' as const),
    }), { maxLength: 8 });
    fc.assert(fc.property(fc.array(piece, { maxLength: 200 }), spans, fc.integer({ min: 2, max: 60 }), (pieces, marks, max) => {
      const source = richText(pieces.join(''), marks);
      const out = splitText(source, max);
      expect(seenOf(out.map(({ text }) => text).join(''))).toBe(seenOf(source.text));
      for (const { text, spans: own } of out) {
        expect(text.length).toBeLessThanOrEqual(max);
        expect(text.trim()).not.toBe('');
        expect(/\p{Cs}/u.test(text)).toBe(false);
        for (const span of own) expect(span.length > 0 && span.offset >= 0 && span.offset + span.length <= text.length).toBe(true);
      }
      expect(splitText(source, max)).toEqual(out);
    }), { numRuns: 1000 });
  });

  it('tears no grapheme cluster that fits', () => {
    const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' });
    fc.assert(fc.property(fc.array(fc.constantFrom('👨‍👩‍👧', '🇰🇿', 'e\u0301', '👍🏽', 'я'), { minLength: 1, maxLength: 80 }), fc.integer({ min: 12, max: 50 }), (clusters, max) => {
      const source = clusters.join('');
      const whole = [...segmenter.segment(source)].map(({ segment }) => segment);
      const pieces = splitText(plainText(source), max).flatMap(({ text }) => [...segmenter.segment(text)].map(({ segment }) => segment));
      expect(pieces).toEqual(whole);
    }));
  });

  it('takes linear time: a text 8 times as long does at most about 8 times the work', () => {
    const spans = (count: number): Span[] => Array.from({ length: count }, (_, index) => ({ type: 'code', offset: index * 50, length: 20 }));
    const once = (source: RichText): number => {
      const startedMs = performance.now();
      splitText(source, 4096);
      return performance.now() - startedMs;
    };
    // The best of five: a busy machine stops one of them in the middle, not all.
    const work = (length: number): number => {
      const source = richText('lorem ipsum dolor '.repeat(length / 18), spans(length / 50));
      return Math.min(...Array.from({ length: 5 }, () => once(source)));
    };
    const small = Math.max(work(125_000), 1);
    // Quadratic work would take 64 times as long.
    expect(work(1_000_000) / small).toBeLessThan(40);
  });
});

const file = (mediaType: string, sizeBytes?: number): Attachment => ({ kind: 'document', name: 'f', mediaType, ...(sizeBytes === undefined ? {} : { sizeBytes }) });

describe('parts', () => {
  it.each([
    { mediaType: 'image/jpeg', kind: 'photo' }, { mediaType: 'image/png', kind: 'photo' }, { mediaType: 'image/webp', kind: 'photo' },
    { mediaType: 'image/png', sizeBytes: 10 * 1024 * 1024 + 1, kind: 'document' }, { mediaType: 'image/gif', kind: 'animation' },
    { mediaType: 'image/svg+xml', kind: 'document' }, { mediaType: 'video/mp4', kind: 'video' }, { mediaType: 'video/quicktime', kind: 'document' },
    { mediaType: 'audio/mpeg', kind: 'audio' }, { mediaType: 'audio/mp4', kind: 'audio' }, { mediaType: 'audio/ogg', kind: 'voice' },
    { mediaType: 'IMAGE/JPEG; name=x', kind: 'photo' },
  ])('$mediaType $sizeBytes is sent as $kind', ({ mediaType, sizeBytes, kind }) => {
    expect(toParts({ text: plainText(''), attachments: [file(mediaType, sizeBytes)] })).toMatchObject([{ kind, text: { text: '' } }]);
  });

  it.each([
    { name: 'a short text goes under one file', length: 1024, files: 1, out: ['photo:1024'] },
    { name: 'a long one before it', length: 1025, files: 1, out: ['text:1025', 'photo:0'] },
    { name: 'or under the first of several', length: 1024, files: 2, out: ['photo:1024', 'photo:0'] },
    { name: 'and a long one before all of them', length: 1025, files: 2, out: ['text:1025', 'photo:0', 'photo:0'] },
    { name: 'very long text', length: 5000, files: 0, out: ['text:4096', 'text:904'] },
    { name: 'nothing at all', length: 0, files: 0, out: [] },
  ])('$name', ({ length, files, out }) => {
    const parts = toParts({ text: plainText('x'.repeat(length)), attachments: Array.from({ length: files }, () => file('image/png')) });
    expect(parts.map((part) => `${part.kind}:${part.text.text.length}`)).toEqual(out);
  });

  const PHOTO = 'image/png';
  const FILM = 'video/mp4';
  const PAPER = 'application/pdf';
  const SONG = 'audio/mpeg';
  const MEGABYTE = 1024 * 1024;
  it.each([
    { name: 'photos with videos', files: [PHOTO, FILM, PHOTO], out: [['photo', 'video', 'photo']] },
    { name: 'documents alone, audio alone, in the order of their first', files: [PHOTO, PAPER, SONG, PHOTO, PAPER, SONG], out: [['photo', 'photo'], ['document', 'document'], ['audio', 'audio']] },
    { name: 'one of a kind by itself', files: [PAPER, PHOTO, PHOTO], out: [['document'], ['photo', 'photo']] },
    { name: 'ten at most', files: Array.from({ length: 12 }, () => PAPER), out: [Array.from({ length: 10 }, () => 'document'), ['document', 'document']] },
    { name: 'and the eleventh alone', files: Array.from({ length: 11 }, () => PHOTO), out: [Array.from({ length: 10 }, () => 'photo'), ['photo']] },
    { name: 'a photo that is too large for one with the documents', files: [PAPER, PHOTO], sizes: [1, 11 * MEGABYTE], out: [['document', 'document']] },
    { name: 'no more in one request than one file may have', files: [PAPER, PAPER, PAPER], sizes: [20 * MEGABYTE, 20 * MEGABYTE, 20 * MEGABYTE], out: [['document', 'document'], ['document']] },
  ])('go as albums: $name', ({ files, sizes, out }) => {
    const parts = toParts({ text: plainText(''), attachments: files.map((mediaType, index) => file(mediaType, sizes?.[index])) });
    const groups = [...new Set(parts.map(({ album }, index) => album ?? `alone ${index}`))];
    expect(groups.map((group) => parts.filter(({ album }, index) => (album ?? `alone ${index}`) === group).map(({ kind }) => kind))).toEqual(out);
  });
});
