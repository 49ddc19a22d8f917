/** Giving up on one piece of work: its ids are kept for the operator, and whoever waits for it is told. */
import type { ConversationSession } from '../core/ports.js';
import { dueKey, entryOf, WHOLE_COMMENT, type ConversationChange, type DueWork } from '../core/conversation.js';
import type { BuriedEntry } from '../core/ports.js';
import type { ChatEvent, Comment, ConversationId, Direction, MessageEvent, MessageId, TicketId } from '../core/types.js';
import type { BridgeError } from '../core/errors.js';
import { editId } from './edit-ids.js';
import type { BridgePorts } from './ports.js';
import { tellAgent } from './to-helpdesk/verdicts.js';

/**
 * Buries what came from Telegram. When it resolves the entry is on disk, and so is that the requester must hear of it: a notice that fails
 * now, or a crash, must not lose that. `others`: the rest of its album.
 */
export async function buryEvent(ports: BridgePorts, event: ChatEvent, error: BridgeError, others: readonly MessageId[] = []): Promise<void> {
  const nowMs = ports.clock.nowMs();
  await recordEvent(ports, event, error, others);
  if (event.kind !== 'message' && event.kind !== 'edit') return;
  await ports.idMap.withConversation(event.conversation, (session) => session.commit({
    // A word that did not go yet speaks for this one too. It keeps its time, which tells of whom it speaks.
    due: ports.journey.dueOnBurying(nowMs).filter((word) => pendingLike(session, word) === undefined),
    delayTold: false, ...(event.person.languageTag && { languageTag: event.person.languageTag }),
  }));
}

/**
 * What takes back the word that this message was given up, to be committed when it is filed after all: whoever hears "send it again" then
 * has it filed twice. Nothing when the word is not due, and while it speaks for another message that is still buried. Throws what the id map throws.
 */
export async function withoutWord(ports: BridgePorts, session: ConversationSession, entry: BuriedEntry): Promise<Pick<ConversationChange, 'done'>> {
  const pending = ports.journey.dueOnBurying(entry.buriedAtMs).flatMap((word) => pendingLike(session, word) ?? []);
  if (pending.length === 0) return {};
  const others = (await ports.idMap.buried()).filter(({ id, conversation, message }) => id !== entry.id && conversation === entry.conversation && message !== undefined);
  return { done: pending.filter((word) => !others.some(({ buriedAtMs }) => buriedAtMs >= word.atMs)) };
}

/** A replay that began to file is over by then, or was begun once more by the next process. */
const FILING_MS = 5 * 60_000;

/**
 * Whether this word says that something was given up which may be filed by now: its last request got no answer, or a replay began, and nobody knows
 * yet how it ended. It waits then.
 * Throws what the id map throws.
 */
export async function mayBeFiled(ports: BridgePorts, { state }: ConversationSession, word: DueWork): Promise<boolean> {
  const nowMs = ports.clock.nowMs();
  if (!ports.journey.dueOnBurying(nowMs).some((one) => dueKey(one) === dueKey(word))) return false;
  const written = state.intents.filter(({ settlesAtMs }) => nowMs - settlesAtMs < FILING_MS).map(({ message }) => message);
  // A replay that was cut off before its write is begun once more by the next process.
  const read = (state.readAgain ?? []).filter(({ filed, atMs }) => filed !== true && nowMs - atMs < FILING_MS).map(({ key }) => key);
  for (const message of [...written, ...read]) if (await wasBuried(ports, { conversation: state.conversation, message })) return true;
  return false;
}

/**
 * Before a message is filed that was given up and comes once more, because its update was not acknowledged: what is to be committed with
 * its link, so that nobody is asked to send again what is filed, and whoever was asked hears that it is. Throws what the id map throws.
 */
