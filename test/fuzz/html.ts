/** What belongs here: HTML as nobody should write it and everybody does: trees, and soups of tags. */
import fc from 'fast-check';

const SPACES = [' ', '  ', '\n', '\t', '&nbsp;', '\u00a0', '\r\n', '\u2003', '\u200b', '\u3000'];
const WORDS = ['a', 'word', 'Привет', 'сәлем', 'שלום', 'مرحبا', '日本語。', '👍', '👨‍👩‍👧', '🇰🇿', 'e\u0301', '42', '10:30', '2026', 'anna@example.kz', '<anna@example.kz>',
  'https://e.kz/a?b=1', '@anna', '#tag', '/start', '$5', '—', '-- ', '---', '> ', '>>', '***', '______', '&amp;', '&lt;b&gt;', '&#1072;', '&#x1F600;', '&#0;', '&#55357;',
  '&#xD83D;&#xDE00;', '&nosuch;', '&', '<', '</', '<!', '&#', '\u0000', '\u0007', '\u202e', '\u2067', '\u2066', '\ufeff', '\u2800', '\u200d', '\ufffc', '\ud83d', '\ude00',
  '\u2028', '\u030a', 'From: Anna', 'Sent: Monday', 'To: Bob', 'Subject: x', 'wrote:', 'On 2 Mar 2026, Anna wrote:', 'Анна писал(а):', '-----Original Message-----',
  'Begin forwarded message:', 'Sent from my iPhone', '[', ']', '|', '{{name}}', '${X}', ']]>', '-->'];
const INLINE = ['b', 'strong', 'i', 'em', 'u', 's', 'del', 'code', 'kbd', 'tt', 'a', 'a', 'span', 'font', 'sub', 'tg-spoiler', 'q', 'small', 'o:p', 'label', 'abbr'];
const BLOCKS = ['p', 'div', 'div', 'blockquote', 'blockquote', 'pre', 'h1', 'h3', 'ul', 'ol', 'li', 'table', 'tr', 'td', 'th', 'tbody', 'thead', 'dl', 'dt', 'dd', 'section',
  'center', 'details', 'summary', 'form', 'figure', 'caption', 'body', 'html', 'listing'];
const VOID = ['br', 'br', 'hr', 'img', 'input', 'meta', 'col', 'wbr', 'base', 'area'];
const ODD = ['script', 'style', 'template', 'svg', 'math', 'iframe', 'textarea', 'select', 'object', 'title', 'noscript', 'plaintext', 'xmp', '__proto__', 'constructor', 'x', '?', '!'];
const TAGS = [...INLINE, ...BLOCKS, ...VOID, ...ODD];

const URLS = ['https://example.kz/a?b=1&c=2', 'http://example.kz', 'HTTPS://EXAMPLE.KZ/Ы', 'mailto:a@e.kz', 'tel:+77010000000', 'tg://resolve?domain=a', 'tg://user?id=42', 'http://rt/Ticket/1',
  'http://localhost:8081/', 'https://[::1]/x', 'https://e.kz:0/', 'http://u:p@e.kz/', 'https://e.kz:99999/', 'https://пример.қаз/', 'http://e%2ekz/', 'https://e.kz/%zz', 'https://e.kz/\u202e',
  '//e.kz/x', '/relative', '#top', '', 'javascript:alert(1)', ' java\nscript:alert(1)', 'data:text/html,x', 'vbscript:x', 'file:///etc/passwd', 'cid:1', 'https://', 'http://a b.kz/',
  'https://e.kz/\ud83d', 'https://e..kz', 'http://1/', 'http://127.0.0.1/', 'http://e_f.kz', 'tg:', 'tg:resolve?domain=a', 'ton://x', `https://e.kz/${'x'.repeat(3000)}`];
const ATTRIBUTES = ['href', 'href', 'src', 'alt', 'class', 'class', 'id', 'style', 'type', 'width', 'height', 'start', 'title', 'hidden', 'expandable', 'role', 'colspan', 'name', 'onclick', 'dir',
  '__proto__', 'constructor', 'xmlns', 'x'];
const VALUES = [...URLS, 'gmail_quote', 'gmail_signature', 'gmail_attr', 'x_gmail_quote', 'moz-cite-prefix', 'moz-signature', 'tg-spoiler', 'MsoNormal', 'p1', 'language-ts', 'language-"><b>',
  'divRplyFwdMsg', 'appendonsend', 'Signature', 'OutlookMessageHeader', 'display:none', 'display : NONE', 'margin:0', 'cite', 'presentation', '1', '0', '-1', '99999999999', 'NaN', 'rtl', 'x y z', '👍',
  '\ud83d', '"', "'", '>', '&quot;', '\u0000'];

