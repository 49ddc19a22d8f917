/** What belongs here: the desk's webhooks: HMAC-SHA256 over `<timestamp>.<raw body>`, refused when older or newer than the window. */
import { z } from 'zod';
import { BridgeError } from '../../core/errors.js';
import type { DoorbellReader } from '../../core/ports.js';
import { mintId, type TicketId } from '../../core/types.js';
import { checkTimestamp, equalSecrets, signHmac } from '../../http/signature.js';

const WINDOW_MS = 5 * 60_000;

const webhookBody = z.object({
  event: z.string(),
  tickets: z.array(z.object({ id: z.string().regex(/^\d{1,12}$/) })).max(1000).optional(),
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
      const parsed = webhookBody.safeParse(parseJson(body));
      if (!parsed.success) throw new BridgeError({ code: 'invalid', operation: 'parseDoorbell', message: 'the body is not what the desk sends' });
      const ids = new Set((parsed.data.tickets ?? []).map((ticket) => ticket.id));
      return [...ids].map((id) => ({ ticket: mintId<TicketId>(id) }));
    },
  };
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
