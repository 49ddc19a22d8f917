/**
 * One conversation of the lowdb store: its file, its links and the way a commit goes to disk. Commits that come while one is being
 * written wait and then share the next write. What others rely on is written first (older links, ticket and due index), the file that
 * makes it true last, and memory changes only when the disk has.
 */
import { Low } from 'lowdb';
import { applyChange, emptyConversation, type ConversationChange, type ConversationState, type Link } from '../core/conversation.js';
import { earliestDueMs } from '../core/due.js';
import { createDurableAdapter } from '../disk/files.js';
import type { CommentId, ConversationId, MessageId, TicketId } from '../core/types.js';
import type { DueIndex } from './due.js';
import type { Folders } from './folders.js';
import { FORMAT, parseConversation, toLink, toRow, type ConversationFile, type LinkRow } from './format.js';
import { isFree, linkOfMessage, linksOfComment } from './links.js';
import type { Places } from './names.js';
import { createOlderLinks, type OlderLinks } from './older-links.js';
import { deepFreeze } from './session.js';
import type { TicketIndex } from './tickets.js';

/** When a file holds more links than this, the oldest page of them moves out: the cost of a write stays the same for a long conversation. */
export const LINKS_IN_FILE_MAX = 128;
export const PAGE_LENGTH = 96;

export interface RecordContext {
  readonly places: Places;
  readonly folders: Folders;
  readonly due: DueIndex;
  readonly tickets: TicketIndex;
}

export interface ConversationRecord {
  /** As of the last write; frozen. */
  readonly state: ConversationState;
  /** How much memory it takes, in links. */
  readonly weight: number;
  commit(change: ConversationChange): Promise<void>;
  linkOfMessage(message: MessageId): Promise<Link | undefined>;
  linksOfComment(ticket: TicketId, comment: CommentId): Promise<readonly Link[]>;
}

interface Waiting {
  readonly change: ConversationChange;
  resolve(): void;
  reject(reason: unknown): void;
}

/** A bare conversation weighs about as much as this many links. */
const BARE_WEIGHT = 8;

/** Reads a conversation, or starts an empty one. Throws `unavailable` naming a file that is torn, foreign or of another version. */
export async function openRecord(conversation: ConversationId, context: RecordContext): Promise<ConversationRecord> {
  const { places, folders, due, tickets } = context;
  const place = places.conversation(conversation);
  const options = { temporaryFolder: places.temporary };
  const low = new Low<ConversationFile>(
    createDurableAdapter(place.path, (json) => parseConversation(json, conversation), options),
    { format: FORMAT, state: emptyConversation(conversation), pages: 0, links: [] },
  );
  await low.read();
  deepFreeze(low.data.state);
  const older = createOlderLinks(conversation, places, () => low.data.pages);

  async function prepare(next: ConversationState, dueMs: number | undefined): Promise<void> {
    const before = low.data.state;
    const fresh = next.tickets === before.tickets ? [] : next.tickets.filter(({ ticket }) => !before.tickets.some((known) => known.ticket === ticket));
    await Promise.all([
      folders.ensure(place.folder),
      dueMs === undefined ? undefined : due.prepare(conversation, dueMs),
      ...fresh.map(({ ticket }) => tickets.add(ticket, conversation)),
    ]);
  }

  /** Moves the oldest links out, so that what stays is short. The page counts only when the conversation's own file says so. */
  async function spill(file: ConversationFile): Promise<ConversationFile> {
    let { pages, links } = file;
    for (; links.length > LINKS_IN_FILE_MAX; pages += 1, links = links.slice(PAGE_LENGTH)) {
      await older.write(pages, links.slice(0, PAGE_LENGTH), folders);
    }
    return { ...file, pages, links };
  }

  async function commitAll(changes: readonly ConversationChange[]): Promise<void> {
    const before = low.data;
    const state = deepFreeze(changes.reduce(applyChange, before.state));
    const dueMs = earliestDueMs(state);
    try {
      const added = changes.some(({ links }) => links !== undefined && links.length > 0) ? await freeLinks(before.links, older, changes) : [];
      await prepare(state, dueMs);
      const file = { format: FORMAT, state, pages: before.pages, links: added.length === 0 ? before.links : [...before.links, ...added] };
      low.data = file.links.length > LINKS_IN_FILE_MAX ? await spill(file) : file;
      await low.write();
    } catch (thrown) {
      low.data = before;
      due.abandon(conversation);
      throw thrown;
    }
    due.settle(conversation, dueMs);
  }

  return {
    get state() { return low.data.state; },
    get weight() { return BARE_WEIGHT + low.data.links.length + older.size(); },
    commit: shareWrites(commitAll),
    async linkOfMessage(message) {
      const row = low.data.links.find((one) => one[2] === message);
      if (row !== undefined) return toLink(row);
      return low.data.pages === 0 ? undefined : linkOfMessage(await older.load(), message);
    },
    async linksOfComment(ticket, comment) {
      const rows = low.data.links.filter((row) => row[1] === comment && row[0] === ticket).map(toLink);
      // An answer of many parts may lie on both sides of a page's end.
      const far = low.data.pages === 0 ? [] : linksOfComment(await older.load(), ticket, comment);
      return far.length === 0 ? rows.sort((a, b) => a.part - b.part) : [...far, ...rows.filter(({ part }) => !far.some((other) => other.part === part))].sort((a, b) => a.part - b.part);
    },
  };
}

/** The links of `changes` whose ends are free, in order. */
async function freeLinks(rows: readonly LinkRow[], older: OlderLinks, changes: readonly ConversationChange[]): Promise<readonly LinkRow[]> {
  const far = await older.load();
  const added: LinkRow[] = [];
  for (const link of changes.flatMap(({ links }) => links ?? [])) {
    if (isFree(far, link) && !rows.some((row) => clashes(row, link)) && !added.some((row) => clashes(row, link))) added.push(toRow(link));
  }
  return added;
}

/**
 * A scan of a short list: cheaper than an index that would have to be kept for every conversation in memory. Rows are read by place:
 * taking them apart costs ten times as much, and this is done for every row of every write.
 */
function clashes(row: LinkRow, link: Link): boolean {
  return (link.message !== undefined && row[2] === link.message)
    || (link.comment !== undefined && row[1] === link.comment && row[0] === link.ticket && row[3] === link.part);
}

/** Runs `write` one at a time; what comes meanwhile goes together into the next run. Nobody waits for more than two runs. */
function shareWrites(write: (changes: readonly ConversationChange[]) => Promise<void>): (change: ConversationChange) => Promise<void> {
  let waiting: Waiting[] = [];
  let writing = false;

  async function run(): Promise<void> {
    writing = true;
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      try {
        await write(batch.map(({ change }) => change));
        for (const { resolve } of batch) resolve();
      } catch (thrown) {
        for (const { reject } of batch) reject(thrown);
      }
    }
    writing = false;
  }

  return (change) => new Promise<void>((resolve, reject) => {
    waiting.push({ change, resolve, reject });
    if (!writing) void run();
  });
}
