import { describe, expect, it } from '@jest/globals';
import { fromHtml, fromPlain } from '../../src/markup/from-html.js';

const HTML: readonly { name: string; in: string; out: string }[] = [
  { name: 'Gmail', in: '<div dir="ltr">Done.</div><br><div class="gmail_quote gmail_quote_container"><div dir="ltr" class="gmail_attr">On Mon, Mar 2, 2026 at 10:00 AM A &lt;<a href="mailto:a@e.kz">a@e.kz</a>&gt; wrote:<br></div><blockquote class="gmail_quote">Help</blockquote></div>',
    out: 'Done.' },
  { name: 'Gmail with a signature above the quote', in: 'Done.<div><br>-- <br><div class="gmail_signature" data-smartmail="gmail_signature">Anna<br><img src="logo.png"></div></div><div class="gmail_quote">On 1 May 2026 B wrote:<blockquote>x</blockquote></div>', out: 'Done.' },
  { name: 'Request Tracker style', in: '<p>Done.</p><blockquote>mine</blockquote><p>On Fri Mar 06 10:00:00 2026, a@e.kz wrote:</p><blockquote>Help</blockquote>', out: 'Done.\n\nmine' },
  { name: 'Russian attribution', in: '<div>Готово.</div><div>2 марта 2026 г., 10:00, Анна писал(а):</div><blockquote>Помогите</blockquote>', out: 'Готово.' },
  { name: 'Kazakh attribution', in: 'Дайын.<br>2026-03-02 10:00, Анна жазды:<blockquote>x</blockquote>', out: 'Дайын.' },
  { name: 'Yandex attribution', in: '<div>Готово.</div><div>02.03.2026, 10:00, "Анна" &lt;a@e.kz&gt;:</div><blockquote>x</blockquote>', out: 'Готово.' },
  { name: 'Request Tracker\'s editor, with the cursor where it stood', in: '<div>DoneOn Sat Nov 21 20:43:44 2026, deskbridge wrote:\n<blockquote><div>Help</div></blockquote></div>', out: 'Done' },
  { name: 'the same behind a line and a space', in: '<div><p>One.</p><p>Two On Sat Nov 21 20:43:44 2026, deskbridge wrote:</p><blockquote><div>Help</div></blockquote></div>', out: 'One.\n\nTwo' },
  { name: 'the same in Russian', in: '<div>ГотовоСб 21 ноя 2026 20:43:44, deskbridge писал:\n<blockquote><div>Help</div></blockquote></div>', out: 'Готово' },
  { name: 'the same with another format of dates', in: '<div>Done2026-11-21 20:43:44, deskbridge wrote:\n<blockquote><div>Help</div></blockquote></div>', out: 'Done' },
  { name: 'words of an attribution before its date', in: '<p>Done.</p><p>во вторник, 10 марта 2026 г. в 12:40 пользователь Анна писал:</p><blockquote>Help</blockquote>', out: 'Done.' },
  { name: 'Apple Mail', in: 'Done.<div><br><blockquote type="cite">On 2 Mar 2026, at 10:00, A wrote:<br>Help</blockquote></div>', out: 'Done.' },
  { name: 'Thunderbird with signature below', in: '<div class="moz-cite-prefix">On 02.03.2026 10:00, A wrote:<br></div><blockquote type="cite">Help</blockquote><p>Done.</p><pre class="moz-signature">-- \nAnna</pre>', out: 'Done.' },
  { name: 'cite at the end with a signature below it', in: 'Done.<blockquote type="cite">x</blockquote><div class="moz-signature">Anna</div>', out: 'Done.' },
  { name: 'answers between quotes keep the later quotes', in: 'On 2 Mar 2026 A wrote:<blockquote type=cite>one?</blockquote>1<blockquote type=cite>two?</blockquote>2', out: '1\ntwo?\n2' },
  { name: 'Outlook', in: '<p class=MsoNormal>Done.</p><div style="border-top:solid #E1E1E1 1.0pt"><p class=MsoNormal><b>From:</b> A &lt;a@e.kz&gt;<br><b>Sent:</b> Monday<br><b>To:</b> B<br><b>Subject:</b> C</p></div><p class=MsoNormal>Help</p>', out: 'Done.' },
  { name: 'Outlook in Russian after a rule', in: '<div>Готово.</div><hr><div><b>От:</b> А<br><b>Отправлено:</b> 2 марта<br><b>Кому:</b> Б<br><b>Тема:</b> В</div><div>x</div>', out: 'Готово.' },
  { name: 'Outlook on the web', in: '<div>Done.</div><div id="appendonsend"></div><hr><div id="divRplyFwdMsg">From: A</div><div>Help</div>', out: 'Done.' },
  { name: 'own quote inside the answer', in: '<p>You asked:</p><blockquote>How?</blockquote><p>So.</p>', out: 'You asked:\n\nHow?\n\nSo.' },
  { name: 'own quote at the end', in: '<p>The rule says</p><blockquote>No.</blockquote>', out: 'The rule says\n\nNo.' },
  { name: 'forwarded message', in: 'See:<div class="gmail_quote">---------- Forwarded message ---------<br>From: A<br>Date: Monday<br>Subject: S<br>To: B<br><br>Text</div>',
    out: 'See:\n---------- Forwarded message ---------\nFrom: A\nDate: Monday\nSubject: S\nTo: B\n\nText' },
  { name: 'nothing but a quote', in: '<blockquote type="cite">Help</blockquote>', out: 'Help' },
  { name: 'nothing but a signature', in: '<div class="gmail_signature">Anna</div>', out: 'Anna' },
  { name: 'quote in a layout table', in: '<table><tr><td>Done.<div class="gmail_quote">On 1 May A wrote: x</div></td></tr></table>', out: 'Done.' },
];

