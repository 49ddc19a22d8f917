/** What belongs here: cases about reactions of agents on what requesters wrote. A helpdesk without reactions skips them and says so. */
import { expect } from '@jest/globals';
import type { ChangeCursor, ChangePage } from '../../src/core/changes.js';
import type { HelpdeskConnector } from '../../src/core/ports.js';
import type { CommentId, TicketId } from '../../src/core/types.js';
import type { AgentHands, HelpdeskCase } from './helpdesk.js';
import { agentComments, draftComment, cursorOfNow, openTicket, sweepAll } from './helpdesk-samples.js';

function reacting(agent: AgentHands): NonNullable<AgentHands['react']> {
  if (agent.react === undefined) throw new Error('agents have no reactions here: skip the case and say so');
  return agent.react.bind(agent);
}

async function changesAfter(connector: HelpdeskConnector, ticket: TicketId, cursor?: ChangeCursor): Promise<ChangePage> {
  if (connector.changesAfter === undefined) throw new Error('this helpdesk cannot tell changes: skip the case and say so');
  return connector.changesAfter(ticket, cursor);
}

async function openingOf(connector: HelpdeskConnector, ticket: TicketId): Promise<CommentId> {
  const [opening] = await connector.commentsAfter(ticket);
  if (opening === undefined) throw new Error('the opening comment is not there');
  return opening.id;
}

export const REACTION_CASES: readonly HelpdeskCase[] = [
  {
    title: 'a reaction of an agent is told with the comment it is on, once, as it is now, and its removal too',
    async run({ connector, agent }) {
      const ticket = await openTicket(connector);
      const opening = await openingOf(connector, ticket.id);
      await reacting(agent)(ticket.id, opening, '🎉');
      await reacting(agent)(ticket.id, opening, '👍');
      const { changes: cursor } = await connector.getTicket(ticket.id);
      const set = await changesAfter(connector, ticket.id);
      expect(set).toMatchObject({
        cursor, changes: [{ kind: 'reacted', emoji: '👍', comment: { id: opening, ticket: ticket.id, origin: 'bridge', visibility: 'public', externalId: ticket.externalId } }],
      });
      expect((await changesAfter(connector, ticket.id, set.cursor)).changes).toEqual([]);
      await reacting(agent)(ticket.id, opening, undefined);
      const { changes: [removed] } = await changesAfter(connector, ticket.id, set.cursor);
      expect(removed).toMatchObject({ kind: 'reacted', comment: { id: opening } });
      expect(removed).not.toHaveProperty('emoji');
    },
  },
  {
    title: 'a reaction is no comment and changes no status, and the sweep rings for it',
    async run({ connector, agent }) {
      const ticket = await openTicket(connector);
      const comment = await connector.addComment(ticket.id, draftComment('спасибо'));
      await agent.setPhase(ticket.id, 'pending');
      const before = await connector.commentsAfter(ticket.id);
      const cursor = await cursorOfNow(connector);
      await reacting(agent)(ticket.id, comment, '👍');
      expect((await connector.commentsAfter(ticket.id)).map(({ id }) => id)).toEqual(before.map(({ id }) => id));
      expect((await connector.getTicket(ticket.id)).phase).toBe('pending');
      expect([...(await sweepAll(connector, cursor)).rung]).toContain(ticket.id);
    },
  },
  {
    title: 'what agents wrote takes no reaction',
    async run({ connector, agent }) {
      const ticket = await openTicket(connector);
      await agent.replyPublic(ticket.id, '<p>ответ</p>');
      await agent.commentInternal(ticket.id, '<p>между нами</p>');
      const written = await agentComments(connector, ticket.id);
      expect(written).toHaveLength(2);
      for (const { id } of written) await expect(reacting(agent)(ticket.id, id, '👍')).rejects.toThrow();
      expect((await connector.getTicket(ticket.id)).changes).toBeUndefined();
    },
  },
];

export const REACTION_CASE_TITLES: readonly string[] = REACTION_CASES.map(({ title }) => title);
