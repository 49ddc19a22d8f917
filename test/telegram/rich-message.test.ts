/** Rich messages as agents read them: https://core.telegram.org/bots/api#richmessage */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { toHtml } from '../../src/markup/to-html.js';
import { readMessage } from '../../src/telegram/content.js';
import { toRichMessage } from '../../src/telegram/rich-message.js';
import { messageSchema } from '../../src/telegram/schema.js';

const html = (...blocks: object[]): string => toHtml(toRichMessage({ blocks }).text);
const say = (text: unknown): string => html({ type: 'paragraph', text });
const cell = (text: string, more: object = {}): object => ({ text, align: 'left', valign: 'top', ...more });

describe('the text of a rich message', () => {
  it.each([
    { name: 'marks', in: ['a ', { type: 'bold', text: ['b ', { type: 'italic', text: 'c' }] }, { type: 'spoiler', text: 'd' }, { type: 'marked', text: 'e' }], out: 'a <b>b <i>c</i></b><span class="tg-spoiler">d</span>e' },
    { name: 'links', in: [{ type: 'url', text: 'here', url: 'https://e.kz/?a=1&b="2"' }, ' ', { type: 'mention', text: '@aru', username: 'aru' }, ' ', { type: 'phone_number', text: '8 701', phone_number: '+7 701' }],
      out: '<a href="https://e.kz/?a=1&amp;b=&quot;2&quot;">here</a> <a href="https://t.me/aru">@aru</a> <a href="tel:+7701">8 701</a>' },
    { name: 'a bad link', in: { type: 'url', text: 'here', url: 'javascript:alert(1)' }, out: 'here' },
    { name: 'powers, formulas, emoji, dates', in: ['10', { type: 'superscript', text: '6' }, ' ', { type: 'mathematical_expression', expression: 'a<b' }, ' ', { type: 'custom_emoji', custom_emoji_id: '1', alternative_text: '👍' }, ' ', { type: 'date_time', text: 'then', unix_time: 0, date_time_format: 'r' }],
      out: '10⁶ <code>a&lt;b</code> 👍 then (1970-01-01 00:00 UTC)' },
    { name: 'imitated HTML', in: '<b>x</b> &amp; <script>', out: '&lt;b&gt;x&lt;/b&gt; &amp;amp; &lt;script&gt;' },
    { name: 'a kind of tomorrow', in: { type: 'hologram', text: 'x' }, out: 'x' },
  ])('$name', ({ in: text, out }) => { expect(say(text)).toBe(out); });

  it.each([
    { name: 'headings and rules', in: [{ type: 'heading', text: 'H', size: 1 }, { type: 'paragraph', text: 'p' }, { type: 'divider' }, { type: 'footer', text: 'f' }], out: '<b>H</b><br><br>p<br><br>———<br><br>f' },
    { name: 'code', in: [{ type: 'pre', text: 'a\n  b', language: 'c' }], out: '<pre><code class="language-c">a\n  b</code></pre>' },
    { name: 'a quote with its author', in: [{ type: 'blockquote', blocks: [{ type: 'paragraph', text: 'q' }], credit: 'Abai' }], out: '<blockquote>q</blockquote><br>— Abai' },
    { name: 'lists', in: [{ type: 'list', items: [{ label: '3.', blocks: [{ type: 'paragraph', text: 'a' }, { type: 'list', items: [{ label: '•', blocks: [{ type: 'paragraph', text: 'b' }] }] }] }, { label: '4.', blocks: [{ type: 'paragraph', text: 'c' }] }] }],
      out: '3. a<br>&nbsp;&nbsp;&nbsp;• b<br>4. c' },
    { name: 'boxes', in: [{ type: 'list', items: [{ label: '', has_checkbox: true, is_checked: true, blocks: [{ type: 'paragraph', text: 'a' }] }, { label: '', has_checkbox: true, blocks: [{ type: 'paragraph', text: 'b' }] }] }], out: '• ☑ a<br>• ☐ b' },
    { name: 'tables', in: [{ type: 'table', caption: 'T', cells: [[cell('A', { is_header: true }), cell('B', { is_header: true })], [cell('1', { rowspan: 2 }), cell('2')], [cell('3')]] }], out: 'T<br><br><pre>\nA  B\n─  ─\n1  2\n1  3</pre>' },
    { name: 'details', in: [{ type: 'details', summary: 'more', blocks: [{ type: 'paragraph', text: 'in' }] }], out: '<b>more</b><br><br>in' },
    { name: 'a kind of tomorrow', in: [{ type: 'hologram', text: 'a', blocks: [{ type: 'paragraph', text: 'b' }] }], out: 'a<br><br>b' },
  ])('$name', ({ in: blocks, out }) => { expect(html(...blocks)).toBe(out); });
});

it('brings the files of a rich message, in order, with a sign where each stood', async () => {
  const file = { file_unique_id: 'u', file_size: 10 };
  const message = messageSchema.parse({ message_id: 5, date: 1, chat: { id: 7, type: 'private' }, rich_message: { blocks: [
    { type: 'photo', photo: [{ ...file, file_id: 'small' }, { ...file, file_id: 'P' }], caption: { text: 'the box', credit: 'me' } },
    { type: 'collage', blocks: [{ type: 'video', video: { ...file, file_id: 'V' } }, { type: 'voice_note', voice_note: { ...file, file_id: 'S', duration: 2 } }] },
    { type: 'map', location: { latitude: 43.25, longitude: 76.95 } },
  ] } });
  const read = readMessage(message, { downloadBytesMax: 100, openFile: () => Promise.reject(new Error('not opened')) });
  expect(read?.content.text.text).toBe('🖼\n\nthe box — me\n\n🎬\n\n🎤\n\n📍 https://www.openstreetmap.org/?mlat=43.250000&mlon=76.950000#map=16/43.250000/76.950000');
  expect(read?.content.attachments.map(({ kind, name, ref }) => [kind, name, ref])).toEqual([['photo', 'photo_5_1.jpg', 'P'], ['video', 'video_5_2.mp4', 'V'], ['voice', 'voice_5_3.ogg', 'S']]);
});

it('reads anything without a fault, in bounded depth', () => {
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof({ maxDepth: 6, depthSize: 'small' }, fc.string({ maxLength: 6 }), fc.integer(), fc.constant(null), fc.array(tie('tree'), { maxLength: 3 }), fc.record({
      type: fc.constantFrom('paragraph', 'list', 'table', 'bold', 'url', 'photo', 'date_time', '__proto__', 'constructor', 'x'), text: tie('tree'), blocks: tie('tree'), items: tie('tree'), cells: tie('tree'), caption: tie('tree'), photo: tie('tree'), url: tie('tree'), unix_time: tie('tree'), label: tie('tree'),
    }, { requiredKeys: ['type'] })),
  }));
  fc.assert(fc.property(fc.array(tree, { maxLength: 4 }), (blocks) => { expect(typeof toRichMessage({ blocks }).text.text).toBe('string'); }), { numRuns: 300 });
  let deep: unknown = 'x';
  for (let level = 0; level < 5_000; level += 1) deep = level % 2 === 0 ? { type: 'bold', text: deep } : [deep];
  expect(toRichMessage({ blocks: [{ type: 'paragraph', text: deep }] }).text.text).toBe('');
});
