/** One update of the Bot API to one event of the bridge. Pure. */
import { BridgeError } from '../core/errors.js';
import type { EditEvent } from '../core/changes.js';
import { mintId, type ActionEvent, type AlbumId, type ChatEvent, type CommandEvent, type ConversationId, type MessageId, type Person } from '../core/types.js';
import { readMessage, type FileSource } from './content.js';
import { mintConversationId, mintMessageId, mintPersonId } from './ids.js';
import { findQuoted, isOpening, toOrigin } from './quotes.js';
import { updateIdSchema, updateSchema, type TelegramChat, type TelegramMessage, type TelegramReaction, type TelegramUser } from './schema.js';

/** The kinds of update that this room reads; Telegram sends no others. */
export const ALLOWED_UPDATES: readonly string[] = ['message', 'edited_message', 'callback_query', 'my_chat_member', 'message_reaction'];

/** Whose updates these are. */
export interface BotAccount extends FileSource {
  /** Numeric id, as in ids of conversations. */
  readonly id: string;
  /** Without the at sign. */
  readonly username: string;
}

export interface ParsedUpdate {
  readonly updateId: number;
  /** Absent = nothing for the bridge: acknowledge it. */
  readonly event?: ChatEvent;
}

/**
 * `receivedAtMs` dates what carries no time of its own, as presses of buttons.
 * Throws `invalid` for an update it cannot read; the message names the update id when there is one (see `findUpdateId`).
 */
export function parseUpdate(update: unknown, bot: BotAccount, receivedAtMs: number): ParsedUpdate {
  const parsed = updateSchema.safeParse(update);
  if (!parsed.success) {
    const id = findUpdateId(update);
    // Paths only: zod's messages may quote what was received.
    const where = parsed.error.issues.slice(0, 3).map((issue) => issue.path.join('.')).join(', ');
    throw new BridgeError({
      code: 'invalid', operation: 'parseUpdate', message: `update ${id ?? 'without an id'} cannot be read${where === '' ? '' : ` (${where})`}`,
    });
  }
  const { update_id: updateId, message, edited_message: edited, callback_query: press, my_chat_member: member, message_reaction: reaction } = parsed.data;
  const event = message !== undefined ? messageEvent(message, bot)
    : edited !== undefined ? editEvent(edited, bot, { updateId, receivedAtMs })
    : press !== undefined ? actionEvent(press, bot, receivedAtMs)
      : member !== undefined ? membershipEvent(member, bot)
        : reaction !== undefined ? reactionEvent(reaction, bot) : undefined;
  return event === undefined ? { updateId } : { updateId, event };
}

/** The id of anything that has one. */
export function findUpdateId(update: unknown): number | undefined {
  const parsed = updateIdSchema.safeParse(update);
  return parsed.success ? parsed.data.update_id : undefined;
}

function messageEvent(message: TelegramMessage, bot: BotAccount): ChatEvent | undefined {
  const person = authorOf(message);
  if (person === undefined || message.chat.type === 'channel' || message.is_automatic_forward === true) return undefined;
  const base = { conversation: conversationOf(message, bot), person, sentAtMs: message.date * 1000 };
  if (message.migrate_to_chat_id !== undefined) {
    return { kind: 'migration', ...base, to: mintConversationId({ bot: bot.id, chat: message.migrate_to_chat_id }) };
  }
  const id = mintMessageId({ bot: bot.id, chat: message.chat.id, message: message.message_id });
  const command = parseCommand(message.text ?? '');
  if (command !== undefined) {
    if (isForOtherBot(command.bot, message.chat, bot)) return undefined;
    return { kind: 'command', ...base, message: id, name: command.name, argument: command.argument } satisfies CommandEvent;
  }
  const phone = ownPhone(message);
  const read = readMessage(message, bot);
  if (read === undefined) return undefined;
  const replyTo = repliedMessage(message, bot);
  const quoted = findQuoted(message, bot.id);
  const origin = toOrigin(message);
  const album = message.media_group_id === undefined || read.content.attachments.length === 0 ? undefined : mintId<AlbumId>(message.media_group_id);
  return {
    kind: 'message', ...base, ...(phone && { person: { ...person, phone } }), message: id, ...read, ...(origin.length === 0 ? {} : { origin }), ...(quoted === undefined ? {} : { quoted }),
    ...(replyTo === undefined ? {} : { replyTo }), ...(album === undefined ? {} : { album }),
  };
}

/**
 * A message that became a command, or was one, is not carried out again. Several edits of one second have the same `edit_date`, and so
 * it is the update that tells them apart.
 */
function editEvent(
  message: TelegramMessage, bot: BotAccount, { updateId, receivedAtMs }: { readonly updateId: number; readonly receivedAtMs: number },
): EditEvent | undefined {
  const now = messageEvent(message, bot);
  if (now?.kind !== 'message') return undefined;
  return {
    ...now, kind: 'edit', sentAtMs: message.edit_date === undefined ? receivedAtMs : message.edit_date * 1000, revision: updateId,
    // Places change by themselves only, and the last of them tells no period any more: https://core.telegram.org/bots/api#location
    ...(message.location === undefined || message.venue !== undefined ? {} : { ongoing: message.location.live_period !== undefined }),
  };
}

/** Who wrote: a person, or the group or channel that a person wrote as. Other bots do not count: two bots might talk for ever. */
function authorOf(message: TelegramMessage): Person | undefined {
  const { from, sender_chat: chat } = message;
  if (chat !== undefined) return personOfChat(chat);
  if (from === undefined || (from.is_bot === true && message.migrate_to_chat_id === undefined)) return undefined;
  return toPerson(from);
}

