/**
 * What belongs here (the room): what happens between the two sides, as sequences of ports. No vendor, no HTTP, no file. `work` is how jobs are done,
 * `to-helpdesk` and `to-telegram` are what they do, `recovery` is for what went wrong; each folder knows only those before it.
 *
 * This file: the bridge. What comes in from either side becomes a job in the lane of its conversation.
 */
import type { ChatEvent, ConversationId, Doorbell, PersonId } from '../core/types.js';
import { BridgeError } from '../core/errors.js';
import type { BuriedEntry, EventHandler } from '../core/ports.js';
import type { MessageReader } from '../core/reading-again.js';
import { DeliveredReports } from './to-telegram/delivered.js';
import { Doorbells } from './doorbells.js';
import { catchUpJob, dueJob } from './due.js';
import { COMPLETE_AFTER_MS } from './to-helpdesk/albums.js';
import { Edits } from './to-helpdesk/edits.js';
import { eventJob, fileWhenComplete, floodJob, type Works } from './events.js';
import { DEFAULT_FLOOD_LIMITS, FloodGate, type FloodLimits } from './to-helpdesk/flood.js';
import { acknowledge, Lanes } from './work/lanes.js';
import { createPhotos } from './to-helpdesk/photos.js';
import type { BridgePorts, GivenPorts } from './ports.js';
import { Typing } from './to-telegram/typing.js';
import { replay, type ReplayOutcome } from './recovery/replay.js';
import { Sending } from './to-telegram/sending.js';

export interface Bridge {
  /** Resolves when the event is stored or buried; rejects only when the bridge stops first. */
  readonly handle: EventHandler;
  /**
   * Brings every conversation of the ticket up to date. Resolves when done or buried; rejects when the bridge stops first or cannot tell whose ticket it is.
   * For an agent who writes: shows it to them, and resolves at once.
   */
  ring(doorbell: Doorbell, source: 'webhook' | 'sweep'): Promise<void>;
  /** Does what is due in this conversation. Resolves in any case. */
  runDue(conversation: ConversationId): Promise<void>;
  /** Takes up at once what an earlier process left to be done. Call when events come in. Throws what the id map throws. */
  resume(): Promise<void>;
  /** Tries a buried entry again, in the lane of its conversation. Resolves in any case; what fails keeps its entry. */
  replay(entry: BuriedEntry): Promise<ReplayOutcome>;
  stats(): { readonly lanes: number; readonly jobs: number };
  /** Ends the lanes: queued work runs once more, what fails stays unacknowledged. */
  stop(): Promise<void>;
}

export interface BridgeOptions {
  /** Whether a conversation read from a ticket belongs to this bot. */
  readonly isOurs: (conversation: ConversationId) => boolean;
  /** Where a person and this bot talk alone. Absent = not known: then profiles are not followed, and tickets that agents open stay in the helpdesk. */
  readonly privateChatOf?: (person: PersonId) => ConversationId | undefined;
  readonly random: () => number;
  /** For replays; absent = no message can be read again. */
  readonly reader?: MessageReader;
  readonly floodLimits?: FloodLimits;
}

const NO_READER: MessageReader = {
  readAgain: () => Promise.reject(new BridgeError({ code: 'unsupported', operation: 'readAgain', message: 'messages cannot be read again here' })),
};

export function createBridge(given: GivenPorts, options: BridgeOptions): Bridge {
  const ports: BridgePorts = { ...given, sending: new Sending(given.clock, given.idMap) };
  const { privateChatOf = () => undefined } = options;
  const typing = new Typing(ports);
  const lanes = new Lanes({ clock: ports.clock, emit: ports.emit, random: options.random });
  const delivered = new DeliveredReports(ports);
  const doorbells = new Doorbells(ports, lanes, options.isOurs, privateChatOf, { delivered, typing });
  const flood = new FloodGate(options.floodLimits ?? DEFAULT_FLOOD_LIMITS);
  const photos = createPhotos(ports, privateChatOf);
  const works: Works = { ports, lanes, doorbells, photos, privateChatOf, edits: new Edits() };
  const running = new Set<ConversationId>();
  const runDue = async (conversation: ConversationId): Promise<void> => {
    // In an outage it lasts for many sweeps.
    if (running.has(conversation)) return;
    running.add(conversation);
    delivered.tell(conversation);
    const catchUp = catchUpJob({ ports, lanes, ring: (ticket) => doorbells.ring({ ticket }, 'sweep') }, conversation);
    await Promise.allSettled([lanes.add(conversation, dueJob(ports, conversation)), lanes.add(conversation, catchUp), fileWhenComplete(works, conversation)]);
    running.delete(conversation);
  };
  return {
    handle: async (event) => {
      ports.emit({ type: 'received', kind: event.kind, conversation: event.conversation, ...('message' in event && { message: event.message }) });
      const verdict = isLimited(event) ? flood.check(event) : { over: false } as const;
      acknowledge(await lanes.add(event.conversation, verdict.over ? floodJob(ports, event, verdict) : eventJob(works, event)));
    },
    ring: async (doorbell, source) => {
      if (doorbell.typing === undefined) await doorbells.ring(doorbell, source);
      else typing.note(doorbell);
    },
    runDue,
    async resume() {
      // With what falls due in a moment: the process that put it there is not here to do it.
      const conversations = await ports.idMap.dueConversations(ports.clock.nowMs() + COMPLETE_AFTER_MS);
      for (const conversation of conversations) void runDue(conversation);
    },
    replay: (entry) => replay({ ports, lanes, reader: options.reader ?? NO_READER, ring: (doorbell) => doorbells.ring(doorbell, 'sweep') }, entry),
    stats: () => {
      const { lanes: open, jobs } = lanes.stats();
      return { lanes: open, jobs: jobs + delivered.size };
    },
    stop: () => {
      typing.stop();
      photos.stop();
      return lanes.stop();
    },
  };
}

/** What a requester does at will and what makes a comment each; reactions have a limit of their own, and the rest Telegram sends by itself. */
const LIMITED: readonly ChatEvent['kind'][] = ['message', 'edit', 'command', 'action'];

function isLimited(event: ChatEvent): boolean {
  return LIMITED.includes(event.kind) && !(event.kind === 'edit' && event.ongoing === true);
}

