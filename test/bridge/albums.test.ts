/** Albums: what was sent together is one comment, whatever happens in between; and what agents send together goes out together. */
import { Readable } from 'node:stream';
import { text as readText } from 'node:stream/consumers';
import { describe, expect, it } from '@jest/globals';
import type { ConversationChange, KeptMessage } from '../../src/core/conversation.js';
import { BridgeError } from '../../src/core/errors.js';
import type { IdMap } from '../../src/core/ports.js';
import { plainText, richText } from '../../src/core/rich-text.js';
import { mintId, type AlbumId, type Attachment, type Comment, type FileRef, type MessageEvent, type MessageId, type PersonId } from '../../src/core/types.js';
import { createMemoryIdMap } from '../../src/idmap/memory.js';
import { createVirtualClock } from '../fakes/clock.js';
import { createFakeHelpdesk } from '../fakes/helpdesk.js';
import { commandEvent, conversationId, messageEvent } from '../fakes/telegram.js';
import { createWorld, type World } from './world.js';

const idempotencies = ['native', 'lookup'] as const;
const CHAT = conversationId(7);

function item(id: number, { caption = '', album = 'g1', ...more }: { readonly caption?: string; readonly album?: string } & Partial<Attachment> = {}): MessageEvent {
  const ref = mintId<FileRef>(`secret file id ${id}`);
  const file: Attachment = { kind: 'photo', name: `${id}.jpg`, mediaType: 'image/jpeg', sizeBytes: 100, ref, open: () => Promise.reject(new Error('opened by the reference')), ...more };
  return messageEvent(7, id, '', { album: mintId<AlbumId>(album), content: { text: plainText(caption), attachments: [file] } });
}

const items = (first: number, last: number, album = 'g1'): MessageEvent[] => Array.from({ length: last - first + 1 }, (_, index) => item(first + index, { album }));
const message = (id: number): MessageId => mintId<MessageId>(`tg:1:7:${id}`);
const fromRequester = (world: World): readonly Comment[] => world.helpdesk.comments().filter((one) => one.origin === 'bridge' && one.visibility === 'public');
const namesOf = (world: World): readonly (readonly string[])[] => fromRequester(world).map((comment) => comment.content.attachments.map(({ name }) => name));
const numbers = (first: number, last: number): readonly string[] => Array.from({ length: last - first + 1 }, (_, index) => `${first + index}.jpg`);

