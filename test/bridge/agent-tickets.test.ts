import { describe, expect, it } from '@jest/globals';
import { BridgeError } from '../../src/core/errors.js';
import { mintId, type PersonId, type Ticket, type TicketId } from '../../src/core/types.js';
import { createVirtualClock } from '../fakes/clock.js';
import { createFakeHelpdesk } from '../fakes/helpdesk.js';
import { conversationId, messageEvent } from '../fakes/telegram.js';
import { createWorld, type World } from './world.js';

const PERSON = mintId<PersonId>('tg:7');

/** A requester whose first ticket is over. */
async function known(): Promise<World> {
  const world = createWorld();
  await world.receive(messageEvent(7, 1, 'hello'));
  const ticket = world.onlyTicket();
  world.helpdesk.setPhase(ticket, 'solved');
  await world.ring(ticket);
  return world;
}

const internal = (world: World, ticket: Parameters<World['ring']>[0]): string[] => world.helpdesk.comments(ticket)
  .filter((comment) => comment.origin === 'bridge' && comment.visibility === 'internal').map((comment) => comment.content.text.text);

describe('a ticket that an agent opens for a known requester', () => {
  it('starts in their chat with its number, once, and their answer goes to it', async () => {
    const world = await known();
    const before = world.notices().length;
    const ticket = world.helpdesk.agentOpens(PERSON, 'your order has arrived');
    await world.ring(ticket);
    await world.ring(ticket);
    await world.runSweep();
    expect(world.answers()).toEqual(['#1002 your order has arrived']);
    world.helpdesk.agentSays(ticket, 'will you fetch it?');
    await world.ring(ticket);
    expect(world.answers().slice(1)).toEqual(['will you fetch it?']);
    await world.receive(messageEvent(7, 2, 'yes'));
    expect(world.stored(ticket)).toEqual(['yes']);
    expect(world.notices()).toHaveLength(before);
  });

  it('says nothing while agents only talk among themselves, and takes no message', async () => {
    const world = await known();
    const before = world.telegram.sent.length;
    const ticket = world.helpdesk.agentOpens(PERSON, 'between us', 'internal');
    await world.ring(ticket);
    world.helpdesk.setPhase(ticket, 'pending');
    await world.ring(ticket);
    expect(world.telegram.sent).toHaveLength(before);
    await world.receive(messageEvent(7, 2, 'still broken'));
    expect(world.stored(ticket)).toEqual([]);
  });

  it('leaves the other open ticket where the requester\'s messages go, and a reply goes to its own', async () => {
    const world = createWorld();
    await world.receive(messageEvent(7, 1, 'hello'));
    const first = world.onlyTicket();
    const ticket = world.helpdesk.agentOpens(PERSON, 'something else');
    await world.ring(ticket);
    const sent = world.telegram.sent.find((one) => one.text === '#1002 something else')?.message;
    if (sent === undefined) throw new Error('nothing was sent');
    await world.receive(messageEvent(7, 2, 'more on the first'), { ...messageEvent(7, 3, 'on the second'), replyTo: sent });
    expect(world.stored(first)).toEqual(['hello', 'more on the first']);
    expect(world.stored(ticket)).toEqual(['on the second']);
  });

  it('ends as one internal comment when they never wrote to the bot, and starts when they do', async () => {
    const world = createWorld();
    const ticket = world.helpdesk.agentOpens(PERSON, 'good day');
    await world.ring(ticket);
    await world.ring(ticket);
    expect(internal(world, ticket)).toEqual(['verdict.stranger']);
    expect(world.telegram.sent).toEqual([]);
    await world.receive(messageEvent(7, 1, 'hello'));
    await world.ring(ticket);
    expect(world.answers()).toEqual(['#1001 good day']);
  });

  it('leaves no intent behind when they wrote while the word that they are a stranger was on its way', async () => {
    const world = createWorld({ idempotency: 'lookup' });
    const ticket = world.helpdesk.agentOpens(PERSON, 'good day');
    world.helpdesk.fail('addComment', 'after');
    await expect(world.bridge.ring({ ticket }, 'webhook')).rejects.toMatchObject({ code: 'unavailable' });
    expect((await world.state(conversationId(7))).intents).toHaveLength(1);
    await world.receive(messageEvent(7, 1, 'hello'));
    await world.ring(ticket);
    expect(world.answers()).toEqual(['#1001 good day']);
    expect((await world.state(conversationId(7))).intents).toEqual([]);
  });

  it('reaches nobody when it is for a group or channel, or for nobody of Telegram', async () => {
    const world = await known();
    const before = world.telegram.sent.length;
    for (const person of ['tg:-100500', 'mail:x']) await world.ring(world.helpdesk.agentOpens(mintId<PersonId>(person), 'hello'));
    expect(world.telegram.sent).toHaveLength(before);
    expect((await world.state(conversationId(7))).tickets).toHaveLength(1);
  });
});

