/** `rm -r data && deskbridge rebuild` with 200 conversations: each next message finds its old ticket, no answer is sent again. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { createLowdbIdMap } from '../../src/idmap/lowdb.js';
import { mintId, type ConversationId, type MessageId, type TicketId } from '../../src/core/types.js';
import { whatMatters, type WhatMatters } from '../bridge/equal-maps.js';
import { eventually, runProgram, temporaryFolder } from '../e2e/program.js';
import { createRig, publicTexts, TEST_MS, type Rig } from './bridge-rig.js';
import { connectRt } from './request-tracker-fixture.js';

const CHATS = Number(process.env['DESKBRIDGE_CHATS'] ?? 200);
/** What takes a minute takes many on a busy machine. */
const LONG_MS = 15 * 60_000;
const AT_ONCE = 6;

let rig: Rig;
let bot = '';
const spare = await temporaryFolder();
beforeAll(async () => {
  rig = await createRig();
  [bot = ''] = (rig.environment['TELEGRAM_BOT_TOKEN'] ?? '').split(':');
}, TEST_MS);
afterAll(async () => {
  await rig.close();
  await spare.remove();
}, TEST_MS);

async function inTurns<T, R>(items: readonly T[], work: (item: T, index: number) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let from = 0; from < items.length; from += AT_ONCE) {
    results.push(...await Promise.all(items.slice(from, from + AT_ONCE).map((item, offset) => work(item, from + offset))));
  }
  return results;
}

const id = z.union([z.string(), z.number()]).transform(String);
const pageSchema = z.object({ items: z.array(z.object({ id, CustomFields: z.array(z.object({ name: z.string(), values: z.array(z.string()) })) })) });

/** The tickets of the bot's chats that are there, by chat, oldest first: as Request Tracker itself says. */
async function ticketsByChat(): Promise<ReadonlyMap<string, readonly TicketId[]>> {
  const found = new Map<string, TicketId[]>();
  for (let page = 1; ; page += 1) {
    const query = new URLSearchParams({ query: `CF.{TelegramChat} LIKE 'tg:${bot}:'`, orderby: 'id', per_page: '100', page: String(page), fields: 'CustomFields' });
    const { items } = pageSchema.parse(await rig.root('GET', `/tickets?${query.toString()}`));
    for (const item of items) {
      const chat = item.CustomFields.find((field) => field.name === 'TelegramChat')?.values[0]?.split(':')[2] ?? '';
      found.set(chat, [...found.get(chat) ?? [], mintId<TicketId>(item.id)]);
    }
    if (items.length < 100) return found;
  }
}

const count = (tickets: ReadonlyMap<string, readonly TicketId[]>): number => [...tickets.values()].flat().length;
const acknowledged = (): Promise<true> => eventually(() => (rig.world.pendingUpdates() === 0 ? true : undefined), LONG_MS, 'every update is acknowledged');
/** What customers hear when the server is slow: of their own messages, not of answers. */
const DELAY = /take a little longer|has been passed on/;

function readMap(folder: string, users: readonly number[]): Promise<readonly WhatMatters[]> {
  const connector = connectRt(rig.credentials);
  return createLowdbIdMap({ folder, nowMs: () => 0 }).then(async (idMap) => {
    try {
      return await inTurns(users, (user) => {
        const messages = rig.world.chat(user).messages.map((stored) => stored.message).filter((message) => message.from?.is_bot !== true)
          .map((message) => mintId<MessageId>(`tg:${bot}:${user}:${message.message_id}`));
        return whatMatters(idMap, connector, mintId<ConversationId>(`tg:${bot}:${user}`), messages);
      });
    } finally {
      await idMap.close();
    }
  });
}

describe('rm -r data && deskbridge rebuild, on Request Tracker', () => {
  it(`brings ${CHATS} conversations back`, async () => {
    const bridge = await rig.start({ SWEEP_SECONDS: '1' });
    const users = Array.from({ length: CHATS }, (_, index) => rig.newUser(`Customer ${index}`));
    for (const user of users) rig.world.say(user, 'first');
    await acknowledged();
    for (const user of users) await rig.answer(user, (message) => message.text?.includes('has the number') === true, LONG_MS);
    const first = await ticketsByChat();
    const ticketOf = (index: number): TicketId => first.get(String(users[index] ?? 0))?.[0] ?? mintId<TicketId>('');
    expect(count(first)).toBe(CHATS);

    const answered = users.map((_, index) => index).filter((index) => index % 8 === 0);
    await inTurns(answered, (index) => rig.hands.replyPublic(ticketOf(index), `<p>answer ${index}</p>`));
    for (const index of answered) await rig.answer(users[index] ?? 0, (message) => message.text?.includes(`answer ${index}`) === true, LONG_MS);
    await rig.hands.setPhase(ticketOf(3), 'solved');
    await rig.answer(users[3] ?? 0, (message) => message.text?.includes('is solved') === true, LONG_MS);
    await rig.hands.merge?.(ticketOf(4), ticketOf(5));
    await eventually(() => (bridge.output().includes(`"from":"${ticketOf(4)}","into":"${ticketOf(5)}"`) ? true : undefined), LONG_MS, 'the bridge knows of the merge');
    await rig.hands.replyPublic(ticketOf(5), '<p>to both of you</p>');
    for (const index of [4, 5]) await rig.answer(users[index] ?? 0, (message) => message.text?.includes('to both of you') === true, LONG_MS);
    await rig.stop();

    const data = rig.environment['DATA_DIR'] ?? '';
    await cp(join(data, 'idmap'), join(spare.path, 'lost'), { recursive: true });
    await rm(data, { recursive: true });
    const said = users.map((user) => rig.answersTo(user).length);
    const program = runProgram(['rebuild'], rig.environment);
    const startedMs = Date.now();
    expect({ code: await program.ended, output: program.output() }).toMatchObject({ code: 0 });
    process.stdout.write(`rebuilt in ${Date.now() - startedMs} ms\n${program.output()}`);
    expect(program.output()).toContain(`rebuilt and read again: ${CHATS} conversations, ${CHATS} tickets, ${CHATS} messages`);
    expect(program.output()).toContain(`count as delivered: ${answered.length + 1} answers of the last 24 hours, on ${answered.length + 1} tickets`);
    const [lost, found] = [await readMap(join(spare.path, 'lost'), users), await readMap(join(data, 'idmap'), users)];
    expect(found).toEqual(lost);

    await rig.start({ SWEEP_SECONDS: '1' });
    for (const user of users) rig.world.say(user, 'next');
    await acknowledged();
    const after = await ticketsByChat();
    expect(count(after)).toBe(CHATS - 1);
    const texts = await inTurns(users, async (_user, index) => publicTexts(rig, index === 4 ? ticketOf(5) : ticketOf(index)));
    const nexts = texts.map((some) => some.filter((text) => text.includes('next')).length);
    expect(nexts).toEqual(users.map((_, index) => (index === 4 || index === 5 ? 2 : 1)));
    expect(users.flatMap((user, index) => rig.answersTo(user).slice(said[index]).map((message) => message.text ?? '').filter((text) => !DELAY.test(text)))).toEqual([]);
  }, 2 * LONG_MS);
});
