/**
 * The embedded store: one small lowdb file for each conversation, so that a write costs the same with ten conversations or a hundred
 * thousand. `docs/architecture.md` shows the folder; `record.ts` says in which order things go to disk.
 */
import { LRUCache } from 'lru-cache';
import { join } from 'node:path';
import type { ConversationState } from '../core/conversation.js';
import { earliestDueMs } from '../core/due.js';
import { BridgeError } from '../core/errors.js';
import type { BuriedEntry, ConversationSession, Emit, IdMap } from '../core/ports.js';
import type { ConversationId } from '../core/types.js';
import { DamagedFile, lockFolder, type FolderLock, makeFolder, parseFile, readText, removeFile, syncFolder, TEMPORARY_SUFFIX, writeDurably } from '../disk/files.js';
import { createDueIndex } from './due.js';
import { createFolders, type Folders } from './folders.js';
import { FORMAT, parseBuried, parseFolder, type FolderFile } from './format.js';
import { createLocks } from './locks.js';
import { sortBuried } from './memory.js';
import { placesIn, type Places } from './names.js';
import { refuseUnfinished } from './rebuilding.js';
import { openRecord, type ConversationRecord, type RecordContext } from './record.js';
import { sessionEnded } from './session.js';
import { createSweepPlace } from './sweep-place.js';
import { createTicketIndex } from './tickets.js';

export interface LowdbIdMapOptions {
  /** Made when missing. Nothing else may live in it. */
  readonly folder: string;
  /** For `bornAtMs` of a new store, and for how long opening took. */
  readonly nowMs: () => number;
  readonly emit?: Emit;
  /** Opens a map that is being rebuilt, which is refused otherwise: see `rebuilding.ts`. */
  readonly unfinished?: boolean;
  /** Called once when another process took the folder over. From then on every write throws `unavailable`, and this process should end. */
  readonly onLost?: () => void;
}

/** Links (and conversations, counted as some links) kept in memory: about 40 MB. */
const WEIGHT_MAX = 60_000;

/**
 * Opens the store, and holds its folder until `close`. Throws `conflict` when another process holds it, `unavailable` when the folder
 * cannot be used or was written in another format.
 */
export async function createLowdbIdMap({ folder, nowMs, emit, onLost, unfinished = false }: LowdbIdMapOptions): Promise<IdMap> {
  const startedMs = nowMs();
  const lock = await lockFolder(folder);
  try {
    const places = placesIn(folder);
    const folders = createFolders();
    if (!unfinished) await refuseUnfinished(places);
    const { bornAtMs } = await prepareFolder(places, folders, nowMs);
    const due = createDueIndex(places, folders);
    await due.load();
    emit?.({ type: 'log', level: 'debug', message: 'id map opened', facts: { folder, due: due.size(), tookMs: Math.round(nowMs() - startedMs) } });
    return assemble({ places, folders, due, tickets: createTicketIndex(places, folders, emit) }, bornAtMs, fence(lock, onLost), emit);
  } catch (thrown) {
    await lock.release();
    throw thrown;
  }
}

/** The buried entries of a folder that another process may hold: entries are whole files, so reading beside it is safe. */
export async function readBuried(folder: string): Promise<readonly BuriedEntry[]> {
  return listBuried(placesIn(folder), createFolders());
}

/** Forgets a buried entry of a folder that another process may hold; that process reads the folder anew each time. */
export async function forgetBuried(folder: string, id: string): Promise<void> {
  await removeBuried(placesIn(folder), id);
}

/** Tells once that the folder was lost. */
function fence(lock: FolderLock, onLost: (() => void) | undefined): FolderLock {
  let told = false;
  return {
    release: () => lock.release(),
    check: () => lock.check().catch((thrown: unknown) => {
      if (!told) onLost?.();
      told = true;
      throw thrown;
    }),
  };
}

function assemble(context: RecordContext, bornAtMs: number, lock: FolderLock, emit: Emit | undefined): IdMap {
  const { places, folders, due, tickets } = context;
  const records = createRecords(context, lock);
  const sweep = createSweepPlace(places, emit);
  let closed: Promise<void> | undefined;

  const open = <A extends readonly unknown[], T>(work: (...parameters: A) => Promise<T>) => (...parameters: A): Promise<T> =>
    (closed === undefined ? work(...parameters) : Promise.reject(new BridgeError({ code: 'unavailable', operation: 'idMap', message: 'the id map is closed' })));

  /** A file that cannot be read counts as due: whoever works on it meets the error, and it is told. */
  const dueOf = (conversation: ConversationId): Promise<number | undefined> => records.peek(conversation).then(earliestDueMs, () => -Infinity);

  return {
    bornAtMs,
    withConversation: (conversation, work) => open(() => records.hold(conversation, work))(),
    conversationsOf: open(async (ticket) => {
      const candidates = await tickets.find(ticket);
      const knows = await Promise.all(candidates.map((conversation) => records.peek(conversation).then(
        (state) => state.tickets.some((entry) => entry.ticket === ticket),
        // Whoever works on it meets the damage, and waits; the others of the ticket must not.
        (thrown: unknown) => { if (thrown instanceof DamagedFile) return true; throw thrown; },
      )));
      return candidates.filter((_, index) => knows[index] === true).sort();
    }),
    dueConversations: open((atMs) => due.due(atMs, dueOf)),
    sweepCursor: open(sweep.read),
    saveSweepCursor: open((cursor) => lock.check().then(() => sweep.save(cursor))),
    bury: open(async (entry) => {
      await lock.check();
      await writeDurably(places.buriedEntry(entry.id), JSON.stringify({ format: FORMAT, entry }), { temporaryFolder: places.temporary });
    }),
    buried: open(() => listBuried(places, folders)),
    findBuried: open((id) => readBuriedEntry(places.buriedEntry(id))),
    unbury: open((id) => lock.check().then(() => removeBuried(places, id))),
    checkHeld: open(() => lock.check()),
    close() {
      closed ??= (async () => {
        await records.idle();
        await due.idle();
        await lock.release();
      })();
      return closed;
    },
  };
}

