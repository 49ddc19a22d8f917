/** Doorbells: whose ticket is it, and one job in the lane of each conversation that reads it. */
import type { ConversationSession } from '../core/ports.js';
import type { ChangeDoorbell, ConversationId, PersonId, TicketId } from '../core/types.js';
import { toBridgeError } from '../core/errors.js';
import { chatForTicket } from './to-telegram/agent-tickets.js';
import { buryAnswer } from './bury.js';
import type { DeliveredReports } from './to-telegram/delivered.js';
import { acknowledge, type Job, type Lanes } from './work/lanes.js';
import { TELL_AGENT_AFTER_MS, tellOfDelay } from './to-telegram/late.js';
import { isLongDelay } from './work/patience.js';
import type { BridgePorts } from './ports.js';
import type { Typing } from './to-telegram/typing.js';
import { relayTicket, type Head, type Reading } from './to-telegram/to-telegram.js';

/** Tickets that turned out not to be ours are not asked for again until this many others were. */
const FOREIGN_MAX = 10_000;

/** What else wants to know of answers. */
export interface Beside {
  readonly delivered: Pick<DeliveredReports, 'tell'>;
  readonly typing: Pick<Typing, 'answered'>;
}

export class Doorbells {
  /** Jobs that wait in their lane; one of them answers all doorbells that ring before it runs. */
  readonly #waiting = new Map<string, Promise<void>>();
  readonly #foreign = new Set<TicketId>();

  constructor(
    private readonly ports: BridgePorts, private readonly lanes: Lanes, private readonly isOurs: (conversation: ConversationId) => boolean,
    private readonly privateChatOf: (person: PersonId) => ConversationId | undefined, private readonly beside: Beside,
  ) {}

  /** Resolves when every conversation of the ticket is up to date or gave up; rejects when the lanes stop first or the helpdesk cannot be asked. */
  async ring({ ticket }: ChangeDoorbell, source: 'webhook' | 'sweep'): Promise<void> {
    this.ports.emit({ type: 'doorbell', ticket, source });
    const conversations = await this.#conversationsOf(ticket);
    await Promise.all(conversations.map((conversation) => this.#bringUpToDate(conversation, ticket)));
  }

  #bringUpToDate(conversation: ConversationId, ticket: TicketId): Promise<void> {
    const key = `${conversation} ${ticket}`;
    const waiting = this.#waiting.get(key);
    if (waiting !== undefined) return waiting;
    let started = false; // an idle lane starts the job before it is added to the waiting ones
    const ringing = this.lanes.add(conversation, this.#job(conversation, ticket, () => {
      started = true;
      this.#waiting.delete(key);
    })).then(acknowledge);
    if (!started) this.#waiting.set(key, ringing);
    return ringing;
  }

  #job(conversation: ConversationId, ticket: TicketId, started: () => void): Job {
    const { ports } = this;
    const head: Head = {};
    let failingSinceMs: number | undefined;
    const held = (work: (session: ConversationSession) => Promise<void>): Promise<void> => ports.idMap.withConversation(conversation, work);
    return {
      direction: 'to_telegram', operation: 'relayTicket',
      run: async (attempt) => {
        started();
        try {
          return await this.#relay(conversation, ticket, attempt, head) === 'answered' ? undefined : 'nothing';
        } catch (thrown) {
          const { comment } = head;
          const error = toBridgeError(thrown, 'relayTicket');
          const nowMs = ports.clock.nowMs();
          failingSinceMs ??= nowMs;
          if (comment !== undefined && isLongDelay(error, nowMs - failingSinceMs, TELL_AGENT_AFTER_MS)) await held((session) => tellOfDelay(ports, session, ticket, comment, error));
          throw error;
        } finally {
          this.beside.delivered.tell(conversation);
        }
      },
      bury: (error) => buryAnswer(ports, conversation, ticket, head.comment, error),
    };
  }

  /** The ticket may have gone to another conversation while the doorbell waited in this lane: its cursor is there now, so it rings there. */
  async #relay(conversation: ConversationId, ticket: TicketId, attempt: number, head: Head): Promise<Reading> {
    let reading: Reading = 'nothing';
    const movedTo = await this.ports.idMap.withConversation(conversation, async (session) => {
      const { state } = session;
      // On its way: the move rings when it is done.
      if (state.movedTo !== undefined && state.tickets.length > 0) return [];
      const others = state.tickets.some((entry) => entry.ticket === ticket) ? [] : await this.ports.idMap.conversationsOf(ticket);
      if (others.length === 0) reading = await relayTicket(this.ports, session, ticket, attempt, head);
      if (reading === 'answered') this.beside.typing.answered(conversation);
      return others;
    });
    await Promise.all(movedTo.map((other) => this.#bringUpToDate(other, ticket)));
    return reading;
  }

  async #conversationsOf(ticket: TicketId): Promise<readonly ConversationId[]> {
    const known = await this.ports.idMap.conversationsOf(ticket);
    if (known.length > 0 || this.#foreign.has(ticket)) return known;
    const { owner, mayChange } = await this.#ownerOf(ticket);
    if (owner !== undefined && this.isOurs(owner)) return [owner];
    if (mayChange) return [];
    if (this.#foreign.size >= FOREIGN_MAX) this.#foreign.clear();
    this.#foreign.add(ticket);
    return [];
  }

  /** `mayChange`: whoever asks may still write to this bot, and then it is theirs. */
  async #ownerOf(id: TicketId): Promise<{ readonly owner?: ConversationId | undefined; readonly mayChange?: boolean }> {
    try {
      const ticket = await this.ports.connector.getTicket(id);
      if (ticket.conversation !== undefined) return { owner: ticket.conversation };
      const known = ticket.id === id ? [] : await this.ports.idMap.conversationsOf(ticket.id);
      if (known.length > 0) return { mayChange: true };
      return { owner: await chatForTicket(this.ports, ticket, this.privateChatOf), mayChange: ticket.person !== undefined };
    } catch (thrown) {
      const error = toBridgeError(thrown, 'getTicket');
      if (error.code === 'not_found') return {};
      throw error;
    }
  }
}
