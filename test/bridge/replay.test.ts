/** Buried messages tried again: through the ports, with a clock that stands still. */
import { describe, expect, it } from '@jest/globals';
import { createBridge } from '../../src/bridge/bridge.js';
import { BridgeError } from '../../src/core/errors.js';
import type { BuriedEntry } from '../../src/core/ports.js';
import { plainText } from '../../src/core/rich-text.js';
import { mintId, type MessageId } from '../../src/core/types.js';
import { editEvent, messageEvent } from '../fakes/telegram.js';
import { createWorld } from './world.js';
import { createDesk, dyingAfterLink, HOUR_MS, noticesOf, refusal, withBuried } from './replay-world.js';

describe('a buried message', () => {
  it('is filed once, marked as late; its sender is told once, and the entry is gone', async () => {
    const { desk, entry, ticket } = await withBuried();
    const { world } = desk;
    await world.clock.advance(3 * HOUR_MS);
    expect(await desk.replay(entry)).toEqual({ outcome: { result: 'done' } });
    expect(world.stored(ticket)).toEqual(['hello', expect.stringMatching(/^message\.filedLate January 1, 2026.*\npoison$/)]);
    expect(noticesOf(world, 'message.filed')).toEqual(['message.filed 1001']);
    expect(await world.idMap.buried()).toEqual([]);
  });

  it('opens a ticket when it was the first one, named after what was written', async () => {
    const desk = createDesk();
    const { world } = desk;
    const event = messageEvent(8, 1, 'my printer burns');
    const refuse = refusal('invalid', 'createTicket');
    world.helpdesk.fail('createTicket', refuse, refuse, refuse);
    await world.receive(event);
    await world.clock.advance(10_000);
    // Read again, it does not tell the language of the app any more: that is remembered.
    const { languageTag: _tag, ...person } = event.person;
    desk.past.set(event.message, { ...event, person });
    const [entry] = await world.idMap.buried();
    expect(await desk.replay(entry as BuriedEntry)).toMatchObject({ outcome: { result: 'done' } });
    expect(await world.state(event.conversation)).toMatchObject({ languageTag: 'en' });
    expect(world.helpdesk.tickets()).toMatchObject([{ subject: 'my printer burns', externalId: event.message, conversation: event.conversation }]);
    // The receipt says all of it.
    expect([noticesOf(world, 'message.filed'), noticesOf(world, 'receipt')].map((all) => all.length)).toEqual([0, 1]);
  });

  it('goes to the conversation of its entry: the id of a message does not tell its topic', async () => {
    const { desk, entry, event } = await withBuried();
    const topic = mintId<typeof event.conversation>(`${event.conversation}/5`);
    expect(await desk.replay({ ...entry, conversation: topic })).toMatchObject({ outcome: { result: 'done' } });
    expect(desk.world.helpdesk.tickets().map((ticket) => ticket.conversation)).toEqual([event.conversation, topic]);
  });

  it('is not stored again when it was stored meanwhile, of which its sender heard then: not even read', async () => {
    const { desk, entry, ticket, event } = await withBuried();
    await desk.world.receive(event);
    expect(desk.world.stored(ticket)).toEqual(['hello', 'poison']);
    expect(await desk.replay(entry)).toMatchObject({ outcome: { result: 'done' } });
    expect([desk.world.stored(ticket), desk.reads, await desk.world.idMap.buried(), noticesOf(desk.world, 'message.filed')]).toEqual([['hello', 'poison'], [], [], ['message.filed 1001']]);
  });

  it('lands once when the reply is lost, and is read once', async () => {
    const { desk, entry, ticket } = await withBuried();
    desk.world.helpdesk.fail('addComment', 'after');
    await desk.replay(entry);
    await desk.world.clock.advance(20_000);
    expect([desk.world.stored(ticket).length, desk.reads.length, await desk.world.idMap.buried()]).toEqual([2, 1, []]);
    expect(noticesOf(desk.world, 'message.filed')).toHaveLength(1);
  });

  it('lands once when the program is killed after the write, and again asked for', async () => {
    const { desk, entry, ticket } = await withBuried();
    const { world } = desk;
    world.helpdesk.fail('addComment', 'late');
    await desk.replay(entry);
    const next = createDesk(createWorld({ idMap: world.idMap, clock: world.clock, helpdesk: world.helpdesk }));
    next.past.set(entry.message as MessageId, messageEvent(7, 2, 'poison'));
    world.helpdesk.landLate();
    const box = await next.replay(entry);
    await world.clock.advance(40_000);
    expect(box).toEqual({ outcome: { result: 'done' } });
    expect(world.stored(ticket)).toHaveLength(2);
  });

  it('tells its sender once, also when the program is killed right after the link is on disk', async () => {
    const { desk, entry, ticket } = await withBuried();
    const { world } = desk;
    const dying = createDesk(createWorld({ idMap: dyingAfterLink(world.idMap), clock: world.clock, helpdesk: world.helpdesk }));
    dying.past.set(entry.message as MessageId, messageEvent(7, 2, 'poison'));
    void dying.replay(entry);
    await world.clock.advance(5_000);
    expect([world.stored(ticket).length, dying.world.notices(), (await world.idMap.buried()).length]).toEqual([2, [], 1]);
    const next = createDesk(createWorld({ idMap: world.idMap, clock: world.clock, helpdesk: world.helpdesk }));
    expect(await next.replay(entry)).toEqual({ outcome: { result: 'done' } });
    await next.world.runSweep();
    expect([world.stored(ticket).length, noticesOf(next.world, 'message.filed'), next.reads]).toEqual([2, ['message.filed 1001'], []]);
  });

  it('that is kept leaves no word behind for the next message', async () => {
    const { desk, entry } = await withBuried();
    desk.world.helpdesk.fail('addComment', refusal('invalid'));
    expect(await desk.replay(entry)).toMatchObject({ outcome: { result: 'kept' } });
    await desk.world.receive(messageEvent(7, 3, 'next'));
    expect(noticesOf(desk.world, 'message.filed')).toEqual([]);
  });

  it.each(['message', 'change'] as const)('of somebody who blocked the bot since (a %s) does not make them reachable, nor try the answers that wait for them', async (what) => {
    const { desk, entry: ofMessage, event, ticket } = await withBuried();
    const { world } = desk;
    world.helpdesk.fail('addComment', refusal('invalid'), refusal('invalid'), refusal('invalid'));
    await world.receive(editEvent(7, 1, 10, 'hello!'));
    await world.clock.advance(10_000);
    desk.past.set(messageEvent(7, 1, '').message, messageEvent(7, 1, 'hello!'));
    const entry = what === 'message' ? ofMessage : (await world.idMap.buried()).find(({ id }) => id !== ofMessage.id);
    world.telegram.refuse(event.conversation, new BridgeError({ code: 'forbidden', operation: 'sendMessage', message: 'no', reason: 'blocked' }));
    world.helpdesk.agentSays(ticket, 'answer');
    await world.ring(ticket);
    expect(await desk.replay(entry as BuriedEntry)).toEqual({ outcome: { result: 'done' } });
    const { unreachable, due } = await world.state(event.conversation);
    expect([unreachable, due.filter(({ kind }) => kind === 'catch_up')]).toEqual([true, []]);
  });

  it('does not overtake what is before it in its lane', async () => {
    const { desk, entry, ticket } = await withBuried();
    const { world } = desk;
    const bridge = createBridge(world.ports, { isOurs: () => true, random: () => 0.5, reader: { readAgain: async () => ({ ...messageEvent(7, 2, 'poison'), readAtMs: 0 }) } });
    world.helpdesk.fail('addComment', 'before');
    void bridge.handle(messageEvent(7, 3, 'before it'));
    void bridge.replay(entry);
    await world.clock.advance(10_000);
    expect(world.stored(ticket)).toEqual(['hello', 'before it', expect.stringMatching(/poison$/)]);
  });

  it.each(['invalid', 'forbidden'] as const)('that the helpdesk refuses again (%s) keeps its entry, with the new reason, at the first try', async (code) => {
    const { desk, entry, ticket } = await withBuried();
    const { world } = desk;
    const before = world.helpdesk.calls['addComment'] ?? 0;
    world.helpdesk.fail('addComment', refusal(code, 'somethingElse'));
    const box = await desk.replay(entry);
    expect(world.helpdesk.calls['addComment']).toBe(before + 1);
    expect(box).toEqual({ outcome: { result: 'kept', code, operation: 'somethingElse', detail: `somethingElse: ${code}` } });
    expect(await world.idMap.buried()).toEqual([{ ...entry, code, operation: 'somethingElse' }]);
    expect(noticesOf(world, 'message.filed')).toEqual([]);
    expect(world.stored(ticket)).toEqual(['hello']);
  });

  it('opens another ticket when its own takes no more comments, as it would have at first', async () => {
    const { desk, entry, ticket } = await withBuried();
    desk.world.helpdesk.setPhase(ticket, 'closed');
    expect(await desk.replay(entry)).toEqual({ outcome: { result: 'done' } });
    expect(desk.world.helpdesk.tickets()).toHaveLength(2);
  });

  it.each(['unsupported', 'not_found', 'forbidden'] as const)('that cannot be read again (%s) keeps its entry as it was', async (code) => {
    const { desk, entry, event } = await withBuried();
    desk.past.set(event.message, refusal(code, 'forwardMessage'));
    expect(await desk.replay(entry)).toMatchObject({ outcome: { result: 'kept', code, operation: 'readAgain' } });
    expect([await desk.world.idMap.buried(), desk.reads.length, desk.world.helpdesk.calls['addComment']]).toEqual([[entry], 1, 3]);
  });

  it('meeting an outage waits for a minute, then lets its lane go', async () => {
    const { desk, entry, ticket } = await withBuried();
    const { world } = desk;
    world.helpdesk.fail('addComment', ...Array.from({ length: 100 }, () => 'before' as const));
    const box = await desk.replay(entry);
    await world.clock.advance(30_000);
    expect(box).toEqual({});
    await world.clock.advance(40_000);
    expect([box.outcome, (await world.idMap.buried()).length]).toMatchObject([{ result: 'kept', code: 'unavailable' }, 1]);
    expect(world.stored(ticket)).toEqual(['hello']);
  });

  it('is left for the next start when the bridge stops', async () => {
    const { desk, entry } = await withBuried();
    desk.world.helpdesk.fail('addComment', ...Array.from({ length: 100 }, () => 'before' as const));
    const box = await desk.replay(entry);
    await desk.stop();
    await desk.world.clock.settle();
    expect([box.outcome, await desk.world.idMap.buried()]).toEqual([{ result: 'stopped' }, [entry]]);
  });

  it('that was passed on carries an old time: then the time of burying stands for it', async () => {
    const { desk, entry, ticket, event } = await withBuried();
    desk.past.set(event.message, { ...event, sentAtMs: Date.UTC(2019, 4, 1) });
    await desk.replay(entry);
    expect(desk.world.stored(ticket).at(-1)).toMatch(/January 1, 2026/);
  });

  it('brings its files, and tells of one that is too large', async () => {
    const { desk, entry, ticket, event } = await withBuried();
    const file = { kind: 'document', name: 'big.bin', mediaType: 'application/octet-stream', sizeBytes: 30 * 2 ** 20 } as const;
    desk.past.set(event.message, { ...event, content: { text: plainText('see file'), attachments: [file] } });
    await desk.replay(entry);
    expect(desk.world.stored(ticket).at(-1)).toMatch(/see file\nfile\.tooBigComment big\.bin/);
    expect([noticesOf(desk.world, 'file.tooBigIn').length, noticesOf(desk.world, 'message.filed').length]).toEqual([1, 1]);
  });
});
