import { describe, expect, it } from '@jest/globals';
import type { Span } from '../../src/core/rich-text.js';
import { fromHtml } from '../../src/markup/from-html.js';

/** Text with marks as `[type text]`, so that a table of cases stays readable. */
function shown(html: string): string {
  const { text: { text, spans } } = fromHtml(html, { trimQuotes: false, trimSignature: false });
  const render = (from: number, to: number, inner: readonly Span[]): string => {
    let out = '';
    let place = from;
    for (const span of inner) {
      if (span.offset < place) continue;
      const end = span.offset + span.length;
      const nested = inner.slice(inner.indexOf(span) + 1).filter((other) => other.offset >= span.offset && other.offset + other.length <= end);
      const detail = span.type === 'link' ? `=${span.url}` : span.type === 'pre' && span.language !== undefined ? `=${span.language}` : '';
      out += `${text.slice(place, span.offset)}[${span.type}${detail} ${render(span.offset, end, nested)}]`;
      place = end;
    }
    return out + text.slice(place, to);
  };
  return render(0, text.length, spans);
}

const CASES: readonly { name: string; in: string; out: string }[] = [
  { name: 'marks', in: '<b>a</b> <strong>b</strong> <i>c</i> <em>d</em> <u>e</u> <ins>f</ins> <s>g</s> <del>h</del> <strike>i</strike>',
    out: '[bold a] [bold b] [italic c] [italic d] [underline e] [underline f] [strikethrough g] [strikethrough h] [strikethrough i]' },
  { name: 'code marks', in: '<code>a</code> <tt>b</tt> <kbd>c</kbd> <samp>d</samp>', out: '[code a] [code b] [code c] [code d]' },
  { name: 'spoilers', in: '<span class="x tg-spoiler">a</span> <tg-spoiler>b</tg-spoiler> <span>c</span>', out: '[spoiler a] [spoiler b] c' },
  { name: 'nested marks', in: '<b>a <i>b</i></b>', out: '[bold a [italic b]]' },
  { name: 'marks that cross', in: '<b>a <i>b</b> c</i>', out: '[bold a [italic b]] c' },
  { name: 'pre keeps its white space', in: '<p>x</p><pre>\n a\n\n\n  b\n</pre>y', out: 'x\n\n[pre  a\n\n\n  b]\ny' },
  { name: 'pre with a language', in: '<pre><code class="hljs language-c++">a &lt; b</code></pre>', out: '[pre=c++ a < b]' },
  { name: 'pre keeps the address of a link', in: '<pre>see <a href="https://e.kz/a">here</a> or <a href="https://e.kz/b/">e.kz/b</a></pre>', out: '[pre see here (https://e.kz/a) or e.kz/b]' },
  { name: 'quotes', in: 'a<blockquote>b<br>c</blockquote>d', out: 'a\n[quote b\nc]\nd' },
  { name: 'safe links', in: '<a href="https://e.kz/?a=1&amp;b=2">x</a> <a href="mailto:a@e.kz">m</a> <a href="tel:+7701">t</a> <a href="tg://resolve?domain=a">g</a>',
    out: '[link=https://e.kz/?a=1&b=2 x] [link=mailto:a@e.kz m] [link=tel:+7701 t] [link=tg://resolve?domain=a g]' },
  { name: 'unsafe links keep their text', in: '<a href="javascript:alert(1)">a</a> <a href=" java\nscript:x">b</a> <a href="/c">c</a> <a name=d>d</a> <a href="data:text/html,x">e</a>',
    out: 'a b c d e' },
  { name: 'white space collapses', in: ' <p>  a \n\t b </p>\n\n  <p> c</p> ', out: 'a b\n\nc' },
  { name: 'space between marks is kept outside', in: '<b>a </b> <i> b</i>', out: '[bold a] [italic b]' },
  { name: 'hard spaces stay', in: 'a &nbsp; b', out: 'a   b' },
  { name: 'breaks and blocks', in: '<div>a</div><div>b<br></div><div><br></div><div>c</div>', out: 'a\nb\n\nc' },
  { name: 'at most one empty line', in: 'a<br><br><br><br>b<p></p><p>&nbsp;</p><p>c</p>', out: 'a\n\nb\n\nc' },
  { name: 'Outlook paragraphs', in: '<p class="MsoNormal">a</p><p class="MsoNormal">&nbsp;</p><p class="MsoNormal">b</p><p class="MsoNormal">c</p>', out: 'a\n\nb\nc' },
  { name: 'headings', in: 'a<h2>b <i>c</i></h2>d', out: 'a\n\n[bold b [italic c]]\n\nd' },
  { name: 'rule', in: 'a<hr>b', out: 'a\n———\nb' },
  { name: 'lists', in: '<p>x</p><ul><li>a<li><p>b</p><p>c</p></li></ul><ol start="3"><li>d</li><li>e<ul><li>f</li></ul></li></ol>y',
    out: 'x\n\n• a\n• b\n  c\n3. d\n4. e\n   • f\ny' },
  { name: 'lists that count otherwise', in: '<ol start="0"><li>a</li><li value="7">b</li><li>c</li></ol><ol type="a"><li>d</li><li>e</li></ol><ol type="I" start="4"><li>f</li></ol><ol reversed><li>g</li><li>h</li></ol><ol type="A" start="27"><li>i</li></ol>',
    out: '0. a\n7. b\n8. c\na. d\nb. e\nIV. f\n2. g\n1. h\nAA. i' },
  { name: 'raised and lowered', in: '10<sup>6</sup> m<sup>2</sup>, x<sup>2y</sup>, H<sub>2</sub>O, 1<sup>st</sup>, a<sub>max</sub>, as said<sup>[1]</sup>, <sup>see <a href="https://e.kz">2</a></sup>',
    out: '10⁶ m², x^(2y), H₂O, 1st, amax, as said[1], see [link=https://e.kz 2]' },
  { name: 'marks as styles', in: '<span style="text-decoration: line-through">old</span> <span style="color:red;FONT-WEIGHT:700; font-style:italic">new</span> <font style="text-decoration-line:underline">u</font> <span style="font-weight:400;background:url(x)">n</span>',
    out: '[strikethrough old] [italic [bold new]] [underline u] n' },
  { name: 'bold that is none', in: '<b style="font-weight:normal" id="docs-internal-guid-1">a <span style="font-weight:700">b</span></b>', out: 'a [bold b]' },
  { name: 'list of lists', in: 'x<ul><li><ul><li>a</li></ul></li></ul>', out: 'x\n  • a' },
  { name: 'dropped with content', in: 'a<script>b</script><style>c</style><template>d</template><title>e</title><!-- f --><p hidden>g</p><p style="display: none">h</p>i', out: 'ai' },
  { name: 'unknown tags keep their text', in: '<font color=red>a</font><o:p>b</o:p><custom-x>c</custom-x>', out: 'abc' },
  { name: 'entities', in: '&lt;b&gt; &amp;amp; &copy; &#1072; &#x1F600; &nosuch;', out: '<b> &amp; © а 😀 &nosuch;' },
  { name: 'small table', in: '<table><tr><th>Plan</th><th>Price</th></tr><tr><td>Basic</td><td>10 ₸</td></tr><tr><td>Pro</td><td>200 ₸</td></tr></table>',
    out: '[pre Plan   Price\n─────  ─────\nBasic  10 ₸\nPro    200 ₸]' },
  { name: 'wide table', in: `<table><thead><tr><td>Name</td><td>About</td></tr></thead><tbody><tr><td>A</td><td>${'x'.repeat(40)}</td></tr><tr><td>B</td><td><a href="https://e.kz">y</a></td></tr></tbody></table>`,
    out: `Name: A\nAbout: ${'x'.repeat(40)}\n\nName: B\nAbout: [link=https://e.kz y]` },
  { name: 'a cell over several rows is said in each', in: `<table><tr><th>Name</th><th>Size</th><th>Price</th></tr><tr><td rowspan="2">A ${'very '.repeat(6)}long name</td><td>S</td><td>1</td></tr><tr><td>L</td><td>2</td></tr></table>`,
    out: `Name: A ${'very '.repeat(6)}long name\nSize: S\nPrice: 1\n\nName: A ${'very '.repeat(6)}long name\nSize: L\nPrice: 2` },
  { name: 'a header over several columns, and two rows of headers', in: `<table><tr><th rowspan="2">Name</th><th colspan="2">Price</th></tr><tr><th>from</th><th>to</th></tr><tr><td>${'A'.repeat(40)}</td><td>1</td><td>2</td></tr></table>`,
    out: `Name: ${'A'.repeat(40)}\nPrice from: 1\nPrice to: 2` },
  { name: 'a value over several columns', in: `<table><tr><th>Name</th><th>Count</th><th>Price</th></tr><tr><td colspan="2">Sum of ${'x'.repeat(40)}</td><td>9</td></tr></table>`, out: `Name: Sum of ${'x'.repeat(40)}\nPrice: 9` },
  { name: 'spans in a narrow table', in: '<table><tr><th>Day</th><th colspan="2">Hours</th></tr><tr><td rowspan="2">Mon</td><td>9</td><td>13</td></tr><tr><td>14</td><td>18</td></tr></table>',
    out: '[pre Day  Hours\n───  ─────  ──\nMon  9      13\nMon  14     18]' },
  { name: 'spans that reach out of the table', in: '<table><tr><td rowspan="99">a</td><td colspan="-3">b</td></tr><tr><td rowspan="x">c</td></tr></table>', out: '[pre a  b\na  c]' },
  { name: 'layout table with spans', in: '<table role="presentation"><tr><td colspan="2" rowspan="2">a</td></tr><tr></tr><tr><td>b</td></tr></table>', out: 'a\nb' },
  { name: 'layout table', in: '<table><tr><td><p>a</p><p>b</p></td></tr><tr><td>c</td></tr></table>', out: 'a\n\nb\nc' },
  { name: 'names and values', in: `<table><tr><td>Order</td><td>${'7'.repeat(40)}</td></tr><tr><td>Sum:</td><td>5</td></tr></table>`, out: `Order: ${'7'.repeat(40)}\nSum: 5` },
  { name: 'pictures', in: 'a <img src="cid:1" alt="a plan"> <img src="x.png"> b <img alt="😀" src="e.png">', out: 'a [a plan] b 😀' },
  { name: 'pictures from elsewhere', in: '<img src="https://e.kz/x.png" alt="a plan"> <img src="http://e.kz:81/y.png?a=1"> <a href="https://e.kz"><img src="https://e.kz/l.png" alt="logo"></a> <img src="//e.kz/z.png" alt="z">',
    out: '[link=https://e.kz/x.png 🖼 a plan] [link=http://e.kz:81/y.png?a=1 🖼 e.kz:81] [link=https://e.kz 🖼 logo] [z]' },
  { name: 'control characters', in: 'a\u0000b\u0007c&#1;d', out: 'abcd' },
  { name: 'unclosed and stray', in: '</b><p>a<b>b', out: 'a[bold b]' },
  { name: 'no HTML at all', in: 'a < b & c', out: 'a < b & c' },
  { name: 'nothing', in: '', out: '' },
];

