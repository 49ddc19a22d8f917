/** A map that takes no writes for a while: what Telegram has is not sent again. */
import { describe, expect, it } from '@jest/globals';
import { BridgeError } from '../../src/core/errors.js';
import type { ConversationChange } from '../../src/core/conversation.js';
import type { ConversationSession, IdMap } from '../../src/core/ports.js';
import { createMemoryIdMap } from '../../src/idmap/memory.js';
import { conversationId, messageEvent } from '../fakes/telegram.js';
import { createWorld } from './world.js';

function createFullableIdMap(): { readonly idMap: IdMap; full: boolean | ((change: ConversationChange) => boolean) } {
  const inside = createMemoryIdMap();
  const disk: ReturnType<typeof createFullableIdMap> & { idMap: IdMap } = { full: false, idMap: inside };
  const fullable = (session: ConversationSession): ConversationSession => ({
    get state() { return session.state; },
    linkOfMessage: (message) => session.linkOfMessage(message),
    linksOfComment: (ticket, comment) => session.linksOfComment(ticket, comment),
    commit: (change) => ((typeof disk.full === 'function' ? disk.full(change) : disk.full)
      ? Promise.reject(new BridgeError({ code: 'unavailable', operation: 'writeFile', message: 'the disk is full' })) : session.commit(change)),
  });
  disk.idMap = { ...inside, withConversation: (conversation, work) => inside.withConversation(conversation, (session) => work(fullable(session))) };
  return disk;
}

const MINUTE_MS = 60_000;

describe('while the map takes no writes', () => {
  it('an answer that Telegram has is noted later, and not sent again', async () => {
    const disk = createFullableIdMap();
    const world = createWorld({ idMap: disk.idMap });
    await world.receive(messageEvent(7, 1, 'hello'));
    const ticket = world.onlyTicket();
    world.helpdesk.agentSays(ticket, 'one');
    world.helpdesk.agentSays(ticket, 'two');
    disk.full = true;
    await world.ring(ticket);
    await world.clock.advance(MINUTE_MS);
    expect(world.answers()).toEqual(['one']);
    disk.full = false;
    await world.clock.advance(MINUTE_MS);
    expect(world.answers()).toEqual(['one', 'two']);
    await world.runSweep();
    expect(world.answers()).toEqual(['one', 'two']);
  });

  it('no other conversation sends what could not be noted either', async () => {
    const disk = createFullableIdMap();
    const world = createWorld({ idMap: disk.idMap });
    await world.receive(messageEvent(7, 1, 'hello'), messageEvent(8, 1, 'hello'), messageEvent(9, 1, 'hello'));
    const tickets = world.helpdesk.tickets().map((ticket) => ticket.id);
    const [first, ...others] = tickets;
    if (first === undefined) throw new Error('no ticket');
    for (const ticket of tickets) world.helpdesk.agentSays(ticket, `on ${ticket}`);
    disk.full = true;
    await world.ring(first);
    for (const ticket of others) await world.ring(ticket);
    await world.clock.advance(MINUTE_MS);
    expect(world.answers()).toEqual([`on ${first}`]);
    disk.full = false;
    await world.clock.advance(MINUTE_MS);
    expect([...world.answers()].sort()).toEqual(tickets.map((ticket) => `on ${ticket}`).sort());
  });

  it('a receipt is not sent again', async () => {
    const disk = createFullableIdMap();
    const world = createWorld({ idMap: disk.idMap });
    // The message itself is stored; that the receipt was sent cannot be noted.
    disk.full = ({ done = [] }) => done.length > 0;
    await world.receive(messageEvent(7, 1, 'hello'));
    await world.clock.advance(MINUTE_MS);
    expect(world.notices()).toHaveLength(1);
    disk.full = false;
    await world.clock.advance(MINUTE_MS);
    await world.bridge.runDue(conversationId(7));
    expect(world.notices()).toHaveLength(1);
  });
});
