/** A group became a supergroup: Telegram gave the chat a new id, and its tickets go along. */
import type { ConversationSession } from '../../core/ports.js';
import type { Link } from '../../core/conversation.js';
import type { MigrationEvent } from '../../core/types.js';
import type { BridgePorts } from '../ports.js';
import { settleReactions } from './reactions.js';
import { commentsAfter } from './ticket-comments.js';
import { isVerdict } from './verdicts.js';

/**
 * Safe to repeat. From the first commit on nothing is relayed to the old chat, and the new one is complete before the old one lets go: after
 * a crash in between neither sends what the other did. Whoever called rings for all tickets afterwards: doorbells may have come meanwhile.
 */
export async function moveConversation(ports: BridgePorts, event: MigrationEvent): Promise<void> {
  const { state, links } = await ports.idMap.withConversation(event.conversation, async (session) => {
    if (session.state.tickets.length > 0) await session.commit({ movedTo: event.to });
    // They are sealed for this chat, and are about messages that only its map knows: so they are told from here, and at once.
    await settleReactions(ports, session);
    return { state: session.state, links: await linksAfterCursors(ports, session) };
  });
  if (state.tickets.length === 0) return;
  await ports.idMap.withConversation(event.to, (session) => session.commit({
    // Also those that the new chat knows, by a merge or from an earlier try: what it sent of them since is linked there and passed over.
    tickets: state.tickets, movedFrom: event.conversation,
    due: state.due, links,
    ...(state.current && session.state.current === undefined && { current: state.current }),
    ...(state.requester && { requester: state.requester }),
    ...(state.locale && { locale: state.locale }),
    ...(state.languageTag && { languageTag: state.languageTag }),
  }));
  await ports.idMap.withConversation(event.conversation, (session) => session.commit({
    dropTickets: state.tickets.map((entry) => entry.ticket), done: state.due, current: null,
    settled: state.intents.map((intent) => intent.message).filter(isVerdict),
  }));
  ports.emit({ type: 'log', level: 'info', message: 'conversation moved to a new chat id', facts: { from: event.conversation, to: event.to } });
}

/** Of an answer that was sent in part the links go along: what is behind the cursor is read again in the new chat. */
async function linksAfterCursors(ports: BridgePorts, session: ConversationSession): Promise<readonly Link[]> {
  const links: Link[] = [];
  for (const { ticket, cursor } of session.state.tickets.filter((entry) => entry.mergedInto === undefined && entry.phase !== 'gone')) {
    for (const comment of await commentsAfter(ports, ticket, cursor)) links.push(...await session.linksOfComment(comment.ticket, comment.id));
  }
  return links;
}
