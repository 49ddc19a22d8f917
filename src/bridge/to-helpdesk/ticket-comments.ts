/** The comments of a ticket that may be gone by now. */
import { toBridgeError } from '../../core/errors.js';
import type { Comment, CommentId, TicketId } from '../../core/types.js';
import type { BridgePorts } from '../ports.js';

/** As `HelpdeskConnector.commentsAfter`, and none when the ticket is gone. Throws what else the helpdesk throws. */
export async function commentsAfter({ connector }: BridgePorts, ticket: TicketId, cursor?: CommentId): Promise<readonly Comment[]> {
  try {
    return await connector.commentsAfter(ticket, cursor);
  } catch (thrown) {
    const error = toBridgeError(thrown, 'commentsAfter');
    if (error.code === 'not_found') return [];
    throw error;
  }
}
