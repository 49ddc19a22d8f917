import { describe, expect, it } from '@jest/globals';
import { messageEvent } from '../fakes/telegram.js';
import { createWorld } from './world.js';

describe('a sweep', () => {
  it('tells what waits in the lanes even while the helpdesk is down', async () => {
    const world = createWorld();
    world.helpdesk.fail('createTicket', 'before');
    world.helpdesk.fail('changedSince', 'before');
    await world.receive(messageEvent(7, 1, 'hello'));
    await world.runSweep();
    expect(world.events.filter(({ type }) => type === 'lanes')).toEqual([{ type: 'lanes', lanes: 1, jobs: 1 }]);
  });
});
