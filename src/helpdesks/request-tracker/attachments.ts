/** Files on a ticket: what they are called, and their bytes, which REST 2 hides as base64 inside JSON. */
import { pipeline, Transform, type Readable } from 'node:stream';
import { safeFileName } from '../../core/file-name.js';
import type { Attachment, AttachmentKind } from '../../core/types.js';
import type { NamedFile } from '../../markup/pictures.js';
import type { Api, RtAttachment } from './api.js';

const PHOTOS = new Set(['image/jpeg', 'image/png', 'image/webp', 'image/bmp']);

/** The file, and by what the HTML beside it may name it. */
export function toNamedFile(row: RtAttachment, api: Api): NamedFile {
  const contentId = /^Content-ID:[ \t]*(?:\r?\n[ \t]+)?<?([^\s<>]{1,500})>?[ \t]*\r?$/im.exec(row.Headers ?? '')?.[1];
  return { attachment: toAttachment(row, api), ...(contentId === undefined ? {} : { contentId }) };
}

function toAttachment(row: RtAttachment, api: Api): Attachment {
  const mediaType = row.ContentType ?? 'application/octet-stream';
  return {
    kind: kindOf(mediaType), name: nameOf(row, mediaType), mediaType,
    ...(row.ContentLength === undefined ? {} : { sizeBytes: row.ContentLength }),
    async open(): Promise<Readable> {
      const answer = await api.openAttachment('openAttachment', row.id);
      // The callback is there for the errors: they reach the reader through the decoder itself.
      return pipeline(answer.stream, createContentDecoder(), () => undefined);
    },
  };
}

function kindOf(mediaType: string): AttachmentKind {
  if (PHOTOS.has(mediaType)) return 'photo';
  if (mediaType === 'image/gif') return 'animation';
  if (mediaType.startsWith('video/')) return 'video';
  return mediaType.startsWith('audio/') ? 'audio' : 'document';
}

function nameOf(row: RtAttachment, mediaType: string): string {
  return safeFileName(row.Filename ?? '', `file-${row.id}.${/^[a-z]+\/([a-z0-9]{1,8})$/.exec(mediaType)?.[1] ?? 'bin'}`);
}

/** Quotes inside JSON strings are escaped, so this can only be the key. */
const KEY = /"Content"\s*:\s*"/;
/** More than the longest key with its white space. */
const CARRY_LENGTH = 64;

/**
 * Bytes of an answer to `GET /attachment/:id` in, bytes of the file out; holds a chunk at a time. Keys come in any order. An answer
 * without `Content` is an empty file: REST 2 leaves empty keys out.
 */
export function createContentDecoder(): Transform {
  let state: 'searching' | 'inside' | 'done' = 'searching';
  let carry = '';
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      let text = carry + chunk.toString('latin1');
      carry = '';
      if (state === 'searching') {
        const key = KEY.exec(text);
        if (key === null) carry = text.slice(-CARRY_LENGTH);
        else {
          text = text.slice(key.index + key[0].length);
          state = 'inside';
        }
      }
      if (state !== 'inside') { done(); return; }
      const end = text.indexOf('"');
      if (end !== -1) state = 'done';
      const { bytes, rest } = decodePiece(end === -1 ? text : text.slice(0, end), end !== -1);
      carry = state === 'done' ? '' : rest;
      done(null, bytes);
    },
  });
}

/** Whole groups of four only, unless it is the last piece; an escape cut in two waits as well. */
function decodePiece(text: string, isLast: boolean): { bytes: Buffer; rest: string } {
  const cutEscape = !isLast && text.endsWith('\\') ? '\\' : '';
  const letters = text.slice(0, text.length - cutEscape.length).replace(/\\\//g, '/').replace(/\\[nrt]|\s/g, '');
  const whole = isLast ? letters.length : letters.length - (letters.length % 4);
  return { bytes: Buffer.from(letters.slice(0, whole), 'base64'), rest: letters.slice(whole) + cutEscape };
}
