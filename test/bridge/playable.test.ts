import { Readable } from 'node:stream';
import { expect, it } from '@jest/globals';
import { BridgeError } from '../../src/core/errors.js';
import type { MediaConverter } from '../../src/core/media.js';
import { plainText } from '../../src/core/rich-text.js';
import type { Attachment } from '../../src/core/types.js';
import { createBridge } from '../../src/bridge/bridge.js';
import { messageEvent } from '../fakes/telegram.js';
import { createWorld } from './world.js';

const voice: Attachment = { kind: 'voice', name: 'v.ogg', mediaType: 'audio/ogg', sizeBytes: 5, open: () => Promise.resolve(Readable.from([Buffer.from('sound')])) };
const copy: Attachment = { ...voice, kind: 'audio', name: 'v.m4a', mediaType: 'audio/mp4' };

/** A world whose bridge has a converter, which counts what it lent and got back. */
function createWorldWithMedia(idempotency: 'native' | 'lookup' = 'lookup') {
  const world = createWorld({ idempotency });
  const count = { made: 0, released: 0 };
  const media: MediaConverter = {
    toPlayable: (content) => {
      count.made += 1;
      const attachments = content.attachments.flatMap((file) => (file.kind === 'voice' ? [copy, file] : [file]));
      return Promise.resolve({ content: { ...content, attachments }, release: () => { count.released += 1; return Promise.resolve(); } });
    },
  };
  const bridge = createBridge({ ...world.ports, media }, { isOurs: () => true, random: () => 0.5 });
  const receive = async (...events: Parameters<typeof bridge.handle>): Promise<boolean> => {
    let done = false;
    bridge.handle(...events).then(() => { done = true; }, () => undefined);
    await world.clock.settle();
    return done;
  };
  const files = (): string[][] => world.helpdesk.comments().map((one) => one.content.attachments.map((file) => file.name));
  return { ...world, receive, count, files };
}
const said = (message: number, text: string, ...attachments: Attachment[]) => ({ ...messageEvent(7, message, text), content: { text: plainText(text), attachments } });

it('files a voice message with a copy that plays, on a new ticket and on an old one, and keeps nothing', async () => {
  const world = createWorldWithMedia();
  expect(await world.receive(said(1, 'listen', voice))).toBe(true);
  expect(await world.receive(said(2, 'again', voice))).toBe(true);
  expect(world.files()).toEqual([['v.m4a', 'v.ogg'], ['v.m4a', 'v.ogg']]);
  expect(world.count).toEqual({ made: 2, released: 2 });
});

it('does not bother the converter with words', async () => {
  const world = createWorldWithMedia();
  await world.receive(said(1, 'only words'));
  expect(world.count.made).toBe(0);
});

it('converts before an intent is stamped, which says until when its request may land', async () => {
  const world = createWorldWithMedia();
  await world.receive(said(1, 'first'));
  const stamped: number[] = [];
  const { withConversation } = world.idMap;
  world.ports.idMap.withConversation = (conversation, work) => withConversation.call(world.idMap, conversation, (session) => work({
    ...session, get state() { return session.state; },
    commit: (change) => { if ((change.intents ?? []).length > 0) stamped.push(world.count.made); return session.commit(change); },
    linkOfMessage: (message) => session.linkOfMessage(message), linksOfComment: (...of) => session.linksOfComment(...of),
  })) as never;
  await world.receive(said(2, 'listen', voice));
  expect(world.files().at(-1)).toEqual(['v.m4a', 'v.ogg']);
  expect(stamped).toEqual([1]);
});

it.each(['native', 'lookup'] as const)('writes one comment when the answer to the first try was lost, and keeps nothing (%s)', async (idempotency) => {
  const world = createWorldWithMedia(idempotency);
  await world.receive(said(1, 'first'));
  world.helpdesk.fail('addComment', 'after');
  await world.receive(said(2, 'listen', voice));
  await world.clock.advance(60_000);
  expect(world.files()).toEqual([[], ['v.m4a', 'v.ogg']]);
  expect(world.count.released).toBe(world.count.made);
});

it('names the file once when it cannot come along', async () => {
  const world = createWorldWithMedia();
  await world.receive(said(1, 'first'));
  const { addComment } = world.helpdesk.connector;
  world.helpdesk.connector.addComment = async (ticket, draft) => {
    if (draft.content.attachments.length > 0) throw new BridgeError({ code: 'invalid', operation: 'addComment', message: 'gone', reason: 'file_unavailable' });
    return addComment.call(world.helpdesk.connector, ticket, draft);
  };
  await world.receive(said(2, 'listen', voice));
  const text = world.stored().at(-1) ?? '';
  expect(text).toContain('v.ogg');
  expect(text).not.toContain('v.m4a');
  expect(world.count.released).toBe(1);
});
