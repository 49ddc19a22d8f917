/** Albums on their way to the helpdesk: what was sent together is one comment, whatever happens in between. */
import { Readable } from 'node:stream';
import { text as readText } from 'node:stream/consumers';
import { describe, expect, it } from '@jest/globals';
import { BridgeError } from '../../src/core/errors.js';
import { richText } from '../../src/core/rich-text.js';
import { mintId, type MessageId } from '../../src/core/types.js';
import { commandEvent, conversationId, messageEvent } from '../fakes/telegram.js';
import { createWorld } from './world.js';
import { CHAT, fromRequester, idempotencies, item, items, message, namesOf, numbers } from './albums-world.js';

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
    // What waits for an album asks once and sleeps: only the message of before is tried again and again, and each time an item was kept meanwhile.
    const down = ({ conversation }: { readonly conversation?: string }): Promise<never> => Promise.reject(new BridgeError({
      code: 'unavailable', operation: 'down', message: 'down', ...(conversation !== conversationId(8) && { retryAfterMs: 3 * 3_600_000 }),
    }));
    Object.assign(world.helpdesk.connector, { createTicket: down, addComment: down });
    await world.receive(messageEvent(8, 1, 'patient'));
    for (let chat = 100; chat < 150; chat += 1) {
      expect(await world.receive({ ...item(1), conversation: conversationId(chat), message: mintId<MessageId>(`tg:1:${chat}:1`) })).toEqual([true]);
      await world.clock.advance(31_000);
    }
    expect(await world.idMap.buried()).toEqual([]);
  });

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

  it('is marked also behind the albums of a whole group', async () => {
    const world = createWorld();
    const ofOthers = Array.from({ length: 19 }, (_, place) => item(2 + place, { album: `other${place}` }));
    await world.receive(item(1), ...ofOthers, item(40, { caption: 'late' }), messageEvent(7, 41, 'done'));
    expect(world.stored()).toEqual(['', ...ofOthers.map(() => ''), 'album.addition\nlate', 'done']);
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
