import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { BridgeEvent, ChatEvent } from '../../src/core/types.js';
import { createTelegramClient, type TelegramClient } from '../../src/telegram/client.js';
import { createPolling, type Polling } from '../../src/telegram/polling.js';
import type { BotAccount } from '../../src/telegram/updates.js';
import { startBotApi, TOKEN, type Answer, type Call, type FakeBotApi } from './bot-api.js';
import { createVirtualClock, settle, until, type VirtualClock } from './clock.js';

interface Job { readonly id: string; readonly done: () => void; readonly fail: (error: Error) => void }

let api: FakeBotApi;
let client: TelegramClient;
let clock: VirtualClock;
let events: BridgeEvent[];
let jobs: Job[];
let queue: object[];
let held: ((answer: Answer) => void)[];
let polling: Polling;

const account: BotAccount = { id: '42', username: 'b', downloadBytesMax: 1, openFile: () => Promise.reject(new Error('unused')) };
const update = (id: number, fields: object = { text: `t${id}` }): object => ({ update_id: id, message: { message_id: id, date: 1, chat: { id: 7, type: 'private' }, from: { id: 7, first_name: 'A' }, ...fields } });
const handle = (event: ChatEvent): Promise<void> => new Promise((resolve, reject) => {
  jobs.push({ id: 'message' in event ? event.message.split(':')[3] ?? '' : '', done: resolve, fail: reject });
});
/** As the real server: from the offset on, forgetting what is below; an empty answer is held back. */
const getUpdates = ({ parameters }: Call): Answer | Promise<Answer> => {
  const { offset, limit, timeout } = parameters as { offset?: number; limit: number; timeout: number };
  if (offset !== undefined) queue = queue.filter((one) => 'update_id' in one && Number(one.update_id) >= offset);
  if (queue.length > 0 || timeout === 0) return { result: queue.slice(0, limit) };
  return new Promise((resolve) => { held.push(resolve); });
};
const deliver = (...updates: object[]): void => {
  queue.push(...updates);
  for (const answer of held.splice(0)) answer({ result: queue.slice(0, 100) });
};
const offsets = (): unknown[] => api.of('getUpdates').map((call) => call.parameters.offset);
const logs = (): string[] => events.flatMap((event) => (event.type === 'log' ? [event.message] : []));
const job = (id: number): Job => {
  const found = jobs.find((one) => one.id === String(id));
  if (found === undefined) throw new Error(`update ${id} was not handed over`);
  return found;
};

beforeEach(async () => {
  api = await startBotApi();
  [events, jobs, queue, held] = [[], [], [], []];
  clock = createVirtualClock();
  client = createTelegramClient({ token: TOKEN, apiRoot: api.url, emit: () => undefined, nowMs: () => 0 });
  api.answer('getUpdates', getUpdates);
  polling = createPolling({ client, bot: account, handle, clock, emit: (event) => events.push(event) });
});
afterEach(async () => {
  const stopped = polling.stop();
  await settle();
  for (const one of jobs) one.done();
  await stopped;
  client.disconnect();
  await api.close();
});

