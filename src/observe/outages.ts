/**
 * One line when a side stops answering, one when it answers again, instead of one for each failed request. A side that answers some requests and
 * not others is down all the while: it is up again only when nothing failed for a time.
 */
import type { Emit } from '../core/ports.js';
import type { BridgeErrorCode } from '../core/errors.js';
import type { BridgeEvent } from '../core/types.js';

type System = Extract<BridgeEvent, { type: 'request' }>['system'];

/** Codes that say that the other side as a whole is in trouble, or that only an admin can mend it. */
const OUTAGE_CODES: ReadonlySet<BridgeErrorCode> = new Set(['unavailable', 'unauthorized']);
/** A single failure may be chance; so many in a row are an outage. */
const FAILURES_TO_TELL = 2;
/** An answer after so long without a failure ends an outage ... */
const CALM_MS = 10_000;
/** ... and so many answers in a row do, when there is much to do. */
const ANSWERS_TO_TELL = 20;

interface Watched {
  failures: number;
  answers: number;
  down: boolean;
  failedAtMs: number;
}

/** Passes every event on but `outage`, which is told where requests begin to fail, or somebody says so, and where they go well again. */
export function createOutageWatch(emit: Emit, nowMs: () => number): Emit {
  const systems = new Map<System, Watched>();
  const watchedOf = (system: System): Watched => {
    const watched = systems.get(system) ?? { failures: 0, answers: 0, down: false, failedAtMs: 0 };
    systems.set(system, watched);
    return watched;
  };
  const failed = (system: System, failures: number, facts: { readonly code?: BridgeErrorCode; readonly operation?: string }): void => {
    const watched = watchedOf(system);
    Object.assign(watched, { failures: watched.failures + failures, answers: 0, failedAtMs: nowMs() });
    if (watched.down || watched.failures < FAILURES_TO_TELL) return;
    watched.down = true;
    emit({ type: 'outage', system, up: false, ...facts });
  };
  const answered = (system: System): void => {
    const watched = watchedOf(system);
    Object.assign(watched, { failures: 0, answers: watched.answers + 1 });
    if (!watched.down || (watched.answers < ANSWERS_TO_TELL && nowMs() - watched.failedAtMs < CALM_MS)) return;
    watched.down = false;
    emit({ type: 'outage', system, up: true });
  };
  return (event) => {
    if (event.type !== 'outage') emit(event);
    if (event.type === 'outage') {
      const { system, up, code, operation } = event;
      if (up) answered(system);
      else failed(system, FAILURES_TO_TELL, { ...(code && { code }), ...(operation && { operation }) });
    } else if (event.type === 'request') {
      const { system, code, operation } = event;
      if (code === undefined || !OUTAGE_CODES.has(code)) answered(system);
      else failed(system, 1, { code, operation });
    }
  };
}
