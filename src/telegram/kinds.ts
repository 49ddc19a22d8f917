/**
 * Every field of a message, and what becomes of it: a closed table, so that nothing that somebody sent is dropped silently. A field that is
 * not listed is a kind of tomorrow: it is named, and its insides stay out of the ticket.
 */
import { z } from 'zod';
import type { Line } from '../core/around.js';
import { isEmptyText } from '../core/rich-text.js';
import { describe, formatAmount, formatDuration, mapLink, nameOf, type Described } from './describe.js';
import { toRichMessage } from './rich-message.js';
import type { TelegramMessage } from './schema.js';

/**
 * `content`: read as text or file, with a line above a file that does not speak for itself. `line`: a line in words. `aside`: stands beside
 * the content, whatever it is. `ignored`: happens to a chat, or by the bot's own doing, and says nothing to an agent.
 */
export type KindRule =
  | { readonly as: 'content'; readonly describe?: (message: TelegramMessage) => Line | undefined }
  | { readonly as: 'line'; readonly describe: Described }
  | { readonly as: 'aside' }
  | { readonly as: 'ignored'; readonly why: string };

const aside: KindRule = { as: 'aside' };
const content: KindRule = { as: 'content' };
const line = (describing: Described): KindRule => ({ as: 'line', describe: describing });
const ignored = (why: string): KindRule => ({ as: 'ignored', why });

const GROUP = 'tells how a group changed, not what somebody asks';
const TOPIC = 'what is written in the topic opens its ticket';
const CALL = 'a call of a group; bots take no part';
const CHANNEL = 'concerns posts of a channel';
const TO_ADMINS = 'a setting of the chat that concerns its owners only';

const text = z.string();
const whole = z.number().int();
const texts = z.array(z.object({ text }));
const person = z.object({ first_name: text.optional(), last_name: text.optional(), username: text.optional() });
const chat = z.object({ title: text.optional(), first_name: text.optional(), last_name: text.optional(), username: text.optional() });
const money = z.object({ currency: text, total_amount: whole });
const gift = z.object({ text: text.optional() });
const task = z.object({ text, completion_date: whole.optional() });

