/** The contract of `IdMap`, run against every store. */
import { afterEach, describe, expect, it } from '@jest/globals';
import type { ConversationChange, Link } from '../../src/core/conversation.js';
import type { BuriedEntry, IdMap } from '../../src/core/ports.js';
import { mintId, type AlbumId, type SweepCursor } from '../../src/core/types.js';
import { createSeal } from '../../src/idmap/seal.js';
import { describeDueWork } from './idmap-due.js';
import { commentId, commentLinks, commit, conversationId, link, messageId, messageLink, pendingAlbum, reactionsOf, stateOf, ticketEntry, ticketId, WORDS_OF_ALBUM } from './idmap-samples.js';

export interface OpenedIdMap {
  readonly idMap: IdMap;
  /** Closes the map and opens the same one again; absent for a store that keeps nothing. */
  readonly reopen?: () => Promise<IdMap>;
  close(): Promise<void>;
}

const a = conversationId('100');
const b = conversationId('-100200/7');

export function describeIdMap(name: string, open: () => Promise<OpenedIdMap>): void {
  let opened: OpenedIdMap | undefined;
  const start = async (): Promise<OpenedIdMap> => { opened = await open(); return opened; };

  describe(`id map: ${name}`, () => {
    afterEach(async () => {
      await opened?.close();
      opened = undefined;
    });
    describeState(start);
    describeAlbums(start);
    describeSealed(start);
    describeLinks(start);
    describeIndexes(start);
    describeExclusion(start);
    describeBuried(start);
    describeReopen(start);
  });
}

type Start = () => Promise<OpenedIdMap>;

function describeState(start: Start): void {
  it('starts every conversation empty', async () => {
    const { idMap } = await start();
    expect(await stateOf(idMap, a)).toEqual({ conversation: a, tickets: [], intents: [], due: [] });
    expect(await messageLink(idMap, a, 1)).toBeUndefined();
    expect(await commentLinks(idMap, a, 1, 1)).toEqual([]);
  });

  it('changes what a commit names, and removes what is null', async () => {
    const { idMap } = await start();
    await commit(idMap, a, { tickets: [ticketEntry(1), ticketEntry(2)], current: ticketId(1), locale: 'kk', unreachable: true, opening: { topic: 'billing' } });
    await commit(idMap, a, { tickets: [ticketEntry(1, { cursor: commentId(9) })], current: null, opening: null, dropTickets: [ticketId(2)] });
    expect(await stateOf(idMap, a)).toEqual({ conversation: a, tickets: [ticketEntry(1, { cursor: commentId(9) })], locale: 'kk', unreachable: true, intents: [], due: [] });
  });

  it('shows a commit at once in the same session, frozen all the way down', async () => {
    const { idMap } = await start();
    await idMap.withConversation(a, async (session) => {
      await session.commit({ tickets: [ticketEntry(1)], intents: [{ message: messageId(1), settlesAtMs: 5 }], due: [{ kind: 'receipt', atMs: 7 }] });
      expect(session.state.intents).toHaveLength(1);
      for (const part of [session.state, session.state.tickets, session.state.tickets[0], session.state.intents[0], session.state.due[0]]) expect(Object.isFrozen(part)).toBe(true);
    });
  });

  it('keeps conversations apart', async () => {
    const { idMap } = await start();
    await commit(idMap, a, { locale: 'ru', links: [link(1, 1, 1)] });
    expect(await stateOf(idMap, b)).toEqual({ conversation: b, tickets: [], intents: [], due: [] });
    expect(await messageLink(idMap, b, 1)).toBeUndefined();
  });

  it('refuses a commit after the session is over', async () => {
    const { idMap } = await start();
    const kept = await idMap.withConversation(a, (session) => Promise.resolve(session));
    await expect(kept.commit({ locale: 'ru' })).rejects.toMatchObject({ name: 'BridgeError', code: 'internal' });
    expect((await stateOf(idMap, a)).locale).toBeUndefined();
  });
}

