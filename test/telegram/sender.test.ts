import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { BridgeError } from '../../src/core/errors.js';
import type { Turn } from '../../src/core/ports.js';
import { plainText, richText } from '../../src/core/rich-text.js';
import { mintId, type Attachment, type BridgeEvent, type ConversationId, type MessageId, type Part } from '../../src/core/types.js';
import { createTelegramClient, type TelegramClient } from '../../src/telegram/client.js';
import { createSender, type TelegramSender } from '../../src/telegram/sender.js';
import { startBotApi, TOKEN, type FakeBotApi } from './bot-api.js';
import { createVirtualClock, until, type VirtualClock } from './clock.js';

const UNLIMITED = { messagesPerSecond: 0, chatMessagesPerSecond: 0, groupMessagesPerMinute: 0 };
const PERSON = mintId<ConversationId>('tg:42:7');
const GROUP = mintId<ConversationId>('tg:42:-5');
let api: FakeBotApi;
let client: TelegramClient;
let clock: VirtualClock;
let events: BridgeEvent[];
let sender: TelegramSender;

beforeEach(async () => {
  api = await startBotApi();
  events = [];
  clock = createVirtualClock();
  client = createTelegramClient({ token: TOKEN, apiRoot: api.url, emit: () => undefined, nowMs: () => 0 });
  sender = createSender({ client, clock, emit: (event) => events.push(event), limits: UNLIMITED });
});
afterEach(async () => { client.disconnect(); await api.close(); });

const text = (value: string): Part => ({ kind: 'text', text: plainText(value) });
const attachment = (more: Partial<Attachment> = {}): Attachment => ({
  kind: 'document', name: 'a.png', mediaType: 'image/png', open: () => Promise.resolve(Readable.from(['bytes'])), ...more,
});

