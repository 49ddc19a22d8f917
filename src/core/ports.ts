/** What belongs here: the contracts between the bridge and what it talks to (mapping rules: `mapping.ts`). Interfaces only; each comment is binding. */
import type { ZodType } from 'zod';
import type {
  Article, Attachment, BridgeEvent, ChatEvent, Comment, CommentDraft, CommentId, Content, ConversationId, Doorbell, Direction, Locale, MessageId, Notice,
  Part, Phase, RawRequest, RequesterDraft, RequesterId, SweepCursor, SweepPage, Ticket, TicketChange, TicketDraft, TicketId,
} from './types.js';
import type { ChangeCursor, ChangePage } from './changes.js';
import type { BridgeErrorCode, DeliveryReason } from './errors.js';
import type { MailTrim } from './content.js';
import type { ConversationChange, ConversationState, Link } from './conversation.js';
import type { RichText } from './rich-text.js';

/** Time, so that tests never wait. Only lanes, sweep, pacing and main hold one. */
export interface Clock {
  nowMs(): number;
  /** Resolves after `delayMs`, or at once when `signal` aborts. Never rejects. */
  sleep(delayMs: number, signal?: AbortSignal): Promise<void>;
}

/** Where everything that happens is told: logs, metrics, the demo's live view. Never throws, never blocks. */
export type Emit = (event: BridgeEvent) => void;

// ---- helpdesk ----

export interface HelpdeskCapabilities {
  /**
   * `native`: the helpdesk itself refuses a second write with the same external id, on whatever ticket, and answers with the first.
   * `lookup`: `findTicket` / `findComment` see a write as soon as it is done. `none`: neither.
   */
  readonly idempotency: 'native' | 'lookup' | 'none';
  readonly bodyFormat: 'text' | 'markdown' | 'html';
  /** UTF-16 units of one comment; longer text is split into several comments. */
  readonly bodyLengthMax: number;
  readonly attachmentBytesMax: number;
  readonly editComments: boolean;
  /** How long after it was sent a write that got no answer may still land (request deadline plus the server's own). */
  readonly writeSettlesMs: number;
  /** The phases from which a requester's comment may bring a ticket back. */
  readonly reopensFrom: readonly Phase[];
}

/**
 * Speaks one helpdesk. Converts; never sleeps, retries or reads the clock. Every method throws BridgeError only.
 * Codes: `unauthorized`, `forbidden`, `rate_limited` (with retryAfterMs), `unavailable` and `invalid` may come from any of them.
 */
export interface HelpdeskConnector {
  readonly name: string;
  readonly capabilities: HelpdeskCapabilities;
  readonly doorbell: DoorbellReader;

  /**
   * Creates the requester or finds the one with the same person id; updates what changed of the fields that the helpdesk has a place for. A phone that
   * the draft does not have stays. Safe to repeat.
   */
  upsertRequester(draft: RequesterDraft): Promise<RequesterId>;
  /** Shows this picture with the requester instead of the one before; undefined = none. Safe to repeat. Absent = the helpdesk has no place for one. */
  setAvatar?(requester: RequesterId, picture: Attachment | undefined): Promise<void>;
  /** Opens a ticket with its first public comment. With `native` idempotency a repeat returns the first ticket. */
  createTicket(draft: TicketDraft): Promise<Ticket>;
  /**
   * Adds a comment. A `from: 'requester'` comment leaves a `solved` ticket open again.
   * Throws `not_found` (ticket gone), `conflict` (the ticket takes no more comments).
   */
  addComment(ticket: TicketId, draft: CommentDraft): Promise<CommentId>;
  /** Follows merges: the result's id may differ. Throws `not_found` for a ticket deleted for good. */
  getTicket(ticket: TicketId): Promise<Ticket>;
  /** Everything after `cursor` (exclusive; absent = from the start), in the order agents see, public and internal. */
  commentsAfter(ticket: TicketId, cursor?: CommentId): Promise<readonly Comment[]>;
  /**
   * The comments that were changed or deleted, or got another reaction, after `cursor` (exclusive; absent = all that ever were). Called only when
   * `Ticket.changes` moved on. Absent = comments do not change here, and take no reactions.
   */
  changesAfter?(ticket: TicketId, cursor?: ChangeCursor): Promise<ChangePage>;
  /** What changed since `cursor`. Without a cursor: no doorbells, and the cursor of now. A ticket may ring twice. */
  changedSince(cursor?: SweepCursor): Promise<SweepPage>;
  /** Absent = cannot. */
  updateTicket?(ticket: TicketId, change: TicketChange): Promise<void>;
  /** The ticket that `createTicket` made for this external id, if it did. */
  findTicket?(externalId: MessageId): Promise<Ticket | undefined>;
  /** The comment that `addComment` made for this external id, if it did. */
  findComment?(ticket: TicketId, externalId: MessageId): Promise<CommentId | undefined>;
  /**
   * The tickets that the bridge opened (their `conversation` is set), oldest first, after `after` (exclusive; absent = from the start).
   * Deleted ones are left out; one that was merged away is listed as it was, with the ticket that took it in. Absent = the map cannot be rebuilt.
   */
  listTickets?(after?: TicketId): Promise<TicketPage>;
  /**
   * Shows agents that an answer reached the requester, since `atMs`. Safe to repeat: the first time stands. `ticket`: where the comment is read now.
   * Changes nothing else, and rings for nothing. Throws `not_found`, `invalid` for what is no public answer of an agent. Absent = no place for it.
   */
  reportDelivered?(ticket: TicketId, comment: CommentId, atMs: number): Promise<void>;
  /** Best matches first, at most ten. */
  searchArticles?(query: string, locale: Locale): Promise<readonly Article[]>;
  /** Live checks for `doctor`: token, queues, fields. Never throws; an unreachable helpdesk is a failed check. */
  diagnose(needs: HelpdeskNeeds): Promise<readonly Diagnosis[]>;
}

