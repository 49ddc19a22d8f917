/** Buttons that a requester pressed. What a button carries comes from outside: only what this very conversation may choose counts. */
import type { ConversationSession } from '../core/ports.js';
import { openEntries } from '../core/conversation.js';
import type { ActionEvent, Locale, Notice } from '../core/types.js';
import { chooseTopic } from './commands.js';
import type { FrontdeskPorts } from './journey.js';

/** Performs a button's action; undefined = nothing to say (a button that means nothing any more). */
export async function performAction(
  ports: FrontdeskPorts, session: ConversationSession, event: ActionEvent, locale: Locale,
): Promise<Notice | undefined> {
  const mapping = ports.mapping();
  const [kind, ...rest] = event.action.split(':');
  const value = rest.join(':');
  switch (kind) {
    case 'topic': {
      const choice = mapping.topics(locale).find((topic) => topic.id === value);
      return choice && chooseTopic(mapping, session, { choice, atMs: event.sentAtMs }, locale);
    }
    case 'ticket': {
      const entry = openEntries(session.state).find((open) => open.number === value);
      if (entry === undefined) return { text: mapping.text(locale, 'ticket.none') };
      await session.commit({ current: entry.ticket, opening: null });
      return { text: mapping.text(locale, 'tickets.chosen', { number: entry.number }) };
    }
    case 'language': {
      if (!mapping.locales.includes(value)) return undefined;
      await session.commit({ locale: value });
      return { text: mapping.text(value, 'language.done') };
    }
    default: return undefined;
  }
}
