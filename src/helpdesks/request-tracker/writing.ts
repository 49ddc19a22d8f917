/** From Content to what RT takes: HTML, well-formed text, and forms with files. */
import { Transform, type Readable } from 'node:stream';
import FormData from 'form-data';
import { BridgeError } from '../../core/errors.js';
import { safeFileName } from '../../core/file-name.js';
import { plainText } from '../../core/rich-text.js';
import type { Attachment, Content } from '../../core/types.js';
import { toHtml } from '../../markup/to-html.js';

/** Half of a surrogate pair makes REST 2 answer 500, for ever. */
export function wellFormed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, '\uFFFD');
}

/** One line, as headers and subjects need it. */
export function oneLine(text: string, lengthMax: number): string {
  const line = wellFormed(text).replace(/\p{Cc}+/gu, ' ').trim();
  return line.length <= lengthMax ? line : wellFormed(line.slice(0, lengthMax)).replace(/\uFFFD$/, '');
}

/** Never empty and never `0`, which RT takes for no text at all. */
export function htmlOf(content: Content): string {
  const empty = content.attachments.filter((attachment) => attachment.sizeBytes === 0);
  const lines = empty.map((attachment) => toHtml(plainText(`📎 ${attachment.name} (0 B)`)));
  return wellFormed(`<div${runsLeft(content.text.text) ? ' dir="rtl"' : ''}>${[inFont(shownQuotes(toHtml(content.text))), ...lines].join('<br>')}</div>`);
}

/** Only of styles that RT shows (RT::Interface::Web::Scrubber). */
const QUOTE_OPEN = '<div style="border-style: solid; border-width: 0 0 0 3px; border-color: #9aa3b0; padding: 0 0 0 10px; margin: 4px 0">';

/** RT folds each `blockquote` away until somebody clicks; here it is what was edited, answered or quoted, and half of what is said. */
function shownQuotes(html: string): string {
  return html.replace(/<blockquote>(.*?)<\/blockquote>/gs, (_whole, quoted: string) => `${QUOTE_OPEN}${quoted}</div>`);
}

/** What `htmlOf` wrote, with its quotes as others write them. */
export function ownHtml(html: string): string {
  return html.split(QUOTE_OPEN).map((piece, index) => (index === 0 ? piece : `<blockquote>${piece.replace('</div>', '</blockquote>')}`)).join('');
}

/** RT shows no `code` element (RT::Interface::Web::Scrubber), but a font. */
function inFont(html: string): string {
  return html.replace(/<code>.*?<\/code>/gs, '<span style="font-family: monospace">$&</span>');
}

const LENGTH_WEIGHED = 2_000;

/** Whether most letters are written from the right; RT's page does not look for itself. */
function runsLeft(text: string): boolean {
  const sample = text.slice(0, LENGTH_WEIGHED);
  const count = (letters: RegExp): number => sample.match(letters)?.length ?? 0;
  return count(/[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/gu) * 2 > count(/\p{L}/gu);
}

/** A request's body, to be released when the request is over, however it ended. */
export interface Prepared {
  readonly body: { readonly json: unknown } | { readonly form: FormData };
  release(): void;
}

/** JSON for plain comments, a form with files: in JSON a file name outside ASCII makes REST 2 answer 500. */
export async function prepare(fields: Readonly<Record<string, unknown>>, content: Content, bytesMax: number, operation: string): Promise<Prepared> {
  // RT refuses a comment with an empty file; its name stands in the text instead.
  const files = content.attachments.filter((attachment) => attachment.open !== undefined && attachment.sizeBytes !== 0);
  if (files.length === 0) return { body: { json: fields }, release: () => undefined };
  const form = new FormData();
  form.append('JSON', JSON.stringify(fields), { contentType: 'application/json; charset=utf-8' });
  const opened: Readable[] = [];
  const release = (): void => { for (const stream of opened) stream.destroy(); };
  try {
    for (const file of files) await appendFile(form, file, { bytesMax, operation, opened });
  } catch (error) {
    release();
    throw error;
  }
  return { body: { form }, release };
}

interface Upload {
  readonly bytesMax: number;
  readonly operation: string;
  readonly opened: Readable[];
}

async function appendFile(form: FormData, file: Attachment, { bytesMax, operation, opened }: Upload): Promise<void> {
  if (file.open === undefined) return;
  if (file.sizeBytes !== undefined && file.sizeBytes > bytesMax) throw tooBig(operation, bytesMax);
  const source = await file.open();
  opened.push(source);
  const named = { filename: safeFileName(file.name, 'file'), contentType: typeOf(file.mediaType) };
  if (file.sizeBytes === undefined) {
    // Without its length the request would have to be chunked, which not every server in front of RT takes.
    form.append('Attachments', await readWhole(source, bytesMax, operation), named);
    return;
  }
  form.append('Attachments', exactly(source, file.sizeBytes, operation), { ...named, knownLength: file.sizeBytes });
}

/**
 * RT prints files of every textual type into the history, and knows the letters only of those that it takes for mail; a contact card would
 * stand there in the wrong ones.
 */
function typeOf(mediaType: string): string {
  if (!/^[\w.+-]+\/[\w.+-]+$/.test(mediaType)) return 'application/octet-stream';
  return mediaType.replace(/^text\/(?!plain$|html$)/i, 'application/');
}

async function readWhole(source: Readable, bytesMax: number, operation: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of source as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > bytesMax) throw tooBig(operation, bytesMax);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Passes the bytes on and fails when there are more or fewer than announced: the request would hang, or end in the middle of a file. */
function exactly(source: Readable, sizeBytes: number, operation: string): Readable {
  const wrong = (): BridgeError => new BridgeError({ code: 'unavailable', operation, message: `${operation}: a file was not of the size its source had named` });
  let bytes = 0;
  const checked = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      if (bytes > sizeBytes) done(wrong());
      else done(null, chunk);
    },
    flush(done) { done(bytes === sizeBytes ? null : wrong()); },
  });
  source.on('error', (error) => { checked.destroy(error); });
  checked.on('close', () => { source.destroy(); });
  return source.pipe(checked);
}

function tooBig(operation: string, bytesMax: number): BridgeError {
  return new BridgeError({ code: 'invalid', operation, reason: 'too_big', message: `${operation}: a file is larger than ${bytesMax} bytes` });
}
