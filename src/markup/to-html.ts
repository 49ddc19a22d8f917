/** What belongs here: rich text to HTML that is safe in any helpdesk: few tags, everything escaped, only safe links. */
import { richText, type RichText, type Span } from '../core/rich-text.js';
import { safeUrl } from './links.js';

interface Tag {
  readonly open: string;
  readonly close: string;
}

/** For marks over the same stretch: what must stand outside. */
const RANK: Readonly<Record<Span['type'], number>> = {
  quote: 0, pre: 1, link: 2, mention: 3, bold: 4, italic: 5, underline: 6, strikethrough: 7, spoiler: 8, code: 9, emoji: 10,
};

/**
 * Line breaks become `br`; several spaces, and spaces where HTML would drop them, become hard ones. `fromHtml` gives the same text and
 * marks back, except mentions and custom emoji, which become their text.
 */
export function toHtml(source: RichText): string {
  const { text, spans } = richText(source.text, source.spans);
  const borders = { starts: new Set<number>(), ends: new Set<number>() };
  const shown = spans.map((span) => ({ span, tag: tagOf(span) })).filter((each): each is { span: Span; tag: Tag } => each.tag !== undefined);
  shown.sort((a, b) => a.span.offset - b.span.offset || b.span.length - a.span.length || RANK[a.span.type] - RANK[b.span.type]);
  for (const { span } of shown) {
    borders.starts.add(span.offset);
    borders.ends.add(span.offset + span.length);
  }
  let html = '';
  let place = 0;
  const open: { end: number; close: string; type: Span['type'] }[] = [];
  const writeTo = (end: number): void => {
    html += open.at(-1)?.type === 'pre' ? escape(text.slice(place, end)) : flow(text, place, end, borders);
    place = end;
  };
  const closeTo = (position: number): void => {
    for (let last = open.at(-1); last !== undefined && last.end <= position; last = open.at(-1)) {
      writeTo(last.end);
      html += last.close;
      open.pop();
      // The line break after a block is in the block already.
      if (isBlock(last.close) && text[place] === '\n' && (open.at(-1)?.end ?? Infinity) > place) place += 1;
    }
  };
  for (const { span, tag } of shown) {
    closeTo(span.offset);
    // Neither marks inside `pre` nor a link inside a link: a parser would take them apart.
    if (open.at(-1)?.type === 'pre' || (span.type === 'link' && open.some((outer) => outer.type === 'link'))) continue;
    if (span.offset > place) writeTo(span.offset);
    html += tag.open;
    open.push({ end: span.offset + span.length, close: tag.close, type: span.type });
  }
  closeTo(text.length);
  writeTo(text.length);
  return html;
}

function isBlock(close: string): boolean {
  return close === '</blockquote>' || close.endsWith('</pre>');
}

function tagOf(span: Span): Tag | undefined {
  switch (span.type) {
    case 'bold': return simple('b');
    case 'italic': return simple('i');
    case 'underline': return simple('u');
    case 'strikethrough': return simple('s');
    case 'code': return simple('code');
    case 'spoiler': return { open: '<span class="tg-spoiler">', close: '</span>' };
    case 'quote': return { open: span.expandable === true ? '<blockquote expandable>' : '<blockquote>', close: '</blockquote>' };
    case 'pre': return preformatted(span.language);
    case 'link': return link(span.url);
    case 'mention': case 'emoji': return undefined;
  }
}

function simple(name: string): Tag {
  return { open: `<${name}>`, close: `</${name}>` };
}

function preformatted(language: string | undefined): Tag {
  // A parser drops the first line break of `pre`; with this one there always is one to drop.
  if (language === undefined || !/^[\w#+.-]{1,40}$/.test(language)) return { open: '<pre>\n', close: '</pre>' };
  return { open: `<pre><code class="language-${language}">`, close: '</code></pre>' };
}

function link(raw: string): Tag | undefined {
  const url = safeUrl(raw);
  return url === undefined ? undefined : { open: `<a href="${escape(url)}">`, close: '</a>' };
}

/** Text outside `pre`, from `start` up to `end`. */
function flow(text: string, start: number, end: number, borders: { starts: ReadonlySet<number>; ends: ReadonlySet<number> }): string {
  return text.slice(start, end).replace(/[\n\t &<>"']/g, (character, offset: number) => {
    const place = start + offset;
    if (character === '\n') return '<br>';
    if (character !== ' ' && character !== '\t') return escape(character);
    const collapses = place === 0 || /\s/.test(text[place - 1] ?? '') || /\s/.test(text[place + 1] ?? '\n')
      || borders.starts.has(place) || borders.ends.has(place + 1);
    return collapses ? '&nbsp;' : ' ';
  });
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}
