/** One line when a side stops answering, one when it answers again, instead of one for each failed request. */
import type { Emit } from '../core/ports.js';
import type { BridgeErrorCode } from '../core/errors.js';
import type { BridgeEvent } from '../core/types.js';

type Request = Extract<BridgeEvent, { type: 'request' }>;

/** Codes that say that the other side as a whole is in trouble, or that only an admin can mend it. */
const OUTAGE_CODES: ReadonlySet<BridgeErrorCode> = new Set(['unavailable', 'unauthorized']);
/** A single failure may be chance; so many in a row are an outage. */
const FAILURES_TO_TELL = 2;

/** Passes every event on, and adds `outage` events where requests begin to fail and where they succeed again. */
export function createOutageWatch(emit: Emit): Emit {
  const failures = new Map<Request['system'], number>();
  return (event) => {
    emit(event);
    if (event.type !== 'request') return;
    const before = failures.get(event.system) ?? 0;
    if (event.code !== undefined && OUTAGE_CODES.has(event.code)) {
      failures.set(event.system, before + 1);
      if (before + 1 === FAILURES_TO_TELL) emit({ type: 'outage', system: event.system, up: false, code: event.code, operation: event.operation });
    } else if (before > 0) {
      failures.set(event.system, 0);
      if (before >= FAILURES_TO_TELL) emit({ type: 'outage', system: event.system, up: true });
    }
  };
}
