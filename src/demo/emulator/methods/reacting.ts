/** What belongs here: reactions that the bot puts on messages. */
import { z } from 'zod';
import { badRequest } from '../fault.js';
import { flag, integer, json, read } from '../parameters.js';
import { chatField, DONE, type Method, type MethodTable } from './method.js';

/** https://core.telegram.org/bots/api#reactiontypeemoji */
const STANDARD: ReadonlySet<string> = new Set([
  '❤', '👍', '👎', '🔥', '🥰', '👏', '😁', '🤔', '🤯', '😱', '🤬', '😢', '🎉', '🤩', '🤮', '💩', '🙏', '👌', '🕊',
  '🤡', '🥱', '🥴', '😍', '🐳', '❤‍🔥', '🌚', '🌭', '💯', '🤣', '⚡', '🍌', '🏆', '💔', '🤨', '😐', '🍓', '🍾', '💋',
  '🖕', '😈', '😴', '😭', '🤓', '👻', '👨‍💻', '👀', '🎃', '🙈', '😇', '😨', '🤝', '✍', '🤗', '🫡', '🎅', '🎄', '☃',
  '💅', '🤪', '🗿', '🆒', '💘', '🙉', '🦄', '😘', '💊', '🙊', '😎', '👾', '🤷‍♂', '🤷', '🤷‍♀', '😡',
]);

const reactionField = json(z.array(z.object({ type: z.string(), emoji: z.string().optional() }))).optional();
const setMessageReactionFields = z.object({ chat_id: chatField, message_id: integer, reaction: reactionField, is_big: flag.optional() });

/** A bot puts one on each message at most. */
const setMessageReaction: Method = (bot, call) => {
  const { chat_id: chat, message_id: message, reaction = [] } = read(setMessageReactionFields, call);
  const record = bot.chats.getWritable(chat);
  if (!record.messages.has(message)) throw badRequest('message to react not found');
  if (reaction.length > 1) throw badRequest('REACTIONS_TOO_MANY');
  const emoji = reaction.map((one) => (one.type === 'emoji' ? one.emoji ?? '' : ''));
  if (emoji.some((one) => !STANDARD.has(one))) throw badRequest('REACTION_INVALID');
  record.botReactions.set(message, emoji);
  bot.announce({ type: 'bot_reaction', chat, message, emoji });
  return DONE;
};

export const REACTING: MethodTable = { setmessagereaction: setMessageReaction };
