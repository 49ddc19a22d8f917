/** Raw bytes at the door that helpdesks ring at, with right and wrong signatures. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { BridgeError } from '../../src/core/errors.js';
import type { DoorbellReader } from '../../src/core/ports.js';
import type { RawRequest } from '../../src/core/types.js';
import { createDoorbellReader as createDeskReader } from '../../src/helpdesks/desk/doorbell.js';
import { createDoorbellReader as createTrackerReader } from '../../src/helpdesks/request-tracker/doorbell.js';
import { signHmac } from '../../src/http/signature.js';
import { fuzz } from './fuzz.js';
import { staysLinear } from './growth.js';
import { anyJson, changes, mutated, oddText } from './values.js';

const SECRET = 'a shared secret';
const NOW_MS = 1_700_000_000_000;
const NOW = String(NOW_MS / 1000);

interface Bell {
  readonly name: string;
  readonly reader: DoorbellReader;
  readonly headers: { readonly timestamp: string; readonly signature: string };
  readonly sign: (timestamp: string, body: Buffer) => string;
  readonly real: readonly object[];
}

const hmac = (timestamp: string, body: Buffer): string => signHmac('sha256', SECRET, Buffer.concat([Buffer.from(`${timestamp}.`), body]));
const bells: readonly Bell[] = [
  { name: 'desk', reader: createDeskReader(SECRET), headers: { timestamp: 'x-desk-timestamp', signature: 'x-desk-signature' }, sign: hmac,
    real: [{ event: 'comment', tickets: [{ id: '7' }, { id: '8' }] }, { event: 'ping' }, { event: 'merged', tickets: [] }] },
  { name: 'request-tracker', reader: createTrackerReader(SECRET, () => 'bridge'), headers: { timestamp: 'x-rt-timestamp', signature: 'x-rt-signature' }, sign: (timestamp, body) => `sha256=${hmac(timestamp, body)}`,
    real: [{ ticket: { id: 7, effective_id: '8' }, transaction: { id: 5, type: 'Correspond', creator: 'dana' } }, { ticket: { id: '7' }, transaction: null }, { ticket: { id: 7 }, transaction: { type: 'EmailRecord' } }] },
];

function errorOf(work: () => unknown): BridgeError | undefined {
  try {
    work();
    return undefined;
  } catch (thrown) {
    if (thrown instanceof BridgeError) return thrown;
    throw thrown;
  }
}

const body = (real: readonly object[]): fc.Arbitrary<Buffer> => fc.oneof(
  { weight: 4, arbitrary: fc.tuple(fc.constantFrom(...real), changes).map(([one, list]) => Buffer.from(JSON.stringify(mutated(one, list)) ?? '')) },
  { weight: 2, arbitrary: anyJson.map((value) => Buffer.from(JSON.stringify(value))) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)) },
  { weight: 1, arbitrary: fc.constantFrom('', '{', '['.repeat(20_000), `{"ticket":${'{"id":'.repeat(10_000)}`, '{"ticket":{"id":1e400}}', '{"ticket":{"id":"1\\n"}}', '{"ticket":{"id":"٣"}}').map((text) => Buffer.from(text)) },
);

describe.each(bells)('doorbells of $name', ({ reader, headers, sign, real }) => {
  const request = (bytes: Buffer, timestamp: string, signature: string): RawRequest => ({ headers: { [headers.timestamp]: timestamp, [headers.signature]: signature }, body: bytes });

  it('are read as they are', () => {
    for (const one of real) {
      const raw = request(Buffer.from(JSON.stringify(one)), NOW, sign(NOW, Buffer.from(JSON.stringify(one))));
      expect(errorOf(() => { reader.authenticate(raw, NOW_MS); reader.parse(raw); })).toBeUndefined();
    }
  });

  fuzz('are read or refused when they are signed, whatever they say', body(real), 600, (bytes) => {
    const raw = request(bytes, NOW, sign(NOW, bytes));
    expect(errorOf(() => { reader.authenticate(raw, NOW_MS); })).toBeUndefined();
    const error = errorOf(() => {
      const rung = reader.parse(raw);
      expect(rung.length).toBeLessThanOrEqual(1_000);
      for (const { ticket } of rung) expect(ticket).toMatch(/^[1-9]\d{0,14}$|^0+\d{0,11}$/);
    });
    if (error !== undefined) expect(error.code).toBe('invalid');
  });

  fuzz('are refused with any other signature or time', fc.tuple(body(real), oddText, oddText, fc.boolean()), 300, ([bytes, timestamp, signature, signed]) => {
    const given = signed ? sign(timestamp, bytes) : signature;
    fc.pre(!(signed && /^\d{1,15}$/.test(timestamp)));
    expect(errorOf(() => { reader.authenticate(request(bytes, timestamp, given), NOW_MS); })?.code).toBe('unauthorized');
    expect(errorOf(() => { reader.authenticate({ headers: {}, body: bytes }, NOW_MS); })?.code).toBe('unauthorized');
    // One byte more, or a signature for another body.
    expect(errorOf(() => { reader.authenticate(request(Buffer.concat([bytes, Buffer.from(' ')]), NOW, sign(NOW, bytes)), NOW_MS); })?.code).toBe('unauthorized');
  });

  staysLinear('take time in proportion to the bytes', fc.constantFrom('{"id":"1"},', '[', '"', '9', '{"a":'), 5, 60_000,
    (piece, length) => `{"event":"a","tickets":[${piece.repeat(Math.ceil(length / piece.length))}{"id":"1"}],"ticket":{"id":"${'9'.repeat(length)}"}}`,
    (text) => { errorOf(() => reader.parse({ headers: {}, body: Buffer.from(text) })); });
});
