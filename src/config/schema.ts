/** What belongs here: reading and checking what an admin writes: the config file, the environment, the mappings folder. This file: the shape of the config. */
import { z } from 'zod';

const httpUrl = z.string().max(2048).refine(isHttpUrl, 'must be an address that starts with http:// or https://, without user name, query or #')
  .transform((url) => url.replace(/\/+$/, ''));
/** Telegram's rule for the secret token of a webhook: https://core.telegram.org/bots/api#setwebhook */
const telegramSecret = z.string().regex(/^[A-Za-z0-9_-]{1,256}$/, 'must be 1 to 256 letters, digits, _ and -');
const botToken = z.string().regex(/^\d{1,20}:[A-Za-z0-9_-]{3,200}$/, 'does not look like a bot token (digits, a colon, letters); copy it again from @BotFather');
const secret = z.string().min(1).max(4096);
const folder = z.string().min(1).max(1024);

const limitsSchema = z.strictObject({
  perSecond: z.number().min(0).max(1000).default(30).describe('Messages in one second, over all chats. Telegram allows bots 30; 0 = no limit (your own Bot API server).'),
  perChatPerSecond: z.number().min(0).max(100).default(1).describe('Messages in one second in one private chat, in the long run. 0 = no limit.'),
  perChatBurst: z.int().min(1).max(100).default(3).describe('How many may go to one chat at once before that pace holds.'),
  perGroupPerMinute: z.number().min(0).max(1000).default(20).describe('Messages in one minute in one group. Telegram allows 20; 0 = no limit.'),
  requesterBurst: z.int().min(0).max(10_000).default(120).describe('Messages that one requester may send at once; more are not filed, and the requester is told. 0 = no limit.'),
  requesterPerMinute: z.number().min(1).max(1000).default(30).describe('What a requester may go on sending after that, in a minute.'),
});

const telegramSchema = z.strictObject({
  token: botToken.describe('The token that @BotFather gave.'),
  apiRoot: httpUrl.default('https://api.telegram.org').describe('Another Bot API server, such as your own.'),
  local: z.boolean().default(false)
    .describe('apiRoot is a Bot API server of yours that runs with --local: files up to 2000 MB, read from its disk where this machine has it, else from its /file/ address.'),
  mode: z.enum(['polling', 'webhook']).default('polling').describe('polling needs no public address.'),
  webhookSecret: telegramSecret.optional().describe('For mode webhook: what Telegram must send with every update.'),
  publicUrl: httpUrl.optional().describe('For mode webhook: where the internet reaches this server.'),
  operatorsChat: z.int().refine((id) => id !== 0, 'must be the id of a chat, such as -1001234567890').optional()
    .describe('The id of a chat of your operators with the bot in it. `deskbridge replay` forwards a message there to read it again; without it only its sender can repeat it.'),
  limits: limitsSchema.prefault({}),
});

const idMapSchema = z.strictObject({
  engine: z.enum(['lowdb', 'postgres']).default('lowdb'),
  databaseUrl: secret.optional().describe('For postgres.'),
});

const helpdeskSchema = z.strictObject({
  name: z.string().min(1).max(60).default('desk').describe('Which helpdesk; desk is the one that is built in.'),
  url: httpUrl.optional().describe('Its address. Not needed for the built-in desk.'),
  token: secret.optional().describe('The token of the account that the bridge uses there.'),
  webhookSecret: secret.optional().describe('What its webhooks are signed with. Without it only the sweep brings news.'),
  options: z.record(z.string(), z.unknown()).default({}).describe('What this helpdesk needs more; see its page in docs/helpdesks.'),
});

/** Who signs in to the page of the built-in desk. An entry whose token is empty (its variable is not set) is nobody. */
const deskSchema = z.strictObject({
  agents: z.array(z.strictObject({
    name: z.string().trim().min(1).max(100).default('Agent').describe('How colleagues and requesters see them.'),
    token: z.string().min(8).max(4096).optional().describe('What they sign in with: at least 8 characters.'),
  })).max(200).default([]).transform((agents) => agents.flatMap(({ name, token }) => (token === undefined ? [] : [{ name, token }])))
    .describe('Without any, the page is open to this machine when the server listens on loopback, and closed otherwise.'),
});

const mediaSchema = z.strictObject({
  ffmpeg: z.string().max(1024).refine((value) => value === 'auto' || value === 'off' || /^(\/|[A-Za-z]:[\\/])/.test(value), 'must be auto, off, or the full path of ffmpeg').default('auto')
    .describe('Makes voice messages playable in any browser (the original stays beside the copy). auto = when it is installed; off; or its full path.'),
});

export const configSchema = z.strictObject({
  telegram: telegramSchema,
  server: z.strictObject({
    host: z.string().min(1).max(255).default('127.0.0.1'),
    port: z.int().min(0).max(65_535).default(8080).describe('0 takes any free port.'),
  }).prefault({}),
  dataDir: folder.default('./data').describe('Where ids are kept. One process for each folder.'),
  idMap: idMapSchema.prefault({}),
  helpdesk: helpdeskSchema.prefault({}),
  desk: deskSchema.prefault({}),
  media: mediaSchema.prefault({}),
  mappingsDir: folder.default('./mappings'),
  sweepSeconds: z.number().min(1).max(3600).default(30).describe('How often changes are looked for that no webhook told of.'),
  logLevel: z.enum(['error', 'warn', 'info', 'debug']).default('info'),
});

type Deep<T> = T extends object ? { readonly [Key in keyof T]: Deep<T[Key]> } : T;

/** Everything an admin configures, checked and frozen. */
export type Config = Deep<z.output<typeof configSchema>> & {
  /** Where it was read from. */
  readonly file: string;
};

function isHttpUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  return /^https?:$/.test(url.protocol) && url.username === '' && url.password === '' && url.search === '' && url.hash === '';
}
