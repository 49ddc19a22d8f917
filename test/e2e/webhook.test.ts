/** Webhook mode, on the real socket: what Telegram delivers, what others forge, and the helpdesk's doorbell beside it. */
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { signHmac } from '../../src/http/signature.js';
import { webhookPath } from '../../src/telegram/webhook.js';
import { createRegistration } from '../../src/telegram/registration.js';
import { createTelegramClient } from '../../src/telegram/client.js';
import type { EmulatorWorld, RunningEmulator } from '../../src/demo/emulator/index.js';
import type { BridgeEvent } from '../../src/core/types.js';
import { eventually, temporaryFolder } from './program.js';
import {
  allAcknowledged, BOT_TOKEN, botSays, cleanUp, commentWith, createAgent, DESK_TOKEN, endProgram, findAtRest, fromBot, SOON_MS, startProgram, startTelegram, ticketWith,
  type Agent, type Cleanup, type Running,
} from './setup.js';
import { freePort } from '../fakes/free-port.js';

const TEST_MS = 60_000;
jest.setTimeout(TEST_MS);
const TELEGRAM_SECRET = 'e2e-telegram-secret_0123456789';
const HELPDESK_SECRET = 'e2e-helpdesk-secret-0123456789';
const cleanups: Cleanup[] = [];
let telegram: RunningEmulator;
let world: EmulatorWorld;
let folder: string;
let port: number;
let running: Running;
let agent: Agent;

const ACCOUNT = { name: 'Ерлан', token: 'e2e-agent-token' };
const secrets = { DESK_AGENT_NAME: ACCOUNT.name, DESK_AGENT_TOKEN: ACCOUNT.token, HELPDESK_TOKEN: DESK_TOKEN, HELPDESK_WEBHOOK_SECRET: HELPDESK_SECRET, SWEEP_SECONDS: '3600' };
const webhookEnv = (): Record<string, string> => ({
  ...secrets, TELEGRAM_API_ROOT: telegram.url, DATA_DIR: folder, TELEGRAM_MODE: 'webhook', TELEGRAM_WEBHOOK_SECRET: TELEGRAM_SECRET, PORT: String(port),
  PUBLIC_URL: `http://127.0.0.1:${port}`,
});

beforeAll(async () => {
  telegram = await startTelegram();
  world = telegram.world;
  const temporary = await temporaryFolder();
  folder = temporary.path;
  cleanups.push(() => telegram.stop(), () => temporary.remove());
  port = await freePort();
  running = await startProgram(webhookEnv());
  cleanups.push(() => endProgram(running.program));
  agent = createAgent(running.url, DESK_TOKEN, ACCOUNT);
});
afterAll(() => cleanUp(cleanups));

interface Answer {
  readonly status: number;
  readonly text: string;
}

async function send(path: string, body: string | Buffer, headers: Readonly<Record<string, string>> = {}, method = 'POST'): Promise<Answer> {
  const init: RequestInit = { method, headers: { 'content-type': 'application/json', ...headers } };
  const response = await fetch(`${running.url}${path}`, method === 'POST' ? { ...init, body: typeof body === 'string' ? body : new Uint8Array(body) } : init);
  return { status: response.status, text: await response.text() };
}

const updatePath = webhookPath(TELEGRAM_SECRET);
const signedByTelegram = { 'x-telegram-bot-api-secret-token': TELEGRAM_SECRET };

function update(id: number, text: string): string {
  const from = { id: 5_999_999_999, is_bot: false, first_name: 'Mallory' };
  return JSON.stringify({ update_id: id, message: { message_id: 1, from, chat: { ...from, type: 'private' }, date: Math.floor(Date.now() / 1000), text } });
}

