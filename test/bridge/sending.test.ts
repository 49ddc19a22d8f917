/** One message at a time is on its way to Telegram without a record of it, over all conversations. */
import { describe, expect, it } from '@jest/globals';
import { BridgeError } from '../../src/core/errors.js';
import type { ConversationSession, IdMap } from '../../src/core/ports.js';
import { plainText } from '../../src/core/rich-text.js';
import type { ConversationId, TicketId } from '../../src/core/types.js';
import { createMemoryIdMap } from '../../src/idmap/memory.js';
import { commandEvent, conversationId, messageEvent } from '../fakes/telegram.js';
import { createWorld, type World } from './world.js';

const MOMENT_MS = 900;
const ALONE_MS = 1_000;
const CROWDED_MS = 5_000;
const BESIDE_MAX = 10;

const never = (): Promise<never> => new Promise(() => undefined);

/** Chats 1 to `count`, each with a ticket and its receipt. */
async function openTickets(world: World, count: number): Promise<readonly TicketId[]> {
  for (let chat = 1; chat <= count; chat += 1) await world.receive(messageEvent(chat, 1, `question ${chat}`));
  return world.helpdesk.tickets().map((ticket) => ticket.id);
}

async function answerAll(world: World, tickets: readonly TicketId[], text = 'answer'): Promise<void> {
  for (const ticket of tickets) world.helpdesk.agentSays(ticket, `${text} on ${ticket}`);
  for (const ticket of tickets) await world.ring(ticket);
}

/** A map that outlives the processes that use it: the end of one gives its conversations free, and nothing of it is written any more. */
function createLife(inside: IdMap): { readonly idMap: IdMap; end(): void } {
  let end = (): void => undefined;
  let over = false;
  const ended = new Promise<never>((_, reject) => { end = () => { over = true; reject(new Error('killed')); }; });
  ended.catch(() => undefined);
  const withConversation = <T>(conversation: ConversationId, work: (session: ConversationSession) => Promise<T>): Promise<T> => (
    over ? never() : inside.withConversation(conversation, (session) => Promise.race([work(session), ended])));
  return { idMap: { ...inside, withConversation }, end: () => end() };
}

