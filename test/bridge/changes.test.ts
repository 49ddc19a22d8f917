/** What an agent edits of an answer. */
import { describe, expect, it } from '@jest/globals';
import { nextPart, partsInChat, withdrawn, type Link } from '../../src/core/conversation.js';
import { plainText } from '../../src/core/rich-text.js';
import { mintId, type CommentId, type MessageId, type TicketId } from '../../src/core/types.js';
import { conversationId, messageEvent } from '../fakes/telegram.js';
import { error, shown, verdicts, withAnswer } from './changes-world.js';
import { createWorld } from './world.js';

describe('an agent\'s edit of an answer', () => {
  it('changes the message, once', async () => {
    const { world, ticket, answer } = await withAnswer('come at 5');
    world.helpdesk.edit(answer, 'come at 6');
    await world.ring(ticket);
    await world.ring(ticket);
    await world.runSweep();
    expect(shown(world)).toEqual(['come at 6']);
    expect(world.telegram.changes).toEqual(['edit come at 6']);
    expect(world.answers()).toEqual(['come at 5']);
  });

  it('changes the parts of a long text, takes away what is too many, and sends what is new as a correction', async () => {
    const { world, ticket, answer } = await withAnswer('a\nb\nc');
    world.helpdesk.edit(answer, 'a\nB');
    await world.ring(ticket);
    expect(shown(world)).toEqual(['a', 'B']);
    world.helpdesk.edit(answer, 'a\nB\nC\nD');
    await world.ring(ticket);
    expect(shown(world)).toEqual(['a', 'B', 'answer.changed C', 'answer.changed D']);
    world.helpdesk.edit(answer, 'a\nB\nC\nE');
    await world.ring(ticket);
    expect(shown(world)).toEqual(['a', 'B', 'answer.changed C', 'answer.changed E']);
  });

  it.each(['conflict', 'not_found'] as const)('is sent as a marked correction where Telegram says %s', async (code) => {
    const { world, ticket, answer } = await withAnswer('old');
    world.telegram.failChange(error(code));
    world.helpdesk.edit(answer, 'new');
    await world.ring(ticket);
    expect(shown(world).at(-1)).toBe('answer.changed new');
    // From now on the correction is the message of this answer.
    world.helpdesk.edit(answer, 'newer');
    await world.ring(ticket);
    expect(shown(world).at(-1)).toBe('answer.changed newer');
    expect(world.answers()).toHaveLength(2);
  });

  it('is carried on with after a lost reply, and doubles nothing', async () => {
    const { world, ticket, answer } = await withAnswer('a\nb');
    world.telegram.failChange(undefined, { after: error('unavailable', { effect: 'unknown' }) });
    world.helpdesk.edit(answer, 'A\nB\nC');
    await world.ring(ticket);
    await world.clock.advance(60_000);
    expect(shown(world)).toEqual(['A', 'B', 'answer.changed C']);
  });

  it('waits behind answers that wait, and is not asked for twice', async () => {
    const { world, ticket, answer } = await withAnswer('one');
    world.helpdesk.agentSays(ticket, 'two');
    world.helpdesk.edit(answer, 'ONE');
    await world.ring(ticket);
    expect(shown(world)).toEqual(['ONE', 'two']);
    const asked = world.helpdesk.calls['changesAfter'];
    world.helpdesk.agentSays(ticket, 'three');
    await world.ring(ticket);
    expect(world.helpdesk.calls['changesAfter']).toBe(asked);
  });

  it('costs nothing where comments cannot change', async () => {
    const world = createWorld();
    const { ticket } = await withAnswer('one', world);
    await world.ring(ticket);
    expect(world.helpdesk.calls['changesAfter']).toBeUndefined();
  });

  it('keeps the number of the ticket that stood above it, whatever is open by then', async () => {
    const { world, ticket, answer } = await withAnswer('one');
    await world.receive({ kind: 'action', conversation: conversationId(7), person: messageEvent(7, 2, '').person, sentAtMs: messageEvent(7, 2, '').sentAtMs, actionId: 'a', action: 'topic:security' });
    await world.receive(messageEvent(7, 3, 'about two'));
    const named = world.helpdesk.agentSays(ticket, 'two');
    await world.ring(ticket);
    world.helpdesk.edit(answer, 'ONE');
    world.helpdesk.edit(named, 'TWO');
    await world.ring(ticket);
    expect(shown(world)).toEqual(['ONE', '#1001 TWO']);
    for (const { id } of world.helpdesk.tickets()) if (id !== ticket) world.helpdesk.setPhase(id, 'closed');
    await world.runSweep();
    world.helpdesk.edit(named, 'three');
    await world.ring(ticket);
    expect(shown(world)).toEqual(['ONE', '#1001 three']);
  });

  it('changes the caption of an album, and leaves its files', async () => {
    const { world, ticket } = await withAnswer('one');
    const files = ['a.jpg', 'b.jpg'].map((name) => ({ kind: 'photo' as const, name, mediaType: 'image/jpeg', sizeBytes: 10, open: () => Promise.reject(new Error('never')) }));
    const album = world.helpdesk.agentSays(ticket, '', { content: { text: plainText('both'), attachments: files } });
    await world.ring(ticket);
    world.helpdesk.edit(album, 'both of them');
    await world.ring(ticket);
    const parts = world.telegram.shown.filter((one) => one.kind === 'part').map((one) => [one.text, one.part?.attachment?.name]);
    expect(parts).toContainEqual(['both of them', undefined]);
    expect(parts.filter(([, name]) => name !== undefined)).toHaveLength(2);
    expect(world.answers()).toHaveLength(4);
  });

  it('reaches what was said before a group got another id, as a correction where the message itself stays behind', async () => {
    const { world, ticket, answer } = await withAnswer('one');
    await world.receive({ kind: 'migration', conversation: conversationId(7), person: messageEvent(7, 2, '').person, sentAtMs: 2, to: conversationId(-1007) });
    await world.clock.advance(1_000);
    world.telegram.failChange(error('conflict'), error('conflict'));
    world.helpdesk.edit(answer, 'ONE');
    await world.ring(ticket);
    await world.ring(ticket);
    expect(world.telegram.texts(conversationId(-1007))).toEqual(['answer.changed ONE']);
    world.helpdesk.edit(answer, 'one again');
    await world.ring(ticket);
    expect(shown(world)).toEqual(['one', 'answer.changed one again']);
  });

  it('that came before the answer was sent shows the text of now only', async () => {
    const world = createWorld();
    await world.receive(messageEvent(7, 1, 'hello'));
    const ticket = world.onlyTicket();
    world.helpdesk.edit(world.helpdesk.agentSays(ticket, 'first'), 'second');
    await world.ring(ticket);
    expect([shown(world), world.answers()]).toEqual([['second'], ['second']]);
  });

  it('of a new answer does not bring it before its turn', async () => {
    const { world, ticket, answer } = await withAnswer('one');
    world.helpdesk.edit(answer, 'ONE');
    world.telegram.pace = () => world.clock.sleep(10_000);
    world.helpdesk.agentSays(ticket, 'two');
    await world.ring(ticket);
    world.helpdesk.agentSays(ticket, 'three');
    world.helpdesk.edit(world.helpdesk.agentSays(ticket, 'for'), 'four');
    await world.ring(ticket);
    await world.clock.advance(120_000);
    expect(shown(world)).toEqual(['ONE', 'two', 'three', 'four']);
  });

  it('that Telegram refuses for what it is is told to the agent once, and the next change goes on', async () => {
    const { world, ticket, answer } = await withAnswer('one');
    const other = world.helpdesk.agentSays(ticket, 'two');
    await world.ring(ticket);
    world.telegram.failChange(error('invalid', { reason: 'rejected' }));
    world.helpdesk.edit(answer, 'bad');
    world.helpdesk.edit(other, 'TWO');
    await world.ring(ticket);
    await world.ring(ticket);
    expect(shown(world)).toEqual(['one', 'TWO']);
    expect(verdicts(world)).toEqual(['verdict.not_changed']);
  });

  it('of one that was refused is sent, and the agent is told', async () => {
    const world = createWorld();
    world.telegram.fail(error('invalid', { reason: 'rejected' }));
    const { ticket, answer } = await withAnswer('too much', world);
    world.helpdesk.edit(answer, 'less');
    await world.ring(ticket);
    expect(shown(world)).toEqual(['less']);
    expect(verdicts(world).at(-1)).toBe('verdict.delivered 2');
  });

  it('waits for a requester who blocked the bot, and reaches them when they are back', async () => {
    const { world, ticket, answer } = await withAnswer('one');
    world.telegram.refuse(conversationId(7), error('forbidden', { reason: 'blocked' }));
    world.helpdesk.edit(answer, 'two');
    await world.ring(ticket);
    await world.ring(ticket);
    expect(verdicts(world)).toEqual(['verdict.not_changed']);
    world.telegram.refuse(conversationId(7), undefined);
    await world.receive({ kind: 'membership', conversation: conversationId(7), person: messageEvent(7, 1, '').person, sentAtMs: 5, reachable: true });
    expect(shown(world)).toEqual(['two']);
    expect((await world.state(conversationId(7))).tickets[0]?.changesWait).toBeUndefined();
  });
});

