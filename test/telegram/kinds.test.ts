/** Every kind of message that the Bot API knows, as an agent reads it. */
import { Readable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { toAgentContent, toSubjectContent } from '../../src/bridge/to-helpdesk/words.js';
import type { Mapping } from '../../src/core/mapping.js';
import type { MessageEvent } from '../../src/core/types.js';
import { compileMapping } from '../../src/mapping/compile.js';
import { toHtml } from '../../src/markup/to-html.js';
import { KINDS } from '../../src/telegram/kinds.js';
import { parseUpdate, type BotAccount } from '../../src/telegram/updates.js';
import { findDescription, WHY_SKIPPED, type Description } from '../contract/description.js';
import { shipped, shippedFiles } from '../mapping/files.js';

const bot: BotAccount = { id: '42', username: 'HelpBot', downloadBytesMax: 20 * 1024 * 1024, openFile: () => Promise.resolve(Readable.from([])) };
const from = { id: 7, is_bot: false, first_name: 'Aru', username: 'aru' };
const chat = { id: 7, type: 'private', first_name: 'Aru' };

function mappingIn(locale: string): Mapping {
  const { mapping } = compileMapping(shippedFiles({ 'settings.yaml': shipped('settings.yaml').replace(/^agentLocale: .*$/mu, `agentLocale: ${locale}`) }));
  if (mapping === undefined) throw new Error('no mapping');
  return mapping;
}
const en = mappingIn('en');

const parse = (fields: object) => parseUpdate({ update_id: 1, message: { message_id: 5, date: 100, chat, from, ...fields } }, bot, 0).event;
function parseMessage(fields: object): MessageEvent {
  const event = parse(fields);
  if (event?.kind !== 'message') throw new Error(`no message: ${JSON.stringify(fields)}`);
  return event;
}
const words = (fields: object, mapping = en): string => toAgentContent(mapping, parseMessage(fields)).text.text;
const MAP = 'https://www.openstreetmap.org/?mlat=43.250000&mlon=76.950000#map=16/43.250000/76.950000';
const place = { latitude: 43.25, longitude: 76.95 };
const file = { file_id: 'F', file_unique_id: 'U', file_size: 10 };

describe('kinds in words', () => {
  it.each([
    { name: 'location', in: { location: place }, out: `📍 Location\n${MAP}` },
    { name: 'live location', in: { location: { ...place, live_period: 60 } }, out: `📍 Live location, where it was when it was sent\n${MAP}` },
    { name: 'venue', in: { location: place, venue: { location: place, title: 'Cafe', address: 'Abay 1' } }, out: `📍 Cafe, Abay 1\n${MAP}` },
    { name: 'contact', in: { contact: { phone_number: '+7701', first_name: 'Dana' } }, out: '👤 Contact: Dana, +7701' },
    { name: 'poll', in: { poll: { question: 'Q?', options: [{ text: 'a' }, { text: 'b' }] } }, out: '📊 Poll: Q?\n- a\n- b' },
    { name: 'dice', in: { dice: { emoji: '🎲', value: 6 } }, out: '🎲 Thrown: 6' },
    { name: 'game', in: { game: { title: 'G', description: 'Run.', photo: [file] } }, out: '🎮 Game: G\nRun.' },
    { name: 'checklist', in: { checklist: { title: 'T', tasks: [{ id: 1, text: 'one' }, { id: 2, text: 'two', completion_date: 5 }] } }, out: '☑️ Checklist: T\n- ☐ one\n- ☑ two' },
    { name: 'invoice', in: { invoice: { title: 'Mug', description: 'Red', currency: 'KZT', total_amount: 150000, start_parameter: '' } }, out: '🧾 Invoice: Mug, 1500.00 KZT\nRed' },
    { name: 'payment in yen', in: { successful_payment: { currency: 'JPY', total_amount: 500 } }, out: '💳 Payment made: 500 JPY' },
    { name: 'refund in Stars', in: { refunded_payment: { currency: 'XTR', total_amount: 5 } }, out: '💳 Payment returned: 5 ⭐' },
    { name: 'payment in nothing', in: { successful_payment: { currency: '?', total_amount: 5 } }, out: '💳 Payment made: 5 ?' },
    { name: 'mini app', in: { web_app_data: { data: 'd', button_text: 'Order' } }, out: '📱 Sent from the app: Order\nd' },
    { name: 'story with a caption', in: { story: { id: 3, chat: { id: 1, type: 'channel', title: 'News', username: 'news' } }, caption: 'c' }, out: '🖼 Story of News (@news)\nhttps://t.me/news/s/3\nc' },
    { name: 'people shared', in: { users_shared: { request_id: 1, users: [{ user_id: 5, first_name: 'A', username: 'aa' }, { user_id: 6 }] } }, out: '👥 People shared: 2\n- A (@aa)\n- 6' },
    { name: 'chat shared', in: { chat_shared: { request_id: 1, chat_id: -5, title: 'Team' } }, out: '👥 Chat shared: Team' },
    { name: 'gift', in: { gift: { gift: {}, text: 'For you' } }, out: '🎁 Gift\nFor you' },
    { name: 'paid media', in: { paid_media: { star_count: 9, paid_media: [{ type: 'preview' }] } }, out: '⭐ Paid media: 1 for 9 Stars. Please look at it in Telegram or ask for the files.' },
    { name: 'voice', in: { voice: { ...file, duration: 65 } }, out: '🎤 Voice message (1:05)' },
    { name: 'video note', in: { video_note: { ...file, duration: 3661, length: 1 } }, out: '🎬 Video message (1:01:01)' },
    { name: 'audio', in: { audio: { ...file, duration: 5, performer: 'P', title: 'T' } }, out: '🎵 Audio (0:05) P – T' },
    { name: 'sticker', in: { sticker: { ...file, emoji: '😀', width: 1, height: 1, type: 'regular', is_animated: false, is_video: false } }, out: '😀 Sticker' },
    { name: 'photo with a caption', in: { photo: [file], caption: 'c' }, out: 'c' },
    { name: 'live photo', in: { photo: [file], live_photo: { ...file } }, out: '🖼 Live photo (its still picture)' },
    { name: 'changed insides', in: { poll: 'what' }, out: '❔ A message that cannot be read here (poll). Please ask what it was.' },
    { name: 'rich message', in: { rich_message: { blocks: [{ type: 'paragraph', text: ['Hello ', { type: 'bold', text: 'you' }] }] } }, out: 'Hello you' },
    { name: 'rich message that cannot be read', in: { rich_message: { blocks: 'what' } }, out: '📄 Formatted message' },
    { name: 'unknown', in: { hologram: { secret: 'insides' } }, out: '❔ A kind of message that is not known here yet (hologram). Please ask what it was.' },
    { name: 'via a bot', in: { text: 'x', via_bot: { id: 1, is_bot: true, first_name: 'G', username: 'gif' } }, out: '🤖 Via @gif\nx' },
  ])('$name', ({ in: fields, out }) => {
    if (typeof out === 'string') expect(words(fields)).toBe(out);
    else expect(words(fields)).toMatch(out);
  });

  it('names a ticket after what was sent, not after what stands around it', () => {
    const event = parseMessage({ location: place, forward_origin: { type: 'hidden_user', sender_user_name: 'X', date: 1 } });
    expect(toSubjectContent(en, event).text.text).toMatch(/^📍 Location\n/u);
    expect(toSubjectContent(en, parseMessage({ voice: { ...file, duration: 5 } })).text.text).toBe('');
    expect(toSubjectContent(en, parseMessage({ contact: { phone_number: '+7', first_name: 'D' } })).text.text).toBe('👤 Contact: D, +7');
  });
});

describe('forwarded', () => {
  const channel = { id: -1001, type: 'channel', title: 'News', username: 'news' };
  it.each([
    { name: 'from a person', in: { type: 'user', sender_user: from, date: 1 }, out: '↪️ Forwarded from Aru (@aru)\nx' },
    { name: 'from somebody who hides it', in: { type: 'hidden_user', sender_user_name: 'Somebody', date: 1 }, out: '↪️ Forwarded from Somebody\nx' },
    { name: 'from a group', in: { type: 'chat', sender_chat: { id: -1, type: 'supergroup', title: 'G' }, author_signature: 'Boss', date: 1 }, out: '↪️ Forwarded from “G, Boss”\nx' },
    { name: 'from a public channel', in: { type: 'channel', chat: channel, message_id: 9, date: 1 }, out: '↪️ Forwarded from “News (@news)”\nhttps://t.me/news/9\nx' },
    { name: 'from a private channel', in: { type: 'channel', chat: { ...channel, username: undefined }, message_id: 9, date: 1 }, out: '↪️ Forwarded from “News”\nx' },
    { name: 'from tomorrow', in: { type: 'planet', date: 1 }, out: '↪️ Forwarded\nx' },
    { name: 'from nothing readable', in: 'x', out: 'x' },
  ])('$name', ({ in: origin, out }) => { expect(words({ text: 'x', forward_origin: origin })).toBe(out); });
});

describe('quotes', () => {
  const ours = { message_id: 3, date: 1, chat, from: { id: 42, is_bot: true, first_name: 'Help' }, text: 'Is it red?', entities: [{ type: 'bold', offset: 6, length: 3 }] };
  const html = (fields: object): string => toHtml(toAgentContent(en, parseMessage(fields)).text);

  it('shows what is answered above the answer, with its marks', () => {
    expect(html({ text: 'Yes', reply_to_message: ours })).toBe('↩️ <i>To our message:</i><br><blockquote>Is it <b>red</b>?</blockquote>Yes');
  });
  it('shows the part that was picked by hand', () => {
    expect(words({ text: 'Yes', reply_to_message: ours, quote: { text: 'red', position: 6, is_manual: true } })).toBe('↩️ To our message:\nred\nYes');
  });
  it('cuts a long one and leaves no half of a letter', () => {
    const { quoted } = parseMessage({ text: 'Yes', reply_to_message: { ...ours, text: `${'a'.repeat(198)}😀${'b'.repeat(99)}`, entities: [{ type: 'blockquote', offset: 0, length: 250 }] } });
    expect(quoted?.text).toEqual({ text: `${'a'.repeat(198)}…`, spans: [] });
  });
  it.each([
    { name: 'own message', in: { reply_to_message: { ...ours, from } }, out: '↩️ To their own message:\nIs it red?\nx' },
    { name: 'somebody else of a group', in: { reply_to_message: { ...ours, from: { id: 9, first_name: 'Bo' } } }, out: '↩️ To Bo:\nIs it red?\nx' },
    { name: 'a photo', in: { reply_to_message: { ...ours, text: undefined, entities: undefined, photo: [file], caption: 'c' } }, out: '↩️ To our message:\n🖼 Photo\nc\nx' },
    { name: 'a place', in: { reply_to_message: { ...ours, from, text: undefined, entities: undefined, location: place } }, out: `↩️ To their own message:\n📍 Location\n${MAP}\nx` },
    { name: 'a message of another chat', in: { external_reply: { origin: { type: 'channel', chat: { id: -1, type: 'channel', title: 'News' }, message_id: 2, date: 1 }, photo: [file] }, quote: { text: 'sale', position: 0 } },
      out: '↩️ To a message from another chat: News\n🖼 Photo\nsale\nx' },
    { name: 'a story', in: { reply_to_story: { id: 3, chat: { id: 1, type: 'channel', title: 'News', username: 'news' } } }, out: '↩️ To the story of News (@news)\nhttps://t.me/news/s/3\nx' },
    { name: 'a rich message', in: { reply_to_message: { ...ours, from, text: undefined, entities: undefined, rich_message: { blocks: [{ type: 'paragraph', text: 'A long one' }] } } }, out: '↩️ To their own message:\nA long one\nx' },
    { name: 'a message that is gone', in: { reply_to_message: { message_id: 3, chat, date: 0 } }, out: 'x' },
    { name: 'the opening of a topic', in: { is_topic_message: true, message_thread_id: 3, reply_to_message: ours }, out: 'x' },
    { name: 'something unreadable', in: { reply_to_message: { ...ours, text: 5 }, external_reply: 'x', quote: 7 }, out: 'x' },
  ])('$name', ({ in: fields, out }) => { expect(words({ text: 'x', ...fields })).toBe(out); });
});

// ---- the published list ----

const api = findDescription();

/** A value of this type with every field filled in, as deep as kinds of messages are read. */
function sampleOf(description: Description, type: string, depth = 0): unknown {
  if (type.startsWith('Array of ')) return type === 'Array of MessageEntity' ? [] : [sampleOf(description, type.slice('Array of '.length), depth)];
  if (type === 'Integer' || type === 'Float') return 5;
  if (type === 'Boolean' || type === 'True') return true;
  const known = description.types[type];
  if (known === undefined) return 'KZT';
  const [subtype] = known.subtypes;
  if (subtype !== undefined) return sampleOf(description, subtype, depth);
  const fields = known.fields.filter((field) => field.required || depth < 2);
  return depth > 5 ? {} : Object.fromEntries(fields.map((field) => [field.name, sampleOf(description, field.types[0] ?? 'String', depth + 1)]));
}

const fields = api?.types['Message']?.fields ?? [];
if (api === undefined) process.stdout.write(`skipped: ${WHY_SKIPPED}\n`);

(api === undefined ? describe.skip : describe)('every field of a message in the published API (skipped where no copy of it is at hand)', () => {
  it('is listed, and there are as many as there were', () => {
    expect(fields.map((field) => field.name).filter((name) => !Object.hasOwn(KINDS, name))).toEqual([]);
    expect(fields.length).toBeGreaterThan(110);
  });

  it.each(fields.map((field) => ({ name: field.name, type: field.types[0] ?? '' })))('$name', ({ name, type }) => {
    const rule = KINDS[name];
    if (rule === undefined || api === undefined) throw new Error(`a kind of message that is not handled yet: add ${name} to src/telegram/kinds.ts`);
    const sample = { [name]: sampleOf(api, type) };
    if (rule.as === 'ignored') {
      expect(parse(sample)?.kind).toBe(name === 'migrate_to_chat_id' ? 'migration' : undefined);
      expect(rule.why).toMatch(/\w+ \w+/u);
      return;
    }
    if (rule.as === 'aside') {
      const seen = { ...(['message_id', 'date', 'chat', 'from', 'sender_chat', 'is_automatic_forward'].includes(name) ? {} : sample), text: 'what was said' };
      expect(words(seen)).toMatch(/what was said$/u);
      return;
    }
    for (const mapping of ['en', 'ru', 'kk'].map(mappingIn)) {
      const { text: { text }, attachments } = toAgentContent(mapping, parseMessage(name === 'live_photo' ? { ...sample, photo: [file] } : name === 'caption' ? { ...sample, photo: [file] } : sample));
      expect({ name, said: text.trim() !== '' || attachments.length > 0 }).toEqual({ name, said: true });
      expect(text).not.toMatch(/\{\{|kind\.|❔|[{}"]/u);
    }
  });
});
