/** What belongs here: HTML, as mail programs and helpdesk editors write it, to rich text. The other files of this room are its helpers or the way back. */
import type { Mark, RichText } from '../core/rich-text.js';
import { regionOf } from './regions.js';
import { safeUrl } from './links.js';
import { createMarkers, isUnmarked, shiftedText, styledMarks } from './styles.js';
import { renderTable } from './tables.js';
import { parseHtml, type Element, type Node } from './tree.js';
import { trimMail, type TrimOptions } from './trim.js';
import { Writer, type Rendered } from './writer.js';

export interface PlacedImage {
  /** As written: `cid:…`, `data:…` or relative. Pictures with an address of their own are links in the text. */
  readonly source: string;
  readonly alt: string;
  /** The place in the text, and how many units of it stand for the picture: its name in brackets, or nothing. */
  readonly offset: number;
  readonly length: number;
}

export interface HtmlResult {
  readonly text: RichText;
  /** Pictures that came along, in what is left of the text, at most 100, in order. */
  readonly images: readonly PlacedImage[];
  /** The sources of those in what was cut. */
  readonly cutImages: readonly string[];
}

const DROPPED = new Set(['script', 'style', 'template', 'title', 'svg', 'math', 'object', 'iframe', 'select', 'textarea', 'noframes']);
const PARAGRAPHS = new Set(['p', 'h1', 'h2', 'h3', 'h4', 'h5', 'h6', 'dl', 'fieldset', 'figure']);
const BLOCKS = new Set(['div', 'section', 'article', 'header', 'footer', 'main', 'nav', 'aside', 'address', 'form', 'center', 'dt', 'figcaption',
  'caption', 'tr', 'details', 'summary', 'body', 'html']);
const MARK_BY_ELEMENT: Readonly<Record<string, Mark>> = {
  b: { type: 'bold' }, strong: { type: 'bold' }, i: { type: 'italic' }, em: { type: 'italic' }, cite: { type: 'italic' },
  u: { type: 'underline' }, ins: { type: 'underline' }, s: { type: 'strikethrough' }, del: { type: 'strikethrough' },
  strike: { type: 'strikethrough' }, code: { type: 'code' }, tt: { type: 'code' }, kbd: { type: 'code' }, samp: { type: 'code' },
  'tg-spoiler': { type: 'spoiler' },
};
const EMOJI = /^\p{Extended_Pictographic}/u;

/**
 * Converts any HTML, well-formed or not. Headings become bold lines; lists and tables become plain text; what is not known is dropped and
 * its text kept; scripts, styles and hidden elements are dropped whole. Quoted mail history and signatures are cut unless an option
 * says otherwise, or nothing else would be left. Never throws; time is linear in the length of `html`.
 */
export function fromHtml(html: string, options: TrimOptions = {}): HtmlResult {
  const writer = new Writer();
  walk(parseHtml(clean(html)).children, writer, 0);
  const rendered = writer.finish();
  const { text, images } = trimMail(rendered, options);
  const left = new Set(images.map((image) => image.source));
  return { text, cutImages: rendered.images.map((image) => image.source).filter((source) => !left.has(source)), images: images.map(({ source, alt, offset, length }) => ({ source, alt, offset, length })) };
}

/** Plain text of a mail: line ends as `\n`, quoted history and signature cut as in `fromHtml`. */
export function fromPlain(plain: string, options: TrimOptions = {}): RichText {
  const text = clean(plain).replace(/[ \t]+$/gm, '').replace(/\n{3,}/g, '\n\n');
  return trimMail({ text: { text, spans: [] }, regions: [], images: [] }, options).text;
}

/** No lone surrogates (they break JSON on the other side), no control characters, one kind of line end. */
function clean(raw: string): string {
  return raw.replace(/\r\n?/g, '\n').replace(/\p{Surrogate}/gu, '\uFFFD').replace(/[^\P{Cc}\n\t]/gu, '');
}

function walk(nodes: readonly Node[], writer: Writer, listDepth: number): void {
  for (const node of nodes) {
    if (typeof node === 'string') writer.write(clean(node));
    else if (!isHidden(node)) inRegion(node, writer, () => element(node, writer, listDepth));
  }
}