function describeAlbums(start: Start): void {
  it('keeps a pending album until it is removed, and the word of the last ones filed', async () => {
    const { idMap } = await start();
    const album = pendingAlbum(a);
    await commit(idMap, a, { album, due: [{ kind: 'album', atMs: 5 }] });
    expect((await stateOf(idMap, a)).album).toEqual(album);
    const filedAlbum = { album: mintId<AlbumId>('g1'), message: messageId(7) };
    await commit(idMap, a, { album: null, filedAlbum, done: [{ kind: 'album' }], links: [link(1, 2, 7, 0), link(1, 2, 8, 1)] });
    expect(await stateOf(idMap, a)).toEqual({ conversation: a, tickets: [], intents: [], due: [], filedAlbums: [filedAlbum] });
    expect(await commentLinks(idMap, a, 1, 2)).toEqual([link(1, 2, 7, 0), link(1, 2, 8, 1)]);
    const later = Array.from({ length: 19 }, (_, place) => ({ album: mintId<AlbumId>(`g${2 + place}`), message: messageId(20 + place) }));
    for (const one of later) await commit(idMap, a, { filedAlbum: one });
    expect((await stateOf(idMap, a)).filedAlbums).toEqual([filedAlbum, ...later]);
    const again = { ...filedAlbum, message: messageId(50) };
    await commit(idMap, a, { filedAlbum: again });
    expect((await stateOf(idMap, a)).filedAlbums).toEqual([...later, again]);
    const last = { album: mintId<AlbumId>('g21'), message: messageId(51) };
    await commit(idMap, a, { filedAlbum: last });
    expect((await stateOf(idMap, a)).filedAlbums).toEqual([...later.slice(1), again, last]);
  });
}

function describeSealed(start: Start): void {
  it('keeps sealed words as they came: whoever has the secret opens them, in this conversation and no other', async () => {
    const { idMap, reopen } = await start();
    await commit(idMap, a, { album: pendingAlbum(a), reactions: reactionsOf(a) });
    const state = await stateOf(await reopen?.() ?? idMap, a);
    const same = createSeal('1:a-token-that-is-not-on-this-disk');
    const [words, waiting] = [state.album?.items[0]?.words, state.reactions?.[1]?.waiting];
    if (typeof words !== 'string' || typeof waiting !== 'string') throw new Error('not sealed');
    expect([same.message.open(words, a), same.emoji.open(waiting, a)]).toEqual([WORDS_OF_ALBUM, ['👍', '']]);
    expect([same.message.open(words, b), createSeal('1:another').message.open(words, a)]).toEqual([undefined, undefined]);
  });
}

function describeLinks(start: Start): void {
  it('finds a link from either end, parts in order', async () => {
    const { idMap } = await start();
    await commit(idMap, a, { links: [link(1, 5, 12, 1), link(1, 5, 11, 0), link(2, 5, 13)] });
    expect(await messageLink(idMap, a, 12)).toEqual(link(1, 5, 12, 1));
    expect(await commentLinks(idMap, a, 1, 5)).toEqual([link(1, 5, 11, 0), link(1, 5, 12, 1)]);
    expect(await commentLinks(idMap, a, 2, 5)).toEqual([link(2, 5, 13)]);
  });

  it('keeps links with one end: an opening message, and an answer that could not be delivered', async () => {
    const { idMap } = await start();
    const undelivered: Link = { ...link(1, 6, undefined), undelivered: 'blocked' };
    await commit(idMap, a, { links: [link(1, undefined, 1), undelivered] });
    expect(await messageLink(idMap, a, 1)).toEqual(link(1, undefined, 1));
    expect(await commentLinks(idMap, a, 1, 6)).toEqual([undelivered]);
  });

  it('lets the first link of a message and of a part of a comment stand', async () => {
    const { idMap } = await start();
    await commit(idMap, a, { links: [link(1, 5, 1), link(1, 6, 1)] });
    await commit(idMap, a, { links: [link(1, 7, 1), link(1, 5, 2), link(1, 8, 3)] });
    expect(await messageLink(idMap, a, 1)).toEqual(link(1, 5, 1));
    expect(await messageLink(idMap, a, 2)).toBeUndefined();
    expect(await commentLinks(idMap, a, 1, 6)).toEqual([]);
    expect(await commentLinks(idMap, a, 1, 7)).toEqual([]);
    expect(await messageLink(idMap, a, 3)).toEqual(link(1, 8, 3));
  });

  it('keeps every link of a long conversation, and their ends unique', async () => {
    const { idMap, reopen } = await start();
    for (let from = 0; from < 600; from += 50) await commit(idMap, a, { links: Array.from({ length: 50 }, (_, index) => link(1, from + index, from + index)) });
    const map = await reopen?.() ?? idMap;
    for (const number of Array.from({ length: 60 }, (_, index) => index * 10 + index % 10)) {
      expect(await messageLink(map, a, number)).toEqual(link(1, number, number));
      expect(await commentLinks(map, a, 1, number)).toEqual([link(1, number, number)]);
    }
    await commit(map, a, { links: [link(1, 1000, 3), link(1, 3, 1000)] });
    expect(await messageLink(map, a, 3)).toEqual(link(1, 3, 3));
    expect(await messageLink(map, a, 1000)).toBeUndefined();
    expect(await commentLinks(map, a, 1, 1000)).toEqual([]);
  });
}

