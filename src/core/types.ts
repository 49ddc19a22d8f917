/**
 * What belongs here: the nouns of the product, as plain data. No I/O, no vendor.
 * Times are epoch milliseconds unless a name says otherwise. Ids are opaque: only the room that mints one may look inside.
 */
import type { Readable } from 'node:stream';
import type { Line, Quoted, ReactionEvent } from './around.js';
import type { ChangeCursor, EditEvent } from './changes.js';
import type { Person } from './person.js';
import type { RichText } from './rich-text.js';

declare const brand: unique symbol;
/** An opaque string id. `Name` keeps different ids from being mixed up at compile time. */
export type Id<Name extends string> = string & { readonly [brand]: Name };

/** One Telegram chat (or one topic of it), minted by the telegram room: `tg:<bot>:<chat>` or `tg:<bot>:<chat>/<topic>`. */
export type ConversationId = Id<'conversation'>;
/** One Telegram message, minted by the telegram room: `tg:<bot>:<chat>:<message>`. Also the external id of what it becomes. */
export type MessageId = Id<'message'>;
/** A ticket, minted by a connector. */
export type TicketId = Id<'ticket'>;
/** One entry on a ticket, minted by a connector. */
export type CommentId = Id<'comment'>;
/** The person who asks, as the helpdesk knows them, minted by a connector. */
export type RequesterId = Id<'requester'>;
/** A Telegram user, minted by the telegram room: `tg:<user>`. */
export type PersonId = Id<'person'>;
/** What the messages of one album have in common, minted by the telegram room; unique within a conversation. */
export type AlbumId = Id<'album'>;
/** What a file is opened by at any later time, minted by the telegram room. */
export type FileRef = Id<'file'>;
/** Where a sweep stands, minted by a connector. */
export type SweepCursor = Id<'sweep'>;

/** The one place where a plain string becomes an id. Call it only in the room that owns the id, or when reading ids back. */
export function mintId<T extends Id<string>>(raw: string): T {
  return raw as T;
}

/** A language tag as in `mappings/texts/<locale>.yaml`: `kk`, `ru`, `en`. */
export type Locale = string;

/** How far a ticket is, whatever the helpdesk calls its statuses. `solved` may be reopened; `closed` is for ever; `gone` = deleted. */
export type Phase = 'new' | 'open' | 'pending' | 'solved' | 'closed' | 'gone';

export type { Person };

export type AttachmentKind = 'photo' | 'document' | 'video' | 'audio' | 'voice' | 'video_note' | 'animation' | 'sticker';

/** A file on its way from one side to the other. */
export interface Attachment {
  readonly kind: AttachmentKind;
  /** A safe file name: no path, no control characters, never empty. */
  readonly name: string;
  /** IANA media type, `application/octet-stream` when unknown. */
  readonly mediaType: string;
  /** Known size; absent when the source does not say before the bytes come. */
  readonly sizeBytes?: number;
  readonly durationSeconds?: number;
  /** A picture in the middle of the text of the same Content: where in it. */
  readonly inline?: { readonly offset: number };
  /** Opens it after a restart (`KeptFiles`); absent = nothing does. */
  readonly ref?: FileRef;
  /**
   * Opens the bytes; may be called again for a retry. Throws BridgeError (`not_found`, `invalid` with reason `too_big`,
   * `unavailable`, ...). Absent = the source refuses to hand this file out (over its download limit).
   */
  readonly open?: () => Promise<Readable>;
}

/** Rich text plus attachments on the way from one side to the other. */
export interface Content {
  readonly text: RichText;
  readonly attachments: readonly Attachment[];
}

export interface Agent {
  readonly id: string;
  /** Full name as the helpdesk has it. */
  readonly name: string;
}

/** One ticket as read from the helpdesk just now. */
export interface Ticket {
  readonly id: TicketId;
  /** What people call it, without a number sign: `1042`. */
  readonly number: string;
  readonly subject: string;
  /** The helpdesk's own word for the status. */
  readonly status: string;
  /** What that status means by default; `mappings/statuses.yaml` may say otherwise. */
  readonly phase: Phase;
  readonly queue?: string;
  readonly assignee?: Agent;
  /** When an answer is due, from the helpdesk's SLA. */
  readonly dueAtMs?: number;
  /** The message that opened it, when the bridge opened it. */
  readonly externalId?: MessageId;
  /** The conversation written on it, when the bridge opened it. */
  readonly conversation?: ConversationId;
  /** Who asks, where the helpdesk says so with the ticket. */
  readonly requester?: RequesterId;
  /** Who asks, on a ticket that the bridge did not open: the one person of Telegram among its requesters. */
  readonly person?: PersonId;
  /** Where an agent sees it. */
  readonly url?: string;
  /** Moves on with each change of a comment; absent = none was changed since it was written, or nobody can tell. */
  readonly changes?: ChangeCursor;
}

export type Visibility = 'public' | 'internal';
/** Who wrote a comment. `bridge` = our own account; `system` = an automation. Only `agent` comments go to Telegram. */
export type CommentOrigin = 'bridge' | 'requester' | 'agent' | 'system';

/** One entry on a ticket. */
export interface Comment {
  readonly id: CommentId;
  /** The ticket it was written on, for ever: it differs from the ticket read when that one swallowed another in a merge. */
  readonly ticket: TicketId;
  /** From the helpdesk API; a connector that cannot tell says `internal`. */
  readonly visibility: Visibility;
  readonly origin: CommentOrigin;
  readonly author?: Agent;
  readonly createdAtMs: number;
  readonly content: Content;
  /** The message it came from, when the bridge wrote it. */
  readonly externalId?: MessageId;
  /** The comment that it answers, where the agent said so. */
  readonly inReplyTo?: { readonly comment: CommentId; /** The message that one came from. */ readonly externalId?: MessageId };
}

