/**
 * Answers that have to wait: the chat takes nothing from the bot, or Telegram does not take them for long. The cursor stays before them, so
 * that they go out in order as soon as they can; the agent is told of each that waits, and once more when they arrived.
 */
import type { ConversationSession } from '../../core/ports.js';
import { entryOf, type TicketEntry } from '../../core/conversation.js';
import type { Comment, CommentId, ConversationId, TicketId } from '../../core/types.js';
import { toBridgeError, type BridgeError } from '../../core/errors.js';
import type { BridgePorts } from '../ports.js';
import { CHAT_REASONS } from './relay-comment.js';
import { isWordOfAnswer, readVerdict, tellAgent } from '../to-helpdesk/verdicts.js';

export interface Held {
  readonly ticket: TicketId;
  /** The ticket whose entry remembers it. */
  readonly place: TicketId;
  /** In order; the first is the one that was tried. Never empty. */
  readonly waiting: readonly Comment[];
  readonly error: BridgeError;
}

/** Tells the agent of every answer that waits and was not told of yet. Throws what the ports throw. */
export async function tellOfHeld(ports: BridgePorts, session: ConversationSession, { ticket, place, waiting, error }: Held): Promise<void> {
  const { conversation } = session.state;
  const reason = error.reason ?? 'rejected';
  const told = entryOf(session.state, place)?.late?.told;
  const untold = waiting.slice(waiting.findIndex((comment) => comment.id === told) + 1);
  if (untold.length > 0) await expectWord(session, place, waiting.at(-1));
  for (const comment of untold) await tellAgent(ports, session, ticket, { kind: reason, about: comment.id });
  await remember(session, place, waiting.at(-1));
  await session.commit({ unreachable: true });
  for (const { id } of untold) ports.emit({ type: 'undelivered', conversation, ticket, comment: id, reason });
}

/** An agent who waits longer for the word "sent" should know why. */
export const TELL_AGENT_AFTER_MS = 5 * 60_000;

/** Tells the agent, once, that this answer is delayed. Never throws: the answer is tried on whatever becomes of the word. */
export async function tellOfDelay(ports: BridgePorts, session: ConversationSession, place: TicketId, comment: Comment, error: BridgeError): Promise<void> {
  try {
    const entry = entryOf(session.state, place);
    if (entry?.late?.told === comment.id) return;
    await expectWord(session, place, comment);
    await tellAgent(ports, session, entry?.ticket ?? place, { kind: error.code === 'rate_limited' ? 'flood' : 'delayed', about: comment.id });
    await remember(session, place, comment);
  } catch (thrown) {
    const { code } = toBridgeError(thrown, 'tellOfDelay');
    ports.emit({ type: 'log', level: 'warn', message: 'the agent could not be told of a delayed answer', facts: { ticket: place, code } });
  }
}

/** Before a word to the agent, so that the word of arrival follows even when the answer to this one is lost, or a crash comes in between. */
async function expectWord(session: ConversationSession, place: TicketId, last: Comment | undefined): Promise<void> {
  const entry = entryOf(session.state, place);
  if (entry === undefined || last === undefined) return;
  await session.commit({ tickets: [{ ...entry, late: { tries: 0, ...entry.late, ticket: last.ticket, comment: last.id } }] });
}

async function remember(session: ConversationSession, place: TicketId, last: Comment | undefined): Promise<void> {
  const entry = entryOf(session.state, place);
  if (entry === undefined || last === undefined) return;
  const late = { ticket: last.ticket, comment: last.id, told: last.id, tries: (entry.late?.tries ?? 0) + 1 };
  await session.commit({ tickets: [{ ...entry, late }] });
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
