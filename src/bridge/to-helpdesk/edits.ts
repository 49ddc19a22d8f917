/**
 * What a requester changed in a message: one marked comment on the ticket where the message stands, which shows what is different.
 *
 * The bridge keeps no text, so what was there before is read from the ticket. Several changes of one message that wait in their lane become
 * one comment: an earlier one is done with when a later one waits behind it, since after a crash that one comes again.
 */
import { LRUCache } from 'lru-cache';
import type { ConversationSession } from '../../core/ports.js';
import { entryOf, type ConversationState, type Link } from '../../core/conversation.js';
import type { EditEvent } from '../../core/changes.js';
import type { Attachment, Comment, Content, MessageEvent, MessageId, TicketId } from '../../core/types.js';
import { toBridgeError } from '../../core/errors.js';
import { joinTexts, markText, sliceText, trimText, type RichText } from '../../core/rich-text.js';
import { wasBuried } from '../bury.js';
import { changeKept } from './albums.js';
import { whatWas } from './difference.js';
import { editId, readEdit } from '../edit-ids.js';
import type { Job } from '../work/lanes.js';
import type { BridgePorts } from '../ports.js';
import { commentsAfter } from './ticket-comments.js';
import { storeMessage, toComment, type Stored } from './to-helpdesk.js';
import { findEarlier, lookFor } from './write-once.js';
import { toWords, withoutHead, withoutStart } from './words.js';

/** People correct a message several times in a row. */
export const EDIT_SETTLES_MS = 1_000;
/** A live location moves every few seconds; agents are shown where it is this often, and where it ended. */
const SHOWN_AGAIN_AFTER_MS = 5 * 60_000;
const REMEMBERED_MAX = 10_000;

/** What is known of changes only while the process lives. */
export class Edits {
  /** The last change of each message that came in and is not stored yet. */
  readonly #newest = new LRUCache<MessageId, number>({ max: REMEMBERED_MAX });
  /** When a message that changes by itself was last shown. */
  readonly #shownAtMs = new LRUCache<MessageId, number>({ max: REMEMBERED_MAX });

