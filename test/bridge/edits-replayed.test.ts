/** Changes that come when a replay has read their message again, and are shown. */
import { describe, expect, it } from '@jest/globals';
import { editId } from '../../src/bridge/edit-ids.js';
import { withRead } from '../../src/bridge/to-helpdesk/read-since.js';
import type { BuriedEntry, HelpdeskConnector } from '../../src/core/ports.js';
import { mintId, type AlbumId } from '../../src/core/types.js';
import { editEvent, messageEvent } from '../fakes/telegram.js';
import { createDesk, dyingAfterLink, HOUR_MS, refusal, withBuried } from './replay-world.js';
import { createWorld } from './world.js';
import { CHAT, edit, said, SETTLED_MS, withChanged, withRefusedChange } from './replayed-changes.js';

describe('a change is shown all the same', () => {
  it('when it was made in the second of the reading, or after it', async () => {
    const { desk, entry } = await withChanged();
    const readAtMs = desk.world.clock.nowMs();
    await desk.replay(entry);
    await edit(desk, 12, 'd', readAtMs);
    await edit(desk, 13, 'e', readAtMs + 1_000);
    expect(said(desk)).toEqual(['c', 'message.editedWas\nc\nd', 'message.editedWas\nd\ne']);
  });

  it('when the replay failed: the first of them is the message then, and the next one what was changed', async () => {
    const { desk, entry, changedAtMs } = await withChanged();
    desk.world.helpdesk.fail('addComment', refusal('invalid'));
    expect(await desk.replay(entry)).toMatchObject({ outcome: { result: 'kept' } });
    await edit(desk, 10, 'b', changedAtMs);
    await edit(desk, 11, 'c', changedAtMs);
    expect(said(desk)).toEqual(['b', 'message.editedWas\nb\nc']);
  });

  it.each(['lookup', 'native'] as const)('when it was made between two tries of the replay, of which the first one landed (%s)', async (idempotency) => {
    const { desk, entry, changedAtMs } = await withChanged(createDesk(createWorld({ idempotency })));
    const { world } = desk;
    world.helpdesk.fail('addComment', 'late');
    await desk.replay(entry);
    await desk.stop();
    world.helpdesk.landLate();
    await world.clock.advance(HOUR_MS);
    const betweenMs = world.clock.nowMs();
    await world.clock.advance(HOUR_MS);
    const { idMap, helpdesk, clock } = world;
    const again = createDesk(createWorld({ idempotency, idMap, helpdesk, clock }));
    again.past.set(messageEvent(7, 2, '').message, messageEvent(7, 2, 'd'));
    expect(await again.replay(entry)).toEqual({ outcome: { result: 'done' } });
    await edit(again, 10, 'b', changedAtMs);
    await edit(again, 12, 'd', betweenMs);
    expect(said(again)).toEqual(['c', 'message.editedWas\nc\nd']);
  });

  it('when what was there under its key is from before it was buried', async () => {
    const { desk, entry, changedAtMs } = await withChanged(createDesk(createWorld({ idempotency: 'lookup' })));
    const { world } = desk;
    const { message } = messageEvent(7, 2, '');
    await world.helpdesk.connector.addComment(world.onlyTicket(), { externalId: message, visibility: 'public', from: 'requester', content: messageEvent(7, 2, 'a').content });
    await world.idMap.withConversation(CHAT, (session) => session.commit({ intents: [{ message, ticket: world.onlyTicket(), settlesAtMs: 1 }] }));
    expect(await desk.replay(entry)).toEqual({ outcome: { result: 'done' } });
    await edit(desk, 11, 'c', changedAtMs);
    expect(said(desk)).toEqual(['a', 'message.editedWas\na\nc']);
  });

  it('when a replayed change finds what was there under the key of its message', async () => {
    const desk = createDesk(createWorld({ idempotency: 'lookup' }));
    const { world } = desk;
    await world.receive(messageEvent(7, 1, 'hello'));
    const changedAtMs = world.clock.nowMs();
    const { message } = messageEvent(7, 2, '');
    world.helpdesk.fail('addComment', refusal('invalid'), refusal('invalid'), refusal('invalid'));
    await edit(desk, 10, 'b', changedAtMs);
    await world.clock.advance(HOUR_MS);
    await world.helpdesk.connector.addComment(world.onlyTicket(), { externalId: message, visibility: 'public', from: 'requester', content: messageEvent(7, 2, 'b').content });
    await world.idMap.withConversation(CHAT, (session) => session.commit({ intents: [{ message, ticket: world.onlyTicket(), settlesAtMs: 1 }] }));
    desk.past.set(message, messageEvent(7, 2, 'c'));
    const [entry] = await world.idMap.buried();
    expect(await desk.replay(entry as BuriedEntry)).toEqual({ outcome: { result: 'done' } });
    await edit(desk, 11, 'c', changedAtMs);
    expect(said(desk)).toEqual(['b', 'message.editedWas\nb\nc']);
  });

  it('when the replay of one before it showed nothing, because a later one was there', async () => {
    const { desk, entry, changedAtMs } = await withRefusedChange();
    await edit(desk, 11, 'b', changedAtMs);
    desk.past.set(messageEvent(7, 2, '').message, messageEvent(7, 2, 'c'));
    expect(await desk.replay(entry)).toEqual({ outcome: { result: 'done' } });
    await edit(desk, 12, 'c', changedAtMs);
    expect(said(desk)).toEqual(['a', 'message.editedWas\na\nb', 'message.editedWas\nb\nc']);
  });

  it('when an outage hides whether it was filed before it was buried', async () => {
    const { desk, entry, changedAtMs } = await withChanged(createDesk(createWorld({ idempotency: 'native' })));
    const { message, content } = messageEvent(7, 2, 'a');
    await desk.world.helpdesk.connector.addComment(desk.world.onlyTicket(), { externalId: message, visibility: 'public', from: 'requester', content });
    expect(await desk.replay({ ...entry, code: 'unavailable' })).toEqual({ outcome: { result: 'done' } });
    await edit(desk, 11, 'c', changedAtMs);
    expect(said(desk)).toEqual(['a', 'message.editedWas\na\nc']);
  });

  it('when it was filed as it was at first, by a request that landed after it was buried', async () => {
    const desk = createDesk(createWorld({ idempotency: 'native' }));
    const { world } = desk;
    await world.receive(messageEvent(7, 1, 'hello'));
    const changedAtMs = world.clock.nowMs();
    world.helpdesk.fail('addComment', 'late', refusal('invalid'), refusal('invalid'));
    await world.receive(messageEvent(7, 2, 'a'));
    await world.clock.advance(10_000);
    const [entry] = await world.idMap.buried();
    world.helpdesk.landLate();
    desk.past.set(messageEvent(7, 2, '').message, messageEvent(7, 2, 'c'));
    await world.clock.advance(HOUR_MS);
    expect(await desk.replay(entry as BuriedEntry)).toEqual({ outcome: { result: 'done' } });
    await edit(desk, 11, 'c', changedAtMs);
    expect(said(desk)).toEqual(['a', 'message.editedWas\na\nc']);
  });

  it('when an earlier try filed it as it was before, by a request that landed behind the look for it', async () => {
    const { desk, entry, event } = await withBuried(createDesk(createWorld({ idempotency: 'native' })));
    const { idMap, helpdesk, clock } = desk.world;
    helpdesk.fail('addComment', 'late');
    await desk.replay(entry);
    void desk.stop();
    await clock.settle();
    const changedAtMs = clock.nowMs();
    await clock.advance(SETTLED_MS);
    const { connector } = helpdesk;
    const landing: HelpdeskConnector = {
      ...connector,
      findComment: async (ticket, externalId) => {
        const found = await connector.findComment?.(ticket, externalId);
        helpdesk.landLate();
        return found;
      },
    };
    const again = createDesk(createWorld({ idempotency: 'native', idMap, helpdesk: { ...helpdesk, connector: landing }, clock }));
    again.past.set(event.message, { ...event, content: messageEvent(7, 2, 'c').content });
    const replayed = await again.replay(entry);
    await clock.advance(60_000);
    expect(replayed).toEqual({ outcome: { result: 'done' } });
    await edit(again, 10, 'c', changedAtMs);
    expect(said(again)).toEqual(['poison', 'message.editedWas\npoison\nc']);
  });

  it('when it says where a live location ended', async () => {
    const { desk, entry, changedAtMs } = await withChanged();
    await desk.replay(entry);
    await desk.world.receive(editEvent(7, 2, 10, 'c', { sentAtMs: changedAtMs, ongoing: false }));
    await desk.world.clock.advance(SETTLED_MS);
    expect(said(desk)).toEqual(['c', 'message.moveEnded\nc']);
  });

  it('when its write may have happened: it is followed up', async () => {
    const { desk, entry, changedAtMs } = await withChanged(createDesk(createWorld({ idempotency: 'lookup' })));
    const { world } = desk;
    await desk.replay(entry);
    const { message } = messageEvent(7, 2, '');
    await world.idMap.withConversation(CHAT, (session) => session.commit({ intents: [{ message: editId({ message, revision: 10 }), ticket: world.onlyTicket(), settlesAtMs: 1 }] }));
    await edit(desk, 10, 'b', changedAtMs);
    expect([said(desk), (await world.state(CHAT)).intents]).toEqual([['c', 'message.editedWas\nc\nb'], []]);
  });

  it.each([
    { name: 'landed', lands: true, idempotency: 'lookup' }, { name: 'landed', lands: true, idempotency: 'native' },
    { name: 'never came', lands: false, idempotency: 'lookup' }, { name: 'never came', lands: false, idempotency: 'native' },
  ] as const)('and leaves no intent, when it was to stand for an item of an album, and $name ($idempotency)', async ({ lands, idempotency }) => {
    const desk = createDesk(createWorld({ idempotency }));
    const { world } = desk;
    const album = mintId<AlbumId>('g1');
    world.helpdesk.fail('createTicket', refusal('invalid'), refusal('invalid'), refusal('invalid'), 'late');
    await world.receive({ ...messageEvent(7, 2, 'a'), album }, { ...messageEvent(7, 3, 'x'), album });
    await world.clock.advance(10_000);
    const [entry] = await world.idMap.buried();
    const changed = editEvent(7, 2, 10, 'b', { album, sentAtMs: world.clock.nowMs() });
    await world.receive(changed);
    await world.clock.advance(SETTLED_MS);
    await world.bridge.stop();
    if (lands) world.helpdesk.landLate();
    const { idMap, helpdesk, clock } = world;
    const again = createDesk(createWorld({ idempotency, idMap, helpdesk, clock }));
    for (const event of [messageEvent(7, 2, 'b'), messageEvent(7, 3, 'x')]) again.past.set(event.message, event);
    expect(await again.replay(entry as BuriedEntry)).toEqual({ outcome: { result: 'done' } });
    await again.world.receive(changed);
    await clock.advance(HOUR_MS);
    const { intents, tickets } = await again.world.state(CHAT);
    expect(intents).toEqual([]);
    expect(tickets.map(({ ticket }) => ticket).sort()).toEqual(helpdesk.tickets().map(({ id }) => id).sort());
    expect(tickets).toHaveLength(lands ? 2 : 1);
  });

  it('when nobody knows whether the crash came before or after it was filed', async () => {
    const world = createWorld();
    const { desk, entry, changedAtMs } = await withChanged(createDesk(world));
    const dying = createDesk(createWorld({ idMap: dyingAfterLink(world.idMap), helpdesk: world.helpdesk, clock: world.clock }));
    for (const [key, event] of desk.past) dying.past.set(key, event);
    await dying.replay(entry);
    await edit(desk, 10, 'b', changedAtMs);
    await edit(desk, 12, 'd', desk.world.clock.nowMs());
    expect(said(desk).at(-1)).toMatch(/\nd$/u);
  });
});

it('what was read is remembered for as long as Telegram may still bring changes, and of many the last', () => {
  const read = (id: number, atMs: number) => ({ key: messageEvent(7, id, '').message, atMs });
  expect(withRead([read(1, 0), read(2, HOUR_MS)], [read(3, 25 * HOUR_MS)])).toEqual([read(2, HOUR_MS), read(3, 25 * HOUR_MS)]);
  const many = Array.from({ length: 100 }, (_, id) => read(id, 5));
  expect(withRead(many, [read(100, 6)])).toEqual([...many.slice(1), read(100, 6)]);
});
