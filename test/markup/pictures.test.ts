/** Pictures inside HTML, up to the messages in which a customer sees them. */
import { buffer } from 'node:stream/consumers';
import { describe, expect, it } from '@jest/globals';
import { withHead } from '../../src/core/content.js';
import { plainText } from '../../src/core/rich-text.js';
import type { Attachment, Content } from '../../src/core/types.js';
import { fromHtml } from '../../src/markup/from-html.js';
import { placePictures, type NamedFile } from '../../src/markup/pictures.js';
import { toParts } from '../../src/telegram/parts.js';

const file = (name: string, mediaType = 'image/png'): Attachment => ({ kind: 'photo', name, mediaType });
const named = (contentId: string): NamedFile => ({ attachment: file(`${contentId.split('@')[0] ?? ''}.png`), contentId });
const FILES: readonly NamedFile[] = [named('a@mail'), named('b c@mail'), { attachment: file('bill.pdf', 'application/pdf') }];
const PNG = Buffer.from('89504e470d0a1a0a00', 'hex');
const URI = `data:image/png;base64,${PNG.toString('base64')}`;

/** The messages in order: texts as they are, files in angle brackets, a caption behind its file. */
function messages(content: Content): readonly string[] {
  return toParts(content).map(({ text, attachment }) => (attachment === undefined ? text.text : `<${attachment.name}>${text.text}`));
}

const CASES: readonly { readonly name: string; readonly in: string; readonly out: readonly string[]; readonly files?: readonly NamedFile[] }[] = [
  { name: 'in the middle', in: '<p>Look:</p><p><img src="cid:a@mail" alt="plan"></p><p>Clear?</p>', out: ['Look:', '<a.png>', 'Clear?'], files: FILES.slice(0, 1) },
  { name: 'beside other files', in: 'Look <img src="cid:a@mail"> and read', out: ['Look', '<a.png>', '<b c.png>and read', '<bill.pdf>'] },
  { name: 'two, in the order of the text', in: 'One <img src="cid:b%20c@mail"> two <img src="CID:a@mail" alt="x"> three', out: ['One', '<b c.png>', 'two', '<a.png>', 'three'], files: FILES.slice(0, 2) },
  { name: 'first and last', in: '<img src="cid:a@mail">Text<br><img src="cid:b c@mail">', out: ['<a.png>', 'Text', '<b c.png>'], files: FILES.slice(0, 2) },
  { name: 'nothing else', in: '<img src="cid:a@mail">', out: ['<a.png>'], files: FILES.slice(0, 1) },
  { name: 'one after the other', in: 'a<img src="cid:a@mail"><img src="cid:b c@mail">b', out: ['a', '<a.png>', '<b c.png>', 'b'], files: FILES.slice(0, 2) },
  { name: 'named twice', in: 'a<img src="cid:a@mail" alt="A">b<img src="cid:a@mail" alt="A">c', out: ['a', '<a.png>', 'b[A]c'], files: FILES.slice(0, 1) },
  { name: 'not there', in: 'a <img src="cid:nosuch" alt="plan"> b', out: ['a [plan] b'], files: [] },
  { name: 'in a bold link', in: '<b>a <a href="https://e.kz">b <img src="cid:a@mail"> c</a> d</b>', out: ['a b', '<a.png>', 'c d'], files: FILES.slice(0, 1) },
  { name: 'in a list', in: '<ol><li>Open</li><li>Press<br><img src="cid:a@mail" alt="button"></li><li>Done</li></ol>', out: ['1. Open\n2. Press', '<a.png>', '3. Done'], files: FILES.slice(0, 1) },
  { name: 'in a table', in: '<table><tr><td>a</td><td><img src="cid:a@mail" alt="x"></td></tr><tr><td>b</td><td>c</td></tr></table>d', out: ['a  [x]\nb  c', '<a.png>', 'd'], files: FILES.slice(0, 1) },
  { name: 'written into the address', in: `a<img src="${URI}" alt="shot">b`, out: ['a', '<picture-1.png>', 'b'], files: [] },
  { name: 'written in another way than as a picture', in: 'a<img src="data:image/svg+xml;base64,PHN2Zz4=" alt="x"><img src="data:text/html;base64,PGI+"><img src="data:image/png,%89">b', out: ['a[x]b'], files: [] },
  { name: 'in a signature and in quoted mail', in: 'Done<div class="gmail_signature"><img src="cid:a@mail"></div><div class="gmail_quote">On 1 May A wrote: <img src="cid:b c@mail"></div>',
    out: ['<bill.pdf>Done'] },
  { name: 'below quoted mail', in: '<div class="gmail_quote">On 1 May A wrote:<blockquote>x</blockquote></div><p>See</p><img src="cid:a@mail" alt="plan"><p>there</p>', out: ['See', '<a.png>', 'there'], files: FILES.slice(0, 1) },
];

describe('pictures in the text of an answer', () => {
  it.each(CASES)('$name', ({ in: html, out, files = FILES }) => {
    expect(messages(placePictures(fromHtml(html), files))).toEqual(out);
  });

  it('gives the bytes of a picture written into its address', async () => {
    const [picture] = placePictures(fromHtml(`<img src="${URI}">`), []).attachments;
    expect(picture).toMatchObject({ kind: 'photo', mediaType: 'image/png', sizeBytes: PNG.length });
    expect(picture?.open === undefined ? undefined : await buffer(await picture.open())).toEqual(PNG);
  });

  it('keeps the places under a line that is put above', () => {
    const content = placePictures(fromHtml('a<img src="cid:a@mail">b'), FILES.slice(0, 1));
    expect(messages(withHead(plainText('Dana:'), content))).toEqual(['Dana:\na', '<a.png>', 'b']);
    expect(withHead(plainText(''), content)).toBe(content);
  });

  it('takes bounded time for very many', () => {
    const html = `a<img src="cid:a@mail" alt="x">`.repeat(20_000);
    const before = process.cpuUsage();
    expect(placePictures(fromHtml(html), FILES).attachments).toHaveLength(FILES.length);
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1e6).toBeLessThan(5);
  });
});
