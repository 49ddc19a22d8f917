/** What stands in the files of the lowdb store: ids, flags and timestamps, and words that are sealed, checked when read. */
import { z } from 'zod';
import type { ChangeCursor } from '../core/changes.js';
import type { ConversationState, FiledAlbum, Intent, KeptFile, KeptMessage, Late, Link, PendingAlbum, TicketEntry, ToldReaction } from '../core/conversation.js';
import type { DueWork } from '../core/due.js';
import type { BridgeErrorCode, DeliveryReason } from '../core/errors.js';
import type { Opening } from '../core/opening.js';
import type { SeenPhoto } from '../core/photos.js';
import type { BuriedEntry } from '../core/ports.js';
import type { ReadAgain } from '../core/reading-again.js';
import type { Sealed } from '../core/seal.js';
import {
  mintId, type AlbumId, type CommentId, type ConversationId, type FileRef, type Id, type MessageId, type PersonId, type RequesterId,
  type SweepCursor, type TicketId,
} from '../core/types.js';
import { aroundWords, emoji, messageWords, personWords, richText, type Fields } from './words.js';

/** Counted up when an older program could no longer read the files. */
export const FORMAT = 1;

/** One conversation: its state and its newest links. Older links are in pages `0` to `pages - 1`. */
export interface ConversationFile {
  readonly format: number;
  readonly state: ConversationState;
  readonly pages: number;
  readonly links: readonly LinkRow[];
}

export interface LinkPageFile {
  readonly format: number;
  readonly conversation: ConversationId;
  readonly page: number;
  readonly links: readonly LinkRow[];
}

export interface TicketFile {
  readonly format: number;
  readonly ticket: TicketId;
  readonly conversations: readonly ConversationId[];
}

/** A link without its names, since links are most of what is written: ticket, comment, message, part, reason. */
export type LinkRow = readonly [TicketId, CommentId | null, MessageId | null, number, DeliveryReason?];

export function toRow(link: Link): LinkRow {
  const row = [link.ticket, link.comment ?? null, link.message ?? null, link.part] as const;
  return link.undelivered === undefined ? row : [...row, link.undelivered];
}

export function toLink([ticket, comment, message, part, undelivered]: LinkRow): Link {
  return Object.freeze({
    ticket, part,
    ...(comment === null ? {} : { comment }),
    ...(message === null ? {} : { message }),
    ...(undelivered === undefined ? {} : { undelivered }),
  });
}

const id = <T extends Id<string>>() => z.string().transform((raw) => mintId<T>(raw));
const timeMs = z.number();
const phase = z.enum(['new', 'open', 'pending', 'solved', 'closed', 'gone']);
const reason = z.enum(['blocked', 'deactivated', 'chat_gone', 'too_big', 'not_allowed', 'flood', 'file_unavailable', 'rejected'] satisfies DeliveryReason[]);
const code = z.enum([
  'invalid', 'unauthorized', 'forbidden', 'not_found', 'conflict', 'unsupported', 'rate_limited', 'unavailable', 'internal',
] satisfies BridgeErrorCode[]);

const linkRow = z.union([
  z.tuple([id<TicketId>(), id<CommentId>().nullable(), id<MessageId>().nullable(), z.number()]),
  z.tuple([id<TicketId>(), id<CommentId>().nullable(), id<MessageId>().nullable(), z.number(), reason]),
]);

const keptFile = {
  kind: z.enum(['photo', 'document', 'video', 'audio', 'voice', 'video_note', 'animation', 'sticker']), mediaType: z.string(),
  sizeBytes: z.number().exactOptional(), durationSeconds: z.number().exactOptional(), ref: id<FileRef>().exactOptional(),
  inline: z.object({ offset: z.number() }).exactOptional(),
} satisfies Fields<KeptFile>;
const keptIds = { message: id<MessageId>(), sentAtMs: timeMs, replyTo: id<MessageId>().exactOptional() };
const keptPerson = { id: id<PersonId>(), languageTag: z.string().exactOptional() } satisfies Fields<KeptMessage['person']>;

const keptMessage = z.object({
  ...keptIds, person: z.object(keptPerson), files: z.array(z.object(keptFile)), words: z.union([id<Sealed>(), messageWords]),
} satisfies Fields<KeptMessage>);

/** As earlier versions wrote it, in the open. */
const messageInTheOpen = z.object({
  ...keptIds, ...aroundWords, person: z.object({ ...keptPerson, ...personWords }),
  content: z.object({ text: richText, attachments: z.array(z.object({ ...keptFile, name: z.string() })) }),
}).transform(({ message, sentAtMs, replyTo, person: { id: person, languageTag, ...known }, content: { text, attachments }, ...around }): KeptMessage => ({
  message, sentAtMs, ...(replyTo !== undefined && { replyTo }), person: { id: person, ...(languageTag !== undefined && { languageTag }) },
  files: attachments.map(({ name: _name, ...file }) => file),
  words: { ...around, person: known, text, files: attachments.map(({ name, mediaType }) => ({ name, mediaType })) },
}));

