/** What belongs here: what survives a restart. This file: the store that does not, for tests, and the model of the others. */
import { applyChange, emptyConversation, type ConversationChange, type ConversationState, type Link } from '../core/conversation.js';
import { earliestDueMs, isDue } from '../core/due.js';
import type { BuriedEntry, ConversationSession, IdMap } from '../core/ports.js';
import type { CommentId, ConversationId, MessageId, SweepCursor, TicketId } from '../core/types.js';
import { addLink, emptyLinks, linkOfMessage, linksOfComment, type LinkTable } from './links.js';
import { createLocks } from './locks.js';
import { deepFreeze, sessionEnded } from './session.js';

interface Entry {
  state: ConversationState;
  readonly links: LinkTable;
}

/** `bornAtMs`: what the map says of its own age. */
export function createMemoryIdMap({ bornAtMs = 0 }: { readonly bornAtMs?: number } = {}): IdMap {
  const entries = new Map<ConversationId, Entry>();
  const buried = new Map<string, BuriedEntry>();
  const locks = createLocks<ConversationId>();
  let cursor: SweepCursor | undefined;
  return {
    bornAtMs,
    withConversation: (conversation, work) => locks.run(conversation, async () => {
      const entry = entries.get(conversation) ?? { state: deepFreeze(emptyConversation(conversation)), links: emptyLinks() };
      const session = createSession(entry, () => { entries.set(conversation, entry); });
      try {
        return await work(session);
      } finally {
        session.end();
      }
    }),
    conversationsOf: (ticket) => Promise.resolve(
      [...entries.values()].filter(({ state }) => state.tickets.some((entry) => entry.ticket === ticket)).map(({ state }) => state.conversation).sort(),
    ),
    dueConversations: (nowMs) => Promise.resolve(sortDue([...entries.values()].flatMap(({ state }) => {
      const dueMs = earliestDueMs(state);
      return dueMs !== undefined && isDue(dueMs, nowMs) ? [{ conversation: state.conversation, dueMs }] : [];
    }))),
    sweepCursor: () => Promise.resolve(cursor),
    saveSweepCursor: (next) => { cursor = next; return Promise.resolve(); },
    bury: (entry) => { buried.set(entry.id, deepFreeze({ ...entry })); return Promise.resolve(); },
    buried: () => Promise.resolve(sortBuried([...buried.values()])),
    findBuried: (id) => Promise.resolve(buried.get(id)),
    unbury: (id) => { buried.delete(id); return Promise.resolve(); },
    checkHeld: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
}

/** Earliest first; ties by id, so that every store gives the same order. */
export function sortDue(due: readonly { readonly conversation: ConversationId; readonly dueMs: number }[]): readonly ConversationId[] {
  return [...due].sort((a, b) => a.dueMs - b.dueMs || (a.conversation < b.conversation ? -1 : 1)).map(({ conversation }) => conversation);
}

/** Oldest first; ties by id. */
export function sortBuried(entries: readonly BuriedEntry[]): readonly BuriedEntry[] {
  return [...entries].sort((a, b) => a.buriedAtMs - b.buriedAtMs || (a.id < b.id ? -1 : 1));
}

function createSession(entry: Entry, store: () => void): ConversationSession & { end(): void } {
  let ended = false;
  return {
    get state() { return entry.state; },
    commit(change: ConversationChange) {
      if (ended) return Promise.reject(sessionEnded(entry.state.conversation));
      entry.state = deepFreeze(applyChange(entry.state, change));
      for (const link of change.links ?? []) addLink(entry.links, deepFreeze(link));
      store();
      return Promise.resolve();
    },
    linkOfMessage: (message: MessageId): Promise<Link | undefined> => Promise.resolve(linkOfMessage(entry.links, message)),
    linksOfComment: (ticket: TicketId, comment: CommentId): Promise<readonly Link[]> => Promise.resolve(linksOfComment(entry.links, ticket, comment)),
    end() { ended = true; },
  };
}
