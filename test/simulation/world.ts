/**
 * The simulated world: the real bridge, lanes, journey, mapping, sender, polling and webhook between a helpdesk and a Telegram that
 * misbehave, on machines that die, freeze and are replaced while they still live.
 */
import { createBridge, type Bridge } from '../../src/bridge/bridge.js';
import type { GivenPorts } from '../../src/bridge/ports.js';
import { Sweep } from '../../src/bridge/sweep.js';
import type { Emit, HelpdeskConnector, Sender } from '../../src/core/ports.js';
import type { ConversationChange } from '../../src/core/conversation.js';
import { mintId, type BridgeEvent, type ChatEvent, type MessageId, type TicketId } from '../../src/core/types.js';
import { createJourney } from '../../src/frontdesk/journey.js';
import { createSeal } from '../../src/idmap/seal.js';
import { watchReplays } from '../../src/main/replay-watch.js';
import { createOrigins } from '../../src/telegram/origins.js';
import { createPolling } from '../../src/telegram/polling.js';
import { createMessageReader } from '../../src/telegram/read-again.js';
import { createSender, type TelegramSender } from '../../src/telegram/sender.js';
import { createWebhook } from '../../src/telegram/webhook.js';
import { createFakeHelpdesk, type FakeHelpdesk } from '../fakes/helpdesk.js';
import type { Setup } from './actions.js';
import { BOT, createBotApi, type BotApi } from './bot-api.js';
import { connectThrough } from './connector.js';
import { createDisk, openDisk, type Disk } from './disk.js';
import { createLedger, noteRead, noteReport, noteSend, TRACE_OF_TEXT, unitsIn, type Ledger } from './ledger.js';
import { shippedMapping } from './mapping.js';
import { createNetwork, helpdeskFailure } from './network.js';
import { createProcess, type Process } from './process.js';
import { OPERATORS_CHAT } from './operators.js';
import { createRandom, type Random } from './random.js';
import { createSpool, type Spool } from './spool.js';
import { createSimulatedClient } from './telegram-client.js';
import { createTimeline, type Timeline } from './time.js';
import { createWeather, type Weather } from './weather.js';
import { startPosts, type Endpoint } from './webhook-posts.js';

export const START_MS = Date.UTC(2026, 0, 1);
const SETTLES_MS = 20_000;
const DEADLINE_MS = 8_000;
const SWEEP_MS = 15_000;
const RESTART_MS = 2_000;
/** The pace counts real time. */
const UNPACED = { messagesPerSecond: 0, chatMessagesPerSecond: 0, groupMessagesPerMinute: 0 };
export const HELPDESK_SECRET = 'known to the helpdesk';
export const TELEGRAM_SECRET = 'known-to-telegram';

/** What a mutation check may break: each takes away one safeguard. */
export interface Sabotage {
  readonly connector?: (connector: HelpdeskConnector) => HelpdeskConnector;
  readonly ports?: (ports: GivenPorts) => GivenPorts;
  /** Every event in a lane of its own, and nobody holds the conversation. */
  readonly separateLanes?: boolean;
  readonly sender?: (sender: Sender) => Sender;
  readonly acknowledgeEarly?: boolean;
  readonly unfenced?: boolean;
  /** A forger knows Telegram's secret. */
  readonly forgedUpdates?: boolean;
  /** Whatever a 429 says, the sender hears one second. */
  readonly impatient?: boolean;
}

export interface Program {
  readonly process: Process;
  readonly bridge: Bridge;
  readonly sweep: Sweep;
  readonly endpoint: Endpoint;
  readonly connector: HelpdeskConnector;
  /** What its sender holds in memory. */
  readonly counts: TelegramSender['counts'];
  /** Begins to look for requests to replay; once is enough. */
  watchReplays(): void;
}

export interface World {
  readonly time: Timeline;
  readonly random: Random;
  readonly setup: Setup;
  readonly helpdesk: FakeHelpdesk;
  readonly botApi: BotApi;
  readonly disk: Disk;
  /** On the same disk. */
  readonly spool: Spool;
  readonly ledger: Ledger;
  readonly weather: Weather;
  /** Every process that lives. */
  readonly programs: Set<Program>;
  /** What stops the process that holds the lock, the next time it is at this point. */
  armed: { readonly point: string; readonly act: (program: Program) => void } | undefined;
  readonly trace: (line: string) => void;
  /** A chat shows that somebody writes. */
  onTyping: (chat: number) => void;
  /** Whose ticket it was before a merge. */
  readonly owners: Map<TicketId, string>;
  /** What a forger takes for Telegram's secret. */
  readonly forgedSecret: string;
  start(): void;
  /** Ends a program; another one starts when none is left. */
  kill(program: Program): void;
  holder(): Program | undefined;
  idle(): boolean;
}

