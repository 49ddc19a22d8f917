/** What belongs here: a bridge that can replay, what Telegram still has of the past, and a message that was buried. */
import { createBridge } from '../../src/bridge/bridge.js';
import type { ReplayOutcome } from '../../src/bridge/recovery/replay.js';
import { BridgeError, type BridgeErrorCode } from '../../src/core/errors.js';
import type { BuriedEntry, IdMap } from '../../src/core/ports.js';
import type { MessageReader } from '../../src/core/reading-again.js';
import type { MessageEvent, MessageId, TicketId } from '../../src/core/types.js';
import { messageEvent } from '../fakes/telegram.js';
import { endingWhen } from './ending.js';
import { createWorld, type World } from './world.js';

export const HOUR_MS = 3_600_000;

export interface Desk {
  readonly world: World;
  /** What Telegram still has, by the message's id; an error is thrown. */
  readonly past: Map<MessageId, MessageEvent | BridgeError>;
  readonly reads: MessageId[];
  /** Starts a replay; resolves when everything happened that needs no time. */
  replay(entry: BuriedEntry): Promise<{ outcome?: ReplayOutcome }>;
  stop(): Promise<void>;
}

export function refusal(code: BridgeErrorCode, operation = 'addComment'): BridgeError {
  return new BridgeError({ code, operation, message: `${operation}: ${code}` });
}

export function createDesk(world = createWorld()): Desk {
  const past = new Map<MessageId, MessageEvent | BridgeError>();
  const reads: MessageId[] = [];
  const reader: MessageReader = {
    async readAgain(message) {
      reads.push(message);
      const event = past.get(message) ?? refusal('not_found', 'readAgain');
      if (event instanceof BridgeError) throw event;
      return { ...event, readAtMs: world.clock.nowMs() };
    },
  };
  const bridge = createBridge(world.ports, { isOurs: () => true, random: () => 0.5, reader });
  return {
    world, past, reads,
    async replay(entry) {
      const box: { outcome?: ReplayOutcome } = {};
      void bridge.replay(entry).then((outcome) => { box.outcome = outcome; });
      await world.clock.settle();
      return box;
    },
    stop: () => bridge.stop(),
  };
}

/** A ticket, and a message after it that the helpdesk refused for good. */
export async function withBuried(desk = createDesk()): Promise<{ desk: Desk; entry: BuriedEntry; ticket: TicketId; event: MessageEvent }> {
  const { world } = desk;
  await world.receive(messageEvent(7, 1, 'hello'));
  const event = messageEvent(7, 2, 'poison');
  world.helpdesk.fail('addComment', refusal('invalid'), refusal('invalid'), refusal('invalid'));
  await world.receive(event);
  await world.clock.advance(10_000);
  const [entry] = await world.idMap.buried();
  if (entry === undefined) throw new Error('nothing was buried');
  desk.past.set(event.message, event);
  return { desk, entry, ticket: world.onlyTicket(), event };
}

export const noticesOf = (world: World, key: string): readonly string[] => world.notices().filter((text) => text.split(' ')[0] === key);

/** The process dies when a link is on disk: nothing more is written. */
export const dyingAfterLink = (idMap: IdMap): IdMap => endingWhen(idMap, ({ links = [] }) => links.length > 0);
