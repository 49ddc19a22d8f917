/** Who may ring and who may write by webhook: both endpoints on a real socket, with the real bridge behind them. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import net from 'node:net';
import { createWebhook, webhookPath } from '../../src/telegram/webhook.js';
import { createDoorbellReader as deskDoorbell } from '../../src/helpdesks/desk/doorbell.js';
import { createDoorbellReader as rtDoorbell } from '../../src/helpdesks/request-tracker/doorbell.js';
import { equalSecrets, signHmac } from '../../src/http/signature.js';
import { mintId, type TicketId } from '../../src/core/types.js';
import type { DoorbellReader } from '../../src/core/ports.js';
import { createServer, type Server } from '../../src/main/serve.js';
import { createMetrics } from '../../src/observe/metrics.js';
import { createWorld, type World } from '../bridge/world.js';
import { conversationId, messageEvent } from '../fakes/telegram.js';

const SECRET = 'a-secret_of-the-webhook-0123456789';
const WINDOW_MS = 5 * 60_000;
let world: World;
let server: Server;
let port: number;

async function start(reader: DoorbellReader): Promise<void> {
  world = createWorld();
  server = createServer({ host: '127.0.0.1', port: 0, emit: () => undefined, clock: world.clock, metrics: createMetrics({ processMetrics: false }), telegramPath: webhookPath(SECRET) });
  ({ port } = await server.http.start());
  const { stop } = server.http;
  closers.push(stop);
  // The helpdesk in memory puts a letter before its numbers.
  const doorbell: DoorbellReader = { authenticate: (raw, nowMs) => reader.authenticate(raw, nowMs), parse: (raw) => reader.parse(raw).map(({ ticket }) => ({ ticket: mintId<TicketId>(`t${ticket}`) })) };
  const bot = { id: '1', username: 'b', downloadBytesMax: 1, openFile: () => Promise.reject(new Error('unused')) };
  server.connect({
    connector: { ...world.helpdesk.connector, doorbell }, bridge: world.bridge, askHelpdesk: async () => undefined, askTelegram: async () => undefined,
    telegramUpdate: createWebhook({ secretToken: SECRET, clock: world.clock, emit: () => undefined, bot, handle: (event) => world.bridge.handle(event) }),
  });
}
const closers: (() => Promise<void>)[] = [];
afterEach(async () => { for (const close of closers.splice(0)) await close(); });

/** Raw bytes, so that headers may come twice, empty, or in any bytes. Gives the status. */
async function post(path: string, headers: readonly (readonly [string, string])[], body: string | Buffer): Promise<number> {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  const head = ['POST ' + path + ' HTTP/1.1', 'host: x', 'connection: close', `content-length: ${bytes.length}`, ...headers.map(([name, value]) => `${name}: ${value}`), '', ''].join('\r\n');
  return new Promise((resolve, reject) => {
    const socket = net.connect(port, '127.0.0.1', () => { socket.write(Buffer.concat([Buffer.from(head, 'latin1'), bytes])); });
    let answer = '';
    socket.on('data', (chunk) => { answer += chunk.toString('latin1'); });
    socket.on('error', reject);
    socket.on('close', () => { resolve(Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1] ?? 0)); });
  });
}

const BAD_SECRETS: readonly string[] = [
  '', ' ', 'a', SECRET.slice(0, -1), `${SECRET}x`, SECRET.toUpperCase(), `${SECRET}, ${SECRET}`, `Bearer ${SECRET}`, SECRET.repeat(200), `${SECRET}\u00e9`, '\u00ff'.repeat(34), 'null', '0', `"${SECRET}"`, SECRET.split('').reverse().join(''),
];

describe('a secret', () => {
  it('is compared whatever the lengths', () => {
    for (const given of [...BAD_SECRETS, 'тест', '😀', '\ud83d', '\0']) {
      expect(equalSecrets(given, SECRET)).toBe(false);
      expect(equalSecrets(SECRET, given)).toBe(false);
      expect(equalSecrets(given, given)).toBe(true);
    }
  });
});

