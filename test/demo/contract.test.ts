import { existsSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { KIND_NAMES } from '../../src/demo/emulator/kinds.js';
import { png, startApi } from './setup.js';
import type { Api } from './setup.js';

// A machine-readable copy of https://core.telegram.org/bots/api, where there is one at hand.
const SPEC = process.env['TELEGRAM_BOT_API_SPEC'] ?? '../shared/contracts/telegram-bot-api.json';

const specShape = z.object({
  methods: z.record(z.string(), z.object({ fields: z.array(z.object({ name: z.string(), required: z.boolean() })).default([]) })),
  types: z.record(z.string(), z.object({ fields: z.array(z.object({ name: z.string(), types: z.array(z.string()), required: z.boolean() })).default([]) })),
});
type Spec = z.infer<typeof specShape>;

/** Every fault of `value` against the type: fields that do not exist, fields that are missing, wrong kinds. */
function faultsOf(spec: Spec, type: string, value: unknown, path: string): readonly string[] {
  if (type.startsWith('Array of ')) {
    if (!Array.isArray(value)) return [`${path}: not a list`];
    return value.flatMap((item: unknown, index) => faultsOf(spec, type.slice('Array of '.length), item, `${path}[${index}]`));
  }
  const plain = { Integer: Number.isInteger(value), Float: typeof value === 'number', String: typeof value === 'string', Boolean: typeof value === 'boolean' }[type];
  if (plain !== undefined) return plain ? [] : [`${path}: not ${type}`];
  const fields = spec.types[type]?.fields ?? [];
  if (fields.length === 0) return [];
  if (typeof value !== 'object' || value === null) return [`${path}: not ${type}`];
  const given = new Map<string, unknown>(Object.entries(value));
  const missing = fields.filter((field) => field.required && !given.has(field.name)).map((field) => `${path}.${field.name}: missing`);
  return [...missing, ...[...given].flatMap(([name, item]) => {
    const field = fields.find((one) => one.name === name);
    if (field === undefined) return [`${path}.${name}: unknown in ${type}`];
    return field.types.length === 1 ? faultsOf(spec, field.types[0] ?? '', item, `${path}.${name}`) : [];
  })];
}

const describeWithSpec = existsSync(SPEC) ? describe : describe.skip;

describeWithSpec('shapes against the Bot API description (skipped where no copy of it is at hand)', () => {
  let api: Api;
  let spec: Spec;
  beforeAll(async () => {
    spec = specShape.parse(JSON.parse(readFileSync(SPEC, 'utf8')));
    api = await startApi();
  });
  afterAll(() => api.emulator.stop());

  it('sends updates of every kind as described', async () => {
    const { world } = api.emulator;
    const user = world.addUser({ name: 'Ann', lastName: 'Lee', username: 'ann', languageCode: 'en' }).id;
    const first = world.say(user, 'see https://example.org and /help', { entities: [{ type: 'bold', offset: 0, length: 3 }] });
    world.say(user, 'so', { replyTo: first.message_id });
    for (const kind of ['photo', 'document', 'video', 'audio', 'voice', 'video_note', 'animation', 'sticker'] as const) {
      await world.sendFile(user, { kind, bytes: png(400, 300), name: 'a.png', caption: 'c', mediaGroup: '7' });
    }
    world.sendLocation(user, { latitude: 43.2, longitude: 76.9 });
    world.sendContact(user, { phone_number: '+77010000000', first_name: 'Ann' });
    for (const kind of KIND_NAMES) if (kind !== 'unknown') world.sendKind(user, kind, { replyTo: first.message_id });
    world.edit(user, first.message_id, 'changed');
    const sent = z.object({ message_id: z.number() }).parse((await api.call('sendMessage', {
      chat_id: user, text: 'x', reply_markup: { inline_keyboard: [[{ text: 'a', callback_data: 'b' }]] },
    })).body.result);
    world.press(user, sent.message_id, 'b');
    world.block(user);
    const updates = z.array(z.unknown()).parse((await api.call('getUpdates')).body.result);
    expect(updates).toHaveLength(15 + KIND_NAMES.length - 1);
    expect(faultsOf(spec, 'Array of Update', updates, 'updates')).toEqual([]);
  });

  it.each([
    { method: 'getMe', type: 'User', parameters: {} },
    { method: 'getWebhookInfo', type: 'WebhookInfo', parameters: {} },
    { method: 'getMyCommands', type: 'Array of BotCommand', parameters: {} },
  ])('answers $method with $type', async ({ method, type, parameters }) => {
    expect(faultsOf(spec, type, (await api.call(method, parameters)).body.result, method)).toEqual([]);
  });

  it('answers getUserProfilePhotos with UserProfilePhotos, with a photo and without', async () => {
    const { world } = api.emulator;
    const user = world.addUser({ name: 'Ann' }).id;
    const ask = async (): Promise<unknown> => (await api.call('getUserProfilePhotos', { user_id: user, limit: 1 })).body.result;
    for (const picture of [undefined, png(400, 300)]) {
      world.setPhoto(user, picture);
      const result = await ask();
      expect(faultsOf(spec, 'UserProfilePhotos', result, 'photos')).toEqual([]);
      expect(result).toMatchObject({ total_count: picture === undefined ? 0 : 1 });
    }
    world.setPhoto(user, undefined);
    expect(await ask()).toEqual({ total_count: 0, photos: [] });
  });

  it('knows that a wrong shape is one', () => {
    expect(faultsOf(spec, 'User', { id: 'x', first_name: 'A', nick: 1 }, 'user')).toEqual(['user.is_bot: missing', 'user.id: not Integer', 'user.nick: unknown in User']);
  });
});