describe('sending', () => {
  it('sends text with entities, never a parse mode', async () => {
    const id = await sender.sendPart(PERSON, { kind: 'text', text: richText('a <b> & _c_', [{ type: 'bold', offset: 2, length: 3 }]) });
    expect(id).toBe('tg:42:7:101');
    expect(api.calls[0]?.parameters).toEqual({ chat_id: 7, text: 'a <b> & _c_', entities: [{ type: 'bold', offset: 2, length: 3 }] });
  });

  it('answers a message, in its topic, also when that message is gone', async () => {
    await sender.sendPart(mintId('tg:42:-5/9'), text('x'), { replyTo: mintId<MessageId>('tg:42:-5:3') });
    expect(api.calls[0]?.parameters).toEqual({ chat_id: -5, message_thread_id: 9, text: 'x', reply_parameters: { message_id: 3, allow_sending_without_reply: true } });
    await sender.sendPart(PERSON, text('x'), { replyTo: mintId<MessageId>('tg:42:-5:3') });
    expect(api.calls[1]?.parameters).toEqual({ chat_id: 7, text: 'x' });
  });

  it('sends a file with its caption, and the reply beside it', async () => {
    await sender.sendPart(PERSON, { kind: 'photo', text: richText('cap', [{ type: 'italic', offset: 0, length: 3 }]), attachment: attachment() }, { replyTo: mintId<MessageId>('tg:42:7:3') });
    expect(api.calls[0]).toMatchObject({ method: 'sendPhoto', file: { field: 'photo', name: 'a.png', mediaType: 'image/png' } });
    expect(api.calls[0]?.parameters).toEqual({
      chat_id: '7', caption: 'cap', caption_entities: '[{"type":"italic","offset":0,"length":3}]', reply_parameters: '{"message_id":3,"allow_sending_without_reply":true}',
    });
  });

  it('sends a refused photo as a document, with bytes opened anew', async () => {
    let opened = 0;
    api.answer('sendPhoto', { error_code: 400, description: 'Bad Request: PHOTO_INVALID_DIMENSIONS' });
    await sender.sendPart(PERSON, { kind: 'photo', text: plainText('cap'), attachment: attachment({ open: () => { opened += 1; return Promise.resolve(Readable.from(['bytes'])); } }) });
    expect(api.calls.map((call) => call.method)).toEqual(['sendPhoto', 'sendDocument']);
    expect(api.calls[1]).toMatchObject({ parameters: { caption: 'cap' }, file: { field: 'document' } });
    expect(api.calls[1]?.file?.bytes.toString()).toBe('bytes');
    expect(opened).toBe(2);
  });

  it('sends refused marks once more as plain text, and then gives up', async () => {
    api.answer('sendMessage', { error_code: 400, description: 'Bad Request: ENTITY_BOUNDS_INVALID' }, { result: { message_id: 8 } }, { error_code: 400, description: "Bad Request: can't parse entities" });
    const part: Part = { kind: 'text', text: richText('abc', [{ type: 'bold', offset: 0, length: 3 }]) };
    expect(await sender.sendPart(PERSON, part)).toBe('tg:42:7:8');
    expect(api.calls.map((call) => call.parameters.entities !== undefined)).toEqual([true, false]);
    await expect(sender.sendPart(PERSON, part)).rejects.toMatchObject({ code: 'invalid', reason: 'rejected' });
    expect(api.calls).toHaveLength(4);
  });

  it('writes the addresses out when it has to send without marks', async () => {
    api.answer('sendMessage', { error_code: 400, description: 'Bad Request: ENTITY_BOUNDS_INVALID' }, { result: { message_id: 8 } });
    await sender.sendPart(PERSON, { kind: 'text', text: richText('see here', [{ type: 'link', offset: 4, length: 4, url: 'https://example.kz/a' }]) });
    expect(api.calls[1]?.parameters).toEqual({ chat_id: 7, text: 'see here (https://example.kz/a)' });
  });

  it('follows an upgraded group, at once and later', async () => {
    api.answer('sendMessage', ({ parameters }) => (parameters.chat_id === -5
      ? { error_code: 400, description: 'Bad Request: group chat was upgraded to a supergroup chat', parameters: { migrate_to_chat_id: -1005 } }
      : { result: { message_id: 8 } }));
    expect(await sender.sendPart(GROUP, text('one'), { replyTo: mintId<MessageId>('tg:42:-5:3') })).toBe('tg:42:-1005:8');
    expect(await sender.sendPart(GROUP, text('two'), { replyTo: mintId<MessageId>('tg:42:-5:3') })).toBe('tg:42:-1005:8');
    expect(api.calls.map((call) => [call.parameters.chat_id, 'reply_parameters' in call.parameters])).toEqual([[-5, true], [-1005, false], [-1005, false]]);
    expect(events).toMatchObject([{ type: 'log', facts: { from: -5, to: -1005 } }]);
  });

  it('does not follow a group in circles', async () => {
    api.answer('sendMessage', ({ parameters }) => ({ error_code: 400, description: 'Bad Request: group chat was upgraded', parameters: { migrate_to_chat_id: Number(parameters.chat_id) - 1 } }));
    await expect(sender.sendPart(GROUP, text('x'))).rejects.toMatchObject({ code: 'invalid', reason: 'chat_gone' });
    expect(api.calls).toHaveLength(2);
  });

  it('passes on that a requester blocked the bot', async () => {
    api.answer('sendMessage', { error_code: 403, description: 'Forbidden: bot was blocked by the user' });
    await expect(sender.sendPart(PERSON, text('x'))).rejects.toMatchObject({ code: 'forbidden', reason: 'blocked' });
  });

  it('does not repeat what may have been sent', async () => {
    api.answer('sendMessage', { raw: (response) => { response.destroy(); } });
    await expect(sender.sendPart(PERSON, text('x'))).rejects.toMatchObject({ code: 'unavailable', effect: 'unknown' });
    expect(api.calls).toHaveLength(1);
  });

  it.each([
    { name: 'too big by what is known', file: attachment({ sizeBytes: 51 * 1024 * 1024 }), reason: 'too_big' },
    { name: 'without bytes', file: { kind: 'document', name: 'a', mediaType: 'a/b' } as Attachment, reason: 'file_unavailable' },
    { name: 'of a source that is gone', file: attachment({ open: () => Promise.reject(new BridgeError({ code: 'not_found', operation: 'x', message: 'x' })) }), reason: 'file_unavailable' },
  ])('refuses a file $name', async ({ file, reason }) => {
    await expect(sender.sendPart(PERSON, { kind: 'document', text: plainText(''), attachment: file })).rejects.toMatchObject({ code: 'invalid', reason });
    expect(api.calls).toEqual([]);
    await sender.sendPart(PERSON, text('goes on'));
    expect(api.calls).toHaveLength(1);
  });

  it('lets a file source that asks to wait be heard outside', async () => {
    const busy = new BridgeError({ code: 'rate_limited', operation: 'open', message: 'busy', retryAfterMs: 5 });
    await expect(sender.sendPart(PERSON, { kind: 'document', text: plainText(''), attachment: attachment({ open: () => Promise.reject(busy) }) }))
      .rejects.toMatchObject({ code: 'rate_limited', retryAfterMs: 5 });
  });

  it('refuses conversations of other bots and foreign ids', async () => {
    await expect(sender.sendPart(mintId('tg:43:7'), text('x'))).rejects.toMatchObject({ code: 'invalid' });
    await expect(sender.sendPart(mintId('zz'), text('x'))).rejects.toMatchObject({ code: 'invalid' });
  });

  it('sends notices with buttons', async () => {
    await sender.sendNotice(PERSON, { text: plainText('Rate'), buttons: [[{ label: '5', action: 'rate:5' }, { label: '1', action: 'rate:1' }]] });
    expect(api.calls[0]?.parameters).toEqual({ chat_id: 7, text: 'Rate', reply_markup: { inline_keyboard: [[{ text: '5', callback_data: 'rate:5' }, { text: '1', callback_data: 'rate:1' }]] } });
  });

  it('answers a button, and does not mind one that is too old', async () => {
    api.answer('answerCallbackQuery', { result: true }, { error_code: 400, description: 'Bad Request: query is too old and response timeout expired or query ID is invalid' });
    await sender.answerAction('a1', 'x'.repeat(300));
    await sender.answerAction('a2');
    expect(api.calls.map((call) => call.parameters)).toEqual([{ callback_query_id: 'a1', text: 'x'.repeat(200) }, { callback_query_id: 'a2' }]);
  });
});

