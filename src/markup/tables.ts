/** What belongs here: tables as text that reads well on a phone. */
import { joinTexts, markText, plainText, trimText, type RichText } from '../core/rich-text.js';
import type { Element } from './tree.js';
import { Writer, type Rendered } from './writer.js';

/** Characters of a line in a fixed-width font that a narrow phone shows without breaking it. */
const FIXED_WIDTH_MAX = 36;

interface Cell {
  readonly content: Rendered;
  readonly header: boolean;
  /** This place belongs to the cell before it, or above it, which stands over several. */
  readonly covered?: 'across' | 'down';
}
type Row = readonly Cell[];

/** Bounds on what hostile input can make: places beyond them are not kept free, and longer texts are not repeated. */
const COVERED_MAX = 1_000;
const REPEATED_ROWS_MAX = 20;
const REPEATED_LENGTH_MAX = 100;

/**
 * Data tables become aligned text in `pre` when they are narrow and plain, else lines of `header: value`. Tables that only lay out
 * a page (one column, or cells of several lines) become their cells, one after the other. A cell over several rows is said in each of them.
 */
export function renderTable(table: Element, renderCell: (cell: Element) => Rendered): Rendered {
  const rows = placeCells(rowsOf(table), renderCell);
  if (isLayout(table, rows)) return stacked(rows);
  const filled = rows.filter((row) => row.some((cell) => textOf(cell) !== ''));
  const text = aligned(filled) ?? (headerRows(filled) > 0 ? labelled(filled) : joined(filled));
  // A table stays whole: its pictures come behind it.
  const images = rows.flat().flatMap((cell) => cell.content.images.map((image) => ({ ...image, offset: text.text.length, length: 0 })));
  return { text, regions: [], images };
}

function rowsOf(table: Element): readonly (readonly Element[])[] {
  return table.children.flatMap((node) => {
    if (typeof node === 'string') return [];
    if (/^(thead|tbody|tfoot|colgroup)$/.test(node.name)) return rowsOf(node).map((row) => (node.name === 'thead' ? row.map(asHeader) : row));
    if (node.name === 'tr') return [node.children.filter((child): child is Element => typeof child !== 'string')];
    return node.name === 'col' ? [] : [[node]];
  });
}

function asHeader(cell: Element): Element {
  return { ...cell, name: 'th' };
}

/** What a cell leaves for the rows below it, in one column. */
interface Hanging {
  readonly cell: Cell;
  readonly rows: number;
  readonly repeats: number;
}

/** Each cell in its column: what hangs down from rows above comes first. */
function placeCells(rows: readonly (readonly Element[])[], renderCell: (cell: Element) => Rendered): readonly Row[] {
  const hanging = new Map<number, Hanging>();
  let room = COVERED_MAX;
  return rows.map((elements, index) => {
    const row: Cell[] = [];
    for (const element of elements) {
      hangDown(row, hanging);
      const [columns, lines] = [spanOf(element, 'colspan'), Math.min(spanOf(element, 'rowspan'), rows.length - index)];
      const covered = columns * lines - 1;
      const fits = covered <= room;
      if (fits) room -= covered;
      place({ content: renderCell(element), header: element.name === 'th' }, fits ? columns : 1, fits ? lines : 1, { row, hanging });
    }
    hangDown(row, hanging);
    return row;
  });
}

function hangDown(row: Cell[], hanging: Map<number, Hanging>): void {
  for (let above = hanging.get(row.length); above !== undefined; above = hanging.get(row.length)) {
    const { cell, rows, repeats } = above;
    if (rows > 1) hanging.set(row.length, { cell, rows: rows - 1, repeats: repeats - 1 });
    else hanging.delete(row.length);
    row.push(repeats > 0 ? cell : { ...cell, content: EMPTY });
  }
}

function place(cell: Cell, columns: number, lines: number, { row, hanging }: { readonly row: Cell[]; readonly hanging: Map<number, Hanging> }): void {
  const again: Cell = { header: cell.header, content: repeatable(cell.content) };
  for (let column = 0; column < columns; column += 1) {
    const isFirst = column === 0;
    if (lines > 1) hanging.set(row.length, { cell: { ...again, covered: isFirst ? 'down' : 'across' }, rows: lines - 1, repeats: REPEATED_ROWS_MAX });
    row.push(isFirst ? cell : { ...again, covered: 'across' });
  }
}

