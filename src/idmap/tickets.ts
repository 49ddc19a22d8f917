/**
 * Which conversations a ticket may belong to: one small file for each ticket, written before the conversation says so. An entry may
 * therefore be left over, never missing; whoever reads one asks the conversation.
 */
import { Low } from 'lowdb';
import { LRUCache } from 'lru-cache';
import { createDurableAdapter } from '../disk/files.js';
import type { ConversationId, TicketId } from '../core/types.js';
import type { Folders } from './folders.js';
import { FORMAT, parseTicket, type TicketFile } from './format.js';
import { createLocks } from './locks.js';
import type { Places } from './names.js';

export interface TicketIndex {
  /** On disk when it resolves. Throws `unavailable`. */
  add(ticket: TicketId, conversation: ConversationId): Promise<void>;
  /** May hold conversations that no longer know the ticket. Throws `unavailable` for a file that cannot be read. */
  find(ticket: TicketId): Promise<readonly ConversationId[]>;
}

const TICKETS_IN_MEMORY_MAX = 20_000;

export function createTicketIndex(places: Places, folders: Folders): TicketIndex {
  const known = new LRUCache<TicketId, readonly ConversationId[]>({ max: TICKETS_IN_MEMORY_MAX });
  const locks = createLocks<TicketId>();

  async function open(ticket: TicketId): Promise<Low<TicketFile>> {
    const adapter = createDurableAdapter(places.ticket(ticket).path, (json) => parseTicket(json, ticket), { temporaryFolder: places.temporary });
    const low = new Low<TicketFile>(adapter, { format: FORMAT, ticket, conversations: known.get(ticket) ?? [] });
    if (!known.has(ticket)) await low.read();
    known.set(ticket, low.data.conversations);
    return low;
  }

  return {
    add: (ticket, conversation) => locks.run(ticket, async () => {
      const low = await open(ticket);
      if (low.data.conversations.includes(conversation)) return;
      low.data = { ...low.data, conversations: [...low.data.conversations, conversation] };
      await folders.ensure(places.ticket(ticket).folder);
      await low.write();
      known.set(ticket, low.data.conversations);
    }),
    find: async (ticket) => known.get(ticket) ?? locks.run(ticket, async () => (await open(ticket)).data.conversations),
  };
}