function inRegion(node: Element, writer: Writer, inside: () => void): void {
  const kind = regionOf(node);
  if (kind === undefined) inside();
  else writer.region(kind, inside);
}

function element(node: Element, writer: Writer, listDepth: number): void {
  const inside = (): void => walk(node.children, writer, listDepth);
  if (isWordMarker(node)) return writer.writeRaw(`${wordMarker(textOf(node))} `);
  const marks = marksOf(node);
  if (marks.length > 0) inMarks(marks, writer, inside);
  else if (node.name === 'sup' || node.name === 'sub') shifted(node, writer, inside);
  else if (node.name === 'br') writer.lineBreak();
  else if (node.name === 'img') image(node, writer);
  else if (node.name === 'hr') asBlock(writer, 1, () => writer.writeRaw('———'));
  else if (node.name === 'pre' || node.name === 'listing') preformatted(node, writer);
  else if (node.name === 'blockquote') quote(node, writer, inside);
  else if (node.name === 'table') asBlock(writer, 1, () => writer.append(renderTable(node, renderCell)));
  else if (node.name === 'ul' || node.name === 'ol' || node.name === 'menu') list(node, writer, listDepth);
  else if (node.name === 'li' || node.name === 'dd') item(node, writer, listDepth, '• ');
  else if (/^h[1-6]$/.test(node.name)) asBlock(writer, 2, () => writer.marked({ type: 'bold' }, inside));
  else if (PARAGRAPHS.has(node.name)) asBlock(writer, isTightParagraph(node) || listDepth > 0 ? 1 : 2, inside);
  else if (BLOCKS.has(node.name)) asBlock(writer, 1, inside);
  else inside();
}

function asBlock(writer: Writer, breaks: 1 | 2, inside: () => void): void {
  writer.block(breaks);
  inside();
  writer.block(breaks);
}

function renderCell(cell: Element): Rendered {
  const writer = new Writer();
  walk(cell.children, writer, 0);
  return writer.finish();
}

function marksOf(node: Element): readonly Mark[] {
  if (node.name === 'a') {
    const url = safeUrl(node.attributes['href']);
    return url === undefined ? [] : [{ type: 'link', url }];
  }
  if (node.name === 'span' || node.name === 'font') return classesOf(node).includes('tg-spoiler') ? [{ type: 'spoiler' }] : styledMarks(node);
  const mark = Object.hasOwn(MARK_BY_ELEMENT, node.name) ? MARK_BY_ELEMENT[node.name] : undefined;
  return mark === undefined || (mark.type === 'bold' && isUnmarked(node)) ? [] : [mark];
}

function inMarks([mark, ...others]: readonly Mark[], writer: Writer, inside: () => void): void {
  if (mark === undefined) inside();
  else writer.marked(mark, () => inMarks(others, writer, inside));
}

function shifted(node: Element, writer: Writer, inside: () => void): void {
  const text = shiftedText(node);
  if (text === undefined) inside();
  else writer.write(text);
}

/** Lists: `• ` or `1. `, inner lists further in, lines of one item under each other. */
function list(node: Element, writer: Writer, listDepth: number): void {
  writer.block(1);
  const markerOf = createMarkers(node);
  for (const child of node.children) {
    if (typeof child === 'string' || child.name !== 'li') walk([child], writer, listDepth + 1);
    else inRegion(child, writer, () => item(child, writer, listDepth, markerOf(child)));
  }
  writer.block(1);
}

function item(node: Element, writer: Writer, listDepth: number, marker: string): void {
  writer.block(1);
  // A list right inside an item without text of its own gets no empty marker.
  if (!startsWithList(node)) writer.writeRaw(marker);
  // Telegram shows leading spaces; more than a few levels would leave no room on a phone.
  const indent = listDepth < 6 ? ' '.repeat(marker.length) : '';
  writer.glued(() => writer.indented(indent, () => walk(node.children, writer, listDepth + 1)));
  writer.block(1);
}

