import { describe, expect, it } from '@jest/globals';
import { BridgeError } from '../../src/core/errors.js';
import { plainText, richText } from '../../src/core/rich-text.js';
import type { Attachment } from '../../src/core/types.js';
import { createMemoryIdMap } from '../../src/idmap/memory.js';
import { conversationId, editEvent, messageEvent } from '../fakes/telegram.js';
import { createWorld, type World } from './world.js';

const SETTLED_MS = 1_000;
const DAY_MS = 24 * 3_600_000;

async function withMessage(text = 'my order is 1234', world = createWorld()): Promise<World> {
  await world.receive(messageEvent(7, 1, text));
  return world;
}

/** Hands an edit in and lets it settle. */
async function edit(world: World, ...some: ReturnType<typeof editEvent>[]): Promise<boolean[]> {
  const acknowledged = await world.receive(...some);
  const all = some.map(() => false);
  await world.clock.advance(SETTLED_MS);
  return all.map((_, index) => acknowledged[index] ?? false);
}

const file = (name: string, sizeBytes: number): Attachment => ({ kind: 'photo', name, mediaType: 'image/jpeg', sizeBytes, open: () => Promise.reject(new Error('never')) });

describe('a requester\'s edit', () => {
  it('becomes one marked public comment on the ticket of its message, which shows what was there before', async () => {
    const world = await withMessage();
    await edit(world, editEvent(7, 1, 10, 'my order is 1235'));
    const last = world.helpdesk.comments().at(-1);
    expect(last).toMatchObject({ visibility: 'public', externalId: 'edit:tg:1:7:1:10' });
    expect(last?.content.text.text).toBe('message.editedWas\nmy order is 1234\nmy order is 1235');
    expect(last?.content.text.spans).toEqual([
      { type: 'quote', offset: 18, length: 16 }, { type: 'strikethrough', offset: 30, length: 4 },
    ]);
  });

  it('shows the next change against the one before, also after a restart that kept the ids only', async () => {
    const idMap = createMemoryIdMap();
    const world = await withMessage('one', createWorld({ idMap }));
    await edit(world, editEvent(7, 1, 10, 'two'));
    const again = createWorld({ idMap, helpdesk: world.helpdesk, clock: world.clock });
    await edit(again, editEvent(7, 1, 11, 'three'));
    expect(again.stored().at(-1)).toBe('message.editedWas\ntwo\nthree');
  });

  it('waits for its message, and is not overtaken by what comes after it', async () => {
    const world = createWorld();
    world.helpdesk.fail('createTicket', 'before');
    await world.receive(messageEvent(7, 1, 'one'), editEvent(7, 1, 10, 'one!'), messageEvent(7, 2, 'two'));
    await world.clock.advance(5_000);
    expect(world.stored()).toEqual(['one', 'message.editedWas\none\none!', 'two']);
  });

  it('coalesces with others of the same message that wait, and all are acknowledged', async () => {
    const world = await withMessage('a');
    const before = world.helpdesk.comments().length;
    const acknowledged = await world.receive(editEvent(7, 1, 10, 'ab'), editEvent(7, 1, 11, 'abc'), editEvent(7, 1, 12, 'abcd'));
    expect(acknowledged).toEqual([true, true, false]);
    await world.clock.advance(SETTLED_MS);
    expect(world.helpdesk.comments().length).toBe(before + 1);
    expect(world.stored().at(-1)).toBe('message.editedWas\na\nabcd');
  });

  it('settles for a moment, and no longer than until something comes behind it', async () => {
    const world = await withMessage('a');
    await world.receive(editEvent(7, 1, 10, 'b'));
    expect(world.stored()).toEqual(['a']);
    await world.receive(messageEvent(7, 2, 'next'));
    expect(world.stored()).toEqual(['a', 'message.editedWas\na\nb', 'next']);
  });

  it('does not hold up other conversations while it settles', async () => {
    const world = await withMessage('a');
    await world.receive(editEvent(7, 1, 10, 'b'), messageEvent(8, 1, 'hello'));
    expect(world.stored()).toEqual(['a', 'hello']);
  });

  it.each([
    { name: 'nothing', text: 'see example.com', spans: [] },
    { name: 'white space', text: ' see  example.com\n', spans: [] },
    { name: 'a preview of its link', text: 'see example.com', spans: [{ type: 'link', url: 'https://example.com/', offset: 4, length: 11 } as const] },
  ])('that changes $name is acknowledged and shows nothing', async ({ text, spans }) => {
    const world = await withMessage('see example.com');
    const before = world.helpdesk.comments().length;
    await edit(world, editEvent(7, 1, 10, '', { content: { text: richText(text, spans), attachments: [] } }));
    expect(world.helpdesk.comments()).toHaveLength(before);
    expect(world.bridge.stats().jobs).toBe(0);
  });

  it('that leads a link elsewhere is shown', async () => {
    const world = createWorld();
    const link = (url: string) => ({ text: richText('click here', [{ type: 'link' as const, url, offset: 6, length: 4 }]), attachments: [] });
    await world.receive(messageEvent(7, 1, '', { content: link('https://a.example') }));
    await edit(world, editEvent(7, 1, 10, '', { content: link('https://b.example') }));
    expect(world.stored()).toHaveLength(2);
  });

  it('that comes again is stored once, whatever was lost', async () => {
    for (const [idempotency, fault] of [['lookup', 'after'], ['lookup', 'late'], ['native', 'after']] as const) {
      const world = await withMessage('a', createWorld({ idempotency }));
      world.helpdesk.fail('addComment', fault);
      await edit(world, editEvent(7, 1, 10, 'b'));
      if (fault === 'late') world.helpdesk.landLate();
      await world.clock.advance(60_000);
      await edit(world, editEvent(7, 1, 10, 'b'));
      expect(world.stored()).toEqual(['a', 'message.editedWas\na\nb']);
      expect((await world.state(conversationId(7))).intents).toEqual([]);
    }
  });

  it.each(['lookup', 'native'] as const)('whose write may have happened is followed up even when a later one waits (%s)', async (idempotency) => {
    const world = await withMessage('a', createWorld({ idempotency }));
    world.helpdesk.fail('addComment', 'after');
    await edit(world, editEvent(7, 1, 10, 'b'));
    await world.receive(editEvent(7, 1, 11, 'c'));
    await world.clock.advance(60_000);
    expect(world.stored()).toEqual(['a', 'message.editedWas\na\nb', 'message.editedWas\nb\nc']);
    expect((await world.state(conversationId(7))).intents).toEqual([]);
  });

  it.each([
    { name: 'a change', known: ['a'], first: 'message.editedWas\na\nb', faults: ['late'] },
    { name: 'a change, and was refused meanwhile,', known: ['a'], first: 'message.editedWas\na\nb', faults: ['late', 'before'] },
    { name: 'the message itself', known: [], first: 'b', faults: ['late'] },
  ] as const)('whose write as $name lands after a restart is not behind the next one', async ({ known, first, faults }) => {
    const before = createWorld({ idempotency: 'native' });
    const { idMap, helpdesk, clock } = before;
    for (const text of known) await before.receive(messageEvent(7, 1, text));
    helpdesk.fail(known.length === 0 ? 'createTicket' : 'addComment', ...faults);
    await edit(before, editEvent(7, 1, 10, 'b'));
    if (faults.length > 1) await clock.advance(500);
    void before.bridge.stop();
    await clock.settle();
    const world = createWorld({ idempotency: 'native', idMap, helpdesk, clock });
    await world.receive(editEvent(7, 1, 10, 'b'), editEvent(7, 1, 11, 'c'));
    await clock.advance(60_000);
    helpdesk.landLate();
    expect(world.stored()).toEqual([...known, first, 'message.editedWas\nb\nc']);
    expect((await world.state(conversationId(7))).intents).toEqual([]);
  });

  it.each([
    { landed: editEvent(7, 1, 10, 'b'), shown: ['b', 'message.editedWas\nb\nc'] },
    { landed: editEvent(7, 1, 11, 'c'), shown: ['c'] },
  ])('that was to be its message, and landed before a restart, stands in its order: $shown', async ({ landed, shown }) => {
    const before = createWorld({ idempotency: 'lookup' });
    const { idMap, helpdesk, clock } = before;
    helpdesk.fail('createTicket', 'after');
    await edit(before, landed);
    void before.bridge.stop();
    await clock.settle();
    const world = createWorld({ idempotency: 'lookup', idMap, helpdesk, clock });
    await world.receive(editEvent(7, 1, 10, 'b'), editEvent(7, 1, 11, 'c'));
    await clock.advance(60_000);
    expect(world.stored()).toEqual(shown);
  });

  it.each(['lookup', 'native'] as const)('is shown when its message landed after it was given up (%s)', async (idempotency) => {
    const world = await withMessage('hello', createWorld({ idempotency }));
    await world.clock.advance(DAY_MS);
    world.helpdesk.fail('addComment', 'late');
    await world.receive({ ...messageEvent(7, 2, 'a'), sentAtMs: world.clock.nowMs() - DAY_MS });
    expect(await world.idMap.buried()).toHaveLength(1);
    world.helpdesk.landLate();
    await edit(world, editEvent(7, 2, 10, 'b'));
    expect(world.stored()).toEqual(['hello', 'a', 'message.editedWas\na\nb']);
    expect((await world.state(conversationId(7))).intents).toEqual([]);
  });

  it.each(['lookup', 'native'] as const)('leaves no intent when it is refused for good after a write that may have happened (%s)', async (idempotency) => {
    const world = await withMessage('a', createWorld({ idempotency }));
    const refused = new BridgeError({ code: 'invalid', operation: 'addComment', message: 'addComment' });
    world.helpdesk.fail('addComment', 'late', refused, refused, refused);
    await edit(world, editEvent(7, 1, 10, 'b'));
    await world.clock.advance(60_000);
    expect([await world.idMap.buried(), (await world.state(conversationId(7))).intents]).toMatchObject([[{ code: 'invalid' }], []]);
  });

  it('that comes after a later one of the same message says nothing: what stands last is what is true', async () => {
    const world = await withMessage('a');
    await edit(world, editEvent(7, 1, 11, 'c'));
    await edit(world, editEvent(7, 1, 10, 'b'));
    expect(world.stored()).toEqual(['a', 'message.editedWas\na\nc']);
  });

  it('of a message that was never stored is stored as that message', async () => {
    const world = createWorld();
    await edit(world, editEvent(7, 1, 10, 'from before the bridge'));
    expect(world.stored()).toEqual(['from before the bridge']);
    await edit(world, editEvent(7, 1, 11, 'changed since'));
    expect(world.stored().at(-1)).toBe('message.editedWas\nfrom before the bridge\nchanged since');
  });

  it('goes to the ticket of its message, and the next message still to the current one', async () => {
    const world = await withMessage('about one');
    const [first] = world.helpdesk.tickets();
    await world.receive({
      kind: 'action', conversation: conversationId(7), person: messageEvent(7, 2, '').person, sentAtMs: world.clock.nowMs(), actionId: 'a', action: 'topic:security',
    });
    await world.receive(messageEvent(7, 3, 'about two'));
    await edit(world, editEvent(7, 1, 10, 'about 1'));
    await world.receive(messageEvent(7, 4, 'more of two'));
    const [, second] = world.helpdesk.tickets();
    if (first === undefined || second === undefined) throw new Error('two tickets were expected');
    expect(world.stored(first.id)).toEqual(['about one', 'message.editedWas\nabout one\nabout 1']);
    expect(world.stored(second.id)).toEqual(['about two', 'more of two']);
  });

  it('on a ticket that takes no more comments opens one that follows it', async () => {
    const world = await withMessage('a');
    world.helpdesk.setPhase(world.onlyTicket(), 'closed');
    await edit(world, editEvent(7, 1, 10, 'b'));
    expect(world.helpdesk.tickets()).toHaveLength(2);
    expect(world.stored().at(-1)).toBe('message.editedWas\na\nb');
    await edit(world, editEvent(7, 1, 11, 'c'));
    await edit(world, editEvent(7, 1, 12, 'c'));
    expect(world.helpdesk.tickets()).toHaveLength(2);
    expect(world.stored()).toEqual(['a', 'message.editedWas\na\nb', 'message.editedWas\nb\nc']);
  });

  it('goes on where agents merged the ticket that follows, also into another customer\'s', async () => {
    const world = createWorld();
    await world.receive(messageEvent(7, 1, 'a'), messageEvent(8, 1, 'somebody else'));
    const [mine, other] = world.helpdesk.tickets().map(({ id }) => id);
    if (mine === undefined || other === undefined) throw new Error('expected two tickets');
    world.helpdesk.setPhase(mine, 'closed');
    await edit(world, editEvent(7, 1, 10, 'b'));
    const followUp = world.helpdesk.tickets().at(-1)?.id ?? mine;
    world.helpdesk.merge(followUp, other);
    await world.ring(followUp);
    await edit(world, editEvent(7, 1, 11, 'b'), editEvent(7, 1, 12, 'c'));
    expect(world.helpdesk.tickets()).toHaveLength(2);
    expect(world.stored(other)).toEqual(['somebody else', 'message.editedWas\na\nb', 'message.editedWas\nb\nc']);
  });

  it('brings a file that was put in the place of another, and leaves out one that was there', async () => {
    const world = createWorld();
    await world.receive(messageEvent(7, 1, '', { content: { text: plainText('bill'), attachments: [file('photo_1.jpg', 100)] } }));
    await edit(world, editEvent(7, 1, 10, '', { content: { text: plainText('bill of May'), attachments: [file('photo_1.jpg', 100)] } }));
    expect(world.helpdesk.comments().at(-1)?.content).toMatchObject({ text: { text: 'message.editedWas\nbill\nbill of May' }, attachments: [] });
    await edit(world, editEvent(7, 1, 11, '', { content: { text: plainText('bill of May'), attachments: [file('photo_1.jpg', 200)] } }));
    expect(world.helpdesk.comments().at(-1)?.content).toMatchObject({ text: { text: 'message.edited\nbill of May' }, attachments: [{ sizeBytes: 200 }] });
    await edit(world, editEvent(7, 1, 12, '', { content: { text: plainText('bill of May'), attachments: [file('photo_1.jpg', 200)] } }));
    expect(world.helpdesk.comments()).toHaveLength(3);
  });

  it('of a live location is shown every few minutes, and where it ends', async () => {
    const world = createWorld();
    const startMs = world.clock.nowMs();
    await world.receive(messageEvent(7, 1, 'at 0', { sentAtMs: startMs }));
    for (let minute = 1; minute <= 12; minute += 1) {
      await world.clock.advance(60_000);
      await edit(world, editEvent(7, 1, minute, `at ${minute}`, { ongoing: true, sentAtMs: startMs + minute * 60_000 }));
    }
    await edit(world, editEvent(7, 1, 13, 'at 12', { ongoing: false, sentAtMs: world.clock.nowMs() }));
    expect(world.stored()).toEqual(['at 0', 'message.moved\nat 5', 'message.moved\nat 10', 'message.moveEnded\nat 12']);
    expect(world.helpdesk.calls['commentsAfter']).toBeLessThan(8);
  });

  it('counts towards a flood, a live location does not', async () => {
    const world = await withMessage('a');
    for (let n = 1; n <= 200; n += 1) await world.receive(editEvent(7, 1, n, `at ${n}`, { ongoing: true, sentAtMs: world.clock.nowMs() }));
    expect(world.notices()).not.toContain('flood.slowDown');
    for (let n = 201; n <= 400; n += 1) await world.receive(editEvent(7, 1, n, `text ${n}`, { sentAtMs: world.clock.nowMs() }));
    expect(world.notices()).toContain('flood.slowDown');
  });
});
