import { describe, expect, it } from '@jest/globals';
import { BridgeError } from '../../src/core/errors.js';
import type { TicketId } from '../../src/core/types.js';
import { conversationId, messageEvent } from '../fakes/telegram.js';
import { createWorld, type World } from './world.js';

async function withTicket(world = createWorld(), chat = 7): Promise<{ world: World; ticket: TicketId }> {
  const before = world.helpdesk.tickets().length;
  await world.receive(messageEvent(chat, 1, 'hello'));
  const ticket = world.helpdesk.tickets()[before];
  if (ticket === undefined) throw new Error('no ticket');
  return { world, ticket: ticket.id };
}

async function write(world: World, ticket: TicketId, typing = true): Promise<void> {
  await world.bridge.ring({ ticket, typing }, 'webhook');
  await world.clock.settle();
}

/** How many hints each chat got. */
const hints = ({ telegram }: World, chat = 7): number => telegram.typing.filter((conversation) => conversation === conversationId(chat)).length;

const requests = ({ helpdesk }: World): number => Object.values(helpdesk.calls).reduce((sum, calls) => sum + calls, 0);

describe('an agent who writes', () => {
  it('is seen at once, and every four seconds for as long as they do', async () => {
    const { world, ticket } = await withTicket();
    for (let second = 0; second < 12; second += 3) {
      await write(world, ticket);
      await world.clock.advance(3_000);
    }
    expect(hints(world)).toBe(4); // at 0, 4, 8 and 12
    await write(world, ticket, false);
    await world.clock.advance(60_000);
    expect(hints(world)).toBe(4);
  });

  it('causes no request to the helpdesk, no work in the lanes, and nothing on disk', async () => {
    const { world, ticket } = await withTicket();
    const state = await world.state(conversationId(7));
    const before = requests(world);
    await write(world, ticket);
    expect(world.bridge.stats()).toEqual({ lanes: 0, jobs: 0 });
    await world.clock.advance(20_000);
    expect(hints(world)).toBeGreaterThan(3);
    expect(requests(world)).toBe(before);
    expect(await world.state(conversationId(7))).toBe(state);
  });

  it('is believed for a minute when no new sign comes', async () => {
    const { world, ticket } = await withTicket();
    await write(world, ticket);
    await world.clock.advance(120_000);
    expect(hints(world)).toBe(15); // at 0, 4, ... 56
    await write(world, ticket);
    expect(hints(world)).toBe(16);
  });

  it('is not seen any more once the answer went out', async () => {
    const { world, ticket } = await withTicket();
    await write(world, ticket);
    world.helpdesk.agentSays(ticket, 'the answer');
    await world.ring(ticket);
    await world.clock.advance(60_000);
    expect(world.answers()).toEqual(['the answer']);
    expect(hints(world)).toBe(1);
    await write(world, ticket);
    expect(hints(world)).toBe(2);
  });

  it('who begins and stops many times in a moment is shown once in it', async () => {
    const { world, ticket } = await withTicket();
    for (let time = 0; time < 20; time += 1) {
      await write(world, ticket);
      await write(world, ticket, false);
    }
    expect(hints(world)).toBe(1);
    await world.clock.advance(10_000);
    expect(hints(world)).toBe(1);
  });

  it('is seen by the requester of that ticket alone', async () => {
    const { world, ticket } = await withTicket();
    await withTicket(world, 8);
    await write(world, ticket);
    expect([hints(world, 7), hints(world, 8)]).toEqual([1, 0]);
    await write(world, 't9999' as TicketId);
    await world.clock.advance(10_000);
    expect(hints(world, 8)).toBe(0);
  });

  it('after a merge is seen by everybody who gets what is answered there, and before the bridge knows of it by nobody else', async () => {
    const { world, ticket } = await withTicket();
    const { ticket: other } = await withTicket(world, 8);
    world.helpdesk.merge(ticket, other);
    await write(world, other);
    expect([hints(world, 7), hints(world, 8)]).toEqual([0, 1]);
    await world.ring(ticket);
    await world.clock.advance(4_000);
    await write(world, other);
    await world.clock.advance(4_000);
    expect(hints(world, 7)).toBeGreaterThan(0);
    expect(hints(world, 8)).toBeGreaterThan(1);
  });

  it.each(['closed', 'gone'] as const)('on a ticket that is %s is not seen', async (phase) => {
    const { world, ticket } = await withTicket();
    await write(world, ticket);
    if (phase === 'gone') world.helpdesk.remove(ticket);
    else world.helpdesk.setPhase(ticket, phase);
    await world.ring(ticket);
    await world.clock.advance(20_000);
    expect(hints(world)).toBe(1);
  });

  it('is not shown to somebody who blocked the bot', async () => {
    const { world, ticket } = await withTicket();
    const { sentAtMs, person } = messageEvent(7, 2, '');
    await world.receive({ kind: 'membership', conversation: conversationId(7), person, sentAtMs, reachable: false });
    await write(world, ticket);
    await world.clock.advance(10_000);
    expect(hints(world)).toBe(0);
  });

  it('is not tried again for a minute when Telegram refuses it, and nobody is told', async () => {
    const { world, ticket } = await withTicket();
    let asked = 0;
    world.telegram.beforeTyping = async () => { asked += 1; };
    world.telegram.refuse(conversationId(7), new BridgeError({ code: 'forbidden', operation: 'sendChatAction', message: 'no', reason: 'blocked' }));
    const before = world.helpdesk.comments().length;
    for (let second = 0; second < 60; second += 4) {
      await write(world, ticket);
      await world.clock.advance(4_000);
    }
    expect(asked).toBe(1);
    expect(world.helpdesk.comments()).toHaveLength(before);
    expect((await world.state(conversationId(7))).unreachable).toBeUndefined();
    await write(world, ticket);
    expect(asked).toBe(2);
  });

  it('holds up neither an answer nor a message when Telegram takes its time with the hint, and goes out once by then', async () => {
    const { world, ticket } = await withTicket();
    let release = (): void => undefined;
    let asked = 0;
    world.telegram.beforeTyping = () => new Promise((resolve) => {
      asked += 1;
      release = resolve;
    });
    await write(world, ticket);
    await write(world, ticket);
    world.helpdesk.agentSays(ticket, 'the answer');
    await world.ring(ticket);
    expect(await world.receive(messageEvent(7, 2, 'thanks'))).toEqual([true]);
    expect(world.answers()).toEqual(['the answer']);
    release();
    await world.clock.advance(20_000);
    expect(asked).toBe(1);
  });

  it('is seen while an answer waits to be tried again, and not after it', async () => {
    const { world, ticket } = await withTicket();
    world.telegram.fail(new BridgeError({ code: 'unavailable', operation: 'sendMessage', message: 'slow', retryAfterMs: 10_000 }));
    world.helpdesk.agentSays(ticket, 'the answer');
    await world.ring(ticket);
    await write(world, ticket);
    expect(hints(world)).toBe(1);
    await world.clock.advance(30_000);
    expect(world.answers()).toEqual(['the answer']);
    expect(hints(world)).toBe(3); // at 0, 4 and 8
  });

  it('is forgotten when the bridge stops', async () => {
    const { world, ticket } = await withTicket();
    await write(world, ticket);
    await world.bridge.stop();
    await world.clock.settle();
    expect(world.clock.sleepers()).toBe(0);
    await write(world, ticket);
    expect(hints(world)).toBe(1);
  });
});
