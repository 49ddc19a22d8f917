/** Whether an answer may still go when its turn comes: an agent may have taken it back while it waited for Telegram's pace. */
import { entryOf } from '../../core/conversation.js';
import { BridgeError, toBridgeError } from '../../core/errors.js';
import type { ConversationSession } from '../../core/ports.js';
import type { Comment, CommentId, TicketId } from '../../core/types.js';
import type { BridgePorts } from '../ports.js';

/** What was read a moment ago is not read again. */
const FRESH_MS = 2_000;

/** Only what an agent said in public. What is unknown counts as internal. */
export function isAnswer(comment: Comment): boolean {
  return comment.visibility === 'public' && comment.origin === 'agent';
}

/** The comments of a ticket as they were read last; made right after they were read for the first time. */
export class LastLook {
  #atMs: number;
  #public: ReadonlySet<CommentId> | undefined;

  constructor(private readonly ports: Pick<BridgePorts, 'connector' | 'clock'>, private readonly session: ConversationSession, private readonly ticket: TicketId) {
    this.#atMs = ports.clock.nowMs();
  }

  /**
   * Reads again when the last look is not fresh. Throws `unavailable` when this is no public answer any more, so that the ticket is read anew and
   * nothing is given up, and what the helpdesk throws.
   */
  async check(comment: CommentId): Promise<void> {
    if (this.ports.clock.nowMs() - this.#atMs > FRESH_MS) await this.#readAgain(comment);
    if (this.#public === undefined || this.#public.has(comment)) return;
    throw new BridgeError({ code: 'unavailable', operation: 'send', message: 'the comment is not a public answer of an agent any more' });
  }

  async #readAgain(comment: CommentId): Promise<void> {
    const { connector, clock } = this.ports;
    try {
      const news = await connector.commentsAfter(this.ticket, entryOf(this.session.state, this.ticket)?.cursor);
      // After a merge it may stand before the cursor.
      const comments = news.some(({ id }) => id === comment) ? news : await connector.commentsAfter(this.ticket);
      this.#public = new Set(comments.filter(isAnswer).map(({ id }) => id));
      this.#atMs = clock.nowMs();
    } catch (thrown) {
      throw notTelegrams(toBridgeError(thrown, 'commentsAfter'));
    }
  }
}

/** A helpdesk that asks to wait says nothing of Telegram's pace. */
function notTelegrams(error: BridgeError): BridgeError {
  if (error.code !== 'rate_limited') return error;
  const { operation, message, retryAfterMs } = error;
  return new BridgeError({ code: 'unavailable', operation, message, ...(retryAfterMs !== undefined && { retryAfterMs }) });
}
