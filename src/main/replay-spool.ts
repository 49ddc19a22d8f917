/**
 * How `deskbridge replay` asks the running program, which alone may use the id map: a request is a file in `DATA_DIR/replay`, its outcome
 * another beside it. Ids and codes only. A request stays until it is done, whatever stops in between.
 */
import { randomBytes } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { diskError, errnoOf, makeFolder, parseFile, readText, removeFile, syncFolder, TEMPORARY_SUFFIX, writeDurably } from '../disk/files.js';

const FORMAT = 1;
const ENTRIES_MAX = 100_000;

/** `gone`: it was not buried any more. */
const outcomeSchema = z.object({
  id: z.string(), result: z.enum(['done', 'kept', 'gone']), code: z.string().exactOptional(), operation: z.string().exactOptional(), detail: z.string().exactOptional(),
});
const reportSchema = z.object({ format: z.literal(FORMAT), finished: z.boolean(), entries: z.array(outcomeSchema).max(ENTRIES_MAX) });
const requestSchema = z.object({ format: z.literal(FORMAT), entries: z.array(z.string().max(2_000)).max(ENTRIES_MAX) });

export type EntryOutcome = z.infer<typeof outcomeSchema>;
/** What became of a request so far, in the order in which it was done. */
export type Report = Omit<z.infer<typeof reportSchema>, 'format'>;

export interface ReplaySpool {
  /** Makes the folder; removes what interrupted writes left. */
  prepare(nowMs: number): Promise<void>;
  /** Leaves a request with these entries; returns its name. */
  ask(entries: readonly string[], nowMs: number): Promise<string>;
  /** Names of the requests that are not done, oldest first. */
  requests(): Promise<readonly string[]>;
  /** The entries of a request; undefined when it is done by now. */
  read(name: string): Promise<readonly string[] | undefined>;
  report(name: string): Promise<Report | undefined>;
  /** Writes what became of a request; one that is finished is removed. */
  tell(name: string, report: Report): Promise<void>;
  /** Removes the report of a request: it was read. */
  forget(name: string): Promise<void>;
  /** Removes the reports that nobody came to read. */
  forgetBefore(atMs: number): Promise<void>;
}

/** Far longer than it takes to write a small file. */
const WRITING_MS = 60_000;
const NAME = /^(\d{13,16})-[0-9a-f]{12}$/u;
const REQUEST = '.request.json';
const REPORT = '.report.json';

/** Every method throws `unavailable` when the folder cannot be read or written. */
export function createReplaySpool(dataDir: string): ReplaySpool {
  const folder = join(dataDir, 'replay');
  const pathOf = (name: string, suffix: string): string => join(folder, `${name}${suffix}`);
  const remove = async (path: string): Promise<void> => {
    await removeFile(path);
    await syncFolder(folder);
  };
  /** Names start with the time, so they sort by it. */
  const namesWith = async (suffix: string): Promise<readonly string[]> => (
    (await filesIn(folder)).filter((file) => file.endsWith(suffix)).map((file) => file.slice(0, -suffix.length)).filter((name) => NAME.test(name)).sort()
  );
  return {
    async prepare(nowMs) {
      await makeFolder(folder);
      for (const file of await filesIn(folder)) {
        // A young one may belong to a command that writes its request right now.
        if (file.endsWith(TEMPORARY_SUFFIX) && await changedAtMs(join(folder, file)) < nowMs - WRITING_MS) await removeFile(join(folder, file));
      }
    },
    async ask(entries, nowMs) {
      await makeFolder(folder);
      const name = `${Math.trunc(nowMs)}-${randomBytes(6).toString('hex')}`;
      await writeDurably(pathOf(name, REQUEST), JSON.stringify({ format: FORMAT, entries }));
      return name;
    },
    requests: () => namesWith(REQUEST),
    async read(name) {
      const path = pathOf(name, REQUEST);
      const text = await readText(path);
      return text === undefined ? undefined : parseFile(path, text, (json) => requestSchema.parse(json)).entries;
    },
    async report(name) {
      const path = pathOf(name, REPORT);
      const text = await readText(path);
      return text === undefined ? undefined : parseFile(path, text, (json) => reportSchema.parse(json));
    },
    async tell(name, report) {
      await writeDurably(pathOf(name, REPORT), JSON.stringify({ format: FORMAT, ...report }));
      if (report.finished) await remove(pathOf(name, REQUEST));
    },
    forget: (name) => remove(pathOf(name, REPORT)),
    async forgetBefore(atMs) {
      const open = new Set(await namesWith(REQUEST));
      for (const name of await namesWith(REPORT)) {
        if (Number(NAME.exec(name)?.[1]) < atMs && !open.has(name)) await remove(pathOf(name, REPORT));
      }
    },
  };
}

async function changedAtMs(path: string): Promise<number> {
  return stat(path).then(({ mtimeMs }) => mtimeMs, () => Infinity);
}

async function filesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (thrown) {
    if (errnoOf(thrown) === 'ENOENT') return [];
    throw diskError('read', folder, thrown);
  }
}