describe('an album', () => {
  const photo = (name: string, more: Partial<Part> = {}): Part => ({ kind: 'photo', text: plainText(''), attachment: attachment({ name, open: () => Promise.resolve(Readable.from([`bytes of ${name}`])) }), album: 0, ...more });
  const media = (call: FakeBotApi['calls'][number] | undefined): unknown => JSON.parse(String(call?.parameters.media));

  it('goes in one request, each file behind its reference, the caption on the first', async () => {
    api.answer('sendMediaGroup', { result: [{ message_id: 8 }, { message_id: 9 }, { message_id: 10 }] });
    const parts = [photo('a.png', { text: richText('cap', [{ type: 'italic', offset: 0, length: 3 }]) }), { ...photo('b.mp4'), kind: 'video' as const }, photo('c.png')];
    expect(await sender.sendAlbum(mintId('tg:42:-5/9'), parts, { replyTo: mintId<MessageId>('tg:42:-5:3') })).toEqual(['tg:42:-5:8', 'tg:42:-5:9', 'tg:42:-5:10']);
    expect(api.calls[0]?.parameters).toMatchObject({ chat_id: '-5', message_thread_id: '9', reply_parameters: '{"message_id":3,"allow_sending_without_reply":true}' });
    expect(media(api.calls[0])).toEqual([
      { type: 'photo', media: 'attach://file0', caption: 'cap', caption_entities: [{ type: 'italic', offset: 0, length: 3 }] },
      { type: 'video', media: 'attach://file1' }, { type: 'photo', media: 'attach://file2' },
    ]);
    expect(api.calls[0]?.files.map(({ field, name, bytes }) => [field, name, bytes.toString()])).toEqual([
      ['file0', 'a.png', 'bytes of a.png'], ['file1', 'b.mp4', 'bytes of b.mp4'], ['file2', 'c.png', 'bytes of c.png'],
    ]);
  });

  it('opens a file only when its turn comes, and closes every one', async () => {
    const big = Buffer.alloc(3 * 1024 * 1024, 7);
    let open = 0;
    let most = 0;
    const source = (): Promise<Readable> => {
      most = Math.max(most, ++open);
      return Promise.resolve(Readable.from((function* chunks() { for (let at = 0; at < big.length; at += 65_536) yield big.subarray(at, at + 65_536); })()).on('close', () => { open -= 1; }));
    };
    api.answer('sendMediaGroup', { result: [{ message_id: 8 }] });
    await sender.sendAlbum(PERSON, ['a', 'b', 'c', 'd'].map((name) => photo(name, { kind: 'document', attachment: attachment({ name, open: source }) })));
    expect(api.calls[0]?.files.map(({ bytes }) => bytes.equals(big))).toEqual([true, true, true, true]);
    expect({ most: most <= 2, open }).toEqual({ most: true, open: 0 });
  });

  it('becomes one of documents when a photo is refused', async () => {
    api.answer('sendMediaGroup', { error_code: 400, description: 'Bad Request: failed to send message #2 with the error message "PHOTO_INVALID_DIMENSIONS"' }, { result: [{ message_id: 8 }, { message_id: 9 }] });
    expect(await sender.sendAlbum(PERSON, [photo('a.png'), photo('b.png')])).toEqual(['tg:42:7:8', 'tg:42:7:9']);
    expect(api.calls.map((call) => (media(call) as { type: string }[]).map(({ type }) => type))).toEqual([['photo', 'photo'], ['document', 'document']]);
  });

  it('is sent without marks when those are refused, and refused with the reason otherwise', async () => {
    api.answer('sendMediaGroup', { error_code: 400, description: "Bad Request: can't parse entities" }, { error_code: 413, description: 'Request Entity Too Large' });
    const parts = [photo('a.png', { text: richText('cap', [{ type: 'italic', offset: 0, length: 3 }]) }), photo('b.png')];
    await expect(sender.sendAlbum(PERSON, parts)).rejects.toMatchObject({ code: 'invalid', reason: 'too_big' });
    expect(api.calls.map((call) => JSON.stringify(media(call)).includes('caption_entities'))).toEqual([true, false]);
  });

  it('is torn, and never sent in part, when the source of a later file fails', async () => {
    const gone = new BridgeError({ code: 'not_found', operation: 'x', message: 'x' });
    const lost = photo('b.png', { attachment: attachment({ open: () => Promise.reject(gone) }) });
    await expect(sender.sendAlbum(PERSON, [photo('a.png'), lost, photo('c.png')])).rejects.toMatchObject({ code: 'invalid', reason: 'file_unavailable', effect: 'none' });
    expect(api.calls).toEqual([]);
    await sender.sendPart(PERSON, text('goes on'));
    expect(api.calls).toHaveLength(1);
  });

  it('waits out a 429, with bytes opened anew', async () => {
    api.answer('sendMediaGroup', { error_code: 429, description: 'Too Many Requests: retry after 3', parameters: { retry_after: 3 } }, { result: [{ message_id: 8 }, { message_id: 9 }] });
    const sent = sender.sendAlbum(PERSON, [photo('a.png'), photo('b.png')]);
    await until(() => clock.sleepers() === 1);
    await clock.advance(3_000);
    expect(await sent).toHaveLength(2);
    expect(api.calls.map((call) => call.files.length)).toEqual([2, 2]);
  });
});

