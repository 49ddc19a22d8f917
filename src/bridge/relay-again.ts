/** Stub until the real one is merged. */
import type { ConversationSession } from '../core/ports.js';
import type { CommentId, TicketId } from '../core/types.js';
import type { BridgePorts } from './ports.js';

export async function relayAgain(_ports: BridgePorts, _session: ConversationSession, _ticket: TicketId, _comment: CommentId): Promise<void> {
  throw new Error('not yet');
}
