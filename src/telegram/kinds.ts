/** One readable text for each kind of message that has no content of its own here: nothing that somebody sent is dropped silently. */
import { z } from 'zod';
import type { TelegramLocation, TelegramMessage } from './schema.js';

/** What happens to a chat rather than what somebody says. Ignored. */
const SERVICE = new Set([
  'new_chat_members', 'left_chat_member', 'chat_owner_left', 'chat_owner_changed', 'new_chat_title', 'new_chat_photo', 'delete_chat_photo',
  'group_chat_created', 'supergroup_chat_created', 'channel_chat_created', 'message_auto_delete_timer_changed', 'migrate_to_chat_id',
  'migrate_from_chat_id', 'pinned_message', 'connected_website', 'write_access_allowed', 'proximity_alert_triggered', 'boost_added',
  'chat_background_set', 'checklist_tasks_done', 'checklist_tasks_added', 'direct_message_price_changed', 'forum_topic_created',
  'forum_topic_edited', 'forum_topic_closed', 'forum_topic_reopened', 'general_forum_topic_hidden', 'general_forum_topic_unhidden',
  'giveaway_created', 'giveaway_completed', 'managed_bot_created', 'paid_message_price_changed', 'poll_option_added', 'poll_option_deleted',
  'suggested_post_approved', 'suggested_post_approval_failed', 'suggested_post_declined', 'suggested_post_paid', 'suggested_post_refunded',
  'video_chat_scheduled', 'video_chat_started', 'video_chat_ended', 'video_chat_participants_invited', 'voice_chat_scheduled',
  'voice_chat_started', 'voice_chat_ended', 'voice_chat_participants_invited', 'gift_upgrade_sent',
]);

/** Fields that stand beside the content, whatever it is. */
const ASIDE = new Set([
  'message_id', 'message_thread_id', 'direct_messages_topic', 'from', 'sender_chat', 'sender_boost_count', 'sender_business_bot', 'sender_tag',
  'date', 'guest_query_id', 'business_connection_id', 'chat', 'forward_origin', 'forward_from', 'forward_from_chat', 'forward_from_message_id',
  'forward_signature', 'forward_sender_name', 'forward_date', 'is_topic_message', 'is_automatic_forward', 'reply_to_message', 'external_reply',
  'quote', 'reply_to_story', 'reply_to_checklist_task_id', 'reply_to_poll_option_id', 'via_bot', 'guest_bot_caller_user',
  'guest_bot_caller_chat', 'edit_date', 'has_protected_content', 'is_from_offline', 'is_paid_post', 'media_group_id', 'author_signature',
  'paid_star_count', 'text', 'entities', 'caption', 'caption_entities', 'link_preview_options', 'suggested_post_info', 'effect_id',
  'show_caption_above_media', 'has_media_spoiler', 'reply_markup',
]);

const LINES_MAX = 30;

type Describe = (value: unknown) => string;

/** Reads `value` by `schema`; a kind whose insides changed is still named. */
function reads<T>(schema: z.ZodType<T>, name: string, describe: (value: T) => string): Describe {
  return (value) => {
    const parsed = schema.safeParse(value);
    return parsed.success ? describe(parsed.data) : name;
  };
}

const list = (title: string, items: readonly string[]): string => [title, ...items.slice(0, LINES_MAX).map((item) => `- ${item}`)].join('\n');
const textItem = z.object({ text: z.string() });

const DESCRIBE: Readonly<Record<string, Describe>> = {
  poll: reads(z.object({ question: z.string(), options: z.array(textItem).catch([]) }), 'Poll',
    (poll) => list(`Poll: ${poll.question}`, poll.options.map((option) => option.text))),
  dice: reads(z.object({ emoji: z.string(), value: z.number() }), 'Dice', (dice) => `${dice.emoji} ${dice.value}`),
  checklist: reads(z.object({ title: z.string(), tasks: z.array(textItem).catch([]) }), 'Checklist',
    (checklist) => list(`Checklist: ${checklist.title}`, checklist.tasks.map((task) => task.text))),
  game: reads(z.object({ title: z.string() }), 'Game', (game) => `Game: ${game.title}`),
  invoice: reads(z.object({ title: z.string() }), 'Invoice', (invoice) => `Invoice: ${invoice.title}`),
  successful_payment: () => 'Payment made',
  refunded_payment: () => 'Payment refunded',
  story: () => 'Story',
  paid_media: () => 'Paid media',
  gift: reads(textItem, 'Gift', (gift) => `Gift: ${gift.text}`),
  unique_gift: () => 'Gift',
  giveaway: () => 'Giveaway',
  giveaway_winners: () => 'Giveaway winners',
  passport_data: () => 'Telegram Passport documents',
  users_shared: reads(z.object({ users: z.array(z.unknown()) }), 'Shared users', (shared) => `Shared users: ${shared.users.length}`),
  chat_shared: () => 'Shared chat',
  web_app_data: reads(z.object({ data: z.string() }), 'Mini App data', (app) => `Mini App data: ${app.data}`),
  rich_message: (value) => textOf(value) || 'Formatted message',
};

/** The kind of a message without content as text; undefined for a service message. */
export function describeKind(message: TelegramMessage): string | undefined {
  const fields = Object.keys(message).filter((name) => message[name] !== undefined && !ASIDE.has(name));
  const known = fields.find((name) => Object.hasOwn(DESCRIBE, name));
  if (known !== undefined) return DESCRIBE[known]?.(message[known]);
  if (fields.some((name) => SERVICE.has(name))) return undefined;
  return fields[0] === undefined ? 'Message of an unknown kind' : `Message of an unknown kind: ${fields[0]}`;
}

const DEPTH_MAX = 20;

/** All texts inside, in order; good enough to read a kind of message that is made of blocks. */
function textOf(value: unknown, depth = 0): string {
  if (typeof value === 'string') return value;
  if (depth > DEPTH_MAX || typeof value !== 'object' || value === null) return '';
  if (Array.isArray(value)) {
    const texts = value.map((item) => textOf(item, depth + 1)).filter((text) => text !== '');
    return texts.join(value.some((item) => typeof item === 'object' && item !== null && 'type' in item && 'text' in item && depth < 2) ? '\n' : '');
  }
  return Object.entries(value)
    .filter(([name]) => ['text', 'blocks', 'items', 'title', 'caption', 'cells', 'label'].includes(name))
    .map(([, inner]: [string, unknown]) => textOf(inner, depth + 1)).filter((text) => text !== '').join('\n');
}

/** A link that any browser opens on a map. */
export function mapLink({ latitude, longitude }: TelegramLocation): string {
  const lat = latitude.toFixed(6);
  const lon = longitude.toFixed(6);
  return `https://www.openstreetmap.org/?mlat=${lat}&mlon=${lon}#map=16/${lat}/${lon}`;
}
