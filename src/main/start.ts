/** Puts the parts together, starts them in order, and takes them apart again. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../config.js';
import type { MediaConverter } from '../core/media.js';
import type { GivenPorts } from '../bridge/ports.js';
import { createBridge, type Bridge } from '../bridge/bridge.js';
import { Sweep } from '../bridge/sweep.js';
import type { Mapping } from '../core/mapping.js';
import type { Clock, ConnectorContext, Emit, HelpdeskConnector, HelpdeskSettings, IdMap } from '../core/ports.js';
import { BridgeError, REMEDY_BY_CODE, toBridgeError } from '../core/errors.js';
import type { ConversationId } from '../core/types.js';
import { createJourney } from '../frontdesk/journey.js';
import { HELPDESKS } from '../helpdesks/index.js';
import { createLowdbIdMap } from '../idmap/lowdb.js';
import { createSeal } from '../idmap/seal.js';
import { createTelegramClient, type TelegramClient } from '../telegram/client.js';
import { getBotAccount } from '../telegram/registration.js';
import { createProfilePhotos } from '../telegram/photos.js';
import { createMessageReader } from '../telegram/read-again.js';
import { createOrigins } from '../telegram/origins.js';
import { createSender } from '../telegram/sender.js';
import { webhookPath } from '../telegram/webhook.js';
import { isEmbedded, isLoopback, openEmbeddedDesk, type EmbeddedDesk } from './desk.js';
import type { Foundation } from './foundation.js';
import { startIntake, type Intake } from './intake.js';
import { openMedia } from './media.js';
import { withPausePoints } from './pause-points.js';
import { warnOfLostMap } from './lost-map.js';
import { repeat, type Repetition } from './repeat.js';
import { createReplaySpool } from './replay-spool.js';
import { watchReplays } from './replay-watch.js';
import { createServer, type Server } from './serve.js';

export interface Running {
  /** Where we listen, as this machine reaches it. */
  readonly url: string;
  /** Resolves when another process took the data directory over. */
  readonly lost: Promise<void>;
  /** Stops intake, finishes lanes, closes everything. */
  stop(): Promise<void>;
}

export interface StartOptions {
  readonly mapping: () => Mapping;
  readonly clock: Clock;
  /** Adds routes of its own before the server listens; the demo does. */
  readonly prepare?: (server: Server) => void;
  /** For tests that kill the program: see pause-points.ts. */
  readonly pauseAt?: string | undefined;
}

/** Throws BridgeError when something is wrong that waiting does not mend (port taken, data directory in use, wrong token). */
export async function startBridge(config: Config, foundation: Foundation, options: StartOptions): Promise<Running> {
  const closers: (() => Promise<void> | void)[] = [];
  try {
    return await assemble(config, foundation, options, closers);
  } catch (thrown) {
    await closeAll(closers);
    throw thrown;
  }
}

async function assemble(config: Config, { emit, metrics }: Foundation, options: StartOptions, closers: (() => Promise<void> | void)[]): Promise<Running> {
  const { clock, mapping } = options;
  await mkdir(config.dataDir, { recursive: true, mode: 0o700 });
  let onLost = (): void => undefined;
  const lost = new Promise<void>((resolve) => { onLost = resolve; });
  const idMap = await createLowdbIdMap({ folder: join(config.dataDir, 'idmap'), nowMs: clock.nowMs, emit, onLost });
  closers.push(() => idMap.close());
  const server = createServer({ ...config.server, emit, clock, metrics, ...telegramPathOf(config) });
  options.prepare?.(server);
  const { port, url: listening } = await server.http.start();
  closers.push(() => server.http.stop());
  const url = reachable(config.server.host, port);
  const desk = isEmbedded(config) ? await openEmbeddedDesk(config, mapping().queues, url, { clock, emit }) : undefined;
  if (desk !== undefined) {
    server.mountDesk(desk.router);
    closers.push(() => desk.close());
  }
  const connector = createConnector(config, desk, { emit, nowMs: clock.nowMs, trim: () => mapping().mailTrim });
  const client = createTelegramClient({ token: config.telegram.token, apiRoot: config.telegram.apiRoot, local: config.telegram.local, emit, nowMs: clock.nowMs });
  closers.push(() => client.disconnect());
  emit({ type: 'log', level: 'info', message: 'listening', facts: { url: listening, helpdesk: connector.name, mode: config.telegram.mode } });
  const media = await openMedia(config, emit);
  const parts = createParts({ ...(media && { media }), connector, client, idMap, mapping, clock, emit, pauseAt: options.pauseAt }, config);
  // The sweep's first look gives work to the lanes before Telegram is connected; what fails after that must not leave them running.
  closers.push(() => parts.bridge.stop());
  const intake = await connectTelegram(config, parts, client, server, clock, emit);
  const replays = startReplays(config, parts);
  // Together: intake and replays wait for what they handed over, and what waits for a retry ends only when the lanes are told to stop.
  const stopWork = async (): Promise<void> => { await Promise.all([intake.stop(), replays.stop(), parts.bridge.stop()]); };
  closers.push(stopWork, ...startSweeps(config, parts, intake, clock));
  emit({ type: 'log', level: 'info', message: 'started', facts: { bot: intake.username } });
  return { url, lost, stop: () => closeAll(closers) };
}

/** Last opened, first closed; one that fails does not keep the others open. */
async function closeAll(closers: (() => Promise<void> | void)[]): Promise<void> {
  for (const close of closers.splice(0).reverse()) await Promise.resolve().then(close).catch(() => undefined);
}

interface Parts {
  readonly ports: GivenPorts;
  readonly bridge: Bridge;
  readonly sweep: Sweep;
}

