/** The contract of `IdMap`: which conversations have work that is due. */
import { expect, it } from '@jest/globals';
import { DUE_AHEAD_MAX_MS } from '../../src/core/due.js';
import type { OpenedIdMap } from './idmap.js';
import { commit, conversationId } from './idmap-samples.js';

const a = conversationId('100');
const b = conversationId('-100200/7');

export function describeDueWork(start: () => Promise<OpenedIdMap>): void {
  it('lists due conversations, earliest first, at their time and not before', async () => {
    const { idMap, reopen } = await start();
    await commit(idMap, a, { due: [{ kind: 'receipt', atMs: 200 }, { kind: 'rating', atMs: 900 }] });
    await commit(idMap, b, { due: [{ kind: 'receipt', atMs: 100 }] });
    expect(await idMap.dueConversations(99)).toEqual([]);
    expect(await idMap.dueConversations(100)).toEqual([b]);
    expect(await idMap.dueConversations(200)).toEqual([b, a]);
    await commit(idMap, a, { done: [{ kind: 'receipt' }] });
    await commit(idMap, b, { done: [{ kind: 'receipt' }] });
    expect(await idMap.dueConversations(899)).toEqual([]);
    const map = await reopen?.() ?? idMap;
    expect(await map.dueConversations(899)).toEqual([]);
    expect(await map.dueConversations(900)).toEqual([a]);
    await commit(map, a, { due: [{ kind: 'rating', atMs: 50 }] });
    expect(await map.dueConversations(50)).toEqual([a]);
  });

  it('lists what was put down by a clock that was set back since', async () => {
    const { idMap, reopen } = await start();
    await commit(idMap, a, { due: [{ kind: 'receipt', atMs: 3_600_000 }] });
    await commit(idMap, b, { due: [{ kind: 'receipt', atMs: DUE_AHEAD_MAX_MS }] });
    expect(await idMap.dueConversations(0)).toEqual([a]);
    expect(await (await reopen?.() ?? idMap).dueConversations(0)).toEqual([a]);
  });
}
