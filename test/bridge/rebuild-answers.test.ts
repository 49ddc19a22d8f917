/** A lost map, rebuilt: which answers count as delivered, and a rebuild that fails. */
import { describe, expect, it } from '@jest/globals';
import { findMissing, rebuildMap } from '../../src/bridge/recovery/rebuild.js';
import { BridgeError } from '../../src/core/errors.js';
import type { HelpdeskConnector } from '../../src/core/ports.js';
import type { TicketId } from '../../src/core/types.js';
import { createMemoryIdMap } from '../../src/idmap/memory.js';
import { createOrigins } from '../../src/telegram/origins.js';
import { fakeMapping } from '../fakes/mapping.js';
import { conversationId, messageEvent } from '../fakes/telegram.js';
import { createWorld, type World } from './world.js';
import { BLOCKED, DAY_MS, later, rebuild, startAgain } from './rebuild-world.js';

describe('answers, when the map was lost', () => {
  async function answered(chat = 7): Promise<{ readonly world: World; readonly ticket: TicketId }> {
    const world = createWorld();
    await world.receive(messageEvent(chat, 1, 'one'));
    const ticket = world.onlyTicket();
    await world.runSweep();
    world.helpdesk.agentSays(ticket, 'delivered long ago');
    await world.runSweep();
    expect(world.answers()).toEqual(['delivered long ago']);
    await later(world);
    return { world, ticket };
  }

  it('count as delivered, and are told', async () => {
    const { world, ticket } = await answered();
    const { idMap, rebuilt } = await rebuild(world);
    expect(rebuilt).toMatchObject({ left: 0, taken: [{ ticket, number: '1001' }] });
    expect((await startAgain(world, idMap)).telegram.sent).toEqual([]);
  });

  it('are delivered in order from the given time on, once', async () => {
    const { world, ticket } = await answered();
    const sinceMs = world.clock.nowMs();
    world.helpdesk.agentSays(ticket, 'while\nthe bridge was down');
    world.helpdesk.agentSays(ticket, 'not for them', { visibility: 'internal' });
    world.helpdesk.agentSays(ticket, 'and again');
    await later(world, 3 * DAY_MS);
    const { idMap, rebuilt } = await rebuild(world, { sinceMs });
    expect(rebuilt.left).toBe(2);
    const next = await startAgain(world, idMap);
    expect(next.answers()).toEqual(['while', 'the bridge was down', 'and again']);
    expect((await next.state(conversationId(7))).due).toEqual([]);
    await next.runSweep();
    await next.ring(ticket);
    await later(next);
    expect(next.answers()).toHaveLength(3);
  });

  it('are delivered after a crash came between the rebuild and the first of them', async () => {
    const { world, ticket } = await answered();
    const sinceMs = world.clock.nowMs();
    world.helpdesk.agentSays(ticket, 'while the bridge was down');
    await later(world);
    const { idMap } = await rebuild(world, { sinceMs });
    const dead = createWorld({ idMap, clock: world.clock, helpdesk: world.helpdesk });
    dead.telegram.sender.sendPart = () => Promise.reject(new BridgeError({ code: 'unavailable', operation: 'sendPart', message: 'down' }));
    await dead.runSweep();
    await dead.bridge.stop();
    expect((await startAgain(world, idMap)).answers()).toEqual(['while the bridge was down']);
  });

  it('that come while the map is being rebuilt are delivered, once', async () => {
    const { world, ticket } = await answered();
    let said = false;
    const commentsAfter: HelpdeskConnector['commentsAfter'] = async (id, cursor) => {
      if (!said) world.helpdesk.agentSays(ticket, 'before it was read');
      said = true;
      const comments = await world.helpdesk.connector.commentsAfter(id, cursor);
      world.helpdesk.agentSays(ticket, 'after it was read');
      return comments;
    };
    const { idMap, rebuilt } = await rebuild(world, { connector: { commentsAfter } });
    expect(rebuilt.left).toBe(1);
    expect((await startAgain(world, idMap)).answers()).toEqual(['before it was read', 'after it was read']);
  });

  it('that were sent a moment before the rebuild are not sent again, whatever the clocks say', async () => {
    const { world, ticket } = await answered();
    world.helpdesk.agentSays(ticket, 'just now');
    await world.runSweep();
    expect(world.answers()).toEqual(['delivered long ago', 'just now']);
    const { idMap, rebuilt } = await rebuild(world);
    expect(rebuilt.left).toBe(0);
    expect((await startAgain(world, idMap)).telegram.sent).toEqual([]);
  });

  it('that wait for a customer who blocked the bot wait on', async () => {
    const { world, ticket } = await answered();
    world.telegram.refuse(conversationId(7), BLOCKED);
    world.helpdesk.agentSays(ticket, 'first that waits');
    world.helpdesk.agentSays(ticket, 'second that waits');
    await world.runSweep();
    await later(world, 2 * DAY_MS);
    const { idMap, rebuilt } = await rebuild(world);
expect(rebuilt.left).toBe(2);
    const next = createWorld({ idMap, clock: world.clock, helpdesk: world.helpdesk });
    next.telegram.refuse(conversationId(7), BLOCKED);
    const comments = next.helpdesk.comments(ticket).length;
    await next.runSweep();
    await later(next);
    expect(next.helpdesk.comments(ticket)).toHaveLength(comments);
    next.telegram.refuse(conversationId(7), undefined);
    await next.receive({ kind: 'membership', conversation: conversationId(7), reachable: true, person: messageEvent(7, 1, '').person, sentAtMs: next.clock.nowMs() });
    await later(next);
    expect(next.answers()).toEqual(['first that waits', 'second that waits']);
    expect(next.helpdesk.comments(ticket).at(-1)?.content.text.text).toContain('verdict.delivered');
    const last = await startAgain(next, (await rebuild(next)).idMap);
    expect(last.telegram.sent).toEqual([]);
  });

  it('to one customer never reach another whose ticket was merged into the same', async () => {
    const world = createWorld();
    await world.receive(messageEvent(7, 1, 'one'), messageEvent(8, 2, 'two'));
    const [first, second] = world.helpdesk.tickets();
    if (first === undefined || second === undefined) throw new Error('two tickets expected');
    await later(world);
    const sinceMs = world.clock.nowMs();
    world.helpdesk.agentSays(first.id, 'for seven only');
    world.helpdesk.agentSays(second.id, 'for eight only');
    world.helpdesk.merge(first.id, second.id);
    await later(world);
    const next = await startAgain(world, (await rebuild(world, { sinceMs })).idMap);
    expect(next.telegram.texts(conversationId(7))).toEqual(['for seven only']);
    expect(next.telegram.texts(conversationId(8))).toEqual(['for eight only']);
  });

  it('to one customer never reach another when an agent edits them after such a merge', async () => {
    const world = createWorld();
    await world.receive(messageEvent(7, 1, 'one'), messageEvent(8, 2, 'two'));
    const [first, second] = world.helpdesk.tickets();
    if (first === undefined || second === undefined) throw new Error('two tickets expected');
    await later(world);
    const forSeven = world.helpdesk.agentSays(first.id, 'for seven only');
    const forEight = world.helpdesk.agentSays(second.id, 'for eight only');
    world.helpdesk.merge(first.id, second.id);
    await later(world);
    const next = await startAgain(world, (await rebuild(world)).idMap);
    next.helpdesk.edit(forSeven, 'still for seven');
    next.helpdesk.edit(forEight, 'still for eight');
    await next.ring(second.id);
    expect(next.telegram.texts(conversationId(7))).toEqual(['answer.changed still for seven']);
    expect(next.telegram.texts(conversationId(8))).toEqual(['answer.changed still for eight']);
  });
});