/** A ticket as `listTickets` gives it: unlike `getTicket` it does not follow merges, so that the conversation of each is known. */
export interface ListedTicket extends Ticket {
  /** The ticket that took this one in, at the end of a chain of merges. */
  readonly mergedInto?: TicketId;
  /** Since when it is solved or closed, where the helpdesk says so. */
  readonly overSinceMs?: number;
}

/** One page of `listTickets`. */
export interface TicketPage {
  readonly tickets: readonly ListedTicket[];
  /** True when more follow the last of these. */
  readonly more: boolean;
}

/** What the mappings expect to find in the helpdesk. */
export interface HelpdeskNeeds {
  /** Queue names. */
  readonly queues: readonly string[];
}

/** One finding of `doctor`. */
export interface Diagnosis {
  /** What was looked at, a few words: `queue Support`. */
  readonly subject: string;
  readonly ok: boolean;
  /** What was found. */
  readonly finding: string;
  /** What to do about it; present when not ok. */
  readonly advice?: string;
}

export interface DoorbellReader {
  /** Checks the raw bytes against the shared secret, in constant time, and the timestamp against `nowMs`. Throws `unauthorized`. */
  authenticate(request: RawRequest, nowMs: number): void;
  /**
   * Throws `invalid` when the body is not what the helpdesk sends. Events that concern no ticket give no doorbell; neither does an agent who writes
   * what is not clearly public.
   */
  parse(request: RawRequest): readonly Doorbell[];
}

/** What an admin configures of a helpdesk. */
export interface HelpdeskSettings {
  /** Base URL without a trailing slash. */
  readonly url: string;
  readonly token: string;
  /** Absent = no webhooks are accepted (`authenticate` always throws); the sweep alone brings news. */
  readonly webhookSecret?: string;
  /** The `helpdesk.options` of the config file, already checked against `optionsSchema`. */
  readonly options: unknown;
}

export interface ConnectorContext {
  readonly emit: Emit;
  /** For durations in metrics only. */
  readonly nowMs: () => number;
  /** What of an agent's mail goes before it is relayed, asked for each mail; absent = signature and quoted mail. */
  readonly trim?: () => MailTrim;
}

/** What `helpdesks/<x>/index.ts` exports: one line of the registry. */
export interface HelpdeskDefinition {
  /** The value of `HELPDESK`. */
  readonly name: string;
  /** Checks `helpdesk.options`; every option has a default. */
  readonly optionsSchema: ZodType;
  create(settings: HelpdeskSettings, context: ConnectorContext): HelpdeskConnector;
}

// ---- Telegram ----

export interface SenderCapabilities {
  /** Bytes of a file that can be sent. */
  readonly uploadBytesMax: number;
  /** Bytes of a file that can be received. */
  readonly downloadBytesMax: number;
}

/**
 * Runs a request that makes a message, when its turn comes. Rejects as the request does, or by itself, and then never with `rate_limited`: the
 * request did not leave. May be asked again after a request that failed.
 */
export type Turn = <T>(request: () => Promise<T>) => Promise<T>;

export interface SendOptions {
  /** The message to answer; ignored by Telegram when it is gone. */
  readonly replyTo?: MessageId;
  /** A line above the text, left out where text and line are too long together. Of a part alone. */
  readonly mark?: RichText;
  /** Asked each time a request could leave, all waits for the pace behind it. A 429 fails the request: what it asks for is waited out outside. */
  readonly turn?: Turn;
}

/**
 * Writes to Telegram, paced. A 429 of up to a minute is waited out inside; a longer one is thrown as `rate_limited` with the time to wait, and
 * until then nothing of that chat is sent. Every method throws BridgeError only: `forbidden` or `invalid` with a `reason` when this will not
 * work, `unavailable` with `effect: 'unknown'` for a lost reply.
 */
