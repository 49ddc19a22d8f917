/** One Telegram message on its way to the helpdesk: find its ticket (or open one), add the comment, remember the link. */
import type { ConversationSession } from '../core/ports.js';
import { entryOf, type ConversationChange, type Link, type TicketEntry } from '../core/conversation.js';
import type { CommentDraft, MessageEvent, MessageId, RequesterId, Ticket, TicketDraft, TicketId } from '../core/types.js';
import { REMEDY_BY_CODE, toBridgeError, type BridgeError } from '../core/errors.js';
import { chooseTicket, type Choice } from './choose-ticket.js';
import { withoutOversized, withoutFiles, type FileLine } from './oversized.js';
import type { BridgePorts } from './ports.js';
import { writeOnce } from './write-once.js';

/** Tickets may vanish or close between our reading and our writing; each time another one is chosen, at most this often. */
const CHOICES_MAX = 3;

/** A message to be stored; one that says how another was changed goes where that one stands, and leaves the current ticket alone. */
export interface Filing extends MessageEvent {
  readonly editOn?: TicketId;
}

/** What came of a message, for what follows outside the flow. */
export interface Stored {
  readonly ticket: TicketId;
  /** There is something to tell the requester now. */
  readonly due: boolean;
  /** Files that could not come along. */
  readonly leftOut: readonly FileLine[];
}

/**
 * Stores one message. When it resolves, the helpdesk has the message and the link is on disk: the update may be acknowledged.
 * Undefined = it was stored before. Safe to repeat. Throws what the ports throw.
 */
export async function storeMessage(
  ports: BridgePorts, session: ConversationSession, event: Filing, attempt: number,
): Promise<Stored | undefined> {
  if (await session.linkOfMessage(event.message)) return undefined;
  const repliedTo = event.editOn ?? (event.replyTo && (await session.linkOfMessage(event.replyTo))?.ticket);
  for (let tries = 1; ; tries += 1) {
    const choice = earlierChoice(session, event.message) ?? chooseTicket(session.state, repliedTo, rulesOf(ports));
    try {
      const stored = choice.kind === 'comment'
        ? await comment(ports, session, event, choice.entry)
        : await open(ports, session, event, choice);
      emitRelayed(ports, event, stored.ticket, attempt);
      return stored;
    } catch (thrown) {
      const error = toBridgeError(thrown, 'storeMessage');
      if (tries >= CHOICES_MAX || choice.kind !== 'comment' || !tellsOfLostTicket(error)) throw error;
      const { ticket } = choice.entry;
      // An earlier try may have arrived just before the ticket closed.
      const arrived = error.code === 'conflict' ? await ports.connector.findComment?.(ticket, event.message) : undefined;
      await session.commit({
        tickets: [lostTicket(choice.entry, error, ports.clock.nowMs())], settled: [event.message],
        ...(arrived && { links: [{ ticket, comment: arrived, message: event.message, part: 0 }] }),
      });
      if (arrived !== undefined) return { ticket, due: false, leftOut: [] };
    }
  }
}

/** A write that may have happened is looked for where it was sent, even when the message would go elsewhere by now. */
function earlierChoice(session: ConversationSession, message: MessageId): Choice | undefined {
  const earlier = session.state.intents.find((intent) => intent.message === message);
  if (earlier === undefined) return undefined;
  if (earlier.ticket === undefined) return { kind: 'open', ...session.state.opening };
  const entry = entryOf(session.state, earlier.ticket);
  return entry === undefined ? undefined : { kind: 'comment', entry };
}

function rulesOf(ports: BridgePorts) {
  return {
    nowMs: ports.clock.nowMs(), reopenWithinMs: ports.mapping().reopenWithinMs, reopensFrom: ports.connector.capabilities.reopensFrom,
  };
}

function tellsOfLostTicket(error: BridgeError): boolean {
  return (error.code === 'not_found' || error.code === 'conflict') && error.reason === undefined;
}

function lostTicket(entry: TicketEntry, error: BridgeError, nowMs: number): TicketEntry {
  const phase = error.code === 'conflict' ? 'closed' : 'gone';
  return { ...entry, phase, toldPhase: phase, phaseSinceMs: nowMs };
}

async function comment(ports: BridgePorts, session: ConversationSession, event: Filing, entry: TicketEntry): Promise<Stored> {
  const { connector } = ports;
  const { ticket } = entry;
  const whole = toComment(ports, event);
  const written = await withFallback(whole, event, ports, (content) => writeOnce(ports, session, {
    message: event.message, ticket,
    find: async () => connector.findComment?.(ticket, event.message),
    write: () => connector.addComment(ticket, draftOf(event, content, session.state.requester)),
  }));
  const nowMs = ports.clock.nowMs();
  const reopened = entry.phase === 'solved' ? reopen(entry, nowMs) : [];
  const due = session.state.delayTold === true ? ports.journey.dueOnFiling(ticket, nowMs) : [];
  await session.commit({
    links: [{ ticket, comment: written.result, message: event.message, part: 0 }],
    ...(event.editOn === undefined && { current: ticket }), settled: [event.message], tickets: reopened, due, ...seen(event),
  });
  return { ticket, due: due.length > 0, leftOut: written.leftOut };
}

