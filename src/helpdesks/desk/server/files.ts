/** What belongs here: the bytes of attachments on disk, one file each under a random name, and the headers under which they are given out. */
import { randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { Transform, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { safeFileName } from '../../../core/file-name.js';
import { makeFolder, removeFile, syncFolder } from '../../../disk/files.js';
import { refuse } from './desk.js';

/** More than Telegram carries in either direction. */
export const FILE_BYTES_MAX = 64 * 1024 * 1024;
/** An upload that no comment refers to is thrown away at the next start after this long. */
export const ORPHAN_AFTER_MS = 24 * 3_600_000;

const SHOWN = /^(image\/(png|jpeg|gif|webp|avif|bmp)|audio\/[\w.+-]+|video\/[\w.+-]+|application\/pdf)$/;
const MEDIA_TYPE = /^[\w.+-]{1,64}\/[\w.+-]{1,64}$/;

export interface FileFolder {
  /** Saves a stream durably. Throws `invalid` when it is too long; a torn stream leaves nothing. */
  save(stream: Readable): Promise<{ readonly id: string; readonly sizeBytes: number }>;
  pathOf(id: string): string;
  remove(ids: readonly string[]): Promise<void>;
  /** Removes every file that `isKnown` does not name. */
  clean(isKnown: (id: string) => boolean): Promise<void>;
}

export async function openFileFolder(folder: string): Promise<FileFolder> {
  await makeFolder(folder);
  const pathOf = (id: string): string => join(folder, id);
  const remove = async (ids: readonly string[]): Promise<void> => {
    for (const id of ids) await removeFile(pathOf(id));
  };
  return {
    pathOf,
    remove,
    async save(stream) {
      const id = randomBytes(16).toString('hex');
      const draft = pathOf(`${id}.part`);
      const counter = countBytes();
      try {
        await pipeline(stream, counter.transform, createWriteStream(draft, { flags: 'wx', flush: true, mode: 0o600 }));
        await rename(draft, pathOf(id));
        await syncFolder(folder);
      } catch (thrown) {
        await removeFile(draft);
        throw thrown;
      }
      return { id, sizeBytes: counter.count() };
    },
    async clean(isKnown) {
      await remove((await readdir(folder)).filter((name) => /^[0-9a-f]{32}(\.part)?$/.test(name) && !isKnown(name)));
    },
  };
}

/** A name that is safe in a header, a page and a folder. */
export function safeName(raw: string): string {
  return safeFileName(raw, 'file');
}

export function safeMediaType(raw: string): string {
  const type = raw.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  return MEDIA_TYPE.test(type) ? type : 'application/octet-stream';
}

/** What a browser may do with a file that a stranger sent: show pictures, play sound and video, nothing else. */
export function fileHeaders(file: { readonly name: string; readonly mediaType: string }): Readonly<Record<string, string>> {
  const shown = SHOWN.test(file.mediaType);
  const ascii = file.name.replace(/[^\w. -]/g, '_');
  return {
    'content-type': shown ? file.mediaType : 'application/octet-stream',
    'content-disposition': `${shown ? 'inline' : 'attachment'}; filename="${ascii}"; filename*=UTF-8''${encodeURIComponent(file.name).replace(/['()*]/g, percent)}`,
    'x-content-type-options': 'nosniff',
    // A sandbox would stop the browser's own PDF viewer; a PDF has no access to the page's origin anyway.
    'content-security-policy': file.mediaType === 'application/pdf' ? "default-src 'none'; style-src 'unsafe-inline'; object-src 'self'" : "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; media-src 'self'; sandbox",
    'cross-origin-resource-policy': 'same-origin',
    'cache-control': 'private, max-age=86400, immutable',
  };
}

function percent(sign: string): string {
  return `%${sign.charCodeAt(0).toString(16).toUpperCase()}`;
}

function countBytes(): { readonly transform: Transform; count(): number } {
  let bytes = 0;
  const transform = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      if (bytes > FILE_BYTES_MAX) done(refuse('invalid', 'saveFile', `files may have ${FILE_BYTES_MAX} bytes at most`));
      else done(null, chunk);
    },
  });
  return { transform, count: () => bytes };
}
