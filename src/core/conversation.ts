/** What belongs here: what the id map remembers of one conversation, and the pure step from one state to the next. */
import type { ChangeCursor } from './changes.js';
import type { AlbumId, Attachment, CommentId, ConversationId, Locale, MessageId, Person, Phase, RequesterId, TicketId } from './types.js';
import { dueKey, type DueWork } from './due.js';
import type { DeliveryReason } from './errors.js';
import type { Opening } from './opening.js';
import type { SeenPhoto } from './photos.js';
import type { ReadAgain } from './reading-again.js';
import type { MessageWords, Sealed } from './seal.js';

/** One message is one comment (or one part of one). `message` is absent when a comment could not be delivered. */
export interface Link {
  readonly ticket: TicketId;
  /** Absent for the message that opened its ticket: whoever needs that comment finds it by its external id. */
  readonly comment?: CommentId;
  readonly message?: MessageId;
  /** Which part of the comment, from 0; WHOLE_COMMENT when the comment was given up. */
  readonly part: number;
  /** Why there is no message. */
  readonly undelivered?: DeliveryReason;
}

/**
 * The part of a link that stands for no message: this answer names its ticket, because several were open when it was first cut. So it is cut the same
 * way when the rest of it is sent, whatever is open by then.
 */
export const TICKET_NAMED = -1_000_000;

/**
 * The part of a link that concerns a comment as a whole. With `undelivered` it was given up: beside the links of the parts that did arrive, and of
 * those that a replay adds. Without, it counts as delivered: an earlier map knew by which messages.
 */
export const WHOLE_COMMENT = -1;

/**
 * Links are never taken back, so what became of a part later stands in more of them: a part that was sent anew (as a correction, or after it had been
 * withdrawn) is the part plus this once more, and `withdrawn` says that a part is not in the chat any more.
 */
export const PARTS_MAX = 10_000;

/** The number of the link that says that this part was withdrawn. */
export function withdrawn(part: number): number {
  return -2 - part;
}

/** What is in the chat now of each part of a comment, by place. */
export function partsInChat(links: readonly Link[]): ReadonlyMap<number, Link & { readonly message: MessageId }> {
  const gone = new Set(links.filter(({ part }) => part <= withdrawn(0)).map(({ part }) => withdrawn(part)));
  const last = new Map<number, Link>();
  for (const link of [...links].sort((a, b) => a.part - b.part)) if (link.part >= 0 && link.message !== undefined) last.set(link.part % PARTS_MAX, link);
  return new Map([...last].flatMap(([place, link]) => (link.message === undefined || gone.has(link.part) ? [] : [[place, { ...link, message: link.message }]])));
}

/** The number for sending this place of a comment once more. */
export function nextPart(links: readonly Link[], place: number): number {
  return links.filter(({ part }) => part >= 0 && part % PARTS_MAX === place).reduce((next, { part }) => Math.max(next, part + PARTS_MAX), place + PARTS_MAX);
}

/** Answers that wait for the requester's chat. */
export interface Late {
  /** Where the last of them stands. */
  readonly ticket: TicketId;
  readonly comment: CommentId;
  /** The last one of which the agent surely knows; those behind it are being told of. */
  readonly told?: CommentId;
  /** How often the first of them was tried. */
  readonly tries: number;
  /** The last one that was sent, while the agent does not know yet. `true`: one was, and the map was written before it kept which. */
  readonly arrived?: CommentId | true;
}

/** A ticket as one conversation sees it. */
export interface TicketEntry {
  readonly ticket: TicketId;
  /** What people call it. */
  readonly number: string;
  /** The last phase that was read. */
  readonly phase: Phase;
  /** When that phase was first read. */
  readonly phaseSinceMs: number;
  /** The last phase the requester was told of. */
  readonly toldPhase: Phase;
  /** The last comment that was relayed or passed over. */
  readonly cursor?: CommentId;
  /** Up to where changes of comments were carried over. */
  readonly changes?: ChangeCursor;
  /** Changes after that wait for the requester's chat. */
  readonly changesWait?: boolean;
  /** Present while answers after the cursor cannot be delivered. */
  readonly late?: Late;
  /** An agent opened it, and nothing of it was said to the requester yet. */
  readonly unannounced?: true;
  readonly topic?: string;
  readonly openedAtMs: number;
  /** The ticket that was over when this one was opened in its place. */
  readonly followUpOf?: TicketId;
  /** The ticket that swallowed this one; everything about it is on that one's entry. */
  readonly mergedInto?: TicketId;
}

