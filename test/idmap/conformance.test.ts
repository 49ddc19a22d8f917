import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLowdbIdMap } from '../../src/idmap/lowdb.js';
import { createMemoryIdMap } from '../../src/idmap/memory.js';
import { describeIdMap } from '../conformance/idmap.js';

describeIdMap('memory', () => {
  const idMap = createMemoryIdMap();
  return Promise.resolve({ idMap, close: () => idMap.close() });
});

describeIdMap('lowdb', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'deskbridge-idmap-'));
  let nowMs = 1000;
  const open = (): ReturnType<typeof createLowdbIdMap> => createLowdbIdMap({ folder, nowMs: () => (nowMs += 1) });
  let current = await open();
  return {
    idMap: current,
    async reopen() {
      await current.close();
      current = await open();
      return current;
    },
    async close() {
      await current.close();
      await rm(folder, { recursive: true });
    },
  };
});
