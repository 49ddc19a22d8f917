/** A message of the past, read again by forwarding it to the operators' chat. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { buffer } from 'node:stream/consumers';
import type { MessageReader } from '../../src/core/reading-again.js';
import { mintId, type BridgeEvent, type MessageId } from '../../src/core/types.js';
import { systemClock } from '../../src/main/system-clock.js';
import { createTelegramClient, type TelegramClient } from '../../src/telegram/client.js';
import { diagnoseTelegram } from '../../src/telegram/diagnosis.js';
import { createMessageReader } from '../../src/telegram/read-again.js';
import { startBotApi, TOKEN, type Answer, type FakeBotApi } from './bot-api.js';

const OPERATORS = -100_900;
const MESSAGE = mintId<MessageId>('tg:42:7:13');
const WRITTEN = 1_767_225_600;
const bot = { id: 42, is_bot: true, first_name: 'B', username: 'HelpBot' };
const dana = { id: 7, is_bot: false, first_name: 'Dana', last_name: 'S', language_code: 'ru' };
let api: FakeBotApi;
let client: TelegramClient;
let events: BridgeEvent[];

const reader = (operatorsChat: number | undefined = OPERATORS): MessageReader => (
  createMessageReader({ client, clock: systemClock, emit: (event) => events.push(event), operatorsChat, limits: { messagesPerSecond: 0, groupMessagesPerMinute: 0 } })
);
const copyOf = (content: object): Answer => ({ result: {
  message_id: 900, from: bot, chat: { id: OPERATORS, type: 'supergroup', title: 'Operators' }, date: WRITTEN + 5_000,
  forward_origin: { type: 'user', sender_user: dana, date: WRITTEN }, ...content,
} });

beforeEach(async () => {
  api = await startBotApi();
  events = [];
  client = createTelegramClient({ token: TOKEN, apiRoot: api.url, emit: () => undefined, nowMs: () => 0 });
  api.answer('getChat', { result: { id: 7, type: 'private', first_name: 'Dana', last_name: 'S', username: 'dana_s', accent_color_id: 1 } });
  api.answer('deleteMessage', { result: true });
});
afterEach(async () => { client.disconnect(); await api.close(); });

describe('a message read again', () => {
  it('comes with its own ids, person and time, and leaves no copy', async () => {
    api.answer('forwardMessage', copyOf({ text: 'help me', entities: [{ type: 'bold', offset: 0, length: 4 }] }));
    expect(await reader().readAgain(MESSAGE)).toMatchObject({
      kind: 'message', message: MESSAGE, conversation: 'tg:42:7', sentAtMs: WRITTEN * 1_000, readAtMs: (WRITTEN + 5_000) * 1_000,
      person: { id: 'tg:7', name: 'Dana S', username: 'dana_s' }, content: { text: { text: 'help me' }, attachments: [] },
    });
    expect(api.of('forwardMessage').map((call) => call.parameters)).toEqual([{ chat_id: OPERATORS, from_chat_id: 7, message_id: 13, disable_notification: true }]);
    expect(api.of('deleteMessage').map((call) => call.parameters)).toEqual([{ chat_id: OPERATORS, message_id: 900 }]);
  });

  it('has files that open, named after the first message', async () => {
    api.answer('forwardMessage', copyOf({ caption: 'look', photo: [{ file_id: 'f1', width: 90, height: 90, file_size: 3 }] }));
    api.answer('getFile', { result: { file_id: 'f1', file_path: 'photos/1.jpg', file_size: 3 } });
    api.files.set(`/file/bot${TOKEN}/photos/1.jpg`, Buffer.from('abc'));
    const { content } = await reader().readAgain(MESSAGE);
    expect([content.text.text, content.attachments.map((file) => file.name)]).toEqual(['look', ['photo_13.jpg']]);
    const bytes = await content.attachments[0]?.open?.();
    expect(bytes === undefined ? '' : (await buffer(bytes)).toString()).toBe('abc');
  });

  it('belongs to whoever sent it, also when they passed it on or hide their name in forwards', async () => {
    const stranger = { type: 'user', sender_user: { id: 99, is_bot: false, first_name: 'Stranger' }, date: 5 };
    for (const forward_origin of [stranger, { type: 'hidden_user', sender_user_name: 'Dana', date: WRITTEN }, { type: 'channel', chat: { id: -1, type: 'channel' }, message_id: 3, date: 6 }]) {
      api.answer('forwardMessage', copyOf({ text: 'x', forward_origin }));
      expect(await reader().readAgain(MESSAGE)).toMatchObject({ message: MESSAGE, conversation: 'tg:42:7', person: { id: 'tg:7', name: 'Dana S' }, sentAtMs: forward_origin.date * 1_000 });
    }
  });

  it('belongs in a group to its sender, or to the group when nobody says who that was', async () => {
    const message = mintId<MessageId>('tg:42:-55:13');
    api.answer('getChat', { result: { id: -55, type: 'group', title: 'The Team' } });
    api.answer('forwardMessage', copyOf({ text: 'x' }));
    expect(await reader().readAgain(message)).toMatchObject({ message, conversation: 'tg:42:-55', person: { id: 'tg:7', name: 'Dana S' } });
    api.answer('forwardMessage', copyOf({ text: 'x', forward_origin: { type: 'hidden_user', sender_user_name: 'Dana', date: WRITTEN } }));
    expect(await reader().readAgain(message)).toMatchObject({ message, person: { id: 'tg:-55', name: 'The Team' } });
  });

  it('is there even when its copy cannot be deleted; the log names the copy', async () => {
    api.answer('forwardMessage', copyOf({ text: 'x' }));
    api.answer('deleteMessage', { error_code: 400, description: 'Bad Request: message can\'t be deleted' });
    expect(await reader().readAgain(MESSAGE)).toMatchObject({ message: MESSAGE });
    expect(events).toMatchObject([{ type: 'log', level: 'warn', facts: { copy: 900 } }]);
  });
});

describe('a message that cannot be read again', () => {
  const refusals: readonly { name: string; method?: string; answer: Answer; code: string; words: RegExp }[] = [
    { name: 'is deleted', answer: { error_code: 400, description: 'Bad Request: message to forward not found' }, code: 'not_found', words: /Telegram has it no more/ },
    { name: 'is protected', answer: { error_code: 400, description: 'Bad Request: message can\'t be forwarded' }, code: 'forbidden', words: /does not allow to forward/ },
    { name: 'is of a chat that is protected', answer: { error_code: 400, description: 'Bad Request: CHAT_FORWARDS_RESTRICTED' }, code: 'forbidden', words: /does not allow to forward/ },
    { name: 'would go to a chat that is not there', answer: { error_code: 400, description: 'Bad Request: chat not found' }, code: 'forbidden', words: /operators' chat/ },
    { name: 'would go to a chat where the bot may not write', answer: { error_code: 403, description: 'Forbidden: bot was kicked from the supergroup chat' }, code: 'forbidden', words: /operators' chat/ },
    {
      name: 'would go to a group that was upgraded', code: 'forbidden', words: /supergroup with the id -100777/,
      answer: { error_code: 400, description: 'Bad Request: group chat was upgraded to a supergroup chat', parameters: { migrate_to_chat_id: -100_777 } },
    },
    { name: 'is of a chat that is gone', method: 'getChat', answer: { error_code: 400, description: 'Bad Request: chat not found' }, code: 'forbidden', words: /chat of the message/ },
    { name: 'is a command', answer: copyOf({ text: '/close now' }), code: 'unsupported', words: /command/ },
    { name: 'is a service message', answer: copyOf({ new_chat_title: 'x' }), code: 'unsupported', words: /service message/ },
    { name: 'meets an outage', answer: { error_code: 502, description: 'Bad Gateway' }, code: 'unavailable', words: /502/ },
  ];
  it.each(refusals)('because it $name: $code', async ({ method = 'forwardMessage', answer, code, words }) => {
    api.answer('forwardMessage', copyOf({ text: 'x' }));
    api.answer(method, answer);
    await expect(reader().readAgain(MESSAGE)).rejects.toMatchObject({ code, message: expect.stringMatching(words) });
  });

  it('without an operators\' chat, or of another bot, is not asked for at all', async () => {
    const without = createMessageReader({ client, clock: systemClock, emit: () => undefined });
    await expect(without.readAgain(MESSAGE)).rejects.toMatchObject({ code: 'unsupported', message: expect.stringMatching(/TELEGRAM_OPERATORS_CHAT/) });
    await expect(reader().readAgain(mintId('tg:43:7:13'))).rejects.toMatchObject({ code: 'unsupported', message: expect.stringMatching(/another bot/) });
    expect(api.calls).toEqual([]);
  });
});

describe('doctor looks at the operators\' chat', () => {
  const diagnose = async (operatorsChat?: number) => (await diagnoseTelegram(client, { mode: 'polling', operatorsChat })).slice(2);
  beforeEach(() => {
    api.answer('getMe', { result: bot });
    api.answer('getWebhookInfo', { result: { url: '', pending_update_count: 0 } });
    api.answer('getChat', { result: { id: OPERATORS, type: 'supergroup', title: 'Operators' } });
    api.answer('sendChatAction', { result: true });
  });

  it('only when there is one, and without a message', async () => {
    expect(await diagnose()).toEqual([]);
    expect(await diagnose(OPERATORS)).toMatchObject([{ subject: 'operators\' chat', ok: true }]);
    expect(api.calls.map((call) => call.method)).toEqual(['getMe', 'getWebhookInfo', 'getMe', 'getWebhookInfo', 'getChat', 'sendChatAction']);
  });
  it('and says when it is not there, or the bot may not write', async () => {
    api.answer('sendChatAction', { error_code: 400, description: 'Bad Request: not enough rights to send text messages to the chat' });
    expect(await diagnose(OPERATORS)).toMatchObject([{ ok: false, finding: expect.stringMatching(/not enough rights/), advice: expect.stringMatching(/TELEGRAM_OPERATORS_CHAT/) }]);
    api.answer('getChat', { error_code: 400, description: 'Bad Request: chat not found' });
    expect(await diagnose(OPERATORS)).toMatchObject([{ ok: false, finding: expect.stringMatching(/chat not found/) }]);
    api.answer('getChat', { error_code: 400, description: 'Bad Request: group chat was upgraded to a supergroup chat', parameters: { migrate_to_chat_id: -100_777 } });
    expect(await diagnose(OPERATORS)).toMatchObject([{ ok: false, advice: 'set TELEGRAM_OPERATORS_CHAT to -100777' }]);
  });
  it('also when it is a channel', async () => {
    api.answer('getChat', { result: { id: OPERATORS, type: 'channel' } });
    api.answer('getChatMember', { result: { status: 'administrator', can_post_messages: true } }, { result: { status: 'left' } });
    expect(await diagnose(OPERATORS)).toMatchObject([{ ok: true }]);
    expect(await diagnose(OPERATORS)).toMatchObject([{ ok: false, finding: 'the bot may not post in the channel' }]);
  });
});
