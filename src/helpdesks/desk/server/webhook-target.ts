/** What belongs here: one signed request to whoever the desk tells what happens. */
import type { Clock } from '../../../core/ports.js';
import { createHttpClient } from '../../../http/client.js';
import { signHmac } from '../../../http/signature.js';
import { refuse } from './desk.js';

export interface WebhookTarget {
  readonly url: string;
  /** Never empty. */
  readonly secret: string;
}

export interface WebhookWire {
  /** Throws what the HTTP client throws. */
  send(json: object): Promise<void>;
  close(): void;
}

/** One connection of its own. Throws `invalid` for a target without a URL or a secret. */
export function openWebhookTarget({ url, secret }: WebhookTarget, clock: Clock, timeoutMs: number): WebhookWire {
  if (secret === '' || !URL.canParse(url)) throw refuse('invalid', 'startWebhooks', 'a webhook needs a URL and a secret');
  const { origin, pathname, search } = new URL(url);
  // The desk is a helpdesk of its own: what it sends is no request of the bridge and stays out of the bridge's metrics.
  const client = createHttpClient({ baseUrl: origin, headers: {}, timeoutMs, emit: () => undefined, nowMs: clock.nowMs, connectionsMax: 1, secrets: [secret] });
  return {
    async send(json) {
      const body = Buffer.from(JSON.stringify(json));
      const timestamp = String(Math.floor(clock.nowMs() / 1000));
      const signature = signHmac('sha256', secret, Buffer.concat([Buffer.from(`${timestamp}.`), body]));
      const headers = { 'content-type': 'application/json', 'x-desk-timestamp': timestamp, 'x-desk-signature': signature };
      await client.request({ operation: 'webhook', method: 'POST', path: pathname + search, body, headers, text: true });
    },
    close: () => { client.close(); },
  };
}