/** By the names of https://core.telegram.org/bots/api#message (10.1). */
export const KINDS: Readonly<Record<string, KindRule>> = {
  ...listed(aside, [
    'message_id', 'message_thread_id', 'direct_messages_topic', 'from', 'sender_chat', 'sender_boost_count', 'sender_business_bot', 'sender_tag',
    'date', 'guest_query_id', 'business_connection_id', 'chat', 'is_topic_message', 'is_automatic_forward', 'guest_bot_caller_user',
    'guest_bot_caller_chat', 'edit_date', 'has_protected_content', 'is_from_offline', 'is_paid_post', 'media_group_id', 'author_signature',
    'paid_star_count', 'entities', 'caption_entities', 'link_preview_options', 'suggested_post_info', 'effect_id', 'show_caption_above_media',
    'has_media_spoiler', 'reply_markup',
    // Shown above the text: quotes.ts.
    'forward_origin', 'forward_from', 'forward_from_chat', 'forward_from_message_id', 'forward_signature', 'forward_sender_name', 'forward_date',
    'reply_to_message', 'external_reply', 'quote', 'reply_to_story', 'reply_to_checklist_task_id', 'reply_to_poll_option_id', 'via_bot',
  ]),
  ...listed(content, ['text', 'caption', 'photo', 'document', 'video', 'animation']),
  live_photo: { as: 'content', describe: () => ({ key: 'kind.livePhoto' }) },
  audio: { as: 'content', describe: ({ audio }) => ({ key: 'kind.audio', parameters: {
    title: [audio?.performer, audio?.title].filter((part) => part !== undefined && part !== '').join(' – ') || (audio?.file_name ?? ''), duration: formatDuration(audio?.duration),
  } }) },
  voice: { as: 'content', describe: ({ voice }) => ({ key: 'kind.voice', parameters: { duration: formatDuration(voice?.duration) } }) },
  video_note: { as: 'content', describe: ({ video_note: note }) => ({ key: 'kind.videoNote', parameters: { duration: formatDuration(note?.duration) } }) },
  sticker: { as: 'content', describe: ({ sticker }) => ({ key: 'kind.sticker', parameters: { emoji: sticker?.emoji ?? '' } }) },

  venue: line(describe(z.object({ title: text, address: text, location: z.object({ latitude: z.number(), longitude: z.number() }) }), 'kind.location',
    ({ title, address, location }) => ({ key: 'kind.venue', parameters: { title, address }, link: mapLink(location) }))),
  location: line(describe(z.object({ latitude: z.number(), longitude: z.number(), live_period: whole.optional() }), 'kind.location',
    (place) => ({ key: place.live_period === undefined ? 'kind.location' : 'kind.liveLocation', link: mapLink(place) }))),
  contact: line(describe(person.extend({ phone_number: text }), 'kind.unreadable',
    (one) => ({ key: 'kind.contact', parameters: { name: nameOf(one), phone: one.phone_number } }))),
  poll: line(describe(z.object({ question: text, options: texts.catch([]) }), 'kind.unreadable',
    (poll) => ({ key: 'kind.poll', parameters: { question: poll.question }, items: poll.options.map((option) => option.text) }))),
  dice: line(describe(z.object({ emoji: text, value: whole }), 'kind.unreadable', ({ emoji, value }) => ({ key: 'kind.dice', parameters: { emoji, value } }))),
  game: line(describe(z.object({ title: text, description: text.optional() }), 'kind.unreadable',
    ({ title, description = '' }) => ({ key: 'kind.game', parameters: { title }, items: [description] }))),
  checklist: line(describe(z.object({ title: text, tasks: z.array(task).catch([]) }), 'kind.unreadable',
    ({ title, tasks }) => ({ key: 'kind.checklist', parameters: { title }, items: tasks.map((one) => `${one.completion_date === undefined ? '☐' : '☑'} ${one.text}`) }))),
  checklist_tasks_done: line(describe(
    z.object({ marked_as_done_task_ids: z.array(whole).catch([]), marked_as_not_done_task_ids: z.array(whole).catch([]) }), 'kind.checklistDone',
    ({ marked_as_done_task_ids: done, marked_as_not_done_task_ids: undone }) => ({ key: 'kind.checklistDone', parameters: { done: done.length, undone: undone.length } }))),
  checklist_tasks_added: line(describe(z.object({ tasks: texts }), 'kind.checklistAdded', ({ tasks }) => ({ key: 'kind.checklistAdded', items: tasks.map((one) => one.text) }))),
  invoice: line(describe(money.extend({ title: text, description: text.optional() }), 'kind.unreadable',
    (one) => ({ key: 'kind.invoice', parameters: { title: one.title, amount: formatAmount(one.currency, one.total_amount) }, items: [one.description ?? ''] }))),
  successful_payment: line(describe(money, 'kind.unreadable', (paid) => ({ key: 'kind.payment', parameters: { amount: formatAmount(paid.currency, paid.total_amount) } }))),
  refunded_payment: line(describe(money, 'kind.unreadable', (paid) => ({ key: 'kind.refund', parameters: { amount: formatAmount(paid.currency, paid.total_amount) } }))),
  story: line(describe(z.object({ chat, id: whole }), 'kind.unreadable', (story) => ({
    key: 'kind.story', parameters: { name: nameOf(story.chat) }, ...(story.chat.username === undefined ? {} : { link: `https://t.me/${story.chat.username}/s/${story.id}` }),
  }))),
  paid_media: line(describe(z.object({ star_count: whole, paid_media: z.array(z.unknown()).catch([]) }), 'kind.unreadable',
    ({ star_count: stars, paid_media: files }) => ({ key: 'kind.paidMedia', parameters: { stars, files: files.length } }))),
  gift: line(describe(gift, 'kind.gift', ({ text: words = '' }) => ({ key: 'kind.gift', items: [words] }))),
  gift_upgrade_sent: line(describe(gift, 'kind.giftUpgrade', () => ({ key: 'kind.giftUpgrade' }))),
  unique_gift: line(describe(z.object({ gift: z.object({ base_name: text.optional(), name: text.optional() }) }), 'kind.gift',
    ({ gift: one }) => ({ key: 'kind.gift', items: [one.base_name ?? one.name ?? ''] }))),
  giveaway: line(describe(z.object({ winner_count: whole, prize_description: text.optional() }), 'kind.unreadable',
    ({ winner_count: winners, prize_description: prize = '' }) => ({ key: 'kind.giveaway', parameters: { winners }, items: [prize] }))),
  giveaway_winners: line(describe(z.object({ winner_count: whole, winners: z.array(person).catch([]) }), 'kind.unreadable',
    ({ winner_count: count, winners }) => ({ key: 'kind.giveawayWinners', parameters: { winners: count }, items: winners.map(nameOf) }))),
  passport_data: line(() => ({ key: 'kind.passport' })),
  users_shared: line(describe(z.object({ users: z.array(person.extend({ user_id: whole.optional() })) }), 'kind.unreadable', ({ users }) => ({
    key: 'kind.usersShared', parameters: { people: users.length }, items: users.map((one) => nameOf(one) || String(one.user_id ?? '')),
  }))),
  chat_shared: line(describe(chat.extend({ chat_id: whole.optional() }), 'kind.unreadable', (one) => ({
    key: 'kind.chatShared', parameters: { name: nameOf(one) || String(one.chat_id ?? '') }, ...(one.username === undefined ? {} : { link: `https://t.me/${one.username}` }),
  }))),
  web_app_data: line(describe(z.object({ data: text, button_text: text.optional() }), 'kind.unreadable',
    ({ data, button_text: button = '' }) => ({ key: 'kind.webApp', parameters: { button }, items: [data] }))),
  rich_message: { as: 'content', describe: ({ rich_message: value }) => (isEmptyText(toRichMessage(value).text) ? { key: 'kind.richMessage' } : undefined) },

  migrate_to_chat_id: ignored('the bridge moves the conversation to the new chat'),
  migrate_from_chat_id: ignored('the bridge moved the conversation already'),
  pinned_message: ignored('the message itself is on the ticket'),
  connected_website: ignored('a login by the widget of a web site, not a question'),
  write_access_allowed: ignored('what is written next opens the ticket'),
  message_auto_delete_timer_changed: ignored('messages on the ticket stay'),
  chat_background_set: ignored('the look of the chat'),
  proximity_alert_triggered: ignored('an alert between people who share their places in a group'),
  ...listed(ignored(GROUP), [
    'new_chat_members', 'left_chat_member', 'chat_owner_left', 'chat_owner_changed', 'new_chat_title', 'new_chat_photo', 'delete_chat_photo',
    'group_chat_created', 'supergroup_chat_created', 'channel_chat_created', 'boost_added',
  ]),
  ...listed(ignored(TOPIC), ['forum_topic_created', 'forum_topic_edited', 'forum_topic_closed', 'forum_topic_reopened', 'general_forum_topic_hidden', 'general_forum_topic_unhidden']),
  ...listed(ignored(CALL), [
    'video_chat_scheduled', 'video_chat_started', 'video_chat_ended', 'video_chat_participants_invited',
    'voice_chat_scheduled', 'voice_chat_started', 'voice_chat_ended', 'voice_chat_participants_invited',
  ]),
  ...listed(ignored(CHANNEL), [
    'giveaway_created', 'giveaway_completed', 'suggested_post_approved', 'suggested_post_approval_failed', 'suggested_post_declined',
    'suggested_post_paid', 'suggested_post_refunded',
  ]),
  ...listed(ignored(TO_ADMINS), ['direct_message_price_changed', 'paid_message_price_changed', 'managed_bot_created']),
  ...listed(ignored('a poll of a group changed'), ['poll_option_added', 'poll_option_deleted']),
};