describe('updates of Telegram', () => {
  const HEADER = 'X-Telegram-Bot-Api-Secret-Token';
  const path = webhookPath(SECRET);
  let id = 0;
  const update = (text: string): string => JSON.stringify({ update_id: ++id, message: { message_id: id, date: 1_767_225_600, from: { id: 7, first_name: 'A' }, chat: { id: 7, type: 'private' }, text } });
  beforeEach(() => start(deskDoorbell(undefined)));

  it.each(BAD_SECRETS)('are refused with the secret %j', async (given) => {
    expect(await post(path, [[HEADER, given]], update('forged'))).toBe(401);
    expect(world.helpdesk.tickets()).toEqual([]);
  });

  it('are refused without a secret, and with two', async () => {
    expect(await post(path, [], update('forged'))).toBe(401);
    expect(await post(path, [[HEADER, SECRET], [HEADER, SECRET]], update('forged'))).toBe(401);
    expect(await post(path, [[HEADER, SECRET], [HEADER, 'x']], update('forged'))).toBe(401);
    expect(await post(path, [[HEADER, 'x'], [HEADER, SECRET]], update('forged'))).toBe(401);
    expect(await post(`${path}?${HEADER}=${SECRET}`, [], update('forged'))).toBe(401);
    expect(world.helpdesk.tickets()).toEqual([]);
  });

  it('that come again do nothing again, also when the bridge has forgotten them', async () => {
    const body = update('once');
    expect(await post(path, [[HEADER, SECRET]], body)).toBe(200);
    expect(await post(path, [[HEADER, SECRET]], body)).toBe(200);
    // A new update id around an old message: only the link can tell.
    expect(await post(path, [[HEADER, SECRET]], body.replace(/"update_id":\d+/, '"update_id":999'))).toBe(200);
    expect(world.stored()).toEqual(['once']);
  });
});

const KINDS: readonly { readonly name: string; readonly reader: (secret: string | undefined) => DoorbellReader; readonly timestamp: string; readonly signature: string; readonly prefix: string; readonly body: string; readonly other: string }[] = [
  { name: 'the desk', reader: deskDoorbell, timestamp: 'x-desk-timestamp', signature: 'x-desk-signature', prefix: '', body: '{"event":"x","tickets":[{"id":"1001"}]}', other: '{"event":"x","tickets":[{"id":"1002"}]}' },
  { name: 'Request Tracker', reader: (secret) => rtDoorbell(secret, () => undefined), timestamp: 'x-rt-timestamp', signature: 'x-rt-signature', prefix: 'sha256=', body: '{"ticket":{"id":1001}}', other: '{"ticket":{"id":1002}}' },
];

