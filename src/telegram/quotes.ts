/** What stands above a message: where it was forwarded from, through which bot it came, and what it answers, as far as Telegram shows it. */
import { z } from 'zod';
import type { Line, Quoted } from '../core/around.js';
import { isEmptyText, plainText, sliceText, type RichText } from '../core/rich-text.js';
import { writtenText } from './content.js';
import { entitySchema, toRichText } from './entities.js';
import { nameOf } from './describe.js';
import { describeKind } from './kinds.js';
import { toRichMessage } from './rich-message.js';
import { messageSchema, type TelegramMessage } from './schema.js';

/** Enough to know which message is meant. */
const QUOTE_LENGTH_MAX = 200;

const person = z.object({ id: z.number().optional(), is_bot: z.boolean().optional(), first_name: z.string().optional(), last_name: z.string().optional(), username: z.string().optional() });
const chat = z.object({ type: z.string().optional(), title: z.string().optional(), username: z.string().optional(), first_name: z.string().optional() });

/** https://core.telegram.org/bots/api#messageorigin; and, before version 7, single fields of the message itself. */
const originSchema = z.object({
  type: z.string(), sender_user: person.optional(), sender_user_name: z.string().optional(), sender_chat: chat.optional(), chat: chat.optional(),
  message_id: z.number().int().optional(), author_signature: z.string().optional(),
});
type Origin = z.infer<typeof originSchema>;

const asideSchema = z.object({
  forward_origin: originSchema.optional().catch(undefined),
  via_bot: person.optional().catch(undefined),
  reply_to_story: z.object({ chat, id: z.number().int() }).optional().catch(undefined),
  quote: z.object({ text: z.string(), entities: z.array(entitySchema).optional() }).optional().catch(undefined),
  external_reply: z.looseObject({ origin: originSchema, chat: chat.optional() }).optional().catch(undefined),
});

/** Where a message comes from, in lines: forwarded, through a bot, about a story. */
export function toOrigin(message: TelegramMessage): readonly Line[] {
  const { forward_origin: forward, via_bot: bot, reply_to_story: story } = asideSchema.parse(message);
  return [
    ...(forward === undefined ? [] : [forwardLine(forward)]),
    ...(bot?.username === undefined ? [] : [{ key: 'message.viaBot', parameters: { bot: bot.username } }]),
    ...(story === undefined ? [] : [{ key: 'quote.story', parameters: { name: nameOf(story.chat) }, ...linkTo(story.chat, `s/${story.id}`) }]),
  ];
}

function forwardLine(origin: Origin): Line {
  const { sender_user: user, sender_user_name: hidden, sender_chat: group, chat: channel, message_id: post, author_signature: signature } = origin;
  if (user !== undefined) return { key: 'forward.person', parameters: { name: nameOf(user) } };
  if (hidden !== undefined) return { key: 'forward.person', parameters: { name: hidden } };
  const from = channel ?? group;
  if (from === undefined) return { key: 'forward.unknown' };
  const name = [nameOf(from), signature].filter((part) => part !== undefined && part !== '').join(', ');
  return { key: 'forward.chat', parameters: { name }, ...(channel === undefined || post === undefined ? {} : linkTo(channel, String(post))) };
}

/** Only a chat with a public name has addresses that everybody can open. */
function linkTo({ username }: { readonly username?: string | undefined }, path: string): { readonly link?: string } {
  return username === undefined || username === '' ? {} : { link: `https://t.me/${username}/${path}` };
}

/** What a message answers; undefined = nothing, or nothing that can be seen. `bot`: the numeric id of ours. */
export function findQuoted(message: TelegramMessage, bot: string): Quoted | undefined {
  const { quote, external_reply: elsewhere } = asideSchema.parse(message);
  const manual = quote === undefined ? undefined : toRichText(quote.text, quote.entities);
  if (elsewhere !== undefined) {
    const name = originName(elsewhere.origin) ?? (elsewhere.chat === undefined ? '' : nameOf(elsewhere.chat));
    return quoted({ key: 'quote.elsewhere', parameters: { name } }, manual ?? plainText(''), kindOf(elsewhere));
  }
  const replied = messageSchema.safeParse(message.reply_to_message);
  if (!replied.success || isOpening(message)) return manual === undefined ? undefined : quoted({ key: 'quote.message' }, manual, undefined);
  const { data } = replied;
  const rich = toRichMessage(data['rich_message']).text;
  const text = manual ?? (isEmptyText(rich) ? writtenText(data) : rich);
  return quoted(authorLine(data, message, bot), text, kindOf(data));
}

/** Every message of a topic answers the one that opened it. */
export function isOpening(message: TelegramMessage): boolean {
  const reply = message.reply_to_message;
  if (reply === undefined) return false;
  return reply.forum_topic_created !== undefined || (message.is_topic_message === true && reply.message_id === message.message_thread_id);
}

function quoted(head: Line, text: RichText, line: Line | undefined): Quoted | undefined {
  if (text.text.trim() === '' && line === undefined) return undefined;
  return { head, text: cutQuote(text), ...(line === undefined ? {} : { line }) };
}

/** With its marks, but not as a quote within the quote. */
function cutQuote(source: RichText): RichText {
  const flat: RichText = { text: source.text, spans: source.spans.filter((span) => span.type !== 'quote') };
  if (flat.text.length <= QUOTE_LENGTH_MAX) return flat;
  const head = flat.text.slice(0, QUOTE_LENGTH_MAX - 1).replace(/[\ud800-\udbff]$/u, '').trimEnd();
  const cut = sliceText(flat, 0, head.length);
  return { text: `${cut.text}…`, spans: cut.spans };
}

function authorLine(replied: TelegramMessage, message: TelegramMessage, bot: string): Line {
  if (replied.from?.id === Number(bot)) return { key: 'quote.ours' };
  if (replied.from !== undefined && replied.from.id === message.from?.id) return { key: 'quote.own' };
  const name = replied.sender_chat !== undefined ? nameOf(replied.sender_chat) : replied.from === undefined ? '' : nameOf(replied.from);
  return name === '' ? { key: 'quote.message' } : { key: 'quote.person', parameters: { name } };
}

function originName({ sender_user: user, sender_user_name: hidden, sender_chat: group, chat: channel }: Origin): string | undefined {
  if (user !== undefined) return nameOf(user);
  const from = channel ?? group;
  return hidden ?? (from === undefined ? undefined : nameOf(from));
}

/** What kind of message is quoted, when it is more than text. */
function kindOf(message: Readonly<Record<string, unknown>>): Line | undefined {
  const file = FILE_LINES.find(([name]) => message[name] !== undefined);
  if (file !== undefined) return { key: file[1] };
  const known = messageSchema.safeParse({ ...message, message_id: 0, date: 0, chat: { id: 0, type: '' }, origin: undefined });
  if (!known.success || known.data.text !== undefined) return undefined;
  const { line, isService } = describeKind(known.data);
  return isService || line === undefined || line.key === 'kind.unknown' ? undefined : line;
}

const FILE_LINES: readonly (readonly [string, string])[] = [
  ['animation', 'kind.animation'], ['photo', 'kind.photo'], ['video', 'kind.video'], ['document', 'kind.file'],
];
