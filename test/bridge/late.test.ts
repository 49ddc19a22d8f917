/** Answers that wait for the requester's chat, and messages that wait for the helpdesk: who is told what, and how often. */
import { describe, expect, it } from '@jest/globals';
import { BridgeError, type DeliveryReason } from '../../src/core/errors.js';
import type { ChatEvent, MembershipEvent, TicketId } from '../../src/core/types.js';
import { commandEvent, conversationId, messageEvent } from '../fakes/telegram.js';
import { createWorld, type World } from './world.js';

const chat = conversationId(7);

async function withTicket(world = createWorld()): Promise<{ world: World; ticket: TicketId }> {
  await world.receive(messageEvent(7, 1, 'hello'));
  return { world, ticket: world.onlyTicket() };
}

function refused(reason: DeliveryReason): BridgeError {
  return new BridgeError({ code: 'forbidden', operation: 'sendMessage', message: 'no', reason });
}

function membership(world: World, reachable: boolean): MembershipEvent {
  const { conversation, person } = messageEvent(7, 0, '');
  return { kind: 'membership', conversation, person, sentAtMs: world.clock.nowMs(), reachable };
}

/** What the bridge told agents on the ticket. */
function verdicts(world: World, ticket: TicketId): readonly string[] {
  return world.helpdesk.comments(ticket).filter((one) => one.visibility === 'internal' && one.origin === 'bridge').map((one) => one.content.text.text);
}

