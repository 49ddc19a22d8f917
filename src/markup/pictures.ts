/** What belongs here: the pictures that came along with HTML, put in their places. None is ever loaded from elsewhere. */
import { Readable } from 'node:stream';
import { sliceText, joinTexts, type RichText } from '../core/rich-text.js';
import type { Attachment, Content } from '../core/types.js';
import type { HtmlResult, PlacedImage } from './from-html.js';

/** A file of the same comment, and by what its HTML names it (`cid:` without the scheme). */
export interface NamedFile {
  readonly attachment: Attachment;
  readonly contentId?: string;
}

/** What a browser shows in place, and Telegram as a photo. */
const EXTENSIONS: Readonly<Record<string, string>> = { 'image/png': 'png', 'image/jpeg': 'jpg', 'image/gif': 'gif', 'image/webp': 'webp', 'image/bmp': 'bmp' };
const BASE64_URI = /^data:(image\/[a-z+]{2,10})(?:;[a-z]+=[\w-]+){0,3};base64,/i;
/** Telegram's own limit for a photo. */
const PICTURE_BYTES_MAX = 10 * 1024 * 1024;

/**
 * The pictures of `html` in their places: files that it names (each once, the first place counts) and those written into it. The words that
 * stood for them go. Other files follow as they are, but not the pictures of a signature or of quoted mail that was cut. A picture that is
 * not there keeps its words.
 */
export function placePictures({ text, images, cutImages }: HtmlResult, files: readonly NamedFile[]): Content {
  const waiting = new Set(files);
  const placed: { readonly attachment: Attachment; readonly image: PlacedImage }[] = [];
  for (const image of [...images].sort((a, b) => a.offset - b.offset)) {
    const file = fileOf(image.source, waiting);
    if (file !== undefined) waiting.delete(file);
    const attachment = file?.attachment ?? written(image.source, placed.length + 1);
    if (attachment !== undefined) placed.push({ attachment, image });
  }
  for (const source of cutImages) {
    const file = fileOf(source, waiting);
    if (file !== undefined) waiting.delete(file);
  }
  const kept = withoutWords(text, placed.map(({ image }) => image));
  return {
    text: kept.text,
    attachments: [
      ...placed.map(({ attachment }, index): Attachment => ({ ...attachment, inline: { offset: kept.offsets[index] ?? 0 } })),
      ...[...waiting].map(({ attachment }) => attachment),
    ],
  };
}

function fileOf(source: string, files: ReadonlySet<NamedFile>): NamedFile | undefined {
  const id = /^cid:(.+)$/is.exec(source.trim())?.[1];
  if (id === undefined) return undefined;
  const named = new Set([id, decoded(id)]);
  return [...files].find(({ contentId }) => contentId !== undefined && named.has(contentId));
}

function decoded(id: string): string {
  try {
    return decodeURIComponent(id);
  } catch {
    return id;
  }
}

/** A picture whose bytes stand in its address. */
function written(source: string, number: number): Attachment | undefined {
  const uri = source.trim();
  const [head, mediaType = ''] = BASE64_URI.exec(uri) ?? [];
  const extension = EXTENSIONS[mediaType.toLowerCase()];
  if (head === undefined || extension === undefined || uri.length > PICTURE_BYTES_MAX * 1.4) return undefined;
  const bytes = Buffer.from(uri.slice(head.length), 'base64');
  if (bytes.length === 0) return undefined;
  return {
    kind: extension === 'gif' ? 'animation' : 'photo', name: `picture-${number}.${extension}`, mediaType: mediaType.toLowerCase(), sizeBytes: bytes.length,
    open: () => Promise.resolve(Readable.from([bytes])),
  };
}

/** `images` are in order and do not overlap. */
function withoutWords(text: RichText, images: readonly PlacedImage[]): { readonly text: RichText; readonly offsets: readonly number[] } {
  const pieces: RichText[] = [];
  const offsets: number[] = [];
  let place = 0;
  let length = 0;
  for (const image of images) {
    const piece = sliceText(text, place, Math.max(place, image.offset));
    pieces.push(piece);
    length += piece.text.length;
    offsets.push(length);
    place = Math.max(place, image.offset + image.length);
  }
  return { text: joinTexts([...pieces, sliceText(text, place)]), offsets };
}
