/** Changes that a replay has read with their message: they are not shown once more. */
import { describe, expect, it } from '@jest/globals';
import { BridgeError } from '../../src/core/errors.js';
import type { BuriedEntry } from '../../src/core/ports.js';
import { mintId, type AlbumId } from '../../src/core/types.js';
import { editEvent, messageEvent } from '../fakes/telegram.js';
import { endingWhen } from './ending.js';
import { createDesk, HOUR_MS, refusal } from './replay-world.js';
import { createWorld } from './world.js';
import { CHAT, edit, said, SETTLED_MS, withChanged, withRefusedChange } from './replayed-changes.js';

describe('a change that was made before a replay read its message, and comes after it', () => {
  it.each(['lookup', 'native'] as const)('is not shown after what is newer (%s), also after a restart', async (idempotency) => {
    const { desk, entry, changedAtMs } = await withChanged(createDesk(createWorld({ idempotency })));
    expect(await desk.replay(entry)).toEqual({ outcome: { result: 'done' } });
    await edit(desk, 10, 'b', changedAtMs);
    const { idMap, helpdesk, clock } = desk.world;
    const again = createDesk(createWorld({ idempotency, idMap, helpdesk, clock }));
    await edit(again, 10, 'b', changedAtMs);
    await edit(again, 11, 'c', changedAtMs);
    expect(said(again)).toEqual(['c']);
    expect((await desk.world.state(CHAT)).intents).toEqual([]);
  });

  it.each([
    { name: 'crashed before anything left for a helpdesk that is asked', idempotency: 'lookup', crash: true },
    { name: 'crashed before anything left for one with a key of its own', idempotency: 'native', crash: true },
    { name: 'met an outage of a helpdesk that is asked', idempotency: 'lookup', effect: 'none' },
    { name: 'met an outage of one with a key of its own', idempotency: 'native', effect: 'none' },
    { name: 'heard nothing from a helpdesk that is asked, and left nothing there', idempotency: 'lookup', effect: 'unknown' },
    { name: 'heard nothing from one with a key of its own, and left nothing there', idempotency: 'native', effect: 'unknown' },
  ] as const)('is not shown when it was made after a first reading for a try that $name', async ({ idempotency, ...how }) => {
    const crash = 'crash' in how;
    const { desk, entry, changedAtMs } = await withChanged(createDesk(createWorld({ idempotency })));
    const { idMap, helpdesk, clock } = desk.world;
    const dying = crash ? endingWhen(idMap, ({ readAgain }) => readAgain !== undefined) : idMap;
    const first = createDesk(createWorld({ idempotency, idMap: dying, helpdesk, clock }));
    for (const [key, event] of desk.past) first.past.set(key, event);
    const down = new BridgeError({ code: 'unavailable', operation: 'addComment', message: 'down', retryAfterMs: 61_000, ...how });
    const isKept = !crash && how.effect === 'none';
    if (!crash) helpdesk.fail('addComment', down, ...(isKept ? [down] : []));
    await first.replay(entry);
    if (isKept) await clock.advance(HOUR_MS);
    void first.stop();
    await clock.settle();
    const betweenMs = clock.nowMs();
    await clock.advance(HOUR_MS);
    const [left = entry] = await idMap.buried();
    const again = createDesk(createWorld({ idempotency, idMap, helpdesk, clock }));
    again.past.set(messageEvent(7, 2, '').message, messageEvent(7, 2, 'd'));
    expect(await again.replay(left)).toEqual({ outcome: { result: 'done' } });
    await edit(again, 10, 'c', changedAtMs);
    await edit(again, 11, 'b', betweenMs);
    await edit(again, 12, 'd', betweenMs);
    expect(said(again)).toEqual(['d']);
    expect((await again.world.state(CHAT)).intents).toEqual([]);
  });

  it('is not shown when it was a change that was replayed', async () => {
    const { desk, entry, changedAtMs } = await withRefusedChange();
    desk.past.set(messageEvent(7, 2, '').message, messageEvent(7, 2, 'c'));
    expect(await desk.replay(entry)).toEqual({ outcome: { result: 'done' } });
    await edit(desk, 11, 'b', changedAtMs);
    await edit(desk, 12, 'c', changedAtMs);
    expect(said(desk)).toEqual(['a', 'message.editedWas\na\nc']);
  });

  it('is not shown when it is one of an album', async () => {
    const desk = createDesk();
    const { world } = desk;
    const album = mintId<AlbumId>('g1');
    await world.receive(messageEvent(7, 1, 'hello'));
    world.helpdesk.fail('addComment', refusal('invalid'), refusal('invalid'), refusal('invalid'));
    await world.receive({ ...messageEvent(7, 2, 'a'), album }, { ...messageEvent(7, 3, 'x'), album });
    await world.clock.advance(10_000);
    const changedAtMs = world.clock.nowMs();
    await world.clock.advance(HOUR_MS);
    for (const event of [messageEvent(7, 2, 'a'), messageEvent(7, 3, 'z')]) desk.past.set(event.message, event);
    const [entry] = await world.idMap.buried();
    expect(await desk.replay(entry as BuriedEntry)).toEqual({ outcome: { result: 'done' } });
    await world.receive(editEvent(7, 3, 10, 'y', { sentAtMs: changedAtMs, album }));
    await world.clock.advance(SETTLED_MS);
    expect(world.stored()).toHaveLength(2);
  });
});