function createParts(
  given: { readonly connector: HelpdeskConnector; readonly client: TelegramClient; readonly idMap: IdMap; readonly mapping: () => Mapping; readonly media?: MediaConverter;
    readonly clock: Clock; readonly emit: Emit; readonly pauseAt: string | undefined },
  { telegram }: Config,
): Parts {
  const { connector, client, idMap, mapping, clock, emit } = given;
  const { perSecond, perChatPerSecond, perChatBurst, perGroupPerMinute, requesterBurst, requesterPerMinute } = telegram.limits;
  const limits = { messagesPerSecond: perSecond, chatMessagesPerSecond: perChatPerSecond, chatBurst: perChatBurst, groupMessagesPerMinute: perGroupPerMinute };
  const sender = createSender({ client, clock, emit, limits });
  const ports: GivenPorts = withPausePoints({
    ...(given.media && { media: given.media }), connector, sender, files: { openKept: (ref) => client.openFile(ref) }, photos: createProfilePhotos(client), idMap,
    seal: createSeal(telegram.token), mapping, clock, emit, journey: createJourney({ connector, mapping, clock }),
  }, given.pauseAt);
  const isOurs = (conversation: ConversationId): boolean => conversation.startsWith(`tg:${client.botId}:`);
  const reader = createMessageReader({ client, clock, emit, limits, operatorsChat: telegram.operatorsChat });
  const floodLimits = { burst: requesterBurst, perMinute: requesterPerMinute };
  const bridge = createBridge(ports, { isOurs, privateChatOf: createOrigins(client.botId).privateChatOf, random: Math.random, floodLimits, reader });
  return { ports, bridge, sweep: new Sweep(ports, bridge) };
}

/** Throws `invalid` when the settings do not lead to a helpdesk. */
export function createConnector(config: Config, desk: EmbeddedDesk | undefined, context: ConnectorContext): HelpdeskConnector {
  const { name, url, token, webhookSecret, options } = config.helpdesk;
  const definition = HELPDESKS[name];
  const settings: HelpdeskSettings | undefined = desk?.settings ?? (url === undefined || token === undefined ? undefined
    : { url, token, options, ...(webhookSecret && { webhookSecret }) });
  if (definition === undefined || settings === undefined) {
    throw new BridgeError({ code: 'invalid', operation: 'start', message: `helpdesk ${name} needs HELPDESK_URL and HELPDESK_TOKEN` });
  }
  return definition.create(settings, context);
}

const REACH_AGAIN_MS = 5_000;

/** The intake starts when the sweep knows from where on to look. */
async function connectTelegram(config: Config, { bridge, ports, sweep }: Parts, client: TelegramClient, server: Server, clock: Clock, emit: Emit): Promise<Intake> {
  const bot = await untilReachable(() => getBotAccount(client), clock, emit);
  const isNew = await ports.idMap.sweepCursor() === undefined;
  while (!await sweep.findPlace()) await clock.sleep(REACH_AGAIN_MS);
  if (isNew) await warnOfLostMap(ports.connector, bot.id, emit);
  const intake = await untilReachable(() => startIntake(config, { bot, client, bridge, mapping: ports.mapping, clock, emit }), clock, emit);
  await bridge.resume().catch((thrown: unknown) => {
    const { code } = toBridgeError(thrown, 'resume');
    emit({ type: 'log', level: 'warn', message: 'what was left to do at the last stop is done by the sweep', facts: { code } });
  });
  server.connect({
    connector: ports.connector, bridge, ...(intake.webhook && { telegramUpdate: intake.webhook }),
    askTelegram: async () => { await client.call('getMe', {}); },
    askHelpdesk: async () => {
      const cursor = await ports.idMap.sweepCursor();
      await ports.connector.changedSince(cursor);
    },
  });
  return intake;
}

const WATCH_EVERY_MS = 60_000;

function startSweeps(config: Config, { sweep }: Parts, intake: Intake, clock: Clock): (() => Promise<void>)[] {
  const sweeps = repeat(() => sweep.run(), config.sweepSeconds * 1_000, clock);
  const watch = repeat(() => intake.watch(), WATCH_EVERY_MS, clock);
  return [() => watch.stop(), () => sweeps.stop()];
}

function startReplays({ dataDir }: Config, { bridge, ports: { idMap, clock, emit } }: Parts): Repetition {
  return watchReplays({ spool: createReplaySpool(dataDir), bridge, idMap, clock, emit });
}

/** Telegram may be down when we start: wait. A wrong token is for the admin. */
async function untilReachable<T>(ask: () => Promise<T>, clock: Clock, emit: Emit): Promise<T> {
  for (let told = false; ; told = true) {
    try {
      return await ask();
    } catch (thrown) {
      const error = toBridgeError(thrown, 'start');
      if (REMEDY_BY_CODE[error.code] !== 'retry') throw error;
      if (!told) emit({ type: 'log', level: 'warn', message: `Telegram cannot be reached yet; trying on: ${error.message}`, facts: { code: error.code } });
      await clock.sleep(error.retryAfterMs ?? REACH_AGAIN_MS);
    }
  }
}

function telegramPathOf({ telegram }: Config): { readonly telegramPath?: string } {
  return telegram.mode === 'webhook' && telegram.webhookSecret !== undefined ? { telegramPath: webhookPath(telegram.webhookSecret) } : {};
}

/** Our own address as this process reaches it: an address that listens everywhere is reached on loopback. */
function reachable(host: string, port: number): string {
  const everywhere = host === '0.0.0.0' || host === '::';
  const name = everywhere ? '127.0.0.1' : host;
  return `http://${name.includes(':') && !isLoopback(name) ? `[${name}]` : name === '::1' ? '[::1]' : name}:${port}`;
}
