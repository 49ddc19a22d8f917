import { describe, expect, it } from '@jest/globals';
import { BridgeError } from '../../src/core/errors.js';
import type { ConversationChange } from '../../src/core/conversation.js';
import { createMemoryIdMap } from '../../src/idmap/memory.js';
import type { TicketId } from '../../src/core/types.js';
import { createFakeHelpdesk } from '../fakes/helpdesk.js';
import { createVirtualClock } from '../fakes/clock.js';
import { conversationId, messageEvent } from '../fakes/telegram.js';
import { endingWhen } from './ending.js';
import { createWorld, type World } from './world.js';

async function withTicket(world = createWorld()): Promise<{ world: World; ticket: TicketId }> {
  await world.runSweep();
  await world.receive(messageEvent(7, 1, 'hello'));
  return { world, ticket: world.onlyTicket() };
}

const dueOf = async (world: World): Promise<readonly string[]> => (await world.state(conversationId(7))).due.map(({ kind }) => kind);
const down = new BridgeError({ code: 'unavailable', operation: 'reportDelivered', message: 'down' });

describe('an answer that arrived', () => {
  it('is reported by one request, with the time of its last part', async () => {
    const { world, ticket } = await withTicket();
    const comment = world.helpdesk.agentSays(ticket, 'one\ntwo\nthree');
    await world.ring(ticket);
    const atMs = world.clock.nowMs();
    await world.clock.advance(60_000);
    await world.ring(ticket);
    await world.runSweep();
    expect([...world.helpdesk.delivered]).toEqual([[comment, atMs]]);
    expect(world.helpdesk.calls['reportDelivered']).toBe(1);
    expect(await dueOf(world)).toEqual([]);
  });

  it('is not reported before all of it is there', async () => {
    const { world, ticket } = await withTicket();
    world.telegram.fail(undefined, new BridgeError({ code: 'unavailable', operation: 'sendMessage', message: 'refused', retryAfterMs: 5_000 }));
    const comment = world.helpdesk.agentSays(ticket, 'one\ntwo');
    await world.ring(ticket);
    expect(world.answers()).toEqual(['one']);
    expect(world.helpdesk.calls['reportDelivered']).toBeUndefined();
    await world.clock.advance(5_000);
    expect([...world.helpdesk.delivered.keys()]).toEqual([comment]);
  });

  it.each(['blocked', 'rejected'] as const)('is not reported when it did not (%s)', async (reason) => {
    const { world, ticket } = await withTicket();
    world.telegram.refuse(conversationId(7), new BridgeError({ code: 'forbidden', operation: 'sendMessage', message: 'no', reason }));
    world.helpdesk.agentSays(ticket, 'one');
    await world.ring(ticket);
    await world.runSweep();
    expect(world.answers()).toEqual([]);
    expect(world.helpdesk.calls['reportDelivered']).toBeUndefined();
    expect(await dueOf(world)).toEqual([]);
  });

  it('does not make the next one wait when the helpdesk does not take the report; the sweep tells it later, with the true time', async () => {
    const { world, ticket } = await withTicket();
    world.helpdesk.fail('reportDelivered', down, down, down);
    const first = world.helpdesk.agentSays(ticket, 'one');
    await world.ring(ticket);
    const atMs = world.clock.nowMs();
    await world.clock.advance(1_000);
    const second = world.helpdesk.agentSays(ticket, 'two');
    await world.ring(ticket);
    await world.receive(messageEvent(7, 2, 'thanks'));
    expect(world.answers()).toEqual(['one', 'two']);
    expect(world.stored(ticket)).toEqual(['hello', 'thanks']);
    expect(await dueOf(world)).toEqual([`delivered:${first}`, `delivered:${second}`]);
    await world.clock.advance(30_000);
    await world.runSweep();
    await world.runSweep();
    expect([...world.helpdesk.delivered]).toEqual([[first, atMs], [second, atMs + 1_000]]);
    expect(await dueOf(world)).toEqual([]);
    expect(world.answers()).toEqual(['one', 'two']);
  });

  it('is reported by the next process when this one ended before it could', async () => {
    const { world, ticket } = await withTicket();
    world.helpdesk.fail('reportDelivered', down);
    const comment = world.helpdesk.agentSays(ticket, 'one');
    await world.ring(ticket);
    const next = createWorld({ helpdesk: world.helpdesk, idMap: world.idMap, clock: world.clock });
    await next.bridge.resume();
    await next.clock.settle();
    expect([...world.helpdesk.delivered.keys()]).toEqual([comment]);
    expect(next.answers()).toEqual([]);
    expect(await dueOf(next)).toEqual([]);
  });

  it('is reported by the next process when it was internal at first, and this one ended with its last message', async () => {
    const idMap = createMemoryIdMap();
    const { world, ticket } = await withTicket(createWorld({ idMap: endingWhen(idMap, ({ links = [] }) => links.some(({ message, comment }) => message !== undefined && comment !== undefined)) }));
    const comment = world.helpdesk.agentSays(ticket, 'one', { visibility: 'internal' });
    await world.ring(ticket);
    world.helpdesk.setVisibility(comment, 'public');
    await world.ring(ticket);
    expect(world.answers()).toEqual(['one']);
    expect(world.helpdesk.calls['reportDelivered']).toBeUndefined();
    const next = createWorld({ helpdesk: world.helpdesk, idMap, clock: world.clock });
    await next.bridge.resume();
    await next.clock.settle();
    expect([...world.helpdesk.delivered.keys()]).toEqual([comment]);
    expect(next.answers()).toEqual([]);
  });

  it('is reported when an edit made it shorter before the rest of it could go', async () => {
    const { world, ticket } = await withTicket();
    world.telegram.fail(undefined, new BridgeError({ code: 'unavailable', operation: 'sendMessage', message: 'refused', retryAfterMs: 5_000 }));
    const comment = world.helpdesk.agentSays(ticket, 'one\ntwo');
    await world.ring(ticket);
    world.helpdesk.edit(comment, 'three');
    await world.clock.advance(5_000);
    await world.ring(ticket);
    expect(world.telegram.shown.filter(({ kind }) => kind === 'part').map(({ text }) => text)).toEqual(['three']);
    expect([...world.helpdesk.delivered.keys()]).toEqual([comment]);
  });

  it('is reported with the time at which it arrived when it was edited before the helpdesk took the report', async () => {
    const { world, ticket } = await withTicket();
    world.helpdesk.fail('reportDelivered', down, down);
    const comment = world.helpdesk.agentSays(ticket, 'one');
    await world.ring(ticket);
    const atMs = world.clock.nowMs();
    await world.clock.advance(5_000);
    world.helpdesk.edit(comment, 'two');
    await world.ring(ticket);
    await world.clock.advance(30_000);
    await world.runSweep();
    expect([...world.helpdesk.delivered]).toEqual([[comment, atMs]]);
  });

  it('and was edited writes nothing to disk that says nothing, where there is no place for reports', async () => {
    const inside = createMemoryIdMap();
    const written: ConversationChange[] = [];
    const idMap = endingWhen(inside, (change) => {
      written.push(change);
      return false;
    });
    const clock = createVirtualClock();
    const { world, ticket } = await withTicket(createWorld({ idMap, clock, helpdesk: createFakeHelpdesk(() => clock.nowMs(), { takesReports: false }) }));
    const comment = world.helpdesk.agentSays(ticket, 'one');
    await world.ring(ticket);
    world.helpdesk.edit(comment, 'two');
    world.telegram.failChange(new BridgeError({ code: 'unavailable', operation: 'editPart', message: 'no answer', effect: 'unknown' }));
    await world.ring(ticket);
    await world.runSweep();
    await clock.advance(90_000);
    await world.runSweep();
    expect(world.telegram.changes).toEqual(['edit two', 'edit two']);
    expect(written.filter((change) => Object.values(change).every((value) => Array.isArray(value) && value.length === 0))).toEqual([]);
  });

  it('is reported again when the answer to the report was lost, which changes nothing', async () => {
    const { world, ticket } = await withTicket();
    world.helpdesk.fail('reportDelivered', 'after');
    const comment = world.helpdesk.agentSays(ticket, 'one');
    await world.ring(ticket);
    const before = [...world.helpdesk.delivered];
    await world.clock.advance(30_000);
    await world.runSweep();
    expect(before.map(([id]) => id)).toEqual([comment]);
    expect([...world.helpdesk.delivered]).toEqual(before);
    expect(world.helpdesk.calls['reportDelivered']).toBe(2);
    expect(await dueOf(world)).toEqual([]);
  });

  it.each(['not_found', 'invalid', 'conflict'] as const)('is passed over when the helpdesk says %s', async (code) => {
    const { world, ticket } = await withTicket();
    world.helpdesk.fail('reportDelivered', new BridgeError({ code, operation: 'reportDelivered', message: code }));
    world.helpdesk.agentSays(ticket, 'one');
    await world.ring(ticket);
    await world.runSweep();
    expect(world.helpdesk.calls['reportDelivered']).toBe(1);
    expect(await dueOf(world)).toEqual([]);
    expect(world.helpdesk.comments().filter((comment) => comment.visibility === 'internal')).toEqual([]);
  });

  it('is not reported for ever to a helpdesk that forbids it', async () => {
    const { world, ticket } = await withTicket();
    world.helpdesk.fail('reportDelivered', ...Array.from({ length: 5 }, () => new BridgeError({ code: 'forbidden', operation: 'reportDelivered', message: 'no' })));
    world.helpdesk.agentSays(ticket, 'one');
    await world.ring(ticket);
    await world.clock.advance(86_400_000);
    await world.runSweep();
    expect(await dueOf(world)).toHaveLength(1);
    await world.clock.advance(1);
    await world.runSweep();
    expect(await dueOf(world)).toEqual([]);
  });

  it('leaves nothing to do where the helpdesk has no place for it', async () => {
    const clock = createVirtualClock();
    const { world, ticket } = await withTicket(createWorld({ clock, helpdesk: createFakeHelpdesk(() => clock.nowMs(), { takesReports: false }) }));
    world.telegram.fail(undefined, undefined);
    world.helpdesk.agentSays(ticket, 'one');
    await world.ring(ticket);
    expect(world.answers()).toEqual(['one']);
    expect(await dueOf(world)).toEqual([]);
  });

  it('is reported when it went through a replay', async () => {
    const { world, ticket } = await withTicket();
    world.telegram.fail(new BridgeError({ code: 'invalid', operation: 'sendMessage', message: 'no', reason: 'rejected' }));
    const comment = world.helpdesk.agentSays(ticket, 'one');
    await world.ring(ticket);
    const [entry] = await world.idMap.buried();
    if (entry === undefined) throw new Error('nothing was buried');
    const outcome = world.bridge.replay(entry);
    await world.clock.settle();
    await outcome;
    await world.runSweep();
    await world.clock.settle();
    expect(world.answers()).toEqual(['one']);
    expect([...world.helpdesk.delivered.keys()]).toEqual([comment]);
  });
});