const EMPTY: Rendered = { text: plainText(''), regions: [], images: [] };

/** What is said again: not what is long, and no picture. */
function repeatable({ text }: Rendered): Rendered {
  return text.text.length > REPEATED_LENGTH_MAX ? EMPTY : { ...EMPTY, text };
}

function spanOf(cell: Element, name: 'colspan' | 'rowspan'): number {
  const span = Number.parseInt(cell.attributes[name] ?? '', 10);
  return span > 1 ? Math.min(span, COVERED_MAX) : 1;
}

function textOf(cell: Cell): string {
  return cell.content.text.text;
}

function isLayout(table: Element, rows: readonly Row[]): boolean {
  const used = rows.map((row) => row.filter((cell) => cell.covered === undefined && textOf(cell) !== '').length);
  return /^(presentation|none)$/.test(table.attributes['role'] ?? '') || used.every((count) => count <= 1)
    || rows.some((row) => row.some((cell) => textOf(cell).includes('\n')));
}

function stacked(rows: readonly Row[]): Rendered {
  const writer = new Writer();
  for (const cell of rows.flat()) {
    if (cell.covered !== undefined) continue;
    writer.block(1);
    writer.append(cell.content);
  }
  return writer.finish();
}

/** How many rows at the top are headers; none when nothing stands below them. */
function headerRows(rows: readonly Row[]): number {
  const first = rows.findIndex((row) => !row.every((cell) => cell.header));
  return Math.max(0, first);
}

function aligned(rows: readonly Row[]): RichText | undefined {
  if (rows.length < 2 || rows.some((row) => row.some((cell) => cell.content.text.spans.some((span) => span.type !== 'bold')))) return undefined;
  const lines = rows.map((row) => row.map((cell) => (cell.covered === 'across' ? '' : textOf(cell))));
  const columns = Math.max(...lines.map((line) => line.length));
  const widths = Array.from({ length: columns }, (_, column) => Math.max(...lines.map((line) => widthOf(line[column] ?? ''))));
  if (widths.reduce((sum, width) => sum + width + 2, -2) > FIXED_WIDTH_MAX) return undefined;
  const drawn = lines.map((line) => widths.map((width, column) => pad(line[column] ?? '', width)).join('  ').trimEnd());
  const headers = headerRows(rows);
  if (headers > 0) drawn.splice(headers, 0, widths.map((width) => '─'.repeat(width)).join('  '));
  return markText(plainText(drawn.join('\n')), { type: 'pre' });
}

function pad(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - widthOf(text)));
}

function widthOf(text: string): number {
  return [...text].length;
}

/** One block of `header: value` lines for each row. */
function labelled(rows: readonly Row[]): RichText {
  const headers = rows.slice(0, headerRows(rows));
  const blocks = rows.slice(headers.length).map((row) => (
    joinTexts(row.map((cell, column) => (cell.covered === 'across' ? EMPTY.text : pair(labelOf(headers, column), cell.content.text))), '\n')));
  return joinTexts(blocks, '\n\n');
}

/** Of several rows of headers each says a part: `Price`, and `from` below it. */
function labelOf(headers: readonly Row[], column: number): RichText {
  const parts = headers.flatMap((row) => row[column] ?? []).filter((cell) => cell.covered !== 'down').map((cell) => trimText(cell.content.text));
  return joinTexts(parts, ' ');
}

function pair(header: RichText | undefined, value: RichText): RichText {
  if (value.text === '' || header === undefined || header.text === '') return value;
  return joinTexts([header, value], header.text.endsWith(':') ? ' ' : ': ');
}

/** No header: two columns are names and values, more are cells side by side. */
function joined(rows: readonly Row[]): RichText {
  return joinTexts(rows.map((row) => {
    const texts = row.filter((cell) => cell.covered !== 'across').map((cell) => cell.content.text);
    return texts.length === 2 ? pair(texts[0], texts[1] ?? plainText('')) : joinTexts(texts, ' | ');
  }), '\n');
}
