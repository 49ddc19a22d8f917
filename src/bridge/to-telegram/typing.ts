/**
 * An agent writes: their requester sees it. A hint and nothing more: nothing of it is on disk, nothing is read from the helpdesk or tried again
 * because of it, and no message waits for it.
 *
 * The helpdesk gives signs; each holds until the agent stops, the answer goes out, or no new one came for long. While one holds, every
 * conversation of its ticket has a loop that keeps Telegram's own hint alive, which lasts about five seconds.
 */
import { entryOf } from '../../core/conversation.js';
import type { ConversationId, TicketId, TypingDoorbell } from '../../core/types.js';
import { toBridgeError } from '../../core/errors.js';
import type { BridgePorts } from '../ports.js';

/** https://core.telegram.org/bots/api#sendchataction: "for 5 seconds or less". */
const EVERY_MS = 4_000;
/** An agent who is still there gives a new sign by then; some helpdesks give one only when they begin and when they stop. */
const SIGN_HOLDS_MS = 60_000;
/** A bound on memory; further signs are left out. */
const SIGNS_MAX = 1_000;

/** One conversation whose requester sees that somebody writes. */
interface Loop {
  readonly tickets: Set<TicketId>;
  readonly over: AbortController;
}

export class Typing {
  /** When the last sign of each ticket came. */
  readonly #signs = new Map<TicketId, number>();
  readonly #loops = new Map<ConversationId, Loop>();
  #stopped = false;

  constructor(private readonly ports: Pick<BridgePorts, 'idMap' | 'sender' | 'clock' | 'emit'>) {}

  /** Never throws, and is not waited for. */
  note({ ticket, typing }: TypingDoorbell): void {
    if (!typing) {
      this.#signs.delete(ticket);
      return;
    }
    if (this.#stopped || (this.#signs.size >= SIGNS_MAX && !this.#signs.has(ticket))) return;
    this.#signs.set(ticket, this.ports.clock.nowMs());
    void this.#begin(ticket);
  }

  stop(): void {
    this.#stopped = true;
    this.#signs.clear();
    for (const { over } of this.#loops.values()) over.abort();
  }

  async #begin(ticket: TicketId): Promise<void> {
    const conversations = await this.ports.idMap.conversationsOf(ticket).catch(() => []);
    if (conversations.length === 0) this.#signs.delete(ticket);
    for (const conversation of conversations) {
      if (!this.#holds(ticket)) return;
      const known = this.#loops.get(conversation);
      known?.tickets.add(ticket);
      if (known === undefined) void this.#run(conversation, { tickets: new Set([ticket]), over: new AbortController() });
    }
  }

  async #run(conversation: ConversationId, loop: Loop): Promise<void> {
    const { sender, clock, emit } = this.ports;
    const { tickets, over: { signal } } = loop;
    this.#loops.set(conversation, loop);
    try {
      while (await this.#isWanted(conversation, tickets)) {
        await sender.sendTyping(conversation);
        await clock.sleep(EVERY_MS, signal);
      }
    } catch (thrown) {
      const { code } = toBridgeError(thrown, 'sendTyping');
      emit({ type: 'log', level: 'debug', message: 'the requester does not see that an agent writes', facts: { conversation, code } });
      // Whatever it was (they blocked the bot, Telegram is down): new signs are not heard for a while.
      await clock.sleep(SIGN_HOLDS_MS, signal);
    }
    this.#loops.delete(conversation);
  }

  /** Whether an agent writes what this requester would get, as far as the map knows. Asked before every hint: tickets are merged and closed meanwhile. */
  async #isWanted(conversation: ConversationId, tickets: Set<TicketId>): Promise<boolean> {
    if (![...tickets].some((ticket) => this.#holds(ticket))) return false;
    const { state } = await this.ports.idMap.withConversation(conversation, async (session) => ({ state: session.state }));
    for (const ticket of tickets) {
      const entry = entryOf(state, ticket);
      // Asked again: an answer may have gone out while we waited for the conversation.
      if (!this.#holds(ticket) || entry === undefined || entry.phase === 'gone' || entry.phase === 'closed') tickets.delete(ticket);
    }
    return tickets.size > 0 && state.unreachable !== true && state.movedTo === undefined;
  }

  #holds(ticket: TicketId): boolean {
    const sinceMs = this.#signs.get(ticket);
    if (sinceMs !== undefined && this.ports.clock.nowMs() - sinceMs < SIGN_HOLDS_MS) return true;
    this.#signs.delete(ticket);
    return false;
  }

  /** The answer is there: Telegram ended the hint when it came. Call with the conversation held, so that nothing brings it back. */
  answered(conversation: ConversationId): void {
    for (const ticket of this.#loops.get(conversation)?.tickets ?? []) this.#signs.delete(ticket);
  }
}
