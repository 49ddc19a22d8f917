/** The idempotency key of a change. It stands where a message's id stands, because the helpdesk keeps both in the same field. */
import type { EditEvent } from '../core/changes.js';
import { mintId, type MessageId } from '../core/types.js';

export interface EditKey {
  readonly message: MessageId;
  readonly revision: number;
}

export function editId({ message, revision }: Pick<EditEvent, 'message' | 'revision'>): MessageId {
  return mintId<MessageId>(`edit:${message}:${revision}`);
}

/** The message that a key is about: of a change the one that was changed, else the key itself. */
export function messageOf(key: MessageId): MessageId {
  return readEdit(key)?.message ?? key;
}

/** Which change of which message a key names; undefined = not one of a change. */
export function readEdit(key: MessageId | undefined): EditKey | undefined {
  const [, message, revision] = /^edit:(.+):(\d+)$/u.exec(key ?? '') ?? [];
  return message === undefined || revision === undefined ? undefined : { message: mintId<MessageId>(message), revision: Number(revision) };
}
