/** What two maps must agree in for nobody to notice that one took the place of the other. */
import { entryOf, TICKET_NAMED, type TicketEntry } from '../../src/core/conversation.js';
import type { HelpdeskConnector, IdMap } from '../../src/core/ports.js';
import type { CommentId, ConversationId, MessageId, Phase, RequesterId, TicketId } from '../../src/core/types.js';

export interface WhatMatters {
  readonly conversation: ConversationId;
  readonly requester: RequesterId | undefined;
  /** Where the next message goes. */
  readonly current: TicketId | undefined;
  /** The tickets that are there, with what would be sent of each when its doorbell rings. */
  readonly tickets: readonly {
    readonly ticket: TicketId; readonly number: string; readonly phase: Phase; readonly waiting: readonly CommentId[];
    /** Not of new tickets: an answer tells that they are open, and which answers after a merge told whom cannot be read back. */
    readonly toldPhase?: Phase;
  }[];
  /** The ticket of each message: a repeat of the message is not filed again, and a reply to it finds its ticket. */
  readonly messages: Readonly<Record<MessageId, TicketId | undefined>>;
  /** Whether a doorbell of each ticket finds this conversation. */
  readonly found: boolean;
}

/** `messages`: those that the requester of this conversation wrote. */
export async function whatMatters(
  idMap: IdMap, connector: HelpdeskConnector, conversation: ConversationId, messages: readonly MessageId[],
): Promise<WhatMatters> {
  return idMap.withConversation(conversation, async (session) => {
    const { state } = session;
    const present = (ticket: TicketId | undefined): TicketId | undefined => {
      const entry = entryOf(state, ticket);
      return entry === undefined || entry.phase === 'gone' ? undefined : entry.ticket;
    };
    const waitingOn = async ({ ticket, cursor }: TicketEntry): Promise<readonly CommentId[]> => {
      const waiting: CommentId[] = [];
      for (const comment of await connector.commentsAfter(ticket, cursor)) {
        if (comment.visibility !== 'public' || comment.origin !== 'agent') continue;
        if ((await session.linksOfComment(comment.ticket, comment.id)).every((link) => link.part === TICKET_NAMED)) waiting.push(comment.id);
      }
      return waiting;
    };
    const entries = state.tickets.filter((entry) => entry.mergedInto === undefined && entry.phase !== 'gone');
    const tickets = await Promise.all(entries.map(async (entry) => ({
      ticket: entry.ticket, number: entry.number, phase: entry.phase, waiting: await waitingOn(entry), ...(entry.phase !== 'new' && { toldPhase: entry.toldPhase }),
    })));
    const links = await Promise.all(messages.map(async (message) => [message, present((await session.linkOfMessage(message))?.ticket)] as const));
    const owners = await Promise.all(state.tickets.map((entry) => idMap.conversationsOf(entry.ticket)));
    return {
      conversation, requester: state.requester, current: present(state.current), tickets: tickets.sort((a, b) => a.ticket.localeCompare(b.ticket)),
      messages: Object.fromEntries(links), found: owners.every((some) => some.includes(conversation)),
    };
  });
}
