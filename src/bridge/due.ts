/** What is due: notices after a ticket was opened or a message filed, and later; tickets to be read that no doorbell rings for. */
import { dueKey, type DueWork } from '../core/conversation.js';
import type { ConversationSession } from '../core/ports.js';
import type { ConversationId, TicketId } from '../core/types.js';
import { mayBeFiled } from './bury.js';
import { isDeliveredWork } from './to-telegram/delivered.js';
import { isLateEdit } from './to-telegram/late-edits.js';
import type { Job } from './work/lanes.js';
import { tryNotice } from './to-telegram/notices.js';
import type { BridgePorts } from './ports.js';
import { REACTIONS, tellWaitingReactions } from './to-helpdesk/reactions.js';

/** A notice that could not be sent for so long is stale. */
export const NOTICE_GIVE_UP_MS = 3_600_000;
/** Answers on this ticket wait, and nothing changed on it that a sweep would find: they were left over when the map was rebuilt, or waited for a requester who is back. */
export const CATCH_UP = 'catch_up';

/** An album is to be filed; see albums.ts. */
export const ALBUM_DUE = 'album';
/** What is due and no notice. */
const OTHER_WORK: readonly string[] = [CATCH_UP, ALBUM_DUE, REACTIONS];

function isNotice(work: DueWork): boolean {
  return !OTHER_WORK.includes(work.kind) && !isDeliveredWork(work) && !isLateEdit(work);
}

/** Tells what is due in this conversation. */
export function dueJob(ports: BridgePorts, conversation: ConversationId): Job {
  return noticeJob(ports, conversation, () => ports.idMap.withConversation(conversation, (session) => doDue(ports, session)));
}

async function doDue(ports: BridgePorts, session: ConversationSession): Promise<void> {
  const nowMs = ports.clock.nowMs();
  for (const work of session.state.due.filter((due) => due.atMs <= nowMs && isNotice(due))) {
    if (await mayBeFiled(ports, session, work)) continue;
    const notice = await ports.journey.noticeOfDue(session, work);
    await ports.sending.deliver(session, {
      key: `${session.state.conversation} ${dueKey(work)} ${work.atMs}`,
      async send(turn) { if (notice !== undefined) await tryNotice(ports, session.state.conversation, notice, turn); },
      record: () => session.commit({ done: [work] }),
    });
    if (notice !== undefined) ports.emit({ type: 'notice', kind: work.kind, conversation: session.state.conversation, ...(work.ticket && { ticket: work.ticket }) });
  }
  if (session.state.due.some((due) => due.atMs <= nowMs && due.kind === REACTIONS)) await tellWaitingReactions(ports, session);
}

/** Notices are worth trying again, not worth burying: due work stays in the map and the sweep finds it. */
export function noticeJob(ports: BridgePorts, conversation: ConversationId, run: () => Promise<void>): Job {
  return {
    direction: 'to_telegram', operation: 'notice', giveUpAtMs: ports.clock.nowMs() + NOTICE_GIVE_UP_MS, run,
    bury: async (error) => ports.emit({ type: 'log', level: 'warn', message: 'notice given up', facts: { conversation, code: error.code } }),
  };
}

export interface CatchUpWorks {
  readonly ports: BridgePorts;
  readonly lanes: { add(conversation: ConversationId, job: Job): Promise<unknown> };
  readonly ring: (ticket: TicketId) => Promise<void>;
}

/** Rings for the tickets of this conversation that are to be read. The work is forgotten when the doorbell is answered, not before. */
export function catchUpJob({ ports, lanes, ring }: CatchUpWorks, conversation: ConversationId): Job {
  const isDue = (work: DueWork): boolean => work.kind === CATCH_UP || (isLateEdit(work) && work.atMs <= ports.clock.nowMs());
  const forget = (work: DueWork): Job => noticeJob(ports, conversation, () => ports.idMap.withConversation(conversation, async (session) => {
    // What fell due once more meanwhile stays.
    if (session.state.due.some((one) => dueKey(one) === dueKey(work) && one.atMs === work.atMs)) await session.commit({ done: [work] });
  }));
  return noticeJob(ports, conversation, () => ports.idMap.withConversation(conversation, async ({ state }) => {
    for (const work of state.due) {
      if (!isDue(work) || work.ticket === undefined) continue;
      // Not waited for: its own job comes behind this one. When it ends too early the next sweep finds the work again.
      ring(work.ticket).then(() => lanes.add(conversation, forget(work))).catch(() => undefined);
    }
  }));
}
