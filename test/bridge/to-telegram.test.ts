import { describe, expect, it } from '@jest/globals';
import { BridgeError, type DeliveryReason } from '../../src/core/errors.js';
import { joinTexts, plainText } from '../../src/core/rich-text.js';
import type { Mapping } from '../../src/core/mapping.js';
import { mintId, type TicketId } from '../../src/core/types.js';
import { commandEvent, conversationId, messageEvent } from '../fakes/telegram.js';
import { createWorld, type World } from './world.js';

async function withTicket(world = createWorld()): Promise<{ world: World; ticket: TicketId }> {
  await world.receive(messageEvent(7, 1, 'hello'));
  return { world, ticket: world.onlyTicket() };
}

function refused(reason: DeliveryReason): BridgeError {
  return new BridgeError({ code: 'forbidden', operation: 'sendMessage', message: 'no', reason });
}

const lostReply = new BridgeError({ code: 'unavailable', operation: 'sendMessage', message: 'timeout', effect: 'unknown' });

describe('an answer on its way to Telegram', () => {
  it('arrives once, in order, whether rung for by webhook, sweep or both', async () => {
    const { world, ticket } = await withTicket();
    world.helpdesk.agentSays(ticket, 'one');
    world.helpdesk.agentSays(ticket, 'two');
    await world.ring(ticket);
    await world.ring(ticket);
    await world.runSweep();
    expect(world.answers()).toEqual(['one', 'two']);
  });

  it('arrives with no webhook at all', async () => {
    const world = createWorld();
    await world.runSweep();
    const { ticket } = await withTicket(world);
    world.helpdesk.agentSays(ticket, 'one');
    await world.runSweep();
    expect(world.answers()).toEqual(['one']);
  });

  it('never carries an internal comment, nor our own, nor an automation\'s', async () => {
    const { world, ticket } = await withTicket();
    world.helpdesk.agentSays(ticket, 'secret', { visibility: 'internal' });
    await world.ring(ticket);
    world.helpdesk.agentSays(ticket, 'public');
    await world.ring(ticket);
    expect(world.answers()).toEqual(['public']);
  });

  it('moves its cursor past what is not relayed, so that it is read once', async () => {
    const { world, ticket } = await withTicket();
    const internal = world.helpdesk.agentSays(ticket, 'secret', { visibility: 'internal' });
    await world.ring(ticket);
    expect((await world.state(conversationId(7))).tickets[0]?.cursor).toBe(internal);
  });

  it('goes on with the part that failed, not with those already sent', async () => {
    const { world, ticket } = await withTicket();
    world.telegram.fail(undefined, new BridgeError({ code: 'unavailable', operation: 'sendMessage', message: 'refused' }));
    world.helpdesk.agentSays(ticket, 'part one\npart two\npart three');
    world.helpdesk.agentSays(ticket, 'next');
    await world.ring(ticket);
    await world.clock.advance(5_000);
    expect(world.answers()).toEqual(['part one', 'part two', 'part three', 'next']);
  });

  it('is repeated at most once for a lost reply', async () => {
    const { world, ticket } = await withTicket();
    world.telegram.fail(undefined, { after: lostReply });
    world.helpdesk.agentSays(ticket, 'a\nb\nc');
    await world.ring(ticket);
    await world.clock.advance(5_000);
    expect(world.answers()).toEqual(['a', 'b', 'b', 'c']);
  });

  it('waits for messages that are being stored, and they for it: one lane', async () => {
    const { world, ticket } = await withTicket();
    world.helpdesk.fail('addComment', 'before');
    await world.receive(messageEvent(7, 2, 'two'));
    world.helpdesk.agentSays(ticket, 'answer');
    await world.ring(ticket);
    expect(world.answers()).toEqual([]);
    await world.clock.advance(2_000);
    expect([world.stored().at(-1), world.answers()]).toEqual(['two', ['answer']]);
  });

  it('that Telegram refuses for what it is becomes an internal comment and a buried entry, once, and the next goes on', async () => {
    const { world, ticket } = await withTicket();
    world.telegram.fail(refused('rejected'));
    const one = world.helpdesk.agentSays(ticket, 'one');
    world.helpdesk.agentSays(ticket, 'two');
    await world.ring(ticket);
    await world.ring(ticket);
    const verdicts = world.helpdesk.comments(ticket).filter((comment) => comment.visibility === 'internal').map((comment) => comment.content.text.text);
    expect(verdicts).toEqual(['undelivered.title\nundelivered.rejected']);
    expect(world.answers()).toEqual(['two']);
    expect(world.events).toContainEqual(expect.objectContaining({ type: 'undelivered', reason: 'rejected' }));
    expect(await world.idMap.buried()).toMatchObject([{ direction: 'to_telegram', comment: one, ticket, reason: 'rejected' }]);
  });

  it('keeps its text when its file is refused, and the agent is told', async () => {
    const { world, ticket } = await withTicket();
    const file = { kind: 'document' as const, name: 'big.iso', mediaType: 'application/octet-stream', open: () => Promise.reject(new Error('never')) };
    world.telegram.fail(undefined, new BridgeError({ code: 'invalid', operation: 'sendDocument', message: 'too big', reason: 'too_big' }));
    world.helpdesk.agentSays(ticket, '', { content: { text: plainText('see file'), attachments: [file] } });
    await world.ring(ticket);
    expect(world.answers()).toEqual(['see file', 'file.tooBigOut big.iso ? ?']);
    expect(world.helpdesk.comments(ticket).filter((one) => one.visibility === 'internal')).toHaveLength(1);
  });

  it('over the upload limit is a line from the start, and the agent is told', async () => {
    const { world, ticket } = await withTicket();
    const file = { kind: 'document' as const, name: 'big.iso', mediaType: 'application/octet-stream', sizeBytes: 60 * 2 ** 20, open: () => Promise.reject(new Error('never')) };
    world.helpdesk.agentSays(ticket, '', { content: { text: plainText('see file'), attachments: [file] } });
    await world.ring(ticket);
    expect(world.answers()).toEqual(['see file', 'file.tooBigOut big.iso 60 MB 50 MB']);
    expect(world.helpdesk.comments(ticket).filter((one) => one.visibility === 'internal')).toHaveLength(1);
  });

  it.each([{ open: 2, then: 1 }, { open: 1, then: 2 }])('is cut the same way when the rest of it goes while $then of $open tickets are open', async ({ open }) => {
    const { world, ticket } = await withTicket();
    // A line of its own, so that one part more or less shows.
    const onOwnLine: Mapping = {
      ...world.ports.mapping(),
      toContent: ({ content }, { number }, { several }) => ({ ...content, text: joinTexts([plainText(several ? `#${number}` : ''), content.text], '\n') }),
    };
    Object.assign(world.ports, { mapping: () => onOwnLine });
    const openAnother = (on: World): Promise<unknown> => on.receive(
      { ...commandEvent(7, 2, ''), kind: 'action', actionId: 'x', action: 'topic:security' }, messageEvent(7, 3, 'another'),
    );
    if (open === 2) await openAnother(world);
    world.telegram.fail(undefined, new BridgeError({ code: 'unavailable', operation: 'sendMessage', message: 'refused' }));
    world.helpdesk.agentSays(ticket, 'one\ntwo\nthree');
    await world.ring(ticket);
    // After a restart other work may come first.
    const again = createWorld({ idMap: world.idMap, clock: world.clock, helpdesk: world.helpdesk });
    Object.assign(again.ports, { mapping: () => onOwnLine });
    if (open === 1) await openAnother(again);
    for (const other of world.helpdesk.tickets().filter(({ id }) => open === 2 && id !== ticket)) {
      world.helpdesk.setPhase(other.id, 'solved');
      await again.ring(other.id);
    }
    await again.ring(ticket);
    expect([...world.answers(), ...again.answers()]).toEqual([...(open === 2 ? ['#1001'] : []), 'one', 'two', 'three']);
  });

  it('names the ticket when several are open', async () => {
    const { world, ticket } = await withTicket();
    await world.receive({ ...commandEvent(7, 4, ''), kind: 'action', actionId: 'x', action: 'topic:security' });
    await world.receive(messageEvent(7, 5, 'another'));
    world.helpdesk.agentSays(ticket, 'answer');
    await world.ring(ticket);
    expect(world.answers()).toEqual(['#1001 answer']);
  });

  it('that is poison is buried with its agent told, and the next goes on', async () => {
    const { world, ticket } = await withTicket();
    const broken = new BridgeError({ code: 'internal', operation: 'sendMessage', message: 'bug' });
    world.telegram.fail(broken, broken, broken);
    world.helpdesk.agentSays(ticket, 'one');
    world.helpdesk.agentSays(ticket, 'two');
    await world.ring(ticket);
    await world.clock.advance(10_000);
    await world.ring(ticket);
    expect(world.answers()).toEqual(['two']);
    expect(await world.idMap.buried()).toMatchObject([{ direction: 'to_telegram', code: 'internal' }]);
  });
});

