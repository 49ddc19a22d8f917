/** A group that gets a new id while both of its ids have a ticket. */
import { describe, expect, it } from '@jest/globals';
import { BridgeError } from '../../src/core/errors.js';
import { conversationId, messageEvent } from '../fakes/telegram.js';
import { createWorld } from './world.js';

const OLD = conversationId(7);
const NEW = conversationId(-1007);

describe('a group whose two tickets are merged before its move is known', () => {
  it('gets the answer to the new id that waited meanwhile, and nothing twice', async () => {
    const world = createWorld();
    await world.receive(messageEvent(7, 1, 'by the old id'));
    await world.receive(messageEvent(-1007, 1, 'by the new id'));
    const [first, second] = world.helpdesk.tickets();
    if (first === undefined || second === undefined) throw new Error('expected two tickets');
    world.helpdesk.agentSays(first.id, 'one');
    await world.ring(first.id);
    world.telegram.fail(new BridgeError({ code: 'unavailable', operation: 'sendMessage', message: 'down', retryAfterMs: 60_000 }));
    world.helpdesk.agentSays(second.id, 'two');
    await world.ring(second.id);
    expect(world.answers()).toEqual(['one']);
    world.helpdesk.merge(first.id, second.id);
    await world.ring(first.id);
    expect((await world.state(OLD)).tickets).toMatchObject([{ mergedInto: second.id }, { ticket: second.id }]);
    await world.receive({ kind: 'migration', conversation: OLD, person: messageEvent(7, 2, '').person, sentAtMs: 2, to: NEW });
    await world.clock.advance(61_000);
    await world.runSweep();
    expect(world.answers()).toEqual(['one', 'two']);
    world.helpdesk.agentSays(second.id, 'three');
    await world.ring(second.id);
    expect(world.answers()).toEqual(['one', 'two', 'three']);
  });
});
