import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { IdMap } from '../../src/core/ports.js';
import { mintId, type SweepCursor } from '../../src/core/types.js';
import { createLowdbIdMap, readBuried } from '../../src/idmap/lowdb.js';
import { fanOf, idOfName, nameOf, placesIn } from '../../src/idmap/names.js';
import { commit, conversationId, link, messageId, stateOf, ticketEntry, ticketId, WORDS_OF_ALBUM } from '../conformance/idmap-samples.js';

const a = conversationId('100');
const b = conversationId('200');
let folder = '';
let idMap: IdMap;
const open = (): Promise<IdMap> => createLowdbIdMap({ folder, nowMs: () => 0 });

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'deskbridge-lowdb-'));
  idMap = await open();
});
afterEach(async () => {
  await idMap.close();
  await rm(folder, { recursive: true });
});

async function filesUnder(path: string): Promise<string[]> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

describe('a folder that another process took over', () => {
  it('is written no more: every write fails, the owner is told once, and the other goes on undisturbed', async () => {
    await idMap.close();
    let lost = 0;
    const frozen = await createLowdbIdMap({ folder, nowMs: () => 0, onLost: () => { lost += 1; } });
    await commit(frozen, a, { locale: 'ru' });
    await rm(join(folder, 'deskbridge.lock'));
    idMap = await open();
    await commit(idMap, a, { locale: 'kk' });
    const unavailable = { code: 'unavailable', message: expect.stringContaining('taken over') };
    await expect(commit(frozen, a, { locale: 'en', links: [link(1, 1, 1)] })).rejects.toMatchObject(unavailable);
    await expect(frozen.checkHeld()).rejects.toMatchObject(unavailable);
    await expect(frozen.saveSweepCursor(mintId<SweepCursor>('9'))).rejects.toMatchObject(unavailable);
    await expect(frozen.unbury('x')).rejects.toMatchObject(unavailable);
    expect([lost, (await stateOf(idMap, a)).locale, await idMap.sweepCursor()]).toEqual([1, 'kk', undefined]);
    await frozen.close();
    await commit(idMap, a, { locale: 'ru' });
  });
});

describe('files that are not what they should be', () => {
  const cases = [
    { name: 'torn', content: '{"format":1,"state":{"conv', says: 'torn' },
    { name: 'empty', content: '', says: 'torn' },
    { name: 'of another format', content: '{"format":2}', says: 'not what belongs' },
    { name: 'of another conversation', content: JSON.stringify({ format: 1, state: { conversation: b, tickets: [], intents: [], due: [] }, pages: 0, links: [] }), says: 'not what belongs' },
    { name: 'foreign', content: '[1,2,3]', says: 'not what belongs' },
  ];
  it.each(cases)('names a $name file and leaves it as it is', async ({ content, says }) => {
    const { folder: inside, path } = placesIn(folder).conversation(a);
    await mkdir(inside, { recursive: true });
    await writeFile(path, content);
    await expect(commit(idMap, a, { locale: 'ru' })).rejects.toMatchObject({ code: 'unavailable', message: expect.stringContaining(path) });
    await expect(stateOf(idMap, a)).rejects.toThrow(says);
    expect(await readFile(path, 'utf8')).toBe(content);
    await commit(idMap, b, { locale: 'ru' });
    expect((await stateOf(idMap, b)).locale).toBe('ru');
  });

  it('refuses a folder of another format', async () => {
    await idMap.close();
    await writeFile(join(folder, 'format.json'), '{"format":99,"bornAtMs":0}');
    await expect(open()).rejects.toMatchObject({ code: 'unavailable', message: expect.stringContaining('format.json') });
    await rm(join(folder, 'format.json'));
    idMap = await open();
  });

  it('refuses to start anew over conversations whose format file is gone', async () => {
    await commit(idMap, a, { locale: 'ru' });
    await idMap.close();
    await rm(join(folder, 'format.json'));
    await expect(open()).rejects.toMatchObject({ code: 'unavailable', message: expect.stringContaining('format.json') });
  });

  it('says so when a page of older links is gone, and takes no second link for what it cannot see', async () => {
    for (let from = 0; from < 200; from += 50) await commit(idMap, a, { links: Array.from({ length: 50 }, (_, index) => link(1, from + index, from + index)) });
    await idMap.close();
    await rm(placesIn(folder).linkPage(a, 0).path);
    idMap = await open();
    await expect(idMap.withConversation(a, (session) => session.linkOfMessage(messageId(3)))).rejects.toMatchObject({ code: 'unavailable' });
    await expect(commit(idMap, a, { links: [link(1, 3, 999)] })).rejects.toMatchObject({ code: 'unavailable' });
  });
});

