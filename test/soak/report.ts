/** What belongs here: what a soak found, against its bounds, for a terminal and for the documentation. Pure. */
import type { AtRest } from './at-rest.js';
import type { Delivery } from './delivery.js';
import type { Flatness, Trend } from './memory.js';

export interface Findings {
  readonly command: string;
  readonly seed: number;
  readonly date: string;
  readonly minutes: number;
  readonly mode: string;
  readonly chats: number;
  readonly rate: number;
  readonly lives: number;
  readonly kills: number;
  readonly crashes: readonly string[];
  readonly acts: ReadonlyMap<string, number>;
  readonly refusedActs: ReadonlyMap<string, number>;
  /** Requests that fared badly and phases of trouble, by side. */
  readonly faults: readonly { readonly side: string; readonly phases: ReadonlyMap<string, number>; readonly requests: ReadonlyMap<string, number> }[];
  readonly botMessages: number;
  readonly lostReplies: number;
  readonly secondsToQuiet: number | undefined;
  readonly delivery: Delivery;
  readonly pendingUpdates: number;
  readonly lanes: number | undefined;
  readonly jobs: number | undefined;
  readonly openFiles: number | undefined;
  readonly openFilesMost: number;
  readonly rssMost: number;
  readonly memory: Flatness | undefined;
  readonly exit: number | string;
  readonly rest: AtRest;
  readonly textsLogged: number;
  readonly logged: ReadonlyMap<string, number>;
}

export interface Row {
  readonly what: string;
  readonly found: string;
  readonly bound: string;
  readonly ok: boolean;
}

/**
 * At work: 64 connections to the helpdesk (`CONNECTIONS_MAX` in `src/http/client.ts`) and 128 to Telegram (in `src/telegram/client.ts`), 100 updates
 * of one window with a file being written each, 40 webhooks, and some thirty of its own. At rest: kept connections, and its own.
 */
const OPEN_FILES_MAX = 360;
const OPEN_FILES_QUIET_MAX = 120;
const RSS_MAX = 400e6;

const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(1);
const none = (what: string, count: number | undefined): Row => ({ what, found: count === undefined ? 'not known' : String(count), bound: '0', ok: count === 0 });
const upTo = (what: string, count: number | undefined, most: number, show: (value: number) => string = String): Row => (
  { what, found: count === undefined ? 'not known' : show(count), bound: `≤ ${show(most)}`, ok: count !== undefined && count <= most }
);

export function rowsOf(found: Findings): readonly Row[] {
  const { toHelpdesk: asked, toTelegram: answers } = found.delivery;
  const verdicts = [...answers.undelivered].filter(([reason]) => reason !== 'blocked').reduce((sum, [, count]) => sum + count, 0);
  const sent = (what: string, count: number): Row => ({ what, found: String(count), bound: '> 0', ok: count > 0 });
  return [
    sent('messages of customers', asked.sent),
    none('… lost', asked.lost), none('… doubled', asked.doubled), none('… out of order', asked.reordered), none('… with a broken file', asked.brokenFiles),
    sent('public answers of agents', answers.answers),
    none('… lost', answers.lost), none('… doubled without a kill or a lost reply', answers.doubled), none('… out of order', answers.reordered),
    none('… with a broken file', answers.brokenFiles), none('… in a wrong chat', answers.misled),
    upTo(`… repeated after a lost reply (${found.lostReplies} replies to sends were lost)`, answers.repeatsAfterLostReply, found.lostReplies),
    // Several chats may have a message under way at a kill, each one of them; a second one counts as doubled.
    { what: `… repeated after a kill (${found.kills} kills), at most one of each chat`, found: String(answers.repeatsAfterKill), bound: 'explained', ok: true },
    { what: '… not delivered, the agent was told: the customer blocked the bot', found: String(answers.undelivered.get('blocked') ?? 0), bound: 'told', ok: true },
    none('… told so of a customer who never blocked', answers.unfounded), none('… not delivered for another reason', verdicts),
    { what: 'internal comments of agents', found: String(found.delivery.internalComments), bound: '', ok: true },
    none('… in Telegram', found.delivery.internalInTelegram),
    { what: 'seconds until all was quiet after the last fault', found: found.secondsToQuiet?.toFixed(0) ?? 'never', bound: '', ok: found.secondsToQuiet !== undefined },
    none('updates not acknowledged', found.pendingUpdates), none('lanes left', found.lanes), none('jobs left', found.jobs),
    none('intents left', found.rest.intents), none('due work left', found.rest.due), none('buried', found.rest.buried), none('unfinished writes on disk', found.rest.temporary),
    none('texts on disk', found.rest.texts.length), none('texts in the log', found.textsLogged), none('ends of the program that nobody asked for', found.crashes.length),
    { what: 'exit code after SIGTERM', found: String(found.exit), bound: '0', ok: found.exit === 0 },
    upTo('open files when quiet', found.openFiles, OPEN_FILES_QUIET_MAX), upTo('open files, most', found.openFilesMost, OPEN_FILES_MAX),
    upTo('RSS in MB, most of all lives', found.rssMost, RSS_MAX, megabytes),
    { what: `DATA_DIR in KB (${found.rest.files} files, ${found.rest.conversations} conversations, ${found.rest.links} links)`, found: (found.rest.bytes / 1e3).toFixed(0), bound: '', ok: found.rest.links > 0 },
    ...memoryRow(found.memory),
  ];
}