describe('an album on its way to the helpdesk', () => {
  it.each(idempotencies)('is acknowledged item by item and becomes one comment a second after the last (%s)', async (idempotency) => {
    const world = createWorld({ idempotency });
    await world.receive(messageEvent(7, 1, 'hello'));
    for (const event of items(2, 5)) {
      expect(await world.receive(event)).toEqual([true]);
      await world.clock.advance(900);
    }
    expect(namesOf(world)).toEqual([[]]);
    await world.clock.advance(200);
    expect(namesOf(world)).toEqual([[], numbers(2, 5)]);
    expect((await world.state(CHAT)).due).toEqual([]);
  });

  it('keeps the caption with its marks, on whichever item it stands', async () => {
    const world = createWorld();
    const marked = item(2);
    const text = richText('see this', [{ type: 'bold', offset: 4, length: 4 }]);
    await world.receive(item(1), { ...marked, content: { ...marked.content, text } }, item(3, { caption: 'and that' }));
    await world.clock.advance(1_100);
    expect(fromRequester(world).map((comment) => comment.content.text)).toEqual([{ text: 'see this\nand that', spans: [{ type: 'bold', offset: 4, length: 4 }] }]);
  });

  it('opens the ticket when it comes first, and all its files open by what was kept', async () => {
    const world = createWorld();
    await world.receive(...items(1, 3));
    await world.clock.advance(1_100);
    const [comment] = fromRequester(world);
    expect(world.helpdesk.tickets()).toHaveLength(1);
    expect(await Promise.all(comment?.content.attachments.map(async (file) => readText(await (file.open?.() ?? Readable.from([])))) ?? [])).toEqual(['secret file id 1', 'secret file id 2', 'secret file id 3']);
    expect(world.notices()).toEqual(['receipt 1001 answer.within.hours 4']);
  });

  it('goes at once when ten are there, and the next ten are another album', async () => {
    const world = createWorld();
    await world.receive(...items(1, 10), ...items(11, 14, 'g2'));
    expect(namesOf(world)).toEqual([numbers(1, 10)]);
    await world.clock.advance(1_100);
    expect(namesOf(world)).toEqual([numbers(1, 10), numbers(11, 14)]);
  });

  it('stands where it was sent: after what was written before, before what was written after', async () => {
    const world = createWorld();
    await world.receive(messageEvent(7, 1, 'before'), ...items(2, 4), messageEvent(7, 5, 'after'), ...items(6, 7, 'g2'), ...items(8, 9, 'g3'));
    await world.clock.advance(1_100);
    expect(fromRequester(world).map((comment) => comment.content.text.text || comment.content.attachments.map(({ name }) => name).join(' '))).toEqual([
      'before', '2.jpg 3.jpg 4.jpg', 'after', '6.jpg 7.jpg', '8.jpg 9.jpg',
    ]);
  });

  it('goes to the ticket of then, whatever the requester chose right after it', async () => {
    const world = createWorld();
    await world.receive(messageEvent(7, 1, 'one'), ...items(2, 3), commandEvent(7, 4, 'new'), { ...commandEvent(7, 5, ''), kind: 'action', actionId: 'x', action: 'topic:security' }, messageEvent(7, 6, 'two'));
    await world.clock.advance(1_100);
    const [first, second] = world.helpdesk.tickets();
    expect([world.helpdesk.comments(first?.id).length, world.helpdesk.comments(second?.id).length]).toEqual([2, 1]);
  });

  it('is linked with every message, so that a reply to any goes to its ticket and none is filed again', async () => {
    const world = createWorld();
    await world.receive(...items(1, 3));
    await world.clock.advance(1_100);
    await world.receive(commandEvent(7, 4, 'new'), { ...commandEvent(7, 5, ''), kind: 'action', actionId: 'x', action: 'topic:security' }, messageEvent(7, 6, 'other'));
    const [first] = world.helpdesk.tickets();
    await world.receive(messageEvent(7, 7, 'about the third', { replyTo: message(3) }));
    expect(world.stored(first?.id)).toEqual(['', 'about the third']);
    expect(await world.receive(...items(1, 3))).toEqual([true, true, true]);
    await world.clock.advance(5_000);
    expect(fromRequester(world)).toHaveLength(3);
  });

  it('takes an item twice only once', async () => {
    const world = createWorld();
    await world.receive(item(1), item(1), item(2), item(1));
    await world.clock.advance(1_100);
    expect(namesOf(world)).toEqual([['1.jpg', '2.jpg']]);
  });

  it('answers a message with all of it', async () => {
    const world = createWorld();
    await world.receive(messageEvent(7, 1, 'one'), commandEvent(7, 2, 'new'), { ...commandEvent(7, 3, ''), kind: 'action', actionId: 'x', action: 'topic:security' }, messageEvent(7, 4, 'two'));
    await world.receive(item(5), { ...item(6), replyTo: message(1) });
    await world.clock.advance(1_100);
    expect(world.helpdesk.comments(world.helpdesk.tickets()[0]?.id)).toHaveLength(2);
  });

  it('turns only the files that are too large into lines, each judged by itself', async () => {
    const world = createWorld();
    const large = item(2, { sizeBytes: 30 * 2 ** 20 });
    const [file] = large.content.attachments.map(({ open: _open, ref: _ref, ...rest }) => rest);
    await world.receive(item(1, { caption: 'look', sizeBytes: 15 * 2 ** 20 }), { ...large, content: { ...large.content, attachments: file === undefined ? [] : [file] } }, item(3, { sizeBytes: 15 * 2 ** 20 }));
    await world.clock.advance(1_100);
    expect(namesOf(world)).toEqual([['1.jpg', '3.jpg']]);
    expect(world.stored()).toEqual(['look\nfile.tooBigComment 2.jpg 30 MB 20 MB']);
    expect(world.notices()).toContain('file.tooBigIn 2.jpg 30 MB 20 MB');
  });

  it('leaves out only the file that Telegram no longer hands out', async () => {
    const world = createWorld();
    world.telegram.lostFiles.add('secret file id 2');
    world.helpdesk.fail('createTicket', new BridgeError({ code: 'invalid', operation: 'getFile', message: 'gone', reason: 'file_unavailable' }));
    await world.receive(...items(1, 3));
    await world.clock.advance(1_100);
    expect(namesOf(world)).toEqual([['1.jpg', '3.jpg']]);
    expect(world.stored()).toEqual(['file.tooBigComment 2.jpg 100 B ?']);
  });

  it('is acknowledged while the helpdesk is down, and filed when it is back', async () => {
    const world = createWorld();
    await world.receive(messageEvent(7, 1, 'hello'));
    world.helpdesk.fail('addComment', ...Array.from({ length: 8 }, () => 'before' as const));
    expect(await world.receive(...items(2, 4))).toEqual([true, true, true]);
    await world.clock.advance(60_000);
    expect(namesOf(world)).toEqual([[], numbers(2, 4)]);
    expect(world.notices().filter((text) => text === 'message.delayed')).toHaveLength(1);
  });

  it('says nothing of the helpdesk while it is only kept: in an outage nothing is given up because of it', async () => {
    const world = createWorld();
    const down = (): Promise<never> => Promise.reject(new BridgeError({ code: 'unavailable', operation: 'down', message: 'down' }));
    Object.assign(world.helpdesk.connector, { createTicket: down, addComment: down });
    await world.receive(messageEvent(8, 1, 'patient'));
    for (let chat = 100; chat < 180; chat += 1) {
      await world.receive({ ...item(1), conversation: conversationId(chat), message: mintId<MessageId>(`tg:1:${chat}:1`) });
      await world.clock.advance(31_000);
    }
    expect(await world.idMap.buried()).toEqual([]);
  }, 120_000);

  it.each(idempotencies)('is written once when the answer to the first try is lost (%s)', async (idempotency) => {
    const world = createWorld({ idempotency });
    world.helpdesk.fail('createTicket', 'after');
    await world.receive(...items(1, 3));
    await world.clock.advance(60_000);
    expect(namesOf(world)).toEqual([numbers(1, 3)]);
  });
});

