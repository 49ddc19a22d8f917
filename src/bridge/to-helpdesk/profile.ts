/** What the helpdesk knows of a requester, kept up to date as far as the mapping lets it know. */
import { createHash } from 'node:crypto';
import type { ConversationSession } from '../../core/ports.js';
import type { ConversationId, MessageEvent, Person, PersonId } from '../../core/types.js';
import { REMEDY_BY_CODE, toBridgeError } from '../../core/errors.js';
import type { BridgePorts } from '../ports.js';

/** Enough to see a change, too few to find out whose name it was. */
const DIGEST_LENGTH = 8;

/** A digest of a profile, but for its phone: that comes with one message only and is told whenever it comes. */
export function digestOf({ id, name, username, languageTag, link }: Person): string {
  return createHash('sha256').update(JSON.stringify([id, name, username, languageTag, link])).digest('hex').slice(0, DIGEST_LENGTH);
}

/**
 * After a message was stored: tells the helpdesk when its sender's profile is another by now, or came with their phone. Only in private chats, where
 * whoever writes is the requester. Throws what a retry can mend when a phone could not be told, which comes only once; a name waits for the next message.
 */
export async function followProfile(
  ports: BridgePorts, session: ConversationSession, event: Pick<MessageEvent, 'conversation' | 'person'>, privateChatOf: (person: PersonId) => ConversationId | undefined,
): Promise<void> {
  if (session.state.requester === undefined || privateChatOf(event.person.id) !== event.conversation) return;
  const person = ports.mapping().profile(event.person);
  const profile = digestOf(person);
  if (profile === session.state.profile && person.phone === undefined) return;
  try {
    const requester = await ports.connector.upsertRequester({ person });
    await session.commit({ requester, profile });
  } catch (thrown) {
    const error = toBridgeError(thrown, 'upsertRequester');
    if (person.phone !== undefined && REMEDY_BY_CODE[error.code] !== 'bury') throw error;
    ports.emit({ type: 'log', level: 'warn', message: 'the profile of a requester could not be updated', facts: { conversation: event.conversation, code: error.code } });
  }
}
