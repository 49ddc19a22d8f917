/** The running program's side of `deskbridge replay`: looks for requests, has them done, and writes what became of them. */
import type { Bridge } from '../bridge/bridge.js';
import { toBridgeError } from '../core/errors.js';
import type { BuriedEntry, Clock, Emit, IdMap } from '../core/ports.js';
import { repeat, type Repetition } from './repeat.js';
import type { EntryOutcome, ReplaySpool } from './replay-spool.js';

const LOOK_EVERY_MS = 1_000;
/** Replays at one time; those of one conversation wait for each other in its lane. */
const AT_ONCE_MAX = 8;
const REPORT_KEPT_MS = 24 * 3_600_000;

export interface ReplayWatchParts {
  readonly spool: ReplaySpool;
  readonly bridge: Pick<Bridge, 'replay'>;
  readonly idMap: Pick<IdMap, 'buried'>;
  readonly clock: Clock;
  readonly emit: Emit;
}

/** Looks at once, and then again and again. What is not done when it stops is done after the next start. */
export function watchReplays(parts: ReplayWatchParts): Repetition {
  const stopping = new AbortController();
  /** Requests that cannot be read: each is told once, and left for somebody to look at. */
  const broken = new Set<string>();
  let prepared: Promise<void> | undefined;
  const looks = repeat(async () => {
    try {
      await (prepared ??= parts.spool.prepare(parts.clock.nowMs()));
      for (const name of await parts.spool.requests()) {
        if (!stopping.signal.aborted && !broken.has(name)) await perform(parts, name, stopping.signal, broken);
      }
      await parts.spool.forgetBefore(parts.clock.nowMs() - REPORT_KEPT_MS);
    } catch (thrown) {
      prepared = undefined;
      tell(parts, 'the requests to replay cannot be looked at', thrown);
    }
  }, LOOK_EVERY_MS, parts.clock);
  return {
    stop() {
      stopping.abort();
      return looks.stop();
    },
  };
}

async function perform(parts: ReplayWatchParts, name: string, signal: AbortSignal, broken: Set<string>): Promise<void> {
  const { spool, idMap } = parts;
  const ids = await spool.read(name).catch((thrown: unknown) => {
    broken.add(name);
    tell(parts, 'a request to replay cannot be read; was it left by another user of this machine?', thrown);
    return undefined;
  });
  if (ids === undefined) return;
  // What a program did that was killed in the middle of it.
  const outcomes: EntryOutcome[] = [...(await spool.report(name).catch(() => undefined))?.entries ?? []];
  const buried = new Map((await idMap.buried()).map((entry) => [entry.id, entry]));
  const told = new Set(outcomes.map((outcome) => outcome.id));
  const waiting = [...new Set(ids)].filter((id) => !told.has(id));
  const isDone = await inParallel(waiting, AT_ONCE_MAX, async (id) => {
    const outcome = signal.aborted ? undefined : await replayOne(parts, id, buried.get(id));
    if (outcome !== undefined) outcomes.push(outcome);
    return outcome !== undefined;
  }, () => spool.tell(name, { finished: false, entries: outcomes }));
  if (isDone) await spool.tell(name, { finished: true, entries: outcomes });
}

/** Undefined = the bridge stopped first. */
async function replayOne({ bridge }: ReplayWatchParts, id: string, entry: BuriedEntry | undefined): Promise<EntryOutcome | undefined> {
  if (entry === undefined) return { id, result: 'gone' };
  const outcome = await bridge.replay(entry);
  if (outcome.result === 'kept') return { id, ...outcome };
  return outcome.result === 'done' ? { id, result: 'done' } : undefined;
}

/** Begins in the given order. `progress` runs after some of them, one at a time. Resolves with whether all of them succeeded. */
async function inParallel<T>(items: readonly T[], atOnce: number, work: (item: T) => Promise<boolean>, progress: () => Promise<void>): Promise<boolean> {
  const queue = items.values();
  let all = true;
  let telling: Promise<void> | undefined;
  const drain = async (): Promise<void> => {
    for (const item of queue) {
      if (!await work(item)) all = false;
      telling ??= progress().finally(() => { telling = undefined; });
      await telling;
    }
  };
  // All of them, also when one fails: what is under way must not meet the same request again.
  const ends = await Promise.allSettled(Array.from({ length: atOnce }, drain));
  const failed = ends.find((end) => end.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  return all;
}

function tell({ emit }: ReplayWatchParts, message: string, thrown: unknown): void {
  const error = toBridgeError(thrown, 'replay');
  emit({ type: 'log', level: 'warn', message, facts: { code: error.code, detail: error.message } });
}