describe('an item that comes late', () => {
  it('is marked also when newer albums were filed meanwhile, as when two people of a group send theirs at once', async () => {
    const world = createWorld();
    await world.receive(item(1), item(2, { album: 'g2' }), item(3), item(4, { album: 'g2', caption: 'late' }), messageEvent(7, 5, 'done'), item(6, { caption: 'very late' }));
    expect(world.stored()).toEqual(['', '', 'album.addition', 'album.addition\nlate', 'done', 'album.addition\nvery late']);
    expect(namesOf(world)).toEqual([['1.jpg'], ['2.jpg'], ['3.jpg'], ['4.jpg'], [], ['6.jpg']]);
    expect((await world.state(CHAT)).filedAlbums).toEqual([{ album: 'g1', message: message(1) }, { album: 'g2', message: message(2) }]);
  });

  it('joins the ticket of its album as a marked addition', async () => {
    const world = createWorld();
    await world.receive(...items(1, 2));
    await world.clock.advance(1_100);
    await world.receive(commandEvent(7, 3, 'new'), { ...commandEvent(7, 4, ''), kind: 'action', actionId: 'x', action: 'topic:security' }, messageEvent(7, 5, 'other'));
    expect(await world.receive(item(6, { caption: 'late' }), item(7))).toEqual([true, true]);
    const [first] = world.helpdesk.tickets();
    expect(world.stored(first?.id)).toEqual(['', 'album.addition\nlate', 'album.addition']);
    expect(namesOf(world).flat()).toEqual(['1.jpg', '2.jpg', '6.jpg', '7.jpg']);
  });
});

