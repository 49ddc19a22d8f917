/** What came from Telegram, as jobs for the lane of its conversation. */
import type { ConversationSession } from '../core/ports.js';
import type { EditEvent } from '../core/changes.js';
import type { ActionEvent, ChatEvent, ConversationId, MessageEvent, Notice, PersonId, TicketId } from '../core/types.js';
import { BridgeError, toBridgeError } from '../core/errors.js';
import type { PendingAlbum } from '../core/conversation.js';
import { albumJob, COMPLETE_AFTER_MS, isAlbumItem, keepItem, standsBefore, toAddition, type Along, type AlbumItem } from './to-helpdesk/albums.js';
import { buryEvent, filedAfterAll, recordEvent } from './bury.js';
import type { Doorbells } from './doorbells.js';
import { CATCH_UP, catchUpJob, dueJob, noticeJob, NOTICE_GIVE_UP_MS } from './due.js';
import { EDIT_SETTLES_MS, storeEdit, type Edits } from './to-helpdesk/edits.js';
import type { Job, Lanes } from './work/lanes.js';
import { noteMembership, ticketsWithLate } from './to-helpdesk/membership.js';
import { moveConversation } from './to-helpdesk/migration.js';
import { tellDelayed, tellFlood, tellLeftOut, tryNotice } from './to-telegram/notices.js';
import { isLongDelay } from './work/patience.js';
import type { BridgePorts } from './ports.js';
import type { Photos } from './to-helpdesk/photos.js';
import { followProfile } from './to-helpdesk/profile.js';
import { isReadSince } from './to-helpdesk/read-since.js';
import { noteReaction } from './to-helpdesk/reactions.js';
import { storeMessage, type Stored } from './to-helpdesk/to-helpdesk.js';

/** Telegram keeps an update for 24 h (Bot API server source); the requester must hear of a failure before it is dropped. */
const GIVE_UP_AFTER_MS = 23 * 3_600_000;

/** What the flows of events need beside the ports. */
export interface Works {
  readonly ports: BridgePorts;
  readonly lanes: Lanes;
  readonly doorbells: Doorbells;
  readonly photos: Photos;
  /** See BridgeOptions. */
  readonly privateChatOf: (person: PersonId) => ConversationId | undefined;
  readonly edits: Edits;
}

/** The work of one event. Done means stored or buried; or, of an album's item, on disk. What of an album came before is filed first. */
export function eventJob(works: Works, event: ChatEvent): Job {
  return { ...ownJob(works, event), before: () => pendingJob(works, event.conversation, (pending) => standsBefore(pending, event)) };
}

function ownJob(works: Works, event: ChatEvent): Job {
  const { ports } = works;
  const limits = { direction: 'to_helpdesk', operation: event.kind, giveUpAtMs: event.sentAtMs + GIVE_UP_AFTER_MS } as const;
  const bury = (error: BridgeError): Promise<void> => buryEvent(ports, event, error);
  const held = <T>(work: (session: ConversationSession) => Promise<T>) => ports.idMap.withConversation(event.conversation, work);
  switch (event.kind) {
    case 'message': return messageJob(works, event);
    case 'edit': return {
      ...limits, settleMs: EDIT_SETTLES_MS, bury: (error) => buryAndTell(works, event, error),
      run: works.edits.unlessNewer(event, ports, (attempt) => storeAndTell(works, event, async (session) => (
        isReadSince(session.state, event) ? undefined : storeEdit(ports, session, event, attempt, works.edits)))),
    };
    case 'command': return { ...limits, bury, run: onceDecided(() => held((session) => ports.journey.performCommand(session, event)), (notice) => tell(ports, event, notice)) };
    case 'action': return { ...limits, bury, run: onceDecided(() => held((session) => press(ports, session, event)), (notice) => tell(ports, event, notice)) };
    case 'membership': return { ...limits, bury, run: async () => {
      await held((session) => noteMembership(ports, session, event));
      await sendLate(works, event.conversation);
    } };
    case 'reaction': return { ...limits, bury, run: () => held((session) => noteReaction(ports, session, event)) };
    case 'migration': return { ...limits, bury, run: async () => {
      await moveConversation(ports, event);
      await ringAll(works, event.to);
    } };
  }
}

function messageJob(works: Works, event: MessageEvent, along?: Along): Job {
  const work: Job['run'] = (attempt) => (isAlbumItem(event) ? takeItem(works, event, attempt) : fileMessage(works, event, attempt, along));
  return {
    direction: 'to_helpdesk', operation: event.kind, giveUpAtMs: event.sentAtMs + GIVE_UP_AFTER_MS,
    run: tellingOfDelay(works.ports, event, work), bury: (error) => buryAndTell(works, event, error, along),
  };
}

function fileMessage(works: Works, event: MessageEvent, attempt: number, along?: Along): Promise<void | 'nothing'> {
  const store = async (session: ConversationSession): Promise<Stored | undefined> => {
    const change = along === undefined ? await filedAfterAll(works.ports, session, event) : undefined;
    return storeMessage(works.ports, session, event, attempt, change === undefined ? along : { messages: [], change });
  };
  return storeAndTell(works, event, store, along?.nameUnknown !== true);
}

