/** A map that is being rebuilt: nobody takes half of it for the whole. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createLowdbIdMap } from '../../src/idmap/lowdb.js';
import { placesIn } from '../../src/idmap/names.js';
import { beginRebuild, endRebuild } from '../../src/idmap/rebuilding.js';
import { mintId, type SweepCursor } from '../../src/core/types.js';
import { commit, conversationId, stateOf, ticketEntry, ticketId } from '../conformance/idmap-samples.js';

const a = conversationId('100');
const b = conversationId('200');
const cursor = (raw: string): SweepCursor => mintId<SweepCursor>(raw);
let folder = '';
const open = (unfinished: boolean) => createLowdbIdMap({ folder, nowMs: () => 5, unfinished });

beforeEach(async () => { folder = await mkdtemp(join(tmpdir(), 'deskbridge-rebuilding-')); });
afterEach(() => rm(folder, { recursive: true }));

async function fill(): Promise<void> {
  const idMap = await open(true);
  await commit(idMap, a, { tickets: [ticketEntry('1')], due: [{ kind: 'catch_up', atMs: 1 }] });
  await idMap.saveSweepCursor(cursor('11'));
  await idMap.close();
}

describe('a map that is being rebuilt', () => {
  it('is refused until it is whole', async () => {
    await beginRebuild(folder);
    await fill();
    await expect(open(false)).rejects.toMatchObject({ code: 'unavailable', message: expect.stringContaining('rebuild') });
    const idMap = await open(true);
    await endRebuild(folder);
    await idMap.close();
    const whole = await open(false);
    expect((await stateOf(whole, a)).tickets).toHaveLength(1);
    expect(await whole.sweepCursor()).toBe('11');
    await whole.close();
  });

  it('is begun anew after an interruption', async () => {
    await beginRebuild(folder);
    await fill();
    await beginRebuild(folder);
    const idMap = await open(true);
    expect((await stateOf(idMap, a)).tickets).toEqual([]);
    expect(await idMap.sweepCursor()).toBeUndefined();
    expect(await idMap.dueConversations(10)).toEqual([]);
    expect(await idMap.conversationsOf(ticketId('1'))).toEqual([]);
    await idMap.close();
  });

  it('never takes the place of one that is there', async () => {
    const idMap = await open(false);
    await commit(idMap, b, { tickets: [ticketEntry('2')] });
    await expect(beginRebuild(folder)).rejects.toMatchObject({ code: 'conflict', message: expect.stringContaining('in use') });
    await idMap.close();
    const path = placesIn(folder).conversation(b).path;
    const before = await readFile(path, 'utf8');
    await expect(beginRebuild(folder)).rejects.toMatchObject({ code: 'conflict', message: expect.stringContaining('move that folder away') });
    expect(await readFile(path, 'utf8')).toBe(before);
    await (await open(false)).close();
  });

  it('takes the place of an empty one, and keeps what was buried', async () => {
    const idMap = await open(false);
    await idMap.saveSweepCursor(cursor('9'));
    await idMap.bury({ id: 'x', direction: 'to_helpdesk', conversation: a, code: 'invalid', operation: 'message', buriedAtMs: 1 });
    await idMap.close();
    await beginRebuild(folder);
    const next = await open(true);
    expect(await next.sweepCursor()).toBeUndefined();
    expect(await next.buried()).toHaveLength(1);
    await next.close();
  });

  it('is begun anew where clearing was interrupted', async () => {
    await beginRebuild(folder);
    await fill();
    await rm(placesIn(folder).format);
    await writeFile(placesIn(folder).sweep, '{"torn');
    await beginRebuild(folder);
    await (await open(true)).close();
  });
});
