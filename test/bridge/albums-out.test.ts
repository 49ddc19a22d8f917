/** What an agent sends together goes out together. */
import { describe, expect, it } from '@jest/globals';
import { BridgeError } from '../../src/core/errors.js';
import { plainText } from '../../src/core/rich-text.js';
import type { Attachment } from '../../src/core/types.js';
import { messageEvent } from '../fakes/telegram.js';
import { createWorld, type World } from './world.js';
import { CHAT } from './albums-world.js';

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