describe('an album that is given up', () => {
  const broken = new BridgeError({ code: 'invalid', operation: 'addComment', message: 'no' });

  it('is not taken again in part when Telegram hands its items out once more: each message is in one entry', async () => {
    const world = createWorld();
    await world.receive(messageEvent(7, 1, 'hello'));
    world.helpdesk.fail('addComment', ...Array.from({ length: 6 }, () => new BridgeError({ code: 'invalid', operation: 'addComment', message: 'no' })));
    await world.receive(...items(2, 4));
    await world.clock.advance(20_000);
    expect(await world.receive(...items(3, 5))).toEqual([true, true, true]);
    await world.clock.advance(20_000);
    expect((await world.idMap.buried()).map((entry) => entry.messages ?? [entry.message])).toEqual([[message(2), message(3), message(4)], [message(5)]]);
    expect(await world.receive(...items(2, 6))).toEqual([true, true, true, true, true]);
    await world.clock.advance(2_000);
    expect(namesOf(world)).toEqual([[], ['6.jpg']]);
    expect(await world.idMap.buried()).toHaveLength(2);
    await world.receive(item(2), item(5), item(7));
    expect(world.stored()).toEqual(['hello', '', 'album.addition']);
  });

  it('is buried with all its ids, the requester is told once, and what came after it goes on', async () => {
    const world = createWorld();
    await world.receive(messageEvent(7, 1, 'hello'));
    world.helpdesk.fail('addComment', broken, broken, broken);
    await world.receive(...items(2, 4), messageEvent(7, 5, 'fine'));
    await world.clock.advance(10_000);
    expect(world.stored()).toEqual(['hello', 'fine']);
    expect(await world.idMap.buried()).toMatchObject([{ message: message(2), messages: [message(2), message(3), message(4)], code: 'invalid' }]);
    expect(world.notices().filter((text) => text.startsWith('message.notFiled'))).toHaveLength(1);
    expect((await world.state(CHAT)).album).toBeUndefined();
  });
});

/** A process on a disk and a helpdesk that outlive it. */
function createMachine(idempotency: 'native' | 'lookup' = 'native') {
  const clock = createVirtualClock();
  const helpdesk = createFakeHelpdesk(() => clock.nowMs(), { idempotency });
  const disk = createMemoryIdMap({ bornAtMs: clock.nowMs() });
  return {
    clock,
    helpdesk,
    start(token = '1:the-token-of-a-test'): { readonly world: World; readonly kill: () => void; readonly written: () => string } {
      const ended = new AbortController();
      const never = new Promise<never>(() => undefined);
      const end = new Promise<never>((_resolve, reject) => { ended.signal.addEventListener('abort', () => reject(new Error('killed'))); });
      end.catch(() => undefined);
      const commits: ConversationChange[] = [];
      const idMap: IdMap = {
        ...disk,
        // What a dead process began lets go of the conversation, and nothing of it counts any more.
        withConversation: (conversation, work) => (ended.signal.aborted ? never : disk.withConversation(conversation, (session) => Promise.race([end, work({
          get state() { return session.state; },
          commit: (change) => (ended.signal.aborted ? never : (commits.push(change), session.commit(change))),
          linkOfMessage: (id) => session.linkOfMessage(id),
          linksOfComment: (ticket, comment) => session.linksOfComment(ticket, comment),
        })]))),
      };
      return { world: createWorld({ clock, helpdesk, idMap, token }), kill: () => ended.abort(), written: () => JSON.stringify(commits) };
    },
  };
}