describe('the turn of a message', () => {
  it('is asked when the pace allows it, and again after a 429 that was waited out without it', async () => {
    api.answer('sendMessage', { error_code: 429, description: 'Too Many Requests: retry after 30', parameters: { retry_after: 30 } }, { result: { message_id: 9 } });
    const turns: string[] = [];
    const turn: Turn = async (request) => {
      turns.push(`begins at ${clock.nowMs() - startMs}`);
      return request().finally(() => turns.push(`ends at ${clock.nowMs() - startMs}`));
    };
    const startMs = clock.nowMs();
    const sent = sender.sendPart(PERSON, text('x'), { turn });
    await until(() => clock.sleepers() === 1);
    expect(turns).toEqual(['begins at 0', 'ends at 0']);
    await clock.advance(30_000);
    expect(await sent).toBe('tg:42:7:9');
    expect(turns).toEqual(['begins at 0', 'ends at 0', 'begins at 30000', 'ends at 30000']);
  });

  it('is one for all forms of a message, and for albums and notices too', async () => {
    api.answer('sendPhoto', { error_code: 400, description: 'Bad Request: PHOTO_INVALID_DIMENSIONS' });
    api.answer('sendMediaGroup', { result: [{ message_id: 8 }, { message_id: 9 }] });
    let turns = 0;
    const turn: Turn = (request) => { turns += 1; return request(); };
    const photo: Part = { kind: 'photo', text: plainText('cap'), attachment: attachment() };
    await sender.sendPart(PERSON, photo, { turn });
    await sender.sendAlbum(PERSON, [photo, photo], { turn });
    await sender.sendNotice(PERSON, { text: plainText('x') }, { turn });
    expect(turns).toBe(3);
    expect(api.calls).toHaveLength(4);
  });

  it('that is refused sends nothing, and says why', async () => {
    const refusal = new BridgeError({ code: 'conflict', operation: 'test', message: 'not any more' });
    await expect(sender.sendPart(PERSON, text('x'), { turn: () => Promise.reject(refusal) })).rejects.toBe(refusal);
    expect(api.calls).toEqual([]);
    await sender.sendPart(PERSON, text('y'));
    expect(api.calls).toHaveLength(1);
  });
});