describe('a message on its way', () => {
  it.each([
    ['while Telegram has not answered', 'answer'],
    ['while its record is not on disk', 'record'],
  ])('is alone %s, so that a kill repeats one', async (_when, held) => {
    const disk = createMemoryIdMap();
    const life = createLife(disk);
    let slow = false;
    const idMap: IdMap = { ...life.idMap, withConversation: (conversation, work) => life.idMap.withConversation(conversation, (session) => work(Object.assign(Object.create(session) as ConversationSession, {
      commit: async (change: Parameters<ConversationSession['commit']>[0]) => {
        if (slow && held === 'record' && (change.links ?? []).length > 0) await never();
        return session.commit(change);
      },
    }))) };
    const world = createWorld({ idMap });
    const tickets = await openTickets(world, 5);
    slow = true;
    if (held === 'answer') world.telegram.answer = never;
    await answerAll(world, tickets);
    await world.clock.advance(MOMENT_MS);
    expect(world.answers()).toHaveLength(1);

    life.end();
    const next = createWorld({ idMap: disk, clock: world.clock, helpdesk: world.helpdesk });
    for (const ticket of tickets) await next.ring(ticket);
    const all = [...world.answers(), ...next.answers()];
    expect(new Set(all).size).toBe(tickets.length);
    expect(all).toHaveLength(tickets.length + 1);
  });

  it('keeps a notice of another chat waiting, and the answer to a command', async () => {
    const world = createWorld();
    const [ticket] = await openTickets(world, 1);
    const notices = world.notices().length;
    world.telegram.answer = never;
    await answerAll(world, ticket === undefined ? [] : [ticket]);
    await world.receive(messageEvent(2, 1, 'hello'), commandEvent(3, 1, 'help'));
    await world.clock.advance(MOMENT_MS);
    expect(world.notices()).toHaveLength(notices);
    await world.clock.advance(2 * ALONE_MS);
    expect(world.notices()).toHaveLength(notices + 2);
  });

  it('is passed by others when it takes long, up to ten at a time', async () => {
    const world = createWorld();
    const tickets = await openTickets(world, BESIDE_MAX + 3);
    const finish: (() => void)[] = [];
    world.telegram.answer = () => new Promise((resolve) => { finish.push(resolve); });
    await answerAll(world, tickets);
    expect(world.answers()).toHaveLength(1);
    await world.clock.advance(ALONE_MS);
    expect(world.answers()).toHaveLength(2);
    await world.clock.advance(BESIDE_MAX * 2 * ALONE_MS);
    expect(world.answers()).toHaveLength(BESIDE_MAX);
    finish[3]?.();
    await world.clock.settle();
    expect(world.answers()).toHaveLength(BESIDE_MAX + 1);
  });

  it('holds up nobody by one large file, and the others are one at a time again', async () => {
    const world = createWorld();
    const tickets = await openTickets(world, 4);
    const answers: (() => void)[] = [];
    world.telegram.answer = (conversation) => (conversation === conversationId(1) ? never() : new Promise((resolve) => { answers.push(resolve); }));
    await answerAll(world, tickets);
    await world.clock.advance(ALONE_MS);
    expect(world.answers()).toHaveLength(2);
    for (const [place, count] of [3, 4].entries()) {
      answers[place]?.();
      await world.clock.settle();
      expect(world.answers()).toHaveLength(count);
    }
  });

  it('goes beside others in a backlog of some seconds, and is alone again after it', async () => {
    const world = createWorld();
    const tickets = await openTickets(world, 60);
    let [now, most] = [0, 0];
    world.telegram.answer = async () => {
      now += 1;
      most = Math.max(most, now);
      await world.clock.sleep(200);
      now -= 1;
    };
    await answerAll(world, tickets);
    await world.clock.advance(CROWDED_MS - 1);
    expect(most).toBe(1);
    await world.clock.advance(5_000);
    expect(world.answers()).toHaveLength(tickets.length);
    expect(most).toBeGreaterThan(1);
    expect(most).toBeLessThanOrEqual(BESIDE_MAX);

    most = 0;
    await answerAll(world, tickets.slice(0, 10), 'another');
    await world.clock.advance(CROWDED_MS - 1);
    expect(most).toBe(1);
    expect(world.answers()).toHaveLength(tickets.length + 10);
  });

  it('keeps the order of its chat beside others', async () => {
    const world = createWorld();
    const tickets = await openTickets(world, 3);
    world.telegram.answer = () => world.clock.sleep(300);
    for (const ticket of tickets) for (const text of ['one', 'two', 'three']) world.helpdesk.agentSays(ticket, `${text} on ${ticket}`);
    for (const ticket of tickets) await world.ring(ticket);
    await world.clock.advance(60_000);
    for (const [index, ticket] of tickets.entries()) {
      const of = world.telegram.sent.filter((one) => one.kind === 'part' && one.conversation === conversationId(index + 1)).map(({ text }) => text);
      expect(of).toEqual(['one', 'two', 'three'].map((text) => `${text} on ${ticket}`));
    }
  });

  it('does not go when another process took over while it waited for the pace, be it an answer, a notice or the reply to a command', async () => {
    const inside = createMemoryIdMap();
    const lost = new BridgeError({ code: 'unavailable', operation: 'lockFolder', message: 'taken over' });
    let isLost = false;
    const world = createWorld({ idMap: { ...inside, checkHeld: () => (isLost ? Promise.reject(lost) : inside.checkHeld()) } });
    const tickets = await openTickets(world, 1);
    const before = world.telegram.sent.length;
    world.telegram.pace = () => world.clock.sleep(10_000);
    await answerAll(world, tickets);
    await world.receive(messageEvent(2, 1, 'hello'), commandEvent(3, 1, 'help'));
    isLost = true;
    await world.clock.advance(120_000);
    expect(world.telegram.sent).toHaveLength(before);
    isLost = false;
    await world.clock.advance(120_000);
    expect(world.telegram.sent).toHaveLength(before + 3);
  });

  it('waits for the pace of its chat outside', async () => {
    const world = createWorld();
    const tickets = await openTickets(world, 3);
    world.telegram.pace = async (conversation) => { if (conversation === conversationId(1)) await world.clock.sleep(30_000); };
    await answerAll(world, tickets);
    expect(world.answers()).toHaveLength(2);
    await world.clock.advance(30_000);
    expect(world.answers()).toHaveLength(3);
  });
});

