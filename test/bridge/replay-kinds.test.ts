/** What is buried beside single messages, tried again: commands, tickets, answers, albums. */
import { Readable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { createBridge } from '../../src/bridge/bridge.js';
import { BridgeError } from '../../src/core/errors.js';
import type { BuriedEntry } from '../../src/core/ports.js';
import { plainText } from '../../src/core/rich-text.js';
import { mintId, type AlbumId, type CommentId, type FileRef, type MessageEvent, type TicketId } from '../../src/core/types.js';
import { commandEvent, conversationId, messageEvent } from '../fakes/telegram.js';
import { createWorld, type World } from './world.js';
import { createDesk, refusal, type Desk } from './replay-world.js';

describe('what is not a message', () => {
  it('a command that was buried is for its sender to repeat', async () => {
    const world = createWorld();
    const broken = createBridge({ ...world.ports, journey: { ...world.ports.journey, performCommand: () => Promise.reject(refusal('invalid', 'performCommand')) } },
      { isOurs: () => true, random: () => 0.5 });
    void broken.handle(commandEvent(7, 9, 'close'));
    await world.clock.advance(10_000);
    const [entry] = await world.idMap.buried();
    expect(entry).toEqual(expect.objectContaining({ id: 'to_helpdesk:tg:1:7:command:tg:1:7:9', operation: 'performCommand' }));
    expect(entry).not.toHaveProperty('message');
    const desk = createDesk(world);
    expect(await desk.replay(entry as BuriedEntry)).toMatchObject({ outcome: { result: 'kept', code: 'unsupported', operation: 'replay' } });
    expect([desk.reads, (await world.idMap.buried()).length]).toEqual([[], 1]);
  });

  it('a whole ticket is rung for, and forgotten when it is up to date', async () => {
    const world = createWorld();
    await world.receive(messageEvent(7, 1, 'hello'));
    const ticket = world.onlyTicket();
    const entry: BuriedEntry = {
      id: `to_telegram:tg:1:7:ticket:${ticket}`, direction: 'to_telegram', conversation: conversationId(7), ticket, code: 'internal', operation: 'getTicket', buriedAtMs: 5,
    };
    await world.idMap.bury(entry);
    const desk = createDesk(world);
    world.helpdesk.agentSays(ticket, 'answer');
    const broken = refusal('invalid', 'getTicket');
    world.helpdesk.fail('getTicket', broken, broken, broken);
    const failed = await desk.replay(entry);
    await world.clock.advance(10_000);
    expect(failed).toMatchObject({ outcome: { result: 'kept', code: 'invalid', operation: 'getTicket' } });
    const [again] = await world.idMap.buried();
    expect(again?.id).toBe(entry.id);
    expect(await desk.replay(again as BuriedEntry)).toEqual({ outcome: { result: 'done' } });
    expect([world.answers(), await world.idMap.buried()]).toEqual([['answer'], []]);
  });
});

describe('an answer that Telegram refused', () => {
  const rejected = new BridgeError({ code: 'invalid', operation: 'sendMessage', message: 'no', reason: 'rejected' });

  /** An answer of two parts of which the second was refused, and one after it that arrived. */
  async function withRefused(): Promise<{ desk: Desk; entry: BuriedEntry; ticket: TicketId }> {
    const desk = createDesk();
    const { world } = desk;
    await world.receive(messageEvent(7, 1, 'hello'));
    const ticket = world.onlyTicket();
    world.helpdesk.agentSays(ticket, 'first part\nsecond part');
    world.telegram.fail(undefined, rejected);
    await world.ring(ticket);
    world.helpdesk.agentSays(ticket, 'another');
    await world.ring(ticket);
    expect(world.answers()).toEqual(['first part', 'another']);
    const [entry] = await world.idMap.buried();
    if (entry === undefined) throw new Error('nothing was buried');
    return { desk, entry, ticket };
  }
  const verdicts = (world: World, key: string): number => world.helpdesk.comments()
    .filter((one) => one.visibility === 'internal' && one.content.text.text.includes(key)).length;

  it('has only its missing part sent, once; the agent hears that it arrived, and the cursor stays where it was', async () => {
    const { desk, entry, ticket } = await withRefused();
    const { world } = desk;
    expect(entry).toMatchObject({ direction: 'to_telegram', reason: 'rejected', ticket });
    expect(await desk.replay(entry)).toEqual({ outcome: { result: 'done' } });
    expect([world.answers(), await world.idMap.buried(), verdicts(world, 'verdict.delivered')]).toEqual([['first part', 'another', 'second part'], [], 1]);
    await desk.replay(entry);
    await world.ring(ticket);
    await world.runSweep();
    expect([world.answers(), verdicts(world, 'verdict.delivered')]).toEqual([['first part', 'another', 'second part'], 1]);
  });

  it('refused again keeps its entry, with the new reason, at the first try', async () => {
    const { desk, entry } = await withRefused();
    desk.world.telegram.fail(new BridgeError({ code: 'forbidden', operation: 'sendMessage', message: 'blocked', reason: 'blocked' }));
    expect(await desk.replay(entry)).toEqual({ outcome: { result: 'kept', code: 'forbidden', operation: 'sendMessage', detail: 'blocked' } });
    expect([await desk.world.idMap.buried(), desk.world.answers().length]).toEqual([[{ ...entry, code: 'forbidden', operation: 'sendMessage', reason: 'blocked' }], 2]);
    expect((await desk.replay(entry)).outcome).toEqual({ result: 'done' });
  });

  it('that meets an outage is tried again, and is sent once', async () => {
    const { desk, entry } = await withRefused();
    desk.world.telegram.fail(new BridgeError({ code: 'unavailable', operation: 'sendMessage', message: 'down' }));
    const box = await desk.replay(entry);
    expect(box).toEqual({});
    await desk.world.clock.advance(5_000);
    expect([box.outcome, desk.world.answers()]).toEqual([{ result: 'done' }, ['first part', 'another', 'second part']]);
  });

  it('and is gone from the ticket by now keeps its entry; the reason of before is none any more', async () => {
    const { desk, entry } = await withRefused();
    const gone = { ...entry, id: `${entry.id}0`, comment: mintId<CommentId>('999') };
    await desk.world.idMap.bury(gone);
    expect(await desk.replay(gone)).toMatchObject({ outcome: { result: 'kept', code: 'not_found' } });
    const now = (await desk.world.idMap.buried()).find((one) => one.id === gone.id);
    expect(now).toMatchObject({ code: 'not_found', buriedAtMs: entry.buriedAtMs });
    expect(now?.reason).toBeUndefined();
  });
});

describe('an album that was buried', () => {
  const albumOf = (numbers: readonly number[]): MessageEvent[] => numbers.map((number) => messageEvent(7, number, '', {
    album: mintId<AlbumId>('g1'),
    content: { text: plainText(number === 2 ? 'caption' : ''), attachments: [{ kind: 'photo', name: `${number}.jpg`, mediaType: 'image/jpeg', sizeBytes: 5, ref: mintId<FileRef>(`f${number}`), open: async () => Readable.from([]) }] },
  }));

  async function withBuriedAlbum(): Promise<{ desk: Desk; entry: BuriedEntry; items: readonly MessageEvent[] }> {
    const desk = createDesk();
    const { world } = desk;
    await world.receive(messageEvent(7, 1, 'hello'));
    const items = albumOf([2, 3, 4]);
    world.helpdesk.fail('addComment', refusal('invalid'), refusal('invalid'), refusal('invalid'));
    await world.receive(...items);
    await world.clock.advance(10_000);
    const [entry] = await world.idMap.buried();
    if (entry === undefined) throw new Error('nothing was buried');
    return { desk, entry, items: items.map(({ album: _album, ...event }) => event) };
  }

  const last = (world: World) => world.helpdesk.comments(world.onlyTicket()).at(-1);

  it('is filed as one comment with all its files, and each message is known again', async () => {
    const { desk, entry, items } = await withBuriedAlbum();
    for (const event of items) desk.past.set(event.message, event);
    expect(await desk.replay(entry)).toEqual({ outcome: { result: 'done' } });
    expect(last(desk.world)?.content.attachments.map(({ name }) => name)).toEqual(['2.jpg', '3.jpg', '4.jpg']);
    expect(last(desk.world)?.content.text.text).toMatch(/^message\.filedLate .*\ncaption$/u);
    expect(await desk.world.idMap.buried()).toEqual([]);
    const links = await desk.world.idMap.withConversation(conversationId(7), (session) => Promise.all(items.map(({ message }) => session.linkOfMessage(message))));
    expect(links.map((link) => link?.part)).toEqual([0, 1, 2]);
  });

  it('is filed without what Telegram has no more, and says so', async () => {
    const { desk, entry, items } = await withBuriedAlbum();
    for (const event of items.slice(1)) desk.past.set(event.message, event);
    expect(await desk.replay(entry)).toEqual({ outcome: { result: 'done' } });
    expect(last(desk.world)?.content.attachments.map(({ name }) => name)).toEqual(['3.jpg', '4.jpg']);
    expect(last(desk.world)?.content.text.text).toMatch(/\nalbum\.incomplete 1$/u);
    expect(last(desk.world)?.externalId).toBe(items[0]?.message);
  });

  it('keeps its entry when Telegram has none of it', async () => {
    const { desk, entry } = await withBuriedAlbum();
    expect(await desk.replay(entry)).toMatchObject({ outcome: { result: 'kept', code: 'not_found', operation: 'readAgain' } });
    expect(await desk.world.idMap.buried()).toEqual([entry]);
    expect(desk.reads).toHaveLength(3);
  });
});

it.each(['lookup', 'native'] as const)('the ticket that a message opened before a crash is found when a replay opens another one first, also when agents merge both into a third (%s)', async (idempotency) => {
  const world = createWorld({ idempotency });
  await world.receive(messageEvent(8, 1, 'somebody else'));
  world.helpdesk.fail('createTicket', refusal('invalid'), refusal('invalid'), refusal('invalid'));
  await world.receive(messageEvent(7, 1, 'poison'));
  await world.clock.advance(10_000);
  const [entry] = await world.idMap.buried();
  world.helpdesk.fail('createTicket', 'after');
  await world.receive(messageEvent(7, 2, 'hello'));
  await world.bridge.stop();
  const { idMap, helpdesk, clock } = world;
  const desk = createDesk(createWorld({ idempotency, idMap, helpdesk, clock }));
  desk.past.set(messageEvent(7, 1, '').message, messageEvent(7, 1, 'poison'));
  expect(await desk.replay(entry as BuriedEntry)).toEqual({ outcome: { result: 'done' } });
  await desk.world.receive(messageEvent(7, 2, 'hello'));
  await clock.advance(60_000);
  const [others, opened, replayed] = helpdesk.tickets().map(({ id }) => id);
  if (others === undefined || opened === undefined || replayed === undefined) throw new Error('expected three tickets');
  helpdesk.agentSays(opened, 'an answer');
  helpdesk.merge(opened, replayed);
  helpdesk.merge(replayed, others);
  for (const ticket of [opened, replayed, others]) await desk.world.ring(ticket);
  await clock.advance(60_000);
  expect(desk.world.telegram.sent.filter(({ kind }) => kind === 'part')).toMatchObject([{ conversation: conversationId(7), text: '#1001 an answer' }]);
});