  /** The work of one change, unless a later one of the same message waits by then. To be called when the change comes in. */
  unlessNewer({ conversation, message, revision }: EditEvent, ports: BridgePorts, run: Job['run']): Job['run'] {
    this.#newest.set(message, Math.max(revision, this.#newest.get(message) ?? 0));
    const key = editId({ message, revision });
    // A change whose write may have happened is followed up, also when it was to be the message itself.
    const mayBeWritten = (): Promise<boolean> => ports.idMap.withConversation(conversation, async ({ state }) => (
      state.intents.some((intent) => intent.message === key || intent.message === message)));
    return async (attempt) => {
      if (this.hasNewer({ message, revision }) && !await mayBeWritten()) return 'nothing';
      const did = await run(attempt);
      if (this.#newest.get(message) === revision) this.#newest.delete(message);
      return did;
    };
  }

  /** Whether a later change of the same message waits. */
  hasNewer({ message, revision }: Pick<EditEvent, 'message' | 'revision'>): boolean {
    return (this.#newest.get(message) ?? 0) > revision;
  }

  /** Whether a message that changes by itself was shown so lately that this change is left out. `onTicketMs`: when, as far as the ticket tells. */
  isTooSoon({ message, ongoing, sentAtMs }: EditEvent, onTicketMs?: number): boolean {
    const shownAtMs = this.#shownAtMs.get(message) ?? onTicketMs;
    if (ongoing === true && shownAtMs !== undefined) this.#shownAtMs.set(message, shownAtMs);
    return ongoing === true && shownAtMs !== undefined && sentAtMs - shownAtMs < SHOWN_AGAIN_AFTER_MS;
  }

  noteShown({ message, ongoing }: EditEvent, atMs: number): void {
    if (ongoing === true) this.#shownAtMs.set(message, atMs);
    else this.#shownAtMs.delete(message);
  }
}

/**
 * Stores one change. Undefined = there is nothing to show: it was stored before, a later one was, or nothing that people see is different.
 * Safe to repeat. Throws what the ports throw.
 */
export async function storeEdit(ports: BridgePorts, session: ConversationSession, event: EditEvent, attempt: number, edits = new Edits()): Promise<Stored | undefined> {
  if (await changeKept(ports, session, asMessage(event))) return undefined;
  const key = editId(event);
  if (edits.isTooSoon(event) || await session.linkOfMessage(key) !== undefined) return undefined;
  const link = await session.linkOfMessage(event.message);
  if (link === undefined) return storeInstead(ports, session, event, attempt, edits);
  const places = placesOf(session.state, link.ticket);
  const versions = (await Promise.all(places.map((place) => readVersions(ports, place, event.message, link)))).flat();
  const stored = versions.find(({ comment }) => comment.externalId === key);
  if (stored !== undefined) {
    await session.commit({ links: [{ ticket: stored.comment.ticket, comment: stored.comment.id, message: key, part: 0 }], settled: [key] });
    return undefined;
  }
  const isOver = versions.some(({ revision }) => revision > event.revision) || edits.isTooSoon(event, versions.at(-1)?.comment.createdAtMs);
  const content = isOver ? undefined : changedContent(ports, event, versions);
  if (content === undefined && !await isElsewhere(ports, session, key)) return undefined;
  const { conversation, person, sentAtMs } = event;
  const filing = { kind: 'message', conversation, person, sentAtMs, message: key, content: content ?? event.content, editOn: places.at(-1) ?? link.ticket, isVersion: true } as const;
  const filed = await storeMessage(ports, session, filing, attempt);
  edits.noteShown(event, event.sentAtMs);
  return filed;
}

/**
 * Whether an earlier try left this change where its message does not stand: it was to be the message itself, which a replay filed meanwhile. Also when
 * nobody can look. An intent of which nothing is there, and nothing can come any more, is forgotten. Throws what the ports throw, and `unavailable` with the time to wait.
 */
async function isElsewhere(ports: BridgePorts, session: ConversationSession, key: MessageId): Promise<boolean> {
  const earlier = session.state.intents.find(({ message }) => message === key);
  if (earlier === undefined) return false;
  const find = lookFor(ports.connector, key, earlier.ticket);
  if (find === undefined) return true;
  const found = await findEarlier(ports, session, { message: key, find }).catch((thrown: unknown) => {
    // On a ticket that is gone nothing can come any more.
    if (toBridgeError(thrown, 'isElsewhere').code !== 'not_found') throw thrown;
  });
  if (found !== undefined) return true;
  await session.commit({ settled: [key] });
  return false;
}

/** Stores a change as its message, which was buried, or is from before the bridge. */
async function storeInstead(ports: BridgePorts, session: ConversationSession, event: EditEvent, attempt: number, edits: Edits): Promise<Stored | undefined> {
  // An album that is replayed stays whole: its first message must not count as stored because of this.
  if (event.album !== undefined) return storeMessage(ports, session, { ...asMessage(event), message: editId(event), isVersion: true }, attempt);
  const mayBeOlder = session.state.intents.some(({ message }) => message === event.message) || (ports.connector.capabilities.idempotency === 'native' && await wasBuried(ports, event));
  const stored = await storeMessage(ports, session, { ...asMessage(event), isVersion: true }, attempt);
  // What was given up may have landed all the same: then that was found, and says what the message said before. Or a later change was, which comes and sees for itself.
  const changed = stored && mayBeOlder && !edits.hasNewer(event) ? await storeEdit(ports, session, event, attempt, edits) : undefined;
  return stored && changed ? { ...changed, due: stored.due || changed.due, leftOut: [...stored.leftOut, ...changed.leftOut] } : stored;
}

/** The message as it is now, alone. */
function asMessage({ kind: _kind, revision: _revision, ongoing: _ongoing, album: _album, ...event }: EditEvent): MessageEvent {
  return { ...event, kind: 'message' };
}

/** What stands on the ticket of a message: the message itself, and its changes. */
interface Version {
  readonly comment: Comment;
  /** 0 = as it was sent. */
  readonly revision: number;
}

const FOLLOW_UPS_MAX = 10;

/** The ticket of a message, and those that were opened in its place when it was over: changes go to the last. Each where agents merged it to. */
function placesOf(state: ConversationState, ticket: TicketId): readonly TicketId[] {
  const placeOf = (one: TicketId): TicketId => entryOf(state, one)?.ticket ?? one;
  const places = [placeOf(ticket)];
  while (places.length <= FOLLOW_UPS_MAX) {
    const next = state.tickets.filter(({ followUpOf }) => followUpOf !== undefined && placeOf(followUpOf) === places.at(-1)).map((entry) => entryOf(state, entry.ticket))
      .findLast((entry) => entry !== undefined && entry.phase !== 'gone' && !places.includes(entry.ticket));
    if (next === undefined) break;
    places.push(next.ticket);
  }
  return places;
}

/** In order. Empty when the ticket is gone. */
async function readVersions(ports: BridgePorts, place: TicketId, message: MessageId, link: Link): Promise<readonly Version[]> {
  const comments = await commentsAfter(ports, place);
  // The message that opened a ticket has no comment of its own in the map.
  const opening = comments.find((comment) => comment.ticket === link.ticket);
  const first = link.comment === undefined ? opening : comments.find((comment) => comment.id === link.comment);
  return comments.filter((comment) => comment.origin === 'bridge').flatMap((comment): Version[] => {
    if (comment === first) return [{ comment, revision: 0 }];
    const edit = readEdit(comment.externalId);
    return edit?.message === message ? [{ comment, revision: edit.revision }] : [];
  });
}

/** The comment that shows the change; undefined = people see no difference. */
function changedContent(ports: BridgePorts, event: EditEvent, versions: readonly Version[]): Content | undefined {
  const mapping = ports.mapping();
  const line = (key: string): RichText => mapping.text(mapping.agentLocale, key);
  // As it would be filed today: a file that is too large is a line of text there as well.
  const { text: now, attachments } = ownContent(ports, event);
  if (event.ongoing !== undefined) return { text: joinTexts([line(event.ongoing ? 'message.moved' : 'message.moveEnded'), now], '\n'), attachments };
  const was = textOf(ports, event, versions.at(-1));
  const files = versions.findLast(({ comment }) => comment.content.attachments.length > 0)?.comment.content.attachments ?? [];
  const isNew = (file: Attachment): boolean => !files.some((known) => isSame(known, file));
  const same = was !== undefined && (isSameText(was, now) || (event.album !== undefined && isAmong(was, now, attachments.some(isNew))));
  if (same && !attachments.some(isNew)) return undefined;
  const head = was === undefined || was.text === '' || same ? [line('message.edited')]
    : [line('message.editedWas'), markText(whatWas(was.text, now.text), { type: 'quote' })];
  return { text: joinTexts([...head, now], '\n'), attachments: event.content.attachments.filter(isNew) };
}

/** What was said and sent, without what it answers and where it comes from: that stands on the ticket, and does not change. */
function ownContent(ports: BridgePorts, event: EditEvent): Content {
  const { about: _about, ...worded } = asMessage(event);
  // What a file of an album is was left unsaid: see albums.ts.
  const { text, attachments } = toComment(ports, event.album === undefined ? asMessage(event) : worded).content;
  return { text: trimText(withoutHead(ports.mapping(), event, text)), attachments };
}

/** What a version said, without what the bridge wrote around it. Undefined = nobody knows. */
function textOf(ports: BridgePorts, event: EditEvent, version: Version | undefined): RichText | undefined {
  if (version === undefined) return undefined;
  const mapping = ports.mapping();
  const text = trimText(version.comment.content.text);
  if (version.revision === 0) {
    const own = withoutHead(mapping, event, text);
    // An album of one file says what it is all the same.
    return event.album === undefined || event.about === undefined ? own : trimText(withoutStart(own, toWords(mapping, event.about).text));
  }
  const body = trimText(sliceText(text, text.text.includes('\n') ? text.text.indexOf('\n') : text.text.length));
  const quotes = text.text.startsWith(mapping.text(mapping.agentLocale, 'message.editedWas').text);
  const quote = quotes ? body.spans.find((span) => span.type === 'quote' && span.offset === 0) : undefined;
  return quote === undefined ? body : trimText(sliceText(body, quote.length));
}

/** Whether these words stand among the captions of an album as they are. Files without any have other files' captions beside them. */
function isAmong(was: RichText, now: RichText, hasNewFile: boolean): boolean {
  const linesOf = ({ text }: RichText): string => `\n${text.split('\n').map((one) => one.trim()).filter((one) => one !== '').join('\n')}\n`;
  return now.text === '' ? hasNewFile : linesOf(was).includes(linesOf(now)) && linksOf(now) === '';
}

/** White space is the helpdesk's; a link is compared where its words do not tell where it leads. */
function isSameText(one: RichText, other: RichText): boolean {
  return wordsOf(one) === wordsOf(other) && linksOf(one) === linksOf(other);
}

function wordsOf({ text }: RichText): string {
  return text.replace(/\s+/gu, ' ').trim();
}

function linksOf({ text, spans }: RichText): string {
  const bare = (url: string): string => url.replace(/^\w+:\/*/u, '').replace(/\/$/u, '');
  return spans.flatMap((span) => (span.type === 'link' && bare(span.url) !== bare(text.slice(span.offset, span.offset + span.length)) ? [bare(span.url)] : [])).join(' ');
}

/** By what both sides know of a file: the name that the bridge gives it holds the message, and helpdesks do not all tell sizes. */
function isSame(one: Attachment, other: Attachment): boolean {
  return one.name === other.name && (one.sizeBytes === undefined || other.sizeBytes === undefined || one.sizeBytes === other.sizeBytes);
}
