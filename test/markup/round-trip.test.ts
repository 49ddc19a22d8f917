import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { richText, type RichText, type Span } from '../../src/core/rich-text.js';
import { fromHtml } from '../../src/markup/from-html.js';
import { fromMarkdown } from '../../src/markup/from-markdown.js';
import { toEntities, toRichText } from '../../src/telegram/entities.js';
import { toHtml } from '../../src/markup/to-html.js';
import { toMarkdown } from '../../src/markup/to-markdown.js';
import { toPlain } from '../../src/markup/to-plain.js';

const INLINE = ['bold', 'italic', 'underline', 'strikethrough', 'spoiler', 'code', 'link'] as const;
type Inline = (typeof INLINE)[number];

const word = fc.stringMatching(/^[a-zA-Zа-яәқ0-9<>&"'*_`~\\[\]()#.!|😀-]{1,8}$/u);
/** Written from the right, and with the marks that people and keyboards put between directions. */
const turned = fc.constantFrom('שלום', 'مرحبا', 'سلام\u200cعلیکم', '\u200fאב\u200e', '\u2068ב\u2069', '٤٢');
const line = fc.array(fc.oneof({ weight: 5, arbitrary: word }, { weight: 1, arbitrary: turned }), { minLength: 1, maxLength: 6 }).chain((words) => fc.constantFrom(' ', '  ').map((space) => words.join(space)));

/** A line of words with some marks over whole stretches of it that do not begin or end with a space. */
const markedLine = fc.tuple(line, fc.array(fc.tuple(fc.nat(30), fc.integer({ min: 1, max: 20 }), fc.constantFrom(...INLINE)), { maxLength: 4 }))
  .map(([text, marks]): RichText => richText(text, marks.flatMap(([offset, length, type]) => spanOf(text, offset, length, type))));

function spanOf(text: string, from: number, length: number, type: Inline): readonly Span[] {
  const piece = text.slice(from, from + length);
  const isWhole = piece !== '' && piece.trim() === piece && !/\p{Surrogate}/u.test(piece) && !/\p{Surrogate}/u.test(text.slice(0, from));
  if (!isWhole) return [];
  return [type === 'link' ? { type, url: 'https://example.kz/?a=1&b="2"', offset: from, length: piece.length } : { type, offset: from, length: piece.length }];
}

type Block = { readonly kind: 'text' | 'quote' | 'expandable' | 'pre'; readonly lines: readonly RichText[] };
const block: fc.Arbitrary<Block> = fc.record({ kind: fc.constantFrom('text', 'text', 'quote', 'expandable', 'pre'), lines: fc.array(markedLine, { minLength: 1, maxLength: 3 }) });

const document = fc.tuple(fc.array(block, { minLength: 1, maxLength: 4 }), fc.constantFrom('\n', '\n\n')).map(([blocks, gap]): RichText => {
  let text = '';
  const spans: Span[] = [];
  for (const { kind, lines } of blocks) {
    if (text !== '') text += gap;
    const start = text.length;
    for (const [index, each] of lines.entries()) {
      if (index > 0) text += '\n';
      if (kind !== 'pre') for (const span of each.spans) spans.push({ ...span, offset: span.offset + text.length });
      text += each.text;
    }
    if (kind === 'quote') spans.push({ type: 'quote', offset: start, length: text.length - start });
    if (kind === 'expandable') spans.push({ type: 'quote', expandable: true, offset: start, length: text.length - start });
    if (kind === 'pre') spans.push({ type: 'pre', language: 'ts', offset: start, length: text.length - start });
  }
  return richText(text, spans);
});

/** Which marks each character has: what the reader sees, however the spans are cut. */
function seen({ text, spans }: RichText): readonly string[] {
  return [...text].map((character, index) => {
    const offset = [...text].slice(0, index).join('').length;
    const marks = spans.filter((span) => span.offset <= offset && offset < span.offset + span.length)
      .map((span) => span.type + (span.type === 'link' ? span.url : span.type === 'pre' ? span.language ?? '' : span.type === 'quote' ? String(span.expandable ?? false) : ''));
    return `${character} ${[...new Set(marks)].sort().join(' ')}`;
  });
}

describe('rich text to HTML and back', () => {
  it('keeps text and marks', () => {
    fc.assert(fc.property(document, (before) => {
      const after = fromHtml(toHtml(before), { trimQuotes: false, trimSignature: false }).text;
      expect(after.text).toBe(before.text);
      expect(seen(after)).toEqual(seen(before));
    }), { numRuns: 400 });
  });

  it('keeps what Telegram sent: text, and every kind of entity that nests', () => {
    const types = new Set<string>();
    fc.assert(fc.property(document, (written) => {
      const before = toEntities(written);
      for (const { type } of before) types.add(type);
      const html = toHtml(toRichText(written.text, before));
      const after = fromHtml(html, { trimQuotes: false, trimSignature: false }).text;
      expect(after.text).toBe(written.text);
      expect(seen(toRichText(after.text, toEntities(after)))).toEqual(seen(toRichText(written.text, before)));
    }), { numRuns: 400, seed: 4 });
    expect([...types].sort()).toEqual(['blockquote', 'bold', 'code', 'expandable_blockquote', 'italic', 'pre', 'spoiler', 'strikethrough', 'text_link', 'underline']);
  });

  it('is safe whatever the text', () => {
    const anything = fc.tuple(fc.string({ unit: 'binary' }), fc.webUrl(), fc.nat(10));
    fc.assert(fc.property(anything, ([text, url, offset]) => {
      const html = toHtml(richText(text, [{ type: 'link', url: `javascript:${url}`, offset: 0, length: 5 }, { type: 'bold', offset, length: 4 }]));
      expect(html.replace(/<\/?b>|<br>/g, '')).not.toMatch(/[<>]/);
    }));
  });

  it.each([
    { name: 'spoiler and emoji', in: richText('a 😀', [{ type: 'spoiler', offset: 0, length: 1 }, { type: 'emoji', emoji: '5', offset: 2, length: 2 }]), out: '<span class="tg-spoiler">a</span> 😀' },
    { name: 'mention', in: richText('Anna', [{ type: 'mention', person: 'tg:1', offset: 0, length: 4 }]), out: 'Anna' },
    { name: 'pre', in: richText('a\nb < c\nd', [{ type: 'pre', language: 'c', offset: 2, length: 5 }]), out: 'a<br><pre><code class="language-c">b &lt; c</code></pre>d' },
    { name: 'a language that is none', in: richText('a', [{ type: 'pre', language: '"><script>', offset: 0, length: 1 }]), out: '<pre>\na</pre>' },
    { name: 'spans that nobody put in order', in: { text: 'abc', spans: [{ type: 'italic', offset: 1, length: 2 }, { type: 'bold', offset: 0, length: 2 }] } satisfies RichText,
      out: '<b>a<i>b</i></b><i>c</i>' },
  ])('$name', ({ in: text, out }) => {
    expect(toHtml(text)).toBe(out);
  });
});

describe('Markdown', () => {
  it.each([
    { name: 'marks', in: '**a** *b* ~~c~~ `d` [e](https://e.kz)', text: 'a b c d e', types: ['bold', 'italic', 'strikethrough', 'code', 'link'] },
    { name: 'blocks', in: '# a\n\n- b\n- c\n\n> d\n\n```ts\ne\n```', text: 'a\n\n• b\n• c\n\nd\n\ne', types: ['bold', 'quote', 'pre'] },
    { name: 'single line breaks', in: 'a\nb', text: 'a\nb', types: [] },
    { name: 'HTML is text', in: '<b>a</b> &lt;', text: '<b>a</b> <', types: [] },
    { name: 'unsafe links are text', in: '[a](javascript:x)', text: '[a](javascript:x)', types: [] },
  ])('reads $name', ({ in: markdown, text, types }) => {
    const rich = fromMarkdown(markdown);
    expect(rich.text).toBe(text);
    expect(rich.spans.map((span) => span.type)).toEqual(types);
  });

  it.each([
    { name: 'marks', in: '<b>a <i>b</i></b> <s>c</s> <u>d</u> <code>e`f</code> <a href="https://e.kz/(x)">g</a>', out: '**a *b*** ~~c~~ d ``e`f`` [g](<https://e.kz/(x)>)' },
    { name: 'escapes', in: '# *a* _b_ [c] `d` &lt;e&gt;<br>1. x<br>- y<br>+ z', out: '\\# \\*a\\* \\_b\\_ \\[c\\] \\`d\\` \\<e\\>  \n1\\. x  \n\\- y  \n\\+ z' },
    { name: 'marks over lines', in: '<b>a<br>b</b>', out: '**a**  \n**b**' },
    { name: 'quote', in: 'a<blockquote>b<br><br>c</blockquote>d', out: 'a\n\n> b\n>\n> c\n\nd' },
    { name: 'code block', in: '<pre><code class="language-md">```x</code></pre>', out: '````md\n```x\n````' },
    { name: 'no mark that would show as asterisks', in: '1<b>.</b> <b>a</b><i>b</i> <a href="https://e.kz">c</a>', out: '1\\. ab [c](<https://e.kz>)' },
  ])('writes $name', ({ in: html, out }) => {
    expect(toMarkdown(fromHtml(html).text)).toBe(out);
  });

  it('keeps plain text of any kind as it is', () => {
    fc.assert(fc.property(fc.array(line, { minLength: 1, maxLength: 4 }), (lines) => {
      const text = lines.map((each) => each.replace(/ +/g, ' ')).join('\n');
      expect(fromMarkdown(toMarkdown({ text, spans: [] })).text).toBe(text);
    }), { numRuns: 300 });
  });
});

describe('plain text', () => {
  it('gives a quote in the middle of a line lines of its own', () => {
    expect(toPlain(richText('abcd', [{ type: 'quote', offset: 1, length: 2 }]))).toBe('a\n> bc\nd');
  });

  it.each([
    { name: 'links', in: '<a href="https://e.kz/a">here</a> <a href="https://e.kz/">e.kz</a> <a href="mailto:a@e.kz">a@e.kz</a>', out: 'here (https://e.kz/a) e.kz a@e.kz' },
    { name: 'quotes', in: 'a<blockquote>b<br>c</blockquote>d', out: 'a\n> b\n> c\nd' },
    { name: 'a link in a quote', in: '<blockquote><a href="https://e.kz">x</a></blockquote>', out: '> x (https://e.kz)' },
  ])('$name', ({ in: html, out }) => {
    expect(toPlain(fromHtml(html).text)).toBe(out);
  });
});
