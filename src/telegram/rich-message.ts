/**
 * Messages that are documents of their own: https://core.telegram.org/bots/api#richmessage. They become HTML of a few elements and are read as such, so
 * that lists, tables and marks of them arrive like those of anybody. Pure; what is not known shows its text.
 */
import { z } from 'zod';
import { EMPTY_TEXT, type RichText } from '../core/rich-text.js';
import type { AttachmentKind } from '../core/types.js';
import { fromHtml } from '../markup/from-html.js';
import { mapLink } from './describe.js';
import { momentOf } from './moments.js';
import { fileSchema, type TelegramFile } from './schema.js';

export interface RichFile {
  readonly kind: AttachmentKind;
  readonly file: TelegramFile;
}

export interface RichMessage {
  readonly text: RichText;
  /** In the order of the signs that stand for them in the text. */
  readonly files: readonly RichFile[];
}

const DEPTH_MAX = 20;
const HTML_LENGTH_MAX = 200_000;
const FILES_MAX = 30;

/** Reads the field `rich_message`; empty when there is none. Never throws. */
export function toRichMessage(value: unknown): RichMessage {
  const files: RichFile[] = [];
  const blocks = z.object({ blocks: z.array(z.unknown()) }).safeParse(value);
  if (!blocks.success) return { text: EMPTY_TEXT, files };
  const html = blocksOf(blocks.data.blocks, { files, depth: 0 }).slice(0, HTML_LENGTH_MAX);
  return { text: fromHtml(html, { trimQuotes: false, trimSignature: false }).text, files };
}

interface Place {
  readonly files: RichFile[];
  readonly depth: number;
}

const thing = z.looseObject({ type: z.string().catch('') });
type Thing = z.infer<typeof thing>;

function blocksOf(value: unknown, { files, depth }: Place): string {
  if (!Array.isArray(value) || depth > DEPTH_MAX) return '';
  return value.map((one: unknown) => {
    const block = thing.safeParse(one);
    return block.success ? blockOf(block.data, { files, depth: depth + 1 }) : '';
  }).join('');
}

function blockOf(block: Thing, place: Place): string {
  const { type, text, blocks, credit, summary, caption, expression } = block;
  const signature = credit === undefined ? '' : `<p>— ${textOf(credit)}</p>`;
  const file = fileOf(block, place);
  if (file !== undefined) return `<p>${file}</p>${captionOf(caption)}`;
  switch (type) {
    case 'heading': return `<h3>${textOf(text)}</h3>`;
    case 'pre': return `<pre><code${languageOf(block['language'])}>${textOf(text)}</code></pre>`;
    case 'divider': return '<hr>';
    case 'mathematical_expression': return `<pre>${textOf(expression)}</pre>`;
    case 'blockquote': return `<blockquote>${blocksOf(blocks, place)}</blockquote>${signature}`;
    case 'pullquote': return `<blockquote>${textOf(text)}</blockquote>${signature}`;
    case 'list': return listOf(block['items'], place);
    case 'table': return `${captionOf({ text: caption })}<table>${rowsOf(block['cells'])}</table>`;
    case 'map': return `<p>${placeOf(block['location'])}</p>${captionOf(caption)}`;
    default: return `${summary === undefined ? '' : `<p><b>${textOf(summary)}</b></p>`}${text === undefined ? '' : `<p>${textOf(text)}</p>`}${blocksOf(blocks, place)}${captionOf(caption)}`;
  }
}

/** The field that holds the file, what kind it is, and the sign that stands where it stood. */
const FILES: Readonly<Record<string, readonly [AttachmentKind, string]>> = {
  photo: ['photo', '🖼'], video: ['video', '🎬'], animation: ['animation', '🎞'], audio: ['audio', '🎵'], voice_note: ['voice', '🎤'],
};

function fileOf(block: Thing, { files }: Place): string | undefined {
  const [kind, sign] = Object.hasOwn(FILES, block.type) ? FILES[block.type] ?? [] : [];
  if (kind === undefined || sign === undefined) return undefined;
  const value = block[block.type];
  // Of a photo there are several sizes, the largest last.
  const file = fileSchema.safeParse(Array.isArray(value) ? value.at(-1) : value);
  if (file.success && files.length < FILES_MAX) files.push({ kind, file: file.data });
  return sign;
}

function captionOf(caption: unknown): string {
  const { text, credit } = z.object({ text: z.unknown().optional(), credit: z.unknown().optional() }).catch({ text: undefined, credit: undefined }).parse(caption);
  const words = [textOf(text), textOf(credit)].filter((one) => one !== '').join(' — ');
  return words === '' ? '' : `<p>${words}</p>`;
}

