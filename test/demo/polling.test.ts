import { afterEach, describe, expect, it } from '@jest/globals';
import { createVirtualClock, startApi, toAnswer, TOKEN, until, updatesOf } from './setup.js';
import type { Api } from './setup.js';

let api: Api;
afterEach(() => api.emulator.stop());

async function withMessages(...texts: string[]): Promise<number> {
  api = await startApi();
  const user = api.emulator.world.addUser({ name: 'Ann' }).id;
  for (const text of texts) api.emulator.world.say(user, text);
  return user;
}

const textsOf = (updates: ReturnType<typeof updatesOf>): (string | undefined)[] => updates.map((update) => update.message?.text);

describe('getUpdates', () => {
  it('gives the same updates until an offset confirms them, and tells the world', async () => {
    const user = await withMessages('one', 'two', 'three');
    const first = updatesOf(await api.call('getUpdates'));
    expect(textsOf(first)).toEqual(['one', 'two', 'three']);
    expect(first.map((update) => update.update_id - (first[0]?.update_id ?? 0))).toEqual([0, 1, 2]);
    expect(textsOf(updatesOf(await api.call('getUpdates')))).toEqual(['one', 'two', 'three']);
    expect(textsOf(updatesOf(await api.call('getUpdates', { offset: (first[0]?.update_id ?? 0) + 1 })))).toEqual(['two', 'three']);
    expect(api.emulator.world.chat(user).messages.map((stored) => stored.acknowledged)).toEqual([true, false, false]);
  });

  it.each([
    { name: 'limits to 100', parameters: {}, count: 100, first: 'm0' },
    { name: 'takes a limit', parameters: { limit: 7 }, count: 7, first: 'm0' },
    { name: 'raises a limit of nothing to one', parameters: { limit: 0 }, count: 1, first: 'm0' },
    { name: 'keeps only the last of a negative offset', parameters: { offset: -2 }, count: 2, first: 'm118' },
  ])('$name', async ({ parameters, count, first }) => {
    await withMessages(...Array.from({ length: 120 }, (_, index) => `m${index}`));
    const updates = updatesOf(await api.call('getUpdates', parameters));
    expect(updates).toHaveLength(count);
    expect(updates[0]?.message?.text).toBe(first);
  });

  it('forgets what lies before a negative offset', async () => {
    await withMessages('a', 'b', 'c');
    await api.call('getUpdates', { offset: -1 });
    expect(textsOf(updatesOf(await api.call('getUpdates')))).toEqual(['c']);
  });

  it('waits for news in a long poll, and brings a burst in one answer', async () => {
    const user = await withMessages();
    const poll = api.call('getUpdates', { timeout: 30 });
    await until(() => api.emulator.world.calls()['getUpdates'] === 1);
    await new Promise((resolve) => setImmediate(resolve));
    api.emulator.world.say(user, 'news');
    api.emulator.world.say(user, 'more');
    expect(textsOf(updatesOf(await poll))).toEqual(['news', 'more']);
  });

  it('answers an empty list when the time is over', async () => {
    const clock = createVirtualClock();
    api = await startApi({ clock });
    const poll = api.call('getUpdates', { timeout: 500 });
    await until(() => clock.sleepers().length > 0);
    expect(clock.sleepers()).toEqual([50_000]);
    clock.advance(50_000);
    expect((await poll).body).toEqual({ ok: true, result: [] });
  });

  it('ends the older of two long polls with 409', async () => {
    const user = await withMessages();
    const older = api.call('getUpdates', { timeout: 30 });
    await until(() => api.emulator.world.calls()['getUpdates'] === 1);
    await new Promise((resolve) => setImmediate(resolve));
    const newer = api.call('getUpdates', { timeout: 30 });
    expect(await older).toMatchObject({
      status: 409, body: { ok: false, error_code: 409, description: 'Conflict: terminated by other getUpdates request; make sure that only one bot instance is running' },
    });
    api.emulator.world.say(user, 'hello');
    expect(textsOf(updatesOf(await newer))).toEqual(['hello']);
  });

  it('refuses while a webhook is set', async () => {
    await withMessages('a');
    expect((await api.call('setWebhook', { url: 'https://bridge.invalid/hook' })).body.description).toBe('Webhook was set');
    expect((await api.call('getUpdates')).body).toMatchObject({ error_code: 409, description: expect.stringContaining("can't use getUpdates method while webhook is active") });
    await api.call('deleteWebhook');
    expect(textsOf(updatesOf(await api.call('getUpdates')))).toEqual(['a']);
  });

  it('drops what was not fetched within a day', async () => {
    const clock = createVirtualClock();
    api = await startApi({ clock });
    const user = api.emulator.world.addUser({ name: 'Ann' }).id;
    api.emulator.world.say(user, 'old');
    clock.advance(23 * 3600_000);
    api.emulator.world.say(user, 'new');
    clock.advance(2 * 3600_000);
    expect(textsOf(updatesOf(await api.call('getUpdates')))).toEqual(['new']);
  });

  it('gives only the kinds that were asked for', async () => {
    const user = await withMessages();
    await api.call('getUpdates', { allowed_updates: ['my_chat_member'] });
    api.emulator.world.say(user, 'unseen');
    api.emulator.world.block(user);
    expect(updatesOf(await api.call('getUpdates')).map((update) => Object.keys(update)[1])).toEqual(['my_chat_member']);
  });
});

