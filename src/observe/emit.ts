/** Where everything that happens goes: a log line, a count, and whoever else listens. */
import type { Emit } from '../core/ports.js';
import type { BridgeEvent } from '../core/types.js';
import type { Logger, LogLevel } from './logs.js';
import type { Metrics } from './metrics.js';

export interface EmitOptions {
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Called with every event, in order; what they throw is dropped. */
  readonly listeners?: readonly ((event: BridgeEvent) => void)[];
}

/** Never throws and never waits. */
export function createEmit({ logger, metrics, listeners = [] }: EmitOptions): Emit {
  const down = new Set<string>();
  return (event) => {
    metrics.count(event);
    if (event.type === 'outage' && !event.up) down.add(event.system);
    if (event.type === 'outage' && event.up) down.delete(event.system);
    if (event.type === 'log') logger.log(event.level, event.message, event.facts);
    else logEvent(logger, event, down.size > 0);
    for (const listener of listeners) {
      try {
        listener(event);
      } catch {
        // A listener's trouble is its own.
      }
    }
  };
}

type Telling = Exclude<BridgeEvent, { type: 'log' }>;

function logEvent(logger: Logger, event: Telling, inOutage: boolean): void {
  const level = inOutage && isOfOutage(event) ? 'debug' : levelOf(event);
  if (level === undefined) return;
  const { type, ...facts } = event;
  logger.log(level, MESSAGES[type], facts);
}

/** An outage is told in one line; each message that waits for its end would be another one, every few seconds. */
function isOfOutage(event: Telling): boolean {
  return event.type === 'retry' && (event.code === 'unavailable' || event.code === 'unauthorized');
}

const MESSAGES: Readonly<Record<Telling['type'], string>> = {
  received: 'received from Telegram', doorbell: 'doorbell', ticket_opened: 'ticket opened', relayed: 'relayed', retry: 'failed, will try again',
  buried: 'given up and buried', undelivered: 'answer not delivered', notice: 'notice sent', status: 'status changed', request: 'request',
  outage: 'outage', lanes: 'lanes', queue: 'queue',
};

/** One line for each relayed message; what only accompanies it is for debugging. Undefined = metrics only. */
function levelOf(event: Telling): LogLevel | undefined {
  switch (event.type) {
    case 'lanes': case 'queue': return undefined;
    case 'received': case 'doorbell': case 'request': return 'debug';
    case 'retry': case 'undelivered': return 'warn';
    case 'buried': return 'error';
    case 'outage': return event.up ? 'info' : 'error';
    case 'ticket_opened': case 'relayed': case 'notice': case 'status': return 'info';
  }
}
