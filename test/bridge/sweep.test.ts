import { describe, expect, it } from '@jest/globals';
import type { HelpdeskConnector } from '../../src/core/ports.js';
import { mintId, type PersonId, type Ticket } from '../../src/core/types.js';
import { createVirtualClock } from '../fakes/clock.js';
import { createFakeHelpdesk } from '../fakes/helpdesk.js';
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

  it('does not pass a doorbell that fails while the next page is read', async () => {
    const clock = createVirtualClock();
    const fake = createFakeHelpdesk(() => clock.nowMs());
    const outage = { ticket: undefined as ((error: Error) => void) | undefined, armed: false };
    const connector: HelpdeskConnector = {
      ...fake.connector,
      getTicket: (ticket) => (outage.armed ? new Promise<Ticket>((_, reject) => { outage.ticket = reject; }) : fake.connector.getTicket(ticket)),
      async changedSince(cursor) {
        const page = await fake.connector.changedSince(cursor);
        outage.ticket?.(new Error('the connection was cut'));
        // The ticket's request fails before this one is answered.
        await clock.settle();
        return page;
      },
    };
    const world = createWorld({ clock, helpdesk: { ...fake, connector } });
    await world.receive(messageEvent(7, 1, 'hello'));
    await world.runSweep();
    fake.agentOpens(mintId<PersonId>('tg:7'), 'your order has arrived');
    outage.armed = true;
    await world.runSweep();
    expect(outage.ticket).toBeDefined();
    outage.armed = false;
    await world.runSweep();
    await world.runSweep();
    expect(world.answers()).toEqual(['#1002 your order has arrived']);
  });
});
