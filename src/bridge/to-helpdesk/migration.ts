/** A group became a supergroup: Telegram gave the chat a new id, and its tickets go along. */
import type { ConversationSession } from '../../core/ports.js';
import type { Link, TicketEntry } from '../../core/conversation.js';
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
  const { known } = await ports.idMap.withConversation(event.to, async ({ state: { tickets } }) => ({ known: tickets }));
  const { state, tickets, links } = await ports.idMap.withConversation(event.conversation, async (session) => {
    if (session.state.tickets.length > 0) await session.commit({ movedTo: event.to });
    // They are sealed for this chat, and are about messages that only its map knows: so they are told from here, and at once.
    await settleReactions(ports, session);
    const moving = await withEarlierCursors(ports, session.state.tickets, known);
    return { state: session.state, tickets: moving, links: await linksAfterCursors(ports, session, moving) };
  });
  if (state.tickets.length === 0) return;
  await ports.idMap.withConversation(event.to, (session) => session.commit({
    // Also those that the new chat knows, by a merge or from an earlier try: what it sent of them since is linked there and passed over.
    tickets, movedFrom: event.conversation,
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
async function linksAfterCursors(ports: BridgePorts, session: ConversationSession, tickets: readonly TicketEntry[]): Promise<readonly Link[]> {
  const links: Link[] = [];
  for (const { ticket, cursor } of tickets.filter(isRead)) {
    for (const comment of await commentsAfter(ports, ticket, cursor)) links.push(...await session.linksOfComment(comment.ticket, comment.id));
  }
  return links;
}

function isRead({ mergedInto, phase }: TicketEntry): boolean {
  return mergedInto === undefined && phase !== 'gone';
}

/**
 * Of a ticket that the new chat knows too, by a merge, the earlier of the two places: the old chat passed over what was said to the new one, which may
 * not have sent it yet.
 */
async function withEarlierCursors(ports: BridgePorts, moving: readonly TicketEntry[], known: readonly TicketEntry[]): Promise<readonly TicketEntry[]> {
  const result: TicketEntry[] = [];
  for (const entry of moving) {
    const other = known.find(({ ticket }) => ticket === entry.ticket);
    result.push(other === undefined || !isRead(entry) || !isRead(other) ? entry : await earlier(ports, entry, other));
  }
  return result;
}

/** Cursors are opaque, but the earlier one has more behind it. */
async function earlier(ports: BridgePorts, entry: TicketEntry, other: TicketEntry): Promise<TicketEntry> {
  const { cursor, ...rest } = entry;
  if (cursor === other.cursor) return entry;
  const behind = await commentsAfter(ports, entry.ticket, cursor);
  const behindOther = await commentsAfter(ports, entry.ticket, other.cursor);
  if (behindOther.length <= behind.length) return entry;
  return { ...(other.late && { late: other.late }), ...rest, ...(other.cursor && { cursor: other.cursor }) };
}