describe('answers to a chat that takes none', () => {
  it.each(['blocked', 'deactivated', 'chat_gone', 'not_allowed', 'flood'] as const)('(%s) wait in order, and the agent is told of each, once', async (reason) => {
    const { world, ticket } = await withTicket();
    world.telegram.refuse(chat, refused(reason));
    world.helpdesk.agentSays(ticket, 'one');
    await world.ring(ticket);
    world.helpdesk.agentSays(ticket, 'two');
    world.helpdesk.agentSays(ticket, 'for us', { visibility: 'internal' });
    await world.ring(ticket);
    await world.ring(ticket);
    expect(verdicts(world, ticket)).toEqual(Array.from({ length: 2 }, () => `undelivered.title\nundelivered.${reason}`));
    expect(world.answers()).toEqual([]);
    expect(world.events.filter((event) => event.type === 'undelivered')).toHaveLength(2);
    world.telegram.refuse(chat, undefined);
    world.helpdesk.agentSays(ticket, 'three');
    await world.ring(ticket);
    expect(world.answers()).toEqual(['one', 'two', 'three']);
    expect(verdicts(world, ticket).slice(2)).toEqual(['verdict.delivered 4']);
  });

  it.each([
    { name: 'comes back', back: (world: World): ChatEvent => membership(world, true) },
    { name: 'writes', back: (): ChatEvent => messageEvent(7, 4, 'back') },
    { name: 'opens another ticket', back: (): ChatEvent => messageEvent(7, 4, 'back'), closed: true },
  ])('go out although the process ends when the requester $name, on a ticket where nothing changes', async ({ back, closed = false }) => {
    const { world, ticket } = await withTicket();
    const { idMap, helpdesk, clock } = world;
    await world.receive({ ...membership(world, true), kind: 'action', actionId: 'a', action: 'topic:security' }, messageEvent(7, 3, 'about two'));
    const another = helpdesk.tickets().at(-1)?.id;
    world.telegram.refuse(chat, refused('blocked'));
    helpdesk.agentSays(ticket, 'one');
    await world.ring(ticket);
    if (closed && another !== undefined) helpdesk.setPhase(another, 'closed');
    await world.runSweep();
    world.telegram.refuse(chat, undefined);
    const slow = new BridgeError({ code: 'rate_limited', operation: 'sendMessage', message: 'wait', retryAfterMs: 60_000 });
    world.telegram.fail(slow, slow, slow, slow);
    await world.receive(back(world));
    void world.bridge.stop();
    await clock.settle();
    const again = createWorld({ idMap, helpdesk, clock });
    await again.runSweep();
    expect([world.answers(), again.answers()]).toEqual([[], ['#1001 one']]);
    expect((await again.state(chat)).due.filter(({ kind }) => kind === 'catch_up')).toEqual([]);
  });

  it('go out by themselves when the requester comes back, before anything newer, and the agent hears of both', async () => {
    const { world, ticket } = await withTicket();
    await world.receive(membership(world, false));
    world.telegram.refuse(chat, refused('blocked'));
    world.helpdesk.agentSays(ticket, 'one');
    await world.ring(ticket);
    await world.clock.advance(60_000);
    world.telegram.refuse(chat, undefined);
    await world.receive(membership(world, true));
    expect(world.answers()).toEqual(['one']);
    expect(verdicts(world, ticket)).toEqual(['verdict.left', 'undelivered.title\nundelivered.blocked', 'verdict.returned', 'verdict.delivered 2']);
    const { unreachable, due } = await world.state(chat);
    expect([unreachable, due]).toEqual([undefined, []]);
  });

  it('go out when the requester writes, even if nobody said that they came back', async () => {
    const { world, ticket } = await withTicket();
    world.telegram.refuse(chat, refused('blocked'));
    world.helpdesk.agentSays(ticket, 'one');
    await world.ring(ticket);
    world.telegram.refuse(chat, undefined);
    await world.receive(messageEvent(7, 2, 'I am back'));
    expect([world.answers(), world.stored(ticket)]).toEqual([['one'], ['hello', 'I am back']]);
  });

  it('go on from the part that was refused', async () => {
    const { world, ticket } = await withTicket();
    world.telegram.fail(undefined, refused('blocked'));
    world.helpdesk.agentSays(ticket, 'first\nsecond\nthird');
    await world.ring(ticket);
    expect(world.answers()).toEqual(['first']);
    await world.ring(ticket);
    expect(world.answers()).toEqual(['first', 'second', 'third']);
  });

  it('hold back the change of status that came after them', async () => {
    const { world, ticket } = await withTicket();
    world.telegram.refuse(chat, refused('blocked'));
    world.helpdesk.agentSays(ticket, 'done');
    world.helpdesk.setPhase(ticket, 'solved');
    await world.ring(ticket);
    world.telegram.refuse(chat, undefined);
    await world.ring(ticket);
    expect(world.telegram.texts().slice(1)).toEqual(['done', 'statusChanged.solved 1001']);
  });

  it('that were withdrawn meanwhile are not said to have arrived', async () => {
    const { world, ticket } = await withTicket();
    world.telegram.refuse(chat, refused('blocked'));
    world.helpdesk.agentSays(ticket, 'oops');
    await world.ring(ticket);
    const { commentsAfter } = world.helpdesk.connector;
    world.helpdesk.connector.commentsAfter = async (...asked) => (await commentsAfter(...asked)).map((one) => ({ ...one, visibility: 'internal' as const }));
    world.telegram.refuse(chat, undefined);
    await world.ring(ticket);
    expect([world.answers(), verdicts(world, ticket)]).toEqual([[], ['undelivered.title\nundelivered.blocked']]);
    expect((await world.state(chat)).tickets[0]?.late).toBeUndefined();
  });

  it('are not said to have arrived when the last of them was given up and only those before it arrived', async () => {
    const { world, ticket } = await withTicket();
    world.telegram.refuse(chat, refused('blocked'));
    const first = world.helpdesk.agentSays(ticket, 'one');
    const last = world.helpdesk.agentSays(ticket, 'two');
    await world.ring(ticket);
    world.telegram.refuse(chat, undefined);
    world.telegram.fail(undefined, new BridgeError({ code: 'invalid', operation: 'sendMessage', message: 'no', reason: 'rejected' }));
    await world.ring(ticket);
    const words = world.helpdesk.comments(ticket).flatMap(({ externalId }) => externalId?.split(`verdict:${chat}:`)[1] ?? []);
    expect(words).toEqual([`${first}:blocked`, `${last}:blocked`, `${last}:rejected`, `${first}:delivered`]);
    expect(world.answers()).toEqual(['one']);
  });

  it('nor when the word that those before it arrived takes another try', async () => {
    const { world, ticket } = await withTicket();
    world.telegram.refuse(chat, refused('blocked'));
    const first = world.helpdesk.agentSays(ticket, 'one');
    const last = world.helpdesk.agentSays(ticket, 'two');
    await world.ring(ticket);
    const { addComment } = world.helpdesk.connector;
    let failures = 0;
    world.helpdesk.connector.addComment = async (where, draft) => {
      if (draft.externalId?.endsWith(':delivered') === true && failures++ === 0) throw new BridgeError({ code: 'unavailable', effect: 'none', operation: 'addComment', message: 'down' });
      return addComment(where, draft);
    };
    world.telegram.refuse(chat, undefined);
    world.telegram.fail(undefined, new BridgeError({ code: 'invalid', operation: 'sendMessage', message: 'no', reason: 'rejected' }));
    await world.ring(ticket);
    await world.clock.advance(60_000);
    const words = world.helpdesk.comments(ticket).flatMap(({ externalId }) => externalId?.split(`verdict:${chat}:`)[1] ?? []);
    expect([failures > 1, words.slice(2)]).toEqual([true, [`${last}:rejected`, `${first}:delivered`]]);
    expect((await world.state(chat)).tickets[0]?.late).toBeUndefined();
  });

  it('follow their ticket into a merge', async () => {
    const { world, ticket } = await withTicket();
    await world.receive({ ...commandEvent(7, 4, ''), kind: 'action', actionId: 'x', action: 'topic:security' });
    await world.receive(messageEvent(7, 5, 'another'));
    const into = world.helpdesk.tickets()[1]?.id ?? ticket;
    world.telegram.refuse(chat, refused('blocked'));
    world.helpdesk.agentSays(ticket, 'one');
    await world.ring(ticket);
    world.helpdesk.merge(ticket, into);
    await world.ring(into);
    world.telegram.refuse(chat, undefined);
    await world.receive(messageEvent(7, 6, 'back'));
    expect(world.answers().map((text) => text.replace(/^#\d+ /, ''))).toEqual(['one']);
    expect(verdicts(world, into).at(-1)).toMatch(/^verdict\.delivered/);
  });

  it('the membership that changes nothing is not told', async () => {
    const { world, ticket } = await withTicket();
    await world.receive(membership(world, true));
    await world.receive(membership(world, false), membership(world, false));
    expect(verdicts(world, ticket)).toEqual(['verdict.left']);
  });
});

describe('answers that Telegram does not take for long', () => {
  const outage = new BridgeError({ code: 'unavailable', operation: 'sendMessage', message: 'down' });

  it('are told to the agent once, and once more when they arrived', async () => {
    const { world, ticket } = await withTicket();
    world.telegram.refuse(chat, outage);
    world.helpdesk.agentSays(ticket, 'one');
    await world.ring(ticket);
    await world.clock.advance(4 * 60_000);
    expect(verdicts(world, ticket)).toEqual([]);
    await world.clock.advance(10 * 60_000);
    expect(verdicts(world, ticket)).toEqual(['undelivered.title\nundelivered.delayed']);
    world.telegram.refuse(chat, undefined);
    await world.clock.advance(10_000);
    expect(world.answers()).toEqual(['one']);
    expect(verdicts(world, ticket)).toHaveLength(2);
    // The tries of 14 minutes with pauses of five seconds, not one more than there were.
    expect(Number(/^verdict\.delivered (\d+)$/.exec(verdicts(world, ticket).at(-1) ?? '')?.[1])).toBeGreaterThan(100);
  });

  it('are told at once when Telegram names a long wait', async () => {
    const { world, ticket } = await withTicket();
    world.telegram.fail(new BridgeError({ code: 'rate_limited', operation: 'sendMessage', message: '429', retryAfterMs: 900_000 }));
    world.helpdesk.agentSays(ticket, 'one');
    await world.ring(ticket);
    expect(verdicts(world, ticket)).toEqual(['undelivered.title\nundelivered.flood']);
    await world.clock.advance(901_000);
    expect([world.answers(), verdicts(world, ticket).at(-1)]).toEqual([['one'], 'verdict.delivered 2']);
  });
});

describe('messages that wait for the helpdesk', () => {
  const waits = (world: World): readonly string[] => world.notices().filter((text) => text === 'message.delayed');

  it('are said to be safe once, however many they are and however long it lasts, and once to be filed', async () => {
    const { world } = await withTicket();
    world.helpdesk.fail('addComment', ...Array.from({ length: 40 }, () => 'before' as const));
    await world.receive(messageEvent(7, 2, 'two'), messageEvent(7, 3, 'three'));
    await world.clock.advance(10_000);
    expect(waits(world)).toEqual([]);
    await world.clock.advance(60_000);
    expect(waits(world)).toHaveLength(1);
    await world.clock.advance(600_000);
    expect(world.stored()).toEqual(['hello', 'two', 'three']);
    expect(world.notices().slice(1)).toEqual(['message.delayed', 'message.filed 1001']);
  });

  it('need no word of their own when a receipt tells it', async () => {
    const world = createWorld();
    world.helpdesk.fail('createTicket', ...Array.from({ length: 10 }, () => 'before' as const));
    await world.receive(messageEvent(7, 1, 'hello'));
    await world.clock.advance(300_000);
    expect(world.notices()).toEqual(['message.delayed', 'receipt 1001 answer.within.hours 4']);
  });

  it('are told of anew in the next outage', async () => {
    const { world } = await withTicket();
    for (const id of [2, 3]) {
      world.helpdesk.fail('addComment', ...Array.from({ length: 10 }, () => 'before' as const));
      await world.receive(messageEvent(7, id, `message ${id}`));
      await world.clock.advance(300_000);
    }
    expect(waits(world)).toHaveLength(2);
  });

  it('are not told of in a short one', async () => {
    const { world } = await withTicket();
    world.helpdesk.fail('addComment', 'before', 'before');
    await world.receive(messageEvent(7, 2, 'two'));
    await world.clock.advance(60_000);
    expect(world.notices().slice(1)).toEqual([]);
  });
});
