/**
 * A disk that outlives processes. Each process reads a conversation from its bytes and then keeps it in memory, as the embedded store
 * does: a process that no longer holds the lock has an old view, and would write it over the new one if it could.
 */
import { applyChange, emptyConversation, type ConversationChange, type ConversationState } from '../../src/core/conversation.js';
import { earliestDueMs, isDue } from '../../src/core/due.js';
import type { BuriedEntry, IdMap } from '../../src/core/ports.js';
import type { ConversationId, SweepCursor } from '../../src/core/types.js';
import { FORMAT, parseBuried, parseConversation, toLink, toRow } from '../../src/idmap/format.js';
import { addLink, emptyLinks, linkOfMessage, linksOfComment, type LinkTable } from '../../src/idmap/links.js';
import { createLocks } from '../../src/idmap/locks.js';
import { deepFreeze } from '../../src/idmap/session.js';
import { fenced, type Process } from './process.js';

export interface Row {
  state: ConversationState;
  readonly links: LinkTable;
  /** Commits so far, by whomever. */
  version: number;
}

export interface Disk {
  readonly rows: Map<ConversationId, Row>;
  readonly buried: Map<string, BuriedEntry>;
  sweep: SweepCursor | undefined;
  readonly bornAtMs: number;
  /** Who holds the lock of the folder. */
  holder: Process | undefined;
  /** Sabotage: nobody looks at the lock. */
  unfenced: boolean;
  /** Told of everything that is written. */
  onWrite: (written: unknown, conversation?: ConversationId) => void;
  onFenced: (process: Process) => void;
}

export function createDisk(bornAtMs: number): Disk {
  return { rows: new Map(), buried: new Map(), sweep: undefined, bornAtMs, holder: undefined, unfenced: false, onWrite: () => undefined, onFenced: () => undefined };
}

/** What stands in the file of a conversation. */
export function bytesOf({ state, links }: Row): string {
  const all = new Set([...links.byMessage.values(), ...[...links.byComment.values()].flat()]);
  return JSON.stringify({ format: FORMAT, state, pages: 0, links: [...all].map(toRow) });
}

/** Everything at rest. */
export function allBytes(disk: Disk): string {
  return [...[...disk.rows.values()].map(bytesOf), ...[...disk.buried.values()].map((entry) => JSON.stringify({ format: FORMAT, entry })), disk.sweep ?? ''].join('\n');
}

function readRow(conversation: ConversationId, onDisk: Row | undefined): Row {
  if (onDisk === undefined) return { state: deepFreeze(emptyConversation(conversation)), links: emptyLinks(), version: 0 };
  const file = parseConversation(JSON.parse(bytesOf(onDisk)), conversation);
  const links = emptyLinks();
  for (const row of file.links) addLink(links, toLink(row));
  return { state: deepFreeze(file.state), links, version: onDisk.version };
}

/** The map as one process sees it. A commit takes a moment; a kill falls before it, within it or after it. */
export function openDisk(disk: Disk, process: Process, exclusive = true): IdMap {
  const locks = exclusive ? createLocks<ConversationId>() : { run: <T>(_conversation: ConversationId, work: () => Promise<T>) => work() };
  const memory = new Map<ConversationId, Row>();
  const rowOf = (conversation: ConversationId): Row => {
    const known = memory.get(conversation) ?? readRow(conversation, disk.rows.get(conversation));
    memory.set(conversation, known);
    return known;
  };
  const all = (): readonly Row[] => [...new Set([...disk.rows.keys(), ...memory.keys()])].map(rowOf);
  /** Before every write, and before every piece of work. */
  const checkLock = (): void => {
    if (disk.holder === process || disk.unfenced) return;
    disk.onFenced(process);
    throw fenced();
  };
  const write = (name: string, apply: () => void): Promise<void> => process.step(name, () => {
    checkLock();
    apply();
  });
  const commit = (conversation: ConversationId, change: ConversationChange): Promise<void> => write('commit', () => {
    const row = rowOf(conversation);
    row.state = deepFreeze(applyChange(row.state, change));
    row.version += 1;
    for (const link of change.links ?? []) addLink(row.links, link);
    disk.rows.set(conversation, row);
    disk.onWrite(change, conversation);
  });
  return {
    bornAtMs: disk.bornAtMs,
    withConversation: (conversation, work) => locks.run(conversation, async () => {
      checkLock();
      const row = rowOf(conversation);
      return work({
        get state() { return row.state; },
        commit: (change) => commit(conversation, change),
        linkOfMessage: async (message) => linkOfMessage(row.links, message),
        linksOfComment: async (ticket, comment) => linksOfComment(row.links, ticket, comment),
      });
    }),
    conversationsOf: async (ticket) => all().filter(({ state }) => state.tickets.some((entry) => entry.ticket === ticket)).map(({ state }) => state.conversation),
    dueConversations: async (nowMs) => all().flatMap(({ state }) => {
      const dueMs = earliestDueMs(state);
      return dueMs !== undefined && isDue(dueMs, nowMs) ? [state.conversation] : [];
    }),
    sweepCursor: async () => disk.sweep,
    saveSweepCursor: (cursor) => write('saveSweepCursor', () => { disk.sweep = cursor; disk.onWrite(cursor); }),
    bury: (entry) => write('bury', () => { disk.buried.set(entry.id, parseBuried({ format: FORMAT, entry })); disk.onWrite(entry); }),
    buried: async () => [...disk.buried.values()],
    findBuried: async (id) => disk.buried.get(id),
    unbury: (id) => write('unbury', () => { disk.buried.delete(id); }),
    checkHeld: async () => checkLock(),
    close: async () => undefined,
  };
}
