/** What belongs here: tables as text that reads well on a phone. */
import { joinTexts, markText, plainText, trimText, type RichText } from '../core/rich-text.js';
import type { Element } from './tree.js';
import { Writer, type Rendered } from './writer.js';

/** Characters of a line in a fixed-width font that a narrow phone shows without breaking it. */
const FIXED_WIDTH_MAX = 36;

interface Cell {
  readonly content: Rendered;
  readonly header: boolean;
}
type Row = readonly Cell[];

/**
 * Data tables become aligned text in `pre` when they are narrow and plain, else lines of `header: value`. Tables that only lay out
 * a page (one column, or cells of several lines) become their cells, one after the other.
 */
export function renderTable(table: Element, renderCell: (cell: Element) => Rendered): Rendered {
  const rows = rowsOf(table, renderCell);
  if (isLayout(table, rows)) return stacked(rows);
  const filled = rows.filter((row) => row.some((cell) => cell.content.text.text !== ''));
  const text = aligned(filled) ?? (hasHeader(filled) ? labelled(filled) : joined(filled));
  // A table stays whole: its pictures come behind it.
  const images = rows.flat().flatMap((cell) => cell.content.images.map((image) => ({ ...image, offset: text.text.length, length: 0 })));
  return { text, regions: [], images };
}

function rowsOf(table: Element, renderCell: (cell: Element) => Rendered): readonly Row[] {
  const rows: Row[] = [];
  for (const node of table.children) {
    if (typeof node === 'string') continue;
    if (/^(thead|tbody|tfoot|colgroup)$/.test(node.name)) rows.push(...rowsOf(node, renderCell));
    else if (node.name === 'tr') {
      const cells = node.children.filter((child): child is Element => typeof child !== 'string');
      rows.push(cells.map((cell) => ({ content: renderCell(cell), header: cell.name === 'th' || table.name === 'thead' })));
    } else if (node.name !== 'col') rows.push([{ content: renderCell(node), header: false }]);
  }
  return rows;
}

function isLayout(table: Element, rows: readonly Row[]): boolean {
  const used = rows.map((row) => row.filter((cell) => cell.content.text.text !== '').length);
  return /^(presentation|none)$/.test(table.attributes['role'] ?? '') || used.every((count) => count <= 1)
    || rows.some((row) => row.some((cell) => cell.content.text.text.includes('\n')));
}

function stacked(rows: readonly Row[]): Rendered {
  const writer = new Writer();
  for (const row of rows) {
    for (const cell of row) {
      writer.block(1);
      writer.append(cell.content);
    }
  }
  return writer.finish();
}

function hasHeader(rows: readonly Row[]): boolean {
  return rows.length > 1 && (rows[0] ?? []).every((cell) => cell.header);
}

function aligned(rows: readonly Row[]): RichText | undefined {
  if (rows.length < 2 || rows.some((row) => row.some((cell) => cell.content.text.spans.some((span) => span.type !== 'bold')))) return undefined;
  const lines = rows.map((row) => row.map((cell) => cell.content.text.text));
  const columns = Math.max(...lines.map((line) => line.length));
  const widths = Array.from({ length: columns }, (_, column) => Math.max(...lines.map((line) => widthOf(line[column] ?? ''))));
  if (widths.reduce((sum, width) => sum + width + 2, -2) > FIXED_WIDTH_MAX) return undefined;
  const drawn = lines.map((line) => widths.map((width, column) => pad(line[column] ?? '', width)).join('  ').trimEnd());
  if (hasHeader(rows)) drawn.splice(1, 0, widths.map((width) => '─'.repeat(width)).join('  '));
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
  const [headers = [], ...records] = rows;
  const blocks = records.map((row) => joinTexts(row.map((cell, column) => pair(headers[column]?.content.text, cell.content.text)), '\n'));
  return joinTexts(blocks, '\n\n');
}

function pair(header: RichText | undefined, value: RichText): RichText {
  if (value.text === '' || header === undefined || header.text === '') return value;
  return joinTexts([trimText(header), value], header.text.endsWith(':') ? ' ' : ': ');
}

/** No header: two columns are names and values, more are cells side by side. */
function joined(rows: readonly Row[]): RichText {
  return joinTexts(rows.map((row) => {
    const texts = row.map((cell) => cell.content.text);
    return texts.length === 2 ? pair(texts[0], texts[1] ?? plainText('')) : joinTexts(texts, ' | ');
  }), '\n');
}
