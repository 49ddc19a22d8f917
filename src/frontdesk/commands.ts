/** The commands: each decides, changes what must change, and returns what the requester is told. */
import type { Mapping } from '../core/mapping.js';
import type { ConversationSession } from '../core/ports.js';
import { entryOf, openEntries, type TicketEntry } from '../core/conversation.js';
import type { Button, CommandEvent, Locale, Notice } from '../core/types.js';
import { toBridgeError } from '../core/errors.js';
import type { FrontdeskPorts } from './journey.js';

/** The commands of the bot's menu, in its order; `start` is not shown there. */
export const MENU_COMMANDS = ['new', 'tickets', 'status', 'close', 'language', 'help'] as const;

/** Tickets in one list: Telegram shows more buttons than anybody reads. */
const LISTED_MAX = 20;

/** Performs a command. Throws what the ports throw. */
export async function performCommand(
  ports: FrontdeskPorts, session: ConversationSession, event: CommandEvent, locale: Locale,
): Promise<Notice> {
  const mapping = ports.mapping();
  if (event.person.languageTag !== undefined && event.person.languageTag !== session.state.languageTag) {
    await session.commit({ languageTag: event.person.languageTag });
  }
  switch (event.name) {
    case 'start': return start(mapping, session, event, locale);
    case 'help': return { text: mapping.text(locale, 'help') };
    case 'new': return openNew(mapping, session, event.sentAtMs, locale);
    case 'tickets': return listTickets(mapping, session, locale);
    case 'status': return status(ports, session, locale);
    case 'close': return close(ports, session, locale);
    case 'language': return { text: mapping.text(locale, 'language.prompt'), buttons: languageButtons(mapping) };
    default: return { text: mapping.text(locale, 'command.unknown') };
  }
}

async function start(mapping: Mapping, session: ConversationSession, { argument, sentAtMs }: CommandEvent, locale: Locale): Promise<Notice> {
  const choice = mapping.topics(locale).find((topic) => topic.id === argument);
  if (choice !== undefined) return chooseTopic(mapping, session, { choice, atMs: sentAtMs }, locale);
  return { text: mapping.text(locale, 'start'), buttons: topicButtons(mapping, locale) };
}

/** Whoever writes without choosing a topic wants a new ticket all the same. */
async function openNew(mapping: Mapping, session: ConversationSession, atMs: number, locale: Locale): Promise<Notice> {
  const [only, another] = mapping.topics(locale);
  if (another === undefined) return chooseTopic(mapping, session, { choice: only, atMs }, locale);
  await session.commit({ opening: { atMs } });
  return { text: mapping.text(locale, 'new.prompt'), buttons: topicButtons(mapping, locale) };
}

/** The next message opens a ticket with this topic. `atMs`: when they asked for it. */
export async function chooseTopic(
  mapping: Mapping, session: ConversationSession, { choice, atMs }: { readonly choice: { readonly id: string; readonly title: string } | undefined; readonly atMs: number }, locale: Locale,
): Promise<Notice> {
  await session.commit({ opening: { ...(choice && { topic: choice.id }), atMs } });
  return { text: mapping.text(locale, 'new.ready', { topic: choice?.title ?? '' }) };
}

function listTickets(mapping: Mapping, session: ConversationSession, locale: Locale): Notice {
  const entries = openEntries(session.state).slice(-LISTED_MAX);
  if (entries.length === 0) return { text: mapping.text(locale, 'ticket.none') };
  const current = entryOf(session.state, session.state.current);
  return {
    text: mapping.text(locale, 'tickets.title'),
    buttons: entries.map((entry) => [ticketButton(mapping, locale, entry, entry.ticket === current?.ticket)]),
  };
}

function ticketButton(mapping: Mapping, locale: Locale, entry: TicketEntry, isCurrent: boolean): Button {
  const phase = mapping.label(locale, `phase.${entry.phase}`);
  const label = mapping.label(locale, 'tickets.item', { number: entry.number, phase });
  return { label: isCurrent ? `${mapping.label(locale, 'tickets.current')} ${label}` : label, action: `ticket:${entry.number}` };
}

/** Asks the helpdesk: the map may be older than the question. */
async function status(ports: FrontdeskPorts, session: ConversationSession, locale: Locale): Promise<Notice> {
  const mapping = ports.mapping();
  const entry = entryOf(session.state, session.state.current);
  if (entry === undefined) return { text: mapping.text(locale, 'ticket.none') };
  const phase = await readPhase(ports, entry);
  return { text: mapping.text(locale, 'status.line', { number: entry.number, phase: mapping.label(locale, `phase.${phase}`) }) };
}

async function readPhase(ports: FrontdeskPorts, entry: TicketEntry) {
  try {
    return ports.mapping().phaseOf(await ports.connector.getTicket(entry.ticket));
  } catch (thrown) {
    const error = toBridgeError(thrown, 'getTicket');
    if (error.code === 'not_found') return 'gone';
    throw error;
  }
}

async function close(ports: FrontdeskPorts, session: ConversationSession, locale: Locale): Promise<Notice> {
  const mapping = ports.mapping();
  const current = entryOf(session.state, session.state.current);
  const [first, ...others] = openEntries(session.state);
  const entry = [first, ...others].find((open) => open?.ticket === current?.ticket) ?? (others.length === 0 ? first : undefined);
  // The one they spoke of last is over already: which of the others is meant only they know.
  if (entry === undefined) return listTickets(mapping, session, locale);
  if (ports.connector.updateTicket === undefined) return { text: mapping.text(locale, 'close.unsupported', { number: entry.number }) };
  await ports.connector.updateTicket(entry.ticket, { phase: 'solved' });
  // Told here and now: the doorbell that follows must not tell it again.
  await session.commit({ tickets: [{ ...entry, phase: 'solved', toldPhase: 'solved', phaseSinceMs: ports.clock.nowMs() }] });
  return { text: mapping.text(locale, 'close.done', { number: entry.number }) };
}

function topicButtons(mapping: Mapping, locale: Locale): readonly (readonly Button[])[] {
  return mapping.topics(locale).map((choice) => [{ label: choice.title, action: `topic:${choice.id}` }]);
}

function languageButtons(mapping: Mapping): readonly (readonly Button[])[] {
  return [mapping.locales.map((locale) => ({ label: mapping.label(locale, 'language.name'), action: `language:${locale}` }))];
}
