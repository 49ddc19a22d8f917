/** The bridge asks the helpdesk and Telegram, and nobody else: whatever an agent writes, whatever either side answers, wherever it redirects. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { BridgeError } from '../../src/core/errors.js';
import { mintId, type Comment, type ConversationId, type TicketId } from '../../src/core/types.js';
import { desk } from '../../src/helpdesks/desk/index.js';
import { createHttpClient } from '../../src/http/client.js';
import { systemClock } from '../../src/main/system-clock.js';
import { createTelegramClient } from '../../src/telegram/client.js';
import { createSender } from '../../src/telegram/sender.js';
import { startBotApi, TOKEN, type FakeBotApi } from '../telegram/bot-api.js';
import { fixture, items, startFakeRt } from '../helpdesks/request-tracker/fake-rt.js';
import { fetchingHtml, listenTo, startTrap, type Listener } from './trap.js';

const SECRET = 'helpdesk-token-for-one-host';
const CHAT = mintId<ConversationId>('tg:42:7');
let trap: Listener;
const closers: (() => Promise<void> | void)[] = [];

beforeEach(async () => {
  trap = await startTrap();
  closers.push(() => trap.close());
});
afterEach(async () => { for (const close of closers.splice(0).reverse()) await close(); });

async function errorOf(work: Promise<unknown>): Promise<BridgeError> {
  const thrown: unknown = await work.then(() => undefined, (error: unknown) => error);
  if (!(thrown instanceof BridgeError)) throw new Error(`no BridgeError: ${String(thrown)}`);
  return thrown;
}

async function startTelegram(): Promise<{ api: FakeBotApi; client: ReturnType<typeof createTelegramClient> }> {
  const api = await startBotApi();
  const client = createTelegramClient({ token: TOKEN, apiRoot: api.url, emit: () => undefined, nowMs: Date.now });
  closers.push(() => api.close(), () => client.disconnect());
  return { api, client };
}

/** Sends a comment as the bridge would, files opened. */
async function relay(comment: Comment): Promise<FakeBotApi> {
  const { api, client } = await startTelegram();
  const sender = createSender({ client, clock: systemClock, emit: () => undefined, limits: { chatMessagesPerSecond: 0, messagesPerSecond: 0 } });
  for (const part of sender.toParts(comment.content)) await sender.sendPart(CHAT, part);
  return api;
}

describe('what an agent writes', () => {
  it('makes the bridge fetch nothing: the desk', async () => {
    const file = { id: '0123456789abcdef0123456789abcdef', name: `${trap.url}/x.png`, mediaType: 'image/png', sizeBytes: 4, url: `${trap.url}/file`, href: `${trap.url}/file` };
    const helpdesk = await listenTo((asked, response) => {
      response.setHeader('link', `<${trap.url}/next>; rel="next"`);
      if (asked.url.includes('/files/')) return void response.end('data');
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({
        more: false, next: `${trap.url}/next`, _links: { self: { href: `${trap.url}/self` } },
        comments: [{ id: '1', ticket: '1001', visibility: 'public', author: { id: 'a', name: 'A', kind: 'agent', avatar: `${trap.url}/me.png` }, createdAtMs: 1, html: fetchingHtml(trap.url), files: [file] }],
      }));
    });
    closers.push(() => helpdesk.close());
    const connector = desk.create({ url: helpdesk.url, token: SECRET, options: {} }, { emit: () => undefined, nowMs: Date.now });
    const [comment] = await connector.commentsAfter(mintId<TicketId>('1001'));
    if (comment === undefined) throw new Error('no comment');
    const api = await relay(comment);
    expect(api.calls.map((call) => call.method)).toEqual(['sendPhoto']);
    expect(String(api.calls[0]?.parameters['caption'])).toMatch(/^before[\s\S]*a link[\s\S]*after$/);
    expect(api.calls[0]?.file?.bytes.toString()).toBe('data');
    expect(helpdesk.asked.map((asked) => asked.url)).toEqual(['/desk/api/tickets/1001/comments?limit=200', '/desk/api/files/0123456789abcdef0123456789abcdef']);
    expect(trap.asked).toEqual([]);
  });

  it('makes the bridge fetch nothing: Request Tracker, also when its answers link elsewhere', async () => {
    const rt = await startFakeRt();
    closers.push(() => rt.close());
    const rows = (name: string): { items: { Content?: string }[] } => fixture(name) as { items: { Content?: string }[] };
    const elsewhere = (row: object): object => ({ ...row, _url: `${trap.url}/row`, _hyperlinks: [{ ref: 'self', type: 'x', _url: `${trap.url}/self` }] });
    const withLinks = (name: string, change: (row: { Content?: string }) => object = (row) => row): { body: object } => (
      { body: { ...rows(name), items: rows(name).items.map((row) => elsewhere(change(row))), next_page: `${trap.url}/next` } }
    );
    const hostile = withLinks('attachment-texts', (row) => ({ ...row, Content: `${row.Content ?? ''}${fetchingHtml(trap.url)}` }));
    rt.on('GET /ticket/78', { body: elsewhere(fixture('ticket') as object) });
    rt.on('GET /user/39', { body: elsewhere(fixture('own-user') as object) });
    rt.on('GET /user/agent1', { body: elsewhere(fixture('agent') as object) });
    rt.on('GET /ticket/78/history', ({ query }) => (query.get('page') === '1' ? withLinks('history') : items([])));
    rt.on('POST /attachments', ({ query }) => (query.get('fields')?.endsWith('Content') === true ? hostile : withLinks('attachments')));
    rt.on('GET /attachment/1140', { body: elsewhere(fixture('attachment') as object), headers: { link: `<${trap.url}/next>; rel="next"` } });
    const comment = (await rt.connector.commentsAfter(mintId<TicketId>('78'))).find((one) => one.id === '1089');
    if (comment === undefined) throw new Error('no comment');
    const api = await relay(comment);
    expect(String(api.calls[0]?.parameters['caption'])).toMatch(/^Откройте Настройки[\s\S]*after$/);
    expect(api.calls[0]?.file?.bytes.toString()).toBe('hello');
    expect(trap.asked).toEqual([]);
  });
});

