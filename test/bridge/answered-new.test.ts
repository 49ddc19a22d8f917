import { describe, expect, it } from '@jest/globals';
import type { HelpdeskConnector } from '../../src/core/ports.js';
import { createVirtualClock } from '../fakes/clock.js';
import { createFakeHelpdesk } from '../fakes/helpdesk.js';
import { messageEvent } from '../fakes/telegram.js';
import { createWorld } from './world.js';

describe('an answer that comes between the reading of a new ticket and of its comments', () => {
  it('is not followed by the word that somebody is working on it', async () => {
    const clock = createVirtualClock();
    const helpdesk = createFakeHelpdesk(() => clock.nowMs());
    let between: (() => void) | undefined;
    const connector: HelpdeskConnector = {
      ...helpdesk.connector,
      commentsAfter: (ticket, cursor) => {
        between?.();
        between = undefined;
        return helpdesk.connector.commentsAfter(ticket, cursor);
      },
    };
    const world = createWorld({ clock, helpdesk: { ...helpdesk, connector } });
    await world.receive(messageEvent(7, 1, 'hello'));
    const ticket = world.onlyTicket();
    const before = world.notices().length;
    helpdesk.agentSays(ticket, 'for colleagues', { visibility: 'internal' });
    between = () => {
      helpdesk.agentSays(ticket, 'the answer');
      helpdesk.setPhase(ticket, 'open');
    };
    await world.ring(ticket);
    await world.ring(ticket);
    expect(world.answers()).toEqual(['the answer']);
    expect(world.notices().slice(before)).toEqual([]);
    // What follows is told as ever.
    helpdesk.setPhase(ticket, 'solved');
    await world.ring(ticket);
    expect(world.notices().slice(before)).toHaveLength(1);
  });
});
