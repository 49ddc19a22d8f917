/** `deskbridge buried`: what was given up, by its ids, and how each can be tried again. */
import { join } from 'node:path';
import { canReplay } from '../bridge/recovery/replay.js';
import type { Config } from '../config.js';
import type { BuriedEntry } from '../core/ports.js';
import { forgetBuried, readBuried } from '../idmap/lowdb.js';
import { digestOf } from '../idmap/names.js';
import { systemClock } from './system-clock.js';

export interface BuriedOptions {
  readonly json?: boolean;
  /** Ids of entries to forget instead of listing them. */
  readonly forget?: readonly string[];
}

/** 0 fine, 1 an id is unknown, 2 an id is ambiguous. */
export async function listBuried(config: Config, { json = false, forget }: BuriedOptions): Promise<0 | 1 | 2> {
  const folder = mapFolder(config);
  const entries = await readBuried(folder);
  if (forget !== undefined) return forgetEntries(folder, entries, forget);
  const view = { entries, nowMs: systemClock.nowMs(), readsAgain: config.telegram.operatorsChat !== undefined };
  process.stdout.write(json ? `${JSON.stringify(toJson(view), undefined, 2)}\n` : `${toTable(view).join('\n')}\n`);
  return 0;
}

async function forgetEntries(folder: string, entries: readonly BuriedEntry[], wanted: readonly string[]): Promise<0 | 1 | 2> {
  const { found, problems, exit } = findEntries(entries, wanted);
  if (exit !== 0) {
    process.stderr.write(`${problems.join('\n')}\n`);
    return exit;
  }
  const nameOf = shortNames(entries);
  for (const entry of found) {
    await forgetBuried(folder, entry.id);
    process.stdout.write(`${nameOf(entry)}  forgotten: the bridge will not try it again\n`);
  }
  return 0;
}

export function mapFolder({ dataDir }: Config): string {
  return join(dataDir, 'idmap');
}

// ---- names ----

const NAME_LENGTH_MIN = 6;

/** Ids are long and hold colons: each entry has a short name, of as many digits as tell these entries apart. */
export function shortNames(entries: readonly BuriedEntry[]): (entry: BuriedEntry) => string {
  const digests = [...new Set(entries.map((entry) => digestOf(entry.id)))];
  let length = NAME_LENGTH_MIN;
  while (new Set(digests.map((digest) => digest.slice(0, length))).size < digests.length) length += 1;
  return (entry) => digestOf(entry.id).slice(0, length);
}

export interface Found {
  /** Oldest first. */
  readonly found: readonly BuriedEntry[];
  readonly problems: readonly string[];
  /** 1 = an id is unknown, 2 = an id is ambiguous. */
  readonly exit: 0 | 1 | 2;
}

/** The entries that these words name: a short name, its beginning, or a full id. Pure. */
export function findEntries(entries: readonly BuriedEntry[], wanted: readonly string[]): Found {
  const problems: string[] = [];
  let exit: Found['exit'] = 0;
  const named = new Set<BuriedEntry>();
  for (const word of wanted) {
    const exact = entries.filter((entry) => entry.id === word);
    const fits = exact.length > 0 ? exact : entries.filter((entry) => word !== '' && digestOf(entry.id).startsWith(word.toLowerCase()));
    const [only, another] = fits;
    if (only !== undefined && another === undefined) named.add(only);
    if (only === undefined) problems.push(`nothing is buried under "${word}"; \`deskbridge buried\` lists what is`);
    if (only === undefined && exit === 0) exit = 1;
    if (another === undefined) continue;
    problems.push(`"${word}" fits ${fits.length} entries; give more of it`);
    exit = 2;
  }
  return { found: entries.filter((entry) => named.has(entry)), problems, exit };
}

// ---- what is printed ----

interface View {
  readonly entries: readonly BuriedEntry[];
  readonly nowMs: number;
  /** Messages can be read again: there is an operators' chat. */
  readonly readsAgain: boolean;
}

const HEADINGS = ['ID', 'DIRECTION', 'REASON', 'OPERATION', 'AGE', 'CONVERSATION', 'WHAT', 'AGAIN'] as const;

/** One line for each entry, oldest first. Pure. */
export function toTable(view: View): readonly string[] {
  const { entries, nowMs } = view;
  if (entries.length === 0) return ['nothing is buried'];
  const nameOf = shortNames(entries);
  const rows = entries.map((entry) => [
    nameOf(entry), entry.direction, entry.reason ?? entry.code, entry.operation, formatAge(nowMs - entry.buriedAtMs), entry.conversation,
    whatOf(entry), byWhom(entry, view) === 'replay' ? 'replay' : 'only by the sender',
  ]);
  const table = [HEADINGS, ...rows];
  const widths = HEADINGS.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  return table.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ').trimEnd());
}

/** For scripts. Pure. */
export function toJson(view: View): readonly object[] {
  const nameOf = shortNames(view.entries);
  return view.entries.map((entry) => ({
    name: nameOf(entry), ...entry, ageSeconds: Math.max(0, Math.floor((view.nowMs - entry.buriedAtMs) / 1_000)), again: byWhom(entry, view),
  }));
}

function whatOf(entry: BuriedEntry): string {
  if (entry.message !== undefined) return `message ${entry.message}`;
  if (entry.comment !== undefined) return `ticket ${entry.ticket ?? '?'} comment ${entry.comment}`;
  if (entry.ticket !== undefined) return `ticket ${entry.ticket}`;
  const prefix = `${entry.direction}:${entry.conversation}:`;
  return (entry.id.startsWith(prefix) ? entry.id.slice(prefix.length) : entry.id).replace(':', ' ');
}

function byWhom(entry: BuriedEntry, { readsAgain }: View): 'replay' | 'sender' {
  return canReplay(entry) && (entry.direction === 'to_telegram' || readsAgain) ? 'replay' : 'sender';
}

const UNITS = [[86_400, 'd'], [3_600, 'h'], [60, 'min'], [1, 's']] as const;

/** The largest unit that fits: `3 h`. */
export function formatAge(ageMs: number): string {
  const seconds = Math.max(0, Math.floor(ageMs / 1_000));
  const [size, unit] = UNITS.find(([each]) => seconds >= each) ?? [1, 's'];
  return `${Math.floor(seconds / size)} ${unit}`;
}
