/**
 * Which comment an agent's answer is to. RT's form says so in `In-Reply-To`, by the Message-ID of the transaction. But it names the first
 * transaction also when the agent chose none: then only the quote that it puts into the text of a chosen one tells.
 */
import { LRUCache } from 'lru-cache';
import type { Emit } from '../../core/ports.js';
import { mintId, type Comment, type CommentId, type MessageId, type TicketId } from '../../core/types.js';
import { PAGE_ROWS, type Api, type RtAttachment } from './api.js';
import { isNumber, keyOf } from './ids.js';
import type { People } from './people.js';
import type { Tickets } from './tickets.js';

/** Remembered, so that each message is looked up once. A few hundred bytes each. */
const KNOWN_MAX = 5000;
/** Looked through from the end of a ticket with more than a page of parts. */
const LATE_PAGES_MAX = 3;

type Answered = NonNullable<Comment['inReplyTo']>;

export interface AnsweredReader {
  /** What was read anyway need not be looked up. `isFirst`: the parts are those of the ticket's first transaction. */
  remember(ticket: TicketId, root: RtAttachment, isFirst: boolean): void;
  /** undefined = the agent chose nothing, or nothing that can be found. Never throws: the answer is worth more than what it is to. */
  answeredBy(ticket: TicketId, root: RtAttachment, texts: readonly string[]): Promise<Answered | undefined>;
}

export interface AnsweredContext {
  readonly api: Api;
  readonly people: People;
  readonly tickets: Tickets;
  readonly emit: Emit;
}

interface Known {
  readonly transaction: string;
  readonly subject: string | undefined;
  readonly isFirst: boolean;
}

export function createAnsweredReader({ api, people, tickets, emit }: AnsweredContext): AnsweredReader {
  const operation = 'commentsAfter';
  const known = new LRUCache<string, Known>({ max: KNOWN_MAX });

  function remember(ticket: TicketId, row: RtAttachment, isFirst: boolean): void {
    const entry = { transaction: row.TransactionId, subject: keyOf(row.Subject), isFirst };
    for (const id of ownIds(row.Headers ?? '')) known.set(placeOf(ticket, id), entry);
  }

  async function find(ticket: TicketId, id: string): Promise<Known | undefined> {
    const place = placeOf(ticket, id);
    const cached = known.get(place);
    if (cached !== undefined) return cached;
    // The oldest first: most tickets have no second page, and what a form names by itself stands at the top.
    for (const [order, page] of [['ASC', 1], ...Array.from({ length: LATE_PAGES_MAX }, (_, index) => ['DESC', index + 1] as const)] as const) {
      const rows = await api.ticketAttachments(operation, ticket, page, order);
      for (const [index, row] of rows.entries()) remember(ticket, row, order === 'ASC' && index === 0);
      const found = known.get(place);
      if (found !== undefined || rows.length < PAGE_ROWS) return found;
    }
    return undefined;
  }

  /** The comment, with the message that it came from when it is the bridge's own. */
  async function toAnswered(ticket: TicketId, { transaction, subject }: Known): Promise<Answered | undefined> {
    if (!isNumber(transaction)) return undefined;
    const [found] = await api.transactionsWhere(operation, `ObjectType = 'RT::Ticket' AND id = ${transaction}`, 1);
    if (found === undefined) return undefined;
    const comment = mintId<CommentId>(transaction);
    if (found.Type === 'Create') {
      // Of a ticket that was merged into this one, nothing tells the message any more.
      const externalId = found.ObjectId === ticket ? (await tickets.get(ticket, operation)).externalId : undefined;
      return { comment, ...(externalId === undefined ? {} : { externalId }) };
    }
    const isOurs = subject !== undefined && await people.originOf(found.Creator?.id ?? '', operation) === 'bridge';
    return { comment, ...(isOurs ? { externalId: mintId<MessageId>(subject) } : {}) };
  }

  return {
    remember,
    async answeredBy(ticket, root, texts) {
      const id = answeredId(root.Headers ?? '');
      if (id === undefined) return undefined;
      try {
        const found = await find(ticket, id);
        if (found === undefined || (found.isFirst && !texts.some(quotes))) return undefined;
        return await toAnswered(ticket, found);
      } catch {
        emit({ type: 'log', level: 'warn', message: 'Request Tracker did not tell which comment an answer is to; it goes out as an answer to none', facts: { ticket } });
        return undefined;
      }
    },
  };
}

/** Whoever writes a mail chooses its id: on one ticket it says nothing about another. */
function placeOf(ticket: TicketId, id: string): string {
  return `${ticket} ${id}`;
}

const ANSWERED = headerPattern('In-Reply-To', 'im');
/** RT gives what came by mail an id of its own, and names that one in answers. */
const OWN = headerPattern('(?:RT-)?Message-ID', 'gim');
/** Of mail that RT sent out: ticket, scrip and count. Such an id belongs to no comment, and nothing that may be read says about which one it was. */
const SENT_OUT = /^rt-.*\.\d+-(?!0-0@)\d+-\d+@/;

function headerPattern(name: string, flags: string): RegExp {
  return new RegExp(`^${name}:[ \\t]*(?:\\r?\\n[ \\t]+)?<([^<>\\s]{1,500})>`, flags);
}

function answeredId(headers: string): string | undefined {
  const id = ANSWERED.exec(headers)?.[1];
  return id === undefined || SENT_OUT.test(id) ? undefined : id;
}

function ownIds(headers: string): readonly string[] {
  return [...headers.matchAll(OWN)].flatMap(([, id = '']) => (SENT_OUT.test(id) ? [] : [id]));
}

function quotes(text: string): boolean {
  return /<blockquote[\s>]|^>/im.test(text);
}
