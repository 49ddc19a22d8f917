/** What the stores share about sessions. */
import { BridgeError } from '../core/errors.js';
import type { ConversationId } from '../core/types.js';

export function sessionEnded(conversation: ConversationId): BridgeError {
  return new BridgeError({ code: 'internal', operation: 'commit', message: `the session of ${conversation} is over; commit inside withConversation` });
}

/** Freezes plain data all the way down; stops at what is frozen already, so that unchanged parts cost nothing. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const inner of Object.values(value)) deepFreeze(inner);
  return Object.freeze(value);
}
