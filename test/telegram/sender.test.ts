/** What leaves for Telegram, message by message and as albums. */
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { BridgeError } from '../../src/core/errors.js';
import { plainText, richText } from '../../src/core/rich-text.js';
import { mintId, type Attachment, type ConversationId, type MessageId, type Part } from '../../src/core/types.js';
import type { TelegramSender } from '../../src/telegram/sender.js';
import type { FakeBotApi } from './bot-api.js';
import { until, type VirtualClock } from './clock.js';
import { attachment, PERSON, startSending, text, type Sending } from './sending.js';

const GROUP = mintId<ConversationId>('tg:42:-5');
let sending: Sending;
let api: FakeBotApi;
let clock: VirtualClock;
let sender: TelegramSender;

beforeEach(async () => {
  sending = await startSending();
  ({ api, clock, sender } = sending);
});
afterEach(() => sending.close());

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
    expect(sending.events).toMatchObject([{ type: 'log', facts: { from: -5, to: -1005 } }]);
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
