/** Our HTTP endpoints. They exist before the parts behind them do: until then they answer 503. */
import type { RequestHandler, Router } from 'express';
import type { Clock, Emit, HelpdeskConnector } from '../core/ports.js';
import { BridgeError } from '../core/errors.js';
import type { RawRequest } from '../core/types.js';
import type { Bridge } from '../bridge/bridge.js';
import type { Metrics } from '../observe/metrics.js';
import { installHealth } from '../observe/health.js';
import { createHttpServer, rawPost, type HttpServer, type RawResponse } from '../http/server.js';

/** What stands behind the endpoints once the program is assembled. */
export interface Behind {
  readonly connector: HelpdeskConnector;
  readonly bridge: Bridge;
  readonly telegramUpdate?: (raw: RawRequest) => Promise<RawResponse>;
  readonly askHelpdesk: () => Promise<void>;
  readonly askTelegram: () => Promise<void>;
}

export interface Server {
  readonly http: HttpServer;
  /** Opens the endpoints to the bridge. */
  connect(behind: Behind): void;
  /** Serves the embedded desk. */
  mountDesk(router: Router): void;
}

/** Far above any webhook of a helpdesk and any update of Telegram's. */
const WEBHOOK_BYTES_MAX = 2 * 2 ** 20;
const UPDATE_BYTES_MAX = 2 ** 20;
const DESK_PATH = '/desk';

export function createServer(options: {
  readonly host: string; readonly port: number; readonly emit: Emit; readonly clock: Clock; readonly metrics: Metrics;
  /** `/telegram/<path secret>`; absent in polling mode. */
  readonly telegramPath?: string;
}): Server {
  const { emit, clock, metrics } = options;
  const http = createHttpServer(options);
  let behind: Behind | undefined;
  let desk: Router | undefined;

  installHealth(http.app, {
    metrics, nowMs: () => clock.nowMs(), probes: { helpdesk: async () => ready().askHelpdesk(), telegram: async () => ready().askTelegram() },
  });
  if (options.telegramPath !== undefined) {
    rawPost(http.app, options.telegramPath, UPDATE_BYTES_MAX, async (raw) => ready().telegramUpdate?.(raw) ?? { status: 404 }, emit);
  }
  rawPost(http.app, '/helpdesk', WEBHOOK_BYTES_MAX, async (raw) => answerDoorbell(ready(), raw, clock, emit), emit);
  http.app.use(DESK_PATH, ((request, response, next) => {
    if (desk === undefined) next();
    else desk(request, response, next);
  }) satisfies RequestHandler);

  function ready(): Behind {
    if (behind === undefined) throw new BridgeError({ code: 'unavailable', operation: 'start', message: 'still starting', retryAfterMs: 1_000 });
    return behind;
  }

  return {
    http,
    connect(parts) { behind = parts; },
    mountDesk(router) { desk = router; },
  };
}

/** Answers at once: a doorbell that is lost after this is rung again by the sweep. */
async function answerDoorbell({ connector, bridge }: Behind, raw: RawRequest, clock: Clock, emit: Emit): Promise<RawResponse> {
  connector.doorbell.authenticate(raw, clock.nowMs());
  for (const doorbell of connector.doorbell.parse(raw)) {
    bridge.ring(doorbell, 'webhook').catch(() => {
      emit({ type: 'log', level: 'debug', message: 'doorbell not answered; the sweep rings again', facts: { ticket: doorbell.ticket } });
    });
  }
  return { status: 200, json: { ok: true } };
}
