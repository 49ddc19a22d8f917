import http from 'node:http';
import express from 'express';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { mintId } from '../../src/core/types.js';
import { createDemo, createEmulator } from '../../src/demo/index.js';
import { KIND_NAMES } from '../../src/demo/emulator/kinds.js';
import type { Demo, Emulator } from '../../src/demo/index.js';
import { KINDS } from '../../src/web/demo/kinds.js';
import { png, realClock, TOKEN } from './setup.js';

let emulator: Emulator;
let demo: Demo;
let server: http.Server;
let port: number;

beforeEach(async () => {
  emulator = createEmulator({ clock: realClock, tokens: [TOKEN] });
  demo = createDemo({ emulator, clock: realClock });
  const app = express();
  app.use(demo.router);
  app.use(emulator.router);
  server = http.createServer(app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  port = typeof address === 'object' && address !== null ? address.port : 0;
});
afterEach(async () => {
  demo.close();
  emulator.close();
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
});

interface Sent {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: Buffer;
}

/** Sets what a browser would set, Host and Origin too. */
function send(method: string, path: string, body?: Buffer | object, headers: Record<string, string> = {}): Promise<Sent> {
  return new Promise((resolve, reject) => {
    const isBytes = Buffer.isBuffer(body);
    const request = http.request({ host: '127.0.0.1', port, path, method, headers: {
      'x-deskbridge-demo': '1', ...(body === undefined || isBytes ? {} : { 'content-type': 'application/json' }), ...headers,
    } }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }));
    });
    request.on('error', reject);
    request.end(body === undefined || isBytes ? body : JSON.stringify(body));
  });
}

const stateShape = z.object({
  customers: z.array(z.object({ id: z.number(), name: z.string(), language: z.string(), blocked: z.boolean(), messages: z.array(z.looseObject({})) })),
  bridge: z.object({ entries: z.array(z.looseObject({ sequence: z.number() })), counters: z.looseObject({}) }),
});
const state = async (): Promise<z.infer<typeof stateShape>> => stateShape.parse(JSON.parse((await send('GET', '/demo/state')).body.toString()));

