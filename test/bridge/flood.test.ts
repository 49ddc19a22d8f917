/** One requester cannot drown the others: what is too much is not filed, and said so. */
import { describe, expect, it } from '@jest/globals';
import { DEFAULT_FLOOD_LIMITS } from '../../src/bridge/to-helpdesk/flood.js';
import { messageEvent } from '../fakes/telegram.js';
import { createWorld } from './world.js';

const { burst, perMinute } = DEFAULT_FLOOD_LIMITS;

describe('too many messages of one requester', () => {
  it('are not filed; the requester is told once, the ids are kept, the updates acknowledged, and nobody else notices', async () => {
    const world = createWorld();
    const flood = Array.from({ length: burst + 20 }, (_, index) => messageEvent(7, index + 1, `flood ${index + 1}`));
    const acknowledged = await world.receive(...flood, messageEvent(8, 1, 'hello'));
    await world.clock.advance(1_000);
    expect(acknowledged.every(Boolean)).toBe(true);
    expect(world.stored()).toHaveLength(burst + 1);
    expect(world.notices().filter((text) => text === 'flood.slowDown')).toHaveLength(1);
    const buried = await world.idMap.buried();
    expect(buried).toHaveLength(20);
    expect(buried[0]).toMatchObject({ code: 'rate_limited', direction: 'to_helpdesk' });
  });

  it('may go on after a while, and the next flood is told of again', async () => {
    const world = createWorld();
    const startMs = world.clock.nowMs();
    const send = (count: number, from: number, atMs: number) => world.receive(...Array.from({ length: count }, (_, index) => messageEvent(7, from + index, `text ${from + index}`, { sentAtMs: atMs })));
    await send(burst + 1, 1, startMs);
    await send(perMinute, 1_000, startMs + 60_000);
    await send(burst + 1, 2_000, startMs + 60_000 * (burst / perMinute + 2));
    await world.clock.advance(1_000);
    expect(world.stored()).toHaveLength(burst + perMinute + burst);
    expect(world.notices().filter((text) => text === 'flood.slowDown')).toHaveLength(2);
  });

  it('are counted by when they were sent, not by when the bridge came to read them', async () => {
    const world = createWorld();
    const startMs = world.clock.nowMs() - 86_400_000;
    const count = burst * 3;
    await world.receive(...Array.from({ length: count }, (_, index) => messageEvent(7, index + 1, `text ${index + 1}`, { sentAtMs: startMs + index * 60_000 })));
    await world.clock.advance(1_000);
    expect(world.stored()).toHaveLength(count);
  });
});