describe('a folder of an earlier version', () => {
  it('gives the words of a pending album that it kept in the open, and the emoji of a reaction', async () => {
    const { person: { name, ...person }, text, files: [file], ...around } = WORDS_OF_ALBUM;
    const item = {
      message: messageId(7), sentAtMs: 3, replyTo: messageId(2), person: { id: 'tg:5', name, ...person, languageTag: 'kk' }, ...around,
      content: { text, attachments: [{ kind: 'audio', ...file, sizeBytes: 5, durationSeconds: 6, ref: 'a file id' }] },
    };
    const state = {
      conversation: a, tickets: [], intents: [], due: [], album: { album: 'g1', items: [item] }, reactions: [{ message: messageId(1), toldAtMs: 5, changedAtMs: 4, waiting: ['🔥'] }],
    };
    const { folder: inside, path } = placesIn(folder).conversation(a);
    await mkdir(inside, { recursive: true });
    await writeFile(path, JSON.stringify({ format: 1, state, pages: 0, links: [] }));
    const read = await stateOf(idMap, a);
    expect(read.album).toEqual({ album: 'g1', items: [{
      message: messageId(7), sentAtMs: 3, replyTo: messageId(2), person: { id: 'tg:5', languageTag: 'kk' }, words: WORDS_OF_ALBUM,
      files: [{ kind: 'audio', mediaType: 'audio/mpeg', sizeBytes: 5, durationSeconds: 6, ref: 'a file id' }],
    }] });
    expect(read.reactions).toEqual(state.reactions);
    await commit(idMap, a, { locale: 'ru' });
    await idMap.close();
    idMap = await open();
    expect(await stateOf(idMap, a)).toEqual({ ...read, locale: 'ru' });
  });
});

describe('a disk that does not take a write', () => {
  it('refuses the commit, keeps memory and disk as they were, and goes on when the disk does', async () => {
    await commit(idMap, a, { locale: 'ru', links: [link(1, 1, 1)] });
    await rm(join(folder, 'tmp'), { recursive: true });
    const failing = commit(idMap, a, { locale: 'kk', tickets: [ticketEntry(1)], due: [{ kind: 'receipt', atMs: 1 }], links: [link(1, 2, 2)] });
    await expect(failing).rejects.toMatchObject({ code: 'unavailable', effect: 'none' });
    await expect(commit(idMap, a, { locale: 'en', links: [link(1, 2, 2)] })).rejects.toMatchObject({ code: 'unavailable' });
    expect(await stateOf(idMap, a)).toEqual({ conversation: a, tickets: [], locale: 'ru', intents: [], due: [] });
    expect(await idMap.withConversation(a, (session) => session.linkOfMessage(messageId(2)))).toBeUndefined();
    expect(await idMap.conversationsOf(ticketId(1))).toEqual([]);
    expect(await idMap.dueConversations(5)).toEqual([]);
    await expect(idMap.bury({ id: 'x', direction: 'to_helpdesk', conversation: a, code: 'invalid', operation: 'o', buriedAtMs: 1 })).rejects.toMatchObject({ code: 'unavailable' });
    await mkdir(join(folder, 'tmp'));
    await commit(idMap, a, { locale: 'kk', tickets: [ticketEntry(1)], due: [{ kind: 'receipt', atMs: 1 }] });
    expect(await idMap.conversationsOf(ticketId(1))).toEqual([a]);
    expect(await idMap.dueConversations(5)).toEqual([a]);
  });
});