/** The entry of a ticket, or of the one it was merged into. */
export function entryOf(state: ConversationState, ticket: TicketId | undefined): TicketEntry | undefined {
  let entry = state.tickets.find((one) => one.ticket === ticket);
  for (let hops = 0; entry?.mergedInto !== undefined && hops < MERGES_MAX; hops += 1) {
    const target = entry.mergedInto;
    entry = state.tickets.find((one) => one.ticket === target);
  }
  return entry;
}

/** Longer chains of merges do not happen; the bound keeps a damaged map from looping. */
const MERGES_MAX = 20;

/** The tickets that are not over, the latest last. */
export function openEntries(state: ConversationState): readonly TicketEntry[] {
  return state.tickets.filter((entry) => entry.mergedInto === undefined && !OVER.includes(entry.phase));
}

const OVER: readonly Phase[] = ['solved', 'closed', 'gone'];

/** A write that was about to be sent: until `settlesAtMs` it may still land, after that a look-up tells. */
export interface Intent {
  readonly message: MessageId;
  readonly ticket?: TicketId;
  readonly settlesAtMs: number;
}

/** A message to which somebody reacted a moment ago. */
export interface ToldReaction {
  readonly message: MessageId;
  /** When the agent was told last. */
  readonly toldAtMs: number;
  /** When the reaction changed, by Telegram's clock: the one told, or the one that waits. */
  readonly changedAtMs: number;
  /** What stands on it by now, and is yet to be told. In the open: as earlier versions left it, and none is written. */
  readonly waiting?: Sealed | readonly string[];
}

/**
 * An album that is still coming in. Telegram gives its items out one by one and waits for each to be acknowledged, so what came of it has to
 * be on disk until the last one is there, its words sealed: seconds long, and removed with the commit that links what it became.
 */
export interface PendingAlbum {
  readonly album: AlbumId;
  /** In order; never empty. */
  readonly items: readonly KeptMessage[];
  /** Filing has begun: nothing joins it any more. */
  readonly closed?: boolean;
}

/** A message by its ids, with its words sealed. */
export interface KeptMessage {
  readonly message: MessageId;
  readonly sentAtMs: number;
  readonly replyTo?: MessageId;
  readonly person: Pick<Person, 'id' | 'languageTag'>;
  readonly files: readonly KeptFile[];
  /** In the open: as earlier versions left them, sealed with the next write. */
  readonly words: Sealed | MessageWords;
}

/** A file without its name; opened again by its `ref`. The type is one that everybody knows: one of a sender's own making is among the words. */
export type KeptFile = Omit<Attachment, 'open' | 'name'>;

/** An album that was filed or given up, so that an item that comes late, or once more, is known to belong to it. */
export interface FiledAlbum {
  readonly album: AlbumId;
  /** The first message of what was filed or given up last. */
  readonly message: MessageId;
  /** What was given up of it: a buried entry holds these, so they are not taken again. */
  readonly buried?: readonly MessageId[];
}

export interface ConversationState {
  readonly conversation: ConversationId;
  readonly tickets: readonly TicketEntry[];
  /** Where the next message goes. */
  readonly current?: TicketId;
  readonly requester?: RequesterId;
  /** Tells whether the requester's profile is as the helpdesk was last told: a digest, too short to tell whose it is. */
  readonly profile?: string;
  /** Absent = nobody looked yet. */
  readonly photo?: SeenPhoto;
  /** The requester's own choice; absent = by the app's language. */
  readonly locale?: Locale;
  /** The app's language, as last seen. */
  readonly languageTag?: string;
  readonly opening?: Opening;
  /** Nothing can be sent: the requester blocked the bot, or the chat takes nothing from it. */
  readonly unreachable?: boolean;
  /** The requester was told that a message of theirs waits for the helpdesk. */
  readonly delayTold?: boolean;
  readonly album?: PendingAlbum;
  /** The last ones that were filed or given up, the latest last. */
  readonly filedAlbums?: readonly FiledAlbum[];
  /** The chat got another id, and its tickets are there, or on their way: nothing is relayed here any more. */
  readonly movedTo?: ConversationId;
  /** The id that the chat had before: what was said there is linked there. */
  readonly movedFrom?: ConversationId;
  /** Reactions of the last minutes. */
  readonly reactions?: readonly ToldReaction[];
  /** What was replayed lately. */
  readonly readAgain?: readonly ReadAgain[];
  readonly intents: readonly Intent[];
  readonly due: readonly DueWork[];
}

