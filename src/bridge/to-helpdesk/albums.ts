/**
 * Albums: messages that were sent together become one comment.
 *
 * Telegram hands the items out one by one and, by webhook, waits for each to be acknowledged before the next. So an item is put on disk
 * (`ConversationState.album`, its words sealed) and acknowledged, and the album is filed when no more came for a moment, when it is full, or when
 * something else of the conversation is to be filed, whichever is first. Filing is a job like that of any message. The commit that links
 * the comment to all messages also removes what was kept; from the moment filing begins (`closed`) nothing joins the album any more,
 * since the comment may be in the helpdesk already. What comes later is marked as an addition.
 */
import type { ConversationSession } from '../../core/ports.js';
import type { ConversationChange, ConversationState, FiledAlbum, PendingAlbum } from '../../core/conversation.js';
import { BridgeError } from '../../core/errors.js';
import { joinTexts } from '../../core/rich-text.js';
import type { AlbumId, ChatEvent, ConversationId, MessageEvent, MessageId } from '../../core/types.js';
import { ALBUM_DUE } from '../due.js';
import { toKept, toMessage, withSealedWords } from './kept.js';
import type { Job } from '../work/lanes.js';
import type { BridgePorts } from '../ports.js';

/** https://core.telegram.org/bots/api#sendmediagroup; what people send is cut in the same way. */
const ITEMS_MAX = 10;
/** Items of one album follow each other within tenths of a second. */
export const COMPLETE_AFTER_MS = 1_000;

export type AlbumItem = MessageEvent & { readonly album: AlbumId };

/** What a comment stands for beside the message whose id it bears, and what changes in the commit that links it. */
export interface Along {
  readonly messages: readonly MessageId[];
  readonly change: ConversationChange;
  /** Who wrote could not be read: it says nothing of the requester's profile. */
  readonly nameUnknown?: boolean;
}

export function isAlbumItem(event: ChatEvent): event is AlbumItem {
  return event.kind === 'message' && event.album !== undefined;
}

/**
 * `kept`: on disk, more may come. `full`: on disk, and the last. `stored`: was filed or buried before. `late`: its album was filed without it.
 */
export type ItemFate = 'kept' | 'full' | 'stored' | 'late';

/** Puts an item on disk. Whatever must be filed before it has been. Safe to repeat. */
export async function keepItem(ports: BridgePorts, session: ConversationSession, event: AlbumItem): Promise<ItemFate> {
  if (await session.linkOfMessage(event.message)) return 'stored';
  const { album } = session.state;
  const filed = filedAs(session.state, event);
  if (filed?.buried?.includes(event.message) === true) return 'stored';
  if (filed !== undefined && await session.linkOfMessage(filed.message) !== undefined) return 'late';
  const before = album?.items ?? [];
  const items = before.some(({ message }) => message === event.message) ? before : [...before, toKept(ports.seal, event)];
  await session.commit({
    album: { album: event.album, items }, due: [{ kind: ALBUM_DUE, atMs: ports.clock.nowMs() + COMPLETE_AFTER_MS }],
  });
  return items.length < ITEMS_MAX ? 'kept' : 'full';
}

/** Puts what an item was changed to in its place, while its album is not filed. False = it is no such item. Safe to repeat. */
export async function changeKept({ seal }: BridgePorts, session: ConversationSession, event: MessageEvent): Promise<boolean> {
  const { album } = session.state;
  if (album === undefined || !isKept(album, event.message)) return false;
  await session.commit({ album: { ...album, items: album.items.map((item) => (item.message === event.message ? toKept(seal, event) : item)) } });
  return true;
}

function isKept({ items, closed }: PendingAlbum, message: MessageId): boolean {
  return closed !== true && items.some((item) => item.message === message);
}

/** Whether this album has to be filed before that event is worked on. */
export function standsBefore(pending: PendingAlbum, event: ChatEvent): boolean {
  if (event.kind === 'edit' && isKept(pending, event.message)) return false;
  return !isAlbumItem(event) || event.album !== pending.album || pending.closed === true || pending.items.length >= ITEMS_MAX;
}