describe('a rebuild that fails', () => {
  it('says so when the helpdesk cannot be listed', async () => {
    const world = createWorld();
    const { listTickets: _absent, ...connector } = world.helpdesk.connector;
    await expect(rebuildMap({ connector, idMap: createMemoryIdMap(), mapping: fakeMapping }, {
      origins: createOrigins('1'), startedAtMs: 0, progress: () => undefined,
    })).rejects.toMatchObject({ code: 'unsupported' });
  });

  it('leaves no place to sweep from', async () => {
    const world = createWorld();
    await world.receive(messageEvent(7, 1, 'one'), messageEvent(8, 2, 'two'));
    world.helpdesk.fail('commentsAfter', 'before');
    const idMap = createMemoryIdMap();
    await expect(rebuildMap({ connector: world.helpdesk.connector, idMap, mapping: fakeMapping }, {
      origins: createOrigins('1'), startedAtMs: 0, progress: () => undefined,
    })).rejects.toMatchObject({ code: 'unavailable' });
    expect(await idMap.sweepCursor()).toBeUndefined();
  });

  it('finds what is not there', async () => {
    const world = createWorld();
    await world.receive(messageEvent(7, 1, 'one'));
    const { rebuilt } = await rebuild(world);
    expect(await findMissing(createMemoryIdMap(), rebuilt.conversations)).toEqual([conversationId(7)]);
  });
});
