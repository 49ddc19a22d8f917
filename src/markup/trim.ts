/** What belongs here: cutting quoted mail history and signatures, and never everything. */
import { joinTexts, sliceText, trimText, type RichText } from '../core/rich-text.js';
import { attributionStart, isForwarded, tailStart } from './trim-lines.js';
import type { Image, Region, Rendered } from './writer.js';

export interface TrimOptions {
  /** Cut quoted mail history. Default true. A quote that somebody wrote inside an answer stays. */
  readonly trimQuotes?: boolean;
  /** Cut the signature. Default true. */
  readonly trimSignature?: boolean;
}

interface Wanted {
  readonly quotes: boolean;
  readonly signature: boolean;
}

interface Range {
  readonly start: number;
  readonly end: number;
}

export interface Trimmed {
  readonly text: RichText;
  readonly images: readonly Image[];
}

export function trimMail(rendered: Rendered, options: TrimOptions): Trimmed {
  const wanted = { quotes: options.trimQuotes ?? true, signature: options.trimSignature ?? true };
  for (const attempt of [wanted, { ...wanted, signature: false }]) {
    if (!attempt.quotes && !attempt.signature) continue;
    const trimmed = cutAll(rendered, attempt);
    if (trimmed.text.text !== '' || trimmed.images.length > 0) return trimmed;
  }
  const whole = pieceOf(rendered, { start: 0, end: rendered.text.text.length }, 0);
  return { text: whole.text, images: rendered.images.map((image) => placed(image, [whole], whole.text.text.length)) };
}

function cutAll(rendered: Rendered, wanted: Wanted): Trimmed {
  const cuts = regionCuts(rendered, wanted);
  const kept = complement(cuts, rendered.text.text.length);
  const pieces: Piece[] = [];
  for (const range of kept) pieces.push(pieceOf(rendered, range, pieces.filter((piece) => piece.text.text !== '').at(-1)?.next ?? 0));
  const text = joinTexts(pieces.map((piece) => piece.text), GAP);
  const end = tailStart(text.text, wanted, cuts.length > 0);
  // The last kept stretch is the one in which the tail was cut, so its end is known from the length that went.
  const lastEnd = (kept.at(-1)?.end ?? 0) - (text.text.length - end);
  const images = rendered.images.filter((image) => isShown(image, wanted)
    && kept.some((range) => image.offset >= range.start && image.offset <= Math.min(range.end, lastEnd)));
  const left = end === text.text.length ? text : trimText(sliceText(text, 0, end));
  return { text: left, images: images.map((image) => placed(image, pieces, left.text.length)) };
}

const GAP = '\n\n';

/** A stretch that is kept, without white space at its ends, and where it stands in what is left. */
interface Piece {
  readonly range: Range;
  readonly text: RichText;
  /** Of the first character that is kept. */
  readonly from: number;
  readonly at: number;
  /** Where the next piece stands. */
  readonly next: number;
}

function pieceOf(rendered: Rendered, range: Range, at: number): Piece {
  const slice = sliceText(rendered.text, range.start, range.end);
  const text = trimText(slice);
  const blank = slice.text.length - slice.text.trimStart().length;
  return { range, text, from: range.start + blank, at, next: at + text.text.length + GAP.length };
}

/** The same picture at its place in what is left, which is `length` long. */
function placed(image: Image, pieces: readonly Piece[], length: number): Image {
  const piece = pieces.findLast(({ range }) => image.offset >= range.start);
  if (piece === undefined) return { ...image, offset: 0, length: 0 };
  const place = (offset: number): number => Math.min(length, piece.at + Math.min(Math.max(0, offset - piece.from), piece.text.text.length));
  const offset = place(image.offset);
  return { ...image, offset, length: place(image.offset + image.length) - offset };
}

function isShown(image: Image, wanted: Wanted): boolean {
  if (image.inside === undefined || image.inside === 'blockquote') return true;
  return image.inside === 'signature' ? !wanted.signature : !wanted.quotes;
}

/** What of the regions goes: looked at from the end, so that a signature below a quote does not make the quote look like part of the answer. */
function regionCuts(rendered: Rendered, wanted: Wanted): readonly Range[] {
  const text = rendered.text.text;
  const cuts: Range[] = [];
  let tail = text.length;
  for (const region of [...rendered.regions].sort((a, b) => b.end - a.end || a.start - b.start)) {
    if (region.start >= tail) continue;
    const cut = cutOf(region, text, tail, wanted);
    if (cut === undefined) continue;
    cuts.push(cut);
    if (onlySpaceBetween(text, cut.end, tail)) tail = cut.start;
  }
  return cuts;
}

function cutOf(region: Region, text: string, tail: number, wanted: Wanted): Range | undefined {
  if (region.kind === 'signature') return wanted.signature ? region : undefined;
  if (!wanted.quotes || isForwarded(text, region.start)) return undefined;
  if (region.kind === 'tail') return { start: region.start, end: text.length };
  const attribution = attributionStart(text, region.start);
  if (attribution !== undefined) return { start: attribution, end: region.end };
  if (region.kind === 'history') return region;
  return region.kind === 'quote' && onlySpaceBetween(text, region.end, tail) ? region : undefined;
}

function onlySpaceBetween(text: string, start: number, end: number): boolean {
  const space = /[\s—_]*/y;
  space.lastIndex = start;
  space.exec(text);
  return space.lastIndex >= end;
}

function complement(cuts: readonly Range[], length: number): readonly Range[] {
  const kept: Range[] = [];
  let place = 0;
  for (const cut of [...cuts].sort((a, b) => a.start - b.start)) {
    if (cut.start > place) kept.push({ start: place, end: cut.start });
    place = Math.max(place, cut.end);
  }
  if (place < length) kept.push({ start: place, end: length });
  return kept;
}
