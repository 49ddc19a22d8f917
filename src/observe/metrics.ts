/** Metrics in Prometheus' format, in a registry of their own. Labels come from closed sets, or from a list that is cut off. */
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { BridgeEvent } from '../core/types.js';

export interface Metrics {
  /** Never throws. */
  count(event: BridgeEvent): void;
  /** The text for a scrape. */
  text(): Promise<string>;
  readonly contentType: string;
}

/** From a millisecond to the 24 hours for which Telegram keeps an update. */
const LAG_SECONDS = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200, 43_200, 86_400];
const REQUEST_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
/** Operations and notice kinds are words of our own code; more than this many would be a mistake there. */
const WORDS_MAX = 100;

export function createMetrics({ processMetrics = true }: { readonly processMetrics?: boolean } = {}): Metrics {
  const registry = new Registry();
  if (processMetrics) collectDefaultMetrics({ register: registry });
  const meters = createMeters(registry);
  return {
    count(event) {
      try {
        record(meters, event);
      } catch {
        // A metric that cannot be counted must not stop what it counts.
      }
    },
    text: () => registry.metrics(),
    contentType: registry.contentType,
  };
}

type Meters = ReturnType<typeof createMeters>;

function createMeters(register: Registry) {
  const registers = [register];
  const counter = <L extends string>(name: string, help: string, labelNames: L[]): Counter<L> => new Counter({ name: `deskbridge_${name}`, help, labelNames, registers });
  const gauge = <L extends string>(name: string, help: string, labelNames: L[]): Gauge<L> => new Gauge({ name: `deskbridge_${name}`, help, labelNames, registers });
  return {
    received: counter('received_total', 'Events from Telegram', ['kind']),
    relayed: counter('relayed_total', 'Messages brought across', ['direction']),
    retried: counter('retried_total', 'Tries that failed and are repeated', ['direction', 'code']),
    buried: counter('buried_total', 'Pieces of work given up', ['direction', 'code']),
    undelivered: counter('undelivered_total', 'Answers that cannot reach the requester', ['reason']),
    notices: counter('notices_total', 'Notices sent to requesters', ['kind']),
    opened: counter('tickets_opened_total', 'Tickets opened', []),
    doorbells: counter('doorbells_total', 'Hints that a ticket changed', ['source']),
    lag: new Histogram({ name: 'deskbridge_lag_seconds', help: 'From written to relayed', labelNames: ['direction'], buckets: LAG_SECONDS, registers }),
    requests: new Histogram({
      name: 'deskbridge_request_duration_seconds', help: 'Requests to either side; code is ok or an error code',
      labelNames: ['system', 'operation', 'code'], buckets: REQUEST_SECONDS, registers,
    }),
    lanes: gauge('lanes', 'Conversations with work under way', []),
    jobs: gauge('jobs', 'Pieces of work waiting or under way', []),
    waiting: gauge('updates_waiting', 'Updates that Telegram keeps, at the last look', []),
    failing: gauge('webhook_failing', '1 when Telegram could not deliver to the webhook since the look before', []),
    outage: gauge('outage', '1 while a side does not answer', ['system']),
    operations: createWords(),
    kinds: createWords(),
  };
}

function record(meters: Meters, event: BridgeEvent): void {
  switch (event.type) {
    case 'received': meters.received.inc({ kind: event.kind }); return;
    case 'relayed':
      meters.relayed.inc({ direction: event.direction });
      meters.lag.observe({ direction: event.direction }, Math.max(0, event.lagMs) / 1000);
      return;
    case 'retry': meters.retried.inc({ direction: event.direction, code: event.code }); return;
    case 'buried': meters.buried.inc({ direction: event.direction, code: event.code }); return;
    case 'undelivered': meters.undelivered.inc({ reason: event.reason }); return;
    case 'notice': meters.notices.inc({ kind: meters.kinds(event.kind) }); return;
    case 'ticket_opened': meters.opened.inc(); return;
    case 'doorbell': meters.doorbells.inc({ source: event.source }); return;
    case 'request':
      meters.requests.observe({ system: event.system, operation: meters.operations(event.operation), code: event.code ?? 'ok' }, event.durationMs / 1000);
      return;
    case 'lanes':
      meters.lanes.set(event.lanes);
      meters.jobs.set(event.jobs);
      return;
    case 'queue':
      meters.waiting.set(event.waiting);
      meters.failing.set(event.failing ? 1 : 0);
      return;
    case 'outage': meters.outage.set({ system: event.system }, event.up ? 0 : 1); return;
    case 'status':
    case 'log': return;
  }
}

/** Gives a word back while there are few; after that, `other`. */
function createWords(): (word: string) => string {
  const known = new Set<string>();
  return (word) => {
    if (known.has(word)) return word;
    if (known.size >= WORDS_MAX) return 'other';
    known.add(word);
    return word;
  };
}