describe('a ticket that is merged while its doorbell is answered', () => {
  /** Two requesters; a ticket is opened for the first and, as soon as anybody asked whose it is, merged into the second one's. */
  async function mergedMeanwhile(isShared: boolean): Promise<readonly string[]> {
    const clock = createVirtualClock();
    const fake = createFakeHelpdesk(() => clock.nowMs());
    const merging = new Map<TicketId, TicketId>();
    const getTicket = async (id: TicketId): Promise<Ticket> => {
      const ticket = await fake.connector.getTicket(id);
      const into = merging.get(id);
      if (into !== undefined) fake.merge(id, into);
      merging.delete(id);
      return ticket;
    };
    const world = createWorld({ clock, helpdesk: { ...fake, connector: { ...fake.connector, getTicket } } });
    await world.receive(messageEvent(7, 1, 'hello'));
    const own = world.onlyTicket();
    await world.receive(messageEvent(8, 1, 'good day'));
    const others = fake.tickets().find(({ id }) => id !== own)?.id ?? own;
    fake.agentSays(others, 'for the other one alone');
    await world.ring(others);
    if (isShared) {
      fake.merge(own, others);
      await world.ring(own);
    }
    const opened = fake.agentOpens(PERSON, 'between us', 'internal');
    merging.set(opened, others);
    await world.ring(opened);
    await world.ring(opened);
    expect(merging.size).toBe(0);
    fake.agentSays(others, 'for whom it concerns');
    await world.ring(others);
    return world.telegram.sent.filter(({ kind, conversation }) => kind === 'part' && conversation === conversationId(7)).map(({ text }) => text);
  }

  it('shows nothing of the ticket of somebody else that took it in', async () => {
    expect(await mergedMeanwhile(false)).toEqual([]);
  });

  it('shows nothing that was said there before a merge that brought them both together', async () => {
    expect(await mergedMeanwhile(true)).toEqual(['for whom it concerns']);
  });
});

it.each(['lookup', 'native'] as const)('what an agent said there is not told to another requester, whose ticket was merged into it before the bridge knew that it had opened one (%s)', async (idempotency) => {
  const world = createWorld({ idempotency });
  await world.receive(messageEvent(7, 1, 'hello'));
  const ticket = world.helpdesk.agentOpens(PERSON, 'for you alone');
  await world.ring(ticket);
  world.helpdesk.fail('createTicket', 'after');
  await world.receive(messageEvent(8, 1, 'somebody else'));
  await world.bridge.stop();
  const opened = world.helpdesk.tickets().at(-1)?.id ?? ticket;
  world.helpdesk.agentSays(opened, 'to them');
  world.helpdesk.merge(opened, ticket);
  const { idMap, helpdesk, clock } = world;
  const again = createWorld({ idempotency, idMap, helpdesk, clock });
  await again.receive(messageEvent(8, 1, 'somebody else'));
  await clock.advance(120_000);
  await again.ring(opened);
  await again.ring(ticket);
  await clock.advance(120_000);
  const told = again.telegram.sent.filter(({ kind, conversation }) => kind === 'part' && conversation === conversationId(8));
  expect(told.map(({ text }) => text)).toEqual(['to them']);
});

it('a ticket that is merged into another one of its requester while it is read is not taken for the one that is left', async () => {
  const clock = createVirtualClock();
  const helpdesk = createFakeHelpdesk(() => clock.nowMs());
  let isMerging = false;
  const merging = { ...helpdesk, connector: { ...helpdesk.connector, commentsAfter: (async (ticket, cursor) => {
    if (isMerging) helpdesk.merge(second, first);
    isMerging = false;
    return helpdesk.connector.commentsAfter(ticket, cursor);
  }) satisfies typeof helpdesk.connector.commentsAfter } };
  const world = createWorld({ clock, helpdesk: merging });
  await world.receive(messageEvent(7, 1, 'hello'));
  const first = world.onlyTicket();
  const second = helpdesk.agentOpens(PERSON, 'something else');
  await world.ring(second);
  helpdesk.agentSays(first, 'one');
  isMerging = true;
  await world.ring(second);
  await clock.advance(60_000);
  await world.ring(first);
  await clock.advance(60_000);
  const { tickets } = await world.state(conversationId(7));
  expect(tickets.map(({ ticket, mergedInto }) => [ticket, mergedInto])).toEqual([[first, undefined], [second, first]]);
  expect(world.answers().filter((text) => text.endsWith('one'))).toHaveLength(1);
});

it('answers on three tickets that are merged into one keep the order of each, when they waited for a requester who blocked the bot', async () => {
  const world = await known();
  const [first, second, third] = ['1', '2', '3'].map((text) => world.helpdesk.agentOpens(PERSON, text));
  if (first === undefined || second === undefined || third === undefined) throw new Error('no tickets');
  for (const ticket of [first, second, third]) await world.ring(ticket);
  const before = world.answers().length;
  const blocked = new BridgeError({ code: 'forbidden', operation: 'sendPart', message: 'blocked', reason: 'blocked' });
  world.telegram.refuse(conversationId(7), blocked);
  world.helpdesk.agentSays(first, 'first 1');
  await world.ring(first);
  world.telegram.refuse(conversationId(7), undefined);
  world.helpdesk.agentSays(second, 'second 1');
  await world.ring(second);
  world.helpdesk.agentSays(first, 'first 2');
  world.helpdesk.merge(third, second);
  world.helpdesk.merge(first, second);
  await world.ring(third);
  await world.clock.advance(60_000);
  await world.runSweep();
  await world.clock.advance(60_000);
  expect(world.answers().slice(before).filter((text) => text.includes('first'))).toEqual(['first 1', 'first 2'].map((text) => expect.stringContaining(text)));
  expect((await world.state(conversationId(7))).due).toEqual([]);
});
