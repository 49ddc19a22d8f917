/** Raw bytes at the door that Telegram knocks at. */
import { describe, expect } from '@jest/globals';
import fc from 'fast-check';
import type { ChatEvent, RawRequest } from '../../src/core/types.js';
import { createWebhook, type Webhook } from '../../src/telegram/webhook.js';
import { createVirtualClock } from '../telegram/clock.js';
import { fuzzAsync } from './fuzz.js';
import { staysLinear } from './growth.js';
import { REAL_UPDATES } from './real-updates.js';
import { anyJson, changes, mutated } from './values.js';

const SECRET = 'a-secret_1';

function door(): { readonly webhook: Webhook; readonly events: ChatEvent[] } {
  const events: ChatEvent[] = [];
  const webhook = createWebhook({
    secretToken: SECRET, clock: createVirtualClock(), emit: () => undefined,
    bot: { id: '42', username: 'b', downloadBytesMax: 1, openFile: () => Promise.reject(new Error('unused')) },
    handle: (event) => { events.push(event); return Promise.resolve(); },
  });
  return { webhook, events };
}

const request = (body: Buffer, secret: string = SECRET): RawRequest => ({ headers: { 'x-telegram-bot-api-secret-token': secret }, body });
const good = Buffer.from(JSON.stringify({ update_id: 999, message: { message_id: 5, date: 1, chat: { id: 7, type: 'private' }, from: { id: 7, first_name: 'A' }, text: 'good' } }));

const text = fc.oneof(
  anyJson.map((value) => JSON.stringify(value)), fc.tuple(fc.constantFrom(...REAL_UPDATES), changes).map(([update, list]) => JSON.stringify(mutated(update, list)) ?? ''),
  fc.constantFrom('', '{', 'null', '{}', '[]', '{"update_id":1', '\ufeff{"update_id":1}', '{"update_id":1,"update_id":2}', '{"update_id":1e999}', '{"update_id":-0}', '{"update_id":1.0}', '{"__proto__":{"update_id":5}}',
    '{"update_id":9007199254740993}', '[['.repeat(20_000), `${'['.repeat(100_000)}${']'.repeat(100_000)}`, `{"update_id":1,"message":${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}}`, `{"update_id":1${'0'.repeat(400)}}`),
);
const bytes = fc.oneof(
  text.map((one) => Buffer.from(one)), fc.uint8Array({ maxLength: 60 }).map((one) => Buffer.from(one)),
  // Bytes that are no UTF-8, in the middle of something that was.
  fc.tuple(text, fc.nat(), fc.uint8Array({ minLength: 1, maxLength: 4 })).map(([one, place, wild]) => {
    const whole = Buffer.from(one);
    const at = whole.length === 0 ? 0 : place % whole.length;
    return Buffer.concat([whole.subarray(0, at), Buffer.from(wild), whole.subarray(at)]);
  }),
);

describe('the webhook of Telegram', () => {
  fuzzAsync('answers anything, does nothing for what is no update, and goes on', bytes, 400, async (body) => {
    const { webhook, events } = door();
    const { status } = await webhook(request(body));
    expect([200, 400]).toContain(status);
    if (status === 400) expect(events).toEqual([]);
    expect(await webhook(request(good))).toEqual({ status: 200 });
    expect(events.at(-1)).toMatchObject({ kind: 'message', content: { text: { text: 'good' } } });
  });

  fuzzAsync('refuses every other secret before it reads a byte', fc.tuple(bytes, fc.oneof(fc.string({ maxLength: 20 }), fc.constantFrom('', SECRET.toUpperCase(), `${SECRET} `, SECRET.slice(1), SECRET.repeat(2), '__proto__'))), 300, async ([body, secret]) => {
    fc.pre(secret !== SECRET);
    const { webhook, events } = door();
    expect(await webhook(request(body, secret))).toEqual({ status: 401 });
    expect(await webhook({ headers: {}, body: good })).toEqual({ status: 401 });
    expect(events).toEqual([]);
  });

  staysLinear('takes time in proportion to the bytes', fc.constantFrom('[', '{"a":', '"', '\\u0000', '1', ' ', '{"update_id":1},', '\ud83d'), 8, 60_000,
    (piece, length) => `{"update_id":1,"message":${piece.repeat(Math.ceil(length / piece.length))}`, (body) => { void door().webhook(request(Buffer.from(body))); });
});
