/** What requester and agent are told when something fails. */
import type { ConversationSession } from '../core/ports.js';
import { entryOf } from '../core/conversation.js';
import { joinTexts } from '../core/rich-text.js';
import { mintId, type CommentId, type ConversationId, type MessageEvent, type MessageId, type Notice, type TicketId } from '../core/types.js';
import { REMEDY_BY_CODE, toBridgeError, type DeliveryReason } from '../core/errors.js';
import type { FileLine } from './oversized.js';
import type { BridgePorts } from './ports.js';
import { writeOnce } from './write-once.js';

/**
 * Tells the agent, by an internal comment, that the answer `comment` did not reach the requester and what can be done. Written once for
 * each answer, conversation and reason. Throws what the ports throw; a ticket that is gone or takes no comments is no error.
 */
export async function tellAgent(
  ports: BridgePorts, session: ConversationSession, ticket: TicketId, comment: CommentId, reason: DeliveryReason,
): Promise<void> {
  const mapping = ports.mapping();
  const text = joinTexts([mapping.text(mapping.agentLocale, 'undelivered.title'), mapping.text(mapping.agentLocale, `undelivered.${reason}`)], '\n');
  const key = verdictId(session.state.conversation, comment, reason);
  const find = async () => ports.connector.findComment?.(ticket, key);
  try {
    // Unlike a message, a verdict has no link that says "done": so look always. It is rare.
    if (await find() !== undefined) return;
    await writeOnce(ports, session, {
      message: key, ticket, find,
      write: () => ports.connector.addComment(ticket, { externalId: key, visibility: 'internal', from: 'bridge', content: { text, attachments: [] } }),
    });
    await session.commit({ settled: [key] });
  } catch (thrown) {
    const error = toBridgeError(thrown, 'tellAgent');
    if (error.code !== 'not_found' && error.code !== 'conflict') throw error;
    ports.emit({ type: 'log', level: 'warn', message: 'the agent could not be told of an undelivered answer', facts: { ticket, comment, reason } });
  }
}

/** The idempotency key of a verdict. It stands where a message's id stands, because the helpdesk keeps both in the same field. */
function verdictId(conversation: ConversationId, comment: CommentId, reason: DeliveryReason): MessageId {
  return mintId<MessageId>(`undelivered:${conversation}:${comment}:${reason}`);
}

/** Sends a notice that may never arrive (the requester blocked the bot): then it is logged and let go. Throws what a retry can mend. */
export async function tryNotice(ports: BridgePorts, conversation: ConversationId, notice: Notice): Promise<void> {
  try {
    await ports.sender.sendNotice(conversation, notice);
  } catch (thrown) {
    const error = toBridgeError(thrown, 'sendNotice');
    if (error.reason === undefined && REMEDY_BY_CODE[error.code] !== 'bury') throw error;
    ports.emit({ type: 'log', level: 'info', message: 'notice not delivered', facts: { conversation, code: error.code, reason: error.reason ?? '' } });
  }
}

/** Tells the requester once that what they sent could not be filed. */
export async function tellNotFiled(ports: BridgePorts, session: ConversationSession, event: MessageEvent): Promise<void> {
  const mapping = ports.mapping();
  const locale = session.state.locale ?? mapping.localeOf(event.person.languageTag);
  const number = entryOf(session.state, session.state.current)?.number ?? '';
  await tryNotice(ports, event.conversation, { text: mapping.text(locale, 'message.notFiled', { number }) });
}

/** Tells the requester that a message of which they heard that it could not be filed is filed now. `event` where it was read again. */
export async function tellFiled(ports: BridgePorts, session: ConversationSession, message: MessageId, event: MessageEvent | undefined): Promise<void> {
  const { state } = session;
  const mapping = ports.mapping();
  const locale = state.locale ?? mapping.localeOf(event?.person.languageTag ?? state.languageTag);
  const number = entryOf(state, (await session.linkOfMessage(message))?.ticket)?.number ?? '';
  await tryNotice(ports, state.conversation, { text: mapping.text(locale, 'message.filed', { number }) });
}

/** Tells the requester which files the agent cannot see. */
export async function tellLeftOut(ports: BridgePorts, event: MessageEvent, files: readonly FileLine[]): Promise<void> {
  await ports.idMap.withConversation(event.conversation, async (session) => {
    const mapping = ports.mapping();
    const locale = session.state.locale ?? mapping.localeOf(event.person.languageTag);
    for (const file of files) await tryNotice(ports, event.conversation, { text: mapping.text(locale, 'file.tooBigIn', { ...file }) });
  });
}
