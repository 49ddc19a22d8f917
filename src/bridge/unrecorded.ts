/**
 * What was sent to Telegram and could not be noted in the map (a full disk): Telegram has no idempotency key, so a retry must note it and
 * not send it again. Held in memory only: a process that ends before its disk takes writes again repeats it, once. So that these stay
 * few, nothing more is sent while such a note is missing unless the disk proves to take writes again.
 */
import type { ConversationSession } from '../core/ports.js';
import type { BridgePorts } from './ports.js';

interface Sent {
  readonly result: unknown;
}

/** By bridge. There is at most one for each lane: what fails here stays at the head of its lane. */
const unrecorded = new WeakMap<BridgePorts, Map<string, Sent>>();

/** Sends, then records; a retry under the same key goes on from where an earlier one failed. Throws what the two throw, and what a commit throws. */
export async function sendAndRecord<T>(
  ports: BridgePorts, session: ConversationSession, key: string, send: () => Promise<T>, record: (sent: T) => Promise<void>,
): Promise<T> {
  const missing = unrecorded.get(ports) ?? new Map<string, Sent>();
  unrecorded.set(ports, missing);
  const earlier = missing.get(key);
  if (earlier === undefined && missing.size > 0) await session.commit({});
  // A key stands for one kind of result.
  const result = earlier === undefined ? await send() : earlier.result as T;
  try {
    await record(result);
  } catch (thrown) {
    missing.set(key, { result });
    throw thrown;
  }
  missing.delete(key);
  return result;
}