describe('an album across a restart', () => {
  it('is filed soon after the next start, without anything that brings it to mind', async () => {
    const machine = createMachine();
    const dead = machine.start();
    await dead.world.receive(...items(1, 3));
    dead.kill();
    const { world } = machine.start();
    await world.bridge.resume();
    await machine.clock.advance(1_100);
    expect(namesOf(world)).toEqual([numbers(1, 3)]);
    expect(await world.state(CHAT)).toMatchObject({ filedAlbums: [{ album: 'g1' }] });
    expect((await world.state(CHAT)).album).toBeUndefined();
  });

  it('goes on where it stood when the rest comes after the start', async () => {
    const machine = createMachine();
    const dead = machine.start();
    await dead.world.receive(...items(1, 3));
    dead.kill();
    const { world } = machine.start();
    await world.bridge.resume();
    expect(await world.receive(...items(2, 5))).toEqual([true, true, true, true]);
    await machine.clock.advance(1_100);
    expect(namesOf(world)).toEqual([numbers(1, 5)]);
  });

  it('is found by the sweep too', async () => {
    const machine = createMachine();
    const dead = machine.start();
    await dead.world.receive(...items(1, 3));
    dead.kill();
    await machine.clock.advance(2_000);
    const { world } = machine.start();
    await world.runSweep();
    await machine.clock.advance(1_100);
    expect(namesOf(world)).toEqual([numbers(1, 3)]);
  });

  it.each(idempotencies)('loses no item that comes when it was written and not noted (%s)', async (idempotency) => {
    const machine = createMachine(idempotency);
    const dead = machine.start();
    await dead.world.receive(messageEvent(7, 1, 'hello'));
    const { connector } = machine.helpdesk;
    const add = connector.addComment;
    connector.addComment = async (...parameters) => {
      const written = await add(...parameters);
      dead.kill();
      return written;
    };
    await dead.world.receive(...items(2, 4));
    await machine.clock.advance(1_100);
    connector.addComment = add;
    const { world } = machine.start();
    expect(await world.receive(item(5))).toEqual([true]);
    await machine.clock.advance(60_000);
    expect(namesOf(world)).toEqual([[], numbers(2, 4), ['5.jpg']]);
    expect(world.stored()).toEqual(['hello', '', 'album.addition']);
  });

  it.each(idempotencies)('is filed once when a doorbell finds its ticket before it is remembered (%s)', async (idempotency) => {
    const machine = createMachine(idempotency);
    const dead = machine.start();
    await dead.world.runSweep();
    const { connector } = machine.helpdesk;
    const create = connector.createTicket;
    connector.createTicket = async (draft) => {
      const written = await create(draft);
      dead.kill();
      return written;
    };
    await dead.world.receive(...items(1, 3));
    await machine.clock.advance(1_100);
    connector.createTicket = create;
    const { world } = machine.start();
    await world.ring(world.onlyTicket());
    expect(await world.receive(...items(1, 4))).toEqual([true, true, true, true]);
    await machine.clock.advance(60_000);
    await world.runSweep();
    expect(namesOf(world)).toEqual([numbers(1, 3), ['4.jpg']]);
    expect(await world.state(CHAT)).toMatchObject({ due: [], intents: [] });
  });

  it('is filed when the bridge stops', async () => {
    const { world } = createMachine().start();
    await world.receive(...items(1, 3));
    await world.bridge.stop();
    expect(namesOf(world)).toEqual([numbers(1, 3)]);
  });
});

