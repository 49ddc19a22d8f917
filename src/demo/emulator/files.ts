/** What belongs here: the files of the emulator, in memory and bounded, and the media objects that describe them. */
import { badRequest } from './fault.js';
import { measureImage } from './image.js';
import type { ApiMedia, ApiPhotoSize, MediaKind, MessageBody } from './types.js';

/** `getFile` refuses more: https://core.telegram.org/bots/api#getfile. */
export const DOWNLOAD_BYTES_MAX = 20 * 1024 * 1024;
const PHOTO_BYTES_MAX = 10 * 1024 * 1024;
const TOTAL_BYTES_MAX = 256 * 1024 * 1024;
const FILES_MAX = 20_000;

export interface FileDraft {
  readonly kind: MediaKind;
  readonly name: string;
  readonly mediaType: string;
  readonly bytes: Buffer;
  /** Claims another size than that of the bytes. */
  readonly sizeBytes?: number;
  readonly durationSeconds?: number;
  readonly title?: string;
}

export interface StoredFile extends FileDraft {
  readonly id: string;
  readonly uniqueId: string;
  /** As `getFile` gives it. */
  readonly path: string;
  readonly sizeBytes: number;
}

export interface FileStore {
  add(draft: FileDraft): StoredFile;
  find(fileId: string): StoredFile | undefined;
  findByPath(path: string): StoredFile | undefined;
}

/** Keeps the newest files; the oldest go when there are too many bytes. */
export function createFiles(totalBytesMax: number = TOTAL_BYTES_MAX): FileStore {
  const byId = new Map<string, StoredFile>();
  const idByPath = new Map<string, string>();
  let totalBytes = 0;
  let count = 0;

  function evict(): void {
    for (const [id, file] of byId) {
      if (totalBytes <= totalBytesMax && byId.size <= FILES_MAX) return;
      byId.delete(id);
      idByPath.delete(file.path);
      totalBytes -= file.bytes.length;
    }
  }

  return {
    add(draft) {
      count += 1;
      const tail = count.toString(36).padStart(6, '0');
      const file: StoredFile = {
        ...draft, id: `BQACAgEmulator${draft.kind}_${tail}`, uniqueId: `AgAD${tail}`,
        path: `${draft.kind === 'sticker' ? 'stickers' : `${draft.kind}s`}/file_${count}${extensionOf(draft.name)}`,
        sizeBytes: draft.sizeBytes ?? draft.bytes.length,
      };
      byId.set(file.id, file);
      idByPath.set(file.path, file.id);
      totalBytes += file.bytes.length;
      evict();
      return file;
    },
    find: (fileId) => byId.get(fileId),
    findByPath(path) {
      const id = idByPath.get(path);
      return id === undefined ? undefined : byId.get(id);
    },
  };
}

/** Refuses what the real server refuses of an upload. */
export function checkUpload(kind: MediaKind, bytes: Buffer): void {
  if (bytes.length === 0) throw badRequest('file must be non-empty');
  if (kind !== 'photo') return;
  if (bytes.length > PHOTO_BYTES_MAX) throw badRequest(`file of size ${bytes.length} bytes is too big for a photo; the maximum size is ${PHOTO_BYTES_MAX} bytes`);
  const size = measureImage(bytes);
  if (size === undefined) throw badRequest('IMAGE_PROCESS_FAILED');
  const ratio = Math.max(size.width, size.height) / Math.max(1, Math.min(size.width, size.height));
  if (size.width + size.height > 10_000 || ratio > 20) throw badRequest('PHOTO_INVALID_DIMENSIONS');
}

/** The field of a message that shows this file. */
export function toMedia(file: StoredFile): MessageBody {
  const base = { file_id: file.id, file_unique_id: file.uniqueId, file_size: file.sizeBytes };
  const size = measureImage(file.bytes) ?? { width: 640, height: 480 };
  const duration = file.durationSeconds ?? 3;
  const named = { ...base, file_name: file.name, mime_type: file.mediaType };
  switch (file.kind) {
    case 'photo': return { photo: toSizes(base, size) };
    case 'document': return { document: named };
    case 'video': return { video: { ...named, ...size, duration } };
    case 'audio': return { audio: { ...named, duration, ...(file.title === undefined ? {} : { title: file.title }) } };
    case 'voice': return { voice: { ...base, mime_type: file.mediaType, duration } };
    case 'video_note': return { video_note: { ...base, length: 240, duration } };
    case 'animation': return toAnimation({ ...named, ...size, duration });
    case 'sticker': return { sticker: { ...base, type: 'regular', width: 512, height: 512, is_animated: false, is_video: false, emoji: '👍' } };
  }
}

/** For backward compatibility the real server sets `document` beside `animation`. */
function toAnimation(media: ApiMedia): MessageBody {
  const { file_id, file_unique_id, file_size, file_name, mime_type } = media;
  return {
    animation: media,
    document: { file_id, file_unique_id, ...(file_size === undefined ? {} : { file_size }), ...(file_name === undefined ? {} : { file_name }), ...(mime_type === undefined ? {} : { mime_type }) },
  };
}

/** Smallest first, as the real server gives them. The small one shares the bytes of the large one. */
function toSizes(base: { file_id: string; file_unique_id: string; file_size: number }, size: { width: number; height: number }): readonly ApiPhotoSize[] {
  const scale = 90 / Math.max(size.width, size.height);
  if (scale >= 1) return [{ ...base, ...size }];
  const small = { width: Math.max(1, Math.round(size.width * scale)), height: Math.max(1, Math.round(size.height * scale)) };
  return [{ ...base, file_unique_id: `${base.file_unique_id}s`, file_size: Math.min(base.file_size, 1500), ...small }, { ...base, ...size }];
}

function extensionOf(name: string): string {
  return /\.[a-z0-9]{1,8}$/i.exec(name)?.[0].toLowerCase() ?? '';
}