const state = z.object({
  conversation: id<ConversationId>(),
  tickets: z.array(z.object({
    ticket: id<TicketId>(), number: z.string(), phase, phaseSinceMs: timeMs, toldPhase: phase,
    cursor: id<CommentId>().exactOptional(), changes: id<ChangeCursor>().exactOptional(), changesWait: z.boolean().exactOptional(),
    topic: z.string().exactOptional(), unannounced: z.literal(true).exactOptional(), openedAtMs: timeMs,
    mergedInto: id<TicketId>().exactOptional(), followUpOf: id<TicketId>().exactOptional(),
    late: z.object({ ticket: id<TicketId>(), comment: id<CommentId>(), told: id<CommentId>().exactOptional(), tries: z.number(), arrived: z.union([id<CommentId>(), z.literal(true)]).exactOptional() } satisfies Fields<Late>).exactOptional(),
  } satisfies Fields<TicketEntry>)),
  current: id<TicketId>().exactOptional(),
  requester: id<RequesterId>().exactOptional(),
  profile: z.string().exactOptional(),
  photo: z.object({ lookedAtMs: timeMs, id: z.string().exactOptional() } satisfies Fields<SeenPhoto>).exactOptional(),
  locale: z.string().exactOptional(),
  languageTag: z.string().exactOptional(),
  opening: z.object({ topic: z.string().exactOptional(), atMs: timeMs.exactOptional(), answered: z.literal(true).exactOptional() } satisfies Fields<Opening>).exactOptional(),
  unreachable: z.boolean().exactOptional(),
  delayTold: z.boolean().exactOptional(),
  album: z.object({ album: id<AlbumId>(), items: z.array(z.union([keptMessage, messageInTheOpen])), closed: z.boolean().exactOptional() } satisfies Fields<PendingAlbum>).exactOptional(),
  filedAlbums: z.array(z.object({ album: id<AlbumId>(), message: id<MessageId>(), buried: z.array(id<MessageId>()).exactOptional() } satisfies Fields<FiledAlbum>)).exactOptional(),
  movedTo: id<ConversationId>().exactOptional(),
  movedFrom: id<ConversationId>().exactOptional(),
  reactions: z.array(z.object({
    message: id<MessageId>(), toldAtMs: timeMs, changedAtMs: timeMs, waiting: z.union([id<Sealed>(), emoji]).exactOptional(),
  } satisfies Fields<ToldReaction>)).exactOptional(),
  readAgain: z.array(z.object({ key: id<MessageId>(), atMs: timeMs, filed: z.literal(true).exactOptional() } satisfies Fields<ReadAgain>)).exactOptional(),
  intents: z.array(z.object({ message: id<MessageId>(), ticket: id<TicketId>().exactOptional(), settlesAtMs: timeMs } satisfies Fields<Intent>)),
  due: z.array(z.object({ kind: z.string(), ticket: id<TicketId>().exactOptional(), atMs: timeMs } satisfies Fields<DueWork>)),
} satisfies Fields<ConversationState>);

const format = z.literal(FORMAT);
const conversationFile = z.object({ format, state, pages: z.int().min(0), links: z.array(linkRow) });
const linkPageFile = z.object({ format, conversation: id<ConversationId>(), page: z.int().min(0), links: z.array(linkRow) });
const ticketFile = z.object({ format, ticket: id<TicketId>(), conversations: z.array(id<ConversationId>()) });
const sweepFile = z.object({ format, cursor: id<SweepCursor>() });
const folderFile = z.object({ format, bornAtMs: timeMs });
const buriedFile = z.object({
  format,
  entry: z.object({
    id: z.string(), direction: z.enum(['to_helpdesk', 'to_telegram']), conversation: id<ConversationId>(),
    message: id<MessageId>().exactOptional(), messages: z.array(id<MessageId>()).exactOptional(), ticket: id<TicketId>().exactOptional(), comment: id<CommentId>().exactOptional(),
    code, reason: reason.exactOptional(), operation: z.string(), buriedAtMs: timeMs,
  } satisfies Fields<BuriedEntry>),
});

/** Each throws when the file is of another format version, or belongs to another id than its name says. */
export function parseConversation(json: unknown, conversation: ConversationId): ConversationFile {
  const file = conversationFile.parse(json);
  if (file.state.conversation !== conversation) throw new Error('belongs to another conversation');
  return file;
}

export function parseLinkPage(json: unknown, conversation: ConversationId, page: number): LinkPageFile {
  const file = linkPageFile.parse(json);
  if (file.conversation !== conversation || file.page !== page) throw new Error('belongs to another conversation');
  return file;
}

export function parseTicket(json: unknown, ticket: TicketId): TicketFile {
  const file = ticketFile.parse(json);
  if (file.ticket !== ticket) throw new Error('belongs to another ticket');
  return file;
}

export function parseBuried(json: unknown): BuriedEntry {
  return buriedFile.parse(json).entry;
}

export interface SweepFile {
  readonly format: number;
  readonly cursor: SweepCursor;
}

export const parseSweep = (json: unknown): SweepFile => sweepFile.parse(json);
export interface FolderFile {
  readonly format: number;
  /** When the folder was first used. */
  readonly bornAtMs: number;
}

export const parseFolder = (json: unknown): FolderFile => folderFile.parse(json);