/** Files what is pending of an album, if it is wanted. */
function pendingJob(works: Works, conversation: ConversationId, wanted: (pending: PendingAlbum) => boolean): Promise<Job | undefined> {
  return albumJob(works.ports, conversation, wanted, (event, along) => messageJob(works, event, along));
}

/** Does nothing itself: what is pending is filed before it. */
function fileAlbum(works: Works, conversation: ConversationId, wanted: (pending: PendingAlbum) => boolean): Job {
  return {
    direction: 'to_helpdesk', operation: 'album', before: () => pendingJob(works, conversation, wanted), run: async () => 'nothing', bury: async () => undefined,
  };
}

/** An item on disk says nothing of the helpdesk. */
async function takeItem(works: Works, event: AlbumItem, attempt: number): Promise<void | 'nothing'> {
  const { ports, lanes } = works;
  const { fate, addition } = await ports.idMap.withConversation(event.conversation, async (session) => {
    const became = await keepItem(ports, session, event);
    return { fate: became, addition: became === 'late' ? toAddition(session, event) : undefined };
  });
  if (addition !== undefined) return fileMessage(works, addition, attempt);
  if (fate === 'full') void lanes.add(event.conversation, fileAlbum(works, event.conversation, ({ album }) => album === event.album));
  if (fate === 'kept') fileWhenComplete(works, event.conversation).catch(() => undefined); // the sweep finds it
  return 'nothing';
}

/** Files what is pending when no more of it came for a moment. Resolves when the lane is done with it. */
export async function fileWhenComplete(works: Works, conversation: ConversationId): Promise<void> {
  const { album } = await works.ports.idMap.withConversation(conversation, async ({ state: { album: pending } }) => ({ album: pending }));
  if (album === undefined) return;
  await works.lanes.addLater(conversation, COMPLETE_AFTER_MS, fileAlbum(works, conversation, (pending) => pending.items.length === album.items.length && pending.album === album.album));
}

async function buryAndTell({ ports, lanes }: Works, event: MessageEvent | EditEvent, error: BridgeError, along?: Along): Promise<void> {
  await buryEvent(ports, event, error, along?.messages);
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
const TELL_REQUESTER_AFTER_MS = 15_000;

function tellingOfDelay(ports: BridgePorts, event: MessageEvent, run: Job['run']): Job['run'] {
  let failingSinceMs: number | undefined;
  return async (attempt) => {
    try {
      return await run(attempt);
    } catch (thrown) {
      const error = toBridgeError(thrown, event.kind);
      const nowMs = ports.clock.nowMs();
      failingSinceMs ??= nowMs;
      if (isLongDelay(error, nowMs - failingSinceMs, TELL_REQUESTER_AFTER_MS)) await tellDelayed(ports, event);
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
async function storeAndTell(
  works: Works, event: ChatEvent, store: (session: ConversationSession) => Promise<Stored | undefined>, namesRequester = true,
): Promise<void | 'nothing'> {
  const { ports, lanes } = works;
  const { conversation } = event;
  const stored = await ports.idMap.withConversation(conversation, async (session) => {
    const result = await store(session);
    if (namesRequester) await followProfile(ports, session, event, works.privateChatOf);
    works.photos.follow(session.state, event);
    return result;
  });
  if (stored === undefined) return 'nothing';
  if (stored.due) void lanes.add(conversation, dueJob(ports, conversation));
  if (stored.leftOut.length > 0) void lanes.add(conversation, noticeJob(ports, conversation, () => tellLeftOut(ports, event, stored.leftOut)));
  // Whoever writes can be written to.
  await sendLate(works, conversation);
}

/** Rings for the tickets with answers that wait; what comes of it is not waited for. */
async function sendLate({ ports, lanes, doorbells }: Works, conversation: ConversationId): Promise<void> {
  const { state } = await ports.idMap.withConversation(conversation, async (session) => ({ state: session.state }));
  if (state.unreachable === true) return;
  const ring = (ticket: TicketId): Promise<void> => doorbells.ring({ ticket }, 'sweep');
  // What is due is forgotten when it was rung for.
  const due = state.due.filter(({ kind }) => kind === CATCH_UP).map(({ ticket }) => ticket);
  if (due.length > 0) void lanes.add(conversation, catchUpJob({ ports, lanes, ring }, conversation));
  for (const ticket of ticketsWithLate(state)) if (!due.includes(ticket)) void ring(ticket).catch(() => undefined);
}

/** Rings for every ticket of a conversation; what comes of it is not waited for. */
async function ringAll({ ports, doorbells }: Works, conversation: ConversationId): Promise<void> {
  const tickets = await ports.idMap.withConversation(conversation, async ({ state }) => state.tickets.filter((entry) => entry.mergedInto === undefined));
  for (const { ticket } of tickets) void doorbells.ring({ ticket }, 'sweep').catch(() => undefined);
}
