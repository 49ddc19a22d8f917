/**
 * A map that is being rebuilt: filled in place, behind a mark that keeps everybody else from taking half a map for the whole. An interrupted
 * rebuild leaves the mark, and the next one begins by clearing what it finds.
 */
import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { BridgeError } from '../core/errors.js';
import { diskError, lockFolder, readText, removeFile, syncFolder, writeDurably } from '../disk/files.js';
import { createFolders, type Folders } from './folders.js';
import { placesIn, type Places } from './names.js';

/** What a rebuild makes anew. What was given up (`buried`) is kept: it may still be replayed. */
const MADE_ANEW = ['conversations', 'links', 'tickets', 'due', 'sweep.json', 'sweep.previous.json', 'format.json'];

/**
 * Makes `folder` ready to be opened with `unfinished`. Throws `conflict` when another process holds it or when it holds a map already,
 * `unavailable` when the disk fails.
 */
export async function beginRebuild(folder: string): Promise<void> {
  const lock = await lockFolder(folder);
  try {
    const places = placesIn(folder);
    if (await readText(places.unfinished) === undefined) {
      await refuseFilled(places, createFolders());
      await writeDurably(places.unfinished, '');
    }
    for (const name of MADE_ANEW) await clear(join(folder, name));
    await syncFolder(folder);
  } finally {
    await lock.release();
  }
}

/** The map is whole from now on. Call while it is open, so that nobody comes in between. */
export async function endRebuild(folder: string): Promise<void> {
  const { unfinished } = placesIn(folder);
  await removeFile(unfinished);
  await syncFolder(dirname(unfinished));
}

/** Throws `unavailable` for a map that a rebuild left half done. */
export async function refuseUnfinished({ root, unfinished }: Places): Promise<void> {
  if (await readText(unfinished) === undefined) return;
  throw new BridgeError({
    code: 'unavailable', operation: 'openIdMap', message: `the map in ${root} is only half rebuilt; run \`deskbridge rebuild\` again`,
  });
}

async function refuseFilled({ root }: Places, folders: Folders): Promise<void> {
  const fans = await folders.list(join(root, 'conversations'));
  for (const fan of fans) {
    if ((await folders.list(join(root, 'conversations', fan))).length === 0) continue;
    throw new BridgeError({
      code: 'conflict', operation: 'beginRebuild', message: `${root} holds a map already; stop the bridge and move that folder away, then run this again`,
    });
  }
}

async function clear(path: string): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true });
  } catch (thrown) {
    throw diskError('remove', path, thrown);
  }
}
