/** What came from Telegram, as jobs for the lane of its conversation. */
import type { ConversationSession } from '../core/ports.js';
import type { EditEvent } from '../core/changes.js';
import type { ActionEvent, ChatEvent, ConversationId, MessageEvent, Notice } from '../core/types.js';
import { BridgeError, REMEDY_BY_CODE, toBridgeError } from '../core/errors.js';
import { buryEvent, recordEvent } from './bury.js';
import type { Doorbells } from './doorbells.js';
import { dueJob, noticeJob, NOTICE_GIVE_UP_MS } from './due.js';
import { EDIT_SETTLES_MS, storeEdit, type Edits } from './edits.js';
import type { Job, Lanes } from './lanes.js';
import { noteMembership, ticketsWithLate } from './membership.js';
import { moveConversation } from './migration.js';
import { tellDelayed, tellFlood, tellLeftOut, tryNotice } from './notices.js';
import type { BridgePorts } from './ports.js';
import { storeMessage, type Stored } from './to-helpdesk.js';

/** Telegram keeps an update for 24 h (Bot API server source); the requester must hear of a failure before it is dropped. */
const GIVE_UP_AFTER_MS = 23 * 3_600_000;

/** What the flows of events need beside the ports. */
export interface Works {
  readonly ports: BridgePorts;
  readonly lanes: Lanes;
  readonly doorbells: Doorbells;
  readonly edits: Edits;
}

/** The work of one event. Done means stored or buried. */
export function eventJob(works: Works, event: ChatEvent): Job {
  const { ports } = works;
  const limits = { direction: 'to_helpdesk', operation: event.kind, giveUpAtMs: event.sentAtMs + GIVE_UP_AFTER_MS } as const;
  const bury = (error: BridgeError): Promise<void> => buryEvent(ports, event, error);
  const held = <T>(work: (session: ConversationSession) => Promise<T>) => ports.idMap.withConversation(event.conversation, work);
  switch (event.kind) {
    case 'message': return { ...limits, bury: (error) => buryAndTell(works, event, error), run: tellingOfDelay(ports, event, (attempt) => (
      storeAndTell(works, event, (session) => storeMessage(ports, session, event, attempt)))) };
    case 'edit': return { ...limits, settleMs: EDIT_SETTLES_MS, bury: (error) => buryAndTell(works, event, error), run: works.edits.unlessNewer(event, ports, (attempt) => (
      storeAndTell(works, event, (session) => storeEdit(ports, session, event, attempt, works.edits)))) };
    case 'command': return { ...limits, bury, run: onceDecided(() => held((session) => ports.journey.performCommand(session, event)), (notice) => tell(ports, event, notice)) };
    case 'action': return { ...limits, bury, run: onceDecided(() => held((session) => press(ports, session, event)), (notice) => tell(ports, event, notice)) };
    case 'membership': return { ...limits, bury, run: async () => {
      await held((session) => noteMembership(ports, session, event));
      await sendLate(works, event.conversation);
    } };
    case 'migration': return { ...limits, bury, run: () => moveConversation(ports, event) };
  }
}

async function buryAndTell({ ports, lanes }: Works, event: MessageEvent | EditEvent, error: BridgeError): Promise<void> {
  await buryEvent(ports, event, error);
  void lanes.add(event.conversation, dueJob(ports, event.conversation));
}

/** What was decided stands: when only the telling fails, a retry does not decide again. */
function onceDecided(decide: () => Promise<Notice | undefined>, tellOf: (notice: Notice) => Promise<void>): Job['run'] {
  let decided: { readonly notice: Notice | undefined } | undefined;
  return async () => {
    decided ??= { notice: await decide() };
    if (decided.notice !== undefined) await tellOf(decided.notice);
  };
}

/** A message that fails for so long because of an outage: the requester is told that it is safe. */
const TELL_OF_DELAY_AFTER_MS = 15_000;

function tellingOfDelay(ports: BridgePorts, event: MessageEvent, run: Job['run']): Job['run'] {
  let failingSinceMs: number | undefined;
  return async (attempt) => {
    try {
      await run(attempt);
    } catch (thrown) {
      const error = toBridgeError(thrown, event.kind);
      const nowMs = ports.clock.nowMs();
      failingSinceMs ??= nowMs;
      const lastsMs = nowMs - failingSinceMs + (error.retryAfterMs ?? 0);
      if (REMEDY_BY_CODE[error.code] !== 'bury' && lastsMs >= TELL_OF_DELAY_AFTER_MS) await tellDelayed(ports, event);
      throw error;
    }
  };
}

/** An event that was one too many. `tell`: the requester hears of it. `keep`: its ids are kept. */
export function floodJob(ports: BridgePorts, event: ChatEvent, { tell: first, keep }: { readonly tell: boolean; readonly keep: boolean }): Job {
  const error = new BridgeError({ code: 'rate_limited', operation: event.kind, message: 'too many messages at once', reason: 'flood' });
  return {
    direction: 'to_helpdesk', operation: 'flood', giveUpAtMs: ports.clock.nowMs() + NOTICE_GIVE_UP_MS,
    run: async () => {
      if (keep) await recordEvent(ports, event, error);
      if (first) await tellFlood(ports, event);
    },
    bury: (failure) => recordEvent(ports, event, failure),
  };
}

async function press(ports: BridgePorts, session: ConversationSession, event: ActionEvent): Promise<Notice | undefined> {
  const notice = await ports.journey.performAction(session, event);
  await ports.sender.answerAction(event.actionId);
  return notice;
}

async function tell(ports: BridgePorts, { conversation, kind }: ChatEvent, notice: Notice): Promise<void> {
  await tryNotice(ports, conversation, notice);
  ports.emit({ type: 'notice', kind, conversation });
}

/** What the requester is told goes behind the message in its lane, so that the update is acknowledged as soon as it is stored. */
async function storeAndTell(works: Works, event: ChatEvent, store: (session: ConversationSession) => Promise<Stored | undefined>): Promise<void> {
  const { ports, lanes } = works;
  const { conversation } = event;
  const stored = await ports.idMap.withConversation(conversation, store);
  if (stored === undefined) return;
  if (stored.due) void lanes.add(conversation, dueJob(ports, conversation));
  if (stored.leftOut.length > 0) void lanes.add(conversation, noticeJob(ports, conversation, () => tellLeftOut(ports, event, stored.leftOut)));
  // Whoever writes can be written to.
  await sendLate(works, conversation);
}

/** Rings for the tickets with answers that wait; what comes of it is not waited for. */
async function sendLate({ ports, doorbells }: Works, conversation: ConversationId): Promise<void> {
  const { state } = await ports.idMap.withConversation(conversation, async (session) => ({ state: session.state }));
  if (state.unreachable === true) return;
  for (const ticket of ticketsWithLate(state)) void doorbells.ring({ ticket }, 'sweep').catch(() => undefined);
}

