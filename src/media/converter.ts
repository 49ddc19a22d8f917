/** Puts a copy that plays before each file that does not. */
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { safeFileName } from '../core/file-name.js';
import type { MediaConverter, Playable } from '../core/media.js';
import type { Emit } from '../core/ports.js';
import type { Attachment } from '../core/types.js';
import { IN, OUT, type Convert } from './ffmpeg.js';
import { recipeFor, type Recipe } from './recipes.js';

export interface MediaConverterOptions {
  /** Emptied now, and after every use: nothing of a message stays on disk. */
  readonly folder: string;
  readonly convert: Convert;
  readonly emit: Emit;
}

/** Larger files go as they are: a copy of them is worth less than the wait. */
const INPUT_BYTES_MAX = 50 * 1024 * 1024;
const OUTPUT_BYTES_MAX = 50 * 1024 * 1024;
/** Output this near to its bound was cut. */
const CUT_AT = 0.95;
/** Processes at a time, and messages whose files are on disk. What comes beyond that is not converted, and does not wait. */
const PROCESSES_MAX = 2;
const MESSAGES_MAX = 32;

/** Throws when `folder` cannot be made or emptied. */
export async function createMediaConverter({ folder, convert, emit }: MediaConverterOptions): Promise<MediaConverter> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const place = createPlaces(PROCESSES_MAX);
  let messages = 0;
  return {
    async toPlayable(content, limitBytes) {
      const isNeeded = content.attachments.some((file) => recipeFor(file) !== undefined && mayFit(file, limitBytes));
      if (!isNeeded || messages >= MESSAGES_MAX) return { content, release: () => Promise.resolve() };
      messages += 1;
      const made: string[] = [];
      const release = async (): Promise<void> => {
        messages -= 1;
        for (const path of made) await rm(path, { recursive: true, force: true }).catch(() => undefined);
      };
      const attachments: Attachment[] = [];
      for (const file of content.attachments) attachments.push(...await withCopy(file, limitBytes, { folder, convert: (...job) => place(() => convert(...job)), emit, made }));
      return { content: { ...content, attachments }, release } satisfies Playable;
    },
  };
}

function mayFit({ open, sizeBytes }: Attachment, limitBytes: number): boolean {
  return open !== undefined && (sizeBytes ?? 0) <= Math.min(INPUT_BYTES_MAX, limitBytes);
}

/** The file, and before it what was made of it. The original is read from Telegram once only. */
async function withCopy(file: Attachment, limitBytes: number, { folder, convert, emit, made }: MediaConverterOptions & { readonly made: string[] }): Promise<readonly Attachment[]> {
  const recipe = recipeFor(file);
  if (recipe === undefined || file.open === undefined || !mayFit(file, limitBytes)) return [file];
  try {
    const own = await mkdtemp(join(folder, 'file-'));
    made.push(own);
    const input = join(own, IN);
    await pipeline(await file.open(), atMost(INPUT_BYTES_MAX), createWriteStream(input, { mode: 0o600 }));
    const original = { ...file, ...await onDisk(input) };
    const outputBytesMax = Math.min(OUTPUT_BYTES_MAX, limitBytes);
    const isDone = await convert(own, recipe, outputBytesMax);
    const output = isDone ? await onDisk(join(own, OUT)).catch(() => undefined) : undefined;
    if (output !== undefined && output.sizeBytes > 0 && output.sizeBytes < outputBytesMax * CUT_AT) return [copyOf(file, recipe, output), original];
    emit({ type: 'log', level: 'warn', message: 'a file could not be converted; it goes as it is', facts: { mediaType: file.mediaType } });
    return [original];
  } catch {
    // Whatever is wrong with the file shows when it is written to the ticket, where it is dealt with.
    return [file];
  }
}

type OnDisk = Required<Pick<Attachment, 'open' | 'sizeBytes'>>;

async function onDisk(path: string): Promise<OnDisk> {
  const { size } = await stat(path);
  return { sizeBytes: size, open: () => Promise.resolve(createReadStream(path)) };
}

function copyOf(file: Attachment, { kind, extension, mediaType }: Recipe, output: OnDisk): Attachment {
  const name = safeFileName(`${file.name.replace(/\.[^.]*$/u, '')}.${extension}`, `copy.${extension}`);
  return { kind, name, mediaType, ...output, ...(file.durationSeconds === undefined ? {} : { durationSeconds: file.durationSeconds }) };
}

function atMost(bytesMax: number): Transform {
  let bytes = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      done(bytes > bytesMax ? new Error('too large') : null, chunk);
    },
  });
}

/** Runs at most `count` of what it is given at a time, in order. */
function createPlaces(count: number): <T>(work: () => Promise<T>) => Promise<T> {
  let free = count;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => { waiting.push(resolve); });
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) free += 1;
      else next();
    }
  };
}
