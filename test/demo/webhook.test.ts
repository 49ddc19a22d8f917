import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createVirtualClock, startApi, startReceiver, until } from './setup.js';
import type { Api, Receiver, VirtualClock } from './setup.js';

let api: Api;
let hook: Receiver;
let clock: VirtualClock;
let ann: number;
let bob: number;

beforeEach(async () => {
  clock = createVirtualClock();
  hook = await startReceiver();
  api = await startApi({ clock, random: () => 0.5 });
  ann = api.emulator.world.addUser({ name: 'Ann' }).id;
  bob = api.emulator.world.addUser({ name: 'Bob' }).id;
});
afterEach(async () => {
  await api.emulator.stop();
  await hook.stop();
});

const texts = (): string[] => hook.received.map((entry) => entry.text);
/** The wait before the next try; deadlines of requests under way do not count. */
const waits = (): readonly number[] => clock.sleepers().filter((ms) => ms !== 60_000);

describe('webhook', () => {
  it('delivers with the secret, what waits and what comes', async () => {
    api.emulator.world.say(ann, 'before');
    await api.call('setWebhook', { url: hook.url, secret_token: 'S3cret_-' });
    await hook.reached(1);
    api.emulator.world.say(ann, 'after');
    await hook.reached(2);
    expect(hook.received.map(({ text, secret }) => ({ text, secret }))).toEqual([{ text: 'before', secret: 'S3cret_-' }, { text: 'after', secret: 'S3cret_-' }]);
    await until(() => api.emulator.world.pendingUpdates() === 0);
  });

  it('tries again at once, then after 2, 4, 8 seconds, and holds back only that chat', async () => {
    hook.answer = (text) => (text === 'poison' && hook.received.filter((entry) => entry.text === 'poison').length < 5 ? 500 : 200);
    await api.call('setWebhook', { url: hook.url });
    api.emulator.world.say(ann, 'poison');
    api.emulator.world.say(ann, 'behind');
    api.emulator.world.say(bob, 'free');
    const seen: number[] = [];
    while (seen.length < 3) {
      await until(() => waits().length === 1);
      seen.push(waits()[0] ?? 0);
      clock.advance(waits()[0] ?? 0);
    }
    await until(() => texts().includes('behind'));
    expect(seen).toEqual([2000, 4000, 8000]);
    expect(texts().filter((text) => text === 'poison')).toHaveLength(5);
    expect(texts().indexOf('behind')).toBeGreaterThan(texts().lastIndexOf('poison'));
    expect(texts().indexOf('free')).toBeLessThan(texts().lastIndexOf('poison'));
  });

  it('honours Retry-After, and does not count it as a step', async () => {
    const answers = [{ status: 503, retryAfter: 7 }, 500, { status: 503, retryAfter: 9000 }];
    hook.answer = () => answers.shift() ?? 200;
    await api.call('setWebhook', { url: hook.url });
    api.emulator.world.say(ann, 'x');
    await until(() => waits().length === 1);
    expect(waits()).toEqual([7000]);
    clock.advance(7000);
    await until(() => waits().length === 1);
    expect(waits()).toEqual([3_600_000]);
    clock.advance(3_600_000);
    await until(() => api.emulator.world.pendingUpdates() === 0);
    expect(hook.received).toHaveLength(4);
  });

  it('gives a silent answer 60 seconds', async () => {
    hook.answer = () => (hook.received.length === 1 ? 'hang' : 200);
    await api.call('setWebhook', { url: hook.url });
    api.emulator.world.say(ann, 'x');
    await hook.reached(1);
    await until(() => clock.sleepers().length === 1);
    clock.advance(60_000);
    await hook.reached(2);
    expect((await api.call('getWebhookInfo')).body.result).toMatchObject({ last_error_message: 'Read timeout expired' });
  });

  it('drops a press after 150 seconds', async () => {
    hook.answer = () => 500;
    const sent = await api.call('sendMessage', { chat_id: ann, text: 'pick', reply_markup: { inline_keyboard: [[{ text: 'Yes', callback_data: 'yes' }]] } });
    await api.call('setWebhook', { url: hook.url });
    api.emulator.world.press(ann, Number(Object(sent.body.result).message_id), 'yes');
    for (let rounds = 0; api.emulator.world.pendingUpdates() > 0 && rounds < 20; rounds += 1) {
      await until(() => waits().length === 1 || api.emulator.world.pendingUpdates() === 0);
      clock.advance(waits()[0] ?? 0);
    }
    // At 0, 0, 2, 6, 14, 30, 62 and 126 s; the next wait would pass 150 s.
    expect(texts()).toHaveLength(8);
  });

  it('never lets a press wait behind messages', async () => {
    const sent = await api.call('sendMessage', { chat_id: ann, text: 'pick', reply_markup: { inline_keyboard: [[{ text: 'Yes', callback_data: 'yes' }]] } });
    hook.answer = (text) => (text === 'stuck' ? 'hang' : 200);
    await api.call('setWebhook', { url: hook.url });
    api.emulator.world.say(ann, 'stuck');
    api.emulator.world.press(ann, Number(Object(sent.body.result).message_id), 'yes');
    await hook.reached(2);
    expect(texts().sort()).toEqual(['stuck', 'yes']);
  });

  it('stops for all when twice max_connections chats keep failing', async () => {
    hook.answer = (text) => (text === 'poison' ? 500 : 200);
    await api.call('setWebhook', { url: hook.url, max_connections: 1 });
    for (const user of [ann, bob]) api.emulator.world.say(user, 'poison');
    await until(() => waits().length === 2);
    api.emulator.world.say(api.emulator.world.addUser({ name: 'Eve' }).id, 'starved');
    clock.advance(2000);
    await until(() => waits().length === 2);
    expect(texts()).not.toContain('starved');
    hook.answer = () => 200;
    clock.advance(4000);
    await until(() => texts().includes('starved'));
  });

  it('says when nothing changed, and takes one change a second', async () => {
    const same = { url: hook.url, secret_token: 'abc', max_connections: 5 };
    expect((await api.call('setWebhook', same)).body).toEqual({ ok: true, result: true, description: 'Webhook was set' });
    expect((await api.call('setWebhook', same)).body).toEqual({ ok: true, result: true, description: 'Webhook is already set' });
    expect(await api.call('setWebhook', { ...same, secret_token: 'abd' })).toMatchObject({ status: 429, retryAfter: '1', body: { parameters: { retry_after: 1 } } });
    expect((await api.call('deleteWebhook')).body.description).toBe('Webhook was deleted');
    expect((await api.call('deleteWebhook')).body.description).toBe('Webhook is already deleted');
  });

  it('drops pending updates only when asked', async () => {
    api.emulator.world.say(ann, 'kept');
    await api.call('deleteWebhook', {});
    expect(api.emulator.world.pendingUpdates()).toBe(1);
    await api.call('deleteWebhook', { drop_pending_updates: true });
    expect(api.emulator.world.pendingUpdates()).toBe(0);
  });

  it.each([
    { name: 'no URL at all', parameters: { url: 'nonsense' }, description: 'Bad Request: invalid webhook URL specified' },
    { name: 'plain HTTP to elsewhere', parameters: { url: 'http://bridge.invalid/' }, description: 'Bad Request: bad webhook: An HTTPS URL must be provided for webhook' },
    { name: 'a secret with spaces', parameters: { url: 'https://bridge.invalid/', secret_token: 'a b' }, description: 'Bad Request: secret token contains unallowed characters' },
    { name: 'a secret of 257 characters', parameters: { url: 'https://bridge.invalid/', secret_token: 'a'.repeat(257) }, description: 'Bad Request: secret token is too long' },
  ])('refuses $name', async ({ parameters, description }) => {
    expect((await api.call('setWebhook', parameters)).body).toEqual({ ok: false, error_code: 400, description });
  });
});
