/**
 * Webhooks from the scrip in docs/helpdesks/request-tracker. Headers `x-rt-timestamp` (epoch seconds) and
 * `x-rt-signature: sha256=<hex>`, the HMAC of `<timestamp>.<raw body>`.
 */
import { z } from 'zod';
import { BridgeError } from '../../core/errors.js';
import type { DoorbellReader } from '../../core/ports.js';
import { mintId, type TicketId } from '../../core/types.js';
import { checkTimestamp, equalSecrets, signHmac } from '../../http/signature.js';
import { isNumber } from './ids.js';

const WINDOW_MS = 5 * 60_000;
/** Transactions that say nothing new about the ticket: RT sent a mail. */
const SILENT_TYPES = new Set(['EmailRecord', 'CommentEmailRecord']);
const OWN_TYPES = new Set(['Correspond', 'Comment']);

const ticketId = z.union([z.string(), z.int()]).transform(String).refine(isNumber);
const bodySchema = z.object({
  ticket: z.object({ id: ticketId, effective_id: ticketId.nullish() }),
  transaction: z.object({ type: z.string().nullish(), creator: z.string().nullish() }).nullish(),
});

/** `ownName` tells the login name of the bridge's user once it is known: its own comments are no news. */
export function createDoorbellReader(secret: string | undefined, ownName: () => string | undefined): DoorbellReader {
  return {
    authenticate({ headers, body }, nowMs) {
      if (secret === undefined || secret === '') throw refused('no webhook secret is configured');
      const timestamp = headers['x-rt-timestamp'] ?? '';
      const given = headers['x-rt-signature'] ?? '';
      // Before the timestamp, whose verdict anybody could else probe for.
      const expected = `sha256=${signHmac('sha256', secret, Buffer.concat([Buffer.from(`${timestamp}.`), body]))}`;
      if (!equalSecrets(given, expected)) throw refused('the signature is wrong or missing');
      if (!/^\d{1,12}$/.test(timestamp) || !checkTimestamp(Number(timestamp), nowMs, WINDOW_MS)) throw refused('the timestamp is too far from now; are both clocks right?');
    },
    parse({ body }) {
      const parsed = bodySchema.safeParse(parseJson(body));
      if (!parsed.success) throw new BridgeError({ code: 'invalid', operation: 'doorbell', message: 'doorbell: the body is not what the scrip sends' });
      const { ticket, transaction } = parsed.data;
      const type = transaction?.type ?? '';
      const creator = transaction?.creator ?? undefined;
      if (SILENT_TYPES.has(type) || (OWN_TYPES.has(type) && creator !== undefined && creator === ownName())) return [];
      return [...new Set([ticket.id, ticket.effective_id ?? ticket.id])].map((id) => ({ ticket: mintId<TicketId>(id) }));
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

function refused(why: string): BridgeError {
  return new BridgeError({ code: 'unauthorized', operation: 'doorbell', message: `doorbell: ${why}` });
}