describe('an answer that waits for Telegram\'s pace', () => {
  const TAKEN_BACK: readonly (readonly [string, (world: World, comment: ReturnType<World['helpdesk']['agentSays']>) => void])[] = [
    ['made internal', (world, comment) => world.helpdesk.setVisibility(comment, 'internal')],
    ['deleted', (world, comment) => world.helpdesk.erase(comment)],
  ];

  it.each(TAKEN_BACK)('does not go when it was %s meanwhile, and what is behind it does', async (_what, takeBack) => {
    const world = createWorld();
    const [ticket] = await openTickets(world, 1);
    if (ticket === undefined) throw new Error('no ticket');
    world.telegram.pace = () => world.clock.sleep(40_000);
    const comment = world.helpdesk.agentSays(ticket, 'not for you');
    world.helpdesk.agentSays(ticket, 'for you');
    await world.ring(ticket);
    await world.clock.advance(20_000);
    takeBack(world, comment);
    await world.clock.advance(120_000);
    expect(world.answers()).toEqual(['for you']);
    await world.runSweep();
    await world.clock.advance(120_000);
    expect(world.answers()).toEqual(['for you']);
    expect(world.events.filter(({ type }) => type === 'buried')).toEqual([]);
  });

  it('is not given up for being taken back after an outage of Telegram', async () => {
    const world = createWorld();
    const [ticket] = await openTickets(world, 1);
    if (ticket === undefined) throw new Error('no ticket');
    const down = new BridgeError({ code: 'unavailable', operation: 'sendPart', message: 'down' });
    world.telegram.fail(down, down, down);
    const comment = world.helpdesk.agentSays(ticket, 'not for you');
    await world.ring(ticket);
    await world.clock.advance(1_000);
    world.telegram.pace = () => world.clock.sleep(40_000);
    await world.clock.advance(20_000);
    world.helpdesk.setVisibility(comment, 'internal');
    await world.clock.advance(120_000);
    expect(world.answers()).toEqual([]);
    expect(world.events.filter(({ type }) => type === 'buried')).toEqual([]);
    expect(world.helpdesk.comments(ticket).filter(({ visibility, origin }) => visibility === 'internal' && origin === 'bridge')).toEqual([]);
  });

  it('does not send the rest of an album, or of an answer, that was taken back', async () => {
    const world = createWorld();
    const [ticket] = await openTickets(world, 1);
    if (ticket === undefined) throw new Error('no ticket');
    const file = { kind: 'document', name: 'a.txt', mediaType: 'text/plain', open: never } as const;
    const comment = world.helpdesk.agentSays(ticket, '', { content: { text: plainText('one'), attachments: [file, file] } });
    world.telegram.pace = () => world.clock.sleep(5_000);
    await world.ring(ticket);
    await world.clock.advance(6_000);
    expect(world.answers()).toEqual(['one']);
    world.helpdesk.setVisibility(comment, 'internal');
    await world.clock.advance(120_000);
    expect(world.answers()).toEqual(['one']);
  });

  it('is read again only when the last look is old', async () => {
    const world = createWorld();
    const [ticket] = await openTickets(world, 1);
    if (ticket === undefined) throw new Error('no ticket');
    const readingsOf = async (waitMs: number): Promise<number> => {
      world.telegram.pace = () => world.clock.sleep(waitMs);
      const before = world.helpdesk.calls['commentsAfter'] ?? 0;
      world.helpdesk.agentSays(ticket, `after ${waitMs}`);
      await world.ring(ticket);
      await world.clock.advance(waitMs + 1_000);
      expect(world.answers().at(-1)).toBe(`after ${waitMs}`);
      return (world.helpdesk.calls['commentsAfter'] ?? 0) - before;
    };
    expect(await readingsOf(1_000)).toBe(1);
    expect(await readingsOf(3_000)).toBe(2);
  });

  it('waits for a helpdesk that cannot be read at that moment', async () => {
    const world = createWorld();
    const [ticket] = await openTickets(world, 1);
    if (ticket === undefined) throw new Error('no ticket');
    world.telegram.pace = () => world.clock.sleep(3_000);
    await answerAll(world, [ticket]);
    world.helpdesk.fail('commentsAfter', new BridgeError({ code: 'rate_limited', operation: 'commentsAfter', message: 'slow down', retryAfterMs: 5_000 }));
    await world.clock.advance(3_000);
    expect(world.answers()).toEqual([]);
    await world.clock.advance(60_000);
    expect(world.answers()).toEqual([`answer on ${ticket}`]);
  });
});
