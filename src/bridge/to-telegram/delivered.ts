/**
 * Telling the helpdesk that an answer arrived, where it has a place for that. What is to be told goes to disk with the link of the last message
 * of the answer, and so a crash loses none; it is told outside of the lanes, so that it holds up nobody, and what fails is found by the
 * next sweep.
 */
import type { ConversationChange, ConversationState, DueWork } from '../../core/conversation.js';
import { mintId, type CommentId, type ConversationId, type TicketId } from '../../core/types.js';
import { REMEDY_BY_CODE, toBridgeError } from '../../core/errors.js';
import type { BridgePorts } from '../ports.js';

/** One piece of due work for each answer: the rest of the kind is the comment's id. */
const KIND = 'delivered:';
/** Conversations that are told of at a time. */
const WORKERS_MAX = 4;
/** Whoever has not heard of it by then does not need to. */
const GIVE_UP_AFTER_MS = 24 * 3_600_000;

export function isDeliveredWork({ kind }: Pick<DueWork, 'kind'>): boolean {
  return kind.startsWith(KIND);
}

/** What goes along with the link of an answer's last message. What waits to be told keeps its time. `ticket`: where the comment is read now. */
export function deliveredChange({ connector, clock }: BridgePorts, { due }: ConversationState, ticket: TicketId, comment: CommentId): Pick<ConversationChange, 'due'> {
  const kind = `${KIND}${comment}`;
  return connector.reportDelivered === undefined || due.some((work) => work.kind === kind) ? {} : { due: [{ kind, ticket, atMs: clock.nowMs() }] };
}

export class DeliveredReports {
  readonly #waiting = new Set<ConversationId>();
  readonly #atWork = new Set<ConversationId>();

  constructor(private readonly ports: BridgePorts) {}

  /** Tells what is to be told of this conversation, soon. Never throws, and is not waited for. */
  tell(conversation: ConversationId): void {
    if (this.ports.connector.reportDelivered === undefined) return;
    this.#waiting.add(conversation);
    if (this.#atWork.size < WORKERS_MAX) void this.#work();
  }

  /** Conversations that are yet to be told of. */
  get size(): number {
    return this.#waiting.size + this.#atWork.size;
  }

  async #work(): Promise<void> {
    for (let next = this.#next(); next !== undefined; next = this.#next()) {
      this.#atWork.add(next);
      const goesOn = await this.#tellAll(next);
      this.#atWork.delete(next);
      // The helpdesk is in trouble: the sweep finds them all again.
      if (!goesOn) this.#waiting.clear();
    }
  }

  /** One conversation is told of by one worker at a time. */
  #next(): ConversationId | undefined {
    for (const conversation of this.#waiting) {
      if (this.#atWork.has(conversation)) continue;
      this.#waiting.delete(conversation);
      return conversation;
    }
    return undefined;
  }

  /** False = what is left has to wait. */
  async #tellAll(conversation: ConversationId): Promise<boolean> {
    const { idMap, emit } = this.ports;
    const done: DueWork[] = [];
    try {
      const { due } = await idMap.withConversation(conversation, async ({ state }) => ({ due: state.due.filter(isDeliveredWork) }));
      let goesOn = true;
      for (const work of due) {
        goesOn = await this.#tellOne(work);
        if (!goesOn) break;
        done.push(work);
      }
      if (done.length > 0) await idMap.withConversation(conversation, (session) => session.commit({ done }));
      return goesOn;
    } catch (thrown) {
      const { code } = toBridgeError(thrown, 'reportDelivered');
      emit({ type: 'log', level: 'debug', message: 'it is told again that answers arrived', facts: { conversation, code } });
      return false;
    }
  }

  /** False = it is to be tried again. What the helpdesk will never take is passed over: the answer itself arrived. */
  async #tellOne({ kind, ticket, atMs }: DueWork): Promise<boolean> {
    const { connector, clock, emit } = this.ports;
    if (ticket === undefined) return true;
    const comment = mintId<CommentId>(kind.slice(KIND.length));
    try {
      await connector.reportDelivered?.(ticket, comment, atMs);
      return true;
    } catch (thrown) {
      const { code } = toBridgeError(thrown, 'reportDelivered');
      const isOver = REMEDY_BY_CODE[code] === 'bury' || clock.nowMs() - atMs > GIVE_UP_AFTER_MS;
      emit({ type: 'log', level: 'debug', message: isOver ? 'the helpdesk was not told that an answer arrived' : 'the helpdesk is told later that an answer arrived', facts: { ticket, comment, code } });
      return isOver;
    }
  }
}