export function createWorld(setup: Setup, sabotage: Sabotage = {}, tell?: (line: string) => void): World {
  const random = createRandom(setup.chaos);
  const time = createTimeline(START_MS);
  const ledger = createLedger();
  const { count } = ledger;
  const helpdesk = createFakeHelpdesk(() => time.nowMs(), { idempotency: setup.idempotency, writeSettlesMs: SETTLES_MS, webhookSecret: HELPDESK_SECRET });
  const disk = createDisk(START_MS);
  const weather = createWeather({ time, random, count, faulty: setup.faulty });
  const spool = createSpool();
  const inFlight = { count: 0 };
  const pollers = new Map<Process, () => void>();
  const trace = (line: string): void => tell?.(`${String(time.nowMs() - START_MS).padStart(7)} ${line}`);
  const botApi = createBotApi({ time, random, count, onAcknowledged: ({ message }) => { if (message !== undefined) checkStored(message); } });
  let serial = 0;

  disk.unfenced = sabotage.unfenced === true;
  disk.onFenced = (process) => {
    const program = [...world.programs].find((one) => one.process === process);
    if (program === undefined) return;
    count('fenced: a process that lost the lock stopped');
    world.kill(program);
  };
  disk.onWrite = (written, conversation) => {
    const bytes = JSON.stringify(written);
    if (bytes.includes(TRACE_OF_TEXT)) ledger.wrong(`text at rest: ${bytes}`);
    for (const { mergedInto } of (written as ConversationChange).tickets ?? []) if (mergedInto !== undefined) ledger.merged.add(`${conversation ?? ''} ${mergedInto}`);
    if (bytes.includes('"links"')) for (const effect of ledger.effects) if (effect.linkedIn === undefined && bytes.includes(`"${effect.message}"`)) effect.linkedIn ??= conversation ?? '';
  };

  /** A message whose text no longer stands anywhere but here. */
  function checkStored(message: string): void {
    const refused = ledger.said.find((said) => said.message === message)?.refused;
    const buried = (): boolean => [...disk.buried.values()].some((entry) => entry.message === message || entry.messages?.some((one) => one === message));
    const pending = (): boolean => [...disk.rows.values()].some(({ state, links }) => links.byMessage.has(mintId<MessageId>(message)) || state.album?.items.some((item) => item.message === message));
    if (refused === undefined || pending() || helpdesk.comments().some((comment) => comment.externalId === message) || buried()) return;
    ledger.wrong(`${message} was acknowledged before it was stored`);
  }

  function emitOf(process: Process): Emit {
    return (event: BridgeEvent) => {
      const line = JSON.stringify(event);
      trace(`${process.name} ${line}`);
      if (line.includes(TRACE_OF_TEXT)) ledger.wrong(`text in an event: ${line}`);
      if (event.type === 'buried') count(`buried ${event.direction}`);
      if (event.type === 'undelivered') count(`undelivered ${event.reason}`);
      if (event.type !== 'log' || event.message !== 'the agent could not be told') return;
      const key = String(event.facts?.['key']);
      if (ledger.untold.has(key)) count('agents were not told: their ticket was closed');
      else ledger.wrong(`the log says that agents could not be told ${key}, and the helpdesk never refused it`);
    };
  }

  function connectorOf(process: Process): HelpdeskConnector {
    const network = createNetwork({
      process, time, random, draw: (name) => weather.helpdesk(name), deadlineMs: DEADLINE_MS, settlesMs: SETTLES_MS, inFlight, trace, fail: helpdeskFailure(random),
    });
    const connector = connectThrough(helpdesk, network, {
      read: (comments) => noteRead(ledger, comments),
      asked: (ticket) => { if (ticket.startsWith('forged')) ledger.wrong('a forged doorbell was answered'); },
      reported: (comment) => noteReport(ledger, comment),
      refuse: (text) => weather.refuseAtHelpdesk(text),
      refused: (key) => ledger.untold.set(key, time.nowMs()),
    });
    return sabotage.connector?.(connector) ?? connector;
  }

  function clientOf(process: Process) {
    return createSimulatedClient({
      process, time, random, botApi, inFlight, count, trace, pollers, troubles: weather,
      impatient: sabotage.impatient === true,
      onEarly: (chat) => {
        // Right after a move the sender knows a chat by two ids, and paces each.
        if (chat < -1_000_000) count('a send came early, by the old id of a chat that moved');
        else ledger.wrong(`a send to ${chat} came before Telegram wanted it`);
      },
      onTyping: (chat) => world.onTyping(chat),
      onSend: (_chat, text, fileName) => noteSend(ledger, `${text} ${fileName ?? ''}`, time.nowMs(), process.wasFrozen()),
      onShown: ({ chat, message, text, fileName, atMs }, { first = message, ...way }) => {
        ledger.effects.push({
          units: unitsIn(`${text} ${fileName ?? ''}`), chat, message: `tg:${BOT}:${chat}:${message}`, send: `tg:${BOT}:${chat}:${first}`, ...way, text, atMs, linkedIn: undefined,
        });
      },
    });
  }

  function start(): void {
    serial += 1;
    trace(`start ${serial}`);
    const process = createProcess({ name: `#${serial}`, time, random, at: (point, at) => reach(point, at) });
    disk.holder = process;
    const { clock } = process;
    const emit = emitOf(process);
    const client = clientOf(process);
    const connector = connectorOf(process);
    const mapping = () => shippedMapping;
    const sender = createSender({ client, clock, emit, limits: UNPACED });
    const base: GivenPorts = {
      connector, sender: sabotage.sender?.(sender) ?? sender, files: { openKept: (ref) => client.openFile(ref) }, idMap: openDisk(disk, process, sabotage.separateLanes !== true), seal: createSeal(`${BOT}:known-to-the-machines`), mapping, clock, emit, journey: createJourney({ connector, mapping, clock }),
    };
    const ports = sabotage.ports?.(base) ?? base;
    const reader = createMessageReader({ client, clock, emit, limits: UNPACED, operatorsChat: OPERATORS_CHAT });
    const create = (): Bridge => createBridge(ports, { isOurs: (conversation) => conversation.startsWith(`tg:${BOT}:`), privateChatOf: createOrigins(String(BOT)).privateChatOf, random: () => random.next(), reader });
    const bridge = sabotage.separateLanes === true ? { ...create(), handle: (event: ChatEvent) => create().handle(event) } : create();
    const program: Program = { process, bridge, sweep: new Sweep(ports, bridge), endpoint: { process, webhook: undefined }, connector, counts: () => sender.counts(), watchReplays: once(() => { watchReplays({ spool: spool.port, bridge, idMap: ports.idMap, clock, emit }); }) };
    world.programs.add(program);
    const handle: Bridge['handle'] = sabotage.acknowledgeEarly === true ? async (event) => { void bridge.handle(event).catch(() => undefined); } : bridge.handle;
    const bot = { id: client.botId, username: 'desk_bot', downloadBytesMax: client.downloadBytesMax, openFile: client.openFile };
    void begin(program, () => {
      const intake = { bot, handle, emit, clock };
      if (setup.intake === 'polling') createPolling({ ...intake, client }).start();
      else program.endpoint.webhook = createWebhook({ ...intake, secretToken: TELEGRAM_SECRET });
    });
  }

  async function begin(program: Program, takeIn: () => void): Promise<void> {
    const { process, sweep, bridge } = program;
    while (!await sweep.findPlace()) await process.clock.sleep(RESTART_MS);
    takeIn();
    // Nobody needs to look every second in a story where nobody asks.
    if (spool.requests.length > 0) program.watchReplays();
    await bridge.resume();
    for (;;) {
      await sweep.run();
      await process.clock.sleep(SWEEP_MS);
    }
  }

  function reach(point: string, process: Process): void {
    const { armed } = world;
    if (armed?.point !== point || disk.holder !== process) return;
    const program = world.holder();
    if (program === undefined) return;
    world.armed = undefined;
    armed.act(program);
  }

  const world: World = {
    time, random, setup, helpdesk, botApi, disk, spool, ledger, weather, trace, programs: new Set(), owners: new Map(), armed: undefined, start,
    onTyping: (chat) => ledger.wrong(`chat ${chat} shows that somebody writes, and nobody does`),
    forgedSecret: sabotage.forgedUpdates === true ? TELEGRAM_SECRET : 'a guess',
    kill(program) {
      trace(`kill ${program.process.name}`);
      program.process.kill();
      world.programs.delete(program);
      if (world.programs.size === 0) time.after(RESTART_MS, () => { if (world.programs.size === 0) start(); });
    },
    holder: () => [...world.programs].find(({ process }) => process === disk.holder),
    idle: () => inFlight.count === 0 && spool.idle() && botApi.idle() && world.programs.size > 0 && [...disk.rows.values()].every(({ state }) => state.due.length === 0)
      && [...world.programs].every(({ process, bridge }) => !process.frozen() && bridge.stats().jobs === 0),
  };
  if (setup.intake === 'webhook') {
    startPosts({ time, random, botApi, count, secret: TELEGRAM_SECRET, endpoints: () => [...world.programs].map(({ endpoint }) => endpoint), loses: () => weather.losesAnswer() });
  }
  return world;
}

function once(act: () => void): () => void {
  let done = false;
  return () => {
    if (!done) act();
    done = true;
  };
}

/** A webhook of the helpdesk arrives, as in `main/serve.ts`: authenticated first, then read. */
export function arrive(program: Program, ticket: TicketId, request: ReturnType<FakeHelpdesk['webhookOf']>, count: (what: string) => void): void {
  const { process, connector, bridge } = program;
  process.run(() => {
    try {
      connector.doorbell.authenticate(request, process.clock.nowMs());
      for (const doorbell of connector.doorbell.parse(request)) bridge.ring(doorbell, 'webhook').catch(() => undefined);
    } catch {
      count(`webhook refused${ticket.startsWith('forged') ? ', forged' : ''}`);
    }
  });
}
