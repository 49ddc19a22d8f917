/** What agents take back, and what they make public, or others' by a merge. */
import { describe, expect, it } from '@jest/globals';
import { mintId, type CommentId, type PersonId } from '../../src/core/types.js';
import { createMemoryIdMap } from '../../src/idmap/memory.js';
import { conversationId, messageEvent } from '../fakes/telegram.js';
import { error, shown, verdicts, withAnswer } from './changes-world.js';
import { createWorld, type World } from './world.js';

describe('an answer that is taken back', () => {
  it.each(['deleted', 'internal'] as const)('because it is %s now leaves the chat', async (how) => {
    const { world, ticket, answer } = await withAnswer('secret a\nsecret b');
    if (how === 'deleted') world.helpdesk.erase(answer);
    else world.helpdesk.setVisibility(answer, 'internal');
    await world.ring(ticket);
    await world.ring(ticket);
    expect(shown(world)).toEqual([]);
    expect(world.telegram.changes).toEqual(['withdraw', 'withdraw']);
  });

  it('says so where it is too old to be deleted', async () => {
    const { world, ticket, answer } = await withAnswer('secret');
    world.telegram.age();
    world.helpdesk.setVisibility(answer, 'internal');
    await world.ring(ticket);
    expect(shown(world)).toEqual(['answer.withdrawn']);
  });

  it('shows nothing of what it became meanwhile', async () => {
    const { world, ticket, answer } = await withAnswer('one');
    world.helpdesk.edit(answer, 'internal details');
    world.helpdesk.setVisibility(answer, 'internal');
    await world.ring(ticket);
    expect(shown(world)).toEqual([]);
    expect(JSON.stringify([world.telegram.sent, world.telegram.changes])).not.toContain('internal details');
  });

  it('comes again when it is public again', async () => {
    const { world, ticket, answer } = await withAnswer('a\nb');
    world.helpdesk.setVisibility(answer, 'internal');
    await world.ring(ticket);
    world.helpdesk.setVisibility(answer, 'public');
    await world.ring(ticket);
    expect(shown(world)).toEqual(['a', 'b']);
    world.helpdesk.setVisibility(answer, 'internal');
    await world.ring(ticket);
    world.helpdesk.setVisibility(answer, 'public');
    await world.ring(ticket);
    await world.ring(ticket);
    expect(shown(world)).toEqual(['a', 'b']);
    expect(world.answers()).toHaveLength(6);
  });

  it('that stays in the chat is told to the agent', async () => {
    const { world, ticket, answer } = await withAnswer('one');
    world.telegram.failChange(error('conflict'));
    world.helpdesk.erase(answer);
    await world.ring(ticket);
    await world.ring(ticket);
    expect(verdicts(world)).toEqual(['verdict.not_withdrawn']);
  });

  it('goes although the process ended in the middle', async () => {
    const idMap = createMemoryIdMap();
    const { world, ticket, answer } = await withAnswer('a\nb', createWorld({ idMap }));
    world.telegram.failChange({ after: error('unavailable', { effect: 'unknown' }) }, error('unavailable'), error('unavailable'));
    world.helpdesk.erase(answer);
    await world.ring(ticket);
    void world.bridge.stop();
    await world.clock.settle();
    const again = createWorld({ idMap, helpdesk: world.helpdesk, clock: world.clock });
    again.telegram.shown.push(...world.telegram.shown);
    await again.ring(ticket);
    expect(shown(again)).toEqual([]);
  });
});

describe('an internal comment', () => {
  it('is sent when it is made public, and changed from then on', async () => {
    const { world, ticket } = await withAnswer('one');
    const note = world.helpdesk.agentSays(ticket, 'note', { visibility: 'internal' });
    await world.ring(ticket);
    world.helpdesk.setVisibility(note, 'public');
    await world.ring(ticket);
    expect(shown(world)).toEqual(['one', 'note']);
    world.helpdesk.edit(note, 'NOTE');
    await world.ring(ticket);
    expect(shown(world)).toEqual(['one', 'NOTE']);
  });

  it('is never sent for being changed', async () => {
    const { world, ticket } = await withAnswer('one');
    const note = world.helpdesk.agentSays(ticket, 'note', { visibility: 'internal' });
    await world.ring(ticket);
    world.helpdesk.edit(note, 'another note');
    await world.ring(ticket);
    expect(world.answers()).toEqual(['one']);
    expect(verdicts(world)).toEqual([]);
  });

  it('of a ticket that belongs to several requesters is not sent to either when it is made public: nobody knows to whom it was said', async () => {
    const world = createWorld();
    await world.receive(messageEvent(7, 1, 'mine'), messageEvent(8, 1, 'another\'s'));
    const [first, second] = world.helpdesk.tickets();
    if (first === undefined || second === undefined) throw new Error('two tickets were expected');
    const note = world.helpdesk.agentSays(second.id, 'about the other', { visibility: 'internal' });
    await world.ring(second.id);
    world.helpdesk.merge(first.id, second.id);
    await world.ring(first.id);
    world.helpdesk.setVisibility(note, 'public');
    await world.ring(second.id);
    expect(world.telegram.texts(conversationId(7))).not.toContain('about the other');
    expect(verdicts(world)).toContain('verdict.not_changed');
  });
});

describe('what was said on the ticket of somebody else before this requester\'s was merged into it', () => {
  it.each([
    { name: 'edited before the merge', said: 'public', act: (world: World, comment: CommentId) => world.helpdesk.edit(comment, 'only for them'), first: true },
    { name: 'edited after it', said: 'public', act: (world: World, comment: CommentId) => world.helpdesk.edit(comment, 'only for them'), first: false },
    { name: 'made public after it', said: 'internal', act: (world: World, comment: CommentId) => world.helpdesk.setVisibility(comment, 'public'), first: false },
  ] as const)('is never sent for being $name', async ({ said, act, first }) => {
    const { world, ticket } = await withAnswer('one');
    const others = world.helpdesk.agentOpens(mintId<PersonId>('mail:somebody'), 'about them');
    const comment = world.helpdesk.agentSays(others, 'for them', { visibility: said });
    if (first) act(world, comment);
    await world.clock.advance(60_000);
    world.helpdesk.merge(ticket, others);
    await world.ring(ticket);
    if (!first) act(world, comment);
    await world.ring(others);
    world.helpdesk.agentSays(others, 'for both');
    await world.ring(others);
    expect(shown(world)).toEqual(['one', 'for both']);
  });
});
