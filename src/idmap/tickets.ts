/**
 * Which conversations a ticket may belong to: one small file for each ticket, written before the conversation says so. An entry may
 * therefore be left over, never missing; whoever reads one asks the conversation. A damaged entry is made again from the conversations.
 */
import { Low } from 'lowdb';
import { LRUCache } from 'lru-cache';
import { join } from 'node:path';
import { createDurableAdapter, DamagedFile, keepCopy, readText } from '../disk/files.js';
import type { Emit } from '../core/ports.js';
import { mintId, type ConversationId, type TicketId } from '../core/types.js';
import type { Folders } from './folders.js';
import { FORMAT, parseTicket, type TicketFile } from './format.js';
import { createLocks } from './locks.js';
import { idOfName, type Places } from './names.js';

export interface TicketIndex {
  /** On disk when it resolves. Throws `unavailable`. */
  add(ticket: TicketId, conversation: ConversationId): Promise<void>;
  /** May hold conversations that no longer know the ticket. Throws `unavailable` for a file that cannot be read. */
  find(ticket: TicketId): Promise<readonly ConversationId[]>;
}

const TICKETS_IN_MEMORY_MAX = 20_000;

export function createTicketIndex(places: Places, folders: Folders, emit?: Emit): TicketIndex {
  const known = new LRUCache<TicketId, readonly ConversationId[]>({ max: TICKETS_IN_MEMORY_MAX });
  const locks = createLocks<TicketId>();

  async function open(ticket: TicketId): Promise<Low<TicketFile>> {
    const adapter = createDurableAdapter(places.ticket(ticket).path, (json) => parseTicket(json, ticket), { temporaryFolder: places.temporary });
    const low = new Low<TicketFile>(adapter, { format: FORMAT, ticket, conversations: known.get(ticket) ?? [] });
    if (!known.has(ticket)) await low.read().catch((thrown: unknown) => restore(low, thrown));
    known.set(ticket, low.data.conversations);
    return low;
  }

  async function restore(low: Low<TicketFile>, thrown: unknown): Promise<void> {
    if (!(thrown instanceof DamagedFile)) throw thrown;
    const conversations = await conversationsNaming(low.data.ticket, places, folders);
    const copy = await keepCopy(thrown.path);
    low.data = { ...low.data, conversations };
    await low.write();
    emit?.({ type: 'log', level: 'error', message: 'a damaged file of the ticket index was made again from the conversations; check the disk', facts: { file: thrown.path, copy } });
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

/** Every conversation whose file names the ticket anywhere: one too many does no harm. Slow, and rare. */
async function conversationsNaming(ticket: TicketId, places: Places, folders: Folders): Promise<readonly ConversationId[]> {
  const named: ConversationId[] = [];
  const quoted = JSON.stringify(ticket);
  for (const fan of await folders.list(places.conversations)) {
    for (const name of await folders.list(join(places.conversations, fan))) {
      const id = name.endsWith('.json') ? idOfName(name.slice(0, -'.json'.length)) : undefined;
      if (id !== undefined && (await readText(join(places.conversations, fan, name)))?.includes(quoted) === true) named.push(mintId<ConversationId>(id));
    }
  }
  return named;
}
