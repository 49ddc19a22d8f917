/** Edits of what is more than a text alone: items of an album, answers to something, messages that a line stands above. */
import { describe, expect, it } from '@jest/globals';
import type { EditEvent } from '../../src/core/changes.js';
import { BridgeError } from '../../src/core/errors.js';
import { markText, plainText } from '../../src/core/rich-text.js';
import { mintId, type AlbumId, type Attachment, type FileRef, type MessageEvent, type MessageId } from '../../src/core/types.js';
import { withoutHead, toAgentContent, withoutStart } from '../../src/bridge/to-helpdesk/words.js';
import { createMemoryIdMap } from '../../src/idmap/memory.js';
import { fakeMapping } from '../fakes/mapping.js';
import { conversationId, editEvent, messageEvent } from '../fakes/telegram.js';
import { createWorld, type World } from './world.js';

const SETTLED_MS = 2_000;
const CHAT = conversationId(7);
const photo = (id: number, sizeBytes = 100): Attachment => ({
  kind: 'photo', name: `${id}.jpg`, mediaType: 'image/jpeg', sizeBytes, ref: mintId<FileRef>(`file ${id}`), open: () => Promise.reject(new Error('never')),
});
const itemFields = (id: number, caption: string, sizeBytes?: number) => ({ album: mintId<AlbumId>('g1'), content: { text: plainText(caption), attachments: [photo(id, sizeBytes)] } });
const item = (id: number, caption = ''): MessageEvent => messageEvent(7, id, '', itemFields(id, caption));
const itemEdit = (id: number, revision: number, caption: string, sizeBytes?: number): EditEvent => editEvent(7, id, revision, '', itemFields(id, caption, sizeBytes));

async function settle(world: World): Promise<World> {
  await world.clock.advance(SETTLED_MS);
  return world;
}

describe('an edit of an item of an album', () => {
  it('that is not filed yet takes the place of what it was, and makes no comment', async () => {
    const world = createWorld();
    await world.receive(item(1, 'one'), item(2), itemEdit(1, 10, 'ONE'));
    await settle(world);
    expect(world.stored()).toEqual(['ONE']);
    expect(world.helpdesk.comments()[0]?.content.attachments.map(({ name }) => name)).toEqual(['1.jpg', '2.jpg']);
    expect(JSON.stringify(await world.state(CHAT))).not.toContain('ONE');
  });

  it('that is not filed yet is on disk when it is acknowledged', async () => {
    const idMap = createMemoryIdMap();
    const world = createWorld({ idMap });
    await world.receive(item(1, 'one'));
    world.helpdesk.fail('createTicket', ...Array.from({ length: 50 }, () => 'before' as const));
    // Without anything behind it, it settles; by webhook the next item comes only then.
    const acknowledged = await world.receive(itemEdit(1, 10, 'ONE'), item(2));
    expect(acknowledged).toEqual([true, true]);
    void world.bridge.stop();
    const again = createWorld({ idMap, clock: world.clock });
    await again.bridge.resume();
    await settle(again);
    expect(again.stored()).toEqual(['ONE']);
  });

  it('whose filing has begun follows it as a comment', async () => {
    const world = createWorld();
    world.helpdesk.fail('createTicket', 'after');
    await world.receive(item(1, 'one'), item(2));
    await world.clock.advance(1_100);
    await world.receive(itemEdit(1, 10, 'ONE'));
    await world.clock.advance(60_000);
    expect(world.stored()).toEqual(['one', 'message.editedWas\none\nONE']);
  });

  it('that was filed shows the caption as it was, and again what it was before', async () => {
    const world = createWorld();
    await world.receive(messageEvent(7, 1, 'hello'), item(2), item(3, 'the bill'), item(4));
    await settle(world);
    await world.receive(itemEdit(3, 10, 'the bill of May'));
    await settle(world);
    await world.receive(itemEdit(3, 11, 'the bill of June'));
    await settle(world);
    expect(world.stored()).toEqual(['hello', 'the bill', 'message.editedWas\nthe bill\nthe bill of May', 'message.editedWas\nthe bill of May\nthe bill of June']);
    expect(world.helpdesk.comments().map((comment) => comment.content.attachments.length)).toEqual([0, 3, 0, 0]);
  });

  it.each([
    { name: 'an item that has no caption', event: itemEdit(1, 10, '', 500), shown: ['message.edited'] },
    { name: 'an item with another one', event: itemEdit(2, 10, 'the bill', 500), shown: ['message.edited\nthe bill'] },
    { name: 'nothing that people see', event: itemEdit(2, 10, ' the  bill '), shown: [] },
    { name: 'the caption away', event: itemEdit(2, 10, ''), shown: ['message.editedWas\nthe bill'] },
  ])('that changes $name', async ({ event, shown }) => {
    const world = createWorld();
    await world.receive(item(1), item(2, 'the bill'));
    await settle(world);
    await world.receive(event);
    await settle(world);
    expect(world.stored()).toEqual(['the bill', ...shown]);
  });
});

describe('an edit of an answer to something', () => {
  const quoted = { head: { key: 'quote.bot' }, text: plainText('come at 5') };

  it('shows what was said, not what it answers', async () => {
    const world = createWorld();
    await world.receive(messageEvent(7, 1, 'I cant', { quoted }));
    expect(world.stored()).toEqual(['quote.bot\ncome at 5\nI cant']);
    await world.receive(editEvent(7, 1, 10, 'I can\'t', { quoted }));
    await settle(world);
    expect(world.stored().at(-1)).toBe('message.editedWas\nI cant\nI can\'t');
  });

  it('is told by what was said also when what it answers was changed since', async () => {
    const world = createWorld();
    await world.receive(messageEvent(7, 1, 'yes', { quoted }));
    await world.receive(editEvent(7, 1, 10, 'yes', { quoted: { ...quoted, text: plainText('come at 6, or 7') } }));
    await settle(world);
    expect(world.stored()).toHaveLength(1);
  });
});