function describeIndexes(start: Start): void {
  it('finds the conversations of a ticket: none, one, several, and no longer those that dropped it', async () => {
    const { idMap, reopen } = await start();
    expect(await idMap.conversationsOf(ticketId(1))).toEqual([]);
    await commit(idMap, a, { tickets: [ticketEntry(1)] });
    expect(await idMap.conversationsOf(ticketId(1))).toEqual([a]);
    await commit(idMap, b, { tickets: [ticketEntry(1), ticketEntry(2)] });
    expect(await idMap.conversationsOf(ticketId(1))).toEqual([b, a].sort());
    await commit(idMap, b, { dropTickets: [ticketId(1)] });
    expect(await idMap.conversationsOf(ticketId(1))).toEqual([a]);
    const map = await reopen?.() ?? idMap;
    expect(await map.conversationsOf(ticketId(1))).toEqual([a]);
    expect(await map.conversationsOf(ticketId(2))).toEqual([b]);
  });

  it('finds a ticket again that was dropped and came back', async () => {
    const { idMap } = await start();
    await commit(idMap, a, { tickets: [ticketEntry(1)] });
    await commit(idMap, a, { dropTickets: [ticketId(1)] });
    await commit(idMap, a, { tickets: [ticketEntry(1)] });
    expect(await idMap.conversationsOf(ticketId(1))).toEqual([a]);
  });

  describeDueWork(start);

  it('remembers the sweep cursor', async () => {
    const { idMap } = await start();
    expect(await idMap.sweepCursor()).toBeUndefined();
    await idMap.saveSweepCursor(mintId<SweepCursor>('one'));
    await idMap.saveSweepCursor(mintId<SweepCursor>('two'));
    expect(await idMap.sweepCursor()).toBe('two');
  });
}

function describeExclusion(start: Start): void {
  it('holds one conversation for one at a time, in the order asked for; others go on', async () => {
    const { idMap } = await start();
    const seen: string[] = [];
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => { release = resolve; });
    let enter = (): void => undefined;
    const entered = new Promise<void>((resolve) => { enter = resolve; });
    const first = idMap.withConversation(a, async () => {
      seen.push('first in');
      enter();
      await released;
      seen.push('first out');
    });
    const second = idMap.withConversation(a, () => { seen.push('second'); return Promise.resolve(); });
    const third = idMap.withConversation(a, () => { seen.push('third'); return Promise.resolve(); });
    // A store on a busy disk may open the other conversation sooner.
    await entered;
    await idMap.withConversation(b, () => { seen.push('other'); return Promise.resolve(); });
    release();
    await Promise.all([first, second, third]);
    expect(seen).toEqual(['first in', 'other', 'first out', 'second', 'third']);
  });

  it('gives the conversation on when the work throws, and keeps what was committed', async () => {
    const { idMap } = await start();
    await expect(idMap.withConversation(a, async (session) => {
      await session.commit({ locale: 'ru' });
      throw new Error('work failed');
    })).rejects.toThrow('work failed');
    expect((await stateOf(idMap, a)).locale).toBe('ru');
  });

  it('takes all of many commits at once, of one conversation and of many', async () => {
    const { idMap, reopen } = await start();
    await idMap.withConversation(a, (session) => Promise.all(Array.from({ length: 200 }, (_, index) => session.commit({ links: [link(1, index, index)] }))));
    const many = Array.from({ length: 40 }, (_, index) => conversationId(`9${index}`));
    await Promise.all(many.flatMap((conversation) => [
      commit(idMap, conversation, { tickets: [ticketEntry(conversation)] }), commit(idMap, conversation, { links: [link(1, 1, 1)] }), commit(idMap, conversation, { locale: 'en' }),
    ]));
    const map = await reopen?.() ?? idMap;
    for (let index = 0; index < 200; index += 1) expect(await messageLink(map, a, index)).toEqual(link(1, index, index));
    for (const conversation of many) {
      expect(await stateOf(map, conversation)).toEqual({ conversation, tickets: [ticketEntry(conversation)], locale: 'en', intents: [], due: [] });
      expect(await messageLink(map, conversation, 1)).toEqual(link(1, 1, 1));
    }
  });
}