function filedAs({ filedAlbums }: ConversationState, { album }: { readonly album: AlbumId }): FiledAlbum | undefined {
  return filedAlbums?.find((filed) => filed.album === album);
}

/** The item as an addition to the album that was filed without it. */
export function toAddition(session: ConversationSession, event: AlbumItem): MessageEvent {
  const first = filedAs(session.state, event)?.message;
  return { ...event, origin: [{ key: 'album.addition' }, ...event.origin ?? []], ...(first !== undefined && { replyTo: first }) };
}

/**
 * The job that files what is pending of a conversation, if it is `wanted`. `toJob` makes the job of a message; what was kept is gone when it is done
 * or buried.
 */
export async function albumJob(
  ports: BridgePorts, conversation: ConversationId, wanted: (pending: PendingAlbum) => boolean, toJob: (event: MessageEvent, along: Along) => Job,
): Promise<Job | undefined> {
  const { state } = await ports.idMap.withConversation(conversation, async (session) => ({ state: session.state }));
  const pending = state.album;
  const [first, ...others] = pending?.items ?? [];
  if (pending === undefined || first === undefined || !wanted(pending)) return undefined;
  const gone: ConversationChange = { album: null, done: [{ kind: ALBUM_DUE }] };
  const buried = filedAs(state, pending)?.buried ?? [];
  const filed: FiledAlbum = { album: pending.album, message: first.message, ...(buried.length > 0 && { buried }) };
  const { event, nameUnknown } = toAlbumEvent(ports, conversation, pending);
  const job = toJob(event, {
    messages: others.map(({ message }) => message), change: { ...gone, filedAlbum: filed }, nameUnknown,
  });
  const held = (change: ConversationChange): Promise<void> => ports.idMap.withConversation(conversation, (session) => session.commit(change));
  let closed = pending.closed === true;
  return {
    ...job,
    async run(attempt) {
      if (!closed) await held({ album: { ...pending, items: pending.items.map((item) => withSealedWords(ports.seal, item, conversation)), closed: true } });
      closed = true;
      return job.run(attempt);
    },
    async bury(error) {
      await job.bury(error);
      // Telegram may hand its items out once more, and not all of them: then none may get into another entry.
      await held({ ...gone, filedAlbum: { ...filed, buried: [...buried, ...pending.items.map(({ message }) => message)] } });
    },
  };
}

/** What cannot be read any more is left out, and said to be: the bot's token was changed while it waited, or the disk is damaged. */
function toAlbumEvent(ports: BridgePorts, conversation: ConversationId, { items }: PendingAlbum): { readonly event: MessageEvent; readonly nameUnknown: boolean } {
  const messages = items.map((item, index) => toMessage(ports, item, conversation, index + 1));
  const [first, ...others] = messages.map(({ event }) => event);
  if (first === undefined) throw new BridgeError({ code: 'internal', operation: 'albumJob', message: 'an album without messages' });
  const event = toOneMessage(first, [first, ...others]);
  const unreadable = messages.filter(({ readable }) => !readable).length;
  if (unreadable === 0) return { event, nameUnknown: false };
  ports.emit({
    type: 'log', level: 'error', message: 'the words of an album cannot be read any more, its files are filed without them: the bot token was changed meanwhile, or the disk is damaged',
    facts: { conversation, album: first.message, messages: items.length, unreadable },
  });
  const known = messages.find(({ readable }) => readable)?.event.person;
  return { event: { ...event, person: known ?? event.person, origin: [{ key: 'album.unreadable' }, ...event.origin ?? []] }, nameUnknown: known === undefined };
}

/** Several messages as one, which bears the id of `first`. Pure. */
export function toOneMessage({ about, ...first }: MessageEvent, all: readonly MessageEvent[]): MessageEvent {
  const replyTo = all.find((event) => event.replyTo !== undefined)?.replyTo;
  return {
    // What a single file is needs no word where there are several.
    ...first, ...(about !== undefined && all.length === 1 && { about }), ...(replyTo !== undefined && { replyTo }),
    content: { text: joinTexts(all.map(({ content }) => content.text), '\n'), attachments: all.flatMap(({ content }) => content.attachments) },
  };
}
