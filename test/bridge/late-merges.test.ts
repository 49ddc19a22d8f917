/** Answers that wait for the requester's chat while their tickets are merged: agents hear of the arrival of each. */
import { describe, expect, it } from '@jest/globals';
import { BridgeError } from '../../src/core/errors.js';
import type { TicketId } from '../../src/core/types.js';
import { commandEvent, conversationId, messageEvent } from '../fakes/telegram.js';
import { createWorld, type World } from './world.js';

const chat = conversationId(7);
const BLOCKED = new BridgeError({ code: 'forbidden', operation: 'sendMessage', message: 'no', reason: 'blocked' });

/** One requester with two tickets. */
async function withTickets(): Promise<{ readonly world: World; readonly tickets: readonly [TicketId, TicketId] }> {
  const world = createWorld();
  await world.receive(messageEvent(7, 1, 'hello'));
  const ticket = world.onlyTicket();
  await world.receive({ ...commandEvent(7, 4, ''), kind: 'action', actionId: 'x', action: 'topic:security' });
  await world.receive(messageEvent(7, 5, 'another'));
  return { world, tickets: [ticket, world.helpdesk.tickets()[1]?.id ?? ticket] };
}

/** What agents were told of answers to this chat. */
function words(world: World, ticket: TicketId): readonly string[] {
  return world.helpdesk.comments(ticket).flatMap(({ externalId }) => externalId?.split(`verdict:${chat}:`)[1] ?? []);
}

function answers(world: World): readonly string[] {
  return world.answers().map((text) => text.replace(/^#\d+ /, ''));
}

describe('answers that wait for the chat', () => {
  it.each(['the swallowed one', 'the one that is left'])('on two merged tickets arrive, and agents hear so of both, by one doorbell of %s', async (which) => {
    const { world, tickets: [ticket, into] } = await withTickets();
    world.telegram.refuse(chat, BLOCKED);
    const waiting = [world.helpdesk.agentSays(ticket, 'one'), world.helpdesk.agentSays(into, 'two')];
    await world.ring(ticket);
    await world.ring(into);
    world.helpdesk.merge(ticket, into);
    world.telegram.refuse(chat, undefined);
    await world.ring(which === 'the swallowed one' ? ticket : into);
    expect(answers(world)).toEqual(['one', 'two']);
    expect(words(world, into).filter((word) => word.endsWith(':delivered')).sort()).toEqual(waiting.map((comment) => `${comment}:delivered`).sort());
    expect((await world.state(chat)).tickets.map(({ late }) => late)).toEqual([undefined, undefined]);
  });

  it.each(['first', 'second'])('on two tickets that are merged one after the other into another requester\'s are each said to have arrived when they did; the %s is read first', async (which) => {
    const { world, tickets: [first, second] } = await withTickets();
    await world.receive(messageEvent(8, 1, 'mine'));
    const others = world.helpdesk.tickets()[2]?.id ?? first;
    world.telegram.refuse(chat, BLOCKED);
    const one = world.helpdesk.agentSays(first, 'one');
    await world.ring(first);
    world.helpdesk.merge(first, second);
    // Said where nothing waits yet, and seen by the doorbell of the ticket that was merged.
    const two = world.helpdesk.agentSays(second, 'two');
    await world.ring(first);
    world.helpdesk.merge(second, others);
    expect(words(world, others)).toEqual([`${one}:blocked`, `${two}:blocked`]);
    world.telegram.refuse(chat, undefined);
    const turns = [{ ticket: first, comment: one, text: 'one' }, { ticket: second, comment: two, text: 'two' }];
    for (const [index, { ticket, comment, text }] of (which === 'first' ? turns : turns.reverse()).entries()) {
      await world.ring(ticket);
      expect(answers(world).slice(index)).toEqual([text]);
      expect(words(world, others).slice(2 + index)).toEqual([`${comment}:delivered`]);
    }
    expect((await world.state(chat)).tickets.map(({ late }) => late)).toEqual([undefined, undefined, undefined]);
  });
});
