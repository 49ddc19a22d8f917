/** A body on its way through: fails as BridgeError when the other side goes silent or hangs up early, and lets go of its connection. */
import { Transform, type Readable } from 'node:stream';
import { BridgeError } from '../core/errors.js';
import { codeOf } from './fault.js';

interface Guard {
  readonly operation: string;
  /** Longest silence while the reader waits. */
  readonly idleTimeoutMs: number;
}

export function guardStream(source: Readable, { operation, idleTimeoutMs }: Guard): Readable {
  const guarded = new Transform({
    transform(chunk: unknown, _encoding, done) {
      timer.refresh();
      done(null, chunk);
    },
  });
  const fail = (what: string): void => {
    guarded.destroy(new BridgeError({ code: 'unavailable', operation, effect: 'unknown', message: `${operation}: ${what}` }));
  };
  const timer = setTimeout(() => {
    // Bytes that nobody fetched yet: it is the reader who is slow, not the other side.
    if (guarded.readableLength > 0) timer.refresh();
    else fail(`helpdesk sent nothing for ${idleTimeoutMs} ms`);
  }, idleTimeoutMs);
  source.on('error', (error) => { fail(`connection to the helpdesk broke (${codeOf(error)})`); });
  source.on('close', () => {
    if (!source.readableEnded) fail('connection to the helpdesk closed early');
  });
  guarded.on('close', () => {
    clearTimeout(timer);
    if (!source.readableEnded) source.destroy();
  });
  guarded.on('end', () => { clearTimeout(timer); });
  return source.pipe(guarded);
}