describe('the demo page API', () => {
  it('starts with people who speak Kazakh, Russian and English', async () => {
    expect((await state()).customers.map((customer) => customer.language)).toEqual(['kk', 'ru', 'en']);
  });

  it('says, sends files, presses and blocks', async () => {
    const chat = (await state()).customers[0]?.id ?? 0;
    expect((await send('POST', '/demo/say', { chat, text: 'Сәлем' })).status).toBe(200);
    const photo = png(20, 10);
    const sent = await send('POST', `/demo/photo?chat=${chat}&kind=photo&name=a.png&caption=look`, photo, { 'content-type': 'image/png' });
    expect(sent.status).toBe(200);
    expect((await send('POST', '/demo/location', { chat, latitude: 43.2, longitude: 76.9 })).status).toBe(200);
    expect((await send('POST', '/demo/contact', { chat, phone: '+7 701 000 00 00', name: 'A' })).status).toBe(200);
    const { messages } = emulator.world.chat(chat);
    expect(messages.map(({ message }) => message.text ?? message.caption ?? Object.keys(message).at(-1))).toEqual(['Сәлем', 'look', 'location', 'contact']);
    const file = await send('GET', `/demo/file/${messages[1]?.message.photo?.[0]?.file_id ?? ''}`);
    expect(file).toMatchObject({ status: 200, body: photo, headers: { 'content-type': 'image/png', 'x-content-type-options': 'nosniff' } });
    expect((await send('POST', '/demo/block', { chat, blocked: true })).status).toBe(200);
    expect((await state()).customers[0]?.blocked).toBe(true);
    expect((await send('POST', '/demo/press', { chat, message: 1, button: 'x' })).status).toBe(400);
    expect((await send('POST', '/demo/users', { name: 'Zoe', language: 'en' })).status).toBe(200);
    expect((await state()).customers).toHaveLength(4);
  });

  it('sends every kind, and reacts', async () => {
    const chat = (await state()).customers[0]?.id ?? 0;
    for (const kind of KIND_NAMES) expect({ kind, ...await send('POST', '/demo/kind', { chat, kind }) }).toMatchObject({ kind, status: 200 });
    const { messages } = emulator.world.chat(chat);
    expect(messages).toHaveLength(KIND_NAMES.length);
    expect((await send('POST', '/demo/kind', { chat, kind: 'telepathy' })).status).toBe(400);
    expect((await send('POST', '/demo/react', { chat, message: 1, emoji: ['👍'] })).status).toBe(200);
    expect((await send('POST', '/demo/react', { chat, message: 999, emoji: ['👍'] })).status).toBe(400);
    expect(JSON.parse((await send('GET', '/demo/state')).body.toString())).toMatchObject({ customers: [{ reactions: { 1: ['👍'] } }, {}, {}] });
    // What the page offers is what the emulator can.
    expect(KINDS.map(({ name }) => name).sort()).toEqual([...KIND_NAMES].sort());
  });

  it('lets a document that claims to be a page only be downloaded', async () => {
    const chat = (await state()).customers[0]?.id ?? 0;
    await send('POST', `/demo/photo?chat=${chat}&kind=document&name=x.html`, Buffer.from('<script>1</script>'), { 'content-type': 'text/html' });
    const id = emulator.world.chat(chat).messages[0]?.message.document?.file_id ?? '';
    expect((await send('GET', `/demo/file/${id}`)).headers).toMatchObject({ 'content-type': 'application/octet-stream', 'content-disposition': expect.stringMatching(/^attachment/) });
  });

  it.each([
    { name: 'a foreign Host', headers: { host: 'evil.example:8080' } },
    { name: 'a Host that only begins like ours', headers: { host: '127.0.0.1.evil.example' } },
    { name: 'a foreign Origin', headers: { origin: 'https://evil.example' } },
    { name: 'an opaque Origin', headers: { origin: 'null' } },
    { name: 'a cross-site fetch', headers: { 'sec-fetch-site': 'cross-site' } },
    { name: 'no header of ours', headers: { 'x-deskbridge-demo': '' } },
  ])('refuses $name', async ({ headers }) => {
    const chat = emulator.world.users()[0]?.id ?? 0;
    expect((await send('POST', '/demo/say', { chat, text: 'x' }, headers)).status).toBe(403);
    expect(emulator.world.chat(chat).messages).toEqual([]);
  });

  it.each([
    { name: 'an unknown chat', path: '/demo/say', body: { chat: 1, text: 'x' }, status: 400 },
    { name: 'no text', path: '/demo/say', body: { chat: 5_000_000_001 }, status: 400 },
    { name: 'torn JSON', path: '/demo/say', body: Buffer.from('{"chat":'), status: 400 },
    { name: 'a body that is too large', path: '/demo/say', body: { chat: 5_000_000_001, text: 'x'.repeat(70_000) }, status: 413 },
    { name: 'an unknown kind of file', path: '/demo/photo?chat=5000000001&kind=hologram&name=a', body: Buffer.from('x'), status: 400 },
  ])('answers $status to $name', async ({ path, body, status }) => {
    expect((await send('POST', path, body, { 'content-type': 'application/json' })).status).toBe(status);
  });

  it('shows steps of the bridge by ids, and leaves out noise', async () => {
    const conversation = mintId<never>('tg:1:2');
    demo.observe({ type: 'request', system: 'helpdesk', operation: 'addComment', durationMs: 3 });
    demo.observe({ type: 'lanes', lanes: 2, jobs: 3 });
    demo.observe({ type: 'received', kind: 'message', conversation });
    demo.observe({ type: 'outage', system: 'helpdesk', up: false, code: 'unavailable' });
    demo.observe({ type: 'request', system: 'helpdesk', operation: 'addComment', durationMs: 3, code: 'unavailable' });
    const { bridge } = await state();
    expect(bridge.entries).toMatchObject([{ sequence: 1, event: { type: 'received' } }, { event: { type: 'outage' } }, { event: { type: 'request' } }]);
    expect(bridge.counters).toMatchObject({ received: 1, lanes: 2, helpdeskUp: false, telegramUp: true });
  });

  it('streams what happens', async () => {
    const response = await fetch(`http://127.0.0.1:${port}/demo/events`);
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    const chat = emulator.world.users()[2]?.id ?? 0;
    await reader?.read();
    emulator.world.say(chat, 'hello');
    const chunk = await reader?.read();
    expect(JSON.parse(String(chunk?.value).replace(/^data: /, ''))).toMatchObject({ type: 'change', change: { type: 'message', chat, stored: { acknowledged: false, message: { text: 'hello' } } } });
    await reader?.cancel();
  });
});
