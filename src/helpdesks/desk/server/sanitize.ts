/** What belongs here: what may stand in a comment. Everything not listed goes; its text stays, except that of scripts and styles. */
import { Parser } from 'htmlparser2';

export interface CleanHtml {
  readonly html: string;
  /** The same without marks: line breaks between blocks, one line for each list item. */
  readonly text: string;
}

const KEPT = new Set([
  'p', 'div', 'br', 'hr', 'b', 'strong', 'i', 'em', 'u', 'ins', 's', 'strike', 'del', 'code', 'pre', 'blockquote', 'ul', 'ol', 'li', 'a', 'span',
  'h1', 'h2', 'h3', 'h4', 'h5', 'h6', 'table', 'thead', 'tbody', 'tr', 'th', 'td', 'sub', 'sup', 'tg-spoiler', 'details', 'summary',
]);
const VOID = new Set(['br', 'hr']);
const BLOCKS = new Set(['p', 'div', 'br', 'hr', 'pre', 'blockquote', 'ul', 'ol', 'li', 'h1', 'h2', 'h3', 'h4', 'h5', 'h6', 'table', 'tr']);
/** Their text is not for readers. */
const SILENT = new Set(['script', 'style', 'title', 'textarea', 'noscript', 'iframe', 'object', 'embed', 'template', 'svg', 'math', 'select']);
const LINK = /^(https?:\/\/|mailto:|tel:|tg:(\/\/)?resolve\?)/i;
const LINK_LENGTH_MAX = 2048;
const DEPTH_MAX = 40;

/** A picture that is one of the desk's own files. */
const OWN_PICTURE = /^cid:[0-9a-f]{32}$/;

/**
 * Never throws; the result holds only the tags above and pictures from among the desk's files, and the attributes `href` of links, `class`
 * of code and spoilers, and what counts list items and spans table cells.
 */
export function cleanHtml(source: string): CleanHtml {
  const out: string[] = [];
  const text: string[] = [];
  const open: string[] = [];
  let silent = 0;
  const newLine = (): void => {
    if (text.length > 0 && text.at(-1) !== '\n') text.push('\n');
  };
  const parser = new Parser({
    onopentag(name, attributes) {
      if (SILENT.has(name)) silent += 1;
      if (silent > 0) return;
      if (BLOCKS.has(name)) newLine();
      if (name === 'img') return void addPicture(attributes, out, text);
      if (!KEPT.has(name) || open.length >= DEPTH_MAX) return;
      out.push(`<${name}${attributesOf(name, attributes)}>`);
      if (!VOID.has(name)) open.push(name);
    },
    ontext(words) {
      if (silent === 0) addText(words, out, text);
    },
    onclosetag(name) {
      if (SILENT.has(name)) silent = Math.max(0, silent - 1);
      else if (silent === 0) close(name, open, out);
      if (silent === 0 && BLOCKS.has(name)) newLine();
    },
  }, { decodeEntities: true, lowerCaseTags: true, recognizeSelfClosing: true });
  parser.end(source);
  while (open.length > 0) out.push(`</${open.pop()}>`);
  return { html: out.join(''), text: text.join('').replace(/[^\S\n]+/g, ' ').replace(/\n{3,}/g, '\n\n').trim() };
}

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

export function escapeHtml(words: string): string {
  return words.replace(/[&<>"']/g, (sign) => ESCAPES[sign] ?? '');
}

function addText(words: string, out: string[], text: string[]): void {
  out.push(escapeHtml(words));
  if (words !== '') text.push(words);
}

function addPicture({ src = '', alt = '' }: Readonly<Record<string, string>>, out: string[], text: string[]): void {
  if (!OWN_PICTURE.test(src)) return addText(alt, out, text);
  out.push(`<img src="${src}" alt="${escapeHtml(alt)}">`);
  if (alt !== '') text.push(alt);
}

/** Closes `name` where it is open, and whatever is open inside it. */
function close(name: string, open: string[], out: string[]): void {
  if (VOID.has(name) || !open.includes(name)) return;
  for (let top = open.pop(); top !== undefined; top = open.pop()) {
    out.push(`</${top}>`);
    if (top === name) return;
  }
}

function attributesOf(name: string, attributes: Readonly<Record<string, string>>): string {
  const href = attributes['href']?.trim() ?? '';
  if (name === 'a' && LINK.test(href) && href.length <= LINK_LENGTH_MAX) return ` href="${escapeHtml(href)}" rel="noopener noreferrer nofollow"`;
  const className = attributes['class'] ?? '';
  if (name === 'code' && /^language-[\w+#.-]{1,32}$/.test(className)) return ` class="${escapeHtml(className)}"`;
  if (name === 'span' && /^(tg-)?spoiler$/.test(className)) return ' class="tg-spoiler"';
  if (name === 'blockquote') return 'expandable' in attributes ? ' expandable=""' : '';
  return (COUNTS[name] ?? []).map((each) => countOf(each, attributes[each])).join('');
}

/** Without these numbers a list or a table says something else. */
const COUNTS: Readonly<Record<string, readonly string[]>> = {
  ol: ['start', 'type', 'reversed'], li: ['value'], td: ['colspan', 'rowspan'], th: ['colspan', 'rowspan'],
};

function countOf(name: string, value: string | undefined): string {
  if (value === undefined) return '';
  if (name === 'reversed') return ' reversed=""';
  const allowed = name === 'type' ? /^[1aAiI]$/ : name === 'colspan' || name === 'rowspan' ? /^\d{1,4}$/ : /^-?\d{1,9}$/;
  return allowed.test(value) ? ` ${name}="${value}"` : '';
}
