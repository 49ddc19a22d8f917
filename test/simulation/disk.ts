/** A disk that outlives processes: the id map of each process writes through to it, and a killed process writes no more. */
import { applyChange, earliestDueMs, emptyConversation, type ConversationState } from '../../src/core/conversation.js';
import type { BuriedEntry, IdMap } from '../../src/core/ports.js';
import type { ConversationId, SweepCursor } from '../../src/core/types.js';
import { addLink, emptyLinks, linkOfMessage, linksOfComment, type LinkTable } from '../../src/idmap/links.js';
import { createLocks } from '../../src/idmap/locks.js';
import type { Process } from './process.js';

interface Row {
  state: ConversationState;
  readonly links: LinkTable;
}

export interface Disk {
  readonly rows: Map<ConversationId, Row>;
  readonly buried: Map<string, BuriedEntry>;
  sweep: SweepCursor | undefined;
  readonly bornAtMs: number;
}

export function createDisk(bornAtMs: number): Disk {
  return { rows: new Map(), buried: new Map(), sweep: undefined, bornAtMs };
}

/** The map as one process sees it. A commit takes a moment; a kill falls before it, within it or after it. */
export function openDisk(disk: Disk, process: Process): IdMap {
  const locks = createLocks<ConversationId>();
  const write = (apply: () => void): Promise<void> => process.step('disk', apply);
  return {
    bornAtMs: disk.bornAtMs,
    withConversation: (conversation, work) => locks.run(conversation, () => {
      const row = disk.rows.get(conversation) ?? { state: emptyConversation(conversation), links: emptyLinks() };
      return work({
        get state() { return row.state; },
        commit: (change) => write(() => {
          row.state = applyChange(row.state, change);
          for (const link of change.links ?? []) addLink(row.links, link);
          disk.rows.set(conversation, row);
        }),
        linkOfMessage: async (message) => linkOfMessage(row.links, message),
        linksOfComment: async (ticket, comment) => linksOfComment(row.links, ticket, comment),
      });
    }),
    conversationsOf: async (ticket) => [...disk.rows.values()].filter(({ state }) => state.tickets.some((entry) => entry.ticket === ticket)).map(({ state }) => state.conversation),
    dueConversations: async (nowMs) => [...disk.rows.values()].filter(({ state }) => (earliestDueMs(state) ?? Infinity) <= nowMs).map(({ state }) => state.conversation),
    sweepCursor: async () => disk.sweep,
    saveSweepCursor: (cursor) => write(() => { disk.sweep = cursor; }),
    bury: (entry) => write(() => { disk.buried.set(entry.id, entry); }),
    buried: async () => [...disk.buried.values()],
    unbury: (id) => write(() => { disk.buried.delete(id); }),
    close: async () => undefined,
  };
}
