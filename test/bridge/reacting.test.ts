/** Reactions of agents on what requesters wrote, on their way to Telegram. */
import { describe, expect, it } from '@jest/globals';
import { BridgeError, type BridgeErrorCode, type DeliveryReason } from '../../src/core/errors.js';
import { mintId, type AlbumId, type CommentId, type FileRef, type MessageId, type TicketId } from '../../src/core/types.js';
import { editEvent, messageEvent } from '../fakes/telegram.js';
import { createWorld, type World } from './world.js';

const messageId = (chat: number, id: number): MessageId => mintId<MessageId>(`tg:1:${chat}:${id}`);
const commentWith = (world: World, text: string): CommentId => {
  const found = world.helpdesk.comments().find((one) => one.origin === 'bridge' && one.visibility === 'public' && one.content.text.text.includes(text));
  if (found === undefined) throw new Error(`no comment says ${text}`);
  return found.id;
};
const verdicts = (world: World): readonly string[] => world.helpdesk.comments().filter((one) => one.visibility === 'internal' && one.origin === 'bridge').map((one) => one.content.text.text);
const refusal = (code: BridgeErrorCode, reason?: DeliveryReason): BridgeError => new BridgeError({ code, operation: 'react', message: 'no', ...(reason && { reason }) });

async function withMessages(...texts: readonly string[]): Promise<{ world: World; ticket: TicketId }> {
  const world = createWorld();
  for (const [index, text] of texts.entries()) await world.receive(messageEvent(7, index + 1, text));
  return { world, ticket: world.onlyTicket() };
}