describe('the words of an album that waits', () => {
  /** With a word of its own wherever a message can hold one. */
  const wordy = (id: number): MessageEvent => ({
    ...item(id, { caption: `zqcaption${id}`, name: `zqname${id}.pdf`, kind: 'document', mediaType: 'application/pdf' }),
    person: { id: mintId<PersonId>('tg:7'), name: 'zqname', username: 'zquser', link: 'https://t.me/zqlink', phone: '+7zqphone', languageTag: 'en' },
    about: { key: 'kind.file', parameters: { title: 'zqabout' } }, origin: [{ key: 'forward.person', parameters: { name: 'zqorigin' } }], quoted: { head: { key: 'quote.person', parameters: { name: 'zqhead' } }, text: plainText('zqquote') },
  });
  const outage = (): Promise<never> => Promise.reject(new BridgeError({ code: 'unavailable', operation: 'down', message: 'down' }));
  const logged = (world: World) => world.events.filter((event) => event.type === 'log' && event.level === 'error');

  /** A ticket by somebody whose name is known, and after it an album that waits through an outage until the process dies. */
  async function outlived(token?: string) {
    const machine = createMachine();
    const dead = machine.start();
    await dead.world.receive(messageEvent(7, 1, 'hello'));
    const { addComment } = machine.helpdesk.connector;
    machine.helpdesk.connector.addComment = outage;
    await dead.world.receive(...[2, 3, 4].map(wordy));
    await machine.clock.advance(30_000);
    dead.kill();
    machine.helpdesk.connector.addComment = addComment;
    const next = machine.start(token);
    return { ...machine, ...next, dead, resume: async () => {
      await next.world.bridge.resume();
      await machine.clock.advance(60_000);
    } };
  }

  it('are never written as they are, and all of them are on the ticket in the end', async () => {
    const { world, dead, written, resume } = await outlived();
    await resume();
    const [, filed] = fromRequester(world);
    expect(filed?.content.text.text.split('\n')).toEqual(['forward.person zqorigin', 'quote.person zqhead', 'zqquote', 'zqcaption2', 'zqcaption3', 'zqcaption4']);
    expect(namesOf(world)).toEqual([[], ['zqname2.pdf', 'zqname3.pdf', 'zqname4.pdf']]);
    expect(filed?.content.attachments.map(({ mediaType }) => mediaType)).toEqual(Array.from({ length: 3 }, () => 'application/pdf'));
    expect(world.helpdesk.told.at(-1)).toMatchObject({ name: 'zqname', phone: '+7zqphone' });
    expect(dead.written()).toContain('secret file id 4');
    expect(dead.written() + written()).not.toContain('zq');
    expect(logged(world)).toEqual([]);
  });

  it('are missing when the token is another by then: the files are filed, the agent is told, the log says so, the name stays', async () => {
    const { world, resume } = await outlived('1:another-token');
    await resume();
    const [, filed] = fromRequester(world);
    expect(filed?.content.text.text).toBe('album.unreadable');
    expect(namesOf(world)).toEqual([[], ['document_1.pdf', 'document_2.pdf', 'document_3.pdf']]);
    expect(await Promise.all(filed?.content.attachments.map(async (file) => readText(await file.open?.() ?? Readable.from([]))) ?? [])).toEqual([2, 3, 4].map((id) => `secret file id ${id}`));
    expect(logged(world)).toMatchObject([{ facts: { conversation: CHAT, messages: 3, unreadable: 3 } }]);
    expect(world.helpdesk.told.at(-1)).toMatchObject({ name: 'Person 7' });
    expect((await world.state(CHAT)).album).toBeUndefined();
    for (const id of [2, 3, 4]) expect(await world.idMap.withConversation(CHAT, (session) => session.linkOfMessage(message(id)))).toBeDefined();
    expect(await world.receive(wordy(4))).toEqual([true]);
    expect(fromRequester(world)).toHaveLength(2);
  });

  it('open a ticket without a name when they cannot be read, and the name comes with the next message', async () => {
    const machine = createMachine();
    const dead = machine.start();
    await dead.world.receive(wordy(1), wordy(2));
    dead.kill();
    const { world } = machine.start('1:another-token');
    await world.bridge.resume();
    await machine.clock.advance(1_100);
    expect(world.helpdesk.told.at(-1)).toMatchObject({ name: 'requester.neutralName tg:7' });
    await world.receive(messageEvent(7, 3, 'hello'));
    expect(world.helpdesk.told.at(-1)).toMatchObject({ name: 'Person 7' });
    expect(namesOf(world)).toEqual([['document_1.pdf', 'document_2.pdf'], []]);
  });

  it('are kept where they can be read: an album half of which came after the change, or was damaged', async () => {
    const machine = createMachine();
    const dead = machine.start();
    await dead.world.receive(wordy(1));
    dead.kill();
    const { world } = machine.start('1:another-token');
    await world.receive(wordy(2));
    await machine.clock.advance(1_100);
    expect(world.stored()).toEqual(['album.unreadable\nzqcaption2']);
    expect(namesOf(world)).toEqual([['document_1.pdf', 'zqname2.pdf']]);
    expect(world.helpdesk.told.at(-1)).toMatchObject({ name: 'zqname' });
  });

  it('and types of the sender\'s own making are words too', async () => {
    const machine = createMachine();
    const first = machine.start();
    await first.world.receive(item(1, { kind: 'document', name: 'a.x', mediaType: 'application/zqtype' }));
    expect(first.written()).not.toContain('zq');
    await machine.clock.advance(1_100);
    expect(fromRequester(first.world)[0]?.content.attachments).toMatchObject([{ name: 'a.x', mediaType: 'application/zqtype' }]);
  });

  it('that an earlier version left in the open are filed, and sealed from the first try on', async () => {
    const machine = createMachine();
    const { world, written } = machine.start();
    const { createTicket } = machine.helpdesk.connector;
    machine.helpdesk.connector.createTicket = outage;
    const kept: KeptMessage = {
      message: message(1), sentAtMs: machine.clock.nowMs(), person: { id: mintId<PersonId>('tg:7') }, files: [{ kind: 'photo', mediaType: 'image/jpeg', ref: mintId<FileRef>('r') }],
      words: { person: { name: 'Old' }, text: plainText('zqold'), files: [{ name: 'old.jpg', mediaType: 'image/jpeg' }] },
    };
    await world.idMap.withConversation(CHAT, (session) => session.commit({ album: { album: mintId<AlbumId>('g0'), items: [kept] }, due: [{ kind: 'album', atMs: machine.clock.nowMs() }] }));
    await world.bridge.resume();
    await machine.clock.advance(5_000);
    expect(written().match(/zqold/gu)).toHaveLength(1); // as this test put it there
    expect(JSON.stringify((await world.state(CHAT)).album)).not.toContain('zqold');
    machine.helpdesk.connector.createTicket = createTicket;
    await machine.clock.advance(60_000);
    expect(world.stored()).toEqual(['zqold']);
    expect(namesOf(world)).toEqual([['old.jpg']]);
  });
});

