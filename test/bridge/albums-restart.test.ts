/** Albums that wait when the process dies: they are filed by the next one, and their words lie sealed until then. */
import { Readable } from 'node:stream';
import { text as readText } from 'node:stream/consumers';
import { describe, expect, it } from '@jest/globals';
import type { KeptMessage } from '../../src/core/conversation.js';
import { BridgeError } from '../../src/core/errors.js';
import { plainText } from '../../src/core/rich-text.js';
import { mintId, type AlbumId, type FileRef, type MessageEvent, type PersonId } from '../../src/core/types.js';
import { messageEvent } from '../fakes/telegram.js';
import type { World } from './world.js';
import { CHAT, createMachine, diedAfter, fromRequester, idempotencies, item, items, message, namesOf, numbers } from './albums-world.js';

describe('an album across a restart', () => {
  it('is filed soon after the next start, without anything that brings it to mind', async () => {
    const machine = await diedAfter(...items(1, 3));
    const { world } = machine.start();
    await world.bridge.resume();
    await machine.clock.advance(1_100);
    expect(namesOf(world)).toEqual([numbers(1, 3)]);
    expect(await world.state(CHAT)).toMatchObject({ filedAlbums: [{ album: 'g1' }] });
    expect((await world.state(CHAT)).album).toBeUndefined();
  });

  it('goes on where it stood when the rest comes after the start', async () => {
    const machine = await diedAfter(...items(1, 3));
    const { world } = machine.start();
    await world.bridge.resume();
    expect(await world.receive(...items(2, 5))).toEqual([true, true, true, true]);
    await machine.clock.advance(1_100);
    expect(namesOf(world)).toEqual([numbers(1, 5)]);
  });

  it('is found by the sweep too', async () => {
    const machine = await diedAfter(...items(1, 3));
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
    const machine = await diedAfter(wordy(1), wordy(2));
    const { world } = machine.start('1:another-token');
    await world.bridge.resume();
    await machine.clock.advance(1_100);
    expect(world.helpdesk.told.at(-1)).toMatchObject({ name: 'requester.neutralName tg:7' });
    await world.receive(messageEvent(7, 3, 'hello'));
    expect(world.helpdesk.told.at(-1)).toMatchObject({ name: 'Person 7' });
    expect(namesOf(world)).toEqual([['document_1.pdf', 'document_2.pdf'], []]);
  });

  it('are kept where they can be read: an album half of which came after the change, or was damaged', async () => {
    const machine = await diedAfter(wordy(1));
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