const itemSchema = z.object({
  label: z.string().catch(''), blocks: z.array(z.unknown()).catch([]), has_checkbox: z.boolean().optional().catch(undefined), is_checked: z.boolean().optional().catch(undefined),
  value: z.number().int().optional().catch(undefined), type: z.string().optional().catch(undefined),
});

const paragraph = z.object({ type: z.literal('paragraph'), text: z.unknown().optional() });

function listOf(value: unknown, place: Place): string {
  const items = z.array(itemSchema).catch([]).parse(value);
  const [head] = items;
  const isOrdered = head?.value !== undefined || /^[\p{L}\p{N}]+[.)]/u.test(head?.label ?? '');
  const lines = items.map(({ label, blocks, has_checkbox: box, is_checked: checked, value: number }) => {
    const worth = number ?? /^\d{1,9}/.exec(label)?.[0];
    const sign = box === true ? (checked === true ? '☑ ' : '☐ ') : '';
    // The first paragraph goes on in the line of the sign.
    const first = paragraph.safeParse(blocks[0]);
    const inner = first.success ? `${textOf(first.data.text)}${blocksOf(blocks.slice(1), place)}` : blocksOf(blocks, place);
    return `<li${worth === undefined ? '' : ` value="${worth}"`}>${sign}${inner}</li>`;
  });
  const type = head?.type !== undefined && /^[aAiI]$/.test(head.type) ? ` type="${head.type}"` : '';
  return isOrdered ? `<ol${type}>${lines.join('')}</ol>` : `<ul>${lines.join('')}</ul>`;
}

const span = z.number().int().min(1).max(1_000).catch(1);
const cellSchema = z.object({ text: z.unknown().optional(), is_header: z.boolean().catch(false), colspan: span, rowspan: span });

function rowsOf(value: unknown): string {
  const rows = z.array(z.array(cellSchema).catch([])).catch([]).parse(value);
  return rows.map((cells) => `<tr>${cells.map(({ text, is_header: header, colspan, rowspan }) => {
    const name = header ? 'th' : 'td';
    return `<${name} colspan="${colspan}" rowspan="${rowspan}">${textOf(text)}</${name}>`;
  }).join('')}</tr>`).join('');
}

function placeOf(value: unknown): string {
  const location = z.object({ latitude: z.number(), longitude: z.number() }).safeParse(value);
  return location.success ? `📍 ${linkTo(mapLink(location.data), escape(mapLink(location.data)))}` : '📍';
}

const ELEMENTS: Readonly<Record<string, string>> = {
  bold: 'b', italic: 'i', underline: 'u', strikethrough: 's', spoiler: 'tg-spoiler', code: 'code', subscript: 'sub', superscript: 'sup',
};

function textOf(value: unknown, depth = 0): string {
  if (typeof value === 'string') return escape(value).replace(/\n/g, '<br>');
  if (depth > DEPTH_MAX) return '';
  if (Array.isArray(value)) return value.map((one: unknown) => textOf(one, depth + 1)).join('');
  const known = thing.safeParse(value);
  return known.success ? inlineOf(known.data, depth + 1) : '';
}

function inlineOf(one: Thing, depth: number): string {
  const { type } = one;
  const inner = textOf(one['text'], depth);
  const field = (name: string): string => (typeof one[name] === 'string' ? one[name] : '');
  const element = Object.hasOwn(ELEMENTS, type) ? ELEMENTS[type] : undefined;
  if (element !== undefined) return `<${element}>${inner}</${element}>`;
  switch (type) {
    case 'url': return linkTo(field('url'), inner);
    case 'email_address': return linkTo(`mailto:${field('email_address')}`, inner);
    case 'phone_number': return linkTo(`tel:${field('phone_number').replace(/[^\d+]/gu, '')}`, inner);
    case 'mention': return linkTo(`https://t.me/${field('username').replace(/^@/u, '')}`, inner);
    case 'date_time': return `${inner}${momentOf(one['unix_time'])}`;
    case 'custom_emoji': return escape(field('alternative_text'));
    case 'mathematical_expression': return `<code>${escape(field('expression'))}</code>`;
    default: return inner;
  }
}

function linkTo(url: string, label: string): string {
  return `<a href="${escape(url)}">${label}</a>`;
}

function languageOf(value: unknown): string {
  return typeof value === 'string' && /^[\w#+.-]{1,40}$/.test(value) ? ` class="language-${value}"` : '';
}

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

function escape(text: string): string {
  return text.replace(/[&<>"]/g, (sign) => ESCAPES[sign] ?? '');
}
