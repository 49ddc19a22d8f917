/** Whether what is replayed is in the helpdesk already, as it was when an earlier try read it. */
import type { ConversationSession } from '../../core/ports.js';
import { toBridgeError } from '../../core/errors.js';
import type { MessageId, TicketId } from '../../core/types.js';
import { messageOf } from '../edit-ids.js';
import type { BridgePorts } from '../ports.js';
import { findEarlier, lookFor } from '../to-helpdesk/write-once.js';

/** Under what a message or a change may be filed: a change of what never came is filed as that message. */
function keysOf(message: MessageId): readonly MessageId[] {
  return [...new Set([message, messageOf(message)])];
}

/**
 * Whether an earlier try left in the helpdesk what was read before, or what came first: then this try only finds that. An intent of which nothing is
 * there, and nothing can come any more, is none. Throws what the helpdesk throws, and `unavailable` with the time to wait.
 */
export async function hasLanded(ports: BridgePorts, session: ConversationSession, message: MessageId): Promise<boolean> {
  const intents = session.state.intents.filter((intent) => keysOf(message).includes(intent.message));
  for (const { message: key, ticket } of intents) {
    // Also where the helpdesk has a key of its own: what lands behind this look would come before what is filed now.
    if (await leftBefore(ports, key, ticket, (find) => findEarlier(ports, session, { message: key, find }))) return true;
    await session.commit({ settled: [key] });
  }
  const isTold = ports.connector.capabilities.idempotency !== 'native' || intents.length > 0 || session.state.readAgain?.some(({ key }) => key === message) === true;
  return !isTold && hasLandedUntold(ports, session, message);
}

/** Where the helpdesk has a key of its own a message has no intent before its first replay: it is looked for wherever it may have gone. */
async function hasLandedUntold(ports: BridgePorts, session: ConversationSession, message: MessageId): Promise<boolean> {
  const { current, tickets } = session.state;
  const open = tickets.filter(({ ticket, phase, mergedInto }) => mergedInto === undefined && (ticket === current || (phase !== 'closed' && phase !== 'gone')));
  for (const ticket of [undefined, ...open.map((entry) => entry.ticket)]) if (await leftBefore(ports, message, ticket, (find) => find())) return true;
  return false;
}

type Find = () => Promise<unknown>;

/** Also when nobody can look, and when the ticket is gone: that `storeMessage` finds out, and settles. */
async function leftBefore({ connector }: BridgePorts, key: MessageId, ticket: TicketId | undefined, look: (find: Find) => Promise<unknown>): Promise<boolean> {
  const find = lookFor(connector, key, ticket);
  if (find === undefined) return true;
  try {
    return await look(find) !== undefined;
  } catch (thrown) {
    if (toBridgeError(thrown, 'leftBefore').code === 'not_found') return true;
    throw thrown;
  }
}