const text = fc.array(fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...WORDS) }, { weight: 2, arbitrary: fc.constantFrom(...SPACES) }), { maxLength: 6 }).map((pieces) => pieces.join(''));
const attribute = fc.tuple(fc.constantFrom(...ATTRIBUTES), fc.constantFrom(...VALUES), fc.constantFrom('"', "'", '', 'open')).map(([name, value, quote]) => (
  quote === 'open' ? ` ${name}="${value}` : quote === '' ? ` ${name}=${value.replace(/\s/g, '')}` : ` ${name}=${quote}${value.replaceAll(quote, '')}${quote}`
));
const attributes = fc.array(attribute, { maxLength: 3 }).map((list) => list.join(''));
const goodAttributes = fc.array(attribute.filter((one) => /=(["']).*\1$/s.test(one)), { maxLength: 3 }).map((list) => list.join(''));

const other = fc.oneof(
  text.map((inside) => `<!--${inside}-->`), text.map((inside) => `<!--${inside}`), text.map((inside) => `<![CDATA[${inside}]]>`), fc.constantFrom('<!DOCTYPE html>', '<?xml version="1.0"?>', '<![if !mso]>', '<![endif]>', '<!---->', '<!-->'),
);

const words = fc.array(fc.constantFrom('a', 'word', 'Привет', '👍', 'e\u0301', ' ', ' ', '<br>', '10:30', 'https://e.kz/a'), { minLength: 1, maxLength: 4 }).map((pieces) => pieces.join(''));
const MARKS = ['b', 'i', 'u', 's', 'code', 'tg-spoiler', 'pre', 'blockquote', 'blockquote expandable', 'pre class="language-ts"', 'span', 'p', 'div', 'h2', 'li'];
const wrap = (opening: string, inside: string): string => `<${opening}>${inside}</${opening.split(' ')[0] ?? ''}>`;

/** Well-formed, as editors write it; marks, links, blocks, lists and tables in any order, some of it where it must not be. */
const { tree } = fc.letrec<{ tree: string; node: string }>((tie) => {
  const rows = fc.tuple(fc.constantFrom('th', 'td'), fc.array(fc.array(tie('tree'), { maxLength: 3 }), { maxLength: 3 }));
  const cellsOf = (name: string, cells: readonly string[]): string => cells.map((cell) => wrap(name, cell)).join('');
  return {
    tree: fc.array(tie('node'), { minLength: 1, maxLength: 4 }).map((nodes) => nodes.join('')),
    node: fc.oneof(
      { maxDepth: 5 },
      { weight: 5, arbitrary: words },
      { weight: 2, arbitrary: text },
      { weight: 6, arbitrary: fc.tuple(fc.constantFrom(...MARKS), tie('tree')).map(([name, inside]) => wrap(name, inside)) },
      { weight: 4, arbitrary: fc.tuple(fc.constantFrom(...URLS), tie('tree')).map(([url, inside]) => wrap(`a href="${url}"`, inside)) },
      { weight: 2, arbitrary: fc.tuple(fc.constantFrom(...TAGS), goodAttributes, tie('tree')).map(([name, given, inside]) => `<${name}${given}>${inside}</${name}>`) },
      { weight: 1, arbitrary: fc.tuple(fc.constantFrom(...VOID), goodAttributes).map(([name, given]) => `<${name}${given}>`) },
      { weight: 1, arbitrary: other },
      { weight: 1, arbitrary: fc.tuple(fc.constantFrom('ul', 'ol'), fc.array(tie('tree'), { maxLength: 3 })).map(([name, items]) => wrap(name, items.map((item) => wrap('li', item)).join(''))) },
      { weight: 1, arbitrary: rows.map(([name, lines]) => wrap('table', lines.map((cells, row) => wrap('tr', cellsOf(row === 0 ? name : 'td', cells))).join(''))) },
      { weight: 1, arbitrary: fc.tuple(tie('tree'), tie('tree')).map(([answer, old]) => (
        `${answer}<div class="gmail_quote"><div class="gmail_attr">On 2 Mar 2026 A wrote:</div><blockquote>${old}</blockquote></div>`)) },
    ),
  };
});

/** Tags that nobody closed, or nobody opened. */
const token = fc.oneof(
  { weight: 4, arbitrary: text },
  { weight: 3, arbitrary: fc.tuple(fc.constantFrom(...TAGS), attributes).map(([name, given]) => `<${name}${given}>`) },
  { weight: 3, arbitrary: fc.constantFrom(...TAGS).map((name) => `</${name}>`) },
  { weight: 1, arbitrary: fc.constantFrom(...TAGS).map((name) => `<${name}/>`) },
  { weight: 1, arbitrary: other },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 8 }) },
);
const soup = fc.array(token, { maxLength: 25 }).map((tokens) => tokens.join(''));

/** Far too much of something: long text, deep or many elements. */
const excess = fc.tuple(fc.constantFrom(...TAGS), goodAttributes, text, fc.constantFrom(1, 30, 120, 400, 3_000), fc.boolean()).map(([name, given, inside, times, nested]) => (
  nested ? `<${name}${given}>`.repeat(times) + inside + `</${name}>`.repeat(times) : `<${name}${given}>${inside}x</${name}> `.repeat(Math.min(times, 2_000))
));
const long = fc.tuple(tree, fc.integer({ min: 20, max: 600 })).map(([once, times]) => once.repeat(Math.min(times, Math.ceil(20_000 / (once.length + 1)))));

export const anyHtml = fc.oneof({ weight: 12, arbitrary: tree }, { weight: 6, arbitrary: soup }, { weight: 1, arbitrary: excess }, { weight: 1, arbitrary: long });
/** A few tokens, to be repeated until it hurts. */
export const htmlTokens = fc.array(token, { minLength: 1, maxLength: 5 }).map((tokens) => tokens.join('')).filter((tokens) => tokens !== '');
