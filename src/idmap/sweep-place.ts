/** The place of the sweep: a small file, and the one before it. An older place does no harm (ringing twice never does), none would lose news. */
import { Low } from 'lowdb';
import { createDurableAdapter, DamagedFile, keepCopy } from '../disk/files.js';
import type { Emit, IdMap } from '../core/ports.js';
import { FORMAT, parseSweep, type SweepFile } from './format.js';
import { createLocks } from './locks.js';
import type { Places } from './names.js';

export function createSweepPlace(places: Places, emit?: Emit): { readonly read: IdMap['sweepCursor']; readonly save: IdMap['saveSweepCursor'] } {
  const locks = createLocks<'sweep'>();
  const fileAt = (path: string): Low<SweepFile | null> => new Low<SweepFile | null>(createDurableAdapter<SweepFile | null>(path, parseSweep, { temporaryFolder: places.temporary }), null);
  const low = fileAt(places.sweep);
  const previous = fileAt(places.previousSweep);
  let read = false;

  async function goBack(thrown: unknown): Promise<void> {
    if (!(thrown instanceof DamagedFile)) throw thrown;
    await previous.read();
    if (previous.data === null) throw thrown;
    const copy = await keepCopy(thrown.path);
    low.data = previous.data;
    emit?.({ type: 'log', level: 'error', message: 'the file of the sweep is damaged; the sweep goes back to the place before; check the disk', facts: { file: thrown.path, copy } });
  }

  return {
    read: () => locks.run('sweep', async () => {
      if (!read) await low.read().catch(goBack);
      read = true;
      return low.data?.cursor;
    }),
    save: (cursor) => locks.run('sweep', async () => {
      const before = low.data;
      if (before?.cursor === cursor) return;
      if (before !== null) {
        previous.data = before;
        await previous.write();
      }
      low.data = { format: FORMAT, cursor };
      await low.write().catch((thrown: unknown) => {
        low.data = before;
        throw thrown;
      });
      read = true;
    }),
  };
}
