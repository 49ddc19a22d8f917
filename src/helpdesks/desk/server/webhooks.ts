/**
 * What belongs here: telling another program that tickets changed. One loop, one request at a time: it takes the tickets that changed
 * since the last request that went well (many may share a request), signs, sends, and tries again a bounded number of times.
 * What was told is kept as a sequence number, so a restart goes on where it stopped, or a little before: a ticket may be told twice.
 */
import type { Clock, Emit } from '../../../core/ports.js';
import { toBridgeError } from '../../../core/errors.js';
import type { Store } from './store.js';
import { openWebhookTarget, type WebhookTarget, type WebhookWire } from './webhook-target.js';

export interface WebhookLoop {
  /** Stops after the request under way (at most its timeout) and keeps what was told. */
  close(): Promise<void>;
}

const TICKETS_PER_REQUEST = 50;
const TIMEOUT_MS = 10_000;
const ATTEMPTS_MAX = 8;
const FIRST_DELAY_MS = 500;
/** Writing down every request would cost a disk write each; after a crash at most this many changes are told again. */
const KEEP_EVERY = 200;

export function startWebhooks(store: Store, target: WebhookTarget, clock: Clock, emit: Emit): WebhookLoop {
  const wire = openWebhookTarget(target, clock, TIMEOUT_MS);
  const stop = new AbortController();
  const running = run(store, clock, emit, wire, stop.signal);
  return {
    async close() {
      stop.abort();
      await running.finally(() => wire.close());
    },
  };
}

async function run(store: Store, clock: Clock, emit: Emit, wire: WebhookWire, signal: AbortSignal): Promise<void> {
  const news = createBell(store, signal);
  let toldSeq = store.tables.toldSeq;
  while (!signal.aborted) {
    const page = store.tables.rings.after(toldSeq, TICKETS_PER_REQUEST);
    const lastSeq = page.at(-1)?.seq;
    if (lastSeq === undefined) {
      await news.next();
      continue;
    }
    const json = { event: 'tickets.changed', seq: lastSeq, tickets: page.map((entry) => ({ id: entry.ticket })) };
    if (!await deliver(clock, emit, () => wire.send(json), signal)) break;
    toldSeq = lastSeq;
    if (toldSeq - store.tables.toldSeq >= KEEP_EVERY) store.write([{ type: 'told', seq: toldSeq }]);
  }
  news.stop();
  if (toldSeq > store.tables.toldSeq) store.write([{ type: 'told', seq: toldSeq }]);
}

/** False = stopped before it went well. After the last attempt it goes on to what comes next: the other side's sweep finds the rest. */
async function deliver(clock: Clock, emit: Emit, send: () => Promise<unknown>, signal: AbortSignal): Promise<boolean> {
  for (let attempt = 1; !signal.aborted; attempt += 1) {
    try {
      await send();
      return true;
    } catch (thrown) {
      const { code } = toBridgeError(thrown, 'webhook');
      if (attempt >= ATTEMPTS_MAX) {
        emit({ type: 'log', level: 'error', message: 'desk: a webhook was given up', facts: { attempts: attempt, code } });
        return true;
      }
      emit({ type: 'log', level: 'debug', message: 'desk: a webhook failed and is tried again', facts: { attempt, code } });
    }
    await clock.sleep(FIRST_DELAY_MS * 2 ** (attempt - 1), signal);
  }
  return false;
}

/** Waits for changes without missing one that comes between two waits. */
function createBell(store: Store, signal: AbortSignal): { next(): Promise<void>; stop(): void } {
  let rung = false;
  let wake = (): void => undefined;
  const ring = (): void => {
    rung = true;
    wake();
  };
  const unwatch = store.watch(ring);
  signal.addEventListener('abort', ring, { once: true });
  return {
    async next() {
      if (!rung) await new Promise<void>((resolve) => { wake = resolve; });
      rung = false;
    },
    stop: unwatch,
  };
}
