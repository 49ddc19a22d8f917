/** `deskbridge rebuild`: fills a new map from the helpdesk, reads it again from disk, and says what an admin should know. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { findMissing, rebuildMap, type Rebuilt } from '../bridge/recovery/rebuild.js';
import type { Config } from '../config.js';
import { BridgeError, REMEDY_BY_CODE, toBridgeError } from '../core/errors.js';
import type { Mapping } from '../core/mapping.js';
import type { Clock, Emit, HelpdeskConnector, IdMap } from '../core/ports.js';
import { createLowdbIdMap } from '../idmap/lowdb.js';
import { beginRebuild, endRebuild } from '../idmap/rebuilding.js';
import { createMetrics } from '../observe/metrics.js';
import { parseBotId } from '../telegram/ids.js';
import { createOrigins } from '../telegram/origins.js';
import { isEmbedded, openEmbeddedDesk } from './desk.js';
import { createServer } from './serve.js';
import { createConnector } from './start.js';

export interface RebuildRun {
  readonly mapping: Mapping;
  readonly clock: Clock;
  /** Answers from then on are to be delivered. */
  readonly sinceMs?: number;
  /** What the admin reads, a line at a time. */
  readonly say: (line: string) => void;
}

const SILENT: Emit = () => undefined;
const PROGRESS_EVERY_MS = 5_000;

/** Throws BridgeError when the map cannot be rebuilt; then the folder is left so that nothing takes it for whole. */
export async function runRebuild(config: Config, run: RebuildRun): Promise<void> {
  const { clock, say } = run;
  const folder = join(config.dataDir, 'idmap');
  await mkdir(config.dataDir, { recursive: true });
  const helpdesk = await reachHelpdesk(config, run);
  try {
    if (helpdesk.connector.listTickets === undefined) throw unsupported(helpdesk.connector);
    await beginRebuild(folder);
    const open = (): Promise<IdMap> => createLowdbIdMap({ folder, nowMs: clock.nowMs, unfinished: true });
    say(`reading the tickets of ${helpdesk.connector.name}`);
    const rebuilt = await using(await open(), (idMap) => fill(config, helpdesk.connector, idMap, run));
    // Opened anew: what counts is what is on disk.
    await using(await open(), async (idMap) => {
      const missing = await findMissing(idMap, rebuilt.conversations);
      if (missing.length > 0) throw new BridgeError({ code: 'internal', operation: 'rebuild', message: `what was written cannot be read again: ${missing.slice(0, 10).join(', ')}` });
      await endRebuild(folder);
    });
    for (const line of summaryOf(rebuilt, clock.nowMs())) say(line);
  } finally {
    await helpdesk.close();
  }
}

function fill(config: Config, connector: HelpdeskConnector, idMap: IdMap, { mapping, clock, sinceMs, say }: RebuildRun): Promise<Rebuilt> {
  const startedAtMs = clock.nowMs();
  let toldAtMs = startedAtMs;
  return rebuildMap({ connector, idMap, mapping }, {
    origins: createOrigins(parseBotId(config.telegram.token)), startedAtMs, ...(sinceMs !== undefined && { sinceMs }),
    progress: (read, conversations) => {
      if (clock.nowMs() - toldAtMs < PROGRESS_EVERY_MS) return;
      toldAtMs = clock.nowMs();
      say(`read ${read} of ${conversations} conversations`);
    },
  });
}

async function using<T>(idMap: IdMap, work: (idMap: IdMap) => Promise<T>): Promise<T> {
  try {
    return await work(idMap);
  } finally {
    await idMap.close();
  }
}

function unsupported({ name }: HelpdeskConnector): BridgeError {
  return new BridgeError({ code: 'unsupported', operation: 'rebuild', message: `${name} cannot list its tickets, and so the map cannot be rebuilt from it` });
}

interface Reached {
  readonly connector: HelpdeskConnector;
  close(): Promise<void>;
}

