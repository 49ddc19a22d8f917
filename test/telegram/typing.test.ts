import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { plainText } from '../../src/core/rich-text.js';
import { mintId, type ConversationId } from '../../src/core/types.js';
import { createTelegramClient, type TelegramClient } from '../../src/telegram/client.js';
import { createSender, type TelegramSender } from '../../src/telegram/sender.js';
import { startBotApi, TOKEN, type FakeBotApi } from './bot-api.js';
import { createVirtualClock, until, type VirtualClock } from './clock.js';

let api: FakeBotApi;
let client: TelegramClient;
let clock: VirtualClock;
let sender: TelegramSender;
const chat = (id: number): ConversationId => mintId<ConversationId>(`tg:42:${id}`);
const word = { kind: 'text', text: plainText('x') } as const;
const hinted = (): unknown[] => api.of('sendChatAction').map(({ parameters }) => parameters['chat_id']);

beforeEach(async () => {
  api = await startBotApi();
  api.answer('sendChatAction', { result: true });
  clock = createVirtualClock();
  client = createTelegramClient({ token: TOKEN, apiRoot: api.url, emit: () => undefined, nowMs: () => 0 });
  sender = createSender({ client, clock, emit: () => undefined, limits: { messagesPerSecond: 0, chatMessagesPerSecond: 0, groupMessagesPerMinute: 0 } });
});
afterEach(async () => { client.disconnect(); await api.close(); });

describe('typing', () => {
  it('is shown in the chat, or in its topic', async () => {
    await sender.sendTyping(chat(7));
    await sender.sendTyping(mintId<ConversationId>('tg:42:-5/9'));
    expect(api.calls.map(({ parameters }) => parameters)).toEqual([{ chat_id: 7, action: 'typing' }, { chat_id: -5, message_thread_id: 9, action: 'typing' }]);
  });

  it('is left out while a message is on its way to the same chat, and does not wait for it', async () => {
    let answer = (): void => undefined;
    api.answer('sendMessage', () => new Promise((resolve) => { answer = () => resolve({ result: { message_id: 1 } }); }));
    const sent = sender.sendPart(chat(7), word);
    await until(() => api.of('sendMessage').length === 1, 'the message');
    await sender.sendTyping(chat(7));
    await sender.sendTyping(chat(8));
    expect(hinted()).toEqual([8]);
    answer();
    await sent;
    await sender.sendTyping(chat(7));
    expect(hinted()).toEqual([8, 7]);
  });

  it('does not make a message wait', async () => {
    let answer = (): void => undefined;
    api.answer('sendChatAction', () => new Promise((resolve) => { answer = () => resolve({ result: true }); }));
    const hint = sender.sendTyping(chat(7));
    await until(() => api.of('sendChatAction').length === 1, 'the hint');
    expect(await sender.sendPart(chat(7), word)).toMatch(/^tg:42:7:/);
    answer();
    await hint;
  });

  it('takes no more than five places in a second, over all chats', async () => {
    for (let id = 1; id <= 20; id += 1) await sender.sendTyping(chat(id));
    expect(hinted()).toEqual([1, 2, 3, 4, 5]);
    await clock.advance(999);
    await sender.sendTyping(chat(6));
    await clock.advance(1);
    await sender.sendTyping(chat(7));
    expect(hinted()).toEqual([1, 2, 3, 4, 5, 7]);
  });

  it('is left out for as long as Telegram asks to slow down, whatever it was that it refused; messages are not made to wait by a refused hint', async () => {
    api.answer('sendChatAction', { error_code: 429, description: 'Too Many Requests: retry after 30', parameters: { retry_after: 30 } }, { result: true });
    await expect(sender.sendTyping(chat(7))).rejects.toMatchObject({ code: 'rate_limited', retryAfterMs: 30_000 });
    await sender.sendTyping(chat(8));
    expect(hinted()).toEqual([7]);
    await sender.sendPart(chat(7), word);
    await clock.advance(30_000);
    await sender.sendTyping(chat(7));
    expect(hinted()).toEqual([7, 7]);
    api.answer('sendMessage', { error_code: 429, description: 'Too Many Requests: retry after 90', parameters: { retry_after: 90 } });
    await expect(sender.sendPart(chat(7), word)).rejects.toMatchObject({ code: 'rate_limited' });
    await sender.sendTyping(chat(7));
    await sender.sendTyping(chat(8));
    expect(hinted()).toEqual([7, 7, 8]);
  });

  it('tells what Telegram says, and asks once', async () => {
    api.answer('sendChatAction', { error_code: 403, description: 'Forbidden: bot was blocked by the user' });
    await expect(sender.sendTyping(chat(7))).rejects.toMatchObject({ code: 'forbidden', reason: 'blocked' });
    expect(hinted()).toEqual([7]);
    await expect(sender.sendTyping(mintId<ConversationId>('tg:43:7'))).rejects.toMatchObject({ code: 'invalid', reason: 'chat_gone' });
    expect(hinted()).toEqual([7]);
  });
});
