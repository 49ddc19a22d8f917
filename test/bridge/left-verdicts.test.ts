/** Words to agents whose writing was cut short, and that nobody is to write any more: their intents do not stay. */
import { describe, expect, it } from '@jest/globals';
import { BridgeError } from '../../src/core/errors.js';
import { createMemoryIdMap } from '../../src/idmap/memory.js';
import { mintId, type CommentId, type PersonId, type TicketId } from '../../src/core/types.js';
import { conversationId, messageEvent } from '../fakes/telegram.js';
import { createWorld, type World } from './world.js';

const CHAT = conversationId(7);

const intents = async (world: World): Promise<readonly string[]> => (await world.state(CHAT)).intents.map(({ message }) => message.split(':').at(-1) ?? '');

/** The process ends, and another one goes on with its map. */
async function restart(world: World): Promise<World> {
  void world.bridge.stop();
  await world.clock.settle();
  const { idMap, helpdesk, clock } = world;
  const again = createWorld({ idMap, helpdesk, clock });
  again.telegram.shown.push(...world.telegram.shown);
  return again;
}

/** The process ended while it told the agent that their edit is refused. */
async function withCutShort(): Promise<{ world: World; ticket: TicketId; answer: CommentId }> {
  const world = createWorld({ idMap: createMemoryIdMap(), idempotency: 'lookup' });
  await world.receive(messageEvent(7, 1, 'hello'));
  const ticket = world.onlyTicket();
  const answer = world.helpdesk.agentSays(ticket, 'one');
  await world.ring(ticket);
  await world.clock.advance(1_000);
  world.telegram.failChange(new BridgeError({ code: 'invalid', operation: 'editPart', message: 'no', reason: 'rejected' }));
  world.helpdesk.fail('addComment', 'late');
  world.helpdesk.edit(answer, 'bad');
  await world.ring(ticket);
  const again = await restart(world);
  expect(await intents(again)).toEqual(['not_changed']);
  return { world: again, ticket, answer };
}

describe('the word that a change did not arrive leaves no intent behind', () => {
  it('when the answer was changed once more', async () => {
    const { world, ticket, answer } = await withCutShort();
    world.helpdesk.edit(answer, 'good');
    await world.ring(ticket);
    expect(world.telegram.changes).toEqual(['edit good']);
    expect(await intents(world)).toEqual([]);
  });

  it('when the ticket is gone', async () => {
    const { world, ticket } = await withCutShort();
    world.helpdesk.remove(ticket);
    await world.ring(ticket);
    expect(await intents(world)).toEqual([]);
  });

  it('when the group got another id', async () => {
    const { world } = await withCutShort();
    await world.receive({ kind: 'migration', conversation: CHAT, person: messageEvent(7, 2, '').person, sentAtMs: 2, to: conversationId(-1007) });
    await world.clock.advance(1_000);
    expect(await intents(world)).toEqual([]);
  });

  it('and stays while another ticket\'s changes are carried over', async () => {
    const { world, ticket } = await withCutShort();
    world.helpdesk.setPhase(ticket, 'solved');
    const other = world.helpdesk.agentOpens(mintId<PersonId>('tg:7'), 'two');
    await world.ring(other);
    const [second] = world.helpdesk.comments(other);
    if (second === undefined) throw new Error('no answer');
    world.helpdesk.edit(second.id, 'TWO');
    await world.ring(other);
    expect(world.telegram.changes).toEqual(['edit #1002 TWO']);
    expect(await intents(world)).toEqual(['not_changed']);
  });
});

describe('the word that somebody is a stranger leaves no intent behind', () => {
  it('when what was for them is internal now', async () => {
    const world = createWorld({ idempotency: 'lookup' });
    const ticket = world.helpdesk.agentOpens(mintId<PersonId>('tg:7'), 'good day');
    world.helpdesk.fail('addComment', 'late');
    await expect(world.bridge.ring({ ticket }, 'webhook')).rejects.toMatchObject({ code: 'unavailable' });
    expect(await intents(world)).toEqual(['stranger']);
    for (const { id } of world.helpdesk.comments(ticket)) world.helpdesk.setVisibility(id, 'internal');
    await world.ring(ticket);
    expect(await intents(world)).toEqual([]);
  });
});
