/**
 * Answers that have to wait: the chat takes nothing from the bot, or Telegram does not take them for long. The cursor stays before them, so
 * that they go out in order as soon as they can; the agent is told of each that waits, and once more when they arrived.
 */
import type { ConversationSession } from '../../core/ports.js';
import { entryOf, type Late, type TicketEntry } from '../../core/conversation.js';
import type { Comment, CommentId, ConversationId, TicketId } from '../../core/types.js';
import { toBridgeError, type BridgeError } from '../../core/errors.js';
import type { BridgePorts } from '../ports.js';
import { CHAT_REASONS } from './relay-comment.js';
import { isWordOfAnswer, readVerdict, tellAgent } from '../to-helpdesk/verdicts.js';

export interface Held {
  readonly ticket: TicketId;
  /** The ticket whose entry remembers what stands on none that is known. */
  readonly place: TicketId;
  /** In order; the first is the one that was tried. Never empty. */
  readonly waiting: readonly Comment[];
  readonly error: BridgeError;
}

/** Tells the agent of every answer that waits and was not told of yet. Throws what the ports throw. */
export async function tellOfHeld(ports: BridgePorts, session: ConversationSession, { ticket, place, waiting, error }: Held): Promise<void> {
  const { conversation } = session.state;
  const reason = error.reason ?? 'rejected';
  const places = byPlace(session, place, waiting);
  const untold = waiting.filter((comment) => places.some((one) => one.untold.includes(comment)));
  await expectWord(session, places.filter((one) => one.untold.length > 0));
  for (const comment of untold) await tellAgent(ports, session, ticket, { kind: reason, about: comment.id });
  await remember(session, places);
  await session.commit({ unreachable: true });
  for (const { id } of untold) ports.emit({ type: 'undelivered', conversation, ticket, comment: id, reason });
}

/** What waits of one ticket, where it is remembered. */
interface Waiting {
  readonly place: TicketId;
  readonly last: Comment;
  readonly untold: readonly Comment[];
}

/**
 * Two tickets that are being merged are read as one, and until that is settled they may be torn apart again: agents may merge the one that took
 * in the other into a third, and then each is followed there for itself. So each remembers its own answers, of which it will see the arrival.
 */
function byPlace({ state }: ConversationSession, place: TicketId, waiting: readonly Comment[]): readonly Waiting[] {
  const placeOf = ({ ticket }: Comment): TicketId => entryOf(state, ticket)?.ticket ?? place;
  return [...new Set(waiting.map(placeOf))].flatMap((own) => {
    const comments = waiting.filter((comment) => placeOf(comment) === own);
    const told = entryOf(state, own)?.late?.told;
    const last = comments.at(-1);
    return last === undefined ? [] : { place: own, last, untold: comments.slice(comments.findIndex(({ id }) => id === told) + 1) };
  });
}

/** An agent who waits longer for the word "sent" should know why. */
export const TELL_AGENT_AFTER_MS = 5 * 60_000;

/** Tells the agent, once, that this answer is delayed. Never throws: the answer is tried on whatever becomes of the word. */
export async function tellOfDelay(ports: BridgePorts, session: ConversationSession, place: TicketId, comment: Comment, error: BridgeError): Promise<void> {
  try {
    const places = byPlace(session, place, [comment]).filter(({ untold }) => untold.length > 0);
    if (places.length === 0) return;
    await expectWord(session, places);
    const kind = error.code === 'rate_limited' ? 'flood' : 'delayed';
    await tellAgent(ports, session, entryOf(session.state, place)?.ticket ?? place, { kind, about: comment.id });
    await remember(session, places);
  } catch (thrown) {
    const { code } = toBridgeError(thrown, 'tellOfDelay');
    ports.emit({ type: 'log', level: 'warn', message: 'the agent could not be told of a delayed answer', facts: { ticket: place, code } });
  }
}

/** Before a word to the agent, so that the word of arrival follows even when the answer to this one is lost, or a crash comes in between. */
function expectWord(session: ConversationSession, places: readonly Waiting[]): Promise<void> {
  return change(session, places, (late, { ticket, id }) => ({ tries: 0, ...late, ticket, comment: id }));
}

function remember(session: ConversationSession, places: readonly Waiting[]): Promise<void> {
  return change(session, places, (late, { ticket, id }) => ({ ticket, comment: id, told: id, tries: (late?.tries ?? 0) + 1 }));
}

async function change(session: ConversationSession, places: readonly Waiting[], toLate: (late: Late | undefined, last: Comment) => Late): Promise<void> {
  const tickets = places.flatMap(({ place, last }) => {
    const entry = entryOf(session.state, place);
    return entry === undefined ? [] : { ...entry, late: toLate(entry.late, last) };
  });
  if (tickets.length > 0) await session.commit({ tickets });
}

/**
 * Nothing waits any more: the agent hears that it arrived, if it did (an answer may have been withdrawn instead; `arrived` tells of those
 * sent just now, the last of them; it is named when the last that waited was given up), and at which try of the present job, if that is more than the map remembers. Throws what the ports throw.
 */
export async function settleLate(
  ports: BridgePorts, session: ConversationSession, { ticket, place, attempt, arrived }: { readonly ticket: TicketId; readonly place: TicketId; readonly attempt: number; readonly arrived: CommentId | undefined },
): Promise<void> {
  const late = entryOf(session.state, place)?.late;
  // What was to be told of answers that waited, or of one that was withdrawn meanwhile, is not tried any more.
  const settled = session.state.intents.map((intent) => intent.message).filter(isWordOfAnswer);
  if (late === undefined) {
    if (settled.length > 0) await session.commit({ settled });
    return;
  }
  const links = await session.linksOfComment(late.ticket, late.comment);
  // It may have been sent by an earlier try, which ended before the agent was told.
  const sent = arrived ?? late.arrived;
  const about = typeof sent === 'string' && links.some((link) => link.undelivered !== undefined) ? sent : late.comment;
  if (sent !== undefined || links.some((link) => link.message !== undefined)) {
    await tellAgent(ports, session, ticket, { kind: 'delivered', about, parameters: { tries: Math.max(late.tries + 1, attempt) } });
  }
  const entry = entryOf(session.state, place);
  if (entry !== undefined) await session.commit({ tickets: [withoutLate(entry)], settled });
}

/** Verdicts after which an answer is still tried. */
const WAITING: readonly string[] = [...CHAT_REASONS, 'delayed'];

/** The answers of which the agent was told that they wait, and not that they arrived since. `comments`: of one ticket, in order. */
export function waitingIn(comments: readonly Pick<Comment, 'id' | 'origin' | 'externalId'>[], conversation: ConversationId): ReadonlySet<CommentId> {
  const verdicts = comments.flatMap(({ origin, externalId }) => (origin === 'bridge' && externalId !== undefined ? readVerdict(externalId, conversation) ?? [] : []));
  const delivered = new Set(verdicts.filter(({ kind }) => kind === 'delivered').map(({ about }) => about));
  // In order: with one of them all before it arrived.
  const after = comments.findLastIndex(({ id }) => delivered.has(id));
  const waiting = new Set(verdicts.filter(({ kind }) => WAITING.includes(kind)).map(({ about }) => about));
  return new Set(comments.slice(after + 1).map(({ id }) => id).filter((id) => waiting.has(id)));
}

function withoutLate({ late, ...rest }: TicketEntry): TicketEntry {
  return rest;
}