describe('an edit of a message that a line stands above', () => {
  it('names what it is, and shows nothing when nothing is different', async () => {
    const world = createWorld();
    const voice = { about: { key: 'kind.voice', parameters: { duration: '0:05' } }, origin: [{ key: 'forward.user' }] };
    await world.receive(messageEvent(7, 1, 'listen', voice));
    await world.receive(editEvent(7, 1, 10, 'listen', voice));
    await settle(world);
    expect(world.stored()).toEqual(['forward.user\nkind.voice 0:05\nlisten']);
    await world.receive(editEvent(7, 1, 11, 'listen!', voice));
    await settle(world);
    expect(world.stored().at(-1)).toBe('message.editedWas\nkind.voice 0:05\nlisten\nkind.voice 0:05\nlisten!');
  });
});

describe('an answer to what tells of an edit', () => {
  it('is a reply to the message that was edited', async () => {
    const world = createWorld();
    await world.receive(messageEvent(7, 1, 'one'), messageEvent(7, 2, 'two'), editEvent(7, 1, 10, 'ONE'));
    await settle(world);
    const edit = world.helpdesk.comments().at(-1);
    if (edit === undefined) throw new Error('a comment was expected');
    const ticket = world.onlyTicket();
    world.helpdesk.agentSays(ticket, 'by its message', { inReplyTo: { comment: edit.id, ...(edit.externalId && { externalId: edit.externalId }) } });
    world.helpdesk.agentSays(ticket, 'by its comment', { inReplyTo: { comment: edit.id } });
    await world.ring(ticket);
    expect(world.telegram.sent.filter(({ kind }) => kind === 'part').map(({ text, replyTo }) => [text, replyTo])).toEqual([['by its message', 'tg:1:7:1'], ['by its comment', 'tg:1:7:1']]);
  });

  it('is a reply to what stands in the chat of an answer now', async () => {
    const world = createWorld();
    await world.receive(messageEvent(7, 1, 'one'));
    const ticket = world.onlyTicket();
    const answer = world.helpdesk.agentSays(ticket, 'first');
    await world.ring(ticket);
    for (const visibility of ['internal', 'public'] as const) {
      world.helpdesk.setVisibility(answer, visibility);
      await world.ring(ticket);
    }
    world.helpdesk.agentSays(ticket, 'second', { inReplyTo: { comment: answer } });
    await world.ring(ticket);
    const [, anew, second] = world.telegram.sent.filter(({ kind }) => kind === 'part');
    expect(second?.replyTo).toBe(anew?.message);
  });
});

describe('an edit of what was given up', () => {
  it('of an album leaves the album to be replayed as a whole', async () => {
    const world = createWorld();
    world.helpdesk.fail('createTicket', new BridgeError({ code: 'invalid', operation: 'createTicket', message: 'no' }), new BridgeError({ code: 'invalid', operation: 'createTicket', message: 'no' }), new BridgeError({ code: 'invalid', operation: 'createTicket', message: 'no' }));
    await world.receive(item(1, 'one'), item(2));
    await world.clock.advance(60_000);
    expect((await world.idMap.buried()).map(({ messages }) => messages)).toEqual([['tg:1:7:1', 'tg:1:7:2']]);
    await world.receive(itemEdit(1, 10, 'ONE'));
    await settle(world);
    expect(world.stored()).toEqual(['ONE']);
    expect(await world.idMap.withConversation(CHAT, (session) => session.linkOfMessage(mintId<MessageId>('tg:1:7:1')))).toBeUndefined();
  });

  it('shows what changed when it was replayed, without the word that it comes late', async () => {
    const world = createWorld();
    await world.receive(messageEvent(7, 1, 'one', { origin: [{ key: 'message.filedLate', parameters: { time: 'noon' } }] }));
    await world.receive(editEvent(7, 1, 10, 'one'));
    await settle(world);
    expect(world.stored()).toEqual(['message.filedLate noon\none']);
    await world.receive(editEvent(7, 1, 11, 'ONE'));
    await settle(world);
    expect(world.stored().at(-1)).toBe('message.editedWas\none\nONE');
  });
});

describe('what was said, without what stands above it', () => {
  const quote = markText(plainText('her words'), { type: 'quote' });
  it.each([
    { name: 'nothing above it', event: {}, out: 'said' },
    { name: 'where it comes from', event: { origin: [{ key: 'forward.user' }, { key: 'via.bot' }] }, out: 'said' },
    { name: 'a quote', event: { quoted: { head: { key: 'quote.bot' }, text: quote } }, out: 'said' },
    { name: 'a quote of one kind', event: { quoted: { head: { key: 'quote.bot' }, text: plainText(''), line: { key: 'kind.voice' } } }, out: 'said' },
  ])('with $name', ({ event, out }) => {
    const message = messageEvent(7, 1, 'said', event);
    const { text } = toAgentContent(fakeMapping, message);
    expect(withoutHead(fakeMapping, message, text).text).toBe(out);
    // Helpdesks space lines in their own way.
    expect(withoutHead(fakeMapping, message, { ...text, text: text.text.replace('\n', ' ') }).text).toBe(out);
  });

  it('is all of it when something else stands there', () => {
    const text = plainText('other words');
    expect(withoutHead(fakeMapping, { quoted: { head: { key: 'quote.bot' }, text: quote } }, text)).toBe(text);
    expect(withoutStart(text, 'other w').text).toBe('ords');
    expect(withoutStart(text, 'other x')).toBe(text);
  });
});
