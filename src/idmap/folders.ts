/** The folders of the lowdb store: made when first needed, listed when it opens. */
import { readdir } from 'node:fs/promises';
import { diskError, errnoOf, makeFolder } from '../disk/files.js';

export interface Folders {
  /** Makes a folder durably; remembers the ones that are there. */
  ensure(folder: string): Promise<void>;
  /** Names in a folder; none when there is no such folder. */
  list(folder: string): Promise<readonly string[]>;
}

export function createFolders(): Folders {
  const made = new Map<string, Promise<void>>();
  return {
    ensure(folder) {
      const known = made.get(folder);
      if (known !== undefined) return known;
      const making = makeFolder(folder);
      made.set(folder, making);
      making.catch(() => { made.delete(folder); });
      return making;
    },
    async list(folder) {
      try {
        return await readdir(folder);
      } catch (thrown) {
        if (errnoOf(thrown) === 'ENOENT') return [];
        throw diskError('list', folder, thrown);
      }
    },
  };
}