export async function filedAfterAll(ports: BridgePorts, session: ConversationSession, { conversation, message }: MessageEvent): Promise<Pick<ConversationChange, 'done'> | undefined> {
  const entry = await ports.idMap.findBuried(buriedId('to_helpdesk', conversation, message));
  if (entry === undefined || await session.linkOfMessage(message) !== undefined) return undefined;
  const change = await withoutWord(ports, session, entry);
  // Said so beforehand, the commit that links it holds the word that it is filed.
  if ((change.done ?? []).length === 0) await session.commit({ delayTold: true });
  return change;
}

/** Whether this message, or change, was given up. Throws what the id map throws. */
export async function wasBuried({ idMap }: BridgePorts, { conversation, message }: Pick<MessageEvent, 'conversation' | 'message'>): Promise<boolean> {
  return await idMap.findBuried(buriedId('to_helpdesk', conversation, message)) !== undefined;
}

function buriedId(direction: Direction, conversation: ConversationId, key: string): string {
  return `${direction}:${conversation}:${key}`;
}

function pendingLike({ state }: ConversationSession, word: DueWork): DueWork | undefined {
  return state.due.find((one) => dueKey(one) === dueKey(word));
}

/** Keeps the ids of what came from Telegram, and tells nobody but the operator. */
export function recordEvent(ports: BridgePorts, event: ChatEvent, error: BridgeError, others: readonly MessageId[] = []): Promise<void> {
  // Only what can be read again goes by its message: a command or a pressed button is for its sender to repeat.
  const message = event.kind === 'message' ? event.message : event.kind === 'edit' ? editId(event) : undefined;
  const ids = message !== undefined ? { key: message, message, ...(others.length > 0 && { messages: [message, ...others] }) }
    : { key: `${event.kind}:${'message' in event ? event.message : event.sentAtMs}` };
  return record(ports, 'to_helpdesk', event.conversation, error, ids);
}

/** Buries the reading of a ticket, or the answer at which it failed. */
export async function buryAnswer(
  ports: BridgePorts, conversation: ConversationId, ticket: TicketId, comment: Comment | undefined, error: BridgeError,
): Promise<void> {
  if (comment === undefined) return record(ports, 'to_telegram', conversation, error, { key: `ticket:${ticket}`, ticket });
  await ports.idMap.withConversation(conversation, (session) => passOver(ports, session, entryOf(session.state, ticket)?.ticket ?? ticket, comment, error));
}

/** Gives up on one answer: its ids are kept, the agent is told on the ticket, then the cursor moves on and the next answers go. */
export async function passOver(ports: BridgePorts, session: ConversationSession, ticket: TicketId, comment: Comment, error: BridgeError): Promise<void> {
  const { conversation } = session.state;
  const reason = error.reason ?? 'rejected';
  await record(ports, 'to_telegram', conversation, error, { key: comment.id, ticket: comment.ticket, comment: comment.id, reason });
  await tellAgent(ports, session, ticket, { kind: reason, about: comment.id });
  const entry = entryOf(session.state, ticket);
  await session.commit({
    links: [{ ticket: comment.ticket, comment: comment.id, part: WHOLE_COMMENT, undelivered: reason }],
    tickets: entry === undefined ? [] : [{ ...entry, cursor: comment.id }],
  });
  ports.emit({ type: 'undelivered', conversation, ticket, comment: comment.id, reason });
}

async function record(
  ports: BridgePorts, direction: Direction, conversation: ConversationId, error: BridgeError,
  ids: Pick<BuriedEntry, 'message' | 'messages' | 'ticket' | 'comment' | 'reason'> & { readonly key: string },
): Promise<void> {
  const { key, ...rest } = ids;
  const entry: BuriedEntry = {
    id: buriedId(direction, conversation, key), direction, conversation, ...rest,
    code: error.code, operation: error.operation, buriedAtMs: ports.clock.nowMs(),
  };
  await ports.idMap.bury(entry);
  ports.emit({ type: 'buried', entry: entry.id, direction, conversation, code: error.code, operation: error.operation });
}