export interface Sender {
  readonly capabilities: SenderCapabilities;
  /** Cuts an answer into messages. Pure and deterministic: the same content gives the same parts after a restart. */
  toParts(content: Content): readonly Part[];
  sendPart(conversation: ConversationId, part: Part, options?: SendOptions): Promise<MessageId>;
  /** Sends 2 to 10 parts of one album together: all or none. The ids in order of the parts. */
  sendAlbum(conversation: ConversationId, parts: readonly Part[], options?: SendOptions): Promise<readonly MessageId[]>;
  /**
   * Gives a message that was sent as one part the text of another part of the same kind; its file stays. A message that has this text already is no
   * error. Throws `not_found` when it is not there, `conflict` when it cannot be changed so.
   */
  editPart(message: MessageId, part: Part, options?: Pick<SendOptions, 'mark' | 'turn'>): Promise<void>;
  /**
   * Takes a message out of the chat; where it is too old for that it says `instead`. One that is not there is no error. Throws `conflict` when what was
   * said can still be seen: the file of an old message stays.
   */
  withdrawMessage(message: MessageId, instead: RichText): Promise<void>;
  /**
   * Puts this emoji on a message, instead of the one that the bot put there before; undefined takes it away. Waits behind answers. Safe to repeat.
   * Throws `not_found` when the message is not there, `conflict` for one that cannot be reached from here.
   */
  react(message: MessageId, emoji: string | undefined): Promise<void>;
  /** Waits behind answers. */
  sendNotice(conversation: ConversationId, notice: Notice, options?: Pick<SendOptions, 'turn'>): Promise<MessageId>;
  /**
   * Shows for about five seconds that somebody writes. It never waits and nothing waits for it: while the chat or the bot has something else to send, or
   * was asked to slow down, it is left out. Throws what Telegram says; nothing is tried again.
   */
  sendTyping(conversation: ConversationId): Promise<void>;
  /** Stops the button's spinner. A press that is too old to answer is no error. */
  answerAction(actionId: string, text?: string): Promise<void>;
}

/** What intake hands over. Resolves when the event is stored or buried: only then is the update acknowledged. */
export type EventHandler = (event: ChatEvent) => Promise<void>;

// ---- id map ----

/** A piece of work that was given up, by its ids. */
export interface BuriedEntry {
  readonly id: string;
  readonly direction: Direction;
  readonly conversation: ConversationId;
  readonly message?: MessageId;
  /** All messages of the album that `message` is the first of. */
  readonly messages?: readonly MessageId[];
  readonly ticket?: TicketId;
  readonly comment?: CommentId;
  readonly code: BridgeErrorCode;
  /** Why an answer could not be delivered. */
  readonly reason?: DeliveryReason;
  readonly operation: string;
  readonly buriedAtMs: number;
}

/** What survives a restart: ids, flags and timestamps. A promise that resolved is on disk. Throws `unavailable` when it cannot write. */
export interface IdMap {
  /** When this map was first opened, ever: what happened in the helpdesk before is not news to a ticket that the map does not know. */
  readonly bornAtMs: number;
  /** Exclusive for this conversation across everyone who shares the map. */
  withConversation<T>(conversation: ConversationId, work: (session: ConversationSession) => Promise<T>): Promise<T>;
  /** The conversations of a ticket: none, one, or several after a merge. */
  conversationsOf(ticket: TicketId): Promise<readonly ConversationId[]>;
  /** Conversations of which the earliest work is due at `nowMs` (`isDue` of core/due.ts), earliest first. */
  dueConversations(nowMs: number): Promise<readonly ConversationId[]>;
  sweepCursor(): Promise<SweepCursor | undefined>;
  saveSweepCursor(cursor: SweepCursor): Promise<void>;
  bury(entry: BuriedEntry): Promise<void>;
  buried(): Promise<readonly BuriedEntry[]>;
  /** One of them; cheap also when there are many. */
  findBuried(id: string): Promise<BuriedEntry | undefined>;
  /** Forgets an entry; unknown ids are no error. */
  unbury(id: string): Promise<void>;
  /** Throws `unavailable` when another process took the map over: this one may not write any more. Cheap. */
  checkHeld(): Promise<void>;
  close(): Promise<void>;
}

/** One conversation, held exclusively. */
export interface ConversationSession {
  /** As of the last commit; frozen. */
  readonly state: ConversationState;
  /** All or nothing, and on disk when it resolves. */
  commit(change: ConversationChange): Promise<void>;
  /** The link of a message, in either direction. */
  linkOfMessage(message: MessageId): Promise<Link | undefined>;
  /** The links of a comment, one for each part, in order of parts. */
  linksOfComment(ticket: TicketId, comment: CommentId): Promise<readonly Link[]>;
}
