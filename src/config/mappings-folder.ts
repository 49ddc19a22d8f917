/** The mappings folder on disk: read at the start, read again when it changes, never replaced by something broken. */
import { readFileSync, readdirSync, statSync, watch, type FSWatcher } from 'node:fs';
import { join } from 'node:path';
import type { Mapping } from '../core/mapping.js';
import type { Clock, Emit } from '../core/ports.js';
import { compileMapping, type Compiled, type SourceFile } from '../mapping/compile.js';
import type { Problem } from '../mapping/yaml-file.js';
import { ConfigProblems, formatProblem } from './load.js';

/** Editors write a file in several steps: wait until they are done. */
const SETTLE_MS = 300;
/** Folders that are swapped as a whole (mounted config maps) escape a watcher: look again this often. */
const RECHECK_MS = 30_000;
/** More than this is not a mappings folder. */
const FILES_MAX = 100;
const FILE_BYTES_MAX = 1_000_000;

export interface MappingsFolder {
  /** The last good mapping. */
  current(): Mapping;
  /** What is wrong with the files as they are now; the mapping in use may be older. */
  problems(): readonly Problem[];
  /** Reads the folder at once. True when the mapping in use was replaced. */
  reload(): boolean;
  /** Stops looking for changes. */
  close(): void;
}

/** Throws ConfigProblems when the folder does not hold a good mapping to begin with. Later mistakes are logged, and the last good mapping stays. */
export function openMappings(folder: string, { emit, clock }: { readonly emit: Emit; readonly clock: Clock }): MappingsFolder {
  let files = readMappings(folder);
  let compiled = compileMapping(files);
  if (compiled.mapping === undefined) throw new ConfigProblems(compiled.problems);
  let current = compiled.mapping;
  tell(emit, compiled);
  const reload = (): boolean => {
    const read = readAgain(folder, emit);
    if (read === undefined || isSame(read, files)) return false;
    files = read;
    compiled = compileMapping(files);
    tell(emit, compiled);
    if (compiled.mapping === undefined) return false;
    current = compiled.mapping;
    emit({ type: 'log', level: 'info', message: 'the mappings changed and are in use', facts: { folder } });
    return true;
  };
  const stop = keepWatch(folder, clock, reload);
  return { current: () => current, problems: () => compiled.problems, reload, close: stop };
}

/** The YAML files of the folder and of `texts` in it. Throws ConfigProblems when it cannot be read. */
export function readMappings(folder: string): readonly SourceFile[] {
  try {
    return [...namesIn(folder, ''), ...namesIn(join(folder, 'texts'), 'texts/')].map((name) => {
      const path = join(folder, name);
      if (statSync(path).size > FILE_BYTES_MAX) throw new ConfigProblems([problemOf(path, `is larger than ${FILE_BYTES_MAX} bytes`)]);
      return { path, text: readFileSync(path, 'utf8') };
    });
  } catch (thrown) {
    if (thrown instanceof ConfigProblems) throw thrown;
    throw new ConfigProblems([problemOf(folder, 'the mappings folder cannot be read; set MAPPINGS_DIR to a folder like the one that comes with the product')]);
  }
}

function namesIn(folder: string, prefix: string): readonly string[] {
  return readdirSync(folder).filter((name) => /\.ya?ml$/.test(name) && !name.startsWith('.')).sort().slice(0, FILES_MAX).map((name) => prefix + name);
}

function problemOf(file: string, message: string): Problem {
  return { file, line: 1, column: 1, path: '', message, level: 'error' };
}

/** While an editor swaps files, one may be missing for a moment: the next look sees it. */
function readAgain(folder: string, emit: Emit): readonly SourceFile[] | undefined {
  try {
    return readMappings(folder);
  } catch {
    emit({ type: 'log', level: 'warn', message: 'the mappings folder cannot be read; the last good mappings stay in use', facts: { folder } });
    return undefined;
  }
}

function isSame(a: readonly SourceFile[], b: readonly SourceFile[]): boolean {
  return a.length === b.length && a.every((file, index) => file.path === b[index]?.path && file.text === b[index]?.text);
}

function tell(emit: Emit, { mapping, problems }: Compiled): void {
  for (const problem of problems) {
    const level = problem.level === 'error' ? 'error' : 'warn';
    emit({ type: 'log', level, message: `mappings: ${formatProblem(problem)}` });
  }
  if (mapping === undefined) emit({ type: 'log', level: 'error', message: 'the changed mappings have mistakes; the last good ones stay in use', facts: { problems: problems.length } });
}

/** Calls `look` some time after anything changes below `folder`, and now and then anyway. */
function keepWatch(folder: string, clock: Clock, look: () => void): () => void {
  const stopped = new AbortController();
  let settling = false;
  const changed = async (): Promise<void> => {
    if (settling || stopped.signal.aborted) return;
    settling = true;
    await clock.sleep(SETTLE_MS, stopped.signal);
    settling = false;
    if (!stopped.signal.aborted) look();
  };
  const recheck = async (): Promise<void> => {
    while (!stopped.signal.aborted) {
      await clock.sleep(RECHECK_MS, stopped.signal);
      if (!stopped.signal.aborted) look();
    }
  };
  const watchers = [folder, join(folder, 'texts')].flatMap((each) => watcherOf(each, () => void changed()));
  void recheck();
  return () => {
    stopped.abort();
    for (const each of watchers) each.close();
  };
}

/** Some file systems cannot be watched: looking now and then has to do there. */
function watcherOf(folder: string, onChange: () => void): readonly FSWatcher[] {
  try {
    return [watch(folder, { persistent: false }, onChange).on('error', () => undefined)];
  } catch {
    return [];
  }
}