/** The built-in desk runs inside the bridge, and so for this long inside this command. */
async function reachHelpdesk(config: Config, { mapping, clock, say }: RebuildRun): Promise<Reached> {
  if (!isEmbedded(config)) return { connector: patient(createConnector(config, undefined, { emit: SILENT, nowMs: clock.nowMs }), clock, say), close: async () => undefined };
  const server = createServer({ host: '127.0.0.1', port: 0, emit: SILENT, clock, metrics: createMetrics() });
  const { url } = await server.http.start();
  try {
    const desk = await openEmbeddedDesk(config, mapping.queues, url, { clock, emit: SILENT });
    server.mountDesk(desk.router);
    return {
      connector: createConnector(config, desk, { emit: SILENT, nowMs: clock.nowMs }),
      close: async () => {
        await server.http.stop();
        await desk.close();
      },
    };
  } catch (thrown) {
    await server.http.stop();
    throw thrown;
  }
}

const PATIENCE_MS = 5 * 60_000;
const TRY_AGAIN_MS = 2_000;

/** Reading many tickets takes a while: a helpdesk that is away for a moment must not undo the work. */
function patient(connector: HelpdeskConnector, clock: Clock, say: (line: string) => void): HelpdeskConnector {
  let failingSinceMs: number | undefined;
  const insist = async <T>(ask: () => Promise<T>): Promise<T> => {
    for (;;) {
      try {
        const answer = await ask();
        failingSinceMs = undefined;
        return answer;
      } catch (thrown) {
        const error = toBridgeError(thrown, 'rebuild');
        if (REMEDY_BY_CODE[error.code] !== 'retry') throw error;
        if (failingSinceMs === undefined) say(`${connector.name} does not answer (${error.code}); trying on for ${PATIENCE_MS / 60_000} minutes`);
        failingSinceMs ??= clock.nowMs();
        if (clock.nowMs() - failingSinceMs > PATIENCE_MS) throw error;
        await clock.sleep(error.retryAfterMs ?? TRY_AGAIN_MS);
      }
    }
  };
  const { listTickets } = connector;
  return {
    ...connector,
    ...(listTickets && { listTickets: (after) => insist(() => listTickets(after)) }),
    getTicket: (ticket) => insist(() => connector.getTicket(ticket)),
    commentsAfter: (ticket, cursor) => insist(() => connector.commentsAfter(ticket, cursor)),
    changedSince: (cursor) => insist(() => connector.changedSince(cursor)),
  };
}

const DAY_MS = 24 * 3_600_000;
const LINES_MAX = 20;

function summaryOf({ conversations, tickets, messages, taken, left }: Rebuilt, nowMs: number): readonly string[] {
  const lines = [`rebuilt and read again: ${conversations.length} conversations, ${tickets} tickets, ${messages} messages`];
  if (left > 0) lines.push(`to be delivered when the bridge starts: ${count(left, 'answer')}`);
  const recent = taken.filter((answer) => answer.createdAtMs > nowMs - DAY_MS);
  if (recent.length === 0) return lines;
  const byTicket = new Map<string, { readonly answers: number; readonly lastMs: number }>();
  for (const { number, createdAtMs } of recent) byTicket.set(number, { answers: (byTicket.get(number)?.answers ?? 0) + 1, lastMs: createdAtMs });
  lines.push(
    `count as delivered: ${count(recent.length, 'answer')} of the last 24 hours, on ${count(byTicket.size, 'ticket')}`,
    ...[...byTicket].slice(-LINES_MAX).map(([number, { answers, lastMs }]) => `  ticket ${number}: ${answers}, the last at ${new Date(lastMs).toISOString()}`),
    ...(byTicket.size > LINES_MAX ? [`  and ${byTicket.size - LINES_MAX} more tickets`] : []),
    'If the bridge was down when one of them was written, its customer has not got it: move the map away and run this again with --since and the time at which the bridge went down.',
  );
  return lines;
}

function count(number: number, word: string): string {
  return `${number} ${word}${number === 1 ? '' : 's'}`;
}