function listed(rule: KindRule, names: readonly string[]): Readonly<Record<string, KindRule>> {
  return Object.fromEntries(names.map((name) => [name, rule]));
}

function ruleOf(name: string): KindRule | undefined {
  return Object.hasOwn(KINDS, name) ? KINDS[name] : undefined;
}

/** The line of a message in words; undefined when it needs none. `isService`: there is nothing in it for an agent. */
export function describeKind(message: TelegramMessage): { readonly line?: Line; readonly isService: boolean } {
  const fields = Object.keys(message).filter((name) => message[name] !== undefined && ruleOf(name)?.as !== 'aside');
  const known = fields.flatMap((name) => ruleOf(name) ?? []);
  const described = Object.keys(KINDS).find((name) => fields.includes(name) && ruleOf(name)?.as === 'line');
  const rule = described === undefined ? undefined : ruleOf(described);
  if (described !== undefined && rule?.as === 'line') return { line: rule.describe(message[described], described), isService: false };
  if (known.some((one) => one.as === 'content')) {
    const found = known.flatMap((one) => (one.as === 'content' ? one.describe?.(message) ?? [] : []))[0];
    return found === undefined ? { isService: false } : { line: found, isService: false };
  }
  if (known.length > 0) return { isService: true };
  return { line: { key: 'kind.unknown', parameters: { kind: (fields[0] ?? '').slice(0, NAME_LENGTH_MAX) } }, isService: false };
}

const NAME_LENGTH_MAX = 64;
