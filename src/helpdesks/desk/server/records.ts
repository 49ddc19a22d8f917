/** What belongs here: the rows that the desk keeps, and the schemas that tame them when they are read back from disk. */
import { z } from 'zod';

/** `closed` is for ever; `solved` may come back. */
export const STATUSES = ['new', 'open', 'pending', 'solved', 'closed'] as const;
export const PRIORITIES = ['low', 'normal', 'high', 'urgent'] as const;

/** What agents may put on what a customer wrote. Telegram takes only emoji of its own list: https://core.telegram.org/bots/api#reactiontypeemoji */
export const REACTIONS = ['👍', '❤️', '🙏', '👌', '😁', '🎉', '🤔', '😢'] as const;

const person = z.object({ id: z.string(), name: z.string() });

/** Who did something: `bridge` and `system` have no name of their own to show. */
const actor = z.object({ kind: z.enum(['agent', 'requester', 'bridge', 'system']), id: z.string(), name: z.string() });

const requester = z.object({
  id: z.string(), personId: z.string(), name: z.string(), username: z.string().optional(), languageTag: z.string().optional(),
  link: z.string().optional(), phone: z.string().optional(),
  /** A file. */
  avatar: z.string().optional(),
});

const ticket = z.object({
  /** Also its number: digits, from `FIRST_TICKET` up. */
  id: z.string(),
  subject: z.string(), status: z.enum(STATUSES), queue: z.string(), priority: z.enum(PRIORITIES), tags: z.array(z.string()),
  requester: z.string(), assignee: person.optional(), locale: z.string().optional(),
  externalId: z.string().optional(), conversation: z.string().optional(), followUpOf: z.string().optional(),
  /** The ticket that swallowed this one. */
  mergedInto: z.string().optional(),
  createdAtMs: z.number(), updatedAtMs: z.number(),
  /** The sequence number of its last change, and of the last one that a webhook should tell. */
  changedSeq: z.number(), ringSeq: z.number(),
  /** The same of the last change of one of its comments. */
  commentsSeq: z.number().optional(),
  /** What the list shows of it: the newest public comment. */
  preview: z.string(), lastFrom: z.enum(['agent', 'requester', 'bridge', 'system']), lastRequesterEntry: z.number(),
  comments: z.number(),
  /** The last comment that reports trouble with delivery, until an agent writes again. */
  warning: z.boolean().optional(),
});

const comment = z.object({
  /** One rising number over comments and events: the order in which agents see them. */
  id: z.number(), ticket: z.string(), visibility: z.enum(['public', 'internal']), author: actor, createdAtMs: z.number(),
  /** Sanitised. */
  html: z.string(),
  /** The same without marks, for search and previews. */
  text: z.string(),
  files: z.array(z.string()), externalId: z.string().optional(),
  /** The comment that it answers. */
  inReplyTo: z.number().optional(),
  /** The bridge's own word, about nothing that went wrong. */
  isNote: z.boolean().optional(),
  /** The sequence number and the time of the last change, and who made it. */
  changed: z.object({ seq: z.number(), atMs: z.number(), actor, what: z.enum(['text', 'visibility']) }).optional(),
  /** The last change of the reaction on it; without an emoji it was taken back. */
  reaction: z.object({ seq: z.number(), atMs: z.number(), actor, emoji: z.string().optional() }).optional(),
  /** Its content is gone; its place in the history stays. */
  deleted: z.boolean().optional(),
});

const event = z.object({
  id: z.number(), ticket: z.string(), actor, createdAtMs: z.number(),
  field: z.enum(['status', 'assignee', 'queue', 'priority', 'tags', 'subject', 'merged', 'follow_up']),
  from: z.string(), to: z.string(),
});

const file = z.object({
  id: z.string(), name: z.string(), mediaType: z.string(), sizeBytes: z.number(), createdAtMs: z.number(),
  durationSeconds: z.number().optional(), kind: z.string().optional(),
  /** The ticket it belongs to, once a comment refers to it. */
  ticket: z.string().optional(),
  /** The requester whose avatar it is: no comment may refer to it. */
  requester: z.string().optional(),
});

const article = z.object({ id: z.string(), title: z.string(), html: z.string(), text: z.string(), locale: z.string() });

/** One row of a change: `put` rows replace the row with the same id, `drop` rows remove. */
export const rowSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('requester'), row: requester }),
  z.object({ type: z.literal('ticket'), row: ticket }),
  z.object({ type: z.literal('comment'), row: comment }),
  z.object({ type: z.literal('event'), row: event }),
  z.object({ type: z.literal('file'), row: file }),
  z.object({ type: z.literal('article'), row: article }),
  /** An answer reached the requester. */
  z.object({ type: z.literal('delivered'), ticket: z.string(), comment: z.number(), atMs: z.number() }),
  z.object({ type: z.literal('dropFile'), id: z.string() }),
  z.object({ type: z.literal('dropArticle'), id: z.string() }),
  /** Deleted for good: content goes, the number stays taken. */
  z.object({ type: z.literal('dropTicket'), id: z.string(), seq: z.number() }),
  /** Webhooks are told up to here. */
  z.object({ type: z.literal('told'), seq: z.number() }),
  /** The counters, so that numbers of dropped rows are not given twice. */
  z.object({ type: z.literal('counters'), tickets: z.number(), entries: z.number(), others: z.number() }),
]);

/** One line of the journal: all of its rows count, or none. */
export const changeSchema = z.object({ seq: z.number(), rows: z.array(rowSchema) });

export type Row = z.infer<typeof rowSchema>;
export type Change = z.infer<typeof changeSchema>;
export type Status = (typeof STATUSES)[number];
export type Actor = z.infer<typeof actor>;
export type RequesterRow = z.infer<typeof requester>;
export type TicketRow = z.infer<typeof ticket>;
export type CommentRow = z.infer<typeof comment>;
export type EventRow = z.infer<typeof event>;
export type FileRow = z.infer<typeof file>;
export type ArticleRow = z.infer<typeof article>;

/** The first ticket number that is given. */
export const FIRST_TICKET = 1001;
