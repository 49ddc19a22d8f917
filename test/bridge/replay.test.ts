/** Buried work tried again: through the ports, with a clock that stands still. */
import { Readable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { createBridge } from '../../src/bridge/bridge.js';
import type { ReplayOutcome } from '../../src/bridge/replay.js';
import { BridgeError, type BridgeErrorCode } from '../../src/core/errors.js';
import type { BuriedEntry, IdMap } from '../../src/core/ports.js';
import type { MessageReader } from '../../src/core/reading-again.js';
import { plainText } from '../../src/core/rich-text.js';
import { mintId, type AlbumId, type CommentId, type FileRef, type MessageEvent, type MessageId, type TicketId } from '../../src/core/types.js';
import { commandEvent, conversationId, messageEvent } from '../fakes/telegram.js';
import { createWorld, type World } from './world.js';

const HOUR_MS = 3_600_000;

interface Desk {
  readonly world: World;
  /** What Telegram still has, by the message's id; an error is thrown. */
  readonly past: Map<MessageId, MessageEvent | BridgeError>;
  readonly reads: MessageId[];
  /** Starts a replay; resolves when everything happened that needs no time. */
  replay(entry: BuriedEntry): Promise<{ outcome?: ReplayOutcome }>;
  stop(): Promise<void>;
}

function refusal(code: BridgeErrorCode, operation = 'addComment'): BridgeError {
  return new BridgeError({ code, operation, message: `${operation}: ${code}` });
}

function createDesk(world = createWorld()): Desk {
  const past = new Map<MessageId, MessageEvent | BridgeError>();
  const reads: MessageId[] = [];
  const reader: MessageReader = {
    async readAgain(message) {
      reads.push(message);
      const event = past.get(message) ?? refusal('not_found', 'readAgain');
      if (event instanceof BridgeError) throw event;
      return event;
    },
  };
  const bridge = createBridge(world.ports, { isOurs: () => true, random: () => 0.5, reader });
  return {
    world, past, reads,
    async replay(entry) {
      const box: { outcome?: ReplayOutcome } = {};
      void bridge.replay(entry).then((outcome) => { box.outcome = outcome; });
      await world.clock.settle();
      return box;
    },
    stop: () => bridge.stop(),
  };
}

/** A ticket, and a message after it that the helpdesk refused for good. */
async function withBuried(desk = createDesk()): Promise<{ desk: Desk; entry: BuriedEntry; ticket: TicketId; event: MessageEvent }> {
  const { world } = desk;
  await world.receive(messageEvent(7, 1, 'hello'));
  const event = messageEvent(7, 2, 'poison');
  world.helpdesk.fail('addComment', refusal('invalid'), refusal('invalid'), refusal('invalid'));
  await world.receive(event);
  await world.clock.advance(10_000);
  const [entry] = await world.idMap.buried();
  if (entry === undefined) throw new Error('nothing was buried');
  desk.past.set(event.message, event);
  return { desk, entry, ticket: world.onlyTicket(), event };
}

const noticesOf = (world: World, key: string): readonly string[] => world.notices().filter((text) => text.split(' ')[0] === key);

/** The process dies when a link is on disk: nothing more is written. */
function dyingAfterLink(idMap: IdMap): IdMap {
  let dead = false;
  const alive = async <T>(work: () => Promise<T>): Promise<T> => (dead ? Promise.reject(new BridgeError({ code: 'unavailable', operation: 'idMap', message: 'dead' })) : work());
  return {
    ...idMap,
    bury: (entry) => alive(() => idMap.bury(entry)),
    unbury: (id) => alive(() => idMap.unbury(id)),
    withConversation: (conversation, work) => alive(() => idMap.withConversation(conversation, (session) => work({
      get state() { return session.state; },
      linkOfMessage: (message) => alive(() => session.linkOfMessage(message)),
      linksOfComment: (ticket, comment) => alive(() => session.linksOfComment(ticket, comment)),
      commit: (change) => alive(async () => {
        await session.commit(change);
        dead = (change.links ?? []).length > 0;
      }),
    }))),
  };
}

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

  it('is not stored again when it was stored meanwhile: not even read', async () => {
    const { desk, entry, ticket, event } = await withBuried();
    await desk.world.receive(event);
    expect(desk.world.stored(ticket)).toEqual(['hello', 'poison']);
    expect(await desk.replay(entry)).toMatchObject({ outcome: { result: 'done' } });
    expect([desk.world.stored(ticket), desk.reads, await desk.world.idMap.buried(), noticesOf(desk.world, 'message.filed')]).toEqual([['hello', 'poison'], [], [], []]);
  });

  describe('whose sender could not be told yet', () => {
    const down = new BridgeError({ code: 'unavailable', operation: 'sendNotice', message: 'down' });
    const told = (world: World): readonly string[] => world.notices().filter((text) => /^message\.(?:notFiled|filed)\b/u.test(text));

    /** Messages 2, and 3 when `count` is two, were refused while Telegram took no notice. */
    async function withUntold(count: number): Promise<{ readonly desk: Desk; readonly entries: readonly BuriedEntry[] }> {
      const desk = createDesk();
      const { world } = desk;
      await world.receive(messageEvent(7, 1, 'hello'));
      world.telegram.refuse(conversationId(7), down);
      for (const number of [2, 3].slice(0, count)) {
        const event = messageEvent(7, number, `poison ${number}`);
        desk.past.set(event.message, event);
        world.helpdesk.fail('addComment', refusal('invalid'), refusal('invalid'), refusal('invalid'));
        await world.receive(event);
        await world.clock.advance(10_000);
      }
      return { desk, entries: await world.idMap.buried() };
    }

    async function whenTelegramIsBack({ world }: Desk): Promise<readonly string[]> {
      world.telegram.refuse(conversationId(7), undefined);
      await world.clock.advance(HOUR_MS);
      await world.runSweep();
      return told(world);
    }

    it('is not asked for once more when it was filed first', async () => {
      const { desk, entries: [entry] } = await withUntold(1);
      expect([await desk.replay(entry as BuriedEntry), told(desk.world)]).toEqual([{ outcome: { result: 'done' } }, []]);
      expect(await whenTelegramIsBack(desk)).toEqual(['message.filed 1001']);
    });

    it('nor when it was found to be filed already', async () => {
      const { desk, entries: [entry] } = await withUntold(1);
      await desk.world.receive(messageEvent(7, 2, 'poison 2'));
      expect(await desk.replay(entry as BuriedEntry)).toMatchObject({ outcome: { result: 'done' } });
      expect(await whenTelegramIsBack(desk)).toEqual([]);
    });

    it('and is asked for, once, while another one of theirs is still buried', async () => {
      const { desk, entries: [entry] } = await withUntold(2);
      expect(await desk.replay(entry as BuriedEntry)).toMatchObject({ outcome: { result: 'done' } });
      expect(await whenTelegramIsBack(desk)).toEqual(['message.notFiled 1001', 'message.filed 1001']);
    });

    it('nor when both were filed, nor for the sake of an older one of which they heard', async () => {
      const { desk, entries: [first, second] } = await withUntold(2);
      await desk.world.idMap.bury({ ...first as BuriedEntry, id: 'older', buriedAtMs: 5 });
      await desk.replay(second as BuriedEntry);
      await desk.replay(first as BuriedEntry);
      expect(await whenTelegramIsBack(desk)).toEqual(['message.filed 1001']);
    });
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

  it('of somebody who blocked the bot since does not make them reachable', async () => {
    const { desk, entry, event } = await withBuried();
    const { world } = desk;
    await world.idMap.withConversation(event.conversation, (session) => session.commit({ unreachable: true }));
    await desk.replay(entry);
    expect(await world.state(event.conversation)).toMatchObject({ unreachable: true });
  });

  it('does not overtake what is before it in its lane', async () => {
    const { desk, entry, ticket } = await withBuried();
    const { world } = desk;
    const bridge = createBridge(world.ports, { isOurs: () => true, random: () => 0.5, reader: { readAgain: async () => messageEvent(7, 2, 'poison') } });
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

describe('what is not a message', () => {
  it('a command that was buried is for its sender to repeat', async () => {
    const world = createWorld();
    const broken = createBridge({ ...world.ports, journey: { ...world.ports.journey, performCommand: () => Promise.reject(refusal('invalid', 'performCommand')) } },
      { isOurs: () => true, random: () => 0.5 });
    void broken.handle(commandEvent(7, 9, 'close'));
    await world.clock.advance(10_000);
    const [entry] = await world.idMap.buried();
    expect(entry).toEqual(expect.objectContaining({ id: 'to_helpdesk:tg:1:7:command:tg:1:7:9', operation: 'performCommand' }));
    expect(entry).not.toHaveProperty('message');
    const desk = createDesk(world);
    expect(await desk.replay(entry as BuriedEntry)).toMatchObject({ outcome: { result: 'kept', code: 'unsupported', operation: 'replay' } });
    expect([desk.reads, (await world.idMap.buried()).length]).toEqual([[], 1]);
  });

  it('a whole ticket is rung for, and forgotten when it is up to date', async () => {
    const world = createWorld();
    await world.receive(messageEvent(7, 1, 'hello'));
    const ticket = world.onlyTicket();
    const entry: BuriedEntry = {
      id: `to_telegram:tg:1:7:ticket:${ticket}`, direction: 'to_telegram', conversation: conversationId(7), ticket, code: 'internal', operation: 'getTicket', buriedAtMs: 5,
    };
    await world.idMap.bury(entry);
    const desk = createDesk(world);
    world.helpdesk.agentSays(ticket, 'answer');
    const broken = refusal('invalid', 'getTicket');
    world.helpdesk.fail('getTicket', broken, broken, broken);
    const failed = await desk.replay(entry);
    await world.clock.advance(10_000);
    expect(failed).toMatchObject({ outcome: { result: 'kept', code: 'invalid', operation: 'getTicket' } });
    const [again] = await world.idMap.buried();
    expect(again?.id).toBe(entry.id);
    expect(await desk.replay(again as BuriedEntry)).toEqual({ outcome: { result: 'done' } });
    expect([world.answers(), await world.idMap.buried()]).toEqual([['answer'], []]);
  });
});

describe('an answer that Telegram refused', () => {
  const rejected = new BridgeError({ code: 'invalid', operation: 'sendMessage', message: 'no', reason: 'rejected' });

  /** An answer of two parts of which the second was refused, and one after it that arrived. */
  async function withRefused(): Promise<{ desk: Desk; entry: BuriedEntry; ticket: TicketId }> {
    const desk = createDesk();
    const { world } = desk;
    await world.receive(messageEvent(7, 1, 'hello'));
    const ticket = world.onlyTicket();
    world.helpdesk.agentSays(ticket, 'first part\nsecond part');
    world.telegram.fail(undefined, rejected);
    await world.ring(ticket);
    world.helpdesk.agentSays(ticket, 'another');
    await world.ring(ticket);
    expect(world.answers()).toEqual(['first part', 'another']);
    const [entry] = await world.idMap.buried();
    if (entry === undefined) throw new Error('nothing was buried');
    return { desk, entry, ticket };
  }
  const verdicts = (world: World, key: string): number => world.helpdesk.comments()
    .filter((one) => one.visibility === 'internal' && one.content.text.text.includes(key)).length;

  it('has only its missing part sent, once; the agent hears that it arrived, and the cursor stays where it was', async () => {
    const { desk, entry, ticket } = await withRefused();
    const { world } = desk;
    expect(entry).toMatchObject({ direction: 'to_telegram', reason: 'rejected', ticket });
    expect(await desk.replay(entry)).toEqual({ outcome: { result: 'done' } });
    expect([world.answers(), await world.idMap.buried(), verdicts(world, 'verdict.delivered')]).toEqual([['first part', 'another', 'second part'], [], 1]);
    await desk.replay(entry);
    await world.ring(ticket);
    await world.runSweep();
    expect([world.answers(), verdicts(world, 'verdict.delivered')]).toEqual([['first part', 'another', 'second part'], 1]);
  });

  it('refused again keeps its entry, with the new reason, at the first try', async () => {
    const { desk, entry } = await withRefused();
    desk.world.telegram.fail(new BridgeError({ code: 'forbidden', operation: 'sendMessage', message: 'blocked', reason: 'blocked' }));
    expect(await desk.replay(entry)).toEqual({ outcome: { result: 'kept', code: 'forbidden', operation: 'sendMessage', detail: 'blocked' } });
    expect([await desk.world.idMap.buried(), desk.world.answers().length]).toEqual([[{ ...entry, code: 'forbidden', operation: 'sendMessage', reason: 'blocked' }], 2]);
    expect((await desk.replay(entry)).outcome).toEqual({ result: 'done' });
  });

  it('that meets an outage is tried again, and is sent once', async () => {
    const { desk, entry } = await withRefused();
    desk.world.telegram.fail(new BridgeError({ code: 'unavailable', operation: 'sendMessage', message: 'down' }));
    const box = await desk.replay(entry);
    expect(box).toEqual({});
    await desk.world.clock.advance(5_000);
    expect([box.outcome, desk.world.answers()]).toEqual([{ result: 'done' }, ['first part', 'another', 'second part']]);
  });

  it('and is gone from the ticket by now keeps its entry; the reason of before is none any more', async () => {
    const { desk, entry } = await withRefused();
    const gone = { ...entry, id: `${entry.id}0`, comment: mintId<CommentId>('999') };
    await desk.world.idMap.bury(gone);
    expect(await desk.replay(gone)).toMatchObject({ outcome: { result: 'kept', code: 'not_found' } });
    const now = (await desk.world.idMap.buried()).find((one) => one.id === gone.id);
    expect(now).toMatchObject({ code: 'not_found', buriedAtMs: entry.buriedAtMs });
    expect(now?.reason).toBeUndefined();
  });
});

describe('an album that was buried', () => {
  const albumOf = (numbers: readonly number[]): MessageEvent[] => numbers.map((number) => messageEvent(7, number, '', {
    album: mintId<AlbumId>('g1'),
    content: { text: plainText(number === 2 ? 'caption' : ''), attachments: [{ kind: 'photo', name: `${number}.jpg`, mediaType: 'image/jpeg', sizeBytes: 5, ref: mintId<FileRef>(`f${number}`), open: async () => Readable.from([]) }] },
  }));

  async function withBuriedAlbum(telegramFails?: BridgeError): Promise<{ desk: Desk; entry: BuriedEntry; items: readonly MessageEvent[] }> {
    const desk = createDesk();
    const { world } = desk;
    await world.receive(messageEvent(7, 1, 'hello'));
    world.telegram.refuse(conversationId(7), telegramFails);
    const items = albumOf([2, 3, 4]);
    world.helpdesk.fail('addComment', refusal('invalid'), refusal('invalid'), refusal('invalid'));
    await world.receive(...items);
    await world.clock.advance(10_000);
    const [entry] = await world.idMap.buried();
    if (entry === undefined) throw new Error('nothing was buried');
    return { desk, entry, items: items.map(({ album: _album, ...event }) => event) };
  }

  const last = (world: World) => world.helpdesk.comments(world.onlyTicket()).at(-1);

  it('is filed as one comment with all its files, and each message is known again', async () => {
    const { desk, entry, items } = await withBuriedAlbum();
    for (const event of items) desk.past.set(event.message, event);
    expect(await desk.replay(entry)).toEqual({ outcome: { result: 'done' } });
    expect(last(desk.world)?.content.attachments.map(({ name }) => name)).toEqual(['2.jpg', '3.jpg', '4.jpg']);
    expect(last(desk.world)?.content.text.text).toMatch(/^message\.filedLate .*\ncaption$/u);
    expect(await desk.world.idMap.buried()).toEqual([]);
    const links = await desk.world.idMap.withConversation(conversationId(7), (session) => Promise.all(items.map(({ message }) => session.linkOfMessage(message))));
    expect(links.map((link) => link?.part)).toEqual([0, 1, 2]);
  });

  it('is not asked for once more when it is filed before its sender was told', async () => {
    const down = new BridgeError({ code: 'unavailable', operation: 'sendNotice', message: 'down' });
    const { desk, entry, items } = await withBuriedAlbum(down);
    for (const event of items) desk.past.set(event.message, event);
    expect(await desk.replay(entry)).toEqual({ outcome: { result: 'done' } });
    desk.world.telegram.refuse(conversationId(7), undefined);
    await desk.world.clock.advance(HOUR_MS);
    await desk.world.runSweep();
    expect([noticesOf(desk.world, 'message.notFiled'), noticesOf(desk.world, 'message.filed').length]).toEqual([[], 1]);
  });

  it('is filed without what Telegram has no more, and says so', async () => {
    const { desk, entry, items } = await withBuriedAlbum();
    for (const event of items.slice(1)) desk.past.set(event.message, event);
    expect(await desk.replay(entry)).toEqual({ outcome: { result: 'done' } });
    expect(last(desk.world)?.content.attachments.map(({ name }) => name)).toEqual(['3.jpg', '4.jpg']);
    expect(last(desk.world)?.content.text.text).toMatch(/\nalbum\.incomplete 1$/u);
    expect(last(desk.world)?.externalId).toBe(items[0]?.message);
  });

  it('keeps its entry when Telegram has none of it', async () => {
    const { desk, entry } = await withBuriedAlbum();
    expect(await desk.replay(entry)).toMatchObject({ outcome: { result: 'kept', code: 'not_found', operation: 'readAgain' } });
    expect(await desk.world.idMap.buried()).toEqual([entry]);
    expect(desk.reads).toHaveLength(3);
  });
});