describe.each(KINDS)('the doorbell of $name', ({ reader, timestamp, signature, prefix, body, other }) => {
  const seconds = (offsetMs = 0): string => String(Math.floor((world.clock.nowMs() + offsetMs) / 1000));
  const sign = (at: string, bytes: string | Buffer = body, secret = SECRET): string => prefix + signHmac('sha256', secret, Buffer.concat([Buffer.from(`${at}.`), Buffer.from(bytes)]));
  const ring = async (at: string, given: string, bytes: string | Buffer = body): Promise<number> => {
    const status = await post('/helpdesk', [[timestamp, at], [signature, given]], bytes);
    await world.clock.settle();
    return status;
  };
  beforeEach(async () => {
    await start(reader(SECRET));
    await world.receive(messageEvent(7, 1, 'question'));
    world.helpdesk.agentSays(mintId<TicketId>('t1001'), 'the answer');
  });

  it('rings when it is signed, and the same delivery again says nothing again', async () => {
    const [at, given] = [seconds(), sign(seconds())];
    expect(await ring(at, given)).toBe(200);
    expect(world.answers()).toEqual(['the answer']);
    for (let times = 0; times < 5; times += 1) expect(await ring(at, given)).toBe(200);
    await Promise.all([ring(at, given), ring(at, given), ring(at, given)]);
    await world.clock.advance(WINDOW_MS - 1000);
    expect(await ring(at, given)).toBe(200);
    expect(world.answers()).toEqual(['the answer']);
    expect(world.telegram.sent.filter((one) => one.conversation !== conversationId(7))).toEqual([]);
    await world.clock.advance(2000);
    expect(await ring(at, given)).toBe(401);
  });

  it('is refused with any other signature', async () => {
    const at = seconds();
    const right = sign(at);
    const wrong = ['', ' ', prefix, right.slice(0, -1), `${right}0`, right.slice(prefix.length + 2), `${right}, ${right}`, right.repeat(50), `${prefix}${'0'.repeat(64)}`, `${prefix}${'é'.repeat(64)}`, `sha1=${right}`, 'x', sign(at, other), sign(at, body, `${SECRET}x`), sign(at, body, ''), sign('', body), prefix + signHmac('sha256', SECRET, body), prefix + signHmac('sha1', SECRET, Buffer.from(`${at}.${body}`)), SECRET];
    for (const given of wrong) expect([given, await ring(at, given)]).toEqual([given, 401]);
    expect(await post('/helpdesk', [[timestamp, at]], body)).toBe(401);
    expect(await post('/helpdesk', [[signature, right]], body)).toBe(401);
    expect(await post('/helpdesk', [], body)).toBe(401);
    expect(await post('/helpdesk', [[timestamp, at], [signature, right], [signature, right]], body)).toBe(401);
    expect(await post('/helpdesk', [[timestamp, at], [timestamp, at], [signature, right]], body)).toBe(401);
    expect(world.answers()).toEqual([]);
    expect(world.events.filter((event) => event.type === 'doorbell')).toEqual([]);
  });

  it('counts the bytes as they came: another spelling of the same JSON is another body', async () => {
    const at = seconds();
    for (const bytes of [`${body} `, ` ${body}`, body.replace(':', ': '), Buffer.concat([Buffer.from('\ufeff'), Buffer.from(body)]), Buffer.from(body, 'utf16le')]) expect(await ring(at, sign(at), bytes)).toBe(401);
    expect(await ring(at, sign(at, Buffer.from([0xff, 0xfe])), Buffer.from([0xff, 0xfe]))).toBe(400);
    expect(world.answers()).toEqual([]);
  });

  it.each([
    { name: 'just inside, old', offsetMs: -WINDOW_MS + 1000, status: 200 }, { name: 'just inside, ahead', offsetMs: WINDOW_MS - 1000, status: 200 },
    { name: 'too old', offsetMs: -WINDOW_MS - 1000, status: 401 }, { name: 'too far ahead', offsetMs: WINDOW_MS + 2000, status: 401 },
    { name: 'a year old', offsetMs: -365 * 86_400_000, status: 401 }, { name: 'a year ahead', offsetMs: 365 * 86_400_000, status: 401 },
  ])('with a clock $name is answered $status', async ({ offsetMs, status }) => {
    expect(await ring(seconds(offsetMs), sign(seconds(offsetMs)))).toBe(status);
    expect(world.answers()).toHaveLength(status === 200 ? 1 : 0);
  });

  it.each(['', '0', '-1', 'now', '1e9', 'NaN', 'Infinity', '0x7fffffff', '99999999999999999999', ' 1', '1.5', '١'])('refuses the time %j, rightly signed', async (at) => {
    expect(await ring(at, sign(at))).toBe(401);
    expect(world.answers()).toEqual([]);
  });

  it('is for nobody while no secret is set', async () => {
    for (const secret of [undefined, '']) {
      await server.http.stop();
      await start(reader(secret));
      for (const key of ['', 'undefined', 'null', SECRET]) expect(await ring(seconds(), sign(seconds(), body, key))).toBe(401);
    }
  });
});
