/** What belongs here: the desk's webhooks: HMAC-SHA256 over `<timestamp>.<raw body>`, refused when older or newer than the window. */
import { z } from 'zod';
import { BridgeError } from '../../core/errors.js';
import type { DoorbellReader } from '../../core/ports.js';
import { mintId, type Doorbell, type TicketId } from '../../core/types.js';
import { checkTimestamp, equalSecrets, signHmac } from '../../http/signature.js';

const WINDOW_MS = 5 * 60_000;

const TYPING_EVENT = 'ticket.typing';

const webhookBody = z.object({
  event: z.string(),
  tickets: z.array(z.object({ id: z.string().regex(/^\d{1,12}$/) })).max(1000).optional(),
});

const typingBody = z.object({
  event: z.literal(TYPING_EVENT), ticket: z.object({ id: z.string().regex(/^\d{1,12}$/) }), typing: z.boolean(),
  // Whatever is not clearly public is internal.
  visibility: z.enum(['public', 'internal']).catch('internal'),
});

/** Without a secret every webhook is refused. */
export function createDoorbellReader(secret: string | undefined): DoorbellReader {
  return {
    authenticate({ headers, body }, nowMs) {
      const timestamp = headers['x-desk-timestamp'] ?? '';
      const signature = headers['x-desk-signature'] ?? '';
      if (secret === undefined || secret === '') throw refusal('no webhook secret is configured');
      if (!/^\d{1,15}$/.test(timestamp) || !checkTimestamp(Number(timestamp), nowMs, WINDOW_MS)) throw refusal('the timestamp is missing, or too far from now');
      const expected = signHmac('sha256', secret, Buffer.concat([Buffer.from(`${timestamp}.`), body]));
      if (!equalSecrets(signature.toLowerCase(), expected)) throw refusal('the signature is wrong');
    },
    parse({ body }) {
      const json = parseJson(body);
      const parsed = webhookBody.safeParse(json);
      if (!parsed.success) throw foreign();
      if (parsed.data.event === TYPING_EVENT) return parseTyping(json);
      const ids = new Set((parsed.data.tickets ?? []).map((ticket) => ticket.id));
      return [...ids].map((id) => ({ ticket: mintId<TicketId>(id) }));
    },
  };
}

function parseTyping(json: unknown): readonly Doorbell[] {
  const parsed = typingBody.safeParse(json);
  if (!parsed.success) throw foreign();
  const { ticket, typing, visibility } = parsed.data;
  return typing && visibility !== 'public' ? [] : [{ ticket: mintId<TicketId>(ticket.id), typing }];
}

function foreign(): BridgeError {
  return new BridgeError({ code: 'invalid', operation: 'parseDoorbell', message: 'the body is not what the desk sends' });
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8')) as unknown;
  } catch {
    return undefined;
  }
}

function refusal(message: string): BridgeError {
  return new BridgeError({ code: 'unauthorized', operation: 'authenticateDoorbell', message });
}
