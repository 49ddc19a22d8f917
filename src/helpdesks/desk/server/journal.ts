/**
 * What belongs here: an append-only file of JSON lines, each with a checksum, many appends sharing one fsync.
 *
 * The first line names the format, so that a foreign file is refused rather than read or overwritten. A crash can tear only
 * the last lines (they were not yet acknowledged): reading stops at the first line whose checksum is wrong, reports it, keeps
 * the rest of the file beside the journal and cuts it off. A bad line with good lines behind it is damage, not a crash: refused.
 */
import { createReadStream } from 'node:fs';
import { copyFile, open, stat, truncate, type FileHandle } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { BridgeError } from '../../../core/errors.js';

const HEADER = '{"format":"deskbridge-desk","version":1}';
/** One line may hold a comment of the greatest length several times over; more is not ours. */
const LINE_BYTES_MAX = 16 * 1024 * 1024;

export interface Journal {
  /** Adds a line; durable once a `settled()` called afterwards resolves. Throws `unavailable` after a failed write. */
  append(value: unknown): void;
  /** Resolves when everything appended so far is on disk. Throws `unavailable` when the disk failed; nothing is written after that. */
  settled(): Promise<void>;
  /** Writes what is left and closes the file. */
  close(): Promise<void>;
}

export interface JournalReading {
  /** Bytes behind the last good line, cut off and kept in `<path>.torn`. */
  readonly tornBytes: number;
}

export function encodeLine(value: unknown): string {
  const json = JSON.stringify(value);
  return `${crc32(json).toString(16).padStart(8, '0')} ${json}\n`;
}

export function headerLine(): string {
  return `${HEADER}\n`;
}

/** Reads every good line. Throws `invalid` for a foreign or damaged file, `not_found` when there is none. */
export async function readJournal(path: string, use: (value: unknown) => void): Promise<JournalReading> {
  const sizeBytes = await sizeOf(path);
  const torn = { atByte: 0, line: 0 };
  let goodBytes = 0;
  let line = 0;
  for await (const bytes of linesOf(path)) {
    line += 1;
    const text = bytes.toString('utf8');
    if (line === 1 && text !== HEADER) throw refusal(path, 'is not a journal of the desk');
    const value = line === 1 ? {} : decodeLine(text);
    if (value === undefined && torn.line === 0) torn.line = line;
    if (value === undefined) continue;
    if (torn.line > 0) throw refusal(path, `is damaged at line ${torn.line}`);
    goodBytes += bytes.length + 1;
    if (line > 1) use(value);
  }
  if (line === 0) throw refusal(path, 'is not a journal of the desk');
  const tornBytes = sizeBytes - goodBytes;
  if (tornBytes > 0) {
    await copyFile(path, `${path}.torn`);
    await truncate(path, goodBytes);
  }
  return { tornBytes };
}

/** Opens a journal that was read before (or that holds its header only). */
export async function openJournal(path: string): Promise<Journal> {
  const file = await open(path, 'a', 0o600);
  return createWriter(path, file);
}

function createWriter(path: string, file: FileHandle): Journal {
  let waiting: string[] = [];
  let flight: Promise<void> | undefined;
  let failure: BridgeError | undefined;

  const flush = async (): Promise<void> => {
    while (waiting.length > 0) {
      const bytes = Buffer.from(waiting.join(''));
      waiting = [];
      try {
        await file.appendFile(bytes);
        await file.datasync();
      } catch (cause) {
        failure = new BridgeError({ code: 'unavailable', operation: 'writeJournal', message: `cannot write ${path}`, effect: 'unknown', cause });
        throw failure;
      }
    }
  };
  const settled = async (): Promise<void> => {
    if (failure !== undefined) throw failure;
    if (waiting.length === 0 && flight === undefined) return;
    flight ??= flush().finally(() => {
      flight = undefined;
    });
    await flight;
    if (waiting.length > 0) await settled();
  };
  return {
    append(value) {
      if (failure !== undefined) throw failure;
      waiting.push(encodeLine(value));
    },
    settled,
    async close() {
      await settled().finally(() => file.close());
    },
  };
}

/** Lines as bytes, without the line feed; a last line without one is given as it is. */
async function* linesOf(path: string): AsyncIterable<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) {
    rest = rest.length === 0 ? Buffer.from(chunk) : Buffer.concat([rest, Buffer.from(chunk)]);
    let start = 0;
    for (let end = rest.indexOf(10); end !== -1; end = rest.indexOf(10, start)) {
      yield rest.subarray(start, end);
      start = end + 1;
    }
    rest = rest.subarray(start);
    if (rest.length > LINE_BYTES_MAX) throw refusal(path, 'is not a journal of the desk');
  }
  if (rest.length > 0) yield Buffer.concat([rest, Buffer.from('\u0000')]);
}

/** undefined = torn. A last line without its line feed carries a zero byte (see `linesOf`) and so never matches its checksum. */
function decodeLine(text: string): unknown {
  const json = text.slice(9);
  if (text[8] !== ' ' || crc32(json).toString(16).padStart(8, '0') !== text.slice(0, 8)) return undefined;
  return JSON.parse(json);
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (cause) {
    throw new BridgeError({ code: 'not_found', operation: 'readJournal', message: `${path} does not exist`, cause });
  }
}

function refusal(path: string, what: string): BridgeError {
  return new BridgeError({ code: 'invalid', operation: 'readJournal', message: `${path} ${what}; move it away or restore a backup` });
}
