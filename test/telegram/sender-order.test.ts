/** When a message leaves: its turn, the order in a chat, and what Telegram asks to wait. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { BridgeError } from '../../src/core/errors.js';
import type { Turn } from '../../src/core/ports.js';
import { plainText } from '../../src/core/rich-text.js';
import { mintId, type Part } from '../../src/core/types.js';
import type { TelegramSender } from '../../src/telegram/sender.js';
import type { FakeBotApi } from './bot-api.js';
import { until, type VirtualClock } from './clock.js';
import { attachment, PERSON, startSending, text, type Sending } from './sending.js';

let sending: Sending;
let api: FakeBotApi;
let clock: VirtualClock;
let sender: TelegramSender;

beforeEach(async () => {
  sending = await startSending();
  ({ api, clock, sender } = sending);
});
afterEach(() => sending.close());

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
    expect(sending.events.filter((event) => event.type === 'log' && event.facts?.scope === 'bot')).toHaveLength(1);
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