describe('a reaction of an agent', () => {
  it('goes on the very message, once, also the one that opened the ticket', async () => {
    const { world, ticket } = await withMessages('hello', 'thanks');
    world.helpdesk.react(commentWith(world, 'thanks'), '👍');
    await world.ring(ticket);
    await world.ring(ticket);
    world.helpdesk.react(commentWith(world, 'hello'), '🎉');
    await world.ring(ticket);
    await world.runSweep();
    expect(world.telegram.reacted).toEqual([[messageId(7, 2), '👍'], [messageId(7, 1), '🎉']]);
    expect(world.answers()).toEqual([]);
  });

  it('changes, and is taken away', async () => {
    const { world, ticket } = await withMessages('hello');
    for (const emoji of ['👍', '🎉', undefined]) {
      world.helpdesk.react(commentWith(world, 'hello'), emoji);
      await world.ring(ticket);
    }
    expect(world.telegram.reacted.map(([, emoji]) => emoji)).toEqual(['👍', '🎉', undefined]);
    expect(verdicts(world)).toEqual([]);
  });

  it('goes on the first message of an album', async () => {
    const world = createWorld();
    await world.receive(messageEvent(7, 1, 'hello'));
    const album = mintId<AlbumId>('a1');
    const files = [2, 3].map((id) => ({ kind: 'photo' as const, name: `${id}.jpg`, mediaType: 'image/jpeg', sizeBytes: 10, ref: mintId<FileRef>(`f${id}`), open: () => Promise.reject(new Error('never')) }));
    const items = files.map((file, index) => messageEvent(7, index + 2, '', { album, content: { text: messageEvent(7, 2, index === 0 ? 'both' : '').content.text, attachments: [file] } }));
    void world.receive(...items);
    await world.clock.advance(10_000);
    world.helpdesk.react(commentWith(world, 'both'), '👌');
    await world.ring(world.onlyTicket());
    expect(world.telegram.reacted).toEqual([[messageId(7, 2), '👌']]);
  });

  it('on the comment that tells of an edit goes on the message that was edited', async () => {
    const { world, ticket } = await withMessages('hello', 'come at 5');
    await world.receive(editEvent(7, 2, 1, 'come at 6'));
    await world.clock.advance(5_000);
    world.helpdesk.react(commentWith(world, 'come at 6'), '👌');
    await world.ring(ticket);
    expect(world.telegram.reacted).toEqual([[messageId(7, 2), '👌']]);
  });

  it('stays in the helpdesk on what is internal, or an agent\'s own', async () => {
    const { world, ticket } = await withMessages('hello');
    const answer = world.helpdesk.agentSays(ticket, 'an answer');
    const internal = world.helpdesk.agentSays(ticket, 'between us', { visibility: 'internal' });
    await world.ring(ticket);
    for (const one of [answer, internal]) world.helpdesk.react(one, '👍');
    // Somebody hid what the requester wrote, and then liked it.
    const opening = commentWith(world, 'hello');
    world.helpdesk.setVisibility(opening, 'internal');
    world.helpdesk.react(opening, '👍');
    await world.ring(ticket);
    expect(world.telegram.reacted).toEqual([]);
    expect(verdicts(world).filter((one) => one === 'verdict.not_reacted')).toEqual([]);
  });

  it('reaches only whose message it is, when tickets of two requesters are merged', async () => {
    const world = createWorld();
    await world.receive(messageEvent(7, 1, 'of seven'));
    const [first] = world.helpdesk.tickets();
    await world.receive(messageEvent(8, 1, 'of eight'));
    const second = world.helpdesk.tickets().find((one) => one.id !== first?.id);
    if (first === undefined || second === undefined) throw new Error('two tickets were expected');
    world.helpdesk.merge(first.id, second.id);
    world.helpdesk.react(commentWith(world, 'of seven'), '👍');
    world.helpdesk.react(commentWith(world, 'of eight'), '🎉');
    // The other requester's chat may hear first, when it does not know of the merge yet.
    await world.ring(second.id);
    expect(world.telegram.reacted).toEqual([[messageId(8, 1), '🎉']]);
    await world.ring(first.id);
    expect(world.telegram.reacted).toEqual([[messageId(8, 1), '🎉'], [messageId(7, 1), '👍']]);
    expect(verdicts(world)).toEqual([]);
  });

  it('comes after a lost reply and after a pause of Telegram, and what stands in the end is right', async () => {
    const { world, ticket } = await withMessages('hello');
    world.telegram.failChange({ after: new BridgeError({ code: 'unavailable', operation: 'react', message: 'no', effect: 'unknown' }) }, refusal('rate_limited'));
    world.helpdesk.react(commentWith(world, 'hello'), '👍');
    await world.ring(ticket);
    await world.clock.advance(600_000);
    expect(world.telegram.reacted.at(-1)).toEqual([messageId(7, 1), '👍']);
    const times = world.telegram.reacted.length;
    await world.ring(ticket);
    expect(world.telegram.reacted).toHaveLength(times);
    expect(verdicts(world)).toEqual([]);
  });

  it.each<[BridgeErrorCode, DeliveryReason | undefined]>([
    ['invalid', 'rejected'], ['not_found', undefined], ['conflict', undefined], ['unsupported', undefined], ['forbidden', 'blocked'], ['forbidden', 'not_allowed'],
  ])('is passed over when Telegram says %s %s: the agent is told once, and what comes behind it is carried on', async (code, reason) => {
    const { world, ticket } = await withMessages('hello', 'thanks');
    world.telegram.failChange(refusal(code, reason));
    world.helpdesk.react(commentWith(world, 'hello'), '👍');
    world.helpdesk.react(commentWith(world, 'thanks'), '🎉');
    await world.ring(ticket);
    await world.clock.advance(600_000);
    expect(world.telegram.reacted).toEqual([[messageId(7, 2), '🎉']]);
    expect(verdicts(world)).toEqual(['verdict.not_reacted']);
    expect(world.events.filter((event) => event.type === 'buried')).toEqual([]);
    world.telegram.failChange(refusal(code, reason), refusal(code, reason));
    world.helpdesk.react(commentWith(world, 'hello'), '🤔');
    await world.ring(ticket);
    world.helpdesk.react(commentWith(world, 'hello'));
    await world.ring(ticket);
    expect(verdicts(world)).toEqual(['verdict.not_reacted']);
  });

  it('on what no message is known of is told to the agent', async () => {
    const { world, ticket } = await withMessages('hello');
    const written = await world.helpdesk.connector.addComment(ticket, { visibility: 'public', from: 'requester', content: messageEvent(7, 9, 'by a script').content });
    world.helpdesk.react(written, '👍');
    await world.ring(ticket);
    expect(world.telegram.reacted).toEqual([]);
    expect(verdicts(world)).toEqual(['verdict.not_reacted']);
  });

  it('says nothing to the agent when only the taking back is refused', async () => {
    const { world, ticket } = await withMessages('hello');
    world.helpdesk.react(commentWith(world, 'hello'), '👍');
    await world.ring(ticket);
    world.telegram.failChange(refusal('not_found'));
    world.helpdesk.react(commentWith(world, 'hello'));
    await world.ring(ticket);
    expect(verdicts(world)).toEqual([]);
  });

  it('goes behind the answers that wait before it', async () => {
    const { world, ticket } = await withMessages('hello');
    world.telegram.fail(refusal('rate_limited'));
    world.helpdesk.agentSays(ticket, 'an answer');
    world.helpdesk.react(commentWith(world, 'hello'), '👍');
    await world.ring(ticket);
    expect([world.answers(), world.telegram.reacted]).toEqual([[], []]);
    await world.clock.advance(60_000);
    expect([world.answers(), world.telegram.reacted.length]).toEqual([['an answer'], 1]);
  });
});