/** What one commit changes. Absent fields stay; `null` removes. */
export interface ConversationChange {
  /** Added, or replaced where the ticket is known already. */
  readonly tickets?: readonly TicketEntry[];
  /** Tickets to forget: the conversation moved to another chat. Their links stay. */
  readonly dropTickets?: readonly TicketId[];
  readonly current?: TicketId | null;
  readonly requester?: RequesterId | null;
  readonly profile?: string | null;
  readonly photo?: SeenPhoto | null;
  readonly locale?: Locale | null;
  readonly languageTag?: string | null;
  readonly opening?: Opening | null;
  readonly unreachable?: boolean;
  readonly delayTold?: boolean;
  readonly album?: PendingAlbum | null;
  /** Added; of too many the earliest is forgotten. */
  readonly filedAlbum?: FiledAlbum;
  readonly movedTo?: ConversationId;
  readonly movedFrom?: ConversationId;
  /** Instead of those before. */
  readonly reactions?: readonly ToldReaction[] | null;
  readonly readAgain?: readonly ReadAgain[];
  /** Added, or replaced for the same message. */
  readonly intents?: readonly Intent[];
  /** Messages whose intent is settled. */
  readonly settled?: readonly MessageId[];
  /** Added, or replaced for the same kind and ticket. */
  readonly due?: readonly DueWork[];
  readonly done?: readonly Pick<DueWork, 'kind' | 'ticket'>[];
  /** Links to add. A second link of the same message, or of the same comment and part, is ignored: the first stands. */
  readonly links?: readonly Link[];
}

export function emptyConversation(conversation: ConversationId): ConversationState {
  return { conversation, tickets: [], intents: [], due: [] };
}

/** The state after `change`. Pure. Links are not part of the state: stores keep them beside it. */
export function applyChange(state: ConversationState, change: ConversationChange): ConversationState {
  const dropped = new Set<TicketId>(change.dropTickets ?? []);
  const settled = new Set<MessageId>(change.settled ?? []);
  const next: ConversationState = {
    ...state,
    tickets: upsert(state.tickets, change.tickets ?? [], (entry) => entry.ticket).filter((entry) => !dropped.has(entry.ticket)),
    intents: upsert(state.intents, change.intents ?? [], (intent) => intent.message).filter((intent) => !settled.has(intent.message)),
    due: upsert(state.due, change.due ?? [], dueKey).filter((work) => !(change.done ?? []).some((done) => dueKey(done) === dueKey(work))),
  };
  const { filedAlbum } = change;
  const filedAlbums = filedAlbum && [...(state.filedAlbums ?? []).filter(({ album }) => album !== filedAlbum.album), filedAlbum].slice(-FILED_ALBUMS_MAX);
  return withFields(next, { ...change, ...(filedAlbums && { filedAlbums }) });
}

/** Items come late by seconds: more albums than that are not begun meanwhile, also when many people of a group send some at once. */
const FILED_ALBUMS_MAX = 20;

const FIELDS = [
  'current', 'requester', 'profile', 'photo', 'locale', 'languageTag', 'opening', 'unreachable', 'delayTold', 'album', 'filedAlbums', 'movedTo', 'movedFrom', 'reactions', 'readAgain',
] as const;

function withFields(state: ConversationState, change: ConversationChange & Pick<ConversationState, 'filedAlbums'>): ConversationState {
  const fields = new Map<string, unknown>(Object.entries(state));
  for (const field of FIELDS) {
    const value = change[field];
    if (value === null || value === false) fields.delete(field);
    else if (value !== undefined) fields.set(field, value);
  }
  return Object.fromEntries(fields) as unknown as ConversationState;
}

function upsert<T>(rows: readonly T[], changed: readonly T[], keyOf: (row: T) => string): readonly T[] {
  if (changed.length === 0) return rows;
  const byKey = new Map(rows.map((row) => [keyOf(row), row]));
  for (const row of changed) byKey.set(keyOf(row), row);
  return [...byKey.values()];
}
