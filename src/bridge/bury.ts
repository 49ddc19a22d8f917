/** Giving up on one piece of work: its ids are kept for the operator, and whoever waits for it is told. */
import { entryOf } from '../core/conversation.js';
import type { BuriedEntry } from '../core/ports.js';
import type { ChatEvent, Comment, ConversationId, Direction, TicketId } from '../core/types.js';
import { toBridgeError, type BridgeError } from '../core/errors.js';
import { tellNotFiled } from './notices.js';
import type { BridgePorts } from './ports.js';
import { passOver } from './to-telegram.js';

/** Buries what came from Telegram. When it resolves the entry is on disk. */
export async function buryEvent(ports: BridgePorts, event: ChatEvent, error: BridgeError): Promise<void> {
  // Only what can be read again goes by its message: a command or a pressed button is for its sender to repeat.
  const ids = event.kind === 'message' ? { key: event.message, message: event.message }
    : { key: `${event.kind}:${'message' in event ? event.message : event.sentAtMs}` };
  await record(ports, 'to_helpdesk', event.conversation, error, ids);
  if (event.kind !== 'message') return;
  await attempt(ports, 'tellNotFiled', () => ports.idMap.withConversation(event.conversation, (session) => tellNotFiled(ports, session, event)));
}

/** Buries an answer: the agent is told on the ticket, the cursor passes over it, the next answers go on. */
export async function buryAnswer(
  ports: BridgePorts, conversation: ConversationId, ticket: TicketId, comment: Comment | undefined, error: BridgeError,
): Promise<void> {
  const ids = { key: comment?.id ?? `ticket:${ticket}`, ticket, ...(comment && { comment: comment.id }) };
  await record(ports, 'to_telegram', conversation, error, ids);
  if (comment === undefined) return;
  await ports.idMap.withConversation(conversation, async (session) => {
    const present = entryOf(session.state, ticket)?.ticket ?? ticket;
    const sent = await session.linksOfComment(comment.ticket, comment.id);
    await passOver(ports, session, present, comment, sent.length, error);
  });
}

async function record(
  ports: BridgePorts, direction: Direction, conversation: ConversationId, error: BridgeError,
  ids: Pick<BuriedEntry, 'message' | 'ticket' | 'comment'> & { readonly key: string },
): Promise<void> {
  const { key, ...rest } = ids;
  const entry: BuriedEntry = {
    id: `${direction}:${conversation}:${key}`, direction, conversation, ...rest,
    code: error.code, operation: error.operation, buriedAtMs: ports.clock.nowMs(),
  };
  await ports.idMap.bury(entry);
  ports.emit({ type: 'buried', entry: entry.id, direction, conversation, code: error.code, operation: error.operation });
}

/** Telling is best effort here: the entry is safe, and the operator sees it. */
async function attempt(ports: BridgePorts, operation: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (thrown) {
    const { code } = toBridgeError(thrown, operation);
    ports.emit({ type: 'log', level: 'warn', message: 'the requester could not be told of a buried message', facts: { operation, code } });
  }
}
