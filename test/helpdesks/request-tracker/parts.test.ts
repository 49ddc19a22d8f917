import { describe, expect, it } from '@jest/globals';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import fc from 'fast-check';
import type { Span } from '../../../src/core/rich-text.js';
import { mintId, type PersonId } from '../../../src/core/types.js';
import { createContentDecoder } from '../../../src/helpdesks/request-tracker/attachments.js';
import { createDoorbellReader } from '../../../src/helpdesks/request-tracker/doorbell.js';
import { addressOf } from '../../../src/helpdesks/request-tracker/ids.js';
import { optionsSchema } from '../../../src/helpdesks/request-tracker/options.js';
import { mailbox } from '../../../src/helpdesks/request-tracker/people.js';
import { sqlAnyOf, sqlText } from '../../../src/helpdesks/request-tracker/sql.js';
import { htmlOf, oneLine, ownHtml } from '../../../src/helpdesks/request-tracker/writing.js';
import { fromHtml } from '../../../src/markup/from-html.js';

async function decode(json: string, sizes: readonly number[]): Promise<Buffer> {
  const bytes = Buffer.from(json);
  const pieces: Buffer[] = [];
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const size = Math.max(1, sizes[turn % Math.max(1, sizes.length)] ?? bytes.length);
    pieces.push(bytes.subarray(at, at + size));
    at += size;
  }
  return buffer(Readable.from(pieces).pipe(createContentDecoder()));
}

describe('the decoder of attachments', () => {
  it('gives the bytes back, however the answer is cut and wherever its key stands', async () => {
    await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 6 }), fc.boolean(), async (bytes, sizes, isFirst) => {
      const content = Buffer.from(bytes).toString('base64').replace(/.{76}/g, '$&\n');
      const others = { ContentType: 'text/plain', Subject: 'a "Content" : "x', Filename: 'Content.txt' };
      const json = JSON.stringify(isFirst ? { Content: content, ...others } : { ...others, Content: content }, undefined, 3).replace(/": /g, '" : ');
      expect([...await decode(json, sizes)]).toEqual([...bytes]);
    }), { numRuns: 200 });
  });

  it.each([
    { name: 'no content at all', json: '{"Filename":"a"}', out: '' },
    { name: 'empty content', json: '{"Content":"","x":1}', out: '' },
    { name: 'escaped slashes and line ends', json: '{"Content":"\\/\\/8=\\r\\n"}', out: Buffer.from([0xff, 0xff]).toString('latin1') },
  ])('$name', async ({ json, out }) => {
    for (const size of [1, 2, 3, 1000]) expect((await decode(json, [size])).toString('latin1')).toBe(out);
  });
});

describe('HTML for the page of RT, which shows few elements', () => {
  const html = (text: string, spans: readonly Span[] = []): string => htmlOf({ text: { text, spans }, attachments: [] });
  it('gives code its font', () => {
    expect(html('a b <code> c', [{ type: 'code', offset: 2, length: 1 }, { type: 'code', offset: 11, length: 1 }]))
      .toBe('<div>a <span style="font-family: monospace"><code>b</code></span> &lt;code&gt; <span style="font-family: monospace"><code>c</code></span></div>');
    expect(html('x', [{ type: 'pre', language: 'c', offset: 0, length: 1 }])).toBe('<div><pre><code class="language-c">x</code></pre></div>');
  });
  it('shows quotes, which RT would fold away, and reads them back as quotes', () => {
    const text = 'It was:\n1234 </div> & <blockquote>\nnow 1235\nand 1236\nend';
    const over = (type: 'quote' | 'strikethrough' | 'bold', words: string): Span => ({ type, offset: text.indexOf(words), length: words.length });
    const spans: Span[] = [
      over('quote', '1234 </div> & <blockquote>'), over('strikethrough', '1234'), over('quote', 'and 1236'), over('bold', 'end'),
    ];
    const written = html(text, spans);
    expect(written).not.toContain('<blockquote>');
    expect(fromHtml(ownHtml(written)).text).toEqual({ text, spans });
    expect(html('x', [{ type: 'quote', expandable: true, offset: 0, length: 1 }])).toContain('<blockquote expandable>');
  });
  it.each([
    { name: 'Hebrew', in: 'שלום, הזמנה 48213 (iPhone)!', out: true }, { name: 'Arabic', in: 'مرحبا!', out: true },
    { name: 'a quoted word', in: 'What does «שלום» mean?', out: false }, { name: 'no letters', in: '48213!', out: false }, { name: 'Kazakh', in: 'Сәлем', out: false },
  ])('runs the way most letters run: $name', ({ in: text, out }) => {
    expect(html(text).startsWith('<div dir="rtl">')).toBe(out);
  });
});

