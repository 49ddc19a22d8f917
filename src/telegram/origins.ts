/** Where things that stand in a helpdesk came from, by the ids that this room minted. */
import { BridgeError } from '../core/errors.js';
import type { ConversationId, MessageId, PersonId } from '../core/types.js';
import { findUserOf, mintConversationId, parseConversationId, parseMessageId } from './ids.js';

export interface Origins {
  /** The chat of a conversation, whichever topic; undefined = not one of this bot's. */
  chatOf(conversation: ConversationId): ConversationId | undefined;
  /** Where a message of this bot came from, and its place among the others of its chat; undefined = no message of this bot. */
  originOf(message: MessageId): { readonly chat: ConversationId; readonly order: number } | undefined;
  /** Where this person and the bot talk alone; undefined = no person of Telegram, or a group or channel that somebody wrote as. */
  privateChatOf(person: PersonId): ConversationId | undefined;
  /** Whether Telegram may have given the chat of `conversation` this new id: it does so when a group becomes a supergroup. */
  mayHaveMoved(conversation: ConversationId, to: ConversationId): boolean;
}

/** Supergroups have ids below this, plain groups above (and below zero). */
const SUPERGROUPS_BELOW = -1_000_000_000_000;

export function createOrigins(bot: string): Origins {
  return {
    chatOf(conversation) {
      const place = attempt(() => parseConversationId(conversation));
      return place?.bot === bot ? mintConversationId({ bot, chat: place.chat }) : undefined;
    },
    originOf(message) {
      const place = attempt(() => parseMessageId(message));
      return place?.bot === bot ? { chat: mintConversationId({ bot, chat: place.chat }), order: place.message } : undefined;
    },
    privateChatOf(person) {
      const user = findUserOf(person);
      return user === undefined || user <= 0 ? undefined : mintConversationId({ bot, chat: user });
    },
    mayHaveMoved(conversation, to) {
      const from = parseConversationId(conversation).chat;
      return from < 0 && from > SUPERGROUPS_BELOW && parseConversationId(to).chat < SUPERGROUPS_BELOW;
    },
  };
}

/** What people put into a field of the helpdesk need not be an id. */
function attempt<T>(parse: () => T): T | undefined {
  try {
    return parse();
  } catch (thrown) {
    if (thrown instanceof BridgeError) return undefined;
    throw thrown;
  }
}
