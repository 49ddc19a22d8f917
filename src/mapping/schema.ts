/** What belongs here: the shape of the files in `mappings/`, as zod schemas. The other files of this room turn them into pure functions. */
import { z } from 'zod';
import { TEXT_KEYS, type TextKey } from './text-keys.js';

const PHASES = ['new', 'open', 'pending', 'solved', 'closed', 'gone'] as const;
const PRIORITIES = ['low', 'normal', 'high', 'urgent'] as const;

/** Thirty days: a promise further away is none. */
const minutes = z.int().min(1).max(43_200).describe('Promised time to the first answer, in minutes. Leave out to promise nothing.');
const locale = z.string().regex(/^[a-z]{2,3}$/, 'must be a language code such as kk, ru or en');
/** Short enough for a button. */
const title = z.string().trim().min(1).max(64);
const queueName = z.string().trim().min(1).max(120);

export const queuesSchema = z.strictObject({
  default: queueName.describe('Where tickets go when their topic names no queue.'),
  queues: z.record(queueName, z.strictObject({ answerWithinMinutes: minutes.optional() }).nullable())
    .describe('Queues by the name they have in the helpdesk (some call it a group, a team or an inbox).'),
});

export const topicSchema = z.strictObject({
  title: z.record(locale, title).describe('What the button says, for each language.'),
  queue: queueName.optional().describe('A queue of queues.yaml. Leave out for the default queue.'),
  priority: z.enum(PRIORITIES).default('normal'),
  tags: z.array(z.string().trim().min(1).max(50)).max(20).default([]).describe('Tags that the ticket gets.'),
  answerWithinMinutes: minutes.optional().describe('Instead of the promise of the queue.'),
});

export const topicsSchema = z.strictObject({
  default: z.string().describe('The topic of a message whose sender picked none.'),
  // The id travels in a button, which Telegram limits to 64 bytes, beside a prefix of our own.
  topics: z.record(z.string().regex(/^[a-z0-9][a-z0-9-]{0,31}$/, 'must be lower-case letters, digits and dashes, at most 32'), topicSchema)
    .refine((topics) => Object.keys(topics).length <= 30, 'must be at most 30 topics'),
});

export const statusesSchema = z.strictObject({
  statuses: z.record(z.string().trim().min(1).max(120), z.enum(PHASES)).nullable()
    .describe('The status as the helpdesk calls it, and the phase it stands for. Statuses that are not listed keep their usual meaning.'),
});

/** What the helpdesk may know of a requester beyond the id. */
export const REQUESTER_FIELDS = ['name', 'username', 'language', 'link', 'phone', 'photo'] as const;
export type RequesterField = (typeof REQUESTER_FIELDS)[number];

export const settingsSchema = z.strictObject({
  defaultLocale: locale.default('en').describe('For requesters whose language has no texts, and for texts that a language lacks.'),
  agentLocale: locale.optional().describe('The language of internal comments that the bridge writes. Default: defaultLocale.'),
  showAgent: z.enum(['none', 'first_name', 'full_name']).default('first_name').describe('How requesters see who answered.'),
  requester: z.strictObject({
    fields: z.array(z.enum(REQUESTER_FIELDS)).max(20).default([...REQUESTER_FIELDS])
      .describe('What the helpdesk is told of requesters beside their Telegram id. An empty list: nothing, and a neutral name. A phone number only when its owner shares it; a photo only where the helpdesk has a place for it.'),
  }).prefault({}).describe('The profile of requesters in the helpdesk.'),
  tellReactions: z.boolean().default(true).describe('Whether agents are told, by an internal comment, how requesters react to a message (👍).'),
  reopenWithinDays: z.number().min(0).max(365).default(7)
    .describe('How long after a ticket was solved a message still goes to it; later it opens a follow-up.'),
  trimSignature: z.boolean().default(true).describe('Whether the signature of an agent who answers by mail is left out.'),
  trimQuotedMail: z.boolean().default(true).describe('Whether the mail that an agent answers, quoted below or above the answer, is left out.'),
});

/** A text, or one for each plural form (Intl.PluralRules: one, few, many, other) of the parameter `count`. */
const plural = z.strictObject({
  zero: z.string().optional(), one: z.string().optional(), two: z.string().optional(), few: z.string().optional(), many: z.string().optional(),
  other: z.string(),
});

/** Longer texts would not fit into one Telegram message together with their parameters. */
const TEXT_LENGTH_MAX = 3000;

function textSchema(key: TextKey): z.ZodType<Text | undefined> {
  const { about, parameters, lengthMax, counts } = TEXT_KEYS[key];
  const one = z.string().trim().min(1).max(lengthMax ?? TEXT_LENGTH_MAX);
  const hint = parameters.length === 0 ? about : `${about} Parameters: ${parameters.map((name) => `{{${name}}}`).join(', ')}.`;
  return (counts === true ? z.union([one, plural]) : one).optional().describe(hint);
}

export type Text = string | z.infer<typeof plural>;

export const textKeys: readonly TextKey[] = Object.keys(TEXT_KEYS).filter((key): key is TextKey => Object.hasOwn(TEXT_KEYS, key));

export const textsSchema = z.strictObject(Object.fromEntries(textKeys.map((key) => [key, textSchema(key)])));

export type QueuesFile = z.infer<typeof queuesSchema>;
export type TopicsFile = z.infer<typeof topicsSchema>;
export type StatusesFile = z.infer<typeof statusesSchema>;
export type SettingsFile = z.infer<typeof settingsSchema>;
export type TextsFile = Readonly<Partial<Record<string, Text>>>;
