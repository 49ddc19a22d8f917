import { describe, expect, it } from '@jest/globals';
import type { ConversationChange } from '../../src/core/conversation.js';
import { BridgeError } from '../../src/core/errors.js';
import type { ConversationSession, IdMap } from '../../src/core/ports.js';
import { mintId, type MessageId } from '../../src/core/types.js';
import { createMemoryIdMap } from '../../src/idmap/memory.js';
import { conversationId, messageEvent, reactionEvent } from '../fakes/telegram.js';
import { fakeMapping } from '../fakes/mapping.js';
import { createWorld } from './world.js';

/** A ticket with one question and one answer. */
async function answered(options: Parameters<typeof createWorld>[0] = {}) {
  const world = createWorld(options);
  await world.receive(messageEvent(7, 1, 'hello'));
  const ticket = world.onlyTicket();
  world.helpdesk.agentSays(ticket, 'It is on its way');
  await world.ring(ticket);
  const message = world.telegram.sent.find((one) => one.kind === 'part')?.message ?? mintId<MessageId>('none');
  const told = (): string[] => world.helpdesk.comments(ticket).filter((one) => one.visibility === 'internal').map((one) => one.content.text.text);
  const wait = async (ms: number): Promise<void> => {
    await world.clock.advance(ms);
    await world.runSweep();
    await world.clock.settle();
  };
  return { world, ticket, message, told, wait };
}

describe.each(['native', 'lookup'] as const)('reactions, with %s idempotency', (idempotency) => {
  it('are told once, with the message they belong to', async () => {
    const { world, message, told } = await answered({ idempotency });
    const event = reactionEvent(7, message, ['👍', ''], world.clock.nowMs());
    expect(await world.receive(event)).toEqual([true]);
    expect(told()).toEqual(['reaction.set 👍 reaction.custom\nIt is on its way']);
    expect(world.helpdesk.comments().at(-1)).toMatchObject({ origin: 'bridge', content: { text: { spans: [{ type: 'quote' }] } } });
  });

  it('on the message that opened the ticket are told too', async () => {
    const { world, told } = await answered({ idempotency });
    await world.receive(reactionEvent(7, messageEvent(7, 1, '').message, ['❤'], world.clock.nowMs()));
    expect(told()).toEqual(['reaction.set ❤\nhello']);
  });

  it('that change within minutes make one more comment, with what stands there in the end', async () => {
    const { world, message, told, wait } = await answered({ idempotency });
    for (const emoji of ['👍', '🔥', '🎉', '👎']) {
      await world.receive(reactionEvent(7, message, [emoji], world.clock.nowMs()));
      await world.clock.advance(2_000);
    }
    expect(told()).toEqual(['reaction.set 👍\nIt is on its way']);
    await wait(200_000);
    expect(told()).toEqual(['reaction.set 👍\nIt is on its way', 'reaction.set 👎\nIt is on its way']);
    await wait(600_000);
    expect(told()).toHaveLength(2);
    expect(await world.state(conversationId(7))).not.toHaveProperty('reactions');
  });

  it('that change later are told at once, a removal too', async () => {
    const { world, message, told, wait } = await answered({ idempotency });
    await world.receive(reactionEvent(7, message, ['👍'], world.clock.nowMs()));
    await wait(200_000);
    await world.receive(reactionEvent(7, message, [], world.clock.nowMs()));
    expect(told().map((text) => text.split(' ')[0])).toEqual(['reaction.set', 'reaction.removed\nIt']);
  });

  it('that come twice are told once, also when the answer of the helpdesk was lost', async () => {
    const { world, message, told, wait } = await answered({ idempotency });
    const event = reactionEvent(7, message, ['👍'], world.clock.nowMs());
    world.helpdesk.fail('addComment', 'after');
    await world.receive(event);
    await wait(120_000);
    await world.receive(event);
    await wait(200_000);
    expect(told()).toHaveLength(1);
  });

  it('wait while the helpdesk is down', async () => {
    const { world, message, told, wait } = await answered({ idempotency });
    world.helpdesk.fail('addComment', new BridgeError({ code: 'unavailable', operation: 'addComment', message: 'down' }));
    const [acknowledged] = await world.receive(reactionEvent(7, message, ['👍'], world.clock.nowMs()));
    expect({ acknowledged, told: told() }).toEqual({ acknowledged: false, told: [] });
    await wait(120_000);
    expect(told()).toHaveLength(1);
  });
});

