import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { buffer, text } from 'node:stream/consumers';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import FormData from 'form-data';
import { BridgeError } from '../../src/core/errors.js';
import type { BridgeEvent } from '../../src/core/types.js';
import { createHttpClient, type HttpClient, type HttpClientOptions } from '../../src/http/client.js';
import { parseRetryAfter } from '../../src/http/fault.js';

type Handler = (request: IncomingMessage, response: ServerResponse) => void;
const SECRET = 'secret-token-123';
let handler: Handler = () => undefined;
let server: Server;
let client: HttpClient;
let baseUrl = '';
let events: BridgeEvent[] = [];

beforeEach(async () => {
  events = [];
  server = createServer((request, response) => { handler(request, response); });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  const address = server.address();
  baseUrl = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
  client = clientWith({});
});
afterEach(async () => {
  client.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

function clientWith(options: Partial<HttpClientOptions>): HttpClient {
  return createHttpClient({ baseUrl, headers: { authorization: `Bearer ${SECRET}` }, timeoutMs: 2000, emit: (event) => { events.push(event); }, nowMs: () => 1000, secrets: [SECRET], ...options });
}
const get = (path = '/x'): Promise<unknown> => client.request({ operation: 'getThing', method: 'GET', path });
async function failure(work: Promise<unknown>): Promise<BridgeError> {
  try {
    await work;
  } catch (thrown) {
    if (thrown instanceof BridgeError) return thrown;
  }
  throw new Error('expected a BridgeError');
}

describe('answers', () => {
  it('sends method, path, query, headers and JSON, and parses the answer', async () => {
    let seen: unknown;
    handler = (request, response) => {
      void text(request).then((body) => {
        seen = { method: request.method, url: request.url, authorization: request.headers.authorization, type: request.headers['content-type'], extra: request.headers['x-extra'], body };
        response.setHeader('X-Total', '3').end('{"id":5}');
      });
    };
    const answer = await client.request({ operation: 'create', method: 'POST', path: '/a/b', query: { q: 'қ&', page: 2, none: undefined }, json: { text: 'Сәлем' }, headers: { 'x-extra': '1' } });
    expect(answer).toMatchObject({ status: 200, body: { id: 5 } });
    expect(answer.headers['x-total']).toBe('3');
    expect(seen).toEqual({ method: 'POST', url: '/a/b?q=%D2%9B%26&page=2', authorization: `Bearer ${SECRET}`, type: 'application/json; charset=utf-8', extra: '1', body: '{"text":"Сәлем"}' });
    expect(events).toEqual([{ type: 'request', system: 'helpdesk', operation: 'create', durationMs: 0 }]);
  });

  const bodies: readonly { name: string; status: number; body: string; text?: boolean; accept?: number[]; out: unknown }[] = [
    { name: 'nothing', status: 204, body: '', out: undefined },
    { name: 'blank', status: 200, body: ' \n', out: undefined },
    { name: 'text', status: 200, body: '{"a":1}', text: true, out: '{"a":1}' },
    { name: 'an accepted error', status: 404, body: '{"a":1}', accept: [404], out: { a: 1 } },
    { name: 'an accepted error that is not JSON', status: 404, body: '<p>', accept: [404], out: undefined },
  ];
  it.each(bodies)('reads $name', async ({ status, body, out, text: asText = false, accept = [] }) => {
    handler = (_request, response) => { response.writeHead(status).end(body); };
    expect(await client.request({ operation: 'o', method: 'GET', path: '/', text: asText, accept })).toMatchObject({ status, body: out });
  });

  it('uses one connection again', async () => {
    const sockets = new Set<unknown>();
    handler = (request, response) => { sockets.add(request.socket); response.end('{}'); };
    for (let turn = 0; turn < 5; turn += 1) await get();
    expect(sockets.size).toBe(1);
  });

  it('unpacks gzip, and holds the unpacked size against the bound', async () => {
    handler = (request, response) => { response.setHeader('content-encoding', 'gzip').end(gzipSync(JSON.stringify('x'.repeat(request.url === '/big' ? 1_000_000 : 10)))); };
    client = clientWith({ answerBytesMax: 10_000 });
    expect(await get('/small')).toMatchObject({ body: 'x'.repeat(10) });
    expect(await failure(get('/big'))).toMatchObject({ code: 'unavailable', effect: 'unknown' });
  });

  it('spaces requests out when asked to', async () => {
    const at: number[] = [];
    handler = (_request, response) => { at.push(performance.now()); response.end(); };
    client = clientWith({ requestsPerMinute: 1200 });
    // From here and not from the first arrival, which a busy machine sees late.
    const askedAtMs = performance.now();
    await Promise.all([get(), get(), get()]);
    expect((at[2] ?? 0) - askedAtMs).toBeGreaterThanOrEqual(90);
  });
});

describe('refusals', () => {
  const table = [
    { name: '400', status: 400, code: 'invalid', effect: 'none' }, { name: '401', status: 401, code: 'unauthorized', effect: 'none' },
    { name: '403', status: 403, code: 'forbidden', effect: 'none' }, { name: '404', status: 404, code: 'not_found', effect: 'none' },
    { name: '408', status: 408, code: 'unavailable', effect: 'unknown' }, { name: '409', status: 409, code: 'conflict', effect: 'none' },
    { name: '410', status: 410, code: 'not_found', effect: 'none' }, { name: '412', status: 412, code: 'conflict', effect: 'none' },
    { name: '422', status: 422, code: 'invalid', effect: 'none' }, { name: '429', status: 429, code: 'rate_limited', effect: 'none' },
    { name: '500', status: 500, code: 'unavailable', effect: 'unknown' }, { name: '503', status: 503, code: 'unavailable', effect: 'unknown' },
  ];
  it.each(table)('turns $name into $code, effect $effect', async ({ status, code, effect }) => {
    handler = (_request, response) => { response.writeHead(status, { 'retry-after': '7' }).end('{"message":"private words of a requester"}'); };
    const error = await failure(get());
    expect(error).toMatchObject({ code, effect, status, operation: 'getThing', retryAfterMs: 7000, message: `getThing: helpdesk answered ${status}` });
    expect(events).toEqual([expect.objectContaining({ type: 'request', operation: 'getThing', code })]);
  });

  const codes = [
    { name: 'a code', body: { error: 'RecordInvalid' }, out: 'getThing: helpdesk answered 422 (RecordInvalid)' },
    { name: 'a nested code', body: { error: { code: 'too_long' } }, out: 'getThing: helpdesk answered 422 (too_long)' },
    { name: 'a sentence', body: { error: 'Body is too long: hello' }, out: 'getThing: helpdesk answered 422' },
    { name: 'a secret', body: { code: SECRET }, out: 'getThing: helpdesk answered 422' },
  ];
  it.each(codes)('shows of $name only what is safe', async ({ body, out }) => {
    handler = (_request, response) => { response.writeHead(422).end(JSON.stringify(body)); };
    expect((await failure(get())).message).toBe(out);
  });

  it('keeps no secret anywhere in an error', async () => {
    handler = (request) => { request.socket.destroy(); };
    const error = await failure(get());
    expect(error).toMatchObject({ code: 'unavailable', effect: 'unknown' });
    expect(error.cause).toBeUndefined();
    expect(JSON.stringify({ ...error, message: error.message, stack: error.stack })).not.toContain(SECRET);
  });

  it.each([
    { name: 'seconds', in: '3', out: 3000 }, { name: 'a date', in: 'Thu, 01 Jan 1970 00:00:11 GMT', out: 10_000 }, { name: 'a past date', in: 'Thu, 01 Jan 1970 00:00:00 GMT', out: 0 },
    { name: 'nonsense', in: 'soon', out: undefined }, { name: 'nothing', in: undefined, out: undefined }, { name: 'a year', in: '31536000', out: 86_400_000 },
  ])('reads Retry-After: $name', (row) => { expect(parseRetryAfter(row.in, 1000)).toBe(row.out); });
});

describe('trouble on the wire', () => {
  const broken: readonly { name: string; handler: Handler }[] = [
    { name: 'no answer', handler: () => undefined },
    { name: 'an answer that stops', handler: (_request, response) => { response.write('{"a":'); } },
    { name: 'a torn answer', handler: (_request, response) => { response.writeHead(200, { 'content-length': 100 }).write('{"a"', () => response.destroy()); } },
    { name: 'HTML', handler: (_request, response) => { response.end('<html>Sign in</html>'); } },
    { name: 'torn JSON', handler: (_request, response) => { response.end('{"a":'); } },
  ];
  it.each(broken)('calls the outcome unknown after $name', async (row) => {
    ({ handler } = row);
    expect(await failure(client.request({ operation: 'o', method: 'POST', path: '/', json: {}, timeoutMs: 150 }))).toMatchObject({ code: 'unavailable', effect: 'unknown' });
  });

  it('knows that nothing happened when nobody listens or the name is unknown', async () => {
    client = clientWith({ baseUrl: 'http://127.0.0.1:1' });
    expect(await failure(get())).toMatchObject({ code: 'unavailable', effect: 'none' });
    client = clientWith({ baseUrl: 'http://nowhere.invalid' });
    expect(await failure(get())).toMatchObject({ code: 'unavailable', effect: 'none' });
  });

  it('closes the connection of a request that timed out', async () => {
    const closed = new Promise<void>((resolve) => { handler = (request) => { request.socket.on('close', () => { resolve(); }); }; });
    await failure(client.request({ operation: 'o', method: 'GET', path: '/', timeoutMs: 50 }));
    await closed;
  });
});

describe('redirects', () => {
  it('follows a GET on the same host, not for ever', async () => {
    handler = (request, response) => {
      if (request.url === '/end') response.end('{"here":true}');
      else response.writeHead(302, { location: request.url === '/loop' ? '/loop' : '/end' }).end();
    };
    expect(await get('/start')).toMatchObject({ body: { here: true } });
    expect(await failure(get('/loop'))).toMatchObject({ code: 'unavailable', message: expect.stringContaining('too many') });
  });

  it('goes to no other host, and follows no write', async () => {
    let hits = 0;
    handler = (request, response) => {
      hits += 1;
      response.writeHead(307, { location: request.url === '/away' ? `${baseUrl.replace('127.0.0.1', 'localhost')}/end` : '/end' }).end();
    };
    expect(await failure(get('/away'))).toMatchObject({ code: 'unavailable', effect: 'none', message: expect.stringContaining('another host') });
    expect(await failure(client.request({ operation: 'o', method: 'POST', path: '/x', json: {} }))).toMatchObject({ code: 'unavailable', effect: 'unknown' });
    expect(hits).toBe(2);
  });
});

describe('streams', () => {
  it('passes a file through, with its size', async () => {
    const bytes = Buffer.alloc(300_000, 'ы');
    handler = (_request, response) => { response.setHeader('content-length', bytes.length).end(bytes); };
    const { stream, sizeBytes } = await client.open({ operation: 'getFile', method: 'GET', path: '/f' });
    expect(sizeBytes).toBe(bytes.length);
    expect((await buffer(stream)).equals(bytes)).toBe(true);
  });

  it.each([
    { name: 'stops', cut: false }, { name: 'is cut off', cut: true },
  ])('fails as BridgeError when the body $name', async ({ cut }) => {
    handler = (_request, response) => { response.writeHead(200, { 'content-length': 10 }).write('abc', () => { if (cut) response.destroy(); }); };
    const { stream } = await client.open({ operation: 'getFile', method: 'GET', path: '/f', timeoutMs: 100 });
    expect(await failure(buffer(stream))).toMatchObject({ code: 'unavailable', operation: 'getFile' });
  });

  it('lets go of the connection when the reader gives up', async () => {
    const closed = new Promise<void>((resolve) => {
      handler = (request, response) => { request.socket.on('close', () => { resolve(); }); response.write(Buffer.alloc(100_000)); };
    });
    const { stream } = await client.open({ operation: 'getFile', method: 'GET', path: '/f' });
    stream.destroy();
    await closed;
  });

  it('turns a refusal into the error of its status', async () => {
    handler = (_request, response) => { response.writeHead(404).end('gone'); };
    expect(await failure(client.open({ operation: 'getFile', method: 'GET', path: '/f' }))).toMatchObject({ code: 'not_found' });
  });

  it('uploads a form from a stream, and fails with the error of the source when that fails', async () => {
    let received = '';
    handler = (request, response) => {
      request.setEncoding('utf8').on('data', (chunk: string) => { received += chunk; }).on('end', () => response.end('{}')).on('error', () => undefined);
    };
    const form = new FormData();
    form.append('file', Readable.from([Buffer.from('hel'), Buffer.from('lo')]), { filename: 'a.txt' });
    await client.request({ operation: 'upload', method: 'POST', path: '/u', form });
    expect(received).toContain('\r\n\r\nhello\r\n');
    const broken = new FormData();
    broken.append('file', Readable.from((async function* () {
      yield Buffer.from('half');
      await Promise.resolve();
      throw new BridgeError({ code: 'not_found', operation: 'openFile', message: 'file is gone' });
    })()), { filename: 'a.txt' });
    expect(await failure(client.request({ operation: 'upload', method: 'POST', path: '/u', form: broken }))).toMatchObject({ code: 'not_found', operation: 'openFile' });
  });
});
