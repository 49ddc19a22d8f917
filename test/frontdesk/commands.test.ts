/** Commands and buttons of requesters, through the bridge. */
import { describe, expect, it } from '@jest/globals';
import { OPENING_HOLDS_MS } from '../../src/core/opening.js';
import type { ActionEvent, TicketId } from '../../src/core/types.js';
import { createWorld, type World } from '../bridge/world.js';
import { commandEvent, conversationId, messageEvent } from '../fakes/telegram.js';

let presses = 0;
function actionEvent(chat: number, action: string): ActionEvent {
  const { conversation, person, sentAtMs } = messageEvent(chat, 1, '');
  return { kind: 'action', conversation, person, sentAtMs, actionId: `press${presses += 1}`, action };
}

/** Chat 7 with two tickets: `first`, and `second`, of which they spoke last. */
async function withTwo(): Promise<{ readonly world: World; readonly first: TicketId; readonly second: TicketId }> {
  const world = createWorld();
  await world.receive(messageEvent(7, 1, 'one'), commandEvent(7, 2, 'new'), messageEvent(7, 3, 'two'));
  const [first, second, third] = world.helpdesk.tickets().map((ticket) => ticket.id);
  if (first === undefined || second === undefined || third !== undefined) throw new Error(`two tickets were to be there, not ${world.helpdesk.tickets().length}`);
  world.telegram.sent.splice(0);
  return { world, first, second };
}

describe('/new', () => {
  it('makes the next message a ticket of its own, also when no topic was chosen, and only the next', async () => {
    const { world, first, second } = await withTwo();
    await world.receive(messageEvent(7, 4, 'more of two'));
    expect([world.stored(first), world.stored(second)]).toEqual([['one'], ['two', 'more of two']]);
  });

  it('takes the topic that is chosen', async () => {
    const world = createWorld();
    await world.receive(messageEvent(7, 1, 'one'));
    await world.receive(commandEvent(7, 2, 'new'), actionEvent(7, 'topic:security'), messageEvent(7, 3, 'two'));
    expect(world.notices()).toEqual(['receipt 1001 answer.within.hours 4', 'new.prompt', 'new.ready Security', 'receipt 1002 answer.within.hours 4']);
    expect((await world.state(conversationId(7))).tickets.map(({ topic }) => topic)).toEqual([undefined, 'security']);
  });

  it('does not keep a reply from the ticket of the message that it answers', async () => {
    const { world, first } = await withTwo();
    await world.receive(commandEvent(7, 4, 'new'), messageEvent(7, 5, 'about one', { replyTo: messageEvent(7, 1, '').message }), messageEvent(7, 6, 'three'));
    expect(world.stored(first)).toEqual(['one', 'about one']);
    expect(world.helpdesk.tickets()).toHaveLength(3);
  });

  it('is forgotten after an hour: what is written then goes on where they spoke last', async () => {
    const { world, second } = await withTwo();
    const { sentAtMs } = messageEvent(7, 4, '');
    await world.receive(commandEvent(7, 4, 'new'), messageEvent(7, 5, 'thanks', { sentAtMs: sentAtMs + OPENING_HOLDS_MS + 1_000 }));
    expect(world.stored(second)).toEqual(['two', 'thanks']);
    // The bridge was down meanwhile: it counts when things were written.
    await world.clock.advance(3 * OPENING_HOLDS_MS);
    await world.receive(commandEvent(7, 6, 'new'), messageEvent(7, 7, 'three', { sentAtMs: sentAtMs + OPENING_HOLDS_MS }));
    expect([world.stored(second), world.helpdesk.tickets().length]).toEqual([['two', 'thanks'], 3]);
  });

  it.each([
    { minutes: 9, tickets: 3, made: 'a new ticket' }, { minutes: 11, tickets: 2, made: 'part of the old one' },
  ])('followed by an answer, and after $minutes minutes by words, makes these $made', async ({ minutes, tickets }) => {
    const { world, first } = await withTwo();
    await world.receive(commandEvent(7, 4, 'new'), actionEvent(7, 'topic:security'));
    world.helpdesk.agentSays(first, 'here it is');
    await world.ring(first);
    const { sentAtMs } = messageEvent(7, 5, '');
    await world.receive(messageEvent(7, 5, 'words', { sentAtMs: sentAtMs + minutes * 60_000 }));
    expect(world.helpdesk.tickets()).toHaveLength(tickets);
    expect((await world.state(conversationId(7))).tickets.at(-1)?.topic).toBe(tickets === 3 ? 'security' : undefined);
  });

  it('asked for before an update of the bridge holds until it is used', async () => {
    const { world } = await withTwo();
    await world.idMap.withConversation(conversationId(7), (session) => session.commit({ opening: { topic: 'security' } }));
    await world.receive(messageEvent(7, 4, 'three', { sentAtMs: messageEvent(7, 4, '').sentAtMs + 2 * OPENING_HOLDS_MS }));
    expect(world.helpdesk.tickets()).toHaveLength(3);
  });

  it('is taken back by choosing a ticket', async () => {
    const { world, first } = await withTwo();
    await world.receive(commandEvent(7, 4, 'new'), actionEvent(7, 'ticket:1001'), messageEvent(7, 5, 'more of one'));
    expect(world.stored(first)).toEqual(['one', 'more of one']);
    expect(world.notices()).toEqual(['new.prompt', 'tickets.chosen 1001']);
  });
});

