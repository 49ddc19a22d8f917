/** What belongs here: files that survive a power cut. Whole-file replacement, lowdb's adapter over it. */
import { randomBytes } from 'node:crypto';
import { close, copyFile, fdatasync, fsync, mkdir, open, readFile, rename, unlink, writeFile } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { Adapter } from 'lowdb';
import { BridgeError } from '../core/errors.js';

export { lockFolder, type FolderLock } from './lock.js';

// The callback functions, promisified: a FileHandle costs about twice as much per call, and these calls are the hot path.
const disk = {
  open: promisify(open), close: promisify(close), write: promisify(writeFile), sync: promisify(fdatasync), syncFolder: promisify(fsync),
  rename: promisify(rename), unlink: promisify(unlink), read: promisify(readFile), mkdir: promisify(mkdir), copy: promisify(copyFile),
};

export const TEMPORARY_SUFFIX = '.tmp';

// Random once and then counted: random bytes for each file cost more than the rest of the call.
const run = randomBytes(8).toString('hex');
let written = 0;

function temporaryName(path: string): string {
  written += 1;
  return `${basename(path)}.${run}-${written}${TEMPORARY_SUFFIX}`;
}

export interface WriteOptions {
  /** Where the temporary file is written; must be on the same file system. Default: the folder of the file. */
  readonly temporaryFolder?: string;
}

/**
 * Replaces a file as a whole: after it resolves the new content survives a power cut; before, the old content does. The folder must exist.
 * Throws `unavailable` naming the file and the system's code.
 */
export async function writeDurably(path: string, content: Buffer | string, options: WriteOptions = {}): Promise<void> {
  const folder = dirname(path);
  const temporary = join(options.temporaryFolder ?? folder, temporaryName(path));
  try {
    const file = await disk.open(temporary, 'wx', 0o600);
    try {
      await disk.write(file, content);
      await disk.sync(file);
    } finally {
      await disk.close(file);
    }
    await disk.rename(temporary, path);
    await syncFolder(folder);
  } catch (thrown) {
    await disk.unlink(temporary).catch(() => undefined);
    throw diskError('write', path, thrown);
  }
}

/** Makes created, renamed and removed names in a folder survive a power cut. */
export async function syncFolder(folder: string): Promise<void> {
  // Windows cannot open folders, and needs no such call.
  if (process.platform === 'win32') return;
  const handle = await disk.open(folder, 'r');
  try {
    await disk.syncFolder(handle);
  } finally {
    await disk.close(handle);
  }
}

/** Makes a folder, and its name durable. Throws `unavailable`. */
export async function makeFolder(folder: string): Promise<void> {
  try {
    const first = await disk.mkdir(folder, { recursive: true, mode: 0o700 });
    if (first === undefined) return;
    for (let made = folder; ; made = dirname(made)) {
      await syncFolder(dirname(made));
      if (made === first || made === dirname(made)) return;
    }
  } catch (thrown) {
    throw diskError('create', folder, thrown);
  }
}

/** The text of a file; undefined when there is none. Throws `unavailable`. */
export async function readText(path: string): Promise<string | undefined> {
  try {
    return await disk.read(path, 'utf8');
  } catch (thrown) {
    if (errnoOf(thrown) === 'ENOENT') return undefined;
    throw diskError('read', path, thrown);
  }
}

/** Removes a file; one that is not there is no error. Not durable before the next `syncFolder`. Throws `unavailable`. */
export async function removeFile(path: string): Promise<void> {
  try {
    await disk.unlink(path);
  } catch (thrown) {
    if (errnoOf(thrown) !== 'ENOENT') throw diskError('remove', path, thrown);
  }
}

/**
 * A lowdb adapter over one JSON file. `parse` checks what was read and throws when it is not what belongs there; then `read` throws
 * `unavailable` naming the file, and nothing is written over it.
 */
export function createDurableAdapter<T>(path: string, parse: (json: unknown) => T, options: WriteOptions = {}): Adapter<T> {
  return {
    async read() {
      const text = await readText(path);
      return text === undefined ? null : parseFile(path, text, parse);
    },
    write: (content) => writeDurably(path, JSON.stringify(content), options),
  };
}

/** A file that waits for an admin is looked at again this often, for as long as it takes: no patience mends it, and no restart is needed. */
const LOOK_AGAIN_MS = 10_000;

/** A file of ours that is not what was written there. */
export class DamagedFile extends BridgeError {
  constructor(readonly path: string, what: string) {
    super({
      code: 'unavailable', operation: 'readFile', retryAfterMs: LOOK_AGAIN_MS,
      message: `${path} ${what}; nothing was written over it. Restore it from a backup, or stop the bridge and rebuild the id map from the helpdesk`,
    });
  }
}

/** Parses the text of a JSON file, or throws DamagedFile. */
export function parseFile<T>(path: string, text: string, parse: (json: unknown) => T): T {
  try {
    return parse(JSON.parse(text));
  } catch (thrown) {
    throw new DamagedFile(path, thrown instanceof SyntaxError ? 'is torn or not JSON' : 'is not what belongs there');
  }
}

/** Keeps a copy of a damaged file beside it, for whoever wants to look at it, before it is written over. Throws `unavailable`. */
export async function keepCopy(path: string): Promise<string> {
  const copy = `${path}.damaged`;
  try {
    await disk.copy(path, copy);
  } catch (thrown) {
    throw diskError('copy', path, thrown);
  }
  return copy;
}

export function diskError(what: string, path: string, thrown: unknown): BridgeError {
  if (thrown instanceof BridgeError) return thrown;
  const code = errnoOf(thrown);
  const hint = code === 'ENOSPC' ? ': the disk is full' : code === 'EACCES' || code === 'EPERM' || code === 'EROFS' ? ': not allowed to' : '';
  return new BridgeError({ code: 'unavailable', operation: `${what}File`, message: `cannot ${what} ${path} (${code})${hint}` });
}

/** The system's word for what went wrong: `ENOENT`. */
export function errnoOf(thrown: unknown): string {
  return typeof thrown === 'object' && thrown !== null && 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : 'unknown';
}