describe('the folder', () => {
  it('belongs to one process at a time', async () => {
    await expect(open()).rejects.toMatchObject({ code: 'conflict', message: expect.stringContaining(String(process.pid)) });
    await idMap.close();
    idMap = await open();
  });

  it('is cleared of what interrupted writes left', async () => {
    await idMap.close();
    await writeFile(join(folder, 'tmp', 'x.json.123-1.tmp'), 'half');
    idMap = await open();
    expect(await readdir(join(folder, 'tmp'))).toEqual([]);
  });

  it('holds one small file for each conversation, whose size does not follow its length', async () => {
    for (let message = 0; message < 400; message += 1) await commit(idMap, a, { links: [link(1, message, message)] });
    const text = await readFile(placesIn(folder).conversation(a).path, 'utf8');
    expect(text.length).toBeLessThan(8000);
    expect((await filesUnder(join(folder, 'conversations')))).toHaveLength(1);
  });

  it('shares one write between commits that come while one is written, and lets none of them wait for the stream to end', async () => {
    const order: number[] = [];
    await idMap.withConversation(a, async (session) => {
      const commits: Promise<void>[] = [];
      for (let number = 0; number < 50; number += 1) {
        commits.push(session.commit({ links: [link(1, number, number)] }).then(() => { order.push(number); }));
        if (number % 10 === 9) await commits[number - 9];
      }
      await Promise.all(commits);
    });
    expect(order).toEqual([...order].sort((x, y) => x - y));
    expect(order).toHaveLength(50);
  });

  it('lists buried entries beside a running process', async () => {
    const entry = { id: 'e1', direction: 'to_telegram', conversation: a, code: 'invalid', operation: 'sendPart', buriedAtMs: 3 } as const;
    await idMap.bury(entry);
    expect(await readBuried(folder)).toEqual([entry]);
  });

  it('removes the marker of work that is done, and copes with one left over', async () => {
    await commit(idMap, a, { due: [{ kind: 'receipt', atMs: 10 }] });
    await commit(idMap, a, { done: [{ kind: 'receipt' }] });
    await idMap.close();
    expect(await filesUnder(join(folder, 'due'))).toEqual([]);
    await mkdir(placesIn(folder).dueFolder(a), { recursive: true });
    await writeFile(join(placesIn(folder).dueFolder(a), `${nameOf(a)}~10`), '');
    idMap = await open();
    expect(await idMap.dueConversations(100)).toEqual([]);
    await idMap.close();
    expect(await filesUnder(join(folder, 'due'))).toEqual([]);
    idMap = await open();
  });

  it('refuses work after it was closed', async () => {
    await idMap.close();
    await expect(stateOf(idMap, a)).rejects.toMatchObject({ code: 'unavailable' });
    await expect(idMap.sweepCursor()).rejects.toMatchObject({ code: 'unavailable' });
  });
});

describe('names', () => {
  const cases = [
    { name: 'plain', in: 'abc-1_2', out: 'abc-1_2' },
    { name: 'conversation', in: 'tg:1:-100/7', out: 'tg%3a1%3a-100%2f7' },
    { name: 'way out', in: '../x', out: '%2e%2e%2fx' },
    { name: 'upper case', in: 'Ab', out: '%41b' },
    { name: 'Cyrillic', in: 'ы', out: '%d1%8b' },
    { name: 'tilde', in: 'a~1', out: 'a%7e1' },
  ];
  it.each(cases)('writes a $name id', (row) => {
    expect(nameOf(row.in)).toBe(row.out);
    expect(idOfName(row.out)).toBe(row.in);
  });
  it('refuses what no file system takes', () => {
    expect(() => nameOf('x'.repeat(300))).toThrow(expect.objectContaining({ code: 'invalid' }));
    expect(idOfName('%zz')).toBeUndefined();
  });
  it('spreads conversations evenly over the folders', () => {
    const counts = new Map<string, number>();
    for (let chat = 0; chat < 100_000; chat += 1) {
      const fan = fanOf(`tg:77:${500_000_000 + chat * 7}`);
      counts.set(fan, (counts.get(fan) ?? 0) + 1);
    }
    expect(counts.size).toBe(256);
    expect(Math.max(...counts.values())).toBeLessThan(700);
  });
});
