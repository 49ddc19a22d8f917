/**
 * The simulated world: the real bridge, lanes, journey and mapping calls between a helpdesk and a Telegram that misbehave, with kills.
 * One seed is one story: what customers, agents and faults do is drawn from it, then the faults end, and what remains is checked.
 */
import { createBridge, type Bridge } from '../../src/bridge/bridge.js';
import type { BridgePorts } from '../../src/bridge/ports.js';
import { Sweep } from '../../src/bridge/sweep.js';
import type { HelpdeskConnector, Sender } from '../../src/core/ports.js';
import { BridgeError } from '../../src/core/errors.js';
import { mintId, type ChatEvent, type CommentId, type ConversationId, type MessageId, type Part, type TicketId } from '../../src/core/types.js';
import { createJourney } from '../../src/frontdesk/journey.js';
import { createFakeHelpdesk, type FakeHelpdesk } from '../fakes/helpdesk.js';
import { fakeMapping } from '../fakes/mapping.js';
import { createFakeTelegram } from '../fakes/telegram.js';
import { createDisk, openDisk, type Disk } from './disk.js';
import { createProcess, type Fate, type Fates, type Process } from './process.js';
import { createRandom, type Random } from './random.js';
import { createTimeline, type Timeline } from './time.js';

export const START_MS = Date.UTC(2026, 0, 1);
const SETTLES_MS = 20_000;
const SWEEP_MS = 5_000;
const RESTART_MS = 2_000;
const WINDOW_MAX = 100;

/** What a mutation check may break: each takes away one safeguard. */
export interface Sabotage {
  readonly connector?: (connector: HelpdeskConnector) => HelpdeskConnector;
  readonly ports?: (ports: BridgePorts) => BridgePorts;
  readonly acknowledgeEarly?: boolean;
}

export interface Options {
  readonly seed: number;
  readonly idempotency: 'native' | 'lookup';
  readonly sabotage?: Sabotage;
  /** Told of everything, for whoever looks into a failing seed. */
  readonly trace?: (line: string) => void;
}

interface Update {
  readonly event: ChatEvent;
  acknowledged: boolean;
}

interface Sent {
  readonly conversation: ConversationId;
  readonly kind: 'part' | 'notice';
  readonly text: string;
}

export interface SimulatedWorld {
  readonly time: Timeline;
  readonly random: Random;
  readonly helpdesk: FakeHelpdesk;
  readonly disk: Disk;
  readonly sent: readonly Sent[];
  readonly updates: readonly Update[];
  readonly counts: Record<string, number>;
  /** Wrong at the moment it happened. */
  readonly violations: string[];
  readonly blocked: Set<ConversationId>;
  faults: Fates;
  deliver(event: ChatEvent): void;
  /** A webhook for the ticket, as reliable as webhooks are. */
  announce(ticket: TicketId): void;
  start(): void;
  kill(): void;
}

const HELPDESK_FATES: readonly Fate[] = ['refused', 'reply_lost', 'lands_late', 'error_500', 'error_500_done', 'slow_down'];
/** The sender waits 429 out itself; what surfaces is trouble with the connection. */
const TELEGRAM_FATES: readonly Fate[] = ['refused', 'reply_lost', 'error_500'];

