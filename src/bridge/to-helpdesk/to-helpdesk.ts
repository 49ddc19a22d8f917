/** One Telegram message on its way to the helpdesk: find its ticket (or open one), add the comment, remember the link. */
import type { ConversationSession } from '../../core/ports.js';
import { entryOf, type ConversationChange, type Late, type Link, type TicketEntry } from '../../core/conversation.js';
import type { Attachment, Comment, CommentDraft, MessageEvent, MessageId, RequesterId, Ticket, TicketDraft, TicketId } from '../../core/types.js';
import { REMEDY_BY_CODE, toBridgeError, type BridgeError } from '../../core/errors.js';
import type { Along } from './albums.js';
import { CATCH_UP } from '../due.js';
import { chooseTicket, openAsChosen, type Choice } from './choose-ticket.js';
import { withoutOversized, withoutFiles, type FileLine, type Fitted } from './oversized.js';
import { withPlayable } from './playable.js';
import { dueOnReturn } from './membership.js';
import type { BridgePorts } from '../ports.js';
import { digestOf } from './profile.js';
import { toAgentContent, toSubjectContent } from './words.js';
import { writeOnce } from './write-once.js';

const ALONE: Along = { messages: [], change: {} };

/** Tickets may vanish or close between our reading and our writing; each time another one is chosen, at most this often. */
const CHOICES_MAX = 3;

/** A message to be stored. */
export interface Filing extends MessageEvent {
  /** It says how another one was changed: it goes where that one stands, and leaves the current ticket alone. */
  readonly editOn?: TicketId;
  /** Of what it says there are other versions, earlier or later: whether this one may have been written decides what becomes of those. */
  readonly isVersion?: true;
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
 * Undefined = it was stored before. Safe to repeat. Throws what the ports throw. `along`: the other messages of its album.
 */
export async function storeMessage(
  ports: BridgePorts, session: ConversationSession, event: Filing, attempt: number, along: Along = ALONE,
): Promise<Stored | undefined> {
  const known = await session.linkOfMessage(event.message);
  if (known !== undefined) {
    // By a doorbell of the ticket that it opened, which knows of the first message only.
    if (along !== ALONE) await session.commit({ ...along.change, links: linksOf(event, along, known).slice(1) });
    return undefined;
  }
  const repliedTo = event.editOn ?? (event.replyTo && (await session.linkOfMessage(event.replyTo))?.ticket);
  for (let tries = 1; ; tries += 1) {
    const choice = earlierChoice(session, event.message) ?? chooseTicket(session.state, repliedTo, rulesOf(ports, event));
    try {
      const stored = choice.kind === 'comment'
        ? await comment(ports, session, event, along, choice.entry)
        : await open(ports, session, event, along, choice);
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
        ...(arrived && { ...along.change, links: linksOf(event, along, { ticket, comment: arrived }) }),
      });
      if (arrived !== undefined) return { ticket, due: false, leftOut: [] };
    }
  }
}

/** A write that may have happened is looked for where it was sent, even when the message would go elsewhere by now. */
function earlierChoice(session: ConversationSession, message: MessageId): Choice | undefined {
  const earlier = session.state.intents.find((intent) => intent.message === message);
  if (earlier === undefined) return undefined;
  if (earlier.ticket === undefined) return openAsChosen(session.state);
  const entry = entryOf(session.state, earlier.ticket);
  return entry === undefined ? undefined : { kind: 'comment', entry };
}

function rulesOf(ports: BridgePorts, { sentAtMs }: MessageEvent) {
  return {
    nowMs: ports.clock.nowMs(), writtenAtMs: sentAtMs, reopenWithinMs: ports.mapping().reopenWithinMs, reopensFrom: ports.connector.capabilities.reopensFrom,
  };
}

function tellsOfLostTicket(error: BridgeError): boolean {
  return (error.code === 'not_found' || error.code === 'conflict') && error.reason === undefined;
}

function lostTicket(entry: TicketEntry, error: BridgeError, nowMs: number): TicketEntry {
  const phase = error.code === 'conflict' ? 'closed' : 'gone';
  return { ...entry, phase, toldPhase: phase, phaseSinceMs: nowMs };
}

/** Each message of an album is a part of its comment. */
function linksOf(event: MessageEvent, { messages }: Along, { ticket, comment: id }: Pick<Link, 'ticket' | 'comment'>): readonly Link[] {
  return [event.message, ...messages].map((message, part) => ({ ticket, ...(id !== undefined && { comment: id }), message, part }));
}

