/** Tickets as they are read. */
import { LRUCache } from 'lru-cache';
import { BridgeError } from '../../core/errors.js';
import type { TicketPage } from '../../core/ports.js';
import { mintId, type ConversationId, type MessageId, type PersonId, type Phase, type RequesterId, type Ticket, type TicketId } from '../../core/types.js';
import { LISTED_ROWS, type Api, type RtTicket } from './api.js';
import { addressOf, personOfAddress, ticketNumber } from './ids.js';
import type { RequestTrackerOptions } from './options.js';
import type { People } from './people.js';

/** The stock lifecycle. A rejected ticket opens again like a resolved one. */
const PHASES: Readonly<Record<string, Phase>> = {
  new: 'new', open: 'open', stalled: 'pending', resolved: 'solved', rejected: 'solved', deleted: 'gone',
};
const QUEUES_MAX = 1000;

/** What one request tells of a ticket. */
export type Glance = Pick<Ticket, 'id' | 'subject' | 'status' | 'phase'>;

export interface TicketReader {
  glance(ticket: TicketId, operation: string): Promise<Glance>;
  get(ticket: TicketId, operation: string): Promise<Ticket>;
  list(after?: TicketId): Promise<TicketPage>;
}

export interface TicketReaderContext {
  readonly api: Api;
  readonly people: People;
  readonly options: RequestTrackerOptions;
  /** Without a trailing slash. */
  readonly webUrl: string;
}

export function createTicketReader({ api, people, options, webUrl }: TicketReaderContext): TicketReader {
  const queueNames = new LRUCache<string, string>({ max: QUEUES_MAX });
  const phases = new Map<string, Phase>(Object.entries({ ...PHASES, ...options.statuses }));

  async function queueName(id: string, operation: string): Promise<string | undefined> {
    const known = queueNames.get(id);
    if (known !== undefined) return known;
    const name = await api.queue(operation, id).then((queue) => queue.Name, (error: unknown) => {
      if (error instanceof BridgeError && (error.code === 'forbidden' || error.code === 'not_found')) return undefined;
      throw error;
    });
    if (name !== undefined) queueNames.set(id, name);
    return name;
  }

  function toGlance(raw: RtTicket): Glance {
    // A status nobody told us about: the ticket is at least alive.
    return { id: mintId<TicketId>(raw.id), subject: raw.Subject ?? '', status: raw.Status, phase: phases.get(raw.Status) ?? 'open' };
  }

  async function toTicket(raw: RtTicket, operation: string): Promise<Ticket> {
    const queue = await queueName(raw.Queue.id, operation);
    const assignee = raw.Owner === null || raw.Owner === undefined ? undefined : await people.agent(raw.Owner.id, operation);
    const dueAtMs = Date.parse(raw.Due ?? '');
    const externalId = fieldOf(raw, options.fields.externalId);
    const conversation = fieldOf(raw, options.fields.conversation);
    // Not the ticket's requestors: a merge adds those of the other ticket, and agents add whom they like.
    const person = fieldOf(raw, options.fields.person);
    // Of a ticket that somebody else opened: more than one of our requestors would make a group of people who never chose to be one.
    const asking = externalId !== undefined || conversation !== undefined ? []
      : (raw.Requestor ?? []).flatMap(({ id }) => personOfAddress(id, options.requesterDomain) ?? []);
    return {
      ...toGlance(raw), ...(asking.length === 1 && asking[0] !== undefined ? { person: asking[0] } : {}), number: raw.id, url: `${webUrl}/Ticket/Display.html?id=${raw.id}`,
      ...(queue === undefined ? {} : { queue }),
      ...(assignee === undefined ? {} : { assignee }),
      ...(dueAtMs > 0 ? { dueAtMs } : {}), // 1970 stands for none
      ...(externalId === undefined ? {} : { externalId: mintId<MessageId>(externalId) }),
      ...(conversation === undefined ? {} : { conversation: mintId<ConversationId>(conversation) }),
      ...(person === undefined ? {} : { requester: mintId<RequesterId>(addressOf(mintId<PersonId>(person), options.requesterDomain)) }),
    };
  }

  async function get(ticket: TicketId, operation: string): Promise<Ticket> {
    return toTicket(await api.ticket(operation, ticketNumber(ticket, operation)), operation);
  }

  async function list(after: TicketId | undefined): Promise<TicketPage> {
    const operation = 'listTickets';
    const number = after === undefined ? '0' : ticketNumber(after, operation);
    // To name EffectiveId is what makes RT look at merged tickets too; deleted ones it leaves out by itself.
    const rows = await api.ticketList(operation, `CF.{${options.fields.conversation}} IS NOT NULL AND EffectiveId > 0 AND id > ${number}`);
    const tickets = [];
    // One at a time: the first ticket of a queue or an agent looks it up for the others.
    for (const raw of rows) {
      const ticket = await toTicket(raw, operation);
      const resolvedAtMs = ticket.phase === 'solved' || ticket.phase === 'closed' ? Date.parse(raw.Resolved ?? '') : 0;
      tickets.push({
        ...ticket,
        ...((raw.EffectiveId ?? raw.id) === raw.id ? {} : { mergedInto: mintId<TicketId>(raw.EffectiveId ?? raw.id) }),
        ...(resolvedAtMs > 0 ? { overSinceMs: resolvedAtMs } : {}), // 1970 stands for never
      });
    }
    return { tickets, more: rows.length === LISTED_ROWS };
  }

  return {
    get,
    list,
    glance: async (ticket, operation) => toGlance(await api.ticket(operation, ticketNumber(ticket, operation))),
  };
}

function fieldOf(raw: RtTicket, name: string): string | undefined {
  const value = raw.CustomFields?.find((field) => field.name === name)?.values[0];
  return typeof value === 'string' && value !== '' ? value : undefined;
}
