/** A lost map, rebuilt from the helpdesk: equal to the one that was lost in what matters. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { plainText } from '../../src/core/rich-text.js';
import type { HelpdeskConnector } from '../../src/core/ports.js';
import { mintId, type ConversationId, type MessageId, type PersonId } from '../../src/core/types.js';
import { commandEvent, conversationId, messageEvent } from '../fakes/telegram.js';
import { whatMatters } from './equal-maps.js';
import { createWorld, type World } from './world.js';
import { DAY_MS, later, rebuild, startAgain } from './rebuild-world.js';

type Step = readonly [kind: 'write' | 'new' | 'answer' | 'internal' | 'solve' | 'reopen' | 'merge', chat: number, pick: number];
const steps = fc.array(fc.tuple(
  fc.constantFrom<Step[0]>('write', 'write', 'new', 'answer', 'answer', 'internal', 'solve', 'reopen', 'merge'), fc.integer({ min: 7, max: 10 }), fc.nat(50),
), { minLength: 1, maxLength: 30 });

async function play(world: World, story: readonly Step[], written: Map<number, MessageId[]>): Promise<void> {
  let serial = 0;
  const { helpdesk } = world;
  for (const [kind, chat, pick] of story) {
    await later(world, 10_000);
    serial += 1;
    const tickets = helpdesk.tickets();
    const ticket = tickets[pick % Math.max(1, tickets.length)]?.id;
    const other = tickets[(pick * 7 + 3) % Math.max(1, tickets.length)]?.id;
    const write = async (): Promise<void> => {
      const event = messageEvent(chat, serial, `text ${serial}`);
      written.set(chat, [...written.get(chat) ?? [], event.message]);
      await world.receive(event);
    };
    if (kind === 'write') await write();
    else if (kind === 'new') {
      await world.receive(commandEvent(chat, serial, 'start', 'security'));
      serial += 1;
      await write();
    } else if (ticket === undefined) continue;
    else if (kind === 'answer') helpdesk.agentSays(ticket, `answer ${serial}\nsecond part`);
    else if (kind === 'internal') helpdesk.agentSays(ticket, `internal ${serial}`, { visibility: 'internal' });
    else if (kind === 'solve') helpdesk.setPhase(ticket, 'solved');
    else if (kind === 'reopen') helpdesk.setPhase(ticket, 'open');
    else if (other !== undefined && other !== ticket) helpdesk.merge(ticket, other);
    await world.runSweep();
  }
  await later(world, 120_000);
  await world.runSweep();
}

describe('a map rebuilt from the helpdesk', () => {
  it('is equal to the lost one in what matters, and nothing is sent again', async () => {
    await fc.assert(fc.asyncProperty(steps, async (story) => {
      const world = createWorld();
      const written = new Map<number, MessageId[]>();
      await play(world, story, written);
      const { idMap } = await rebuild(world);
      for (const [chat, messages] of written) {
        const [lost, found] = await Promise.all([world.idMap, idMap].map((map) => whatMatters(map, world.helpdesk.connector, conversationId(chat), messages)));
        expect(found).toEqual(lost);
      }
      const next = await startAgain(world, idMap);
      // Merged after the rebuild: what is read again must not be sent again.
      const [first, second] = next.helpdesk.tickets();
      if (first !== undefined && second !== undefined) next.helpdesk.merge(first.id, second.id);
      for (const ticket of next.helpdesk.tickets()) await next.ring(ticket.id);
      await later(next);
      expect(next.telegram.sent).toEqual([]);
      for (const [chat, messages] of written) {
        const before = await whatMatters(idMap, next.helpdesk.connector, conversationId(chat), messages);
        await next.receive(messageEvent(chat, 900 + chat, 'the next message'));
        if (before.current !== undefined) expect(next.stored(before.current)).toContain('the next message');
      }
    }), { numRuns: Number(process.env['DESKBRIDGE_RUNS'] ?? 80) });
  }, 240_000);

  it('files no message twice that Telegram delivers again', async () => {
    const world = createWorld();
    await world.receive(messageEvent(7, 1, 'one'), messageEvent(7, 2, 'two'));
    const next = await startAgain(world, (await rebuild(world)).idMap);
    await next.receive(messageEvent(7, 1, 'one'), messageEvent(7, 2, 'two'), messageEvent(7, 3, 'three'));
    expect(next.stored(next.onlyTicket())).toEqual(['one', 'two', 'three']);
    expect(next.telegram.sent).toEqual([]);
  });

  it('knows whose ticket was merged away before they wrote a second time', async () => {
    const world = createWorld();
    await world.receive(messageEvent(7, 1, 'one'), messageEvent(8, 2, 'two'));
    const [first, second] = world.helpdesk.tickets();
    if (first === undefined || second === undefined) throw new Error('two tickets expected');
    world.helpdesk.merge(first.id, second.id);
    await world.runSweep();
    const next = await startAgain(world, (await rebuild(world)).idMap);
    await next.receive(messageEvent(7, 3, 'three'));
    expect(next.stored(next.onlyTicket())).toEqual(['one', 'two', 'three']);
    next.helpdesk.agentSays(second.id, 'to both');
    await next.runSweep();
    expect(next.telegram.sent.map((one) => [one.conversation, one.text]).sort()).toEqual([[conversationId(7), 'to both'], [conversationId(8), 'to both']]);
  });

  it('follows a ticket that went into one which the bridge did not open', async () => {
    const world = createWorld();
    await world.receive(messageEvent(7, 1, 'one'), messageEvent(8, 2, 'two'));
    const [first, second] = world.helpdesk.tickets();
    if (first === undefined || second === undefined) throw new Error('two tickets expected');
    world.helpdesk.merge(first.id, second.id);
    const listTickets: HelpdeskConnector['listTickets'] = async (after) => {
      const page = await world.helpdesk.connector.listTickets?.(after) ?? { tickets: [], more: false };
      return { ...page, tickets: page.tickets.filter((ticket) => ticket.id !== second.id) };
    };
    const next = await startAgain(world, (await rebuild(world, { connector: { listTickets } })).idMap);
    await next.receive(messageEvent(7, 3, 'three'));
    expect(next.stored(second.id)).toContain('three');
  });

  it('leaves removed tickets out', async () => {
    const world = createWorld();
    await world.receive(messageEvent(7, 1, 'one'));
    world.helpdesk.remove(world.onlyTicket());
    await world.receive(messageEvent(8, 2, 'two'));
    const { rebuilt } = await rebuild(world);
    expect(rebuilt.conversations.map((one) => one.conversation)).toEqual([conversationId(8)]);
  });

  it('takes only what this bot wrote', async () => {
    const world = createWorld();
    const { connector } = world.helpdesk;
    const person = { id: mintId<PersonId>('tg:5'), name: 'Somebody' };
    const open = async (conversation: string, externalId: string): Promise<void> => {
      await connector.createTicket({
        externalId: mintId<MessageId>(externalId), conversation: mintId<ConversationId>(conversation), person, requester: await connector.upsertRequester({ person }),
        subject: 's', tags: [], locale: 'en', content: { text: plainText('text'), attachments: [] },
      });
    };
    await open('tg:2:7', 'tg:2:7:1');
    await open('whatever a person put there', 'tg:1:9:1');
    await open('tg:11:7', 'tg:11:7:1');
    await world.receive(messageEvent(7, 1, 'one'));
    const mine = world.helpdesk.tickets().at(-1)?.id;
    const { rebuilt } = await rebuild(world);
    expect(rebuilt).toMatchObject({ tickets: 1, messages: 1, conversations: [{ conversation: conversationId(7), tickets: [mine] }] });
  });

  it('moves the tickets of a group that became a supergroup', async () => {
    const world = createWorld();
    const [group, supergroup] = [-500, -1_000_000_000_500];
    await world.receive(messageEvent(group, 1, 'one'));
    await later(world);
    await world.receive({ kind: 'migration', conversation: conversationId(group), to: conversationId(supergroup), person: messageEvent(group, 1, '').person, sentAtMs: world.clock.nowMs() });
    await later(world);
    const second = messageEvent(supergroup, 1, 'two');
    await world.receive(second);
    const { idMap, rebuilt } = await rebuild(world);
    expect(rebuilt.conversations.map((one) => one.conversation)).toEqual([conversationId(supergroup)]);
    const maps = await Promise.all([world.idMap, idMap].map((map) => whatMatters(map, world.helpdesk.connector, conversationId(supergroup), [second.message])));
    expect(maps[1]).toEqual(maps[0]);
    const next = await startAgain(world, idMap);
    next.helpdesk.agentSays(next.onlyTicket(), 'answer');
    await next.runSweep();
    expect(next.telegram.sent.map((one) => one.conversation)).toEqual([conversationId(supergroup)]);
  });

  it('gives the follow-up of an old ticket its topic again', async () => {
    const world = createWorld();
    await world.receive(messageEvent(7, 1, 'one'));
    world.helpdesk.setPhase(world.onlyTicket(), 'solved');
    await world.runSweep();
    await later(world, 8 * DAY_MS);
    const first = world.onlyTicket();
    const { idMap } = await rebuild(world);
    const next = await startAgain(world, idMap);
    await next.receive(messageEvent(7, 2, 'a week later'));
    expect(next.stored(first)).toEqual(['one']);
    expect(next.helpdesk.tickets()).toHaveLength(2);
    expect(next.notices()).toEqual(['followUp.opened 1002 1001']);
  });
});
