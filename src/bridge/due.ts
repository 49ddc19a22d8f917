/** Notices that are due: after a ticket was opened or a message filed, and later. */
import { dueKey } from '../core/conversation.js';
import type { ConversationSession } from '../core/ports.js';
import type { ConversationId } from '../core/types.js';
import type { Job } from './lanes.js';
import { tryNotice } from './notices.js';
import type { BridgePorts } from './ports.js';
import { sendAndRecord } from './unrecorded.js';

/** A notice that could not be sent for so long is stale. */
export const NOTICE_GIVE_UP_MS = 3_600_000;

/** Does what is due in this conversation. */
export function dueJob(ports: BridgePorts, conversation: ConversationId): Job {
  return noticeJob(ports, conversation, () => ports.idMap.withConversation(conversation, (session) => doDue(ports, session)));
}

async function doDue(ports: BridgePorts, session: ConversationSession): Promise<void> {
  const nowMs = ports.clock.nowMs();
  for (const work of session.state.due.filter((due) => due.atMs <= nowMs)) {
    const notice = await ports.journey.noticeOfDue(session, work);
    const send = async (): Promise<void> => { if (notice !== undefined) await tryNotice(ports, session.state.conversation, notice); };
    await sendAndRecord(ports, session, `${session.state.conversation} ${dueKey(work)} ${work.atMs}`, send, () => session.commit({ done: [work] }));
    if (notice !== undefined) ports.emit({ type: 'notice', kind: work.kind, conversation: session.state.conversation, ...(work.ticket && { ticket: work.ticket }) });
  }
}

/** Notices are worth trying again, not worth burying: due work stays in the map and the sweep finds it. */
export function noticeJob(ports: BridgePorts, conversation: ConversationId, run: () => Promise<void>): Job {
  return {
    direction: 'to_telegram', operation: 'notice', giveUpAtMs: ports.clock.nowMs() + NOTICE_GIVE_UP_MS, run,
    bury: async (error) => ports.emit({ type: 'log', level: 'warn', message: 'notice given up', facts: { conversation, code: error.code } }),
  };
}