function startsWithList(node: Element): boolean {
  const first = node.children.find((child) => typeof child !== 'string' || child.trim() !== '');
  return first !== undefined && typeof first !== 'string' && (first.name === 'ul' || first.name === 'ol');
}

function quote(node: Element, writer: Writer, inside: () => void): void {
  writer.block(1);
  const mark: Mark = 'expandable' in node.attributes ? { type: 'quote', expandable: true } : { type: 'quote' };
  writer.marked(mark, inside);
  writer.block(1);
}

function preformatted(node: Element, writer: Writer): void {
  const language = languageOf(node) ?? node.children.map((child) => (typeof child === 'string' ? undefined : languageOf(child))).find(Boolean);
  const text = clean(textOf(node)).replace(/^\n/, '').replace(/\n$/, '');
  writer.block(1);
  writer.marked(language === undefined ? { type: 'pre' } : { type: 'pre', language }, () => writer.writeRaw(text));
  writer.block(1);
}

function languageOf(node: Element): string | undefined {
  const name = classesOf(node).find((each) => each.startsWith('language-'))?.slice('language-'.length);
  return name === undefined || !/^[\w#+.-]{1,40}$/.test(name) ? undefined : name;
}

/** All text below `node`, line breaks as such, and the address of a link behind a label that does not say it. */
function textOf(node: Node): string {
  if (typeof node === 'string') return node;
  if (node.name === 'br') return '\n';
  if (DROPPED.has(node.name)) return '';
  const text = node.children.map(textOf).join('');
  const url = node.name === 'a' ? safeUrl(node.attributes['href']) : undefined;
  return url === undefined || text.trim() === '' || saysAddress(text, url) ? text : `${text} (${url})`;
}

function saysAddress(label: string, url: string): boolean {
  return label.includes(url.replace(/^(?:https?:\/\/|mailto:|tel:)/i, '').replace(/\/$/, ''));
}

function image(node: Element, writer: Writer): void {
  const { src = '', alt = '', width, height } = node.attributes;
  const label = clean(alt).replace(/\s+/g, ' ').trim().slice(0, 200);
  if (EMOJI.test(label) && label.length <= 16) return writer.write(label);
  if (width === '1' || width === '0' || height === '1' || height === '0') return;
  const address = safeUrl(src);
  // From elsewhere: whoever reads may open it, nobody loads it for them (that would tell the other server who reads, and when).
  if (address !== undefined) return remoteImage(address, label, writer);
  const words = label === '' ? '' : `[${label}]`;
  if (src === '') writer.write(words);
  else writer.image(src, label, words);
}

function remoteImage(url: string, label: string, writer: Writer): void {
  const words = `🖼 ${label === '' ? hostOf(url) : label}`;
  if (writer.isMarked('link')) writer.write(words);
  else writer.marked({ type: 'link', url }, () => writer.write(words));
}

function hostOf(url: string): string {
  return /^[a-z]+:\/\/([^/?#]+)/i.exec(url)?.[1] ?? url;
}

function isHidden(node: Element): boolean {
  return DROPPED.has(node.name) || 'hidden' in node.attributes || /display\s*:\s*none/i.test(node.attributes['style'] ?? '');
}

/** Word and Outlook write lists as paragraphs, the number or bullet first, in a font of symbols and with hard spaces behind it. */
function isWordMarker(node: Element): boolean {
  return /mso-list\s*:\s*Ignore/i.test(node.attributes['style'] ?? '');
}

function wordMarker(raw: string): string {
  const marker = clean(raw).trim();
  return /^[\p{L}\p{N}]+[.)]/u.test(marker) ? marker : '•';
}

/** Word and Outlook write every line as such a paragraph, and empty lines as paragraphs of their own. */
function isTightParagraph(node: Element): boolean {
  return classesOf(node).some((name) => /^(MsoNormal|MsoPlainText|MsoListParagraph\w*|p1)$/i.test(name))
    || /margin(-bottom)?\s*:\s*0/i.test(node.attributes['style'] ?? '');
}

function classesOf(node: Element): readonly string[] {
  return (node.attributes['class'] ?? '').split(/\s+/, 50);
}
