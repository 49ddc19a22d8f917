/**
 * What belongs here: rich text as one string plus spans over it, and the pure operations that keep it well-formed.
 *
 * Offsets and lengths count UTF-16 code units, as JavaScript strings and Telegram entities do. In a RichText made by
 * `richText()` spans lie inside the text, never are empty, are sorted (by offset, the longer first) and nest: two spans are
 * disjoint or one holds the other. Lists and tables are plain text by then; there is no span for them.
 */

export type Mark =
  | { readonly type: 'bold' | 'italic' | 'underline' | 'strikethrough' | 'spoiler' | 'code' }
  | { readonly type: 'pre'; readonly language?: string }
  | { readonly type: 'link'; readonly url: string }
  /** A person without a public name. `person` is opaque. */
  | { readonly type: 'mention'; readonly person: string }
  | { readonly type: 'quote'; readonly expandable?: boolean }
  | { readonly type: 'emoji'; readonly emoji: string };

export type Span = Mark & { readonly offset: number; readonly length: number };

export interface RichText {
  readonly text: string;
  readonly spans: readonly Span[];
}

export const EMPTY_TEXT: RichText = { text: '', spans: [] };

/** Text with no marks. */
export function plainText(text: string): RichText {
  return { text, spans: [] };
}

/** Makes well-formed rich text: clamps spans to the text, drops empty ones, sorts them, cuts crossing ones so that they nest. */
export function richText(text: string, spans: readonly Span[]): RichText {
  if (spans.length === 0) return plainText(text);
  const inside = spans.map((span) => clamp(span, text.length)).filter((span) => span.length > 0);
  return { text, spans: nest(inside.sort(byPlace)) };
}

/** The piece from `start` up to `end`; spans are cut at its borders. */
export function sliceText(source: RichText, start: number, end: number = source.text.length): RichText {
  const spans = source.spans
    .map((span) => {
      const from = Math.max(span.offset, start);
      const to = Math.min(span.offset + span.length, end);
      return { ...span, offset: from - start, length: to - from };
    })
    .filter((span) => span.length > 0);
  return richText(source.text.slice(start, end), spans);
}

/** One after the other, with `separator` between non-empty pieces. */
export function joinTexts(pieces: readonly RichText[], separator = ''): RichText {
  let text = '';
  const spans: Span[] = [];
  for (const piece of pieces) {
    if (piece.text === '') continue;
    if (text !== '') text += separator;
    for (const span of piece.spans) spans.push({ ...span, offset: span.offset + text.length });
    text += piece.text;
  }
  return richText(text, spans);
}

/** Without white space at both ends. */
export function trimText(source: RichText): RichText {
  const start = source.text.length - source.text.trimStart().length;
  const end = source.text.trimEnd().length;
  return start === 0 && end === source.text.length ? source : sliceText(source, start, Math.max(start, end));
}

/** Puts one mark over the whole text. */
export function markText(source: RichText, mark: Mark): RichText {
  return richText(source.text, [{ ...mark, offset: 0, length: source.text.length }, ...source.spans]);
}

export function isEmptyText(source: RichText): boolean {
  return source.text.trim() === '';
}

function clamp(span: Span, textLength: number): Span {
  const offset = Math.min(Math.max(0, span.offset), textLength);
  const end = Math.min(Math.max(offset, span.offset + span.length), textLength);
  return { ...span, offset, length: end - offset };
}

function byPlace(a: Span, b: Span): number {
  return a.offset - b.offset || b.length - a.length;
}

/** Cuts each span that crosses the end of one around it: the head stays inside, the tail starts anew behind it. */
function nest(sorted: readonly Span[]): readonly Span[] {
  const done: Span[] = [];
  const waiting = [...sorted];
  const open: number[] = []; // ends of the spans around the current place, outermost first
  for (let span = waiting.shift(); span !== undefined; span = waiting.shift()) {
    while (open.length > 0 && (open.at(-1) ?? 0) <= span.offset) open.pop();
    const limit = open.at(-1) ?? Infinity;
    const end = span.offset + span.length;
    if (end <= limit) {
      done.push(span);
      open.push(end);
      continue;
    }
    done.push({ ...span, length: limit - span.offset });
    open.push(limit);
    const tail = { ...span, offset: limit, length: end - limit };
    const place = waiting.findIndex((other) => byPlace(tail, other) <= 0);
    waiting.splice(place === -1 ? waiting.length : place, 0, tail);
  }
  return done;
}