describe('updates by webhook', () => {
  it('relay both ways, several chats at once', async () => {
    const users = ['Бірінші', 'Екінші', 'Үшінші'].map((name) => world.addUser({ name }).id);
    users.forEach((user, index) => {
      world.say(user, `сұрақ ${index}`);
      world.say(user, `жалғасы ${index}`);
    });
    for (const [index, user] of users.entries()) {
      const ticket = await ticketWith(agent, `сұрақ ${index}`);
      await commentWith(agent, ticket.id, `жалғасы ${index}`);
      await agent.answer(ticket.id, `жауап ${index}`);
      await botSays(world, user, `жауап ${index}`);
    }
    await allAcknowledged(world);
    expect(world.calls()['getUpdates']).toBeUndefined();
    expect((await agent.tickets()).length).toBe(3);
  });

  const big = `{"update_id":1,"x":"${'a'.repeat(1_100_000)}"}`;
  const forged: readonly { name: string; path?: string; headers?: Record<string, string>; body: string; method?: string; status: number }[] = [
    { name: 'no secret', body: update(1, 'forged words'), status: 401 },
    { name: 'another secret', body: update(2, 'forged words'), headers: { 'x-telegram-bot-api-secret-token': `${TELEGRAM_SECRET}x` }, status: 401 },
    { name: 'an empty secret', body: update(3, 'forged words'), headers: { 'x-telegram-bot-api-secret-token': '' }, status: 401 },
    { name: 'another path', path: '/telegram/0123456789abcdef0123456789abcdef', body: update(4, 'forged words'), headers: signedByTelegram, status: 404 },
    { name: 'the secret itself as path', path: `/telegram/${TELEGRAM_SECRET}`, body: update(5, 'forged words'), headers: signedByTelegram, status: 404 },
    { name: 'broken JSON', body: '{"update_id":6,', headers: signedByTelegram, status: 400 },
    { name: 'no update', body: '{"message":{"text":"forged words"}}', headers: signedByTelegram, status: 400 },
    { name: 'an empty body', body: '', headers: signedByTelegram, status: 400 },
    { name: 'a list', body: '[1,2]', headers: signedByTelegram, status: 400 },
    { name: 'an oversized body', body: big, headers: signedByTelegram, status: 413 },
    { name: 'an oversized body without a secret', body: big, status: 413 },
    { name: 'a torn encoding', body: 'x', headers: { ...signedByTelegram, 'content-encoding': 'gzip' }, status: 400 },
    { name: 'GET', body: '', method: 'GET', headers: signedByTelegram, status: 404 },
  ];

  it.each(forged)('refuse $name with $status, and nothing changes', async ({ path = updatePath, headers = {}, body, method = 'POST', status }) => {
    const before = await agent.tickets();
    const answer = await send(path, body, headers, method);
    expect(answer.status).toBe(status);
    expect(answer.text).not.toContain(TELEGRAM_SECRET);
    expect(await agent.tickets()).toEqual(before);
  });

  it('take the same update twice and store it once', async () => {
    const body = update(900_000_001, 'told twice');
    const answers = await Promise.all([send(updatePath, body, signedByTelegram), send(updatePath, body, signedByTelegram)]);
    expect([...answers, await send(updatePath, body, signedByTelegram)].map((answer) => answer.status)).toEqual([200, 200, 200]);
    const tickets = (await agent.tickets()).filter((ticket) => ticket.subject === 'told twice');
    expect(tickets).toHaveLength(1);
    expect(await agent.comments(tickets[0]?.id ?? '')).toHaveLength(1);
  });
});

describe('a webhook that someone else deleted or moved', () => {
  it('is set again by the next look, and what waited is kept', async () => {
    const events: BridgeEvent[] = [];
    const client = createTelegramClient({ token: BOT_TOKEN, apiRoot: telegram.url, emit: () => undefined, nowMs: Date.now });
    cleanups.push(async () => client.disconnect());
    const url = `http://127.0.0.1:${port}${updatePath}`;
    // The program looks once a minute; this is the same look, now.
    const registration = createRegistration({ client, mode: { kind: 'webhook', url, secretToken: TELEGRAM_SECRET }, commands: {}, emit: (event) => { events.push(event); } });
    await client.call('deleteWebhook', {});
    const user = world.addUser({ name: 'Ұмыт' }).id;
    world.say(user, 'сказано в пустоту');
    expect(world.pendingUpdates()).toBe(1);
    await eventually(async () => {
      await registration.watch(); // Telegram takes one change in a second
      return world.pendingUpdates() === 0 ? true : undefined;
    }, SOON_MS, 'the webhook is repaired');
    expect(await client.call('getWebhookInfo', {})).toMatchObject({ url, pending_update_count: 0 });
    await ticketWith(agent, 'сказано в пустоту');
    const logged = JSON.stringify(events);
    expect(logged).toContain('the webhook was changed by someone else; set again');
    expect(logged).not.toContain(updatePath);
  });
});