describe('tokens and methods', () => {
  it.each([
    { name: 'a wrong token', path: '/bot1:wrong/getMe', status: 401, description: 'Unauthorized' },
    { name: 'an unknown method', path: `/bot${TOKEN}/getNothing`, status: 404, description: 'Not Found: method not found' },
    { name: 'a method of every object', path: `/bot${TOKEN}/constructor`, status: 404, description: 'Not Found: method not found' },
    { name: 'an unknown file', path: `/file/bot${TOKEN}/photos/none.jpg`, status: 404, description: 'Not Found' },
  ])('refuses $name', async ({ path, status, description }) => {
    api = await startApi();
    const answer = await toAnswer(await fetch(api.emulator.url + path));
    expect(answer).toMatchObject({ status, body: { ok: false, error_code: status, description } });
  });

  it('adopts the first token when none was given, and no other', async () => {
    api = await startApi();
    const open = await import('../../src/demo/emulator/index.js');
    const { realClock } = await import('./setup.js');
    const emulator = await open.startEmulator({ clock: realClock });
    const first = await toAnswer(await fetch(`${emulator.url}/bot123456:abcdef/GETME`));
    expect(first.body.result).toMatchObject({ id: 123_456, is_bot: true });
    expect((await fetch(`${emulator.url}/bot654321:abcdef/getMe`)).status).toBe(401);
    await emulator.stop();
  });

  it.each(['query', 'form', 'json', 'multipart'] as const)('reads parameters from %s', async (way) => {
    const user = await withMessages();
    const fields = { chat_id: String(user), text: 'hi', entities: '[{"type":"bold","offset":0,"length":2}]' };
    const url = `${api.emulator.url}/bot${TOKEN}/sendMessage`;
    const form = new FormData();
    for (const [key, value] of Object.entries(fields)) form.set(key, value);
    const response = await {
      query: () => fetch(`${url}?${new URLSearchParams(fields)}`),
      form: () => fetch(url, { method: 'POST', body: new URLSearchParams(fields) }),
      json: () => fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(fields) }),
      multipart: () => fetch(url, { method: 'POST', body: form }),
    }[way]();
    expect(response.status).toBe(200);
    expect(api.emulator.world.chat(user).messages[0]?.message).toMatchObject({ text: 'hi', entities: [{ type: 'bold', offset: 0, length: 2 }] });
  });
});
