/** A group became a supergroup: Telegram gave the chat a new id, and its tickets go along. */
import type { MigrationEvent } from '../core/types.js';
import type { BridgePorts } from './ports.js';

/** Safe to repeat. The new conversation is complete before the old one lets go. */
export async function moveConversation(ports: BridgePorts, event: MigrationEvent): Promise<void> {
  const { state } = await ports.idMap.withConversation(event.conversation, async (session) => ({ state: session.state }));
  if (state.tickets.length === 0) return;
  await ports.idMap.withConversation(event.to, (session) => session.commit({
    tickets: state.tickets.filter((entry) => !session.state.tickets.some((known) => known.ticket === entry.ticket)),
    due: state.due,
    ...(state.current && session.state.current === undefined && { current: state.current }),
    ...(state.requester && { requester: state.requester }),
    ...(state.locale && { locale: state.locale }),
    ...(state.languageTag && { languageTag: state.languageTag }),
  }));
  await ports.idMap.withConversation(event.conversation, (session) => session.commit({
    dropTickets: state.tickets.map((entry) => entry.ticket), done: state.due, current: null,
  }));
  ports.emit({ type: 'log', level: 'info', message: 'conversation moved to a new chat id', facts: { from: event.conversation, to: event.to } });
}
