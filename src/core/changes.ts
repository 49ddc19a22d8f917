/** What belongs here: messages and comments that changed after they were written. */
import type { Comment, CommentId, Id, MessageEvent, TicketId } from './types.js';

/** Somebody changed a message that they wrote; `content` is what it is now, `sentAtMs` when it was changed. */
export interface EditEvent extends Omit<MessageEvent, 'kind'> {
  readonly kind: 'edit';
  /** Rises with each change of the message; the same when a change comes again. */
  readonly revision: number;
  /** Present for a message that changes by itself, as a live location does: whether it goes on. */
  readonly ongoing?: boolean;
}

/** How far the changes of a ticket's comments were read, minted by a connector. */
export type ChangeCursor = Id<'changes'>;

/** A comment that got another text or visibility, as it is now; one that is there no more; or one on which an agent put or changed a reaction, or took it back. */
export type CommentChange =
  | { readonly kind: 'changed'; readonly comment: Comment }
  | { readonly kind: 'reacted'; readonly comment: Comment; readonly emoji?: string }
  | { readonly kind: 'deleted'; readonly ticket: TicketId; readonly comment: CommentId };

export interface ChangePage {
  /** Each comment once for text and audience, and once for its reaction, in the order that agents see. */
  readonly changes: readonly CommentChange[];
  readonly cursor: ChangeCursor;
}