const PLAIN: readonly { name: string; in: string; out: string }[] = [
  { name: 'written right before the attribution', in: 'One\n\ntwoOn Sat Nov 21 20:43:44 2026, a@e.kz wrote:\n> Help', out: 'One\n\ntwo' },
  { name: 'quoted tail', in: 'Done.\r\n\r\nOn Mon, 2 Mar 2026, A wrote:\r\n> Help\r\n>\r\n> me\r\n', out: 'Done.' },
  { name: 'attribution over two lines', in: 'Done.\n\nOn Mon, 2 Mar 2026 at 10:00, A\n<a@e.kz> wrote:\n\n> Help', out: 'Done.' },
  { name: 'quoted tail without attribution', in: 'Done.\n> Help', out: 'Done.' },
  { name: 'quote in the middle', in: '> how?\nSo.', out: '> how?\nSo.' },
  { name: 'signature', in: 'Done.\n\n-- \nAnna\nSupport', out: 'Done.' },
  { name: 'signature between answer and quote', in: 'Done.\n-- \nAnna\n\nOn 2 May A wrote:\n> x', out: 'Done.' },
  { name: 'a long text below dashes is no signature', in: `a\n--\n${'b\n'.repeat(20)}`.trim(), out: `a\n--\n${'b\n'.repeat(20)}`.trim() },
  { name: 'original message', in: 'Done.\n\n-----Original Message-----\nFrom: A\nHelp', out: 'Done.' },
  { name: 'original message in Russian', in: 'Готово.\n________________________________\nОт: А\nОтправлено: вчера\nКому: Б\nТема: В\n\nx', out: 'Готово.' },
  { name: 'phone signature', in: 'Done.\n\nSent from my iPhone', out: 'Done.' },
  { name: 'phone signature in Russian', in: 'Готово.\n\nОтправлено с iPhone', out: 'Готово.' },
  { name: 'a line From: alone', in: 'Set it so:\nFrom: you\nthen send', out: 'Set it so:\nFrom: you\nthen send' },
  { name: 'a sentence with wrote', in: 'The author wrote:\nyes', out: 'The author wrote:\nyes' },
  { name: 'nothing but history', in: '> Help', out: '> Help' },
];

describe('trimming', () => {
  it.each(HTML)('HTML: $name', ({ in: html, out }) => {
    expect(fromHtml(html).text.text).toBe(out);
  });

  it.each(PLAIN)('plain: $name', ({ in: plain, out }) => {
    expect(fromPlain(plain).text).toBe(out);
  });

  it('does nothing when told so', () => {
    const html = 'Done.<div class="gmail_signature">Anna</div><blockquote type="cite">x</blockquote>';
    expect(fromHtml(html, { trimQuotes: false }).text.text).toBe('Done.\n\nx');
    expect(fromHtml(html, { trimSignature: false }).text.text).toBe('Done.\nAnna');
    expect(fromHtml(html, { trimQuotes: false, trimSignature: false }).text.text).toBe('Done.\nAnna\nx');
  });

  it('leaves out the pictures of what was cut', () => {
    const html = 'See <img src="a.png"><div class="gmail_signature"><img src="logo.png"></div><blockquote type="cite">x <img src="old.png"></blockquote>';
    expect(fromHtml(html).images.map((image) => image.source)).toEqual(['a.png']);
  });
});
