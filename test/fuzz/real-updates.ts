/** What belongs here: updates as Telegram sends them, of every kind of message that the description names, to be changed at random. */
import { existsSync, readFileSync } from 'node:fs';
import { z } from 'zod';

const from = { id: 7, is_bot: false, first_name: 'Aru', last_name: 'S', username: 'aru', language_code: 'kk' };
const chat = { id: 7, type: 'private', first_name: 'Aru', username: 'aru' };
const group = { id: -1_001_234_567_890, type: 'supergroup', title: 'G', is_forum: true };
const file = { file_id: 'F', file_unique_id: 'U', file_size: 1000, file_name: 'отчёт.pdf', mime_type: 'application/pdf', width: 10, height: 20, duration: 3, thumbnail: { file_id: 'T', file_unique_id: 'V', width: 1, height: 1 } };

const contents: readonly object[] = [
  { text: 'Hi 👍 there https://e.kz', entities: [{ type: 'bold', offset: 0, length: 2 }, { type: 'url', offset: 12, length: 12 }, { type: 'text_mention', offset: 3, length: 2, user: from }] },
  { text: '/new billing now', entities: [{ type: 'bot_command', offset: 0, length: 4 }] },
  { photo: [file, { ...file, width: 100, height: 200 }], caption: 'c', caption_entities: [{ type: 'italic', offset: 0, length: 1 }], media_group_id: '5' },
  { document: file }, { video: file }, { audio: { ...file, title: 'Song', performer: 'P' } }, { voice: file }, { video_note: { ...file, length: 10 } }, { animation: file, document: file },
  { sticker: { ...file, type: 'regular', emoji: '👍', is_animated: false, is_video: false } },
  { location: { latitude: 43.2, longitude: 76.9, live_period: 60 } }, { venue: { location: { latitude: 1, longitude: 2 }, title: 'V', address: 'A' }, location: { latitude: 1, longitude: 2 } },
  { contact: { phone_number: '+77010000000', first_name: 'Ann', user_id: 7, vcard: 'BEGIN:VCARD\nEND:VCARD' } },
  { poll: { id: 'p', question: 'Q?', options: [{ text: 'a', voter_count: 0 }] } }, { dice: { emoji: '🎲', value: 3 } }, { checklist: { title: 'L', tasks: [{ id: 1, text: 't' }] } },
  { text: 'x', reply_to_message: { message_id: 3, chat, date: 1, text: 'old' }, quote: { text: 'ol', position: 0 } },
  { text: 'x', is_topic_message: true, message_thread_id: 9, reply_to_message: { message_id: 9, chat: group, date: 1, forum_topic_created: { name: 'T', icon_color: 1 } }, chat: group },
  { migrate_to_chat_id: -1_009_999_999_999, chat: group }, { text: 'x', sender_chat: group, from: { id: 1_087_968_824, is_bot: true, first_name: 'Group' }, chat: group },
];

const hand: readonly object[] = [
  ...contents.map((content) => ({ update_id: 100, message: { message_id: 5, date: 1_700_000_000, chat, from, ...content } })),
  { update_id: 100, callback_query: { id: 'cb', from, data: 'rate:5', chat_instance: '1', message: { message_id: 4, chat, date: 1_700_000_000 } } },
  { update_id: 100, my_chat_member: { chat, from, date: 1_700_000_000, old_chat_member: { status: 'member', user: from }, new_chat_member: { status: 'kicked', user: from, until_date: 0 } } },
  { update_id: 100, edited_message: { message_id: 5, date: 1, edit_date: 2, chat, from, text: 'x' } },
];

const SPEC = process.env['TELEGRAM_BOT_API_SPEC'] ?? '../shared/contracts/telegram-bot-api.json';
const field = z.object({ name: z.string(), types: z.array(z.string()), required: z.boolean() });
const shape = z.object({ types: z.record(z.string(), z.object({ fields: z.array(field).default([]), subtypes: z.array(z.string()).default([]) })) });
type Types = z.infer<typeof shape>['types'];

/** A value of the type with its required fields, and the others as far as `depth` goes. */
function sample(types: Types, type: string, depth: number): unknown {
  if (type.startsWith('Array of ')) return [sample(types, type.slice('Array of '.length), depth)];
  const plain: unknown = { Integer: 5, Float: 1.5, String: 'text', Boolean: true }[type];
  if (plain !== undefined) return plain;
  const { fields, subtypes } = types[type] ?? { fields: [], subtypes: [] };
  const first = subtypes[0];
  if (first !== undefined) return sample(types, first, depth);
  const kept = fields.filter((each) => each.required || depth > 0);
  return Object.fromEntries(kept.map((each) => [each.name, sample(types, each.types[0] ?? '', depth - 1)]));
}

/** One update for each field of a message in the description, where there is a copy of it. */
function described(): readonly object[] {
  if (!existsSync(SPEC)) return [];
  const { types } = shape.parse(JSON.parse(readFileSync(SPEC, 'utf8')));
  const fields = types['Message']?.fields.filter((each) => !each.required) ?? [];
  return fields.map((each) => ({ update_id: 100, message: { message_id: 5, date: 1_700_000_000, chat, from, [each.name]: sample(types, each.types[0] ?? '', 0) } }));
}

export const REAL_UPDATES: readonly object[] = [...hand, ...described()];
