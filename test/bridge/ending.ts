/** A process that ends between two writes to a disk that outlives it. */
import type { ConversationChange } from '../../src/core/conversation.js';
import { BridgeError } from '../../src/core/errors.js';
import type { ConversationSession, IdMap } from '../../src/core/ports.js';

/** The disk as one process sees it that ends right after a certain commit. */
export function endingWhen(inside: IdMap, isLast: (change: ConversationChange) => boolean): IdMap {
  let ended = false;
  const alive = <T>(work: () => Promise<T>): Promise<T> => (ended ? Promise.reject(new BridgeError({ code: 'unavailable', operation: 'idMap', message: 'the process ended' })) : work());
  const ending = (session: ConversationSession): ConversationSession => ({
    get state() { return session.state; },
    linkOfMessage: (message) => alive(() => session.linkOfMessage(message)),
    linksOfComment: (ticket, comment) => alive(() => session.linksOfComment(ticket, comment)),
    commit: (change) => alive(async () => {
      await session.commit(change);
      ended = isLast(change);
    }),
  });
  return {
    ...inside,
    bury: (entry) => alive(() => inside.bury(entry)),
    unbury: (id) => alive(() => inside.unbury(id)),
    withConversation: (conversation, work) => alive(() => inside.withConversation(conversation, (session) => work(ending(session)))),
  };
}