describe('polling', () => {
  it('asks for what is read, held back as long as the server can', async () => {
    polling.start();
    await until(() => api.calls.length === 1);
    expect(api.calls[0]?.parameters).toEqual({ limit: 100, timeout: 50, allowed_updates: ['message', 'edited_message', 'callback_query', 'my_chat_member', 'message_reaction'] });
  });

  it('hands over in order without waiting, and acknowledges the lowest that is not done', async () => {
    deliver(update(10), update(11), update(12));
    polling.start();
    await until(() => jobs.length === 3);
    expect(jobs.map((one) => one.id)).toEqual(['10', '11', '12']);
    job(11).done();
    await clock.advance(599);
    await settle();
    expect(offsets()).toEqual([undefined]);
    job(10).done();
    await until(() => offsets().length === 2);
    expect(offsets()[1]).toBe(12);
    job(12).done();
    await until(() => offsets().at(-1) === 13);
    expect(jobs).toHaveLength(3);
  });

  it('does not spin on a stuck update, and what comes after it is handed over once', async () => {
    deliver(update(10));
    polling.start();
    await until(() => jobs.length === 1);
    await settle();
    expect(api.calls).toHaveLength(1);
    deliver(update(11));
    await clock.advance(600);
    await until(() => jobs.length === 2);
    job(11).done();
    for (let round = 0; round < 5; round += 1) { await clock.advance(600); await settle(); }
    expect(jobs).toHaveLength(2);
    expect(api.calls.length).toBeLessThanOrEqual(8);
    expect(offsets().filter((offset) => offset !== undefined).every((offset) => offset === 10)).toBe(true);
    job(10).done();
    await until(() => offsets().at(-1) === 12);
    expect(jobs).toHaveLength(2);
  });

  it('asks nothing while a full window waits for its head', async () => {
    deliver(...Array.from({ length: 150 }, (_, index) => update(index + 1)));
    polling.start();
    await until(() => jobs.length === 100);
    for (const one of jobs.slice(1)) one.done();
    for (let round = 0; round < 20; round += 1) { await clock.advance(600); await settle(); }
    expect(api.calls).toHaveLength(1);
    job(1).done();
    await until(() => jobs.length === 150);
    expect(offsets()[1]).toBe(101);
  });

  it('waits for half a window rather than asking for every update that is done', async () => {
    deliver(...Array.from({ length: 200 }, (_, index) => update(index + 1)));
    polling.start();
    await until(() => jobs.length === 100);
    for (let id = 1; id <= 49; id += 1) { job(id).done(); await settle(1); }
    expect(api.calls).toHaveLength(1);
    job(50).done();
    await until(() => jobs.length === 150);
    expect(offsets()).toEqual([undefined, 51]);
  });

  it('acknowledges an update that nobody can read, and says which', async () => {
    deliver({ update_id: 10, message: { text: 'secret words' } }, update(11));
    polling.start();
    await until(() => jobs.length === 1);
    await until(() => offsets().at(-1) === 11);
    expect(events).toContainEqual(expect.objectContaining({ type: 'log', level: 'error', facts: expect.objectContaining({ update: 10, code: 'invalid' }) }));
    expect(JSON.stringify(events)).not.toContain('secret words');
  });

  it('does not acknowledge what was refused, and hands it over again', async () => {
    deliver(update(10), update(11));
    polling.start();
    await until(() => jobs.length === 2);
    job(11).done();
    job(10).fail(new Error('no'));
    jobs = [];
    await settle();
    await clock.advance(600);
    await until(() => jobs.length === 1);
    expect(jobs[0]?.id).toBe('10');
    jobs[0]?.done();
    await until(() => offsets().at(-1) === 12);
  });

  it.each([
    { name: 'a webhook is set', answer: { error_code: 409, description: "Conflict: can't use getUpdates method while webhook is active" }, advice: /webhook is set/u },
    { name: 'another poller', answer: { error_code: 409, description: 'Conflict: terminated by other getUpdates request' }, advice: /another program/u },
    { name: 'a wrong token', answer: { error_code: 401, description: 'Unauthorized' }, advice: /TELEGRAM_BOT_TOKEN/u },
    { name: 'a server in trouble', answer: { error_code: 502, description: 'Bad Gateway' }, advice: /cannot be reached/u },
  ])('$name: says so once, waits longer each time, goes on', async ({ answer, advice }) => {
    api.answer('getUpdates', answer, answer, answer, getUpdates);
    polling.start();
    for (const [count, waitMs] of [[1, 500], [2, 1000], [3, 2000]] as const) {
      await until(() => api.calls.length === count && clock.sleepers() === 1);
      await clock.advance(waitMs - 1);
      expect(api.calls).toHaveLength(count);
      await clock.advance(1);
    }
    deliver(update(10));
    await until(() => jobs.length === 1);
    expect(logs()).toEqual([expect.stringMatching(advice)]);
    expect(events.filter((event) => event.type === 'outage').map((event) => event.type === 'outage' && event.up)).toEqual([false, true]);
  });

  it('waits as long as a 429 says', async () => {
    api.answer('getUpdates', { error_code: 429, description: 'Too Many Requests: retry after 9', parameters: { retry_after: 9 } }, getUpdates);
    polling.start();
    await until(() => clock.sleepers() === 1);
    await clock.advance(8_999);
    expect(api.calls).toHaveLength(1);
    await clock.advance(1);
    await until(() => api.calls.length === 2);
  });

  it('stops: ends the long poll, waits for what runs, acknowledges what is done', async () => {
    deliver(update(10), update(11));
    polling.start();
    await until(() => jobs.length === 2);
    job(10).done();
    await until(() => held.length === 1 || offsets().at(-1) === 11);
    let stopped = false;
    const stopping = polling.stop().then(() => { stopped = true; });
    await settle();
    expect(stopped).toBe(false);
    job(11).done();
    await stopping;
    expect(api.of('getUpdates').at(-1)?.parameters).toMatchObject({ offset: 12, limit: 1, timeout: 0 });
    expect(queue).toEqual([]);
  });

  it('stops without acknowledging what was refused by the stop', async () => {
    deliver(update(10), update(11), update(12));
    polling.start();
    await until(() => jobs.length === 3);
    job(10).done();
    job(12).done();
    const stopping = polling.stop();
    job(11).fail(new Error('stopping'));
    await stopping;
    expect(queue.map((one) => 'update_id' in one && one.update_id)).toEqual([11, 12]);
  });
});
