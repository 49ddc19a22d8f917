/** What belongs here: what stands around a message: where it comes from, what it answers, how people react to it. Plain data. */
import type { RichText } from './rich-text.js';
import type { ConversationId, MessageId, Person } from './types.js';

/** A fact in words for agents, in no language yet: a text of `mappings/texts/`, and what is filled in. */
export interface Line {
  readonly key: string;
  readonly parameters?: Readonly<Record<string, string | number>>;
  /** Below the line, one under the other. */
  readonly items?: readonly string[];
  /** An address, below the line. */
  readonly link?: string;
}

/** What a message answers, as far as it can be seen. */
export interface Quoted {
  /** Whose words they are. */
  readonly head: Line;
  /** The quoted part, not longer than a few lines. */
  readonly text: RichText;
  /** What it is, when it is more than text. */
  readonly line?: Line;
}

/** Somebody changed how they react to a message. */
export interface ReactionEvent {
  readonly kind: 'reaction';
  readonly conversation: ConversationId;
  readonly person: Person;
  /** When, by Telegram's clock (whole seconds). */
  readonly sentAtMs: number;
  /** The message reacted to. */
  readonly message: MessageId;
  /** All that stand on it now, in order; empty = taken back. A custom emoji is an empty string. */
  readonly emoji: readonly string[];
}
