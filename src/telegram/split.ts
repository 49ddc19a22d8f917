/**
 * Cuts rich text into pieces that fit one message each. Pure, deterministic, linear in the text's length.
 *
 * A cut is searched in a window of `lengthMax` units: at the end of a paragraph, else of a line, a sentence, a word, all in the window's
 * second half; else at any white space; else between two grapheme clusters. Links, code and mentions that fit one piece are kept whole.
 */
import { richText, type RichText, type Span } from '../core/rich-text.js';
import { ENTITIES_MAX } from './entities.js';

/**
 * What shows nothing at all counts as empty: the server refuses such a message (tdlib, misc.cpp, `strip_empty_characters` and what
 * `clean_input_string` takes out before it).
 */
const INVISIBLE = /^[\u030a\u0333\u033f\s\p{Cc}\u180e\u200b-\u200f\u2028-\u202e\u2800\ufffc\u{e0000}-\u{e007f}]*$/u;

/** Pieces without white space at their ends, none empty or invisible, none longer than `lengthMax` UTF-16 units (at least 2). */
export function splitText(source: RichText, lengthMax: number): readonly RichText[] {
  const { text } = source;
  const slice = createSlicer(source);
  const whole = source.spans.filter((span) => WHOLE.has(span.type) && span.length <= lengthMax);
  const carrying = source.spans.filter((span) => CARRYING.has(span.type));
  const code = source.spans.filter((span) => span.type === 'pre');
  const pieces: RichText[] = [];
  let start = 0;
  for (;;) {
    start = skipBlank(text, start, code);
    if (start >= text.length) return pieces;
    const windowLength = Math.min(lengthMax, roomForSpans(carrying, start, lengthMax));
    const end = text.length - start <= windowLength ? text.length : start + findCut(text, start, windowLength, heldPlaces(whole, start, windowLength));
    const trimmed = text.slice(start, end).trimEnd().length;
    if (trimmed > 0 && !INVISIBLE.test(text.slice(start, start + trimmed))) pieces.push(slice(start, start + trimmed));
    start = end;
  }
}

/** Spans that lose their sense in two pieces. */
const WHOLE = new Set<Span['type']>(['link', 'code', 'pre', 'mention', 'emoji']);
/** Spans that carry something besides their look. */
const CARRYING = new Set<Span['type']>(['link', 'mention']);

/** Telegram trims messages. Inside a code block indentation stays and only line ends go. */
function skipBlank(text: string, from: number, code: readonly Span[]): number {
  const inside = findBlock(code, from);
  // Without the u flag: with it, a search from inside a surrogate pair begins before the pair.
  const blank = inside ? /\n*/y : /\s*/y;
  blank.lastIndex = from;
  blank.test(text);
  return blank.lastIndex;
}

/** Blocks of code do not overlap, so the last one that begins before `place` is the only candidate. */
function findBlock(blocks: readonly Span[], place: number): boolean {
  const block = blocks[lowerBound(blocks, place) - 1];
  return block !== undefined && place < block.offset + block.length;
}

