/**
 * Which conversations have due work, without opening their files. On disk: one empty file for each, named `<conversation>~<time>`, made
 * before the conversation says so and removed some time after it no longer does. A marker may therefore be early or left over, never
 * late or missing; whoever meets one looks into the conversation.
 */
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { diskError, removeFile, syncFolder } from '../disk/files.js';
import { isDue } from '../core/due.js';
import { mintId, type ConversationId } from '../core/types.js';
import type { Folders } from './folders.js';
import { createLocks } from './locks.js';
import { sortDue } from './memory.js';
import { idOfName, nameOf, type Places } from './names.js';

interface Mark {
  /** The times for which markers are on disk. */
  readonly onDisk: Set<number>;
  dueMs: number;
  /** False when `dueMs` is only what a marker says. */
  exact: boolean;
  /** The conversation is being written: what it said before no longer counts, what it will say is not true yet. */
  writing: boolean;
}

export interface DueIndex {
  /** Reads the markers that an earlier run left. */
  load(): Promise<void>;
  /**
   * Makes sure that a marker at `dueMs` or before is on disk; undefined = it is. Call before the conversation is written, and then
   * `settle` or `abandon`. Throws `unavailable`.
   */
  prepare(conversation: ConversationId, dueMs: number): Promise<void> | undefined;
  /** Tells what the conversation says now that it is written. */
  settle(conversation: ConversationId, dueMs: number | undefined): void;
  /** The conversation could not be written. */
  abandon(conversation: ConversationId): void;
  /** Due at `nowMs` (`isDue`), earliest first. `look` reads the true time of a conversation. */
  due(nowMs: number, look: (conversation: ConversationId) => Promise<number | undefined>): Promise<readonly ConversationId[]>;
  size(): number;
  idle(): Promise<void>;
}

/** How many conversations are looked into at a time after a restart. */
const LOOKS_AT_ONCE = 16;

export function createDueIndex(places: Places, folders: Folders): DueIndex {
  const marks = new Map<ConversationId, Mark>();
  const markers = createMarkers(places, folders);

  function markOf(conversation: ConversationId, dueMs: number): Mark {
    const known = marks.get(conversation) ?? { onDisk: new Set(), dueMs, exact: false, writing: false };
    marks.set(conversation, known);
    return known;
  }

  function settle(conversation: ConversationId, dueMs: number | undefined): void {
    const known = marks.get(conversation);
    if (known === undefined) return;
    if (dueMs === undefined) {
      marks.delete(conversation);
      markers.remove(conversation, [...known.onDisk]);
      return;
    }
    known.dueMs = dueMs;
    known.exact = true;
    known.writing = false;
    if (known.onDisk.size > 1) markers.remove(conversation, takeSurplus(known));
  }

  async function verify(conversations: readonly ConversationId[], look: (conversation: ConversationId) => Promise<number | undefined>): Promise<void> {
    await inGroups(conversations, async (conversation) => {
      const before = marks.get(conversation);
      const dueMs = await look(conversation);
      // A commit that came in between has told already.
      if (marks.get(conversation) === before && before?.exact === false && !before.writing) settle(conversation, dueMs);
    });
  }

  return {
    async load() {
      for (const { conversation, dueMs } of await markers.list()) {
        const known = markOf(conversation, dueMs);
        known.onDisk.add(dueMs);
        known.dueMs = Math.min(known.dueMs, dueMs);
      }
    },
    prepare(conversation, dueMs) {
      const known = markOf(conversation, dueMs);
      known.writing = true;
      for (const onDisk of known.onDisk) if (onDisk <= dueMs) return undefined;
      return markers.create(conversation, dueMs).then(() => { known.onDisk.add(dueMs); });
    },
    settle,
    abandon(conversation) {
      const known = marks.get(conversation);
      if (known !== undefined) known.writing = false;
    },
    async due(nowMs, look) {
      await verify([...marks].filter(([, { dueMs, exact, writing }]) => !exact && !writing && isDue(dueMs, nowMs)).map(([conversation]) => conversation), look);
      return sortDue([...marks].filter(([, { dueMs, exact }]) => exact && isDue(dueMs, nowMs)).map(([conversation, { dueMs }]) => ({ conversation, dueMs })));
    },
    size: () => marks.size,
    idle: () => markers.idle(),
  };
}

/** All markers but the earliest: that one is never late. */
function takeSurplus(known: Mark): readonly number[] {
  const surplus = [...known.onDisk].sort((a, b) => a - b).slice(1);
  for (const time of surplus) known.onDisk.delete(time);
  return surplus;
}

async function inGroups<T>(all: readonly T[], work: (one: T) => Promise<void>): Promise<void> {
  for (let from = 0; from < all.length; from += LOOKS_AT_ONCE) await Promise.all(all.slice(from, from + LOOKS_AT_ONCE).map(work));
}

interface Markers {
  /** On disk when it resolves. Throws `unavailable`. */
  create(conversation: ConversationId, dueMs: number): Promise<void>;
  /** Put off, and never failed over: a marker too many costs one look after a restart. */
  remove(conversation: ConversationId, times: readonly number[]): void;
  list(): Promise<readonly { readonly conversation: ConversationId; readonly dueMs: number }[]>;
  idle(): Promise<void>;
}

function createMarkers(places: Places, folders: Folders): Markers {
  // In the order asked for: a marker that is removed and made again must be there in the end.
  const locks = createLocks<ConversationId>();
  const pathOf = (conversation: ConversationId, dueMs: number): string => join(places.dueFolder(conversation), `${nameOf(conversation)}~${dueMs}`);
  return {
    create: (conversation, dueMs) => locks.run(conversation, async () => {
      const path = pathOf(conversation, dueMs);
      await folders.ensure(places.dueFolder(conversation));
      try {
        await (await open(path, 'w', 0o600)).close();
        await syncFolder(places.dueFolder(conversation));
      } catch (thrown) {
        throw diskError('create', path, thrown);
      }
    }),
    remove(conversation, times) {
      void locks.run(conversation, async () => {
        await Promise.all(times.map((dueMs) => removeFile(pathOf(conversation, dueMs)).catch(() => undefined)));
      });
    },
    async list() {
      const found: { conversation: ConversationId; dueMs: number }[] = [];
      for (const fan of await folders.list(places.due)) {
        for (const name of await folders.list(join(places.due, fan))) {
          const at = name.lastIndexOf('~');
          const conversation = idOfName(name.slice(0, at));
          const dueMs = Number(name.slice(at + 1));
          if (at > 0 && conversation !== undefined && Number.isFinite(dueMs)) found.push({ conversation: mintId<ConversationId>(conversation), dueMs });
        }
      }
      return found;
    },
    idle: () => locks.idle(),
  };
}