describe('/start', () => {
  it.each([
    { argument: 'security', out: 'new.ready Security' }, { argument: '', out: 'start' }, { argument: 'ticket:1001', out: 'start' }, { argument: '__proto__', out: 'start' },
  ])('with "$argument" says $out', async ({ argument, out }) => {
    const world = createWorld();
    await world.receive(commandEvent(7, 1, 'start', argument));
    expect(world.notices()).toEqual([out]);
  });
});

describe('/tickets and its buttons', () => {
  it('lists what is open, says when nothing is, and shows nobody else\'s', async () => {
    const { world, first } = await withTwo();
    await world.receive(commandEvent(7, 4, 'tickets'), commandEvent(8, 1, 'tickets'), actionEvent(8, 'ticket:1001'));
    expect(world.notices()).toEqual(['tickets.title', 'ticket.none', 'ticket.none']);
    await world.receive(messageEvent(8, 2, 'mine'));
    expect(world.stored(first)).toEqual(['one']);
  });
});

describe('/close', () => {
  it('closes the ticket they spoke of last, and the helpdesk\'s own news of it says nothing more', async () => {
    const { world, second } = await withTwo();
    await world.receive(commandEvent(7, 4, 'close'));
    await world.ring(second);
    expect(world.notices()).toEqual(['close.done 1002']);
  });

  it('closes the only one that is open when the last one is over', async () => {
    const { world } = await withTwo();
    await world.receive(commandEvent(7, 4, 'close'), commandEvent(7, 5, 'close'), commandEvent(7, 6, 'close'));
    expect(world.notices()).toEqual(['close.done 1002', 'close.done 1001', 'ticket.none']);
  });

  it('asks which one when the last one is over and several are open', async () => {
    const { world } = await withTwo();
    await world.receive(commandEvent(7, 4, 'new'), messageEvent(7, 5, 'three'));
    await world.receive(commandEvent(7, 6, 'close'), commandEvent(7, 7, 'close'));
    expect(world.notices().slice(-2)).toEqual(['close.done 1003', 'tickets.title']);
  });
});

describe('the others', () => {
  it('/status asks the helpdesk, and knows a ticket that is gone', async () => {
    const { world, second } = await withTwo();
    await world.receive(commandEvent(7, 4, 'status'));
    world.helpdesk.remove(second);
    await world.receive(commandEvent(7, 5, 'status'), commandEvent(8, 1, 'status'));
    expect(world.notices()).toEqual(['status.line 1002 phase.new', 'status.line 1002 phase.gone', 'ticket.none']);
  });

  it('a language is one of the texts\', a button of nobody says nothing, an unknown command says so', async () => {
    const world = createWorld();
    await world.receive(commandEvent(7, 1, 'language'), actionEvent(7, 'language:kk'), actionEvent(7, 'language:xx'), actionEvent(7, 'whatever'), commandEvent(7, 2, 'dance'));
    expect(world.notices()).toEqual(['language.prompt', 'language.done', 'command.unknown']);
    expect((await world.state(conversationId(7))).locale).toBe('kk');
  });
});