function describeBuried(start: Start): void {
  it('keeps buried entries until they are dug out, oldest first', async () => {
    const { idMap, reopen } = await start();
    const entry = (id: string, buriedAtMs: number): BuriedEntry => ({
      id, direction: 'to_helpdesk', conversation: a, message: messageId(1), code: 'invalid', operation: 'addComment', buriedAtMs,
    });
    await idMap.bury(entry('late', 20));
    await idMap.bury(entry('early/../x', 10));
    await idMap.bury(entry('late', 30));
    await idMap.bury({ ...entry('an album', 40), messages: [messageId(1), messageId(2)] });
    const map = await reopen?.() ?? idMap;
    expect(await map.buried()).toEqual([entry('early/../x', 10), entry('late', 30), { ...entry('an album', 40), messages: [messageId(1), messageId(2)] }]);
    expect([(await map.findBuried('an album'))?.id, await map.findBuried('unknown')]).toEqual(['an album', undefined]);
    await map.unbury('an album');
    expect(await map.findBuried('an album')).toBeUndefined();
    await map.unbury('early/../x');
    await map.unbury('unknown');
    expect(await map.buried()).toEqual([entry('late', 30)]);
  });
}

function describeReopen(start: Start): void {
  it('knows after a restart what it knew before, and how old it is', async () => {
    const { idMap, reopen } = await start();
    if (reopen === undefined) return; // The memory store keeps nothing, and says so.
    const change: ConversationChange = {
      tickets: [ticketEntry(1, { cursor: commentId(3), topic: 'billing', mergedInto: ticketId(2), followUpOf: ticketId(3) })], current: ticketId(1), locale: 'kk', languageTag: 'kk-KZ', unreachable: true,
      opening: { topic: 'other', atMs: 45, answered: true }, filedAlbum: { album: mintId<AlbumId>('g0'), message: messageId(9) }, photo: { id: 'AQADunique', lookedAtMs: 45 }, album: pendingAlbum(b), reactions: reactionsOf(b), readAgain: [{ key: messageId(5), atMs: 46, filed: true }, { key: messageId(6), atMs: 47 }], intents: [{ message: messageId(4), ticket: ticketId(1), settlesAtMs: 44 }],
      due: [{ kind: 'receipt', ticket: ticketId(1), atMs: 55 }], links: [link(1, undefined, 1), { ...link(1, 2, undefined), undelivered: 'too_big' }],
    };
    await commit(idMap, b, change);
    await idMap.saveSweepCursor(mintId<SweepCursor>('sweep'));
    const before = await stateOf(idMap, b);
    const born = idMap.bornAtMs;
    const map = await reopen();
    expect(map.bornAtMs).toBe(born);
    expect(await stateOf(map, b)).toEqual(before);
    expect(Object.isFrozen((await stateOf(map, b)).tickets[0])).toBe(true);
    expect(await messageLink(map, b, 1)).toEqual(link(1, undefined, 1));
    expect(await commentLinks(map, b, 1, 2)).toEqual([{ ...link(1, 2, undefined), undelivered: 'too_big' }]);
    expect(await map.sweepCursor()).toBe('sweep');
    expect(await map.dueConversations(55)).toEqual([b]);
  });
}
