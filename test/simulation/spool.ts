/** What admins asked to be replayed, as the folder of `deskbridge replay` holds it: on the disk that outlives processes. */
import type { BuriedEntry } from '../../src/core/ports.js';
import type { EntryOutcome, ReplaySpool } from '../../src/main/replay-spool.js';

/** One call of `deskbridge replay`, and what came of it so far. */
export interface Request {
  readonly name: string;
  readonly askedAtMs: number;
  /** As they were buried then, in the order they were asked for. */
  readonly entries: readonly BuriedEntry[];
  outcomes: readonly EntryOutcome[];
  finished: boolean;
}

export interface Spool {
  readonly port: ReplaySpool;
  readonly requests: readonly Request[];
  ask(entries: readonly BuriedEntry[], nowMs: number): void;
  idle(): boolean;
}

export function createSpool(): Spool {
  const requests: Request[] = [];
  const find = (name: string): Request | undefined => requests.find((one) => one.name === name);
  return {
    requests,
    ask: (entries, askedAtMs) => { requests.push({ name: `r${requests.length}`, askedAtMs, entries, outcomes: [], finished: false }); },
    idle: () => requests.every(({ finished }) => finished),
    port: {
      prepare: async () => undefined,
      ask: async () => { throw new Error('the command is not simulated'); },
      requests: async () => requests.filter(({ finished }) => !finished).map(({ name }) => name),
      async read(name) {
        const found = find(name);
        return found === undefined || found.finished ? undefined : found.entries.map(({ id }) => id);
      },
      async report(name) {
        const found = find(name);
        return found === undefined ? undefined : { finished: found.finished, entries: [...found.outcomes] };
      },
      async tell(name, { finished, entries }) {
        const found = find(name);
        if (found !== undefined) Object.assign(found, { finished, outcomes: [...entries] });
      },
      forget: async () => undefined,
      forgetBefore: async () => undefined,
    },
  };
}
