/** What belongs here: the desk's rows on disk and in memory as one thing: open, write, wait until durable, close. */
import { mkdir, open, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Emit } from '../../../core/ports.js';
import { lockFolder, writeDurably } from '../../../disk/files.js';
import { encodeLine, headerLine, openJournal, readJournal } from './journal.js';
import { changeSchema, type Row } from './records.js';
import { applyRows, createTables, rowsOf, type Tables } from './tables.js';

/** A journal is written anew on open when it is larger than this and holds more than twice what is alive. */
const COMPACT_FROM_BYTES = 4 * 1024 * 1024;
const ROWS_PER_LINE = 200;

export interface Store {
  /** Read freely; change through `write` only. Holds what is written, on disk or not yet: answer after `settled()`. */
  readonly tables: Tables;
  /** Adds one line and applies it at once: all of `rows`, or none after a crash. Throws `unavailable` after the disk failed. */
  write(rows: readonly Row[]): void;
  /** Resolves when everything written so far is on disk. */
  settled(): Promise<void>;
  /** Calls `listener` after changes became durable; several changes may share a call. Returns how to stop. */
  watch(listener: () => void): () => void;
  close(): Promise<void>;
}

/** Opens (or makes) the desk in `folder`, for one process only. Throws `invalid` for a foreign or damaged journal. */
export async function openStore(folder: string, emit: Emit): Promise<Store> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const lock = await lockFolder(folder);
  try {
    const path = join(folder, 'desk.jsonl');
    const tables = createTables();
    await load(path, tables, emit);
    return await createStore(path, tables, () => lock.release());
  } catch (thrown) {
    await lock.release();
    throw thrown;
  }
}

async function createStore(path: string, tables: Tables, unlock: () => Promise<void>): Promise<Store> {
  const journal = await openJournal(path);
  const listeners = new Set<() => void>();
  let telling = false;
  const tell = (): void => {
    if (telling) return;
    telling = true;
    journal.settled().then(() => {
      telling = false;
      for (const listener of listeners) listener();
    }, () => {
      telling = false; // whoever wrote is told by its own `settled()`
    });
  };
  return {
    tables,
    write(rows) {
      const change = { seq: tables.seq + 1, rows: [...rows] };
      journal.append(change);
      applyRows(tables, change);
      tell();
    },
    settled: () => journal.settled(),
    watch(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async close() {
      listeners.clear();
      await journal.close().finally(unlock);
    },
  };
}

async function load(path: string, tables: Tables, emit: Emit): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return writeDurably(path, headerLine());
  let rowsRead = 0;
  const reading = await readJournal(path, (value) => {
    const change = changeSchema.parse(value);
    rowsRead += change.rows.length;
    applyRows(tables, change);
  });
  if (reading.tornBytes > 0) {
    const facts = { path, tornBytes: reading.tornBytes };
    emit({ type: 'log', level: 'warn', message: 'desk: the journal ended in the middle of a write; the rest is kept beside it', facts });
  }
  if (found.size > COMPACT_FROM_BYTES && rowsRead > 2 * countRows(tables)) await compact(path, tables);
}

function countRows(tables: Tables): number {
  let entries = 0;
  for (const rows of tables.entries.values()) entries += rows.length;
  for (const rows of tables.delivered.values()) entries += rows.size;
  return entries + tables.tickets.size + tables.requesters.size + tables.files.size + tables.articles.size;
}

/** Replaces the journal by one without history, in one atomic step. */
async function compact(path: string, tables: Tables): Promise<void> {
  const draft = `${path}.new`;
  const file = await open(draft, 'w', 0o600);
  try {
    await file.appendFile(headerLine());
    let rows: Row[] = [];
    for (const row of rowsOf(tables)) {
      rows.push(row);
      if (rows.length < ROWS_PER_LINE) continue;
      await file.appendFile(encodeLine({ seq: tables.seq, rows }));
      rows = [];
    }
    await file.appendFile(encodeLine({ seq: tables.seq, rows }));
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(draft, path);
  await syncFolder(path);
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(join(path, '..'), 'r');
  await folder.sync().finally(() => folder.close());
}
