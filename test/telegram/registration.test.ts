import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { BridgeEvent } from '../../src/core/types.js';
import { createTelegramClient, type TelegramClient } from '../../src/telegram/client.js';
import { createRegistration, getBotAccount, type IntakeMode, type Registration } from '../../src/telegram/registration.js';
import { startBotApi, TOKEN, type FakeBotApi } from './bot-api.js';

let api: FakeBotApi;
let client: TelegramClient;
let events: BridgeEvent[];
const URL_SET = 'https://bridge.example/telegram/abc';
const webhook: IntakeMode = { kind: 'webhook', url: URL_SET, secretToken: 's' };
const info = (fields: object = {}): object => ({ url: URL_SET, max_connections: 40, allowed_updates: ['my_chat_member', 'message', 'callback_query', 'edited_message', 'message_reaction'], pending_update_count: 3, ...fields });
const create = (mode: IntakeMode): Registration => createRegistration({
  client, mode, emit: (event) => events.push(event),
  commands: { default: [{ command: 'new', description: 'New' }], ru: [{ command: 'new', description: 'Новое' }] },
});

beforeEach(async () => {
  api = await startBotApi();
  events = [];
  client = createTelegramClient({ token: TOKEN, apiRoot: api.url, emit: () => undefined, nowMs: () => 0 });
});
afterEach(async () => { client.disconnect(); await api.close(); });

describe('registration', () => {
  it('knows who the bot is', async () => {
    api.answer('getMe', { result: { id: 42, is_bot: true, first_name: 'B', username: 'HelpBot' } });
    expect(await getBotAccount(client)).toMatchObject({ id: '42', username: 'HelpBot' });
  });
  it('says that a token is wrong', async () => {
    api.answer('getMe', { error_code: 401, description: 'Unauthorized' });
    await expect(getBotAccount(client)).rejects.toMatchObject({ code: 'unauthorized' });
  });
  it('removes the webhook for polling, and never drops what waits', async () => {
    await create({ kind: 'polling' }).start();
    expect(api.of('deleteWebhook').map((call) => call.parameters)).toEqual([{}]);
    expect(api.of('setMyCommands').map((call) => call.parameters)).toEqual([
      { commands: [{ command: 'new', description: 'New' }] }, { commands: [{ command: 'new', description: 'Новое' }], language_code: 'ru' },
    ]);
  });
  it('sets the webhook with its secret, and never drops what waits', async () => {
    await create(webhook).start();
    expect(api.of('setWebhook').map((call) => call.parameters)).toEqual([
      { url: URL_SET, secret_token: 's', max_connections: 40, allowed_updates: ['message', 'edited_message', 'callback_query', 'my_chat_member', 'message_reaction'] },
    ]);
  });
  it('starts without the list of commands, but not without the webhook', async () => {
    api.answer('setMyCommands', { error_code: 400, description: 'Bad Request: BOT_COMMAND_INVALID' });
    await create(webhook).start();
    expect(events).toMatchObject([{ type: 'log', level: 'warn' }]);
    api.answer('setWebhook', { error_code: 400, description: 'Bad Request: bad webhook: HTTPS url must be provided for webhook' });
    await expect(create(webhook).start()).rejects.toMatchObject({ code: 'invalid' });
  });
  it.each([
    { name: 'as it should be', mode: webhook, state: info(), repaired: 0 },
    { name: 'removed', mode: webhook, state: info({ url: '' }), repaired: 1 },
    { name: 'another address', mode: webhook, state: info({ url: 'https://else.example' }), repaired: 1 },
    { name: 'other kinds of updates', mode: webhook, state: info({ allowed_updates: ['message'] }), repaired: 1 },
    { name: 'fewer connections', mode: webhook, state: info({ max_connections: 1 }), repaired: 1 },
    { name: 'another secret', mode: webhook, state: info({ last_error_date: 5, last_error_message: 'Wrong response from the webhook: 401 Unauthorized' }), repaired: 1 },
    { name: 'none, for polling', mode: { kind: 'polling' } as const, state: info({ url: '' }), repaired: 0 },
    { name: 'one, though polling', mode: { kind: 'polling' } as const, state: info(), repaired: 1 },
  ])('$name: repaired $repaired times', async ({ mode, state, repaired }) => {
    api.answer('getWebhookInfo', { result: state });
    await create(mode).watch();
    expect(api.of(mode.kind === 'polling' ? 'deleteWebhook' : 'setWebhook')).toHaveLength(repaired);
  });
  it('tells of failed deliveries once, and once more when they are over, without the address', async () => {
    const failed = (date: number, words: string): void => api.answer('getWebhookInfo', { result: info({ last_error_date: date, last_error_message: `Wrong response: ${words} ${URL_SET}` }) });
    const registration = create(webhook);
    const look = async (): Promise<void> => { await registration.watch(); };
    failed(5, '502 Bad Gateway');
    await look();
    failed(65, '502 Bad Gateway');
    await look();
    await look();
    await look();
    const told = events.flatMap((event) => (event.type === 'log' ? [event] : []));
    expect(told).toMatchObject([{ level: 'warn', facts: { status: '502', pending: 3 } }, { level: 'info', message: 'Telegram delivers to the webhook again' }]);
    expect(events.flatMap((event) => (event.type === 'queue' ? [event] : []))).toEqual([true, true, false, false].map((failing) => ({ type: 'queue', waiting: 3, failing })));
    expect(JSON.stringify(events)).not.toContain('abc');
  });
  it('tells nobody of what we asked to come again later: the outage of the helpdesk is told already', async () => {
    api.answer('getWebhookInfo', { result: info({ last_error_date: 5, last_error_message: 'Wrong response from the webhook: 503 Service Unavailable' }) });
    await create(webhook).watch();
    expect(events).toEqual([{ type: 'queue', waiting: 3, failing: false }]);
  });
  it('survives a look that fails', async () => {
    api.answer('getWebhookInfo', { error_code: 500, description: 'x' });
    const registration = create(webhook);
    await registration.watch();
    await registration.watch();
    expect(events).toMatchObject([{ type: 'log', level: 'warn' }]);
  });
});
