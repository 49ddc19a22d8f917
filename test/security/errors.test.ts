/** Errors hold no secret and no word of a message, whatever the other side quotes back. */
import { afterEach, describe, expect, it } from '@jest/globals';
import FormData from 'form-data';
import { Readable } from 'node:stream';
import { BridgeError } from '../../src/core/errors.js';
import { createHttpClient, type HttpRequest } from '../../src/http/client.js';
import { createTelegramClient } from '../../src/telegram/client.js';
import { startBotApi, TOKEN } from '../telegram/bot-api.js';
import { listenTo } from './trap.js';

const WORD = 'hunter2secret';
const SECRET = 'helpdesk-token-word';
const closers: (() => Promise<unknown> | void)[] = [];
afterEach(async () => { for (const close of closers.splice(0).reverse()) await close(); });

/** All that somebody could print of it, causes too. */
async function printed(work: Promise<unknown>): Promise<string> {
  const thrown: unknown = await work.then(() => undefined, (error: unknown) => error);
  if (!(thrown instanceof BridgeError)) throw new Error('no BridgeError');
  const texts: string[] = [];
  for (let error: unknown = thrown; error instanceof Error; error = error.cause) texts.push(error.message, error.stack ?? '', JSON.stringify(error));
  return texts.join('\n');
}

describe('of the helpdesk', () => {
  const form = (): FormData => {
    const made = new FormData();
    made.append('JSON', JSON.stringify({ Content: WORD }));
    return made;
  };
  const requests: readonly { readonly name: string; readonly request: () => Partial<HttpRequest> }[] = [
    { name: 'JSON', request: () => ({ json: { text: `my password is ${WORD}` } }) }, { name: 'a form', request: () => ({ form: form() }) },
    { name: 'a stream', request: () => ({ body: Readable.from([WORD]) }) }, { name: 'a query', request: () => ({ method: 'GET', query: { search: WORD } }) },
  ];
  const answers: readonly { readonly name: string; readonly body: string; readonly type?: string }[] = [
    { name: 'as a code', body: JSON.stringify({ code: WORD }) }, { name: 'as an error', body: JSON.stringify({ error: WORD }) }, { name: 'deeper', body: JSON.stringify({ error: { code: WORD.toUpperCase() } }) },
    { name: 'part of it', body: JSON.stringify({ error: WORD.slice(0, 9) }) }, { name: 'in a sentence', body: JSON.stringify({ message: `cannot store "${WORD}"`, error: `no ${WORD}` }) },
    { name: 'in HTML', body: `<h1>500</h1><pre>${WORD} ${SECRET}</pre>`, type: 'text/html' }, { name: 'torn', body: `{"error":"${WORD}` }, { name: 'the token', body: JSON.stringify({ error: SECRET, code: SECRET.slice(0, 10) }) },
  ];
  const cases = requests.flatMap((one) => answers.flatMap((answer) => [200, 400, 401, 422, 500].map((status) => ({ sent: one.name, quoted: answer.name, status, request: one.request, answer }))))
    .filter(({ status, answer }) => status !== 200 || answer.name === 'torn' || answer.type !== undefined);

  it.each(cases)('$sent, quoted back $quoted with $status', async ({ status, request, answer }) => {
    const helpdesk = await listenTo((_asked, response) => { response.writeHead(status, { 'content-type': answer.type ?? 'application/json' }).end(answer.body); });
    const client = createHttpClient({ baseUrl: helpdesk.url, headers: { authorization: `token ${SECRET}` }, timeoutMs: 2000, emit: () => undefined, nowMs: Date.now, secrets: [SECRET] });
    closers.push(() => helpdesk.close(), () => client.close());
    const error = await printed(client.request({ operation: 'write', method: 'POST', path: '/x', ...request() }));
    expect(error.toLowerCase()).not.toMatch(new RegExp(`${WORD.slice(0, 9)}|${SECRET.slice(0, 10)}`));
    expect(error).toContain(String(status));
  });

  it('names the code of a helpdesk that is none of our words', async () => {
    const helpdesk = await listenTo((_asked, response) => { response.writeHead(422).end('{"error":"RecordInvalid"}'); });
    const client = createHttpClient({ baseUrl: helpdesk.url, headers: {}, timeoutMs: 2000, emit: () => undefined, nowMs: Date.now });
    closers.push(() => helpdesk.close(), () => client.close());
    expect(await printed(client.request({ operation: 'write', method: 'POST', path: '/x', json: { text: WORD } }))).toContain('write: helpdesk answered 422 (RecordInvalid)');
  });
});

describe('of Telegram', () => {
  const descriptions = [`Bad Request: ${WORD}`, `Bad Request: message "${WORD}" is bad`, `Bad Request: can't parse ${WORD} here`, `Forbidden: bot${TOKEN} was blocked`, `Unauthorized: ${TOKEN}`, WORD, `Bad Request: no such button ${WORD}`];

  it.each(descriptions)('%s', async (description) => {
    const api = await startBotApi();
    const client = createTelegramClient({ token: TOKEN, apiRoot: api.url, emit: () => undefined, nowMs: Date.now });
    closers.push(() => api.close(), () => client.disconnect());
    for (const method of ['sendMessage', 'sendDocument']) api.answer(method, { error_code: 400, description });
    const document = { field: 'document', name: `${WORD}.txt`, mediaType: 'text/plain', open: async () => Readable.from([WORD]) };
    const markup = { inline_keyboard: [[{ text: WORD, callback_data: 'x' }]] };
    const errors = [await printed(client.call('sendMessage', { chat_id: 7, text: `my password is ${WORD}`, reply_markup: markup })),
      await printed(client.upload('sendDocument', { chat_id: 7, caption: "a file" }, document))];
    for (const error of errors) {
      expect(error).toContain('Telegram answered 400');
      expect(error).not.toContain(WORD);
      expect(error).not.toContain(TOKEN.split(':')[1]);
    }
  });

  it('names the reason that is none of our words', async () => {
    const api = await startBotApi();
    const client = createTelegramClient({ token: TOKEN, apiRoot: api.url, emit: () => undefined, nowMs: Date.now });
    closers.push(() => api.close(), () => client.disconnect());
    api.answer('sendMessage', { error_code: 400, description: 'Bad Request: message is too long' });
    expect(await printed(client.call('sendMessage', { chat_id: 7, text: WORD }))).toContain('sendMessage: Telegram answered 400 (message is too long)');
  });

  it.each([
    { name: 'a page instead of an answer', body: (token: string) => `<html>${token} ${WORD}</html>` }, { name: 'torn JSON', body: (token: string) => `{"ok":false,"description":"${token} ${WORD}` }, { name: 'nothing', body: () => '' },
  ])('$name', async ({ body }) => {
    const api = await startBotApi();
    const client = createTelegramClient({ token: TOKEN, apiRoot: api.url, emit: () => undefined, nowMs: Date.now });
    closers.push(() => api.close(), () => client.disconnect());
    api.answer('sendMessage', { raw: (response) => { response.writeHead(200, { 'content-type': 'application/json' }).end(body(TOKEN)); } });
    const error = await printed(client.call('sendMessage', { chat_id: 7, text: WORD }));
    expect(error).not.toMatch(new RegExp(`${WORD}|${TOKEN.split(':')[1] ?? ''}|127\\.0\\.0\\.1`));
  });
});