describe('the doorbell of the helpdesk', () => {
  const sign = (body: string, atMs = Date.now(), secret = HELPDESK_SECRET): Record<string, string> => ({
    'x-desk-timestamp': String(atMs), 'x-desk-signature': signHmac('sha256', secret, Buffer.from(`${atMs}.${body}`)),
  });
  const ring = JSON.stringify({ event: 'tickets_changed', tickets: [{ id: '1001' }] });
  const big = JSON.stringify({ event: 'x', padding: 'a'.repeat(2 * 2 ** 20) });
  const wrong: readonly { name: string; body: string; headers: Record<string, string>; status: number; method?: string }[] = [
    { name: 'no signature', body: ring, headers: {}, status: 401 },
    { name: 'another secret', body: ring, headers: sign(ring, Date.now(), 'guess'), status: 401 },
    { name: 'a signature for another body', body: ring.replace('1001', '1002'), headers: sign(ring), status: 401 },
    { name: 'an old one', body: ring, headers: sign(ring, Date.now() - 6 * 60_000), status: 401 },
    { name: 'one from the future', body: ring, headers: sign(ring, Date.now() + 6 * 60_000), status: 401 },
    { name: 'a fresh timestamp on an old signature', body: ring, headers: { ...sign(ring, Date.now() - 6 * 60_000), 'x-desk-timestamp': String(Date.now()) }, status: 401 },
    { name: 'a timestamp that is none', body: ring, headers: { ...sign(ring), 'x-desk-timestamp': 'now' }, status: 401 },
    { name: 'broken JSON', body: '{"event":', headers: sign('{"event":'), status: 400 },
    { name: 'tickets that are none', body: '{"event":"x","tickets":[{"id":"../1"}]}', headers: sign('{"event":"x","tickets":[{"id":"../1"}]}'), status: 400 },
    { name: 'an empty body', body: '', headers: sign(''), status: 400 },
    { name: 'an oversized body', body: big, headers: sign(big), status: 413 },
    { name: 'GET', body: '', headers: {}, method: 'GET', status: 404 },
  ];

  it.each(wrong)('refuses $name with $status, and nothing changes', async ({ body, headers, status, method = 'POST' }) => {
    const rung = async (): Promise<string | undefined> => /^deskbridge_doorbells_total\{source="webhook"\} (\d+)/m.exec((await send('/metrics', '', {}, 'GET')).text)?.[1];
    const before = { rung: await rung(), tickets: await agent.tickets() };
    const answer = await send('/helpdesk', body, headers, method);
    expect(answer.status).toBe(status);
    expect(answer.text).not.toContain(HELPDESK_SECRET);
    expect({ rung: await rung(), tickets: await agent.tickets() }).toEqual(before);
  });

  it('is answered when it is real, also for a ticket that does not exist', async () => {
    for (const body of [ring, JSON.stringify({ event: 'tickets_changed', tickets: [{ id: '999999' }] }), '{"event":"ping"}']) {
      expect((await send('/helpdesk', body, sign(body))).status).toBe(200);
    }
    expect((await send('/healthz', '', {}, 'GET')).status).toBe(200);
  });
});

describe('from webhook to polling and back', () => {
  it('keeps what waits', async () => {
    const user = world.addUser({ name: 'Көшу' }).id;
    running.program.kill('SIGTERM');
    expect(await running.program.ended).toBe(0);
    world.say(user, 'между режимами раз');
    world.say(user, 'между режимами два');
    expect(world.pendingUpdates()).toBe(2);
    const printed = [running.program.output()];
    running = await startProgram({ ...secrets, TELEGRAM_API_ROOT: telegram.url, DATA_DIR: folder });
    agent = createAgent(running.url, DESK_TOKEN, ACCOUNT);
    const ticket = await ticketWith(agent, 'между режимами раз');
    await commentWith(agent, ticket.id, 'между режимами два');
    await allAcknowledged(world);
    expect((await send(updatePath, update(7, 'x'), signedByTelegram)).status).toBe(404);

    running.program.kill('SIGTERM');
    expect(await running.program.ended).toBe(0);
    printed.push(running.program.output());
    world.say(user, 'между режимами три');
    running = await startProgram(webhookEnv());
    agent = createAgent(running.url, DESK_TOKEN, ACCOUNT);
    await commentWith(agent, ticket.id, 'между режимами три');
    await allAcknowledged(world);
    expect((await agent.comments(ticket.id)).map((comment) => /между режимами \S+?(?=<|$)/.exec(comment.html)?.[0]))
      .toEqual(['между режимами раз', 'между режимами два', 'между режимами три']);
    expect(fromBot(world, user)).toHaveLength(1);
    const words = ['сұрақ', 'жауап', 'Бірінші', 'told twice', 'forged words', 'Mallory', 'режимами', 'Ерлан', ACCOUNT.token, BOT_TOKEN, DESK_TOKEN, TELEGRAM_SECRET, HELPDESK_SECRET, updatePath];
    expect(await findAtRest(folder, [...printed, running.program.output()], words)).toEqual([]);
  });
});
