/**
 * Reactions: the agent reads them in one internal comment for each message. The first is told at once; what changes within the next minutes
 * waits, sealed, and is told as it stands then. So somebody who tries out every emoji makes two comments, not twenty.
 */
import type { ConversationSession } from '../../core/ports.js';
import type { ReactionEvent } from '../../core/around.js';
import { entryOf, type ConversationChange, type ToldReaction } from '../../core/conversation.js';
import { isDue } from '../../core/due.js';
import { joinTexts, markText, plainText, sliceText, type RichText } from '../../core/rich-text.js';
import { mintId, type MessageId } from '../../core/types.js';
import type { BridgePorts } from '../ports.js';
import { putOnce } from './verdicts.js';

/** The due work of reactions that wait. */
export const REACTIONS = 'reactions';
const QUIET_MS = 3 * 60_000;
/** Messages of one conversation within that time; reactions to more are not told. */
const MESSAGES_MAX = 50;
const QUOTE_LENGTH_MAX = 120;

/** Tells the agent, now or a little later. Reactions to what is on no ticket are nobody's business. Throws what the ports throw. */
export async function noteReaction(ports: BridgePorts, session: ConversationSession, event: ReactionEvent): Promise<void> {
  if (!ports.mapping().tellsReactions || await session.linkOfMessage(event.message) === undefined) return;
  const nowMs = ports.clock.nowMs();
  const known = recent(session, nowMs);
  const earlier = known.find((one) => one.message === event.message);
  const now = { message: event.message, changedAtMs: event.sentAtMs };
  if (earlier !== undefined) {
    if (event.sentAtMs < earlier.changedAtMs) return; // came late, or came again
    await session.commit(remember(known, { ...now, toldAtMs: earlier.toldAtMs, waiting: ports.seal.emoji.seal(event.emoji, event.conversation) }));
    return;
  }
  if (known.length >= MESSAGES_MAX) return;
  await tell(ports, session, now, event.emoji);
  await session.commit(remember(known, { ...now, toldAtMs: nowMs }));
}

/** Tells what waited long enough. Throws what the ports throw. */
export async function tellWaitingReactions(ports: BridgePorts, session: ConversationSession): Promise<void> {
  const nowMs = ports.clock.nowMs();
  await tellWaiting(ports, session, nowMs, (one) => isDue(one.toldAtMs + QUIET_MS, nowMs));
  await session.commit(remember(recent(session, nowMs)));
}

/** Tells all that waits, and forgets what was told: nothing of it is looked after here any more. Throws what the ports throw. */
export async function settleReactions(ports: BridgePorts, session: ConversationSession): Promise<void> {
  if (session.state.reactions === undefined) return;
  await tellWaiting(ports, session, ports.clock.nowMs(), () => true);
  await session.commit(remember([]));
}

async function tellWaiting(ports: BridgePorts, session: ConversationSession, nowMs: number, isDue: (one: ToldReaction) => boolean): Promise<void> {
  for (const one of session.state.reactions ?? []) {
    const { waiting, ...rest } = one;
    if (waiting === undefined || !isDue(one)) continue;
    await tell(ports, session, one, typeof waiting === 'string' ? ports.seal.emoji.open(waiting, session.state.conversation) : waiting);
    await session.commit(remember(recent(session, nowMs), { ...rest, toldAtMs: nowMs }));
  }
}

/** Without what is told and over. */
function recent({ state }: ConversationSession, nowMs: number): readonly ToldReaction[] {
  return (state.reactions ?? []).filter((one) => one.waiting !== undefined || one.toldAtMs + QUIET_MS > nowMs);
}

function remember(known: readonly ToldReaction[], changed?: ToldReaction): ConversationChange {
  const all = changed === undefined ? known : [...known.filter((one) => one.message !== changed.message), changed];
  // Also for those that do not wait: then they are forgotten.
  const times = all.map((one) => one.toldAtMs + QUIET_MS);
  const due = times.length === 0 ? { done: [{ kind: REACTIONS }] } : { due: [{ kind: REACTIONS, atMs: Math.min(...times) }] };
  return { reactions: all.length === 0 ? null : all, ...due };
}

/** `emoji` undefined: they waited, and cannot be read any more. */
async function tell(ports: BridgePorts, session: ConversationSession, { message, changedAtMs }: Pick<ToldReaction, 'message' | 'changedAtMs'>, emoji: readonly string[] | undefined): Promise<void> {
  const { conversation } = session.state;
  const link = await session.linkOfMessage(message);
  if (link === undefined) return;
  if (emoji === undefined) ports.emit({ type: 'log', level: 'error', message: UNREADABLE, facts: { conversation, message } });
  const ticket = entryOf(session.state, link.ticket)?.ticket ?? link.ticket;
  // Only a mark of the emoji: the key lies on disk while it is written.
  await putOnce(ports, session, ticket, keyOf(message, changedAtMs, emoji === undefined ? 'unreadable' : ports.seal.mark(emoji, conversation)), async () => {
    const line = lineOf(ports, emoji);
    const comments = await ports.connector.commentsAfter(ticket);
    const found = comments.find((one) => (link.comment === undefined ? one.externalId === message : one.id === link.comment));
    return joinTexts([line, quoteOf(found?.content.text ?? plainText(''), found?.content.attachments[0]?.name ?? '')], '\n');
  }, { isNote: true });
  ports.emit({ type: 'log', level: 'debug', message: 'reaction told', facts: { conversation, ticket, message } });
}

const UNREADABLE = 'a reaction that waited cannot be read any more: the bot token was changed meanwhile, or the disk is damaged';

function lineOf(ports: BridgePorts, emoji: readonly string[] | undefined): RichText {
  const mapping = ports.mapping();
  if (emoji === undefined) return mapping.text(mapping.agentLocale, 'reaction.unreadable');
  const shown = emoji.map((one) => one || mapping.label(mapping.agentLocale, 'reaction.custom')).join(' ');
  return mapping.text(mapping.agentLocale, emoji.length === 0 ? 'reaction.removed' : 'reaction.set', { emoji: shown });
}

/** The start of the message, so that the agent knows which one is meant. */
function quoteOf(text: RichText, file: string): RichText {
  const flat = text.text.trim() === '' ? plainText(file) : { text: text.text, spans: text.spans.filter((span) => span.type !== 'quote') };
  const cut = flat.text.length <= QUOTE_LENGTH_MAX ? flat : sliceText(flat, 0, QUOTE_LENGTH_MAX);
  return markText(cut === flat ? flat : joinTexts([cut, plainText('…')]), { type: 'quote' });
}

/** The idempotency key: the message, the second, and a mark of what stands on it then. It stands where a message's id stands, in plain letters. */
function keyOf(message: MessageId, changedAtMs: number, mark: string): MessageId {
  return mintId<MessageId>(`reaction:${message}:${Math.floor(changedAtMs / 1000)}:${mark}`.slice(0, KEY_LENGTH_MAX));
}

/** Helpdesks keep it where there may be room for no more, such as the end of a subject. */
const KEY_LENGTH_MAX = 100;
