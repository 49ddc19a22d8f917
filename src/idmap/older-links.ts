/** The links that moved out of a conversation's file, in numbered pages that never change; read when a look-up finds nothing nearer. */
import { createDurableAdapter, DamagedFile, parseFile, readText } from '../disk/files.js';
import type { ConversationId } from '../core/types.js';
import type { Folders } from './folders.js';
import { FORMAT, parseLinkPage, toLink, type LinkPageFile, type LinkRow } from './format.js';
import { addLink, emptyLinks, type LinkTable } from './links.js';
import type { Places } from './names.js';

export interface OlderLinks {
  /** On disk when it resolves. A page that a crash left unused is written over. */
  write(page: number, links: readonly LinkRow[], folders: Folders): Promise<void>;
  /** All pages, each read once. Throws `unavailable` naming a page that is missing or torn. */
  load(): Promise<LinkTable>;
  /** Links held in memory. */
  size(): number;
}

/** `pages` tells how many pages count. */
export function createOlderLinks(conversation: ConversationId, places: Places, pages: () => number): OlderLinks {
  const table = emptyLinks();
  let loaded = 0;
  let held = 0;
  let loading: Promise<LinkTable> | undefined;

  async function readPage(page: number): Promise<void> {
    const { path } = places.linkPage(conversation, page);
    const text = await readText(path);
    if (text === undefined) {
      throw new DamagedFile(path, 'is missing');
    }
    for (const row of parseFile(path, text, (json) => parseLinkPage(json, conversation, page)).links) {
      addLink(table, toLink(row));
      held += 1;
    }
  }

  async function loadAll(): Promise<LinkTable> {
    for (; loaded < pages(); loaded += 1) await readPage(loaded);
    return table;
  }

  return {
    async write(page, links, folders) {
      const place = places.linkPage(conversation, page);
      await folders.ensure(place.folder);
      const adapter = createDurableAdapter<LinkPageFile>(place.path, (json) => parseLinkPage(json, conversation, page), { temporaryFolder: places.temporary });
      await adapter.write({ format: FORMAT, conversation, page, links });
    },
    load() {
      loading ??= loadAll().finally(() => { loading = undefined; });
      return loading;
    },
    size: () => held,
  };
}
