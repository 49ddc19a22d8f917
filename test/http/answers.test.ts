/** What the client makes of every kind of answer: a table. */
import { afterEach, describe, expect, it } from '@jest/globals';
import type { BridgeError } from '../../src/core/errors.js';
import { createHttpClient } from '../../src/http/client.js';
import { endMocks, mockHost } from '../fakes/mock-http.js';

const client = createHttpClient({ baseUrl: 'http://helpdesk.test/api', headers: { authorization: 'Bearer secret-token' }, timeoutMs: 2_000, emit: () => undefined, nowMs: () => 0, secrets: ['secret-token'] });

afterEach(endMocks);

const answers = [
  { name: 'bad request', status: 400, body: '{}', out: { code: 'invalid', effect: 'none' } },
  { name: 'wrong token', status: 401, body: '', out: { code: 'unauthorized', effect: 'none' } },
  { name: 'no right', status: 403, body: '{"message":"no"}', out: { code: 'forbidden', effect: 'none' } },
  { name: 'missing', status: 404, body: '', out: { code: 'not_found', effect: 'none' } },
  { name: 'gone', status: 410, body: '', out: { code: 'not_found', effect: 'none' } },
  { name: 'conflict', status: 409, body: '{}', out: { code: 'conflict', effect: 'none' } },
  { name: 'precondition', status: 412, body: '{}', out: { code: 'conflict', effect: 'none' } },
  { name: 'unprocessable', status: 422, body: '{}', out: { code: 'invalid', effect: 'none' } },
  { name: 'slow down, in seconds', status: 429, headers: { 'retry-after': '7' }, body: '', out: { code: 'rate_limited', retryAfterMs: 7_000 } },
  { name: 'slow down, with no time', status: 429, body: '', out: { code: 'rate_limited' } },
  { name: 'failed, empty', status: 500, body: '', out: { code: 'unavailable', effect: 'unknown', status: 500 } },
  { name: 'a gateway page', status: 502, body: '<html>Bad gateway</html>', out: { code: 'unavailable', effect: 'unknown', status: 502 } },
  { name: 'a page where JSON belongs', status: 200, headers: { 'content-type': 'text/html' }, body: '<html>Sign in</html>', out: { code: 'unavailable', effect: 'unknown' } },
  { name: 'torn JSON', status: 200, headers: { 'content-type': 'application/json' }, body: '{"id":', out: { code: 'unavailable', effect: 'unknown' } },
];

describe('an answer that is no success', () => {
  it.each(answers)('$name', async ({ status, headers, body, out }) => {
    mockHost('http://helpdesk.test').post('/api/ticket').reply(status, body, headers);
    const error: BridgeError = await client.request({ operation: 'createTicket', method: 'POST', path: '/ticket', json: { text: 'private words' } })
      .then(() => { throw new Error('expected a failure'); }, (thrown: BridgeError) => thrown);
    expect(error).toMatchObject({ name: 'BridgeError', operation: 'createTicket', ...out });
    expect(`${error.message} ${JSON.stringify(error)} ${String(error.cause)}`).not.toMatch(/secret-token|private words/);
  });

  it('sends what it was told to', async () => {
    const scope = mockHost('http://helpdesk.test').post('/api/ticket', { text: 'hello' }).matchHeader('authorization', 'Bearer secret-token').reply(201, { id: 1 });
    expect(await client.request({ operation: 'createTicket', method: 'POST', path: '/ticket', json: { text: 'hello' } })).toMatchObject({ status: 201, body: { id: 1 } });
    expect(scope.isDone()).toBe(true);
  });
});
