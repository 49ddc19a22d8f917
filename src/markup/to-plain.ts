/** What belongs here: rich text to text without marks, for helpdesks that take nothing else. */
import { richText, type RichText, type Span } from '../core/rich-text.js';

/** Links as `label (url)`, or the address alone where that is the label; quoted lines start with `> `. Other marks are dropped. */
export function toPlain(source: RichText): string {
  const { text, spans } = richText(source.text, source.spans);
  const inserts = [...spans.flatMap((span) => linkInserts(text, span)), ...spans.flatMap((span) => quoteInserts(text, span))];
  let plain = '';
  let place = 0;
  for (const insert of inserts.sort((a, b) => a.offset - b.offset)) {
    plain += text.slice(place, insert.offset) + insert.text;
    place = insert.offset;
  }
  return plain + text.slice(place);
}

interface Insert {
  readonly offset: number;
  readonly text: string;
}

function linkInserts(text: string, span: Span): readonly Insert[] {
  if (span.type !== 'link') return [];
  const label = text.slice(span.offset, span.offset + span.length);
  return bare(label) === bare(span.url) ? [] : [{ offset: span.offset + span.length, text: ` (${span.url})` }];
}

/** What is left of an address when it is written the short way. */
function bare(address: string): string {
  return address.trim().toLowerCase().replace(/^(https?:\/\/|mailto:|tel:)/, '').replace(/\/$/, '');
}

function quoteInserts(text: string, span: Span): readonly Insert[] {
  if (span.type !== 'quote') return [];
  const end = span.offset + span.length;
  // A quote has lines to itself, wherever it was put.
  const isMidLine = (place: number): boolean => place > 0 && place < text.length && text[place - 1] !== '\n' && text[place] !== '\n';
  const startsLine = span.offset === 0 || text[span.offset - 1] === '\n';
  const inserts: Insert[] = [{ offset: span.offset, text: startsLine ? '> ' : '\n> ' }, ...(isMidLine(end) ? [{ offset: end, text: '\n' }] : [])];
  for (let at = text.indexOf('\n', span.offset); at !== -1 && at + 1 < end; at = text.indexOf('\n', at + 1)) {
    inserts.push({ offset: at + 1, text: '> ' });
  }
  return inserts;
}