describe('order and 429', () => {
  it('keeps the order of a chat through a 429, and does not hold up other chats', async () => {
    api.answer('sendMessage', { error_code: 429, description: 'Too Many Requests: retry after 30', parameters: { retry_after: 30 } }, { result: { message_id: 9 } });
    const sent = [sender.sendPart(PERSON, text('1')), sender.sendPart(PERSON, text('2'))];
    await until(() => clock.sleepers() === 1);
    await sender.sendPart(mintId('tg:42:8'), text('other'));
    expect(api.calls.map((call) => call.parameters.text)).toEqual(['1', 'other']);
    await clock.advance(29_999);
    expect(api.calls).toHaveLength(2);
    await clock.advance(1);
    await Promise.all(sent);
    expect(api.calls.map((call) => call.parameters.text)).toEqual(['1', 'other', '1', '2']);
  });

  it('pauses the whole bot when several chats are refused, and loses nothing', async () => {
    let refused = 0;
    api.answer('sendMessage', () => (refused++ < 3 ? { error_code: 429, description: 'Too Many Requests', parameters: { retry_after: 10 } } : { result: { message_id: 9 } }));
    const sent = [1, 2, 3].map((chat) => sender.sendPart(mintId(`tg:42:${chat}`), text(String(chat))));
    await until(() => clock.sleepers() === 3);
    sent.push(sender.sendPart(mintId('tg:42:4'), text('4')));
    await clock.advance(9_999);
    expect(api.calls).toHaveLength(3);
    await clock.advance(1);
    await Promise.all(sent);
    expect(api.calls.map((call) => call.parameters.text).slice(3).sort()).toEqual(['1', '2', '3', '4']);
    expect(events.filter((event) => event.type === 'log' && event.facts?.scope === 'bot')).toHaveLength(1);
  });

  it('gives a wait of more than a minute back at once, asks nothing more until it is over, and does not hold up other chats', async () => {
    api.answer('sendMessage', { error_code: 429, description: 'Too Many Requests: retry after 900', parameters: { retry_after: 900 } }, { result: { message_id: 9 } });
    await expect(sender.sendPart(PERSON, text('1'))).rejects.toMatchObject({ code: 'rate_limited', retryAfterMs: 900_000 });
    await clock.advance(300_000);
    await expect(sender.sendPart(PERSON, text('1'))).rejects.toMatchObject({ code: 'rate_limited', retryAfterMs: 600_000 });
    await sender.sendPart(mintId('tg:42:8'), text('other'));
    expect(api.calls.map((call) => call.parameters.text)).toEqual(['1', 'other']);
    await clock.advance(600_000);
    await sender.sendPart(PERSON, text('1'));
    expect(api.calls.map((call) => call.parameters.text)).toEqual(['1', 'other', '1']);
  });

  it('gives a long wait of the whole bot back to everybody', async () => {
    let refused = 0;
    api.answer('sendMessage', () => (refused++ < 3 ? { error_code: 429, description: 'Too Many Requests', parameters: { retry_after: 120 } } : { result: { message_id: 9 } }));
    const send = (chat: number) => sender.sendPart(mintId(`tg:42:${chat}`), text(String(chat)));
    for (const chat of [1, 2, 3]) await expect(send(chat)).rejects.toMatchObject({ code: 'rate_limited' });
    await expect(send(4)).rejects.toMatchObject({ code: 'rate_limited', retryAfterMs: 120_000 });
    expect(api.calls).toHaveLength(3);
    await clock.advance(120_000);
    await Promise.all([1, 2, 3, 4].map(send));
    expect(api.calls).toHaveLength(7);
  });

  it('lets a button be when Telegram asks for a long wait', async () => {
    api.answer('answerCallbackQuery', { error_code: 429, description: 'Too Many Requests', parameters: { retry_after: 900 } });
    await sender.answerAction('a1');
  });

  it('never has two calls of one chat under way', async () => {
    let underWay = 0;
    let most = 0;
    api.answer('sendMessage', async () => {
      most = Math.max(most, ++underWay);
      await new Promise((resolve) => { setImmediate(resolve); });
      underWay -= 1;
      return { result: { message_id: 1 } };
    });
    await Promise.all(['a', 'b', 'c', 'd'].map((value) => sender.sendPart(PERSON, text(value))));
    expect(most).toBe(1);
    expect(api.calls.map((call) => call.parameters.text)).toEqual(['a', 'b', 'c', 'd']);
  });
});
