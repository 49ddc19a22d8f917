import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { BridgeError } from '../../src/core/errors.js';
import type { BridgeEvent } from '../../src/core/types.js';
import { createTelegramClient, type TelegramClient } from '../../src/telegram/client.js';
import { startBotApi, TOKEN, type FakeBotApi } from './bot-api.js';

let api: FakeBotApi;
let client: TelegramClient;
let events: BridgeEvent[];
const create = (more: object = {}): TelegramClient => createTelegramClient({ token: TOKEN, apiRoot: api.url, emit: (event) => events.push(event), nowMs: () => 0, ...more });

beforeEach(async () => { api = await startBotApi(); events = []; client = create(); });
afterEach(async () => { client.disconnect(); await api.close(); });

const errorOf = async (work: Promise<unknown>): Promise<BridgeError> => {
  const thrown: unknown = await work.then(() => undefined, (error: unknown) => error);
  if (!(thrown instanceof BridgeError)) throw new Error(`not a BridgeError: ${String(thrown)}`);
  // Whatever happens, the token stays inside.
  expect(JSON.stringify([thrown.message, thrown.stack, String(thrown.cause)])).not.toContain('SECRET');
  return thrown;
};
const HELLO = { chat_id: 7, text: 'hi' };
const upload = (open: () => Promise<Readable>, name = 'a.txt', parameters: object = {}): Promise<unknown> =>
  client.upload('sendDocument', { chat_id: 7, ...parameters }, { field: 'document', name, mediaType: 'text/plain', open });

const refusals = [
  { status: 403, description: 'Forbidden: bot was blocked by the user', code: 'forbidden', reason: 'blocked' },
  { status: 403, description: 'Forbidden: user is deactivated', code: 'forbidden', reason: 'deactivated' },
  { status: 403, description: 'Forbidden: bot was kicked from the supergroup chat', code: 'forbidden', reason: 'chat_gone' },
  { status: 403, description: 'Forbidden: bot is not a member of the group chat', code: 'forbidden', reason: 'chat_gone' },
  { status: 403, description: 'Forbidden: the group chat was deleted', code: 'forbidden', reason: 'chat_gone' },
  { status: 403, description: "Forbidden: bot can't initiate conversation with a user", code: 'forbidden', reason: 'blocked' },
  { status: 403, description: 'Forbidden: something new', code: 'forbidden', reason: 'not_allowed' },
  { status: 400, description: 'Bad Request: chat not found', code: 'invalid', reason: 'chat_gone' },
  { status: 400, description: 'Bad Request: message thread not found', code: 'invalid', reason: 'chat_gone' },
  { status: 400, description: 'Bad Request: not enough rights to send photos to the chat', code: 'forbidden', reason: 'not_allowed' },
  { status: 400, description: 'Bad Request: file is too big', code: 'invalid', reason: 'too_big' },
  { status: 413, description: 'Request Entity Too Large', code: 'invalid', reason: 'too_big' },
  { status: 400, description: 'Bad Request: wrong file_id or the file is temporarily unavailable', code: 'invalid', reason: 'file_unavailable' },
  { status: 400, description: 'Bad Request: PHOTO_INVALID_DIMENSIONS', code: 'invalid', reason: 'rejected', kind: 'photo' },
  { status: 400, description: 'Bad Request: IMAGE_PROCESS_FAILED', code: 'invalid', reason: 'rejected', kind: 'photo' },
  { status: 400, description: 'Bad Request: can\'t parse entities: unclosed "private words"', code: 'invalid', reason: 'rejected', kind: 'entities' },
  { status: 400, description: 'Bad Request: message is too long', code: 'invalid', reason: 'rejected', kind: 'other' },
  { status: 401, description: 'Unauthorized', code: 'unauthorized' },
  { status: 404, description: 'Not Found', code: 'unauthorized' },
  { status: 404, description: 'Not Found: method not found', code: 'unsupported' },
  { status: 409, description: "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first", code: 'conflict', kind: 'webhook_set' },
  { status: 409, description: 'Conflict: terminated by other getUpdates request; make sure that only one bot instance is running', code: 'conflict', kind: 'other_poller' },
  { status: 500, description: 'Internal Server Error', code: 'unavailable', effect: 'unknown' },
  { status: 502, description: 'Bad Gateway', code: 'unavailable', effect: 'unknown' },
] as const;