describe('an answer with several files', () => {
  const file = (name: string, more: Partial<Attachment> = {}): Attachment => ({ kind: 'document', name, mediaType: 'application/pdf', sizeBytes: 10, ...more, open: () => Promise.reject(new Error('not opened')) });
  const answerWith = async (world: World, ...names: readonly string[]): Promise<void> => {
    await world.runSweep();
    await world.receive(messageEvent(7, 1, 'hello'));
    world.helpdesk.agentSays(world.onlyTicket(), '', { content: { text: plainText(''), attachments: names.map((name) => file(name)) } });
    await world.runSweep();
  };
  const sentFiles = (world: World): readonly (string | undefined)[] => world.telegram.sent.filter(({ kind }) => kind === 'part').map(({ part, text }) => part?.attachment?.name ?? text);

  it('goes out together, and a reply to any of it finds the ticket', async () => {
    const world = createWorld();
    await answerWith(world, 'a', 'b', 'c');
    const parts = world.telegram.sent.filter(({ kind }) => kind === 'part');
    expect(parts.map(({ part }) => part?.attachment?.name)).toEqual(['a', 'b', 'c']);
    expect(new Set(parts.map(({ album }) => album)).size).toBe(1);
    for (const { message: id } of parts) {
      expect(await world.idMap.withConversation(CHAT, (session) => session.linkOfMessage(id))).toMatchObject({ ticket: world.onlyTicket() });
    }
    await world.runSweep();
    expect(sentFiles(world)).toEqual(['a', 'b', 'c']);
  });

  it('goes file by file when one of them is refused, which becomes a line; the agent is told', async () => {
    const world = createWorld();
    const refused = new BridgeError({ code: 'invalid', operation: 'sendMediaGroup', message: '400', reason: 'rejected' });
    world.telegram.fail(refused, undefined, refused);
    await answerWith(world, 'a', 'b', 'c');
    expect(sentFiles(world)).toEqual(['a', 'file.tooBigOut b 10 B ?', 'c']);
    expect(world.helpdesk.comments().filter(({ visibility }) => visibility === 'internal').map(({ content }) => content.text.text)).toEqual(['undelivered.title\nundelivered.rejected']);
    await world.runSweep();
    expect(sentFiles(world)).toHaveLength(3);
  });

  it('sends what is left as an album after some of it arrived', async () => {
    const world = createWorld();
    const refused = new BridgeError({ code: 'invalid', operation: 'sendMediaGroup', message: '400', reason: 'rejected' });
    const down = new BridgeError({ code: 'unavailable', operation: 'sendDocument', message: 'down' });
    world.telegram.fail(refused, undefined, down);
    await answerWith(world, 'a', 'b', 'c');
    await world.clock.advance(10_000);
    const parts = world.telegram.sent.filter(({ kind }) => kind === 'part');
    expect(parts.map(({ part }) => part?.attachment?.name)).toEqual(['a', 'b', 'c']);
    expect(parts[1]?.album).toBe(parts[2]?.album);
    expect(parts[1]?.album).toBeDefined();
  });

  it('is repeated at most once when the reply to it is lost', async () => {
    const world = createWorld();
    world.telegram.fail({ after: new BridgeError({ code: 'unavailable', operation: 'sendMediaGroup', message: 'lost', effect: 'unknown' }) });
    await answerWith(world, 'a', 'b');
    await world.clock.advance(60_000);
    expect(sentFiles(world)).toEqual(['a', 'b', 'a', 'b']);
  });
});
