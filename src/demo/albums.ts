/** What belongs here: the files that a customer sends together, until the page has uploaded all of them. */
import type { ApiMessage, EmulatorWorld, SentFile } from './emulator/index.js';

export interface Albums {
  /** Sends the album with its last file; until then nothing. Throws for a file that stands outside of it. */
  take(chat: number, album: string, upload: { readonly file: SentFile; readonly place: number; readonly of: number }): Promise<readonly ApiMessage[]>;
}

/** Albums under way at once; the oldest is forgotten. */
const UNDER_WAY_MAX = 20;

export function createAlbums(world: EmulatorWorld): Albums {
  const underWay = new Map<string, Map<number, SentFile>>();
  return {
    async take(chat, album, { file, place, of }) {
      if (place >= of) throw new Error('no such place in the album');
      const key = `${chat} ${album}`;
      const files = underWay.get(key) ?? new Map<number, SentFile>();
      underWay.set(key, files.set(place, file));
      const [oldest] = underWay.keys();
      if (underWay.size > UNDER_WAY_MAX && oldest !== undefined) underWay.delete(oldest);
      if (files.size < of) return [];
      underWay.delete(key);
      return world.sendAlbum(chat, [...files].sort(([one], [other]) => one - other).map(([, each]) => each));
    },
  };
}