describe('reactions that wait', () => {
  /** Everything that a map is told to keep. */
  function recording() {
    const inside = createMemoryIdMap();
    const commits: unknown[] = [];
    const idMap: IdMap = {
      ...inside,
      withConversation: (conversation, work) => inside.withConversation(conversation, (session) => work(Object.assign(Object.create(session) as ConversationSession, {
        commit: (change: ConversationChange) => { commits.push(change); return session.commit(change); },
      }))),
    };
    return { idMap, written: () => JSON.stringify(commits) };
  }

  it.each(['native', 'lookup'] as const)('are sealed, and the key under which they are told names none (%s)', async (idempotency) => {
    const { idMap, written } = recording();
    const { world, message, told, wait } = await answered({ idMap, idempotency });
    for (const emoji of ['👍', '🔥']) await world.receive(reactionEvent(7, message, [emoji], world.clock.nowMs()));
    expect(written()).toContain('"waiting"');
    await wait(200_000);
    expect(told()).toHaveLength(2);
    for (const trace of ['👍', '🔥', '1f44d', '1f525', 'd83d']) expect(written().toLowerCase()).not.toContain(trace);
  });

  it('are told without their emoji when the token is another by then, with a line in the log', async () => {
    const { world, message, told } = await answered();
    for (const emoji of ['👍', '🔥']) await world.receive(reactionEvent(7, message, [emoji], world.clock.nowMs()));
    const next = createWorld({ idMap: world.idMap, clock: world.clock, helpdesk: world.helpdesk, token: '1:another-token' });
    await world.bridge.stop();
    await world.clock.advance(200_000);
    await next.runSweep();
    await next.runSweep();
    expect(told()).toEqual(['reaction.set 👍\nIt is on its way', 'reaction.unreadable\nIt is on its way']);
    expect(next.events.filter((event) => event.type === 'log' && event.level === 'error')).toMatchObject([{ facts: { conversation: conversationId(7), message } }]);
    expect((await next.state(conversationId(7))).reactions?.some(({ waiting }) => waiting !== undefined)).not.toBe(true);
  });

  it('that an earlier version left in the open are told', async () => {
    const { world, message, told, wait } = await answered();
    const nowMs = world.clock.nowMs();
    await world.idMap.withConversation(conversationId(7), (session) => session.commit({
      reactions: [{ message, toldAtMs: nowMs, changedAtMs: nowMs, waiting: ['🎉'] }], due: [{ kind: 'reactions', atMs: nowMs }],
    }));
    await wait(200_000);
    expect(told()).toEqual(['reaction.set 🎉\nIt is on its way']);
  });
});

describe('reactions of a group that becomes a supergroup', () => {
  it.each(['native', 'lookup'] as const)('are told at once when they wait, once, and nothing of them stays in either chat (%s)', async (idempotency) => {
    const { world, message, told, wait } = await answered({ idempotency });
    for (const emoji of ['👍', '🔥']) await world.receive(reactionEvent(7, message, [emoji], world.clock.nowMs()));
    const migration = { kind: 'migration', conversation: conversationId(7), to: conversationId(8), person: messageEvent(7, 1, '').person, sentAtMs: world.clock.nowMs() } as const;
    expect(told()).toEqual(['reaction.set 👍\nIt is on its way']);
    // The helpdesk takes it, and its answer is lost: what is tried again tells it no second time.
    world.helpdesk.fail('addComment', 'after');
    await world.receive(migration);
    await wait(600_000);
    await world.receive(migration);
    expect(told()).toEqual(['reaction.set 👍\nIt is on its way', 'reaction.set 🔥\nIt is on its way']);
    const [before, after] = [await world.state(conversationId(7)), await world.state(conversationId(8))];
    expect({ old: before.reactions, due: [...before.due, ...after.due].map((work) => work.kind), moved: after.tickets.length }).toEqual({ old: undefined, due: [], moved: 1 });
  });
});