describe('a change of status', () => {
  it('is told once', async () => {
    const { world, ticket } = await withTicket();
    world.helpdesk.setPhase(ticket, 'pending');
    await world.ring(ticket);
    world.helpdesk.setPhase(ticket, 'solved');
    await world.ring(ticket);
    await world.ring(ticket);
    world.helpdesk.setPhase(ticket, 'closed');
    await world.ring(ticket);
    expect(world.notices().slice(1)).toEqual(['statusChanged.pending 1001', 'statusChanged.solved 1001']);
  });

  it('comes after the answer that came with it', async () => {
    const { world, ticket } = await withTicket();
    world.helpdesk.agentSays(ticket, 'done');
    world.helpdesk.setPhase(ticket, 'solved');
    await world.ring(ticket);
    expect(world.telegram.texts().slice(1)).toEqual(['done', 'statusChanged.solved 1001']);
  });
});

describe('merged tickets', () => {
  async function twoTickets() {
    const { world, ticket: first } = await withTicket();
    await world.receive({ ...commandEvent(7, 4, ''), kind: 'action', actionId: 'x', action: 'topic:security' });
    await world.receive(messageEvent(7, 5, 'another'));
    const second = world.helpdesk.tickets()[1]?.id ?? first;
    return { world, first, second };
  }

  it('of one requester: nothing is lost or repeated, and the conversation goes on with the target', async () => {
    const { world, first, second } = await twoTickets();
    world.helpdesk.agentSays(first, 'old answer');
    await world.ring(first);
    world.helpdesk.agentSays(first, 'waiting on first');
    world.helpdesk.agentSays(second, 'waiting on second');
    world.helpdesk.merge(first, second);
    await world.ring(first);
    await world.ring(second);
    await world.receive(messageEvent(7, 9, 'thanks'));
    expect(world.answers().map((text) => text.replace(/^#\d+ /, ''))).toEqual(['old answer', 'waiting on first', 'waiting on second']);
    expect(world.stored(second).at(-1)).toBe('thanks');
  });

  it('of two requesters: each gets the next answer, neither the other\'s past', async () => {
    const { world, ticket: first } = await withTicket();
    await world.receive(messageEvent(8, 1, 'me too'));
    const second = world.helpdesk.tickets()[1]?.id ?? first;
    world.helpdesk.agentSays(second, 'only for 8');
    await world.ring(second);
    world.helpdesk.merge(first, second);
    await world.ring(first);
    world.helpdesk.agentSays(second, 'for both');
    await world.ring(second);
    expect(world.telegram.sent.filter((one) => one.kind === 'part').map((one) => [one.conversation, one.text])).toEqual([
      [conversationId(8), 'only for 8'], [conversationId(7), 'for both'], [conversationId(8), 'for both'],
    ]);
  });
});

describe('tickets that the map does not know', () => {
  it('belong to the conversation written on them; what was said before the map existed is not repeated', async () => {
    const { world: before, ticket } = await withTicket();
    before.helpdesk.agentSays(ticket, 'already relayed');
    await before.ring(ticket);
    await before.clock.advance(1_000);
    const world = createWorld({ clock: before.clock, helpdesk: before.helpdesk });
    await world.clock.advance(1_000);
    world.helpdesk.agentSays(ticket, 'new');
    await world.ring(ticket);
    await world.receive(messageEvent(7, 2, 'still there'));
    expect(world.answers()).toEqual(['new']);
    expect(world.stored(world.onlyTicket())).toEqual(['hello', 'still there']);
  });

  it('of another bot, or of nobody, are left alone and not asked for again', async () => {
    const world = createWorld();
    const foreign = mintId<TicketId>('nobody');
    await world.ring(foreign);
    await world.ring(foreign);
    expect([world.answers(), world.helpdesk.calls['getTicket']]).toEqual([[], 1]);
  });
});
