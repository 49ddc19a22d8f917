import { describe, expect, it } from '@jest/globals';
import { BridgeError } from '../../src/core/errors.js';
import type { Person } from '../../src/core/types.js';
import { conversationId, messageEvent } from '../fakes/telegram.js';
import { createWorld } from './world.js';

function from(chat: number, id: number, person: Partial<Person>, conversation = chat) {
  const event = messageEvent(chat, id, `message ${id}`);
  return { ...event, conversation: conversationId(conversation), person: { ...event.person, ...person } };
}

describe('the profile of a requester', () => {
  it('is told once, and again only when it changed', async () => {
    const world = createWorld();
    await world.receive(from(7, 1, { name: 'Old' }), from(7, 2, { name: 'Old' }));
    expect(world.helpdesk.told.map(({ name }) => name)).toEqual(['Old']);
    await world.receive(from(7, 3, { name: 'New', username: 'new' }), from(7, 4, { name: 'New', username: 'new' }));
    expect(world.helpdesk.told.map(({ name }) => name)).toEqual(['Old', 'New']);
  });

  it('is remembered by a digest, not by a name', async () => {
    const world = createWorld();
    await world.receive(from(7, 1, { name: 'Aigerim', username: 'aigerim_k' }));
    expect(JSON.stringify(await world.state(conversationId(7)))).not.toMatch(/aigerim/i);
    expect((await world.state(conversationId(7))).profile).toMatch(/^[0-9a-f]{8}$/);
  });

  it('that cannot be changed just now keeps no message from arriving, and is told with the next one', async () => {
    const world = createWorld();
    await world.receive(from(7, 1, { name: 'Old' }));
    world.helpdesk.fail('upsertRequester', 'before');
    expect(await world.receive(from(7, 2, { name: 'New' }))).toEqual([true]);
    await world.receive(from(7, 3, { name: 'New' }));
    expect(world.helpdesk.told.map(({ name }) => name)).toEqual(['Old', 'New']);
    expect(world.stored()).toEqual(['message 1', 'message 2', 'message 3']);
  });

  it('gets the phone when it is shared, and the message is not acknowledged before the helpdesk has it', async () => {
    const world = createWorld();
    await world.receive(from(7, 1, {}));
    world.helpdesk.fail('upsertRequester', 'after');
    expect(await world.receive(from(7, 2, { phone: '+77010000000' }))).toEqual([false]);
    await world.clock.advance(60_000);
    expect(world.helpdesk.told.at(-1)).toMatchObject({ phone: '+77010000000' });
    expect(world.stored()).toEqual(['message 1', 'message 2']);
    expect(await world.receive(from(7, 2, { phone: '+77010000000' }))).toEqual([true]);
  });

  it('with a phone that the helpdesk refuses for good is let go', async () => {
    const world = createWorld();
    await world.receive(from(7, 1, {}));
    world.helpdesk.fail('upsertRequester', new BridgeError({ code: 'invalid', operation: 'upsertRequester', message: 'no' }));
    expect(await world.receive(from(7, 2, { phone: '+77010000000' }))).toEqual([true]);
    expect(world.stored()).toEqual(['message 1', 'message 2']);
  });

  it('of a group is that of whoever asked first: others are no requesters', async () => {
    const world = createWorld();
    await world.receive(from(7, 1, { name: 'First' }, -5), from(8, 2, { name: 'Second' }, -5), from(7, 3, { name: 'Renamed' }, -5));
    expect(world.helpdesk.told.map(({ name }) => name)).toEqual(['First']);
  });

  it('is known to the helpdesk as far as the mapping says', async () => {
    const world = createWorld();
    const mapping = world.ports.mapping();
    const bridge = { ...mapping, profile: ({ id }: Person): Person => ({ id, name: `customer ${id}` }) };
    Object.assign(world.ports, { mapping: () => bridge });
    await world.receive(from(7, 1, { name: 'Secret', username: 'secret', phone: '+77010000000' }));
    await world.receive(from(7, 2, { name: 'Another', username: 'another' }));
    expect(world.helpdesk.told).toEqual([{ id: 'tg:7', name: 'customer tg:7' }]);
  });
});
