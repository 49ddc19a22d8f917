/** Doorbells: whose ticket is it, and one job in the lane of each conversation that reads it. */
import type { Comment, ConversationId, Doorbell, TicketId } from '../core/types.js';
import { toBridgeError } from '../core/errors.js';
import { buryAnswer } from './bury.js';
import { acknowledge, type Lanes } from './lanes.js';
import type { BridgePorts } from './ports.js';
import { relayTicket } from './to-telegram.js';

/** Tickets that turned out not to be ours are not asked for again until this many others were. */
const FOREIGN_MAX = 10_000;

export class Doorbells {
  /** Jobs that wait in their lane; one of them answers all doorbells that ring before it runs. */
  readonly #waiting = new Map<string, Promise<void>>();
  readonly #foreign = new Set<TicketId>();

  constructor(
    private readonly ports: BridgePorts, private readonly lanes: Lanes, private readonly isOurs: (conversation: ConversationId) => boolean,
  ) {}

  /** Resolves when every conversation of the ticket is up to date or gave up; rejects when the lanes stop first or the helpdesk cannot be asked. */
  async ring({ ticket }: Doorbell, source: 'webhook' | 'sweep'): Promise<void> {
    this.ports.emit({ type: 'doorbell', ticket, source });
    const conversations = await this.#conversationsOf(ticket);
    await Promise.all(conversations.map((conversation) => this.#bringUpToDate(conversation, ticket)));
  }

  #bringUpToDate(conversation: ConversationId, ticket: TicketId): Promise<void> {
    const key = `${conversation} ${ticket}`;
    const waiting = this.#waiting.get(key);
    if (waiting !== undefined) return waiting;
    const head: { comment?: Comment } = {};
    let started = false; // an idle lane starts the job before it is added to the waiting ones
    const ringing = this.lanes.add(conversation, {
      direction: 'to_telegram', operation: 'relayTicket',
      run: (attempt) => {
        started = true;
        this.#waiting.delete(key);
        return this.#relay(conversation, ticket, attempt, head);
      },
      bury: (error) => buryAnswer(this.ports, conversation, ticket, head.comment, error),
    }).then(acknowledge);
    if (!started) this.#waiting.set(key, ringing);
    return ringing;
  }

  /** The ticket may have gone to another conversation while the doorbell waited in this lane: its cursor is there now, so it rings there. */
  async #relay(conversation: ConversationId, ticket: TicketId, attempt: number, head: { comment?: Comment }): Promise<void> {
    const movedTo = await this.ports.idMap.withConversation(conversation, async (session) => {
      const others = session.state.tickets.some((entry) => entry.ticket === ticket) ? [] : await this.ports.idMap.conversationsOf(ticket);
      if (others.length === 0) await relayTicket(this.ports, session, ticket, attempt, head);
      return others;
    });
    await Promise.all(movedTo.map((other) => this.#bringUpToDate(other, ticket)));
  }

  async #conversationsOf(ticket: TicketId): Promise<readonly ConversationId[]> {
    const known = await this.ports.idMap.conversationsOf(ticket);
    if (known.length > 0 || this.#foreign.has(ticket)) return known;
    const owner = await this.#ownerOf(ticket);
    if (owner !== undefined && this.isOurs(owner)) return [owner];
    if (this.#foreign.size >= FOREIGN_MAX) this.#foreign.clear();
    this.#foreign.add(ticket);
    return [];
  }

  async #ownerOf(ticket: TicketId): Promise<ConversationId | undefined> {
    try {
      return (await this.ports.connector.getTicket(ticket)).conversation;
    } catch (thrown) {
      const error = toBridgeError(thrown, 'getTicket');
      if (error.code === 'not_found') return undefined;
      throw error;
    }
  }
}
