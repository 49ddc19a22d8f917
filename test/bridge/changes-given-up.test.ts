/** Answers that were given up, arrived in part or by a replay, and are changed then. */
import { describe, expect, it } from '@jest/globals';
import { BridgeError } from '../../src/core/errors.js';
import type { BuriedEntry } from '../../src/core/ports.js';
import type { CommentId, TicketId } from '../../src/core/types.js';
import { messageEvent } from '../fakes/telegram.js';
import { createDesk, type Desk } from './replay-world.js';
import type { World } from './world.js';

const refused = new BridgeError({ code: 'invalid', operation: 'sendPart', message: 'no', reason: 'rejected' });

/** An answer, of whose messages Telegram takes these many and refuses the next. */
async function withGivenUp(text: string, taken: number): Promise<{ desk: Desk; world: World; ticket: TicketId; answer: CommentId; entry: BuriedEntry }> {
  const desk = createDesk();
  const { world } = desk;
  await world.receive(messageEvent(7, 1, 'hello'));
  const ticket = world.onlyTicket();
  const answer = world.helpdesk.agentSays(ticket, text);
  world.telegram.fail(...Array.from({ length: taken }, () => undefined), refused);
  await world.ring(ticket);
  const [entry] = await world.idMap.buried();
  if (entry === undefined) throw new Error('nothing was buried');
  return { desk, world, ticket, answer, entry };
}

const shown = (world: World): readonly string[] => world.telegram.shown.filter((one) => one.kind === 'part').map((one) => one.text);
const verdicts = (world: World): readonly string[] => world.helpdesk.comments().filter((one) => one.visibility === 'internal' && one.origin === 'bridge').map((one) => one.externalId?.split(':').at(-1) ?? '');

describe('an answer that was given up and then replayed', () => {
  it('is changed in the chat when the agent edits it', async () => {
    const { desk, world, ticket, answer, entry } = await withGivenUp('come at 5', 0);
    expect(await desk.replay(entry)).toEqual({ outcome: { result: 'done' } });
    world.helpdesk.edit(answer, 'come at 6');
    await world.ring(ticket);
    await world.ring(ticket);
    expect([shown(world), world.answers()]).toEqual([['come at 6'], ['come at 5']]);
    expect(verdicts(world)).toEqual(['rejected', 'delivered']);
  });

  it('and whose edit Telegram refuses stays as it was, and the agent is told', async () => {
    const { desk, world, ticket, answer, entry } = await withGivenUp('come at 5', 0);
    await desk.replay(entry);
    world.telegram.failChange(refused);
    world.helpdesk.edit(answer, 'bad');
    await world.ring(ticket);
    expect(shown(world)).toEqual(['come at 5']);
    expect(verdicts(world)).toEqual(['rejected', 'delivered', 'not_changed']);
  });

  it('comes again when it was internal for a while', async () => {
    const { desk, world, ticket, answer, entry } = await withGivenUp('come at 5', 0);
    await desk.replay(entry);
    world.helpdesk.setVisibility(answer, 'internal');
    await world.ring(ticket);
    expect(shown(world)).toEqual([]);
    world.helpdesk.setVisibility(answer, 'public');
    await world.ring(ticket);
    await world.ring(ticket);
    expect(shown(world)).toEqual(['come at 5']);
  });
});

describe('an answer that was given up in the middle', () => {
  it('is changed where it arrived and sent where it did not, and a replay then sends nothing twice', async () => {
    const { desk, world, ticket, answer, entry } = await withGivenUp('a\nbad', 1);
    expect(shown(world)).toEqual(['a']);
    world.helpdesk.edit(answer, 'A\nB');
    await world.ring(ticket);
    await world.ring(ticket);
    expect(shown(world)).toEqual(['A', 'B']);
    expect(verdicts(world)).toEqual(['rejected', 'delivered']);
    expect(await desk.replay(entry)).toEqual({ outcome: { result: 'done' } });
    expect(shown(world)).toEqual(['A', 'B']);
    expect(verdicts(world)).toEqual(['rejected', 'delivered']);
  });
});
