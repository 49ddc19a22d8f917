/** What every command that runs something stands on: logs, metrics, and the one stream of events that feeds both. */
import type { Emit } from '../core/ports.js';
import type { BridgeEvent } from '../core/types.js';
import type { Config } from '../config.js';
import { createEmit } from '../observe/emit.js';
import { createLogger, type Logger } from '../observe/logs.js';
import { createMetrics, type Metrics } from '../observe/metrics.js';
import { createOutageWatch } from '../observe/outages.js';
import { systemClock } from './system-clock.js';

export interface Foundation {
  readonly emit: Emit;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** `listeners` hear every event too. */
export function createFoundation(config: Config, listeners: readonly ((event: BridgeEvent) => void)[] = []): Foundation {
  const logger = createLogger({ level: config.logLevel, pretty: process.stdout.isTTY, secrets: secretsOf(config) });
  const metrics = createMetrics();
  const told = createEmit({ logger, metrics, listeners });
  return { emit: createOutageWatch(told, systemClock.nowMs), logger, metrics };
}

/** Whatever must never be seen in a log line, even by mistake. */
function secretsOf({ telegram, helpdesk, idMap, desk }: Config): readonly string[] {
  const { databaseUrl = '' } = idMap;
  // The halves that are secret by themselves: of a bot token what follows the bot's id, of a database its password.
  const halves = [telegram.token.split(':')[1], URL.canParse(databaseUrl) ? new URL(databaseUrl).password : ''];
  return [telegram.token, telegram.webhookSecret, helpdesk.token, helpdesk.webhookSecret, databaseUrl, ...halves, ...desk.agents.map((agent) => agent.token)]
    .filter((secret): secret is string => secret !== undefined && secret !== '');
}
