/**
 * What a replay filed was read again from Telegram, which knows a message only as it is now. Changes that were made before that reading and come after
 * it (they waited, as in an outage) stand on the ticket already: shown once more, the ticket would go back to an older text.
 */
import type { EditEvent } from '../../core/changes.js';
import type { ConversationState } from '../../core/conversation.js';
import type { ReadAgain } from '../../core/reading-again.js';
import type { MessageId } from '../../core/types.js';
import { editId, messageOf } from '../edit-ids.js';

/** Telegram keeps an update for 24 h: no change comes later than that. An hour more for clocks that differ. */
const REMEMBERED_MS = 25 * 3_600_000;
const REMEMBERED_MAX = 100;

/** With what was read now, for a try before which none can have landed: what was read for those counts no more, unless it is filed. */
export function withRead(known: readonly ReadAgain[] | undefined, now: readonly ReadAgain[]): readonly ReadAgain[] {
  const lastMs = Math.max(...now.map(({ atMs }) => atMs));
  const kept = (known ?? []).filter(({ key, atMs, filed }) => lastMs - atMs < REMEMBERED_MS && (filed === true || !now.some((one) => one.key === key)));
  return [...kept, ...now.filter(({ key }) => !kept.some((one) => one.key === key))].slice(-REMEMBERED_MAX);
}

/** With these as filed, for the commit that says that they are. */
export function withFiled(known: readonly ReadAgain[] | undefined, keys: readonly MessageId[]): readonly ReadAgain[] {
  return (known ?? []).map((one) => (keys.includes(one.key) ? { ...one, filed: true } : one));
}

/**
 * Whether what a replay filed holds this change. Moments of the same second do not tell. Not so of a message that changes by itself, since where that
 * ended is told by its change alone, nor of a change whose write may have happened: that is followed up.
 */
export function isReadSince({ readAgain = [], intents }: ConversationState, event: EditEvent): boolean {
  const key = editId(event);
  if (event.ongoing !== undefined || intents.some((intent) => intent.message === key)) return false;
  return readAgain.some((read) => read.filed === true && read.atMs > event.sentAtMs && messageOf(read.key) === event.message);
}
