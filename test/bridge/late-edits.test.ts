/** Changes of messages that got no answer, and land when a newer one is there. */
import { describe, expect, it } from '@jest/globals';
import { createMemoryIdMap } from '../../src/idmap/memory.js';
import { conversationId } from '../fakes/telegram.js';
import { error, shown, withAnswer } from './changes-world.js';
import { createWorld, type World } from './world.js';

const unanswered = error('unavailable', { effect: 'unknown' });
/** Longer than a request may take to land. */
const LONG_MS = 61_000;

async function edit({ world, ticket, answer }: Awaited<ReturnType<typeof withAnswer>>, text: string): Promise<void> {
  world.helpdesk.edit(answer, text);
  await world.ring(ticket);
}

const dueIn = async (world: World): Promise<readonly string[]> => (await world.state(conversationId(7))).due.map(({ kind }) => kind);

describe('an edit that got no answer and lands over a newer one', () => {
  it('does not stay: the message gets the text of now once more, and then nothing is left to be done', async () => {
    const given = await withAnswer('a\none');
    const { world } = given;
    world.telegram.failChange(undefined, { late: unanswered });
    await edit(given, 'A\ntwo');
    await edit(given, 'A\nthree');
    await world.clock.advance(5_000);
    expect(shown(world)).toEqual(['A', 'three']);
    world.telegram.land();
    expect(shown(world)).toEqual(['A', 'two']);
    await world.runSweep();
    expect(shown(world)).toEqual(['A', 'two']); // it may land again
    await world.clock.advance(LONG_MS);
    await world.runSweep();
    expect(shown(world)).toEqual(['A', 'three']);
    expect(await dueIn(world)).toEqual([]);
    expect(world.answers()).toEqual(['a', 'one']);
  });

  it('nor when the process ended with it on its way', async () => {
    const idMap = createMemoryIdMap();
    const given = await withAnswer('one', createWorld({ idMap }));
    const { world, ticket, answer } = given;
    world.telegram.failChange({ late: unanswered });
    await edit(given, 'two');
    void world.bridge.stop();
    await world.clock.settle();
    const again = createWorld({ idMap, helpdesk: world.helpdesk, clock: world.clock });
    again.telegram.shown.push(...world.telegram.shown);
    await edit({ world: again, ticket, answer }, 'three');
    expect(shown(again)).toEqual(['three']);
    again.telegram.shown.splice(0, 9, ...again.telegram.shown.map((one) => (one.kind === 'part' ? { ...one, text: 'two' } : one)));
    await again.clock.advance(LONG_MS);
    await again.runSweep();
    expect(shown(again)).toEqual(['three']);
    expect(await dueIn(again)).toEqual([]);
  });

  it('and what was taken back meanwhile does not come again, also where it could not be withdrawn', async () => {
    const given = await withAnswer('one');
    const { world, ticket, answer } = given;
    const other = world.helpdesk.agentSays(ticket, 'first');
    await world.ring(ticket);
    world.telegram.age();
    world.telegram.failChange({ late: unanswered }, undefined, { late: unanswered }, undefined, undefined, error('conflict'));
    await edit(given, 'two');
    await world.clock.advance(5_000);
    await edit({ ...given, answer: other }, 'second');
    await world.clock.advance(5_000);
    expect(await dueIn(world)).toEqual([`shown:${answer}`, `shown:${other}`]);
    for (const comment of [answer, other]) {
      world.helpdesk.setVisibility(comment, 'internal');
      world.helpdesk.edit(comment, 'secret');
    }
    await world.ring(ticket);
    expect(shown(world)).toEqual(['answer.withdrawn', 'second']);
    world.telegram.land();
    expect(shown(world)).toEqual(['two', 'second']);
    await world.clock.advance(LONG_MS);
    await world.runSweep();
    expect(shown(world)).toEqual(['answer.withdrawn', 'second']);
    expect(await dueIn(world)).toEqual([]);
  });

  it('stays where the requester blocked the bot, or the ticket is gone, and is not tried for ever', async () => {
    const given = await withAnswer('one');
    const { world, ticket, answer } = given;
    world.telegram.failChange({ late: unanswered });
    await edit(given, 'two');
    await world.clock.advance(5_000);
    world.telegram.refuse(conversationId(7), error('forbidden', { reason: 'blocked' }));
    await world.clock.advance(LONG_MS);
    await world.runSweep();
    expect(await dueIn(world)).toEqual([]);
    world.telegram.refuse(conversationId(7), undefined);
    world.telegram.failChange({ late: unanswered });
    await edit({ world, ticket, answer }, 'three');
    await world.clock.advance(5_000);
    expect(await dueIn(world)).toEqual([`shown:${answer}`]);
    world.helpdesk.remove(ticket);
    await world.clock.advance(LONG_MS);
    await world.runSweep();
    expect(await dueIn(world)).toEqual([]);
  });
});

describe('an edit that was answered', () => {
  it('leaves nothing to be done, and the message is not changed again', async () => {
    const given = await withAnswer('one');
    const { world } = given;
    await edit(given, 'two');
    expect(await dueIn(world)).toEqual([]);
    await world.clock.advance(LONG_MS);
    await world.runSweep();
    expect(world.telegram.changes).toEqual(['edit two']);
  });
});
