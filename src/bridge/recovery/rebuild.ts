/**
 * Fills an empty map from the helpdesk. The ids that the bridge wrote there say which conversation and which message each thing came from;
 * what a map knows beyond that (languages, topics, which Telegram messages an answer became) is lost.
 *
 * No bridge runs meanwhile, but agents do: the place of the sweep is taken before anything is read, so that whatever happens afterwards
 * is rung for when the bridge starts.
 */
import type { ConversationState } from '../../core/conversation.js';
import { BridgeError, toBridgeError } from '../../core/errors.js';
import type { Mapping } from '../../core/mapping.js';
import type { HelpdeskConnector, IdMap, ListedTicket } from '../../core/ports.js';
import type { ConversationId, MessageId, SweepCursor, TicketId } from '../../core/types.js';
import { readEdit } from '../edit-ids.js';
import { draftOf, hasAnswerSince, isLater, movedTo, type Draft, type Origins, type Reading, type ReadTicket, type Taken } from './rebuild-draft.js';

export interface RebuildPorts {
  readonly connector: HelpdeskConnector;
  readonly idMap: IdMap;
  readonly mapping: Mapping;
}

export interface RebuildOptions {
  readonly origins: Origins;
  readonly startedAtMs: number;
  /** Answers written at this time or later are left to be delivered. Absent = those written while this runs. */
  readonly sinceMs?: number;
  /** Called after each conversation. */
  readonly progress: (read: number, conversations: number) => void;
}

/** What one conversation was given, to be compared with what is on disk. */
export interface BuiltConversation {
  readonly conversation: ConversationId;
  readonly tickets: readonly TicketId[];
  readonly current: TicketId | undefined;
  readonly messages: number;
  /** The last message with the ticket that it is on. */
  readonly sample: { readonly message: MessageId; readonly ticket: TicketId } | undefined;
}

export interface Rebuilt {
  readonly conversations: readonly BuiltConversation[];
  readonly tickets: number;
  readonly messages: number;
  /** Answers that count as delivered though nobody knows, each once. */
  readonly taken: readonly Taken[];
  /** How many answers are left to be delivered when the bridge starts. */
  readonly left: number;
}

const READ_AT_ONCE = 8;
/** How far the helpdesk's clock may be behind ours, its whole seconds included, for an answer that came while we read not to be overlooked. */
const CLOCK_SLACK_MS = 5_000;

/** Throws `unsupported` when the helpdesk cannot be listed, and what the ports throw; then the map is not whole. */
export async function rebuildMap(ports: RebuildPorts, options: RebuildOptions): Promise<Rebuilt> {
  const { connector, idMap } = ports;
  const { cursor } = await connector.changedSince();
  const listing = await listTickets(connector, options.origins);
  const builder = createBuilder(ports, options);
  const doubtful: Reading[] = [];
  let read = 0;
  await inParallel([...listing.own], READ_AT_ONCE, async ([conversation, own]) => {
    const reading = await readConversation(connector, conversation, own, listing);
    const target = movedTo(reading, listing.family, options.origins);
    const isDoubtful = options.sinceMs === undefined && hasAnswerSince(reading, options.startedAtMs - CLOCK_SLACK_MS);
    if (target !== undefined) doubtful.push({ ...reading, conversation: target });
    else if (isDoubtful) doubtful.push(reading);
    else await builder.build(reading, () => options.sinceMs ?? Infinity);
    read += 1;
    options.progress(read, listing.own.size);
  });
  // By the clock alone an answer from just before would be sent again: it counts as new only where something changed since.
  const rung = doubtful.length === 0 ? new Set<TicketId>() : await rungSince(connector, cursor);
  for (const reading of doubtful) {
    await builder.build(reading, (ticket) => options.sinceMs ?? (rung.has(ticket) ? options.startedAtMs - CLOCK_SLACK_MS : Infinity));
  }
  await idMap.saveSweepCursor(cursor);
  return builder.result();
}

/** Reads the map again and says what is not there as it was built; empty = all is well. */
export async function findMissing(idMap: IdMap, built: readonly BuiltConversation[]): Promise<readonly ConversationId[]> {
  if (await idMap.sweepCursor() === undefined) return built.map(({ conversation }) => conversation);
  const missing: ConversationId[] = [];
  await inParallel(built, READ_AT_ONCE, async ({ conversation, tickets, current, sample }) => {
    const sound = await idMap.withConversation(conversation, async ({ state, linkOfMessage }) => (
      tickets.every((ticket) => state.tickets.some((entry) => entry.ticket === ticket)) && state.current === current
      && (sample === undefined || (await linkOfMessage(sample.message))?.ticket === sample.ticket)
    ));
    const owners = await Promise.all(tickets.map((ticket) => idMap.conversationsOf(ticket)));
    if (!sound || !owners.every((some) => some.includes(conversation))) missing.push(conversation);
  });
  return missing;
}

interface Listing {
  /** The tickets that each conversation of this bot opened, oldest first. */
  readonly own: ReadonlyMap<ConversationId, readonly ListedTicket[]>;
  readonly byId: ReadonlyMap<TicketId, ListedTicket>;
  /** The conversations whose tickets are part of this one. */
  family(ticket: TicketId): readonly ConversationId[];
}