async function comment(ports: BridgePorts, session: ConversationSession, event: Filing, along: Along, entry: TicketEntry): Promise<Stored> {
  const { connector } = ports;
  const { ticket } = entry;
  const whole = toComment(ports, event);
  const written = await withFallback(whole, event, ports, (content) => writeOnce(ports, session, {
    message: event.message, ticket, isVersion: event.isVersion,
    find: async () => connector.findComment?.(ticket, event.message),
    write: () => connector.addComment(ticket, draftOf(event, content, session.state.requester)),
  }));
  const nowMs = ports.clock.nowMs();
  const reopened = entry.phase === 'solved' ? reopen(entry, nowMs) : [];
  const due = session.state.delayTold === true ? ports.journey.dueOnFiling(ticket, nowMs) : [];
  await session.commit({
    ...along.change, links: linksOf(event, along, { ticket, comment: written.result }),
    ...(event.editOn === undefined && { current: ticket }), settled: [event.message], tickets: reopened, due: [...due, ...dueOnReturn(session.state, nowMs)], ...seen(event),
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
  ports: BridgePorts, session: ConversationSession, event: Filing, along: Along, choice: Extract<Choice, { kind: 'open' }>,
): Promise<Stored> {
  const { connector } = ports;
  // Agents may have answered, and merged, what an earlier try opened: no doorbell tells of that again.
  const retried = session.state.intents.some((intent) => intent.message === event.message);
  const person = ports.mapping().profile(event.person);
  // One who is known already is brought up to date when the message is stored.
  const known = session.state.requester;
  const requester = known ?? await connector.upsertRequester({ person });
  const written = await withFallback(toComment(ports, event), event, ports, (content) => writeOnce(ports, session, {
    message: event.message, isVersion: event.isVersion,
    find: async () => connector.findTicket?.(event.message),
    write: () => connector.createTicket(ticketDraft(ports, session, event, choice, requester, content)),
  }));
  const ticket = written.result;
  const first = await openingOf(ports, event, ticket);
  const opened = opening(ports, event.message, ticket, choice, { first, retried, late: lateOf(session, ticket.id) });
  await session.commit({
    ...along.change, requester, ...(known === undefined && { profile: digestOf(person) }),
    ...opened, due: [...opened.due ?? [], ...dueOnReturn(session.state, ports.clock.nowMs())],
    links: linksOf(event, along, { ticket: first?.ticket ?? ticket.id }), ...seen(event),
  });
  ports.emit({ type: 'ticket_opened', conversation: event.conversation, ticket: ticket.id, number: ticket.number });
  return { ticket: ticket.id, due: true, leftOut: written.leftOut };
}

/** The opening comment, when an earlier try opened the ticket and agents merged it into somebody else's before this one knew. */
async function openingOf({ connector }: BridgePorts, event: MessageEvent, ticket: Ticket): Promise<Comment | undefined> {
  if (ticket.conversation === event.conversation) return undefined;
  const first = (await connector.commentsAfter(ticket.id)).find((comment) => comment.externalId === event.message);
  // One that an agent opened names no conversation, and may be somebody else's all the same.
  return ticket.conversation === undefined && first?.ticket === ticket.id ? undefined : first;
}

function ticketDraft(
  ports: BridgePorts, session: ConversationSession, event: MessageEvent, choice: Extract<Choice, { kind: 'open' }>,
  requester: RequesterId, content: MessageEvent['content'],
): TicketDraft {
  const mapping = ports.mapping();
  const locale = session.state.locale ?? mapping.localeOf(event.person.languageTag);
  const person = mapping.profile(event.person);
  const route = mapping.route(choice.topic);
  return {
    externalId: event.message, conversation: event.conversation, requester, person,
    subject: mapping.subject(toSubjectContent(mapping, event), person, locale), priority: route.priority, tags: route.tags, locale, content,
    ...(route.queue && { queue: route.queue }), ...(choice.followUpOf && { followUpOf: choice.followUpOf }),
  };
}

/** What an earlier try opened may have been merged into a ticket of this conversation, on which answers wait. */
function lateOf({ state }: ConversationSession, ticket: TicketId): Late | undefined {
  return state.tickets.find((entry) => entry.ticket === ticket)?.late;
}

/** With `first` the entry is the ticket as it was before the merge: it is followed from there, so that only what was said to them reaches them. */
function opening(
  ports: BridgePorts, message: MessageId, present: Ticket, { topic, followUpOf }: Extract<Choice, { kind: 'open' }>,
  { first, retried, late }: { readonly first: Comment | undefined; readonly retried: boolean; readonly late: Late | undefined },
): ConversationChange {
  const nowMs = ports.clock.nowMs();
  const phase = ports.mapping().phaseOf(present);
  const ticket = first?.ticket ?? present.id;
  const entry: TicketEntry = {
    ticket, number: present.number, phase, toldPhase: phase, phaseSinceMs: nowMs, openedAtMs: nowMs,
    ...(topic && { topic }), ...(followUpOf && { followUpOf }), ...(first && { cursor: first.id }), ...(late && { late }),
  };
  const catchUp = first === undefined && !retried ? [] : [{ kind: CATCH_UP, ticket, atMs: nowMs }];
  return {
    tickets: [entry], current: ticket, opening: null, settled: [message],
    due: [...ports.journey.dueOnOpening({ ...present, id: ticket }, nowMs), ...catchUp],
  };
}

function seen(event: MessageEvent): ConversationChange {
  return { unreachable: false, delayTold: false, ...(event.person.languageTag && { languageTag: event.person.languageTag }) };
}

/** What of a message fits. */
export function toComment(ports: BridgePorts, event: MessageEvent): Fitted {
  const limitBytes = ports.connector.capabilities.attachmentBytesMax;
  const downloadBytesMax = ports.sender.capabilities.downloadBytesMax;
  return withoutOversized(toAgentContent(ports.mapping(), event), Math.min(limitBytes, downloadBytesMax), agentLine(ports));
}

function agentLine(ports: BridgePorts) {
  const mapping = ports.mapping();
  return (file: FileLine) => mapping.text(mapping.agentLocale, 'file.tooBigComment', { ...file });
}

/** A file that Telegram no longer hands out must not keep the text from arriving. */
async function withFallback<T>(
  whole: Fitted, event: MessageEvent, ports: BridgePorts, write: (content: MessageEvent['content']) => Promise<T>,
): Promise<{ readonly result: T; readonly leftOut: readonly FileLine[] }> {
  try {
    return { result: await withPlayable(ports, whole.content, write), leftOut: whole.leftOut };
  } catch (thrown) {
    const error = toBridgeError(thrown, 'storeMessage');
    const passing = REMEDY_BY_CODE[error.code] === 'retry';
    if (error.reason === undefined || passing || whole.content.attachments.length === 0) throw error;
    const rest = await withoutUnreadable(whole, ports);
    if (rest !== undefined) return { result: await write(rest.content), leftOut: rest.leftOut };
    const textOnly = withoutFiles(toAgentContent(ports.mapping(), event), agentLine(ports));
    return { result: await write(textOnly.content), leftOut: textOnly.leftOut };
  }
}

/** Of several files only those stay behind that cannot be opened; undefined when that is all of them, or none. */
async function withoutUnreadable({ content, leftOut }: Fitted, ports: BridgePorts): Promise<Fitted | undefined> {
  const opens = await Promise.all(content.attachments.map((file) => canBeOpened(file)));
  if (!opens.includes(true) || !opens.includes(false)) return undefined;
  const fitted = withoutFiles(content, agentLine(ports), (file) => opens[content.attachments.indexOf(file)] === false);
  return { content: fitted.content, leftOut: [...leftOut, ...fitted.leftOut] };
}

async function canBeOpened(file: Attachment): Promise<boolean> {
  try {
    const stream = await file.open?.();
    stream?.on('error', () => undefined).destroy();
    return stream !== undefined;
  } catch (thrown) {
    const error = toBridgeError(thrown, 'open');
    if (error.reason === undefined || REMEDY_BY_CODE[error.code] === 'retry') throw error;
    return false;
  }
}

function emitRelayed(ports: BridgePorts, event: MessageEvent, ticket: TicketId, attempt: number): void {
  ports.emit({
    type: 'relayed', direction: 'to_helpdesk', conversation: event.conversation, ticket, message: event.message,
    lagMs: Math.max(0, ports.clock.nowMs() - event.sentAtMs), attempt,
  });
}