interface Records {
  hold<T>(conversation: ConversationId, work: (session: ConversationSession) => Promise<T>): Promise<T>;
  /** The state as of the last commit. */
  peek(conversation: ConversationId): Promise<ConversationState>;
  idle(): Promise<void>;
}

/** Conversations in memory: those in use, and the last used ones. There is never more than one record of a conversation. */
function createRecords(context: RecordContext, lock: FolderLock): Records {
  const locks = createLocks<ConversationId>();
  const inUse = new Map<ConversationId, ConversationRecord>();
  const resting = new LRUCache<ConversationId, ConversationRecord>({ maxSize: WEIGHT_MAX, sizeCalculation: (record) => record.weight });
  const opening = new Map<ConversationId, Promise<ConversationRecord>>();

  function load(conversation: ConversationId): Promise<ConversationRecord> {
    const known = opening.get(conversation);
    if (known !== undefined) return known;
    const record = openRecord(conversation, context).finally(() => { opening.delete(conversation); });
    opening.set(conversation, record);
    return record;
  }

  async function find(conversation: ConversationId): Promise<ConversationRecord> {
    const present = inUse.get(conversation) ?? resting.get(conversation);
    if (present !== undefined) return present;
    const loaded = await load(conversation);
    const meanwhile = inUse.get(conversation) ?? resting.get(conversation);
    if (meanwhile !== undefined) return meanwhile;
    resting.set(conversation, loaded);
    return loaded;
  }

  async function use<T>(conversation: ConversationId, work: (session: ConversationSession) => Promise<T>): Promise<T> {
    // Asked here too, so that a process that lost the folder begins nothing: it would send first, and notice when it writes the link.
    await lock.check();
    const record = await find(conversation);
    inUse.set(conversation, record);
    const session = createSession(record, lock);
    try {
      return await work(session);
    } finally {
      await session.end();
      inUse.delete(conversation);
      // Deleted first: its weight is taken anew.
      resting.delete(conversation);
      resting.set(conversation, record);
    }
  }

  return {
    hold: (conversation, work) => locks.run(conversation, () => use(conversation, work)),
    peek: async (conversation) => (await find(conversation)).state,
    idle: () => locks.idle(),
  };
}

function createSession(record: ConversationRecord, lock: FolderLock): ConversationSession & { end(): Promise<void> } {
  const running = new Set<Promise<void>>();
  let order: Promise<void> = Promise.resolve();
  let ended = false;
  return {
    get state() { return record.state; },
    commit(change) {
      if (ended) return Promise.reject(sessionEnded(record.state.conversation));
      order = order.catch(() => undefined).then(() => lock.check());
      const commit = order.then(() => record.commit(change));
      running.add(commit);
      const done = (): void => { running.delete(commit); };
      commit.then(done, done);
      return commit;
    },
    linkOfMessage: (message) => record.linkOfMessage(message),
    linksOfComment: (ticket, comment) => record.linksOfComment(ticket, comment),
    /** Commits that nobody waited for still belong to this session. */
    async end() {
      ended = true;
      if (running.size > 0) await Promise.allSettled(running);
    },
  };
}

async function removeBuried(places: Places, id: string): Promise<void> {
  await removeFile(places.buriedEntry(id));
  await syncFolder(places.buried);
}

async function listBuried(places: Places, folders: Folders): Promise<readonly BuriedEntry[]> {
  const paths = (await folders.list(places.buried)).filter((name) => name.endsWith('.json')).map((name) => join(places.buried, name));
  const entries: BuriedEntry[] = [];
  for (const path of paths) {
    const entry = await readBuriedEntry(path);
    if (entry !== undefined) entries.push(entry);
  }
  return sortBuried(entries);
}

async function readBuriedEntry(path: string): Promise<BuriedEntry | undefined> {
  const text = await readText(path);
  return text === undefined ? undefined : parseFile(path, text, parseBuried);
}

/** Checks the format, or writes it into a new folder; removes what interrupted writes left. */
async function prepareFolder(places: Places, folders: Folders, nowMs: () => number): Promise<FolderFile> {
  await makeFolder(places.temporary);
  await makeFolder(places.buried);
  for (const name of await folders.list(places.temporary)) {
    if (name.endsWith(TEMPORARY_SUFFIX)) await removeFile(join(places.temporary, name));
  }
  const text = await readText(places.format);
  if (text !== undefined) return parseFile(places.format, text, parseFolder);
  if ((await folders.list(places.root)).includes('conversations')) {
    throw new BridgeError({
      code: 'unavailable', operation: 'openIdMap',
      message: `${places.format} is missing beside stored conversations; restore it from a backup, or move ${places.root} away to start anew`,
    });
  }
  const file = { format: FORMAT, bornAtMs: nowMs() };
  await writeDurably(places.format, JSON.stringify(file));
  return file;
}