function draftOf(event: MessageEvent, content: MessageEvent['content'], requester: RequesterId | undefined): CommentDraft {
  return { externalId: event.message, visibility: 'public', from: 'requester', content, ...(requester && { requester }) };
}

/** The requester knows that writing reopens: there is nothing to tell. */
function reopen(entry: TicketEntry, nowMs: number): TicketEntry[] {
  return [{ ...entry, phase: 'open', toldPhase: 'open', phaseSinceMs: nowMs }];
}

async function open(
  ports: BridgePorts, session: ConversationSession, event: MessageEvent, choice: Extract<Choice, { kind: 'open' }>,
): Promise<Stored> {
  const { connector } = ports;
  const requester = session.state.requester ?? await connector.upsertRequester({ person: event.person });
  const written = await withFallback(toComment(ports, event), event, ports, (content) => writeOnce(ports, session, {
    message: event.message,
    find: async () => connector.findTicket?.(event.message),
    write: () => connector.createTicket(ticketDraft(ports, session, event, choice, requester, content)),
  }));
  const ticket = written.result;
  await session.commit({ requester, ...opening(ports, event.message, ticket, choice), ...seen(event) });
  ports.emit({ type: 'ticket_opened', conversation: event.conversation, ticket: ticket.id, number: ticket.number });
  return { ticket: ticket.id, due: true, leftOut: written.leftOut };
}

function ticketDraft(
  ports: BridgePorts, session: ConversationSession, event: MessageEvent, choice: Extract<Choice, { kind: 'open' }>,
  requester: RequesterId, content: MessageEvent['content'],
): TicketDraft {
  const mapping = ports.mapping();
  const locale = session.state.locale ?? mapping.localeOf(event.person.languageTag);
  const route = mapping.route(choice.topic);
  return {
    externalId: event.message, conversation: event.conversation, requester, person: event.person,
    subject: mapping.subject(event.content, event.person, locale), priority: route.priority, tags: route.tags, locale, content,
    ...(route.queue && { queue: route.queue }), ...(choice.followUpOf && { followUpOf: choice.followUpOf }),
  };
}

function opening(ports: BridgePorts, message: MessageId, ticket: Ticket, { topic, followUpOf }: Extract<Choice, { kind: 'open' }>): ConversationChange {
  const nowMs = ports.clock.nowMs();
  const phase = ports.mapping().phaseOf(ticket);
  const entry: TicketEntry = {
    ticket: ticket.id, number: ticket.number, phase, toldPhase: phase, phaseSinceMs: nowMs, openedAtMs: nowMs,
    ...(topic && { topic }), ...(followUpOf && { followUpOf }),
  };
  const link: Link = { ticket: ticket.id, message, part: 0 };
  return {
    tickets: [entry], links: [link], current: ticket.id, opening: null, settled: [message], due: ports.journey.dueOnOpening(ticket, nowMs),
  };
}

function seen(event: MessageEvent): ConversationChange {
  return { unreachable: false, delayTold: false, ...(event.person.languageTag && { languageTag: event.person.languageTag }) };
}

/** What of a message fits. */
export function toComment(ports: BridgePorts, event: Pick<MessageEvent, 'content'>) {
  const limitBytes = ports.connector.capabilities.attachmentBytesMax;
  const downloadBytesMax = ports.sender.capabilities.downloadBytesMax;
  return withoutOversized(event.content, Math.min(limitBytes, downloadBytesMax), agentLine(ports));
}

function agentLine(ports: BridgePorts) {
  const mapping = ports.mapping();
  return (file: FileLine) => mapping.text(mapping.agentLocale, 'file.tooBigComment', { ...file });
}

/** A file that Telegram no longer hands out must not keep the text from arriving. */
async function withFallback<T>(
  whole: ReturnType<typeof toComment>, event: MessageEvent, ports: BridgePorts, write: (content: MessageEvent['content']) => Promise<T>,
): Promise<{ readonly result: T; readonly leftOut: readonly FileLine[] }> {
  try {
    return { result: await write(whole.content), leftOut: whole.leftOut };
  } catch (thrown) {
    const error = toBridgeError(thrown, 'storeMessage');
    const passing = REMEDY_BY_CODE[error.code] === 'retry';
    if (error.reason === undefined || passing || whole.content.attachments.length === 0) throw error;
    const textOnly = withoutFiles(event.content, agentLine(ports));
    return { result: await write(textOnly.content), leftOut: textOnly.leftOut };
  }
}

function emitRelayed(ports: BridgePorts, event: MessageEvent, ticket: TicketId, attempt: number): void {
  ports.emit({
    type: 'relayed', direction: 'to_helpdesk', conversation: event.conversation, ticket, message: event.message,
    lagMs: Math.max(0, ports.clock.nowMs() - event.sentAtMs), attempt,
  });
}
