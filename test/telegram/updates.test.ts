import { buffer } from 'node:stream/consumers';
import { Readable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { BridgeError } from '../../src/core/errors.js';
import { mintConversationId, mintMessageId, mintPersonId, parseBotId, parseConversationId, parseMessageId } from '../../src/telegram/ids.js';
import { parseUpdate, type BotAccount } from '../../src/telegram/updates.js';

const opened: string[] = [];
const bot: BotAccount = {
  id: '42', username: 'HelpBot', downloadBytesMax: 20 * 1024 * 1024,
  openFile: (id) => { opened.push(id); return Promise.resolve(Readable.from([Buffer.from(id)])); },
};
const from = { id: 7, is_bot: false, first_name: 'Aru', last_name: 'S', username: 'aru', language_code: 'kk' };
const chat = { id: 7, type: 'private', first_name: 'Aru' };
const group = { id: -100123, type: 'supergroup', title: 'G' };
const message = (fields: object): object => ({ update_id: 1, message: { message_id: 5, date: 100, chat, from, ...fields } });
const parse = (update: unknown) => parseUpdate(update, bot, 777_000);

describe('ids', () => {
  it('come back from what was minted', () => {
    for (const place of [{ bot: '42', chat: 7 }, { bot: '42', chat: -100123, topic: 9 }]) expect(parseConversationId(mintConversationId(place))).toEqual(place);
    expect(mintConversationId({ bot: '42', chat: -100123, topic: 9 })).toBe('tg:42:-100123/9');
    expect(parseMessageId(mintMessageId({ bot: '42', chat: -5, message: 3 }))).toEqual({ bot: '42', chat: -5, message: 3 });
    expect(mintPersonId(7)).toBe('tg:7');
    expect(parseBotId('42:ab_C-1')).toBe('42');
  });
  it.each(['', 'tg:42', 'tg:42:x', 'tg:42:1:2', 'zz:42:1', 'tg:42:1/', 'tg:42:1\n'])('refuses %j', (id) => {
    expect(() => parseConversationId(id)).toThrow(BridgeError);
  });
  it.each(['', 'abc', '42', ':x', '42:', '42:a b'])('refuses the token %j without repeating it', (token) => {
    expect(() => parseBotId(token)).toThrow(/has not the form/u);
  });
});

const person = { id: 'tg:7', name: 'Aru S', username: 'aru', languageTag: 'kk' };
const base = { conversation: 'tg:42:7', person, sentAtMs: 100_000 };

describe('updates', () => {
  it.each([
    { name: 'text', in: message({ text: 'Hi', entities: [{ type: 'bold', offset: 0, length: 2 }] }),
      out: { kind: 'message', ...base, message: 'tg:42:7:5', content: { text: { text: 'Hi', spans: [{ type: 'bold', offset: 0, length: 2 }] }, attachments: [] } } },
    { name: 'reply', in: message({ text: 'x', reply_to_message: { message_id: 3, chat, date: 1 } }), out: { kind: 'message', replyTo: 'tg:42:7:3' } },
    { name: 'topic of a private chat', in: message({ text: 'x', is_topic_message: true, message_thread_id: 9, reply_to_message: { message_id: 9, chat, date: 1, forum_topic_created: {} } }),
      out: { kind: 'message', conversation: 'tg:42:7/9', replyTo: undefined } },
    { name: 'thread of replies is no topic', in: message({ text: 'x', chat: group, message_thread_id: 9 }), out: { kind: 'message', conversation: 'tg:42:-100123' } },
    { name: 'command', in: message({ text: '/Start  abc d ' }), out: { kind: 'command', ...base, message: 'tg:42:7:5', name: 'start', argument: 'abc d' } },
    { name: 'command for this bot', in: message({ text: '/new@helpbot', chat: group }), out: { kind: 'command', name: 'new', argument: '' } },
    { name: 'command for another bot', in: message({ text: '/new@otherbot', chat: group }), out: undefined },
    { name: 'no command', in: message({ text: '/etc/hosts' }), out: { kind: 'message' } },
    { name: 'button', in: { update_id: 1, callback_query: { id: 'cb', from, data: 'rate:5', message: { message_id: 4, chat, date: 0 } } },
      out: { kind: 'action', conversation: 'tg:42:7', person, sentAtMs: 777_000, actionId: 'cb', action: 'rate:5' } },
    { name: 'button in a topic', in: { update_id: 1, callback_query: { id: 'cb', from, data: 'x', message: { message_id: 4, chat, date: 9, is_topic_message: true, message_thread_id: 2 } } }, out: { conversation: 'tg:42:7/2' } },
    { name: 'inline button', in: { update_id: 1, callback_query: { id: 'cb', from, data: 'x', inline_message_id: 'i' } }, out: undefined },
    { name: 'blocked', in: { update_id: 1, my_chat_member: { chat, from, date: 100, new_chat_member: { status: 'kicked' } } }, out: { kind: 'membership', ...base, reachable: false } },
    { name: 'back again', in: { update_id: 1, my_chat_member: { chat, from, date: 100, new_chat_member: { status: 'member' } } }, out: { kind: 'membership', reachable: true } },
    { name: 'added to a group', in: { update_id: 1, my_chat_member: { chat: group, from, date: 100, new_chat_member: { status: 'member' } } }, out: undefined },
    { name: 'migration', in: message({ chat: { id: -5, type: 'group' }, migrate_to_chat_id: -1005 }), out: { kind: 'migration', conversation: 'tg:42:-5', to: 'tg:42:-1005' } },
    { name: 'pinned message', in: message({ pinned_message: { message_id: 1 } }), out: undefined },
    { name: 'new member', in: message({ chat: group, new_chat_members: [from] }), out: undefined },
    { name: 'topic created', in: message({ chat: group, forum_topic_created: { name: 'x' } }), out: undefined },
    { name: 'reaction', in: { update_id: 1, message_reaction: { chat, message_id: 4, user: from, date: 100, old_reaction: [], new_reaction: [{ type: 'emoji', emoji: '👍' }, { type: 'custom_emoji', custom_emoji_id: '9' }, { type: 'paid' }] } },
      out: { kind: 'reaction', ...base, message: 'tg:42:7:4', emoji: ['👍', '', '⭐'] } },
    { name: 'reaction taken back', in: { update_id: 1, message_reaction: { chat, message_id: 4, user: from, date: 100, old_reaction: [], new_reaction: [] } }, out: { kind: 'reaction', emoji: [] } },
    { name: 'reaction of another bot', in: { update_id: 1, message_reaction: { chat: group, message_id: 4, user: { ...from, is_bot: true }, date: 100, old_reaction: [], new_reaction: [] } }, out: undefined },
    { name: 'reaction of nobody', in: { update_id: 1, message_reaction: { chat: group, message_id: 4, date: 100, old_reaction: [], new_reaction: [] } }, out: undefined },
    { name: 'edited message', in: { update_id: 1, edited_message: { message_id: 5, date: 1, edit_date: 100, chat, from, text: 'x' } },
      out: { kind: 'edit', ...base, message: 'tg:42:7:5', revision: 1, content: { text: { text: 'x', spans: [] }, attachments: [] } } },
    { name: 'edited caption', in: { update_id: 1, edited_message: { message_id: 5, date: 1, edit_date: 100, chat, from, caption: 'x', photo: [{ file_id: 'f', width: 1, height: 1 }] } },
      out: { kind: 'edit', ongoing: undefined, content: { text: { text: 'x', spans: [] }, attachments: [{ kind: 'photo', name: 'photo_5.jpg' }] } } },
    { name: 'edit without a date', in: { update_id: 1, edited_message: { message_id: 5, date: 1, chat, from, text: 'x' } }, out: { kind: 'edit', sentAtMs: 777_000 } },
    { name: 'live location that moves', in: { update_id: 1, edited_message: { message_id: 5, date: 1, edit_date: 100, chat, from, location: { latitude: 1, longitude: 2, live_period: 900 } } }, out: { kind: 'edit', ongoing: true } },
    { name: 'live location that ended', in: { update_id: 1, edited_message: { message_id: 5, date: 1, edit_date: 100, chat, from, location: { latitude: 1, longitude: 2 } } }, out: { kind: 'edit', ongoing: undefined } },
    { name: 'command that was edited', in: { update_id: 1, edited_message: { message_id: 5, date: 1, edit_date: 100, chat, from, text: '/close' } }, out: undefined },
    { name: 'service message that was edited', in: { update_id: 1, edited_message: { message_id: 5, date: 1, edit_date: 100, chat, from, pinned_message: {} } }, out: undefined },
    { name: 'channel post', in: { update_id: 1, channel_post: { message_id: 5, date: 1, chat: { id: -1, type: 'channel' }, text: 'x' } }, out: undefined },
    { name: 'another bot', in: message({ from: { ...from, is_bot: true }, chat: group, text: 'x' }), out: undefined },
    { name: 'anonymous admin', in: message({ from: { id: 1087968824, is_bot: true, first_name: 'Group' }, sender_chat: group, chat: group, text: 'x' }), out: { kind: 'message', person: { id: 'tg:-100123', name: 'G' } } },
    { name: 'name of control characters', in: message({ from: { id: 7, first_name: '\u202e\n', username: 'aru' }, text: 'x' }), out: { person: { id: 'tg:7', name: 'aru' } } },
    { name: 'no name at all', in: message({ from: { id: 7, first_name: '' }, text: 'x' }), out: { person: { id: 'tg:7', name: '7' } } },
    ...['constructor', 'toString'].map((kind) => ({ name: `kind of message called ${kind}`, in: message({ [kind]: 'x' }),
      out: { content: { text: { text: '' } }, about: { key: 'kind.unknown', parameters: { kind } } } })),
    { name: 'kind of update of tomorrow', in: { update_id: 1, telepathy: {} }, out: undefined },
  ])('$name', ({ in: update, out }) => {
    const { updateId, event } = parse(update);
    expect(updateId).toBe(1);
    if (out === undefined) expect(event).toBeUndefined();
    else {
      expect(event).toMatchObject(Object.fromEntries(Object.entries(out).filter(([, value]) => value !== undefined)));
      if ('replyTo' in out && out.replyTo === undefined) expect(event).not.toHaveProperty('replyTo');
    }
  });

  it.each([null, 5, 'x', [], {}, { update_id: 'a' }, { update_id: 9, message: { text: 5 } }, { update_id: 9, message: 'secret words' },
    message({ message_id: -5, text: 'x' }), message({ message_id: 2 ** 53, text: 'x' }), message({ is_topic_message: true, message_thread_id: -9, text: 'x' })])('refuses %j as invalid', (update) => {
    try {
      parse(update);
      throw new Error('accepted');
    } catch (error) {
      expect(error).toMatchObject({ code: 'invalid', operation: 'parseUpdate' });
      expect(String(error)).not.toContain('secret words');
      if (typeof update === 'object' && update !== null && 'update_id' in update && update.update_id === 9) expect(String(error)).toContain('update 9');
    }
  });
});

const file = { file_id: 'F', file_unique_id: 'U', file_size: 10 };
const MB20 = 20 * 1024 * 1024;

describe('files in', () => {
  it.each([
    { name: 'largest photo', in: { photo: [{ ...file, file_id: 'S', width: 9, height: 9 }, { ...file, width: 90, height: 90 }], caption: 'c' },
      text: 'c', out: { kind: 'photo', name: 'photo_5.jpg', mediaType: 'image/jpeg', sizeBytes: 10 } },
    { name: 'document', in: { document: { ...file, file_name: 'Счёт.pdf', mime_type: 'application/pdf' } }, text: '', out: { kind: 'document', name: 'Счёт.pdf', mediaType: 'application/pdf' } },
    { name: 'document without a type', in: { document: { ...file, file_name: 'a.docx' } }, text: '', out: { mediaType: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document' } },
    { name: 'document without anything', in: { document: file }, text: '', out: { name: 'document_5.bin', mediaType: 'application/octet-stream' } },
    { name: 'path and control characters in a name', in: { document: { ...file, file_name: '../../etc/pa"ss\r\nX: y\u202e.txt' } }, text: '', out: { name: 'pa_ssX_ y.txt' } },
    { name: 'very long name', in: { document: { ...file, file_name: `${'я'.repeat(500)}.pdf` } }, text: '', out: { name: `${'я'.repeat(116)}.pdf` } },
    { name: 'hostile type', in: { document: { ...file, file_name: 'a.txt', mime_type: 'x\r\nEvil: 1' } }, text: '', out: { mediaType: 'text/plain' } },
    { name: 'video', in: { video: { ...file, duration: 3 } }, text: '', out: { kind: 'video', name: 'video_5.mp4', mediaType: 'video/mp4', durationSeconds: 3 } },
    { name: 'audio', in: { audio: { ...file, title: 'Song', duration: 3 } }, text: '', out: { kind: 'audio', name: 'Song.mp3', mediaType: 'audio/mpeg' } },
    { name: 'voice', in: { voice: { ...file, mime_type: 'audio/ogg' } }, text: '', out: { kind: 'voice', name: 'voice_5.ogg', mediaType: 'audio/ogg' } },
    { name: 'video note', in: { video_note: file }, text: '', out: { kind: 'video_note', name: 'video_note_5.mp4' } },
    { name: 'animation, also given as a document', in: { animation: { ...file, file_name: 'g.mp4', mime_type: 'video/mp4' }, document: file }, text: '', out: { kind: 'animation', name: 'g.mp4' } },
    { name: 'sticker', in: { sticker: { ...file, emoji: '😀', is_animated: false, is_video: false } }, text: '', out: { kind: 'sticker', name: 'sticker_5.webp', mediaType: 'image/webp' } },
    { name: 'still of an animated sticker', in: { sticker: { file_id: 'A', is_animated: true, thumbnail: { ...file, width: 128 } } }, text: '', out: { kind: 'sticker', name: 'sticker_5.webp', mediaType: 'image/webp' } },
    { name: 'animated sticker without a still', in: { sticker: { ...file, is_animated: true } }, text: '', out: { name: 'sticker_5.tgs' } },
    { name: 'video sticker', in: { sticker: { ...file, is_video: true } }, text: '', out: { name: 'sticker_5.webm', mediaType: 'video/webm' } },
  ])('$name', async ({ in: fields, text, out }) => {
    const { event } = parse(message(fields));
    if (event?.kind !== 'message') throw new Error('no message');
    expect(event.content.text.text).toBe(text);
    expect(event.content.attachments).toMatchObject([out]);
    const stream = await event.content.attachments[0]?.open?.();
    expect(stream === undefined ? '' : (await buffer(stream)).toString()).toBe('F');
  });

  it('cannot open what is larger than Telegram gives out', () => {
    const { event } = parse(message({ document: { ...file, file_size: MB20 + 1 } }));
    expect(event).toMatchObject({ content: { attachments: [{ sizeBytes: MB20 + 1 }] } });
    expect(event?.kind === 'message' && event.content.attachments[0]?.open).toBeUndefined();
    const { event: fits } = parse(message({ document: { ...file, file_size: MB20 } }));
    expect(fits?.kind === 'message' && fits.content.attachments[0]?.open).toBeInstanceOf(Function);
  });

  it('takes a phone for the sender\'s own only when Telegram says so', () => {
    const card = { phone_number: '7 701 000-00-00', first_name: 'A' };
    const phoneOf = (extra: Record<string, unknown>): string | undefined => parse(message(extra)).event?.person.phone;
    expect(phoneOf({ contact: { ...card, user_id: from.id } })).toBe('+77010000000');
    expect(phoneOf({ contact: card })).toBeUndefined();
    expect(phoneOf({ contact: { ...card, user_id: from.id + 1 } })).toBeUndefined();
    expect(phoneOf({ contact: { ...card, user_id: from.id }, forward_origin: { type: 'hidden_user', sender_user_name: 'x', date: 1 } })).toBeUndefined();
    expect(phoneOf({ contact: { ...card, phone_number: 'call me', user_id: from.id } })).toBeUndefined();
    expect(phoneOf({ text: 'hello' })).toBeUndefined();
  });

  it('makes a contact a card', async () => {
    const { event } = parse(message({ contact: { phone_number: '+7701', first_name: 'Да;на', last_name: 'К' } }));
    if (event?.kind !== 'message') throw new Error('no message');
    expect(event.about).toEqual({ key: 'kind.contact', parameters: { name: 'Да;на К', phone: '+7701' } });
    const [card] = event.content.attachments;
    const bytes = await buffer(await card?.open?.() ?? Readable.from([]));
    expect(bytes.length).toBe(card?.sizeBytes);
    expect(bytes.toString()).toBe('BEGIN:VCARD\r\nVERSION:3.0\r\nN:К;Да\\;на;;;\r\nFN:Да\\;на К\r\nTEL;TYPE=CELL:+7701\r\nEND:VCARD\r\n');
    expect(card).toMatchObject({ mediaType: 'text/vcard', kind: 'document' });
  });
});
