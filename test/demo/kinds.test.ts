/** What the emulator sends, as the bridge reads it. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Readable } from 'node:stream';
import { z } from 'zod';
import { toAgentContent } from '../../src/bridge/to-helpdesk/words.js';
import { KIND_NAMES } from '../../src/demo/emulator/kinds.js';
import { compileMapping } from '../../src/mapping/compile.js';
import { ALLOWED_UPDATES, parseUpdate, type BotAccount } from '../../src/telegram/updates.js';
import { shippedFiles } from '../mapping/files.js';
import { startApi, type Api } from './setup.js';

const bot: BotAccount = { id: '1', username: 'HelpBot', downloadBytesMax: 20 * 1024 * 1024, openFile: () => Promise.resolve(Readable.from([])) };
const { mapping } = compileMapping(shippedFiles());

let api: Api;
let user: number;
beforeAll(async () => {
  api = await startApi();
  user = api.emulator.world.addUser({ name: 'Ann', languageCode: 'en' }).id;
});
afterAll(() => api.emulator.stop());

let offset = 0;
async function next() {
  const { result } = (await api.call('getUpdates', { offset, allowed_updates: ALLOWED_UPDATES })).body;
  const [update] = z.array(z.looseObject({ update_id: z.number() })).parse(result);
  if (update === undefined) throw new Error('no update');
  offset = update.update_id + 1;
  return parseUpdate(update, bot, 0).event;
}

describe('the emulator', () => {
  it.each(KIND_NAMES)('sends %s so that an agent can read it', async (kind) => {
    if (mapping === undefined) throw new Error('no mapping');
    const { message_id: id } = api.emulator.world.sendKind(user, kind);
    const event = await next();
    if (event?.kind !== 'message') throw new Error('no message');
    const { text: { text }, attachments } = toAgentContent(mapping, event);
    expect(event.message).toMatch(new RegExp(`:${id}$`, 'u'));
    expect(text !== '' || attachments.length > 0).toBe(true);
    if (kind === 'unknown') expect(text).toContain('(hologram)');
    else expect(text).not.toMatch(/❔|kind\.|secret/u);
  });

  it('tells of reactions only when asked to, and what stood there before', async () => {
    const { message_id: id } = api.emulator.world.say(user, 'hello');
    await next();
    api.emulator.world.react(user, id, ['👍']);
    expect(await next()).toMatchObject({ kind: 'reaction', emoji: ['👍'] });
    api.emulator.world.react(user, id, []);
    const { result } = (await api.call('getUpdates', { offset })).body;
    expect(result).toMatchObject([{ message_reaction: { message_id: id, old_reaction: [{ type: 'emoji', emoji: '👍' }], new_reaction: [] } }]);
  });
});