/** How many spans begin before `place`. */
function lowerBound(spans: readonly Span[], place: number): number {
  let low = 0;
  let high = spans.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((spans[middle]?.offset ?? Infinity) < place) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** A piece ends before the span that would be one too many for a message. */
function roomForSpans(carrying: readonly Span[], start: number, lengthMax: number): number {
  const next = lowerBound(carrying, start);
  const last = carrying[next - 1];
  const goesOn = last !== undefined && last.offset + last.length > start ? 1 : 0;
  const tooMany = carrying[next + ENTITIES_MAX - goesOn];
  return tooMany === undefined || tooMany.offset <= start ? lengthMax : tooMany.offset - start;
}

/** For each place of the window: how many spans would be torn by a cut there. */
function heldPlaces(whole: readonly Span[], start: number, windowLength: number): Int32Array {
  const held = new Int32Array(windowLength + 2);
  // A span kept whole is no longer than a window, so it begins at most one window before.
  for (let index = lowerBound(whole, start - windowLength * 2); index < whole.length; index += 1) {
    const span = whole[index];
    if (span === undefined || span.offset >= start + windowLength) break;
    const end = span.offset + span.length - start;
    if (end <= 1) continue;
    const first = Math.max(span.offset - start + 1, 0);
    held[first] = (held[first] ?? 0) + 1;
    const last = Math.min(end, windowLength + 1);
    held[last] = (held[last] ?? 0) - 1;
  }
  for (let place = 1; place < held.length; place += 1) held[place] = (held[place] ?? 0) + (held[place - 1] ?? 0);
  return held;
}

const GRAPHEMES = new Intl.Segmenter('en', { granularity: 'grapheme' });
const BEST_RANK = 4;

/** How long the piece from `start` gets, at most `windowLength`. The text is longer than that. */
function findCut(text: string, start: number, windowLength: number, held: Int32Array): number {
  // The characters after the window say whether its end is a border.
  const window = text.slice(start, start + windowLength + 2);
  const segments = GRAPHEMES.segment(window);
  const isBorder = (place: number): boolean => segments.containing(place)?.index === place;
  const half = windowLength >> 1;
  const free = (place: number): boolean => held[place] === 0;
  let best = 0;
  let bestRank = 0;
  for (let place = windowLength; place > half && bestRank < BEST_RANK; place -= 1) {
    const rank = rankOf(window, place);
    if (rank > bestRank && free(place) && isBorder(place)) { best = place; bestRank = rank; }
  }
  if (best > 0) return best;
  const beforeHeld = lastFree(held, windowLength);
  if (beforeHeld < windowLength && beforeHeld > half) return toBorder(window, segments, beforeHeld);
  for (let place = half; place > 0; place -= 1) if (rankOf(window, place) > 0 && free(place) && isBorder(place)) return place;
  return toBorder(window, segments, beforeHeld > 0 ? beforeHeld : windowLength);
}

function lastFree(held: Int32Array, from: number): number {
  let place = from;
  while (place > 0 && held[place] !== 0) place -= 1;
  return place;
}

/** The nearest place at or before `place` that tears no grapheme cluster; a cluster longer than the window is cut between code points. */
function toBorder(window: string, segments: Intl.Segments, place: number): number {
  const border = segments.containing(place)?.index ?? place;
  if (border > 0) return border;
  const tearsPair = /[\ud800-\udbff]/.test(window.charAt(place - 1)) && /[\udc00-\udfff]/.test(window.charAt(place));
  if (!tearsPair) return place;
  return place > 1 ? place - 1 : place + 1;
}

/** Spaces that do not forbid a break. */
const isSpace = (char: string): boolean => /[^\S\u00a0\u202f\ufeff]/u.test(char);
const endsSentence = (char: string): boolean => /[.!?…。！？]/u.test(char);

/** 4 between paragraphs, 3 between lines, 2 between sentences, 1 between words, 0 elsewhere. */
function rankOf(window: string, place: number): number {
  const before = window.charAt(place - 1);
  const after = window.charAt(place);
  if (before === '\n' || after === '\n') {
    const paragraph = before === '\n' ? after === '\n' || window.charAt(place - 2) === '\n' : window.charAt(place + 1) === '\n';
    return paragraph ? BEST_RANK : 3;
  }
  if (isSpace(after)) return endsSentence(before) ? 2 : 1;
  if (isSpace(before)) return endsSentence(window.charAt(place - 2)) ? 2 : 1;
  return /[。！？]/u.test(before) ? 2 : 0;
}

/** `sliceText` for pieces taken from left to right: every span is looked at once for each piece it is in. */
function createSlicer(source: RichText): (start: number, end: number) => RichText {
  let next = 0;
  let open: Span[] = [];
  return (start, end) => {
    open = open.filter((span) => span.offset + span.length > start);
    for (let span = source.spans[next]; span !== undefined && span.offset < end; span = source.spans[next]) {
      if (span.offset + span.length > start) open.push(span);
      next += 1;
    }
    const spans = open.map((span) => {
      const from = Math.max(span.offset, start);
      return { ...span, offset: from - start, length: Math.min(span.offset + span.length, end) - from };
    });
    return richText(source.text.slice(start, end), spans);
  };
}
