/** Buried messages that are tried again before their sender was told that they were given up. */
import { describe, expect, it } from '@jest/globals';
import type { EditEvent } from '../../src/core/changes.js';
import { BridgeError } from '../../src/core/errors.js';
import type { BuriedEntry } from '../../src/core/ports.js';
import { mintId, type AlbumId, type MessageEvent } from '../../src/core/types.js';
import { conversationId, editEvent, messageEvent } from '../fakes/telegram.js';
import { createDesk, HOUR_MS, refusal, type Desk } from './replay-world.js';
import { createWorld } from './world.js';

const CHAT = conversationId(7);
const down = new BridgeError({ code: 'unavailable', operation: 'sendNotice', message: 'down' });

/** A ticket; then Telegram takes no notice, and the helpdesk refuses each of these groups of messages. */
function withUntold(...groups: readonly (readonly (MessageEvent | EditEvent)[])[]): Promise<Untold> {
  return withUntoldAt(createDesk(), ...groups);
}

interface Untold {
  readonly desk: Desk;
  readonly entries: readonly BuriedEntry[];
}

async function withUntoldAt(desk: Desk, ...groups: readonly (readonly (MessageEvent | EditEvent)[])[]): Promise<Untold> {
  const { world } = desk;
  await world.receive(messageEvent(7, 1, 'hello'));
  world.telegram.refuse(CHAT, down);
  for (const events of groups) {
    for (const { album: _album, ...event } of events) desk.past.set(event.message, { ...event, kind: 'message' });
    world.helpdesk.fail('addComment', refusal('invalid'), refusal('invalid'), refusal('invalid'));
    await world.receive(...events);
    await world.clock.advance(10_000);
  }
  const entries = await world.idMap.buried();
  expect(entries).toHaveLength(groups.length);
  return { desk, entries };
}

/** What they are told of their messages in the end. */
async function toldWhenTelegramIsBack({ world }: Desk): Promise<readonly string[]> {
  world.telegram.refuse(CHAT, undefined);
  await world.clock.advance(HOUR_MS);
  await world.runSweep();
  return world.notices().filter((text) => /^message\.(?:notFiled|filed)\b/u.test(text));
}

const second = messageEvent(7, 2, 'second');
const third = messageEvent(7, 3, 'third');
const album = mintId<AlbumId>('g1');

describe('whoever was not told yet that a message was given up', () => {
  it('is not asked to send it again when it was filed first', async () => {
    const { desk, entries: [entry] } = await withUntold([second]);
    expect(await desk.replay(entry as BuriedEntry)).toEqual({ outcome: { result: 'done' } });
    expect(await toldWhenTelegramIsBack(desk)).toEqual(['message.filed 1001']);
  });

  it('nor to send an album again', async () => {
    const { desk, entries: [entry] } = await withUntold([{ ...second, album }, { ...third, album }]);
    expect(await desk.replay(entry as BuriedEntry)).toEqual({ outcome: { result: 'done' } });
    expect(await toldWhenTelegramIsBack(desk)).toEqual(['message.filed 1001']);
  });

  it('nor what they changed in one', async () => {
    const { desk, entries: [entry] } = await withUntold([editEvent(7, 1, 10, 'hello you')]);
    expect(await desk.replay(entry as BuriedEntry)).toEqual({ outcome: { result: 'done' } });
    expect(desk.world.stored().at(-1)).toMatch(/hello you$/u);
    expect(await toldWhenTelegramIsBack(desk)).toEqual([]);
  });

  it('nor what was found to be filed already', async () => {
    const { desk, entries: [entry] } = await withUntold([second]);
    await desk.world.receive(second);
    expect(await desk.replay(entry as BuriedEntry)).toMatchObject({ outcome: { result: 'done' } });
    expect(await toldWhenTelegramIsBack(desk)).toEqual([]);
  });

  it.each(['lookup', 'native'] as const)('nor while nobody knows whether a replay filed it (%s)', async (idempotency) => {
    const { desk, entries: [entry] } = await withUntoldAt(createDesk(createWorld({ idempotency })), [second]);
    const { world } = desk;
    world.helpdesk.fail('addComment', 'after');
    const replayed = await desk.replay(entry as BuriedEntry);
    expect([replayed, world.stored().at(-1)]).toEqual([{}, expect.stringMatching(/second$/u)]);
    const next = createWorld({ idempotency, idMap: world.idMap, helpdesk: world.helpdesk, clock: world.clock });
    await next.runSweep();
    expect(next.notices()).toEqual([]);
    await world.clock.advance(60_000);
    expect(replayed).toEqual({ outcome: { result: 'done' } });
    expect(await toldWhenTelegramIsBack(desk)).toEqual(['message.filed 1001']);
  });

  it('is asked when the replay failed', async () => {
    const { desk, entries: [entry] } = await withUntold([second]);
    desk.world.helpdesk.fail('addComment', refusal('invalid'));
    expect(await desk.replay(entry as BuriedEntry)).toMatchObject({ outcome: { result: 'kept' } });
    expect(await toldWhenTelegramIsBack(desk)).toEqual(['message.notFiled 1001']);
  });

  it('is asked, once, while another one of theirs is still buried', async () => {
    const { desk, entries: [entry] } = await withUntold([second], [third]);
    expect(await desk.replay(entry as BuriedEntry)).toMatchObject({ outcome: { result: 'done' } });
    expect(await toldWhenTelegramIsBack(desk)).toEqual(['message.notFiled 1001', 'message.filed 1001']);
  });

  it('is not asked when both were filed, nor for the sake of an older one of which they heard', async () => {
    const { desk, entries: [first, last] } = await withUntold([second], [third]);
    await desk.world.idMap.bury({ ...first as BuriedEntry, id: 'older', buriedAtMs: 5 });
    await desk.replay(last as BuriedEntry);
    await desk.replay(first as BuriedEntry);
    expect(await toldWhenTelegramIsBack(desk)).toEqual(['message.filed 1001']);
  });
});

describe('whoever was told already', () => {
  it('hears that it was filed after all', async () => {
    const { desk, entries: [entry] } = await withUntold([second]);
    expect(await toldWhenTelegramIsBack(desk)).toEqual(['message.notFiled 1001']);
    expect(await desk.replay(entry as BuriedEntry)).toMatchObject({ outcome: { result: 'done' } });
    expect(await toldWhenTelegramIsBack(desk)).toEqual(['message.notFiled 1001', 'message.filed 1001']);
  });

  it('hears so too when its update came once more and was taken, before any replay, and the replay says nothing of its own', async () => {
    const { desk, entries: [entry] } = await withUntold([second]);
    expect(await toldWhenTelegramIsBack(desk)).toEqual(['message.notFiled 1001']);
    await desk.world.receive(second);
    expect(await toldWhenTelegramIsBack(desk)).toEqual(['message.notFiled 1001', 'message.filed 1001']);
    expect(await desk.replay(entry as BuriedEntry)).toMatchObject({ outcome: { result: 'done' } });
    expect(await toldWhenTelegramIsBack(desk)).toEqual(['message.notFiled 1001', 'message.filed 1001']);
  });
});

describe('whoever was not told yet, when the update came once more and was taken', () => {
  it('hears nothing, also without a replay', async () => {
    const { desk } = await withUntold([second]);
    await desk.world.receive(second);
    expect(desk.world.stored().at(-1)).toBe('second');
    expect(await toldWhenTelegramIsBack(desk)).toEqual([]);
  });
});