describe('names and values', () => {
  it.each([
    { name: 'plain', in: 'tg:1:2:3', out: "'tg:1:2:3'" },
    { name: 'quote and backslash', in: "a'b\\", out: "'a\\'b\\\\'" },
  ])('sqlText: $name', (row) => { expect(sqlText(row.in)).toBe(row.out); });
  it('sqlText refuses what REST 2 would take for JSON', () => {
    expect(() => sqlText('a[b')).toThrow(expect.objectContaining({ code: 'invalid' }));
    expect(sqlAnyOf('Type', ['A', 'B'])).toBe("(Type = 'A' OR Type = 'B')");
  });
  it.each([
    { name: 'quotes and brackets', in: 'O"N <x@y> \\', out: '"O\\"N <x@y> \\\\" <a@b>' },
    { name: 'line ends cannot start a header', in: 'A\r\nBcc: x', out: '"A Bcc: x" <a@b>' },
  ])('mailbox: $name', (row) => { expect(mailbox(row.in, 'a@b')).toBe(row.out); });
  it.each([
    { name: 'cut inside a pair', in: 'ab😀', max: 3, out: 'ab' },
    { name: 'controls', in: ' a\t\nb ', max: 10, out: 'a b' },
    { name: 'half a pair', in: 'a\udc00b', max: 10, out: 'a\ufffdb' },
  ])('oneLine: $name', (row) => { expect(oneLine(row.in, row.max)).toBe(row.out); });
  it('addressOf is one address for each person', () => {
    expect(addressOf(mintId<PersonId>('tg:42'), 'telegram.invalid')).toBe('tg-42@telegram.invalid');
  });
});

describe('the doorbell', () => {
  const event = (type: string, creator: string): { headers: Record<string, string>; body: Buffer } =>
    ({ headers: {}, body: Buffer.from(JSON.stringify({ ticket: { id: '2', effective_id: 3 }, transaction: { type, creator } })) });
  it.each([
    { name: 'a comment of an agent, on a merged ticket', type: 'Correspond', creator: 'agent1', out: ['2', '3'] },
    { name: 'the bridge\'s own comment', type: 'Correspond', creator: 'deskbridge', out: [] },
    { name: 'a status that the bridge set', type: 'Status', creator: 'deskbridge', out: ['2', '3'] },
    { name: 'the record of a mail', type: 'EmailRecord', creator: 'RT_System', out: [] },
  ])('$name', ({ type, creator, out }) => {
    expect(createDoorbellReader('s', () => 'deskbridge').parse(event(type, creator)).map((doorbell) => doorbell.ticket)).toEqual(out);
  });
  it('rings for everybody while the bridge\'s own name is not known', () => {
    expect(createDoorbellReader('s', () => undefined).parse(event('Correspond', 'deskbridge'))).toHaveLength(2);
  });
  it('takes no request when the secret is empty', () => {
    expect(() => { createDoorbellReader('', () => undefined).authenticate(event('Correspond', 'x'), 0); }).toThrow(expect.objectContaining({ code: 'unauthorized' }));
  });
});

describe('options', () => {
  it('have defaults for all, and refuse what they do not know', () => {
    expect(optionsSchema.parse({})).toMatchObject({ requesterDomain: 'telegram.invalid', fields: { externalId: 'BridgeKey' }, priorities: { urgent: 120 } });
    for (const wrong of [{ queue: 'x' }, { fields: { externalId: "a' OR" } }, { requesterDomain: 'a b' }, { statuses: { x: 'done' } }]) {
      expect(optionsSchema.safeParse(wrong).success).toBe(false);
    }
  });
});