export interface RequesterDraft {
  readonly person: Person;
}

export interface CommentDraft {
  /** The idempotency key, and the way back on a rebuild. Absent for the bridge's own internal comments that may repeat. */
  readonly externalId?: MessageId;
  readonly visibility: Visibility;
  /** `requester`: speaks for the requester and reopens a solved ticket. `bridge`: the bridge's own word, changes no status. */
  readonly from: 'requester' | 'bridge';
  /** The bridge's own word is about nothing that went wrong: a helpdesk that shows its word as a warning shows this one as a note. */
  readonly isNote?: boolean;
  readonly requester?: RequesterId;
  readonly content: Content;
}

export interface TicketDraft {
  /** The message that opens it: the idempotency key. */
  readonly externalId: MessageId;
  readonly conversation: ConversationId;
  readonly requester: RequesterId;
  readonly person: Person;
  /** At most 150 characters, one line. */
  readonly subject: string;
  /** The helpdesk's name for the queue; absent = its default. */
  readonly queue?: string;
  readonly priority?: Priority;
  readonly tags: readonly string[];
  readonly locale: Locale;
  /** The closed ticket that this one follows. */
  readonly followUpOf?: TicketId;
  /** The opening comment. */
  readonly content: Content;
}

export type Priority = 'low' | 'normal' | 'high' | 'urgent';

/** A change the bridge asks for. */
export interface TicketChange {
  readonly phase?: 'open' | 'solved';
}

/** A verified hint that a ticket changed. */
export interface ChangeDoorbell {
  readonly ticket: TicketId;
  readonly typing?: never;
}

/** A verified hint that an agent writes a public answer on a ticket, or does not any more. Nothing is read because of it, and it may be lost. */
export interface TypingDoorbell {
  readonly ticket: TicketId;
  readonly typing: boolean;
}

export type Doorbell = ChangeDoorbell | TypingDoorbell;

/** One page of a sweep. Save `cursor` only when every doorbell of the page is done. */
export interface SweepPage {
  readonly doorbells: readonly ChangeDoorbell[];
  readonly cursor: SweepCursor;
  /** True when another page waits right now. */
  readonly more: boolean;
}

/** A knowledge-base article. */
export interface Article {
  readonly title: string;
  readonly text: RichText;
  readonly url?: string;
}

/** A request as it came in, before anything was parsed. Header names are lower case. */
export interface RawRequest {
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Buffer;
}

// ---- what comes from Telegram ----

interface ChatEventBase {
  readonly conversation: ConversationId;
  readonly person: Person;
  /** When it happened, by Telegram's clock (whole seconds). */
  readonly sentAtMs: number;
}

/** Somebody wrote. */
export interface MessageEvent extends ChatEventBase {
  readonly kind: 'message';
  readonly message: MessageId;
  /** What was written, and its files. */
  readonly content: Content;
  /** What was sent, for kinds of message that do not speak for themselves. Agents read it above the text. */
  readonly about?: Line;
  /** Where it comes from: forwarded, through a bot. Agents read it first of all. */
  readonly origin?: readonly Line[];
  readonly quoted?: Quoted;
  /** The message that it answers, in the same conversation. */
  readonly replyTo?: MessageId;
  /** Present for one item of several that were sent together. */
  readonly album?: AlbumId;
}

/** Somebody wrote `/name argument`. */
export interface CommandEvent extends ChatEventBase {
  readonly kind: 'command';
  readonly message: MessageId;
  /** Lower case, without the slash and without `@bot`. */
  readonly name: string;
  readonly argument: string;
}

/** Somebody pressed a button of a notice. */
export interface ActionEvent extends ChatEventBase {
  readonly kind: 'action';
  /** To be given back to `Sender.answerAction`. */
  readonly actionId: string;
  /** What the button carried: `Button.action`. Untrusted. */
  readonly action: string;
}

/** The requester blocked the bot (or came back). */
export interface MembershipEvent extends ChatEventBase {
  readonly kind: 'membership';
  readonly reachable: boolean;
}

/** The chat got a new id. */
export interface MigrationEvent extends ChatEventBase {
  readonly kind: 'migration';
  readonly to: ConversationId;
}

export type ChatEvent = MessageEvent | EditEvent | CommandEvent | ActionEvent | MembershipEvent | MigrationEvent | ReactionEvent;

// ---- what goes to Telegram ----

export interface Button {
  /** At most 64 characters. */
  readonly label: string;
  /** At most 64 bytes, letters, digits, `:` and `-`. */
  readonly action: string;
}

/** What the bridge itself says to a requester. */
export interface Notice {
  readonly text: RichText;
  readonly buttons?: readonly (readonly Button[])[];
}

/** One Telegram message of an answer; an answer may need several. */
export interface Part {
  readonly kind: 'text' | 'photo' | 'document' | 'video' | 'audio' | 'voice' | 'animation';
  /** The text, or the caption of a file. */
  readonly text: RichText;
  /** Present unless `kind` is `text`. */
  readonly attachment?: Attachment;
  /** Parts side by side with the same number go out together, as one album of 2 to 10. */
  readonly album?: number;
}

// ---- what happened (ids only: these reach logs, metrics and the demo's live view) ----

export type Direction = 'to_helpdesk' | 'to_telegram';

/** Lives in a file of its own, beside the other plain data. */
export type { BridgeEvent } from './happenings.js';
