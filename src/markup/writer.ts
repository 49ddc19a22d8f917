/** What belongs here: putting text, marks and line breaks one after the other, with white space collapsed as HTML does. */
import type { Mark, RichText, Span } from '../core/rich-text.js';

/** Part of the text that may be trimmed, see trim.ts. */
export interface Region {
  readonly kind: 'quote' | 'history' | 'tail' | 'signature' | 'blockquote';
  readonly start: number;
  readonly end: number;
}

export interface Image {
  readonly source: string;
  readonly alt: string;
  /** Where in the text it stood, and how much of the text stands for it. */
  readonly offset: number;
  readonly length: number;
  /** The outermost region around it. */
  readonly inside?: Region['kind'];
}

/** Text in the making, with what is known about parts of it. */
export interface Rendered {
  readonly text: RichText;
  readonly regions: readonly Region[];
  readonly images: readonly Image[];
}

/** Bounds on what hostile input can make: further marks, regions and images are dropped, their text stays. */
const SPANS_MAX = 10_000;
const REGIONS_MAX = 200;
const IMAGES_MAX = 100;
const OPEN_MARKS_MAX = 32;

interface OpenRange {
  start: number | undefined;
}

export class Writer {
  private text = '';
  private readonly spans: Span[] = [];
  private readonly regions: Region[] = [];
  private readonly images: Image[] = [];
  private readonly open: OpenRange[] = [];
  private readonly openMarks: Mark['type'][] = [];
  /** Line breaks owed before the next character: 1 = new line, 2 = one empty line. */
  private breaks = 0;
  private spaceOwed = false;
  private hardSpacesOnly = false;
  private indent = '';
  private isGlued = false;
  private regionUnderWay: Region['kind'] | undefined;

  /** Text outside `pre`. A non-breaking space becomes a plain one that does not collapse. */
  write(raw: string): void {
    const text = raw.replace(/[ \t\n\r\f]+/g, ' ');
    if (this.atLineStart() && /^[ \u00a0]*$/.test(text)) {
      this.hardSpacesOnly ||= text.includes('\u00a0');
      return;
    }
    const body = text.replace(/^ | $/g, '');
    if (text.startsWith(' ')) this.spaceOwed = true;
    if (body !== '') {
      this.flush();
      this.put(body.replaceAll('\u00a0', ' '));
      this.spaceOwed = text.endsWith(' ');
    }
  }

  /** Text as it is. */
  writeRaw(text: string): void {
    if (text === '') return;
    this.flush();
    this.put(text);
  }

  /** A finished piece, as it is. */
  append(piece: Rendered): void {
    if (piece.text.text === '' && piece.images.length === 0) return;
    if (piece.text.text !== '') this.flush();
    const base = this.text.length;
    for (const region of piece.regions) this.addRegion({ ...region, start: region.start + base, end: region.end + base });
    for (const image of piece.images) this.addImage({ ...image, offset: image.offset + base });
    for (const span of piece.text.spans) this.addSpan({ ...span, offset: span.offset + base });
    if (piece.text.text !== '') this.put(piece.text.text);
  }

  /** `br`: one more line break, but never more than one empty line. */
  lineBreak(): void {
    this.spaceOwed = false;
    this.hardSpacesOnly = false;
    this.breaks = Math.min(2, this.breaks + 1);
  }

  /** The border of a block: at least this many line breaks. */
  block(breaks: 1 | 2): void {
    if (this.isGlued) return;
    // A block of nothing but a hard space is how mail programs write an empty line.
    if (this.hardSpacesOnly) this.lineBreak();
    this.spaceOwed = false;
    this.breaks = Math.max(this.breaks, breaks);
  }

  /** Runs `inside`; what it writes carries `mark`. */
  marked(mark: Mark, inside: () => void): void {
    if (this.openMarks.length >= OPEN_MARKS_MAX) return inside();
    this.openMarks.push(mark.type);
    const range = this.ranged(inside);
    this.openMarks.pop();
    if (range !== undefined) this.addSpan({ ...mark, offset: range.start, length: range.end - range.start });
  }

  /** Runs `inside`; what it writes is a region of this kind. */
  region(kind: Region['kind'], inside: () => void): void {
    const outer = this.regionUnderWay;
    this.regionUnderWay ??= kind;
    const range = this.ranged(inside);
    this.regionUnderWay = outer;
    if (range !== undefined) this.addRegion({ kind, ...range });
  }

  /** Runs `inside`; its lines start with `indent` more, except the one that is under way. */
  indented(indent: string, inside: () => void): void {
    const before = this.indent;
    this.indent = before + indent;
    inside();
    this.indent = before;
  }

  /** Runs `inside`; the breaks it asks for before its first character are ignored: it goes on in the line under way. */
  glued(inside: () => void): void {
    this.isGlued = this.breaks === 0;
    inside();
    this.isGlued = false;
  }

  /** A picture, and the words that stand for it; they are not broken. */
  image(source: string, alt: string, label: string): void {
    this.write(label);
    this.addImage({ source, alt, offset: this.text.length - label.length, length: label.length });
  }

  /** Whether what is written now carries such a mark. */
  isMarked(type: Mark['type']): boolean {
    return this.openMarks.includes(type);
  }

  finish(): Rendered {
    const spans = this.spans.sort((a, b) => a.offset - b.offset || b.length - a.length);
    return { text: { text: this.text, spans }, regions: this.regions, images: this.images };
  }

  private ranged(inside: () => void): { start: number; end: number } | undefined {
    const range: OpenRange = { start: undefined };
    this.open.push(range);
    inside();
    this.open.pop();
    return range.start === undefined ? undefined : { start: range.start, end: this.text.length };
  }

  private atLineStart(): boolean {
    return this.text === '' || this.breaks > 0;
  }

  /** Pays the breaks or the space that are owed. */
  private flush(): void {
    if (this.atLineStart()) this.text += (this.text === '' ? '' : '\n'.repeat(this.breaks)) + this.indent;
    else if (this.spaceOwed) this.text += ' ';
    this.breaks = 0;
    this.spaceOwed = false;
    this.hardSpacesOnly = false;
    this.isGlued = false;
  }

  private put(text: string): void {
    for (let index = this.open.length - 1; index >= 0; index -= 1) {
      const range = this.open[index];
      if (range === undefined || range.start !== undefined) break;
      range.start = this.text.length;
    }
    this.text += text;
  }

  private addSpan(span: Span): void {
    if (this.spans.length < SPANS_MAX) this.spans.push(span);
  }

  private addRegion(region: Region): void {
    if (this.regions.length < REGIONS_MAX) this.regions.push(region);
  }

  private addImage(image: Image): void {
    const inside = this.regionUnderWay ?? image.inside;
    if (this.images.length < IMAGES_MAX) this.images.push(inside === undefined ? image : { ...image, inside });
  }
}
