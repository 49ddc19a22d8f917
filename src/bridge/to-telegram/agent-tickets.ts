/** Tickets that an agent opens for somebody known from Telegram: they start in that person's private chat, or the agent hears why not. */
import type { Ticket, ConversationId, PersonId } from '../../core/types.js';
import type { ConversationState } from '../../core/conversation.js';
import type { BridgePorts } from '../ports.js';
import { dropVerdict, tellAgent } from '../to-helpdesk/verdicts.js';

/** Where such a ticket belongs; undefined = nowhere here. Throws what the ports throw. */
export async function chatForTicket(
  ports: BridgePorts, ticket: Ticket, privateChatOf: (person: PersonId) => ConversationId | undefined,
): Promise<ConversationId | undefined> {
  if (ticket.conversation !== undefined || ticket.externalId !== undefined || ticket.person === undefined) return undefined;
  const conversation = privateChatOf(ticket.person);
  if (conversation === undefined) return undefined;
  return ports.idMap.withConversation(conversation, async (session) => {
    if (hasWritten(session.state)) return conversation;
    // Perhaps somebody else's bot knows them; this one may not begin a chat.
    const comments = await ports.connector.commentsAfter(ticket.id);
    const waits = comments.some((comment) => comment.visibility === 'public' && comment.origin === 'agent' && comment.createdAtMs >= ports.idMap.bornAtMs);
    const verdict = { kind: 'stranger', about: ticket.id } as const;
    // What was for them may have been made internal while the agent was being told.
    await (waits ? tellAgent(ports, session, ticket.id, verdict) : dropVerdict(session, verdict));
    return undefined;
  });
}

/** Telegram lets a bot write to those alone who wrote to it first; every message and command leaves one of these. */
function hasWritten({ requester, tickets, languageTag }: ConversationState): boolean {
  return requester !== undefined || tickets.length > 0 || languageTag !== undefined;
}
