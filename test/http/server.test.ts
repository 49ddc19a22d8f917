import { connect } from 'node:net';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import request from 'supertest';
import { BridgeError, STATUS_BY_CODE, type BridgeErrorCode } from '../../src/core/errors.js';
import type { BridgeEvent, RawRequest } from '../../src/core/types.js';
import { createHttpServer, rawPost, type HttpServer } from '../../src/http/server.js';
import { checkTimestamp, equalSecrets, signHmac } from '../../src/http/signature.js';

let server: HttpServer;
let events: BridgeEvent[] = [];
beforeEach(() => {
  events = [];
  server = createHttpServer({ host: '127.0.0.1', port: 0, graceMs: 200, emit: (event) => { events.push(event); } });
});
afterEach(() => server.stop());

describe('rawPost', () => {
  it('hands over the bytes as they came, with headers and path parameters', async () => {
    const seen: { raw: RawRequest; parameters: Readonly<Record<string, string>> }[] = [];
    rawPost(server.app, '/hook/:secret', 100, (raw, parameters) => { seen.push({ raw, parameters }); return Promise.resolve({ status: 202, json: { ok: true }, headers: { 'x-a': 'b' } }); });
    const { url } = await server.start();
    const answer = await request(url).post('/hook/s%2Fx').set('X-Sign', '1').set('content-type', 'application/json').send('{"a": "ы"} ').expect(202, { ok: true });
    expect(answer.headers).toMatchObject({ 'x-a': 'b', 'x-content-type-options': 'nosniff' });
    expect(answer.headers['x-powered-by']).toBeUndefined();
    expect(seen[0]?.raw.body.toString()).toBe('{"a": "ы"} ');
    expect(seen[0]?.raw.headers['x-sign']).toBe('1');
    expect(seen[0]?.parameters).toEqual({ secret: 's/x' });
  });

  it('takes a body up to the bound, none over it, and an empty one', async () => {
    const lengths: number[] = [];
    rawPost(server.app, '/hook', 100, ({ body }) => { lengths.push(body.length); return Promise.resolve({ status: 200 }); });
    const { url } = await server.start();
    await request(url).post('/hook').send('x'.repeat(100)).expect(200);
    await request(url).post('/hook').send('x'.repeat(101)).expect(413);
    await request(url).post('/hook').expect(200);
    expect(lengths).toEqual([100, 0]);
    await request(url).get('/hook').expect(404, { error: 'not_found' });
  });

  const codes: readonly BridgeErrorCode[] = ['invalid', 'unauthorized', 'forbidden', 'not_found', 'conflict', 'unsupported', 'rate_limited', 'unavailable', 'internal'];
  it.each(codes)('answers %s with its status and the code only', async (code) => {
    const status = STATUS_BY_CODE[code];
    rawPost(server.app, '/hook', 100, () => Promise.reject(new BridgeError({ code, operation: 'o', message: 'for operators', retryAfterMs: 1500 })));
    const { url } = await server.start();
    const answer = await request(url).post('/hook').expect(status, { error: code });
    expect(answer.headers['retry-after']).toBe('2');
  });

  it('hides what was not meant to be thrown', async () => {
    rawPost(server.app, '/hook', 100, () => Promise.reject(new Error('inner words')));
    server.app.get('/page', () => { throw new Error('inner words'); });
    const { url } = await server.start();
    await request(url).post('/hook').expect(500, { error: 'internal' });
    await request(url).get('/page').expect(500, { error: 'internal' });
    expect(events).toEqual([expect.objectContaining({ type: 'log', level: 'error' })]);
  });
});

describe('start and stop', () => {
  it('says so when the port is taken', async () => {
    const { port } = await server.start();
    const other = createHttpServer({ host: '127.0.0.1', port, emit: () => undefined });
    await expect(other.start()).rejects.toMatchObject({ code: 'conflict', message: expect.stringContaining(String(port)) });
    await other.stop();
  });

  it('waits for a running answer, and closes kept connections', async () => {
    let finish = (): void => undefined;
    const running = new Promise<void>((resolve) => {
      server.app.get('/slow', (_request, response) => { resolve(); finish = () => { response.json({ done: true }); }; });
    });
    const { port } = await server.start();
    const idle = connect(port, '127.0.0.1');
    const answer = fetch(`http://127.0.0.1:${port}/slow`);
    await running;
    const stopped = server.stop();
    finish();
    expect(await (await answer).json()).toEqual({ done: true });
    await stopped;
    if (!idle.closed) await once(idle, 'close');
  });

  it('does not wait for ever', async () => {
    const running = new Promise<void>((resolve) => { server.app.get('/never', () => { resolve(); }); });
    const { port } = await server.start();
    const answer = fetch(`http://127.0.0.1:${port}/never`).catch(() => 'cut');
    await running;
    await server.stop();
    expect(await answer).toBe('cut');
    await server.stop();
  });
});

describe('signatures', () => {
  it('signs as RFC 4231, test case 2', () => {
    expect(signHmac('sha256', 'Jefe', 'what do ya want for nothing?')).toBe('5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843');
    expect(signHmac('sha1', 'Jefe', Buffer.from('what do ya want for nothing?'))).toBe('effcdf6ae5eb2fa2d27416d5f184df9c259a7c79');
  });
  it.each([{ a: 'x', b: 'x', equal: true }, { a: 'x', b: 'y', equal: false }, { a: 'x', b: 'xx', equal: false }, { a: '', b: 'x', equal: false }])('compares "$a" and "$b"', ({ a, b, equal }) => {
    expect(equalSecrets(a, b)).toBe(equal);
  });
  it.each([
    { name: 'now in seconds', at: 1_700_000_000, ok: true }, { name: 'now in milliseconds', at: 1_700_000_000_000, ok: true }, { name: 'at the edge', at: 1_699_999_700, ok: true },
    { name: 'too old', at: 1_699_999_699, ok: false }, { name: 'from the future', at: 1_700_000_301, ok: false }, { name: 'no number', at: Number.NaN, ok: false }, { name: 'zero', at: 0, ok: false },
  ])('takes a timestamp: $name', ({ at, ok }) => { expect(checkTimestamp(at, 1_700_000_000_000, 300_000)).toBe(ok); });
});
