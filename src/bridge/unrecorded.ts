/**
 * What was sent to Telegram and could not be noted in the map (a full disk): Telegram has no idempotency key, so a retry must note it and
 * not send it again. Held in memory only: a process that ends before its disk takes writes again repeats it, once.
 */
import type { BridgePorts } from './ports.js';

/** By bridge. There is at most one for each lane: what fails here stays at the head of its lane. */
const unrecorded = new WeakMap<BridgePorts, Map<string, unknown>>();

/** Sends, then records; a retry under the same key goes on from where an earlier one failed. Throws what the two throw. */
export async function sendAndRecord<T>(ports: BridgePorts, key: string, send: () => Promise<T>, record: (sent: T) => Promise<void>): Promise<T> {
  const kept = unrecorded.get(ports) ?? new Map<string, unknown>();
  unrecorded.set(ports, kept);
  // Only ever written below, under a key that stands for one kind of result.
  const sent = kept.has(key) ? kept.get(key) as T : await send();
  kept.set(key, sent);
  await record(sent);
  kept.delete(key);
  return sent;
}