describe('HTML to rich text', () => {
  it.each(CASES)('$name', ({ in: html, out }) => {
    expect(shown(html)).toBe(out);
  });

  it('collects pictures that came along, but neither pixels nor emoji', () => {
    const html = 'a<img src="cid:1" alt="plan"><img src="p.gif" width="1" height="1"><img src="e.png" alt="🎉"><img src="https://e.kz/2.png"><p>b <img src="2.png"></p>';
    expect(fromHtml(html).images).toEqual([{ source: 'cid:1', alt: 'plan', offset: 1, length: 6 }, { source: '2.png', alt: '', offset: 19, length: 0 }]);
  });

  it('marks an expandable quote', () => {
    expect(fromHtml('<blockquote expandable>a</blockquote>').text.spans).toEqual([{ type: 'quote', expandable: true, offset: 0, length: 1 }]);
  });
});

const MEGABYTE = 1_000_000;
const HOSTILE: readonly { name: string; html: string }[] = [
  { name: 'a million open tags', html: '<b>'.repeat(MEGABYTE / 3) + 'x' },
  { name: 'open tags, then strays', html: '<b>'.repeat(MEGABYTE / 6) + '</i>'.repeat(MEGABYTE / 8) },
  { name: 'deep blocks', html: '<div>'.repeat(MEGABYTE / 10) + 'x' + '</div>'.repeat(MEGABYTE / 12) },
  { name: 'deep tables', html: '<table><tr><td>'.repeat(MEGABYTE / 15) + 'x' },
  { name: 'deep lists', html: '<ul><li>'.repeat(MEGABYTE / 8) + 'x' },
  { name: 'deep quotes with text', html: '<blockquote type=cite>a'.repeat(MEGABYTE / 24) },
  { name: 'many marks', html: '<b>a</b> '.repeat(MEGABYTE / 9) },
  { name: 'many signatures', html: '<div class=gmail_signature>a</div>b'.repeat(MEGABYTE / 36) },
  { name: 'one long tag', html: `<a ${'x="y" '.repeat(MEGABYTE / 6)}>b</a>` },
  { name: 'unclosed comment', html: '<!--'.repeat(MEGABYTE / 4) },
  { name: 'ampersands', html: '&'.repeat(MEGABYTE) },
  { name: 'open brackets', html: '<'.repeat(MEGABYTE) },
  { name: 'spaces', html: `a${' '.repeat(MEGABYTE)}b` },
  { name: 'header lines', html: 'From: a<br>'.repeat(MEGABYTE / 11) },
  { name: 'colons and digits', html: `${'1 '.repeat(190)}:<br>`.repeat(MEGABYTE / 390) },
  { name: 'cells over very many rows and columns', html: '<table>' + '<tr><td rowspan=9999 colspan=9999>a</td><td rowspan=50>b</td></tr>'.repeat(MEGABYTE / 68) },
  { name: 'many spanning tables', html: `<table><tr><td rowspan=9999>${'a'.repeat(90)}<td>b${'<tr><td>c'.repeat(30)}</table>`.repeat(MEGABYTE / 450) },
  { name: 'a long style', html: `<span style="${'font-weight:bold;'.repeat(MEGABYTE / 20)}">a</span>` },
  { name: 'raised many times', html: '<sup>2'.repeat(MEGABYTE / 6) },
  { name: 'a big table', html: `<table>${'<tr><td>a</td><td>b</td></tr>'.repeat(MEGABYTE / 29)}</table>` },
];

describe('hostile HTML', () => {
  it.each(HOSTILE)('takes bounded time for $name', ({ html }) => {
    const before = process.cpuUsage();
    expect(typeof fromHtml(html).text.text).toBe('string');
    const { user, system } = process.cpuUsage(before);
    // Quadratic work on a megabyte takes minutes.
    expect((user + system) / 1e6).toBeLessThan(5);
  });
});