describe('reactions', () => {
  it('to what is on no ticket are nobody\'s business', async () => {
    const { world, told } = await answered();
    expect(await world.receive(reactionEvent(7, mintId<MessageId>('tg:1:7:999'), ['👍'], world.clock.nowMs()))).toEqual([true]);
    expect(told()).toEqual([]);
  });

  it('on a ticket that is gone are let go', async () => {
    const { world, ticket, message } = await answered();
    world.helpdesk.remove(ticket);
    expect(await world.receive(reactionEvent(7, message, ['👍'], world.clock.nowMs()))).toEqual([true]);
    expect(await world.idMap.buried()).toEqual([]);
  });

  it('are not told when the settings say so', async () => {
    const { world, message, told } = await answered();
    Object.assign(world.ports, { mapping: () => ({ ...fakeMapping, tellsReactions: false }) });
    await world.receive(reactionEvent(7, message, ['👍'], world.clock.nowMs()));
    expect(told()).toEqual([]);
  });
});

describe('an answer in reply to', () => {
  it('a requester\'s message becomes a Telegram reply, its first part only', async () => {
    const { world, ticket } = await answered();
    await world.receive(messageEvent(7, 2, 'and my bag?'));
    const asked = world.helpdesk.comments(ticket).find((one) => one.content.text.text === 'and my bag?');
    if (asked === undefined) throw new Error('not stored');
    const two = { text: { text: 'your bag', spans: [] }, attachments: [1, 2].map((n) => ({ kind: 'photo' as const, name: `${n}.jpg`, mediaType: 'image/jpeg', open: () => Promise.reject(new Error('never')) })) };
    world.helpdesk.agentSays(ticket, '', { inReplyTo: { comment: asked.id }, content: two });
    await world.ring(ticket);
    const parts = world.telegram.sent.filter((one) => one.kind === 'part').slice(1);
    expect(parts.length).toBeGreaterThan(1);
    expect(parts.map((one) => one.replyTo)).toEqual([messageEvent(7, 2, '').message, ...parts.slice(1).map(() => undefined)]);
  });

  it('a requester\'s message is a reply too when it is files only', async () => {
    const { world, ticket } = await answered();
    await world.receive(messageEvent(7, 2, 'how does it look?'));
    const asked = world.helpdesk.comments(ticket).at(-1);
    if (asked === undefined) throw new Error('not stored');
    const attachments = [1, 2].map((n) => ({ kind: 'photo' as const, name: `${n}.jpg`, mediaType: 'image/jpeg', open: () => Promise.reject(new Error('never')) }));
    world.helpdesk.agentSays(ticket, '', { inReplyTo: { comment: asked.id }, content: { text: { text: '', spans: [] }, attachments } });
    await world.ring(ticket);
    const album = world.telegram.sent.filter((one) => one.album !== undefined);
    expect(album.map((one) => one.replyTo)).toEqual([messageEvent(7, 2, '').message, messageEvent(7, 2, '').message]);
  });

  it('the message that opened the ticket is found by its external id', async () => {
    const { world, ticket } = await answered();
    const [opening] = world.helpdesk.comments(ticket);
    if (opening?.externalId === undefined) throw new Error('no opening');
    world.helpdesk.agentSays(ticket, 'hello to you', { inReplyTo: { comment: opening.id, externalId: opening.externalId } });
    await world.ring(ticket);
    expect(world.telegram.sent.at(-1)).toMatchObject({ text: 'hello to you', replyTo: opening.externalId });
  });

  it('another answer becomes a reply to its first message', async () => {
    const { world, ticket, message } = await answered();
    const before = world.helpdesk.comments(ticket).at(-1);
    if (before === undefined) throw new Error('no answer');
    world.helpdesk.agentSays(ticket, 'as I said', { inReplyTo: { comment: before.id } });
    await world.ring(ticket);
    expect(world.telegram.sent.at(-1)).toMatchObject({ text: 'as I said', replyTo: message });
  });

  it('what never passed through this conversation is sent without', async () => {
    const { world, ticket } = await answered();
    const opening = world.helpdesk.comments(ticket)[0]?.id ?? mintId('');
    world.helpdesk.agentSays(ticket, 'one', { inReplyTo: { comment: mintId('999') } });
    world.helpdesk.agentSays(ticket, 'two', { inReplyTo: { comment: opening, externalId: mintId<MessageId>('no id of ours') } });
    await world.ring(ticket);
    expect(world.telegram.sent.slice(-2).map(({ text, replyTo }) => [text, replyTo])).toEqual([['one', undefined], ['two', undefined]]);
  });
});
