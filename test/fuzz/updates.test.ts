/** Whatever comes instead of an update: it is read, or refused as `invalid`, and what stands beside it is not lost. */
import { Readable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { BridgeError } from '../../src/core/errors.js';
import type { RichText } from '../../src/core/rich-text.js';
import type { ChatEvent } from '../../src/core/types.js';
import { compileMapping } from '../../src/mapping/compile.js';
import { toHtml } from '../../src/markup/to-html.js';
import { toMarkdown } from '../../src/markup/to-markdown.js';
import { toPlain } from '../../src/markup/to-plain.js';
import type { TelegramClient } from '../../src/telegram/client.js';
import { toRichText } from '../../src/telegram/entities.js';
import { parseConversationId, parseMessageId } from '../../src/telegram/ids.js';
import { createPolling } from '../../src/telegram/polling.js';
import { parseUpdate, type BotAccount } from '../../src/telegram/updates.js';
import { shippedFiles } from '../mapping/files.js';
import { createVirtualClock } from '../telegram/clock.js';
import { fuzz, fuzzAsync } from './fuzz.js';
import { growthFault, staysLinear } from './growth.js';
import { REAL_UPDATES } from './real-updates.js';
import { anyJson, changes, mutated, oddNumber } from './values.js';

const bot: BotAccount = { id: '42', username: 'HelpBot', downloadBytesMax: 20 * 2 ** 20, openFile: () => Promise.resolve(Readable.from([])) };
const { mapping } = compileMapping(shippedFiles());
const CANARY = 'canary-7f3a';

/** The event, if it can be read; nothing but `invalid` may be thrown, and nothing of what came may be in its message. */
function eventOf(update: unknown): ChatEvent | undefined {
  try {
    return parseUpdate(update, bot, 777_000).event;
  } catch (thrown) {
    if (!(thrown instanceof BridgeError)) throw thrown;
    expect(thrown.code).toBe('invalid');
    expect(thrown.message).not.toContain(CANARY);
    expect(thrown.message.length).toBeLessThan(2_000);
    return undefined;
  }
}

/** What the rest of the product relies on. */
function expectSound(event: ChatEvent): void {
  expect(parseConversationId(event.conversation).bot).toBe('42');
  expect(event.person.name.trim()).not.toBe('');
  expect(event.person.name.length).toBeLessThanOrEqual(256);
  expect(Number.isFinite(event.sentAtMs)).toBe(true);
  if (event.kind === 'message' || event.kind === 'command') expect(Number.isSafeInteger(parseMessageId(event.message).message)).toBe(true);
  if (event.kind === 'migration') parseConversationId(event.to);
  if (event.kind === 'command') expect(event.name).toMatch(/^[a-z0-9_]{1,64}$/);
  if (event.kind !== 'message') return;
  if (event.replyTo !== undefined) parseMessageId(event.replyTo);
  expectText(event.content.text);
  for (const { name, mediaType } of event.content.attachments) {
    expect(name).toMatch(/^[^/\\\p{Cc}]{1,130}$/u);
    expect(mediaType).toMatch(/^[\w.+-]+\/[\w.+-]+$/);
  }
  expect(mapping?.subject(event.content, event.person, 'en')).toMatch(/^[^\n]+$/);
}

function expectText(source: RichText): void {
  expect(typeof source.text).toBe('string');
  for (const span of source.spans) expect(span.length > 0 && span.offset >= 0 && span.offset + span.length <= source.text.length).toBe(true);
  for (const write of [toHtml, toMarkdown, toPlain]) expect(typeof write(source)).toBe('string');
}

const wrong = fc.tuple(fc.constantFrom(...REAL_UPDATES), changes).map(([update, list]) => mutated(update, list));

describe('updates', () => {
  it('are read as they are', () => {
    expect(REAL_UPDATES.length).toBeGreaterThan(20);
    for (const update of REAL_UPDATES) {
      const event = eventOf(update);
      if (event !== undefined) expectSound(event);
    }
  });

  fuzz('are read or refused when something in them is wrong', wrong, 3_000, (update) => {
    const event = eventOf(update);
    if (event !== undefined) expectSound(event);
  });

  fuzz('are refused when they are anything else', fc.oneof(anyJson, anyJson.map((message) => ({ update_id: 1, message })), fc.anything()), 1_500, (update) => {
    const event = eventOf(update);
    if (event !== undefined) expectSound(event);
  });

  fuzz('are refused without a word of what they said', fc.tuple(fc.constantFrom('message', 'callback_query', 'my_chat_member'), anyJson), 300, ([kind, value]) => {
    eventOf({ update_id: 1, [kind]: { message_id: CANARY, text: CANARY, data: CANARY, from: CANARY, chat: { id: CANARY, title: CANARY, [CANARY]: value }, date: value, entities: CANARY, caption: 5 } });
  });

  fuzz('have entities anywhere', fc.tuple(fc.string({ unit: 'grapheme', maxLength: 40 }), fc.array(fc.record({
    type: fc.constantFrom('bold', 'pre', 'code', 'blockquote', 'text_link', 'url', 'email', 'phone_number', 'mention', 'text_mention', 'custom_emoji', 'spoiler', '__proto__'),
    offset: fc.oneof(fc.integer({ min: -5, max: 60 }), fc.maxSafeInteger()), length: fc.oneof(fc.integer({ min: -5, max: 60 }), fc.maxSafeInteger()), url: fc.constantFrom('https://e.kz', 'javascript:x', ''),
  }), { maxLength: 12 })), 1_000, ([text, entities]) => { expectText(toRichText(text, entities)); });

  fuzz('have ids that numbers can hold, or are refused', fc.tuple(fc.constantFrom('update_id', 'message_id', 'chat', 'from', 'date', 'thread'), oddNumber), 500, ([place, id]) => {
    const chat = { id: place === 'chat' ? id : 7, type: 'private' };
    const message = { message_id: place === 'message_id' ? id : 5, date: place === 'date' ? id : 1, chat, from: { id: place === 'from' ? id : 7, first_name: 'A' }, text: 'x',
      ...(place === 'thread' ? { message_thread_id: id, is_topic_message: true } : {}) };
    const event = eventOf({ update_id: place === 'update_id' ? id : 1, message });
    if (!Number.isSafeInteger(id)) expect(event).toBeUndefined();
    else if (event !== undefined) expectSound(event);
  });

  fuzzAsync('that can be read are not lost among ones that cannot', fc.array(wrong, { minLength: 1, maxLength: 8 }), 25, async (others) => {
    const good = { update_id: 1_000, message: { message_id: 5, date: 1, chat: { id: 7, type: 'private' }, from: { id: 7, first_name: 'A' }, text: 'good' } };
    // Telegram gives ids in order.
    const batch = [...others.map((update, index) => (typeof update === 'object' && update !== null && !Array.isArray(update) ? { ...update, update_id: index + 1 } : update)), good];
    const { events, offset } = await polled(batch);
    expect(events.filter((event) => event.kind === 'message' && event.content.text.text === 'good')).toHaveLength(1);
    expect(offset).toBe(1_001);
  });

  staysLinear('take time in proportion to their length', fc.constantFrom(...REAL_UPDATES), 12, 30_000, (update, length) => {
    const repeat = (value: unknown): unknown => (typeof value === 'string' ? value.repeat(Math.ceil(length / Math.max(value.length, 1))) : value);
    const { message } = update as { readonly message?: object };
    return JSON.stringify(message === undefined ? update : { ...update, message: Object.fromEntries(Object.entries(message).map(([key, value]) => [key, key === 'entities' ? value : repeat(value)])) });
  }, (json) => { eventOf(JSON.parse(json)); });

  it('take bounded time with very many entities, whether they nest or cross', () => {
    for (const step of [0, 1, 3]) {
      const make = (scale: number): string => JSON.stringify({ update_id: 1, message: { message_id: 5, date: 1, chat: { id: 7, type: 'private' }, from: { id: 7, first_name: 'A' }, text: 'x'.repeat(9_000 * scale),
        entities: Array.from({ length: 2_000 * scale }, (_, index) => ({ type: index % 2 === 0 ? 'bold' : 'italic', offset: index * step, length: 5_000 })) } });
      expect(growthFault(make, (json) => { eventOf(JSON.parse(json)); })).toBeUndefined();
    }
  });
});

/** What the handler got of one answer of getUpdates, and the offset that was asked for last. */
async function polled(batch: readonly unknown[]): Promise<{ events: readonly ChatEvent[]; offset: number | undefined }> {
  const events: ChatEvent[] = [];
  let offset: number | undefined;
  let asked = 0;
  const unused = (): Promise<never> => Promise.reject(new Error('not called here'));
  const client: TelegramClient = {
    botId: '42', uploadBytesMax: 1, downloadBytesMax: 1, upload: unused, openFile: unused, disconnect: () => undefined,
    call: (_method, parameters, options) => new Promise((resolve, reject) => {
      offset = parameters['offset'] === undefined ? offset : Number(parameters['offset']);
      asked += 1;
      if (asked === 1) resolve(batch);
      else if (parameters['timeout'] === 0) resolve([]);
      else options?.signal?.addEventListener('abort', () => { reject(new Error('aborted')); });
    }),
  };
  const polling = createPolling({ client, clock: createVirtualClock(), bot, emit: () => undefined, handle: (event) => { events.push(event); return Promise.resolve(); } });
  polling.start();
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => { setImmediate(resolve); });
  await polling.stop();
  return { events, offset };
}