export function createSimulatedWorld({ seed, idempotency, sabotage = {}, trace }: Options): SimulatedWorld {
  const random = createRandom(seed);
  const time = createTimeline(START_MS);
  const helpdesk = createFakeHelpdesk(() => time.nowMs(), { idempotency, writeSettlesMs: SETTLES_MS });
  const disk = createDisk(START_MS);
  const counts: Record<string, number> = {};
  const count = (what: string): void => { counts[what] = (counts[what] ?? 0) + 1; };
  const sent: Sent[] = [];
  const updates: Update[] = [];
  const violations: string[] = [];
  const blocked = new Set<ConversationId>();
  let serial = 9_000;
  let program: { readonly process: Process; readonly bridge: Bridge; readonly sweep: Sweep; readonly started: Set<Update>; ready: boolean } | undefined;

  const world: SimulatedWorld = {
    time, random, helpdesk, disk, sent, updates, counts, violations, blocked, faults: { faulty: 0, kinds: HELPDESK_FATES },
    deliver(event) {
      updates.push({ event, acknowledged: false });
      takeUpdates();
    },
    announce(ticket) {
      const copies = random.pick([0, 1, 1, 1, 2]) ?? 1;
      if (copies !== 1) count(copies === 0 ? 'webhook_lost' : 'webhook_doubled');
      for (let copy = 0; copy < copies; copy += 1) time.after(random.between(1, 8_000), () => { program?.bridge.ring({ ticket }, 'webhook').catch(() => undefined); });
    },
    start,
    kill() {
      count('kill');
      trace?.(`${time.nowMs() - START_MS} kill`);
      program?.process.kill();
      program = undefined;
      time.after(RESTART_MS, start);
    },
  };

  function start(): void {
    if (program !== undefined) return;
    trace?.(`${time.nowMs() - START_MS} start`);
    const process = createProcess({ trace: (line) => trace?.(`${time.nowMs() - START_MS} ${line}`), time, random, count, settlesMs: SETTLES_MS, fates: () => world.faults });
    const connector = throughNetwork(helpdesk.connector, process);
    const base: BridgePorts = {
      connector: sabotage.connector?.(connector) ?? connector, sender: createSender(process), idMap: openDisk(disk, process), mapping: () => fakeMapping, clock: process.clock,
      emit: (event) => {
        trace?.(`${time.nowMs() - START_MS} ${JSON.stringify(event)}`);
        if (event.type === 'buried') count(`buried_${event.direction}`);
      },
      journey: createJourney({ connector, mapping: () => fakeMapping, clock: process.clock }),
    };
    const ports = sabotage.ports?.(base) ?? base;
    const bridge = createBridge(ports, { isOurs: () => true, random: () => random.next() });
    const sweep = new Sweep(ports, bridge);
    program = { process, bridge, sweep, started: new Set(), ready: false };
    void begin(process, sweep);
  }

  async function begin(process: Process, sweep: Sweep): Promise<void> {
    while (!await sweep.findPlace()) await process.clock.sleep(RESTART_MS);
    void sweepNow(process, sweep);
    if (program?.process !== process) return;
    program.ready = true;
    takeUpdates();
  }

  async function sweepNow(process: Process, sweep: Sweep): Promise<void> {
    await sweep.run();
    time.after(SWEEP_MS, () => { if (process.alive()) void sweepNow(process, sweep); });
  }

  /** Like long polling: in order, at most a window of what is not acknowledged; a new process starts from the first of those. */
  function takeUpdates(): void {
    if (program?.ready !== true) return;
    const { process, bridge, started } = program;
    const open = updates.filter((update) => !update.acknowledged).slice(0, WINDOW_MAX);
    for (const update of open) {
      if (started.has(update)) continue;
      started.add(update);
      if (sabotage.acknowledgeEarly === true) update.acknowledged = true;
      bridge.handle(update.event).then(() => {
        if (!process.alive()) return;
        checkStored(update.event);
        update.acknowledged = true;
        takeUpdates();
      }, () => undefined);
    }
  }

  function checkStored(event: ChatEvent): void {
    if (event.kind !== 'message') return;
    const stored = helpdesk.comments().some((comment) => comment.externalId === event.message);
    const buried = [...disk.buried.values()].some((entry) => entry.message === event.message);
    if (!stored && !buried) violations.push(`${event.message} was acknowledged before it was stored`);
  }

  function createSender(process: Process): Sender {
    const { toParts, capabilities } = createFakeTelegram().sender;
    const send = (conversation: ConversationId, kind: Sent['kind'], text: string): Promise<MessageId> => {
      const { faulty } = world.faults;
      world.faults = { faulty, kinds: TELEGRAM_FATES };
      const result = process.request(`send_${kind}`, () => {
        if (blocked.has(conversation)) throw new BridgeError({ code: 'forbidden', operation: 'send', message: 'blocked', reason: 'blocked' });
        serial += 1;
        sent.push({ conversation, kind, text });
        return mintId<MessageId>(`${conversation}:${serial}`);
      });
      world.faults = { faulty, kinds: HELPDESK_FATES };
      return result;
    };
    return {
      toParts, capabilities,
      sendPart: (conversation: ConversationId, part: Part) => send(conversation, 'part', part.text.text),
      sendNotice: (conversation, notice) => send(conversation, 'notice', notice.text.text),
      answerAction: async () => undefined,
    };
  }

  return world;
}

/** The connector with a network in between. */
function throughNetwork(connector: HelpdeskConnector, process: Process): HelpdeskConnector {
  // The fake acts at once and answers by a promise that is settled already: what it did counts as done at that moment.
  const over = <T>(name: string, act: () => Promise<T>): Promise<T> => process.request(name, () => settled(act)).then((answer) => answer);
  return {
    ...connector,
    upsertRequester: (draft) => over('upsertRequester', () => connector.upsertRequester(draft)),
    createTicket: (draft) => over('createTicket', () => connector.createTicket(draft)),
    addComment: (ticket, draft) => over('addComment', () => connector.addComment(ticket, draft)),
    getTicket: (ticket) => over('getTicket', () => connector.getTicket(ticket)),
    commentsAfter: (ticket, cursor) => over('commentsAfter', () => connector.commentsAfter(ticket, cursor)),
    changedSince: (cursor) => over('changedSince', () => connector.changedSince(cursor)),
    findTicket: (externalId) => over('findTicket', async () => connector.findTicket?.(externalId)),
    findComment: (ticket, externalId: MessageId) => over<CommentId | undefined>('findComment', async () => connector.findComment?.(ticket, externalId)),
  };
}

/** Starts the act now; a rejection nobody waits for (the process died) must not count as unhandled. */
function settled<T>(act: () => Promise<T>): Promise<T> {
  const answer = act();
  answer.catch(() => undefined);
  return answer;
}