describe('redirects', () => {
  const statuses = [301, 302, 303, 307, 308] as const;

  it.each(statuses)('%s of the helpdesk to another host is not followed, and its token goes nowhere', async (status) => {
    const helpdesk = await listenTo((_asked, response) => { response.writeHead(status, { location: `${trap.url}/stolen` }).end(); });
    const client = createHttpClient({ baseUrl: helpdesk.url, headers: { authorization: `Bearer ${SECRET}` }, timeoutMs: 2000, emit: () => undefined, nowMs: Date.now, secrets: [SECRET] });
    closers.push(() => helpdesk.close(), () => client.close());
    const requests = [
      client.request({ operation: 'read', method: 'GET', path: '/x' }), client.open({ operation: 'open', method: 'GET', path: '/x' }),
      client.request({ operation: 'write', method: 'POST', path: '/x', json: { text: 'words' } }),
    ];
    for (const error of await Promise.all(requests.map(errorOf))) {
      expect(error).toMatchObject({ code: 'unavailable', status });
      expect(error.message).not.toContain(trap.url);
    }
    expect(trap.asked).toEqual([]);
  });

  it('on the same host are followed three times at most, for reading only', async () => {
    const helpdesk = await listenTo((asked, response) => {
      const hop = Number(/\d+$/.exec(asked.url)?.[0] ?? 0);
      response.writeHead(302, { location: `/hop/${hop + 1}` }).end();
    });
    const client = createHttpClient({ baseUrl: helpdesk.url, headers: {}, timeoutMs: 2000, emit: () => undefined, nowMs: Date.now });
    closers.push(() => helpdesk.close(), () => client.close());
    expect((await errorOf(client.request({ operation: 'read', method: 'GET', path: '/hop/0' }))).message).toContain('too many times');
    expect(helpdesk.asked).toHaveLength(4);
    expect((await errorOf(client.request({ operation: 'write', method: 'POST', path: '/hop/0', json: {} }))).message).toContain('not followed for a write');
    expect(helpdesk.asked).toHaveLength(5);
  });

  it.each([
    { name: 'another port', to: (home: string) => home.replace(/\d+$/, '1') }, { name: 'another name for the same machine', to: (home: string) => home.replace('127.0.0.1', 'localhost') },
    { name: 'https', to: (home: string) => home.replace('http:', 'https:') }, { name: 'a user name before the host', to: (home: string) => `http://${new URL(home).host}@127.0.0.1:1/` },
    { name: 'a file', to: () => 'file:///etc/passwd' }, { name: 'nothing that is an address', to: () => 'http://[' },
  ])('to $name are to another host', async ({ to }) => {
    const helpdesk: Listener = await listenTo((_asked, response) => { response.writeHead(302, { location: to(helpdesk.url) }).end(); });
    const client = createHttpClient({ baseUrl: helpdesk.url, headers: {}, timeoutMs: 2000, emit: () => undefined, nowMs: Date.now });
    closers.push(() => helpdesk.close(), () => client.close());
    expect(await errorOf(client.request({ operation: 'read', method: 'GET', path: '/' }))).toMatchObject({ code: 'unavailable', status: 302 });
    expect(helpdesk.asked).toHaveLength(1);
  });

  it.each(statuses)('%s of Telegram to another host is not followed, by calls, uploads or downloads', async (status) => {
    const { api, client } = await startTelegram();
    const away = { raw: (response: import('node:http').ServerResponse) => { response.writeHead(status, { location: `${trap.url}/stolen` }).end(); } };
    api.answer('sendMessage', away);
    api.answer('sendDocument', away);
    api.answer('getFile', { result: { file_path: 'documents/a.txt' } });
    api.files.set(`/file/bot${TOKEN}/documents/a.txt`, away.raw);
    const upload = { field: 'document', name: 'a.txt', mediaType: 'text/plain', open: async () => Readable.from(['words']) };
    const errors = await Promise.all([
      client.call('sendMessage', { chat_id: 7, text: 'words' }), client.upload('sendDocument', { chat_id: 7 }, upload), client.openFile('f').then(buffer),
    ].map(errorOf));
    for (const error of errors) expect(error.message).not.toMatch(new RegExp(`${trap.url}|words|${TOKEN}`));
    expect(trap.asked).toEqual([]);
  });

  it('of Telegram that go round in circles end', async () => {
    const { api, client } = await startTelegram();
    let asked = 0;
    api.answer('getMe', { raw: (response) => { asked += 1; response.writeHead(307, { location: `/bot${TOKEN}/getMe` }).end(); } });
    expect((await errorOf(client.call('getMe', {}))).code).toBe('unavailable');
    expect(asked).toBeLessThan(30);
  });

  it.each(['../../etc/passwd', '/etc/passwd', 'a/../../b', '//evil.example/x', 'http://evil.example/x'])('a path of a file such as %s reads nothing of this machine and asks nobody else', async (path) => {
    const { api, client } = await startTelegram();
    api.answer('getFile', { result: { file_path: path.replace('evil.example', new URL(trap.url).host) } });
    expect((await errorOf(client.openFile('f'))).reason).toBe('file_unavailable');
    expect(trap.asked).toEqual([]);
  });
});
