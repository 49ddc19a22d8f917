/** Reactions of agents: one emoji on what the requester wrote. It is a courtesy, so what Telegram refuses is said to the agent and passed over. */
import type { CommentChange } from '../../core/changes.js';
import { entryOf } from '../../core/conversation.js';
import { toBridgeError, type BridgeError, type BridgeErrorCode } from '../../core/errors.js';
import type { ConversationSession } from '../../core/ports.js';
import type { Comment, MessageId, Ticket, TicketId } from '../../core/types.js';
import { messageOf } from '../edit-ids.js';
import { isAlone, wasSaidHere } from './follow-ticket.js';
import type { BridgePorts } from '../ports.js';
import { tellAgent } from '../to-helpdesk/verdicts.js';

type Reacted = Extract<CommentChange, { kind: 'reacted' }>;

/** Shows on the message what stands on the comment now. Safe to repeat. Throws what a retry, or an admin, can mend. */
export async function relayReaction(ports: BridgePorts, session: ConversationSession, ticket: Ticket, { comment, emoji }: Reacted): Promise<void> {
  // What is internal, or an agent's own, is no message of the requester.
  if (comment.visibility !== 'public' || comment.origin !== 'bridge') return;
  const message = await messageIn(session, ticket.id, comment);
  if (message !== undefined) {
    if (await attempt(ports, message, emoji)) return;
  } else if (!wasSaidHere(session, ticket, comment) || !await isAlone(ports, session, ticket.id)) {
    return; // it is another requester's, and for their conversation to say
  }
  if (emoji !== undefined) await tellAgent(ports, session, ticket.id, { kind: 'not_reacted', about: `${comment.id}@reaction` });
}

/** False = Telegram takes no reaction here. */
async function attempt(ports: BridgePorts, message: MessageId, emoji: string | undefined): Promise<boolean> {
  try {
    await ports.sender.react(message, emoji);
    return true;
  } catch (thrown) {
    const error = toBridgeError(thrown, 'react');
    if (!isFinal(error)) throw error;
    ports.emit({ type: 'log', level: 'info', message: 'a reaction was refused', facts: { message, code: error.code, reason: error.reason ?? 'none' } });
    return false;
  }
}

const FINAL: readonly BridgeErrorCode[] = ['invalid', 'not_found', 'conflict', 'unsupported'];

function isFinal({ code, reason }: BridgeError): boolean {
  return FINAL.includes(code) || (code === 'forbidden' && reason !== undefined);
}

/** The message that this comment is, the first of an album; of a comment that tells of an edit, the message that was edited. */
async function messageIn(session: ConversationSession, ticket: TicketId, { id, ticket: origin, externalId }: Comment): Promise<MessageId | undefined> {
  const [linked] = (await session.linksOfComment(origin, id)).flatMap(({ message }) => message ?? []);
  // The message that opened a ticket is linked without its comment.
  const message = linked ?? externalId;
  const link = message === undefined ? undefined : await session.linkOfMessage(message);
  if (message === undefined || link === undefined) return undefined;
  const isHere = link.ticket === origin || (entryOf(session.state, link.ticket)?.ticket ?? link.ticket) === ticket;
  return isHere ? messageOf(message) : undefined;
}