describe('refusals', () => {
  it.each(refusals)('$status $description', async ({ status, description, ...facts }) => {
    api.answer('sendMessage', { error_code: status, description });
    api.answer('sendDocument', { error_code: status, description });
    for (const error of [await errorOf(client.call('sendMessage', HELLO)), await errorOf(upload(() => Promise.resolve(Readable.from(['x']))))]) {
      expect(error).toMatchObject({ effect: 'none', ...facts, status });
      expect(error.message).not.toContain('private words');
    }
  });

  it('carry the wait and the new chat', async () => {
    api.answer('sendMessage', { error_code: 429, description: 'Too Many Requests: retry after 7', parameters: { retry_after: 7 } },
      { error_code: 400, description: 'Bad Request: group chat was upgraded to a supergroup chat', parameters: { migrate_to_chat_id: -1009 } });
    expect(await errorOf(client.call('sendMessage', HELLO))).toMatchObject({ code: 'rate_limited', retryAfterMs: 7000 });
    expect(await errorOf(client.call('sendMessage', HELLO))).toMatchObject({ kind: 'chat_migrated', migrateToChat: -1009 });
  });
});

describe('lost answers', () => {
  it('nobody listens: nothing was done', async () => {
    await api.close();
    expect(await errorOf(client.call('sendMessage', HELLO))).toMatchObject({ code: 'unavailable', effect: 'none' });
    expect(await errorOf(upload(() => Promise.resolve(Readable.from(['x']))))).toMatchObject({ code: 'unavailable', effect: 'none' });
  });
  it.each([
    { name: 'reset', raw: (response: { destroy: () => void }) => { response.destroy(); } },
    { name: 'a page of a proxy', raw: (response: import('node:http').ServerResponse) => { response.writeHead(200, { 'content-type': 'text/html' }).end('<html>'); } },
    { name: 'torn JSON', raw: (response: import('node:http').ServerResponse) => { response.writeHead(200).end('{"ok":true,"resu'); } },
  ])('$name: unknown what was done', async ({ raw }) => {
    api.answer('sendMessage', { raw });
    api.answer('sendDocument', { raw });
    expect(await errorOf(client.call('sendMessage', HELLO))).toMatchObject({ code: 'unavailable', effect: 'unknown' });
    expect(await errorOf(upload(() => Promise.resolve(Readable.from(['x']))))).toMatchObject({ code: 'unavailable', effect: 'unknown' });
  });
  it('no answer in time', async () => {
    api.answer('sendMessage', { raw: () => undefined });
    expect(await errorOf(client.call('sendMessage', HELLO, { timeoutMs: 20 }))).toMatchObject({ code: 'unavailable', effect: 'unknown' });
  });
  it('a caller that gives up is heard at once', async () => {
    api.answer('getUpdates', { raw: () => undefined });
    const stop = new AbortController();
    const call = errorOf(client.call('getUpdates', {}, { signal: stop.signal, timeoutMs: 60_000 }));
    stop.abort();
    expect(await call).toMatchObject({ code: 'unavailable' });
  });
});

describe('calls', () => {
  it('keep their connection, also to an http root', async () => {
    for (let index = 0; index < 5; index += 1) await client.call('sendMessage', HELLO);
    expect(new Set(api.calls.map((call) => call.port)).size).toBe(1);
  });
  it('keep the path of the root', async () => {
    const below = create({ apiRoot: `${api.url}/tg` });
    await below.call('getMe', {});
    expect(api.of('getMe')).toHaveLength(1);
    below.disconnect();
  });
  it('are measured, long polls are not', async () => {
    await client.call('sendMessage', HELLO);
    await client.call('getUpdates', {});
    expect(events).toEqual([{ type: 'request', system: 'telegram', operation: 'sendMessage', durationMs: 0 }]);
  });
  it.each([{ apiRoot: 'ftp://x' }, { apiRoot: 'nonsense' }, { token: 'nonsense' }])('refuse to start with %j', (wrong) => {
    expect(() => create(wrong)).toThrow(BridgeError);
  });
});

