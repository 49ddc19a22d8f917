/** The bridge: what comes in from either side becomes a job in the lane of its conversation. */
import type { ActionEvent, ChatEvent, ConversationId, Doorbell, MessageEvent, Notice } from '../core/types.js';
import { BridgeError } from '../core/errors.js';
import type { BuriedEntry, ConversationSession, EventHandler, MessageReader } from '../core/ports.js';
import { buryEvent } from './bury.js';
import { Doorbells } from './doorbells.js';
import { acknowledge, Lanes, type Job } from './lanes.js';
import { moveConversation } from './migration.js';
import { tellLeftOut, tryNotice } from './notices.js';
import type { BridgePorts } from './ports.js';
import { replay, type ReplayOutcome } from './replay.js';
import { storeMessage } from './to-helpdesk.js';

/** Telegram keeps an update for 24 h (Bot API server source); the requester must hear of a failure before it is dropped. */
const GIVE_UP_AFTER_MS = 23 * 3_600_000;
/** A notice that could not be sent for so long is stale. */
const NOTICE_GIVE_UP_MS = 3_600_000;

export interface Bridge {
  /** Resolves when the event is stored or buried; rejects only when the bridge stops first. */
  readonly handle: EventHandler;
  /** Brings every conversation of the ticket up to date. Resolves when done or buried; rejects when the bridge stops first or cannot tell whose ticket it is. */
  ring(doorbell: Doorbell, source: 'webhook' | 'sweep'): Promise<void>;
  /** Does what is due in this conversation. Resolves in any case. */
  runDue(conversation: ConversationId): Promise<void>;
  /** Tries a buried entry again, in the lane of its conversation. Resolves in any case; what fails keeps its entry. */
  replay(entry: BuriedEntry): Promise<ReplayOutcome>;
  stats(): { readonly lanes: number; readonly jobs: number };
  /** Ends the lanes: queued work runs once more, what fails stays unacknowledged. */
  stop(): Promise<void>;
}

export interface BridgeOptions {
  /** Whether a conversation read from a ticket belongs to this bot. */
  readonly isOurs: (conversation: ConversationId) => boolean;
  readonly random: () => number;
  /** For replays; absent = no message can be read again. */
  readonly reader?: MessageReader;
}

const NO_READER: MessageReader = {
  readAgain: () => Promise.reject(new BridgeError({ code: 'unsupported', operation: 'readAgain', message: 'messages cannot be read again here' })),
};

export function createBridge(ports: BridgePorts, options: BridgeOptions): Bridge {
  const lanes = new Lanes({ clock: ports.clock, emit: ports.emit, random: options.random });
  const doorbells = new Doorbells(ports, lanes, options.isOurs);
  const dues = (conversation: ConversationId) => lanes.add(conversation, dueJob(ports, conversation)).then(() => undefined);
  return {
    handle: async (event) => {
      ports.emit({ type: 'received', kind: event.kind, conversation: event.conversation, ...('message' in event && { message: event.message }) });
      acknowledge(await lanes.add(event.conversation, {
        direction: 'to_helpdesk', operation: event.kind, giveUpAtMs: event.sentAtMs + GIVE_UP_AFTER_MS,
        run: (attempt) => perform(ports, lanes, event, attempt),
        bury: (error) => buryEvent(ports, event, error),
      }));
    },
    ring: (doorbell, source) => doorbells.ring(doorbell, source),
    runDue: dues,
    replay: (entry) => replay({ ports, lanes, reader: options.reader ?? NO_READER, ring: (doorbell) => doorbells.ring(doorbell, 'sweep') }, entry),
    stats: () => lanes.stats(),
    stop: () => lanes.stop(),
  };
}

function perform(ports: BridgePorts, lanes: Lanes, event: ChatEvent, attempt: number): Promise<void> {
  const held = <T>(work: (session: ConversationSession) => Promise<T>) => ports.idMap.withConversation(event.conversation, work);
  switch (event.kind) {
    case 'message': return storeAndTell(ports, lanes, event, attempt);
    case 'command': return held(async (session) => tell(ports, event, await ports.journey.performCommand(session, event)));
    case 'action': return held((session) => press(ports, session, event));
    case 'membership': return held((session) => session.commit({ unreachable: !event.reachable }));
    case 'migration': return moveConversation(ports, event);
  }
}

async function press(ports: BridgePorts, session: ConversationSession, event: ActionEvent): Promise<void> {
  const notice = await ports.journey.performAction(session, event);
  await ports.sender.answerAction(event.actionId);
  if (notice !== undefined) await tell(ports, event, notice);
}

async function tell(ports: BridgePorts, { conversation, kind }: ChatEvent, notice: Notice): Promise<void> {
  await tryNotice(ports, conversation, notice);
  ports.emit({ type: 'notice', kind, conversation });
}

/** What the requester is told goes behind the message in its lane, so that the update is acknowledged as soon as it is stored. */
async function storeAndTell(ports: BridgePorts, lanes: Lanes, event: MessageEvent, attempt: number): Promise<void> {
  const stored = await ports.idMap.withConversation(event.conversation, (session) => storeMessage(ports, session, event, attempt));
  if (stored === undefined) return;
  if (stored.opened !== undefined) void lanes.add(event.conversation, dueJob(ports, event.conversation));
  if (stored.leftOut.length > 0) void lanes.add(event.conversation, noticeJob(ports, event.conversation, () => tellLeftOut(ports, event, stored.leftOut)));
}

function dueJob(ports: BridgePorts, conversation: ConversationId): Job {
  return noticeJob(ports, conversation, () => ports.idMap.withConversation(conversation, (session) => doDue(ports, session)));
}

async function doDue(ports: BridgePorts, session: ConversationSession): Promise<void> {
  const nowMs = ports.clock.nowMs();
  for (const work of session.state.due.filter((due) => due.atMs <= nowMs)) {
    const notice = await ports.journey.noticeOfDue(session, work);
    if (notice !== undefined) await tryNotice(ports, session.state.conversation, notice);
    await session.commit({ done: [work] });
    if (notice !== undefined) ports.emit({ type: 'notice', kind: work.kind, conversation: session.state.conversation, ...(work.ticket && { ticket: work.ticket }) });
  }
}

/** Notices are worth trying again, not worth burying: due work stays in the map and the sweep finds it. */
function noticeJob(ports: BridgePorts, conversation: ConversationId, run: () => Promise<void>): Job {
  return {
    direction: 'to_telegram', operation: 'notice', giveUpAtMs: ports.clock.nowMs() + NOTICE_GIVE_UP_MS, run,
    bury: async (error) => ports.emit({ type: 'log', level: 'warn', message: 'notice given up', facts: { conversation, code: error.code } }),
  };
}
