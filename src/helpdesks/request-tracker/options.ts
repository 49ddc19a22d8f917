/** What an admin may set under `helpdesk.options` for Request Tracker. Every option has a default. */
import { z } from 'zod';

const fieldName = z.string().regex(/^[\p{L}\p{N} _-]{1,60}$/u, 'letters, digits, spaces, - and _ only');
const status = z.string().regex(/^[\p{L}\p{N} _-]{1,64}$/u);

export const optionsSchema = z.strictObject({
  /** Requesters get `tg-<user>@<domain>` as their address. Nothing is ever sent there: let the mail server discard the domain. */
  requesterDomain: z.string().regex(/^[a-z0-9-]+(\.[a-z0-9-]+)+$/).default('telegram.invalid'),
  /** For tickets whose topic names no queue. */
  defaultQueue: z.string().min(1).default('General'),
  /** RT's priorities are numbers; out of the box it calls 0 low, 50 medium and 100 high. */
  priorities: z.strictObject({
    low: z.int().default(0), normal: z.int().default(50), high: z.int().default(100), urgent: z.int().default(120),
  }).prefault({}),
  /** What statuses of your own lifecycles mean; those of the stock lifecycle are known. */
  statuses: z.record(status, z.enum(['new', 'open', 'pending', 'solved', 'closed', 'gone'])).default({}),
  /** The status of a ticket that a requester's comment brings back. */
  openStatus: status.default('open'),
  /** The status of a ticket that its requester closes. */
  solvedStatus: status.default('resolved'),
  /** Names of the ticket custom fields that hold the bridge's ids, and of the one that holds tags. */
  fields: z.strictObject({
    externalId: fieldName.default('BridgeKey'), conversation: fieldName.default('TelegramChat'),
    person: fieldName.default('TelegramUser'), tags: fieldName.default('Tags'),
  }).prefault({}),
  /** Article classes that requesters may read. None = no knowledge base: articles of RT are often meant for agents only. */
  articleClasses: z.array(z.string().min(1)).max(20).default([]),
  /** Bytes of one file; RT's own default for `$MaxAttachmentSize` is 10 MB, and larger files may be cut or dropped. */
  attachmentBytesMax: z.int().positive().default(20 * 1024 * 1024),
  /** UTF-16 units of one comment. */
  bodyLengthMax: z.int().min(1000).default(100_000),
  /** Deadline of one request that writes, uploads included. Messages whose outcome is unknown wait at least this long. */
  requestTimeoutMs: z.int().min(1000).default(20_000),
  /** Deadline of one request that only reads. */
  readTimeoutMs: z.int().min(1000).default(8000),
  /** How long RT may still work on a request after its client has gone. */
  serverSlackMs: z.int().min(0).default(4000),
  /** RT serves as many requests at a time as it has workers; more only wait there. */
  connectionsMax: z.int().positive().default(8),
});

export type RequestTrackerOptions = z.infer<typeof optionsSchema>;
