/** The helpdesk's connector with a network in between, and a witness of what was read. */
import type { ChangeCursor } from '../../src/core/changes.js';
import type { HelpdeskConnector } from '../../src/core/ports.js';
import type { Comment, CommentId, TicketId } from '../../src/core/types.js';
import type { FakeHelpdesk } from '../fakes/helpdesk.js';
import type { Network } from './network.js';

export interface Witness {
  /** The helpdesk answered with these comments. */
  read(comments: readonly Comment[]): void;
  /** The helpdesk was asked for this ticket. */
  asked(ticket: TicketId): void;
  /** The helpdesk was told that this comment arrived. */
  reported(comment: CommentId): void;
  /** Throws what the helpdesk says to this text for ever. */
  refuse(text: string): void;
  /** The helpdesk took no comment with this key: its ticket is closed or gone. */
  refused(key: string): void;
}

export function connectThrough(helpdesk: FakeHelpdesk, network: Network, witness: Witness): HelpdeskConnector {
  const { connector } = helpdesk;
  const over = <T>(name: string, act: () => Promise<T>): Promise<T> => network.request(name, () => settled(act)).then((answer) => answer);
  return {
    ...connector,
    upsertRequester: (draft) => over('upsertRequester', () => connector.upsertRequester(draft)),
    createTicket: (draft) => over('createTicket', async () => {
      witness.refuse(draft.content.text.text);
      return connector.createTicket(draft);
    }),
    addComment: (ticket, draft) => over('addComment', async () => {
      witness.refuse(draft.content.text.text);
      return connector.addComment(ticket, draft).catch((thrown: unknown) => {
        if (draft.externalId !== undefined) witness.refused(draft.externalId);
        throw thrown;
      });
    }),
    getTicket: (ticket) => over('getTicket', () => {
      witness.asked(ticket);
      return connector.getTicket(ticket);
    }),
    commentsAfter: (ticket, cursor) => over('commentsAfter', async () => {
      const comments = await connector.commentsAfter(ticket, cursor);
      witness.read(comments);
      return comments;
    }),
    ...(connector.changesAfter !== undefined && {
      changesAfter: (ticket: TicketId, cursor?: ChangeCursor) => over('changesAfter', async () => {
        const page = await connector.changesAfter?.(ticket, cursor);
        if (page === undefined) throw new Error('changes cannot be read');
        witness.read(page.changes.flatMap((change) => (change.kind === 'changed' ? [change.comment] : [])));
        return page;
      }),
    }),
    changedSince: (cursor) => over('changedSince', () => connector.changedSince(cursor)),
    reportDelivered: (ticket, comment, atMs) => over('reportDelivered', async () => {
      await connector.reportDelivered?.(ticket, comment, atMs);
      witness.reported(comment);
    }),
    updateTicket: (ticket, change) => over('updateTicket', async () => connector.updateTicket?.(ticket, change)),
    findTicket: (externalId) => over('findTicket', async () => connector.findTicket?.(externalId)),
    findComment: (ticket, externalId) => over<CommentId | undefined>('findComment', async () => connector.findComment?.(ticket, externalId)),
  };
}

/** Starts the act now; a rejection nobody waits for (the process died) must not count as unhandled. */
function settled<T>(act: () => Promise<T>): Promise<T> {
  const answer = act();
  answer.catch(() => undefined);
  return answer;
}