describe('what is in the chat of an answer', () => {
  const link = (part: number, message?: number): Link => ({
    ticket: mintId<TicketId>('t'), comment: mintId<CommentId>('c'), part, ...(message !== undefined && { message: mintId<MessageId>(String(message)) }),
  });
  it.each([
    { name: 'what was sent', links: [link(0, 1), link(1, 2)], now: [[0, '1'], [1, '2']], next: 10_000 },
    { name: 'not what was withdrawn', links: [link(0, 1), link(1, 2), link(withdrawn(0))], now: [[1, '2']], next: 10_000 },
    { name: 'what was sent anew', links: [link(0, 1), link(1, 2), link(10_000, 3)], now: [[0, '3'], [1, '2']], next: 20_000 },
    { name: 'nothing of what was sent anew and withdrawn', links: [link(0, 1), link(withdrawn(0)), link(10_000, 3), link(withdrawn(10_000))], now: [], next: 20_000 },
    { name: 'nothing of what was given up', links: [{ ...link(-1), undelivered: 'rejected' as const }], now: [], next: 10_000 },
  ])('is $name', ({ links, now, next }) => {
    expect([...partsInChat(links)].map(([place, { message }]) => [place, message])).toEqual(now);
    expect(nextPart(links, 0)).toBe(next);
  });
});
