/** What belongs here: what the desk accepts from outside, each field with its bound. */
import { z } from 'zod';
import { PRIORITIES, REACTIONS, STATUSES } from './records.js';

/** Room for a comment of the connector's greatest length when every character needs escaping and marks. */
const HTML_LENGTH_MAX = 600_000;
const FILES_MAX = 50;

const line = (lengthMax: number): z.ZodType<string> => z.string().max(lengthMax).transform((text) => text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').trim());
const key = z.string().min(1).max(200);
/** Made by an agent's page, by chance. */
const writeKey = z.string().regex(/^[\w-]{16,100}$/);
const number = z.string().regex(/^\d{1,12}$/);
const files = z.array(z.string().regex(/^[0-9a-f]{32}$/)).max(FILES_MAX).default([]);
const tags = z.array(line(60)).max(30).transform((list) => [...new Set(list.filter((tag) => tag !== ''))]);
const name = line(200).transform((text) => (text === '' ? '…' : text));

export const requesterInput = z.object({
  personId: key, name, username: line(100).optional(), languageTag: line(40).optional(),
  link: z.url({ protocol: /^https$/ }).max(300).optional(), phone: line(40).optional(),
});

export const ticketInput = z.object({
  requester: key, subject: line(300).transform((text) => (text === '' ? '…' : text)), queue: line(200).optional(),
  priority: z.enum(PRIORITIES).default('normal'), tags: tags.default([]), html: z.string().max(HTML_LENGTH_MAX), files,
  locale: line(20).optional(), externalId: key.optional(), conversation: key.optional(), followUpOf: number.optional(), key: writeKey.optional(),
});

export const commentInput = z.object({
  visibility: z.enum(['public', 'internal']), from: z.enum(['requester', 'bridge']).default('bridge'),
  html: z.string().max(HTML_LENGTH_MAX), files, externalId: key.optional(),
  status: z.enum(['open', 'pending', 'solved', 'closed']).optional(), inReplyTo: number.optional(),
  isNote: z.boolean().optional(), key: writeKey.optional(),
});

export const commentEdit = z.object({ html: z.string().max(HTML_LENGTH_MAX).optional(), visibility: z.enum(['public', 'internal']).optional() });

export const reactionInput = z.object({ emoji: z.enum(REACTIONS).nullable() });

export const ticketChanges = z.object({
  status: z.enum(['open', 'pending', 'solved', 'closed']).optional(), queue: line(200).optional(), priority: z.enum(PRIORITIES).optional(),
  tags: tags.optional(), subject: line(300).pipe(z.string().min(1)).optional(),
  /** `me` = whoever asks. */
  assignee: z.union([z.literal('me'), z.null()]).optional(),
});

/** The last moment that a date can be: https://tc39.es/ecma262/#sec-time-values-and-time-range */
const LATEST_MS = 8.64e15;
export const deliveredInput = z.object({ atMs: z.number().int().min(0).max(LATEST_MS) });
/** Nothing is told of an agent who writes what is not clearly public. */
export const typingInput = z.object({ visibility: z.enum(['public', 'internal']).catch('internal'), typing: z.boolean() });
export const mergeInput = z.object({ into: number });
export const signInInput = z.object({ name: z.string().max(200), token: z.string().max(500) });
export const articleInput = z.object({ title: line(300).pipe(z.string().min(1)), html: z.string().max(HTML_LENGTH_MAX), locale: line(20).default('') });

const whole = z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const statuses = z.string().max(100).transform((list) => list.split(',').filter((status) => status !== '')).pipe(z.array(z.enum(STATUSES)));

export const listQuery = z.object({
  status: statuses.default([]), queue: z.string().max(200).optional(), assignee: z.string().max(300).optional(), search: z.string().max(200).default(''),
  before: whole.optional(), limit: whole.pipe(z.number().min(1).max(200)).default(50),
});
export const afterQuery = z.object({ after: whole.default(0), limit: whole.pipe(z.number().min(1).max(500)).default(200) });
export const changesQuery = z.object({ after: whole.optional(), limit: whole.pipe(z.number().min(1).max(500)).default(100) });
export const historyQuery = z.object({ limit: whole.pipe(z.number().min(1).max(5000)).default(300) });
export const externalIdQuery = z.object({ externalId: z.string().min(1).max(1000) });
export const articleQuery = z.object({ search: z.string().max(300).default(''), locale: z.string().max(20).default(''), limit: whole.pipe(z.number().min(1).max(100)).default(10) });
export const uploadQuery = z.object({
  name: z.string().max(1000).default(''), mediaType: z.string().max(300).default(''), kind: z.string().regex(/^[a-z_]{1,20}$/).optional(),
  durationSeconds: z.coerce.number().min(0).max(1e7).optional(),
});
