/** Tickets: found by their external id, opened, changed. */
import { BridgeError } from '../../core/errors.js';
import type { Emit } from '../../core/ports.js';
import { mintId, type MessageId, type Ticket, type TicketChange, type TicketDraft, type TicketId } from '../../core/types.js';
import { readCreated, withEffect } from './api.js';
import { ticketNumber } from './ids.js';
import type { RequestTrackerOptions } from './options.js';
import { mailbox } from './people.js';
import { isSearchable, sqlText } from './sql.js';
import { createTicketReader, type TicketReader, type TicketReaderContext } from './ticket-reader.js';
import { htmlOf, oneLine, prepare } from './writing.js';

const SUBJECT_LENGTH_MAX = 200; // RT cuts longer ones without a word

export interface Tickets extends TicketReader {
  find(externalId: MessageId): Promise<Ticket | undefined>;
  create(draft: TicketDraft): Promise<Ticket>;
  update(ticket: TicketId, change: TicketChange): Promise<void>;
  /** Sets the status and looks whether it is set: RT answers 200 either way. Throws `conflict` when it is not. */
  setStatus(ticket: TicketId, status: string, operation: string): Promise<void>;
}

export interface TicketsContext extends TicketReaderContext {
  readonly emit: Emit;
}

export function createTickets({ api, people, options, webUrl, emit }: TicketsContext): Tickets {
  const reader = createTicketReader({ api, people, options, webUrl });

  async function setStatus(ticket: TicketId, status: string, operation: string): Promise<void> {
    await api.write(operation, 'PUT', `/ticket/${ticketNumber(ticket, operation)}`, { json: { Status: status } });
    const { Status } = await api.ticket(operation, ticket);
    if (Status === status) return;
    throw new BridgeError({ code: 'conflict', operation, message: `${operation}: Request Tracker left the ticket ${Status}, not ${status}; do its lifecycle, the rights or open dependencies forbid it?` });
  }

  /** Queues that were complained about since a ticket was last opened. */
  const forbidden = new Set<string>();
  function tellIfForbidden(error: unknown, queue: string): void {
    if (!(error instanceof BridgeError) || error.code !== 'forbidden' || forbidden.has(queue)) return;
    forbidden.add(queue);
    emit({ type: 'log', level: 'error', facts: { queue },
      message: `Request Tracker opens no ticket in the queue ${queue}: it is not there, or the bridge's user lacks the right. Messages wait until that is mended; run doctor` });
  }

  return {
    ...reader,
    setStatus,
    async find(externalId) {
      if (!isSearchable(externalId)) return undefined;
      // To name EffectiveId is what makes RT look at merged tickets too.
      const query = `CF.{${options.fields.externalId}} = ${sqlText(externalId)} AND EffectiveId > 0`;
      const [found] = await api.ticketsWhere('findTicket', query);
      return found === undefined ? undefined : reader.get(mintId<TicketId>(found.id), 'findTicket');
    },
    async create(draft) {
      const operation = 'createTicket';
      const prepared = await prepare(fieldsOf(draft, options), draft.content, options.attachmentBytesMax, operation);
      const answer = await api.write(operation, 'POST', '/ticket', prepared.body).finally(prepared.release)
        .catch((error: unknown) => { tellIfForbidden(error, draft.queue ?? options.defaultQueue); throw error; });
      forbidden.clear();
      const id = mintId<TicketId>(readCreated(answer, operation));
      const ticket = await reader.get(id, operation).catch((error: unknown) => { throw written(error); });
      if (ticket.externalId !== draft.externalId) {
        emit({ type: 'log', level: 'error', message: `Request Tracker did not keep the custom field ${options.fields.externalId}: run doctor`, facts: { ticket: id } });
      }
      return ticket;
    },
    async update(ticket, change) {
      const operation = 'updateTicket';
      const { id, phase } = await reader.glance(ticket, operation);
      if (change.phase === undefined || change.phase === phase) return;
      if (phase === 'gone') throw new BridgeError({ code: 'not_found', operation, message: `${operation}: the ticket was deleted` });
      await setStatus(id, change.phase === 'solved' ? options.solvedStatus : options.openStatus, operation);
    },
  };
}

function fieldsOf(draft: TicketDraft, options: RequestTrackerOptions): Readonly<Record<string, unknown>> {
  const { fields, priorities } = options;
  return {
    Queue: draft.queue ?? options.defaultQueue,
    Subject: oneLine(draft.subject, SUBJECT_LENGTH_MAX) || draft.externalId,
    Requestor: mailbox(draft.person.name, draft.requester),
    Content: htmlOf(draft.content), ContentType: 'text/html',
    ...(draft.priority === undefined ? {} : { Priority: priorities[draft.priority] }),
    ...(draft.followUpOf === undefined ? {} : { RefersTo: [ticketNumber(draft.followUpOf, 'createTicket')] }),
    CustomFields: {
      [fields.externalId]: draft.externalId, [fields.conversation]: draft.conversation, [fields.person]: draft.person.id,
      ...(draft.tags.length === 0 ? {} : { [fields.tags]: draft.tags }),
    },
  };
}

/** What failed behind a write that was done: whoever tries again must look first. */
export function written(error: unknown): unknown {
  return error instanceof BridgeError ? withEffect(error, 'unknown') : error;
}
