/**
 * Which marks Telegram takes inside which: https://core.telegram.org/bots/api#formatting-options. The server leaves out what breaks a rule
 * (tdlib, MessageEntity.cpp, fix_entities), and with it the address of a link, so the choice of what gives way is made here. Pure.
 */
import type { Span } from '../core/rich-text.js';

/** Spans that carry something besides their look: everything else gives way to them. */
const CARRYING = new Set<Span['type']>(['link', 'mention']);
const CODE = new Set<Span['type']>(['pre', 'code']);

/**
 * From spans that are sorted and nest to spans that may stand in one message once they are sorted and nest again: no quote in a quote; no
 * link, mention or code in another or around a quote; no decoration on code. What has to give way is cut around what stays.
 */
export function untangle(spans: readonly Span[]): readonly Span[] {
  const of = (...types: readonly Span['type'][]): readonly Span[] => spans.filter((span) => types.includes(span.type));
  const quotes = outermost(of('quote'));
  const borders = quotes.flatMap((quote) => [quote.offset, endOf(quote)]);
  const carriers = innermost(of('link', 'mention')).flatMap((span) => cutAt(span, borders));
  const blocks = outermost(of('pre')).flatMap((span) => cutAround(span, carriers)).flatMap((span) => cutAt(span, borders));
  const taken = [...carriers, ...blocks].sort(byPlace);
  const code = outermost(of('code')).flatMap((span) => cutAround(span, taken)).flatMap((span) => cutAt(span, borders));
  const exclusive = [...taken, ...code].sort(byPlace);
  const emoji = of('emoji').filter((span) => isWhole(cutAround(span, exclusive), span));
  const plain = exclusive.filter((span) => CODE.has(span.type));
  const looks = spans.filter((span) => span.type !== 'quote' && span.type !== 'emoji' && !CARRYING.has(span.type) && !CODE.has(span.type));
  // Once it is cut, a decoration around a quote would cross the quote's border.
  const cutLook = (span: Span): readonly Span[] => {
    const pieces = cutAround(span, plain);
    return isWhole(pieces, span) ? pieces : pieces.flatMap((piece) => cutAt(piece, borders));
  };
  return [...quotes, ...looks.flatMap(cutLook), ...exclusive, ...emoji];
}

function endOf(span: Span): number {
  return span.offset + span.length;
}

function byPlace(a: Span, b: Span): number {
  return a.offset - b.offset || b.length - a.length;
}

function isWhole(pieces: readonly Span[], span: Span): boolean {
  return pieces.length === 1 && pieces[0]?.length === span.length;
}

function outermost(spans: readonly Span[]): readonly Span[] {
  let end = 0;
  return spans.filter((span) => {
    if (span.offset < end) return false;
    end = endOf(span);
    return true;
  });
}

/** What of each span is not inside another one. */
function innermost(spans: readonly Span[]): readonly Span[] {
  const pieces: Span[] = [];
  const open: Span[] = [];
  let place = 0;
  const writeTo = (end: number): void => {
    const span = open.at(-1);
    if (span !== undefined && end > place) pieces.push({ ...span, offset: place, length: end - place });
    place = Math.max(place, end);
  };
  const closeTo = (position: number): void => {
    for (let last = open.at(-1); last !== undefined && endOf(last) <= position; last = open.at(-1)) {
      writeTo(endOf(last));
      open.pop();
    }
  };
  for (const span of spans) {
    closeTo(span.offset);
    writeTo(span.offset);
    open.push(span);
  }
  closeTo(Infinity);
  return pieces;
}

/** `holes` are sorted and disjoint. */
function cutAround(span: Span, holes: readonly Span[]): readonly Span[] {
  const pieces: Span[] = [];
  let place = span.offset;
  for (let index = firstEndingAfter(holes, place); index < holes.length; index += 1) {
    const hole = holes[index];
    if (hole === undefined || hole.offset >= endOf(span)) break;
    if (hole.offset > place) pieces.push({ ...span, offset: place, length: hole.offset - place });
    place = Math.max(place, endOf(hole));
  }
  if (endOf(span) > place) pieces.push({ ...span, offset: place, length: endOf(span) - place });
  return pieces;
}

function firstEndingAfter(holes: readonly Span[], place: number): number {
  let low = 0;
  let high = holes.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const hole = holes[middle];
    if (hole !== undefined && endOf(hole) <= place) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** `places` are sorted. */
function cutAt(span: Span, places: readonly number[]): readonly Span[] {
  const inside = places.filter((place) => place > span.offset && place < endOf(span));
  return [span.offset, ...inside].map((from, index) => ({ ...span, offset: from, length: (inside[index] ?? endOf(span)) - from })).filter((piece) => piece.length > 0);
}
