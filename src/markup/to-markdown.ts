/** What belongs here: rich text to GitHub-flavoured Markdown. */
import { richText, sliceText, type RichText, type Span } from '../core/rich-text.js';
import { fromMarkdown } from './from-markdown.js';
import { safeUrl } from './links.js';

/**
 * Marks that Markdown does not know (underline, spoiler, mention, custom emoji) become their text. Every character that would mean
 * something is escaped; a single line break stays one.
 */
export function toMarkdown(source: RichText): string {
  const text = richText(source.text, source.spans);
  const blocks: string[] = [];
  let place = 0;
  for (const span of text.spans) {
    if ((span.type !== 'pre' && span.type !== 'quote') || span.offset < place) continue;
    const end = span.offset + span.length;
    blocks.push(paragraphs(sliceText(text, place, span.offset)));
    const inner = sliceText(text, span.offset, end);
    blocks.push(span.type === 'pre' ? fence(inner.text, span.language) : quoted(inner));
    place = end;
  }
  blocks.push(paragraphs(sliceText(text, place)));
  return blocks.filter((block) => block !== '').join('\n\n');
}

function fence(code: string, language = ''): string {
  const longest = Math.max(2, ...(code.match(/`+/g) ?? []).map((run) => run.length));
  const ticks = '`'.repeat(longest + 1);
  return `${ticks}${/^[\w#+.-]{0,40}$/.test(language) ? language : ''}\n${code}\n${ticks}`;
}

function quoted(inner: RichText): string {
  const spans = inner.spans.filter((span) => span.type !== 'quote');
  return toMarkdown(richText(inner.text, spans)).split('\n').map((line) => (line === '' ? '>' : `> ${line}`)).join('\n');
}

/** Lines of text; each line has its marks to itself, because Markdown's do not reach over a paragraph. */
function paragraphs(source: RichText): string {
  const lines: string[] = [];
  let start = 0;
  for (const line of source.text.split('\n')) {
    const end = start + line.length;
    lines.push(lineOf(lineSpans(source.spans, start, end), line));
    start = end + 1;
  }
  // Two spaces at the end of a line keep a single line break in every dialect.
  return lines.map((line, index) => (line !== '' && (lines[index + 1] ?? '') !== '' ? `${line}  ` : line)).join('\n').replace(/\n{3,}/g, '\n\n')
    .replace(/^\n+|\n+$/g, '');
}

/**
 * Asterisks beside punctuation or each other may mean nothing in Markdown and then stand there for all to see: marks that would are left
 * out, decorations first.
 */
function lineOf(spans: readonly Span[], line: string): string {
  for (const kept of [spans, spans.filter((span) => span.type === 'link' || span.type === 'code')]) {
    const marked = startEscaped(inline(kept, line));
    if (kept.length === 0 || withoutSpace(fromMarkdown(marked).text) === withoutSpace(line)) return marked;
  }
  return startEscaped(escape(line));
}

function withoutSpace(text: string): string {
  return text.replace(/\s/g, '');
}

/** The spans inside one line, without the white space at their ends (`** a**` is no emphasis). */
function lineSpans(spans: readonly Span[], start: number, end: number): readonly Span[] {
  return spans.filter((span) => span.offset < end && span.offset + span.length > start)
    .map((span) => {
      const from = Math.max(span.offset, start);
      return { ...span, offset: from - start, length: Math.min(span.offset + span.length, end) - from };
    });
}

function inline(spans: readonly Span[], line: string): string {
  let markdown = '';
  let place = 0;
  for (const span of spans) {
    if (span.offset < place) continue;
    const whole = line.slice(span.offset, span.offset + span.length);
    const inner = whole.trim();
    if (inner === '') continue;
    const offset = span.offset + whole.indexOf(inner);
    const end = offset + inner.length;
    const nested = spans.slice(spans.indexOf(span) + 1).filter((other) => other.offset < end && other.offset + other.length > offset);
    markdown += escape(line.slice(place, offset)) + wrapped(span, lineSpans(nested, offset, end), inner);
    place = end;
  }
  return markdown + escape(line.slice(place));
}

function wrapped(span: Span, nested: readonly Span[], inner: string): string {
  switch (span.type) {
    case 'bold': return `**${inline(nested, inner)}**`;
    case 'italic': return `*${inline(nested, inner)}*`;
    case 'strikethrough': return `~~${inline(nested, inner)}~~`;
    case 'code': return code(inner);
    case 'link': return link(span.url, inline(nested, inner));
    default: return inline(nested, inner);
  }
}

function code(text: string): string {
  const longest = Math.max(0, ...(text.match(/`+/g) ?? []).map((run) => run.length));
  const ticks = '`'.repeat(longest + 1);
  const space = text.startsWith('`') || text.endsWith('`') ? ' ' : '';
  return ticks + space + text + space + ticks;
}

function link(raw: string, label: string): string {
  const url = safeUrl(raw);
  return url === undefined ? label : `[${label}](<${url.replace(/[<>\\]/g, (character) => encodeURIComponent(character))}>)`;
}

function escape(text: string): string {
  return text.replace(/[\\`*_[\]<>~|&!]/g, '\\$&');
}

/** What means something only where a line starts. */
function startEscaped(line: string): string {
  return line.replace(/^\s+/, (space) => '\u00a0'.repeat(space.length)).replace(/^(\u00a0*)([#+=-])/, '$1\\$2').replace(/^(\u00a0*\d{1,9})([.)])/, '$1\\$2');
}