/** The number of a contact card that Telegram says is the sender's own; a forwarded card was perhaps shared for somebody else's eyes. */
function ownPhone({ contact, from, sender_chat: chat, forward_origin: forwarded }: TelegramMessage): string | undefined {
  if (contact === undefined || from === undefined || contact.user_id !== from.id || chat !== undefined || forwarded !== undefined) return undefined;
  const digits = contact.phone_number.replace(/[^0-9]/g, '');
  return /^[0-9]{5,15}$/.test(digits) ? `+${digits}` : undefined;
}

const NAME_LENGTH_MAX = 256;

function toPerson(user: TelegramUser): Person {
  const name = tidyName(`${user.first_name} ${user.last_name ?? ''}`);
  return {
    id: mintPersonId(user.id),
    name: name !== '' ? name : user.username ?? String(user.id),
    ...(user.username === undefined || user.username === '' ? {} : { username: user.username, link: `https://t.me/${encodeURIComponent(user.username)}` }),
    ...(user.language_code === undefined || user.language_code === '' ? {} : { languageTag: user.language_code }),
  };
}

function personOfChat(chat: TelegramChat): Person {
  const name = tidyName(chat.title ?? '');
  return { id: mintPersonId(chat.id), name: name !== '' ? name : String(chat.id), ...(chat.username === undefined ? {} : { username: chat.username }) };
}

/** One line, bounded; without marks that turn the writing direction of what follows. */
function tidyName(raw: string): string {
  return raw.replace(/[\u202a-\u202e\u2066-\u2069]/gu, '').replace(/[\p{Cc}\s]+/gu, ' ').trim().slice(0, NAME_LENGTH_MAX).replace(/[\ud800-\udbff]$/u, '');
}

interface Placed {
  readonly chat: TelegramChat;
  readonly message_thread_id?: number | undefined;
  readonly is_topic_message?: boolean | undefined;
}

/** A thread id alone may also be a chain of replies in a group; only topics are conversations of their own. */
function conversationOf({ chat, message_thread_id: thread, is_topic_message: isTopic }: Placed, bot: BotAccount): ConversationId {
  return mintConversationId({ bot: bot.id, chat: chat.id, ...(isTopic === true && thread !== undefined ? { topic: thread } : {}) });
}

function repliedMessage(message: TelegramMessage, bot: BotAccount): MessageId | undefined {
  const reply = message.reply_to_message;
  if (reply === undefined || isOpening(message)) return undefined;
  if (reply.chat !== undefined && reply.chat.id !== message.chat.id) return undefined;
  return mintMessageId({ bot: bot.id, chat: message.chat.id, message: reply.message_id });
}

/** `/name argument` or `/name@bot argument`; `/etc/hosts` and `/Привет` are no commands. */
function parseCommand(text: string): { name: string; bot?: string; argument: string } | undefined {
  const [, name, bot, argument] = /^\/([a-z0-9_]{1,64})(?:@([a-z0-9_]{3,64}))?(?:\s+([\s\S]*))?$/iu.exec(text) ?? [];
  if (name === undefined) return undefined;
  return { name: name.toLowerCase(), argument: (argument ?? '').trim(), ...(bot === undefined ? {} : { bot }) };
}

function isForOtherBot(named: string | undefined, chat: TelegramChat, bot: BotAccount): boolean {
  return named !== undefined && chat.type !== 'private' && named.toLowerCase() !== bot.username.toLowerCase();
}

interface Press {
  readonly id: string;
  readonly from: TelegramUser;
  readonly message?: Placed | undefined;
  readonly data?: string | undefined;
}

function actionEvent(press: Press, bot: BotAccount, receivedAtMs: number): ActionEvent | undefined {
  if (press.message === undefined || press.data === undefined) return undefined;
  return {
    kind: 'action', conversation: conversationOf(press.message, bot), person: toPerson(press.from), sentAtMs: receivedAtMs,
    actionId: press.id, action: press.data,
  };
}

interface MemberChange {
  readonly chat: TelegramChat;
  readonly from: TelegramUser;
  readonly date: number;
  readonly new_chat_member: { readonly status: string };
}

function membershipEvent(change: MemberChange, bot: BotAccount): ChatEvent | undefined {
  if (change.chat.type !== 'private') return undefined;
  return {
    kind: 'membership', conversation: conversationOf(change, bot), person: toPerson(change.from), sentAtMs: change.date * 1000,
    reachable: change.new_chat_member.status !== 'kicked' && change.new_chat_member.status !== 'left',
  };
}

/** Telegram does not say in which topic the message stands: it is looked for in the chat itself. */
function reactionEvent(reaction: TelegramReaction, bot: BotAccount): ChatEvent | undefined {
  const { chat, user, actor_chat: actor, message_id: message, new_reaction: now } = reaction;
  if (user === undefined ? actor === undefined : user.is_bot === true) return undefined;
  const person = user === undefined ? personOfChat(actor ?? chat) : toPerson(user);
  return {
    kind: 'reaction', conversation: conversationOf({ chat }, bot), person, sentAtMs: reaction.date * 1000,
    message: mintMessageId({ bot: bot.id, chat: chat.id, message }), emoji: now.slice(0, REACTIONS_MAX).map(toEmoji),
  };
}

const REACTIONS_MAX = 10;

/** A star that somebody paid for is a star; of a custom emoji Telegram tells the id only. */
function toEmoji({ type, emoji }: TelegramReaction['new_reaction'][number]): string {
  return type === 'paid' ? '⭐' : (emoji ?? '').slice(0, 16);
}
