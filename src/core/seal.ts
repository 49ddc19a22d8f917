/**
 * What belongs here: words of people that have to lie on disk for a while, and the port that makes them unreadable there. Each comment is
 * binding.
 */
import type { RichText } from './rich-text.js';
import type { Attachment, ConversationId, Id, MessageEvent, Person } from './types.js';

/** Words that nobody reads without the secret: letters and digits, to be kept as they are. Minted by whoever seals. */
export type Sealed = Id<'sealed'>;

/** What stands around the words of a message. A new field of `MessageEvent` is one of these unless it is named here. */
type Around = Omit<MessageEvent, 'kind' | 'conversation' | 'message' | 'sentAtMs' | 'replyTo' | 'album' | 'person' | 'content'>;

/** All of a message that is somebody's words: who wrote, what, and around what. */
export interface MessageWords extends Around {
  readonly person: Omit<Person, 'id' | 'languageTag'>;
  readonly text: RichText;
  /** Of its files, in order. */
  readonly files: readonly Pick<Attachment, 'name' | 'mediaType'>[];
}

export interface Sealer<T> {
  /** Unreadable from then on without the secret; another string each time. */
  seal(words: T, owner: ConversationId): Sealed;
  /** Undefined when it was sealed with another secret or for another owner, or is damaged. Never throws. */
  open(sealed: Sealed, owner: ConversationId): T | undefined;
}

/** Seals with a secret that does not lie beside what is sealed. Whoever has the same secret opens it. */
export interface Seal {
  readonly message: Sealer<MessageWords>;
  readonly emoji: Sealer<readonly string[]>;
  /** Stands for these words where they must be told apart: the same for the same words, and without the secret nobody finds out which. */
  mark(words: readonly string[], owner: ConversationId): string;
}