describe('uploads', () => {
  it('send the bytes, and objects beside them as JSON', async () => {
    const bytes = Buffer.alloc(3_000_000, 'z');
    await upload(() => Promise.resolve(Readable.from([bytes.subarray(0, 1_000_000), bytes.subarray(1_000_000)])), 'Счёт 1.pdf', { reply_parameters: { message_id: 3 } });
    const [call] = api.calls;
    expect(call?.parameters).toEqual({ chat_id: '7', reply_parameters: '{"message_id":3}' });
    expect(call?.file).toMatchObject({ field: 'document', name: 'Счёт 1.pdf', mediaType: 'text/plain' });
    expect(call?.file?.bytes.equals(bytes)).toBe(true);
  });
  it.each(['naive "q"\r\nX-Evil: y.txt', '../../etc/passwd', 'a\u0000b.txt', ''])('are safe from the name %j', async (name) => {
    await upload(() => Promise.resolve(Readable.from(['x'])), name);
    expect(api.calls[0]?.file?.name).toMatch(/^[^"\r\n\0/\\]+$/u);
    expect(api.calls[0]?.file?.bytes.toString()).toBe('x');
    expect(api.calls[0]?.parameters).toEqual({ chat_id: '7' });
  });
  it('reject when the source cannot be opened', async () => {
    const gone = new BridgeError({ code: 'not_found', operation: 'open', message: 'gone' });
    expect(await errorOf(upload(() => Promise.reject(gone)))).toMatchObject({ code: 'invalid', reason: 'file_unavailable', effect: 'none' });
    const down = new BridgeError({ code: 'unavailable', operation: 'open', message: 'down', effect: 'unknown' });
    expect(await errorOf(upload(() => Promise.reject(down)))).toMatchObject({ code: 'unavailable', reason: 'file_unavailable', effect: 'none' });
    expect(api.calls).toEqual([]);
  });
  it('reject when the source fails half way', async () => {
    async function* failing(): AsyncGenerator<Buffer> {
      yield Buffer.alloc(100_000);
      await Promise.resolve();
      throw new Error('disk on fire');
    }
    expect(await errorOf(upload(() => Promise.resolve(Readable.from(failing()))))).toMatchObject({ code: 'unavailable', reason: 'file_unavailable', effect: 'none' });
    expect(api.calls).toEqual([]);
  });
  it('reject a source that turns out larger than the limit', async () => {
    const chunk = Buffer.alloc(1024 * 1024);
    let opened: Readable | undefined;
    const open = (): Promise<Readable> => {
      opened = Readable.from((function* () { for (let index = 0; index < 60; index += 1) yield chunk; })());
      return Promise.resolve(opened);
    };
    expect(await errorOf(upload(open))).toMatchObject({ code: 'invalid', reason: 'too_big' });
    expect(opened?.destroyed).toBe(true);
  });
});

describe('downloads', () => {
  const path = `/file/bot${TOKEN}/photos/file_1.jpg`;
  it('give the bytes', async () => {
    api.answer('getFile', { result: { file_id: 'F', file_path: 'photos/file_1.jpg', file_size: 3 } });
    api.files.set(path, Buffer.from('abc'));
    expect((await buffer(await client.openFile('F'))).toString()).toBe('abc');
  });
  it.each([
    { name: 'larger than told', result: { file_path: 'photos/file_1.jpg', file_size: 21 * 1024 * 1024 }, reason: 'too_big' },
    { name: 'gone', result: { file_path: 'photos/none.jpg' }, reason: 'file_unavailable' },
    { name: 'no path', result: {}, reason: 'file_unavailable' },
    { name: 'a path that climbs', result: { file_path: '../../getMe' }, reason: 'file_unavailable' },
    { name: 'a path of this disk, though the server is not local', result: { file_path: '/etc/hostname' }, reason: 'file_unavailable' },
  ])('$name', async ({ result, reason }) => {
    api.answer('getFile', { result });
    expect(await errorOf(client.openFile('F'))).toMatchObject({ code: 'invalid', reason });
  });
  it('stop at the limit when the size was not told', async () => {
    api.answer('getFile', { result: { file_path: 'photos/file_1.jpg' } });
    api.files.set(path, Buffer.alloc(21 * 1024 * 1024));
    expect(await errorOf(buffer(await client.openFile('F')))).toMatchObject({ code: 'invalid', reason: 'too_big' });
  });
  it('fail when the connection breaks half way', async () => {
    api.answer('getFile', { result: { file_path: 'photos/file_1.jpg' } });
    api.files.set(path, (response) => { response.writeHead(200, { 'content-length': 1000 }); response.write('abc', () => { response.destroy(); }); });
    expect(await errorOf(buffer(await client.openFile('F')))).toMatchObject({ code: 'unavailable' });
  });
  it('ask for a new path, once, when the old one leads nowhere any more', async () => {
    api.answer('getFile', { result: { file_path: 'photos/expired.jpg' } }, { result: { file_path: 'photos/file_1.jpg' } });
    api.files.set(path, Buffer.from('bytes'));
    expect((await buffer(await client.openFile('F'))).toString()).toBe('bytes');
    expect(api.of('getFile')).toHaveLength(2);
    api.answer('getFile', { result: { file_path: 'photos/expired.jpg' } });
    expect(await errorOf(client.openFile('F'))).toMatchObject({ code: 'invalid', reason: 'file_unavailable' });
    expect(api.of('getFile')).toHaveLength(4);
  });
  it('leave a server in trouble, and a file that Telegram refuses, to the caller', async () => {
    api.answer('getFile', { result: { file_path: 'photos/file_1.jpg' } });
    api.files.set(path, (response) => { response.writeHead(502).end(); });
    expect(await errorOf(client.openFile('F'))).toMatchObject({ code: 'unavailable' });
    api.answer('getFile', { error_code: 400, description: 'Bad Request: wrong file_id or the file is temporarily unavailable' });
    expect(await errorOf(client.openFile('F'))).toMatchObject({ code: 'invalid', reason: 'file_unavailable' });
    expect(api.of('getFile')).toHaveLength(2);
  });
  it('come from the address of a local server when its disk is elsewhere', async () => {
    const local = create({ local: true });
    api.answer('getFile', { result: { file_path: `/no/such/volume/${TOKEN}/photos/file_1.jpg` } });
    api.files.set(path, Buffer.from('from afar'));
    expect((await buffer(await local.openFile('F'))).toString()).toBe('from afar');
    for (const wrong of [`/no/such/volume/${TOKEN}/../../getMe`, '/no/such/volume/file_1.jpg']) {
      api.answer('getFile', { result: { file_path: wrong } });
      expect(await errorOf(local.openFile('F'))).toMatchObject({ code: 'invalid', reason: 'file_unavailable' });
    }
    local.disconnect();
  });
  it('read the disk of a local server', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'files-'));
    await writeFile(join(folder, 'a.bin'), 'local bytes');
    const local = create({ local: true });
    api.answer('getFile', { result: { file_path: join(folder, 'a.bin') } }, { result: { file_path: join(folder, 'none') } });
    expect((await buffer(await local.openFile('F'))).toString()).toBe('local bytes');
    expect(await errorOf(local.openFile('F'))).toMatchObject({ reason: 'file_unavailable' });
    expect(local.uploadBytesMax).toBe(2000 * 1024 * 1024);
    local.disconnect();
    await rm(folder, { recursive: true });
  });
});
