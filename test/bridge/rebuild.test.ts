/** A lost map, rebuilt from the helpdesk: equal to the one that was lost in what matters. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { findMissing, rebuildMap, type Rebuilt } from '../../src/bridge/rebuild.js';
import { BridgeError } from '../../src/core/errors.js';
import { plainText } from '../../src/core/rich-text.js';
import type { HelpdeskConnector, IdMap } from '../../src/core/ports.js';
import { mintId, type ConversationId, type MessageId, type PersonId, type TicketId } from '../../src/core/types.js';
import { createMemoryIdMap } from '../../src/idmap/memory.js';
import { createOrigins } from '../../src/telegram/origins.js';
import { fakeMapping } from '../fakes/mapping.js';
import { commandEvent, conversationId, messageEvent } from '../fakes/telegram.js';
import { whatMatters } from './equal-maps.js';
import { createWorld, type World } from './world.js';

const BLOCKED = new BridgeError({ code: 'forbidden', operation: 'sendPart', message: 'blocked', reason: 'blocked' });
const DAY_MS = 86_400_000;

async function rebuild(world: World, options: { readonly sinceMs?: number; readonly connector?: Partial<HelpdeskConnector> } = {}): Promise<{ readonly idMap: IdMap; readonly rebuilt: Rebuilt }> {
  const startedAtMs = world.clock.nowMs();
  const idMap = createMemoryIdMap({ bornAtMs: startedAtMs });
  const rebuilt = await rebuildMap({ connector: { ...world.helpdesk.connector, ...options.connector }, idMap, mapping: fakeMapping }, {
    origins: createOrigins('1'), startedAtMs, progress: () => undefined, ...(options.sinceMs !== undefined && { sinceMs: options.sinceMs }),
  });
  expect(await findMissing(idMap, rebuilt.conversations)).toEqual([]);
  return { idMap, rebuilt };
}

/** The bridge as it starts with a rebuilt map: same helpdesk, same customers. */
async function startAgain(world: World, idMap: IdMap): Promise<World> {
  const next = createWorld({ idMap, clock: world.clock, helpdesk: world.helpdesk });
  await next.runSweep();
  await next.clock.settle();
  return next;
}

async function later(world: World, byMs = 60_000): Promise<void> {
  await world.clock.advance(byMs);
}

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
