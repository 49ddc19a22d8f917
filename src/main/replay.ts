/** `deskbridge replay`: asks the running program to try buried entries again, and tells what came of it. */
import type { Config } from '../config.js';
import type { BuriedEntry } from '../core/ports.js';
import { isFolderInUse } from '../disk/lock.js';
import { readBuried } from '../idmap/lowdb.js';
import { findEntries, mapFolder, shortNames } from './buried.js';
import { createReplaySpool, type EntryOutcome, type ReplaySpool, type Report } from './replay-spool.js';
import { systemClock } from './system-clock.js';

const LOOK_EVERY_MS = 100;
/** Longer than the program tries one entry through an outage. */
const WITHOUT_NEWS_MS = 90_000;

export interface ReplayOptions {
  /** Words that name entries: see `findEntries`. */
  readonly ids: readonly string[];
  readonly all: boolean;
}

/** 0 everything was replayed, 1 something was not (yet), 2 bad usage. */
export async function runReplay(config: Config, { ids, all }: ReplayOptions): Promise<0 | 1 | 2> {
  if (all === ids.length > 0) return complain('name the entries to replay, or say --all', 2);
  const entries = await readBuried(mapFolder(config));
  if (all && entries.length === 0) {
    process.stdout.write('nothing is buried\n');
    return 0;
  }
  const { found, problems, exit } = all ? { found: entries, problems: [], exit: 0 as const } : findEntries(entries, ids);
  if (exit !== 0) return complain(problems.join('\n'), exit);
  const spool = createReplaySpool(config.dataDir);
  const name = await spool.ask(found.map((entry) => entry.id), systemClock.nowMs());
  return follow({ spool, name, isRunning: () => isFolderInUse(mapFolder(config)), print: printerOf(entries), asked: found.length });
}

function complain(problem: string, exit: 1 | 2): 1 | 2 {
  process.stderr.write(`${problem}\n`);
  return exit;
}

interface Waiting {
  readonly spool: ReplaySpool;
  readonly name: string;
  /** How many entries were asked for. */
  readonly asked: number;
  isRunning(): Promise<boolean>;
  print(outcome: EntryOutcome): void;
}

/** Prints outcomes as they come, until all are there or there is no news for too long. */
async function follow({ spool, name, asked, isRunning, print }: Waiting): Promise<0 | 1> {
  let printed = 0;
  for (let newsAtMs = systemClock.nowMs(); systemClock.nowMs() - newsAtMs < WITHOUT_NEWS_MS;) {
    // Asked first: a program that stops may have finished just before.
    const running = await isRunning();
    const report = await spool.report(name);
    const news = report?.entries.slice(printed) ?? [];
    news.forEach(print);
    printed += news.length;
    if (report?.finished === true) {
      await spool.forget(name);
      return summary(report);
    }
    if (!running) {
      return laterExit(`no bridge runs on this data directory: ${asked - printed} of ${asked} wait; the request is kept and done at the next \`deskbridge start\``);
    }
    if (news.length > 0) newsAtMs = systemClock.nowMs();
    await systemClock.sleep(LOOK_EVERY_MS);
  }
  return laterExit(`no news from the running bridge: ${asked - printed} of ${asked} wait; the request is kept, and \`deskbridge buried\` shows what is left. `
    + 'If this stays so, see its log, and whether it runs as the same user');
}

function laterExit(words: string): 1 {
  process.stderr.write(`${words}\n`);
  return 1;
}

function summary({ entries }: Report): 0 | 1 {
  const kept = entries.filter((entry) => entry.result === 'kept').length;
  process.stdout.write(`${entries.length - kept} replayed, ${kept} kept\n`);
  return kept === 0 ? 0 : 1;
}

const BY_SENDER = new Set(['unsupported', 'not_found', 'forbidden']);

/** One line for each outcome: the name as `buried` shows it, and what became of it. */
function printerOf(entries: readonly BuriedEntry[]): (outcome: EntryOutcome) => void {
  const nameOf = shortNames(entries);
  const byId = new Map(entries.map((entry) => [entry.id, entry]));
  return (outcome) => {
    const entry = byId.get(outcome.id);
    process.stdout.write(`${entry === undefined ? outcome.id : nameOf(entry)}  ${wordsOf(outcome, entry)}\n`);
  };
}

function wordsOf({ result, code = '', operation = '', detail = '' }: EntryOutcome, entry: BuriedEntry | undefined): string {
  if (result === 'gone') return 'is not buried any more';
  if (result === 'done') return entry?.direction === 'to_telegram' ? 'replayed: sent to the requester' : 'replayed: filed in the helpdesk';
  const bySender = entry?.direction === 'to_helpdesk' && (operation === 'readAgain' || operation === 'replay') && BY_SENDER.has(code);
  return `kept (${code}, ${operation}): ${detail}${bySender ? '; only the sender can repeat it' : ''}`;
}
