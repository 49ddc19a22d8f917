import { beforeEach, describe, expect, it } from '@jest/globals';
import type { BridgeEvent, RawRequest } from '../../src/core/types.js';
import { createWebhook, webhookPath, type Webhook } from '../../src/telegram/webhook.js';
import { createVirtualClock, settle, type VirtualClock } from './clock.js';

const SECRET = 'a-secret_1';
let clock: VirtualClock;
let webhook: Webhook;
let jobs: { done: () => void; fail: (error: Error) => void }[];
let events: BridgeEvent[];

const request = (body: unknown, secret: string | null = SECRET): RawRequest => ({
  headers: secret === null ? {} : { 'x-telegram-bot-api-secret-token': secret }, body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
});
const update = (id: number): object => ({ update_id: id, message: { message_id: id, date: 1, chat: { id: 7, type: 'private' }, from: { id: 7, first_name: 'A' }, text: 'x' } });

beforeEach(() => {
  clock = createVirtualClock();
  [jobs, events] = [[], []];
  webhook = createWebhook({
    secretToken: SECRET, clock, emit: (event) => events.push(event),
    bot: { id: '42', username: 'b', downloadBytesMax: 1, openFile: () => Promise.reject(new Error('unused')) },
    handle: () => new Promise((resolve, reject) => { jobs.push({ done: resolve, fail: reject }); }),
  });
});

describe('webhook', () => {
  it.each([
    { name: 'no secret', raw: request(update(1), null) },
    { name: 'a wrong secret', raw: request(update(1), 'a-secret_2') },
    { name: 'a longer secret', raw: request(update(1), `${SECRET}1`) },
    { name: 'a wrong secret around nonsense', raw: request('{', 'wrong') },
  ])('refuses $name before it reads the body', async ({ raw }) => {
    expect(await webhook(raw)).toEqual({ status: 401 });
    expect(jobs).toEqual([]);
  });

  it.each(['{', '', 'null', '[]', '{"update_id":"1"}'])('answers 400 to %j and changes nothing', async (body) => {
    expect(await webhook(request(body))).toEqual({ status: 400 });
    expect(jobs).toEqual([]);
  });

  it('answers 200 when the work is done, not before', async () => {
    let status = 0;
    const answer = webhook(request(update(1))).then((given) => { status = given.status; });
    await settle();
    expect(status).toBe(0);
    jobs[0]?.done();
    await answer;
    expect(status).toBe(200);
    expect(clock.sleepers()).toBe(0);
  });

  it('joins a repeat to the running work, and knows it when it is done', async () => {
    const answers = [webhook(request(update(1))), webhook(request(update(1)))];
    await settle();
    expect(jobs).toHaveLength(1);
    jobs[0]?.done();
    expect(await Promise.all(answers)).toEqual([{ status: 200 }, { status: 200 }]);
    expect(await webhook(request(update(1)))).toEqual({ status: 200 });
    expect(jobs).toHaveLength(1);
  });

  it('answers 503 after 45 s and goes on working', async () => {
    const late = webhook(request(update(1)));
    await clock.advance(44_999);
    expect(clock.sleepers()).toBe(1);
    await clock.advance(1);
    expect(await late).toEqual({ status: 503, headers: { 'retry-after': '5' } });
    const repeat = webhook(request(update(1)));
    await settle();
    expect(jobs).toHaveLength(1);
    jobs[0]?.done();
    expect(await repeat).toEqual({ status: 200 });
  });

  it('answers 503 to what was refused, and takes it again', async () => {
    const refused = webhook(request(update(1)));
    jobs[0]?.fail(new Error('stopping'));
    expect(await refused).toMatchObject({ status: 503 });
    const again = webhook(request(update(1)));
    jobs[1]?.done();
    expect(await again).toEqual({ status: 200 });
  });

  it('acknowledges an update that nobody can read, and says which', async () => {
    expect(await webhook(request({ update_id: 9, message: { text: 'secret words' } }))).toEqual({ status: 200 });
    expect(events).toContainEqual(expect.objectContaining({ type: 'log', level: 'error', facts: expect.objectContaining({ update: 9 }) }));
    expect(JSON.stringify(events)).not.toContain('secret words');
  });

  it('works on different updates at the same time', async () => {
    const answers = [webhook(request(update(1))), webhook(request(update(2)))];
    await settle();
    expect(jobs).toHaveLength(2);
    jobs[1]?.done();
    expect(await answers[1]).toEqual({ status: 200 });
    jobs[0]?.done();
    await answers[0];
  });

  it.each(['', 'with space', 'x'.repeat(257), 'кириллица'])('refuses the secret %j', (secretToken) => {
    expect(() => createWebhook({ secretToken, clock, emit: () => undefined, bot: { id: '1', username: 'b', downloadBytesMax: 1, openFile: () => Promise.reject(new Error('unused')) }, handle: () => Promise.resolve() })).toThrow(/secret/u);
  });

  it('has a path that follows from the secret and does not show it', () => {
    expect(webhookPath(SECRET)).toMatch(/^\/telegram\/[0-9a-f]{32}$/u);
    expect(webhookPath(SECRET)).toBe(webhookPath(SECRET));
    expect(webhookPath('other')).not.toBe(webhookPath(SECRET));
    expect(webhookPath(SECRET)).not.toContain(SECRET);
  });
});