async function listTickets(connector: HelpdeskConnector, origins: Origins): Promise<Listing> {
  if (connector.listTickets === undefined) {
    throw new BridgeError({ code: 'unsupported', operation: 'listTickets', message: `${connector.name} cannot list its tickets, and so the map cannot be rebuilt from it` });
  }
  const own = new Map<ConversationId, ListedTicket[]>();
  const byId = new Map<TicketId, ListedTicket>();
  const families = new Map<TicketId, Set<ConversationId>>();
  for (let after: TicketId | undefined, more = true; more;) {
    const page = await connector.listTickets(after);
    for (const ticket of page.tickets) {
      byId.set(ticket.id, ticket);
      const { conversation } = ticket;
      if (conversation === undefined || origins.chatOf(conversation) === undefined) continue;
      const opened = own.get(conversation) ?? [];
      opened.push(ticket);
      own.set(conversation, opened);
      const present = ticket.mergedInto ?? ticket.id;
      families.set(present, (families.get(present) ?? new Set()).add(conversation));
    }
    after = page.tickets.at(-1)?.id;
    more = page.more && after !== undefined;
  }
  return { own, byId, family: (ticket) => [...families.get(ticket) ?? []] };
}

async function readConversation(connector: HelpdeskConnector, conversation: ConversationId, own: readonly ListedTicket[], listing: Listing): Promise<Reading> {
  const present: ReadTicket[] = [];
  for (const id of new Set(own.map((ticket) => ticket.mergedInto ?? ticket.id))) {
    const read = await readTicket(connector, id, listing.byId.get(id));
    if (read !== undefined) present.push(read);
  }
  const isThere = (ticket: ListedTicket): boolean => present.some((read) => read.ticket.id === (ticket.mergedInto ?? ticket.id));
  return { conversation, own: own.filter(isThere), present };
}

/** Undefined = deleted. A ticket that the bridge did not open is not listed, but may have taken one in. */
async function readTicket(connector: HelpdeskConnector, id: TicketId, listed: ListedTicket | undefined): Promise<ReadTicket | undefined> {
  try {
    const ticket = listed ?? await connector.getTicket(id);
    if (ticket.phase === 'gone') return undefined;
    const comments = await connector.commentsAfter(id);
    return { ticket, comments: comments.map(({ content: _content, author: _author, ...row }) => row) };
  } catch (thrown) {
    const error = toBridgeError(thrown, 'readTicket');
    if (error.code === 'not_found') return undefined;
    throw error;
  }
}

async function rungSince(connector: HelpdeskConnector, from: SweepCursor): Promise<ReadonlySet<TicketId>> {
  const rung = new Set<TicketId>();
  for (let cursor = from, more = true; more;) {
    const page = await connector.changedSince(cursor);
    for (const { ticket } of page.doorbells) rung.add(ticket);
    ({ cursor, more } = page);
  }
  return rung;
}

function createBuilder({ idMap, mapping }: RebuildPorts, options: RebuildOptions) {
  const drafts = new Map<ConversationId, Pick<Draft, 'lastWritten' | 'left'>>();
  const built = new Map<ConversationId, BuiltConversation>();
  const taken = new Map<string, Taken>();
  return {
    async build(reading: Reading, sinceMs: (ticket: TicketId) => number): Promise<void> {
      if (reading.present.length === 0) return;
      const { conversation } = reading;
      const draft = draftOf(reading, { origins: options.origins, mapping, sinceMs, nowMs: options.startedAtMs });
      for (const one of draft.taken) taken.set(`${one.ticket} ${one.comment}`, one);
      const before = drafts.get(conversation);
      const stays = before?.lastWritten !== undefined && (draft.lastWritten === undefined || isLater(before.lastWritten, draft.lastWritten));
      await idMap.withConversation(conversation, async (session) => {
        const { tickets, current } = session.state;
        // A conversation that moved here brings older tickets along.
        if (tickets.length > 0) await session.commit({ dropTickets: tickets.map((entry) => entry.ticket) });
        await session.commit({ ...draft.change, tickets: [...draft.change.tickets ?? [], ...tickets], ...(stays && current && { current }) });
        built.set(conversation, summaryOf(session.state, draft, built.get(conversation)));
      });
      drafts.set(conversation, { lastWritten: stays ? before.lastWritten : draft.lastWritten, left: draft.left + (before?.left ?? 0) });
    },
    result(): Rebuilt {
      const conversations = [...built.values()];
      return {
        conversations, tickets: new Set(conversations.flatMap((one) => one.tickets)).size,
        messages: conversations.reduce((sum, one) => sum + one.messages, 0),
        taken: [...taken.values()].sort((a, b) => a.createdAtMs - b.createdAtMs), left: [...drafts.values()].reduce((sum, draft) => sum + draft.left, 0),
      };
    },
  };
}

function summaryOf({ conversation, tickets, current }: ConversationState, draft: Draft, before: BuiltConversation | undefined): BuiltConversation {
  const links = (draft.change.links ?? []).flatMap((link) => (link.message === undefined || readEdit(link.message) !== undefined ? [] : [{ message: link.message, ticket: link.ticket }]));
  const messages = new Set(links.map((link) => link.message)).size + (before?.messages ?? 0);
  const last = links.at(-1);
  // The first link of a message stands.
  const sample = links.find((link) => link.message === last?.message) ?? before?.sample;
  return { conversation, tickets: tickets.map((entry) => entry.ticket), current, messages, sample };
}

/** At most `width` at a time. The first failure ends it: what runs is waited for, nothing new begins. */
async function inParallel<T>(items: readonly T[], width: number, work: (item: T) => Promise<void>): Promise<void> {
  const waiting = items.values();
  let failed = false;
  const worker = async (): Promise<void> => {
    for (const item of waiting) {
      if (failed) return;
      await work(item).catch((thrown: unknown) => {
        failed = true;
        throw thrown;
      });
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: width }, worker));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}
