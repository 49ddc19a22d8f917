/** What belongs here: cases about webhooks: who may ring, and what hostile bytes do. */
import { expect } from '@jest/globals';
import { BridgeError } from '../../src/core/errors.js';
import type { RawRequest } from '../../src/core/types.js';
import type { HelpdeskCase } from './helpdesk.js';
import { openTicket } from './helpdesk-samples.js';

const NOW_MS = Date.UTC(2026, 10, 21, 12);
const WINDOW_MS = 5 * 60_000;

const HOSTILE_BODIES: readonly (string | Buffer)[] = [
  '', ' ', 'null', '0', '[]', '{}', '"ticket"', '{"ticket":', '{"ticket":null}', '{"ticket":{}}', '{"ticket":{"id":null}}', '{"ticket":{"id":{}}}',
  '{"ticket":{"id":"../../1"}}', '{"ticket":{"id":-1}}', '{"ticket":{"id":1e400}}', '{"__proto__":{"ticket":{"id":1}}}', '<html></html>',
  Buffer.from([0xff, 0xfe, 0x00]), `${'['.repeat(50_000)}${']'.repeat(50_000)}`,
];

function expectRefused(work: () => unknown, code: 'unauthorized' | 'invalid', label: string): void {
  let thrown: unknown;
  try { work(); } catch (error) { thrown = error; }
  expect({ label, bridge: thrown instanceof BridgeError, code: (thrown as { code?: unknown } | undefined)?.code }).toEqual({ label, bridge: true, code });
}

/** The request with every header whose value holds a hex digest changed by `change`. */
function withSignature(request: RawRequest, change: (digest: string) => string | undefined): RawRequest {
  const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) =>
    [name, value === undefined || !/[0-9a-f]{40}/.test(value) ? value : change(value)]));
  return { ...request, headers };
}

export const DOORBELL_CASES: readonly HelpdeskCase[] = [
  {
    title: 'a rightly signed webhook rings for its ticket',
    async run({ connector, webhook }) {
      const ticket = await openTicket(connector);
      const request = webhook(ticket.id, NOW_MS);
      connector.doorbell.authenticate(request, NOW_MS);
      expect(connector.doorbell.parse(request).map((doorbell) => doorbell.ticket)).toEqual([ticket.id]);
    },
  },
  {
    title: 'a webhook with a wrong, missing, cut or lengthened signature, or no headers, is unauthorized',
    async run({ connector, webhook }) {
      const ticket = await openTicket(connector);
      const request = webhook(ticket.id, NOW_MS);
      const flip = (digest: string): string => `${digest.slice(0, -1)}${digest.endsWith('0') ? '1' : '0'}`;
      const changes: Readonly<Record<string, (digest: string) => string | undefined>> = {
        wrong: flip, missing: () => undefined, empty: () => '', cut: (digest) => digest.slice(0, -1), longer: (digest) => `${digest}0`,
        huge: (digest) => digest + '0'.repeat(100_000), odd: (digest) => `${digest.slice(0, -1)}ю`,
      };
      for (const [label, change] of Object.entries(changes)) {
        expectRefused(() => connector.doorbell.authenticate(withSignature(request, change), NOW_MS), 'unauthorized', label);
      }
      expectRefused(() => connector.doorbell.authenticate({ headers: {}, body: request.body }, NOW_MS), 'unauthorized', 'no headers');
    },
  },
  {
    title: 'a webhook whose body was changed after signing is unauthorized',
    async run({ connector, webhook }) {
      const request = webhook((await openTicket(connector)).id, NOW_MS);
      const body = Buffer.concat([request.body, Buffer.from(' ')]);
      expectRefused(() => connector.doorbell.authenticate({ ...request, body }, NOW_MS), 'unauthorized', 'longer body');
      expectRefused(() => connector.doorbell.authenticate({ ...request, body: Buffer.alloc(0) }, NOW_MS), 'unauthorized', 'no body');
    },
  },
  {
    title: 'a webhook is taken within five minutes of its timestamp, before and after, and no later',
    async run({ connector, webhook }) {
      const request = webhook((await openTicket(connector)).id, NOW_MS);
      for (const away of [-WINDOW_MS + 2000, 0, WINDOW_MS - 2000]) connector.doorbell.authenticate(request, NOW_MS + away);
      for (const away of [-WINDOW_MS - 2000, WINDOW_MS + 2000]) {
        expectRefused(() => connector.doorbell.authenticate(request, NOW_MS + away), 'unauthorized', String(away));
      }
    },
  },
  {
    title: 'without a secret, and with another one, every webhook is unauthorized',
    async run({ connect, connector, webhook, signed }) {
      const request = webhook((await openTicket(connector)).id, NOW_MS);
      for (const [label, reader] of [['none', connect({ webhookSecret: null })], ['other', connect({ webhookSecret: 'another secret of some length' })]] as const) {
        expectRefused(() => reader.doorbell.authenticate(request, NOW_MS), 'unauthorized', label);
        expectRefused(() => reader.doorbell.authenticate(signed(Buffer.from('{}'), NOW_MS), NOW_MS), 'unauthorized', label);
      }
    },
  },
  {
    title: 'bodies that the helpdesk does not send are invalid, even rightly signed',
    async run({ connector, signed }) {
      for (const body of HOSTILE_BODIES) {
        const request = signed(Buffer.from(body), NOW_MS);
        connector.doorbell.authenticate(request, NOW_MS);
        expectRefused(() => connector.doorbell.parse(request), 'invalid', body.toString().slice(0, 60));
      }
    },
  },
];
