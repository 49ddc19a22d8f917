/**
 * A change of a message that got no answer may land later, over a newer one: Telegram keeps no order between two requests. So when nothing can
 * land any more, the message is given the text of now once more, or withdrawn once more. That this is due is on disk before a change leaves, for a
 * process may end meanwhile, and it is forgotten as soon as all changes of the comment were answered.
 */
import { entryOf, type ConversationState } from '../../core/conversation.js';
import type { DueWork } from '../../core/due.js';
import type { ConversationSession } from '../../core/ports.js';
import { mintId, type Comment, type CommentId, type TicketId } from '../../core/types.js';
import type { BridgePorts } from '../ports.js';

/** One piece of due work for each comment: the rest of the kind is its id. */
const KIND = 'shown:';
/** What Telegram did not take for so long after it left, it does not take any more. We wait half of that for an answer. */
const LANDS_WITHIN_MS = 60_000;

interface LateEdit extends DueWork {
  readonly ticket: TicketId;
  readonly comment: CommentId;
}

export function isLateEdit({ kind }: Pick<DueWork, 'kind'>): boolean {
  return kind.startsWith(KIND);
}

/** To be called right before a change leaves. Throws what the id map throws. */
export function changeLeaves(ports: BridgePorts, session: ConversationSession, ticket: TicketId, { id }: Comment): Promise<void> {
  return session.commit({ due: [{ kind: `${KIND}${id}`, ticket, atMs: ports.clock.nowMs() + LANDS_WITHIN_MS }] });
}

/** The changes on this ticket, as it is now, of which not all are known to be answered. */
export function unanswered(state: ConversationState, ticket: TicketId): readonly LateEdit[] {
  return state.due.flatMap((work) => {
    const { kind, ticket: place } = work;
    if (!isLateEdit(work) || place === undefined || (entryOf(state, place)?.ticket ?? place) !== ticket) return [];
    return [{ ...work, ticket: place, comment: mintId<CommentId>(kind.slice(KIND.length)) }];
  });
}