function memoryRow(memory: Flatness | undefined): readonly Row[] {
  if (memory === undefined) return [];
  const bound = memory.flat === undefined ? 'not judged: no life of 10 minutes' : `≤ ${megabytes(memory.boundPerHour)}`;
  return [{ what: 'slope of the heap after collection, MB an hour', found: megabytes(memory.heapSlopePerHour), bound, ok: memory.flat !== false }];
}

export function isGood(found: Findings): boolean {
  return rowsOf(found).every(({ ok }) => ok);
}

const list = (counts: ReadonlyMap<string, number>): string => [...counts].map(([name, count]) => `${name} ${count}`).join(', ');

export function toText(found: Findings): string {
  const lines = rowsOf(found).map(({ what, found: value, bound, ok }) => `${ok ? 'ok  ' : 'FAIL'}  ${what.padEnd(76)} ${value.padStart(8)}  ${bound}`);
  return [
    '', ...lines, '', ...memoryLines(found.memory), '',
    `acts: ${list(found.acts)}`, ...(found.refusedActs.size === 0 ? [] : [`refused: ${list(found.refusedActs)}`]),
    ...found.faults.flatMap(({ side, phases, requests }) => [`${side}: phases ${list(phases)}`, `${side}: requests ${list(requests)}`]),
    `messages of the bot: ${found.botMessages}; tickets: ${found.delivery.tickets}`,
    `log: ${list(found.logged)}`,
    ...found.delivery.examples.map((example) => `  ${example}`), ...found.crashes, ...found.rest.texts.slice(0, 5), '',
    isGood(found) ? 'good' : 'A BOUND IS BROKEN', '',
  ].join('\n');
}

function memoryLines(memory: Flatness | undefined): readonly string[] {
  if (memory === undefined) return ['memory was not measured'];
  const line = (name: string, { first, last, most }: Trend): string => `${name.padEnd(28)} first quarter ${megabytes(first).padStart(6)} MB, last ${megabytes(last).padStart(6)} MB, most ${megabytes(most).padStart(6)} MB`;
  return [
    `the longest life: ${memory.minutes.toFixed(1)} minutes, ${memory.collections} collections after the warm-up, ${memory.relayedPerHour.toFixed(0)} messages an hour`,
    line('heap after collection', memory.heapAfterCollection), line('heap', memory.heap), line('RSS', memory.rss),
  ];
}

export function toMarkdown(found: Findings): string {
  const phases = found.faults.map(({ side, phases: met }) => `${side}: ${list(met)}`).join('; ');
  const head = `${found.date}, \`${found.command}\` (seed ${found.seed}): ${found.minutes} minutes, ${found.mode}, ${found.chats} chats, ${found.rate} acts a second, `
    + `${found.kills} × kill -9, ${found.delivery.tickets} tickets. Trouble met (phases): ${phases}.`;
  const rows = rowsOf(found).map(({ what, found: value, bound }) => `| ${what} | ${value} | ${bound} |`);
  const { memory } = found;
  const trend = (name: string, { first, last, most }: Trend): string => `| ${name} | ${megabytes(first)} | ${megabytes(last)} | ${megabytes(most)} |`;
  const table = memory === undefined ? [] : [
    '', `Memory of the longest life (${memory.minutes.toFixed(1)} minutes, ${memory.relayedPerHour.toFixed(0)} messages an hour), in MB:`, '',
    '| | median of the first quarter | of the last | most |', '|---|---|---|---|',
    trend('heap after a forced collection', memory.heapAfterCollection), trend('heap', memory.heap), trend('RSS', memory.rss),
  ];
  return [head, '', '| | found | bound |', '|---|---|---|', ...rows, ...table, ''].join('\n');
}
