/** What belongs here: cases about comments that agents change, hide, show and delete. A helpdesk where comments never change skips them and says so. */
import { expect } from '@jest/globals';
import type { ChangeCursor, ChangePage } from '../../src/core/changes.js';
import type { HelpdeskConnector } from '../../src/core/ports.js';
import type { CommentId, Ticket, TicketId } from '../../src/core/types.js';
import type { AgentHands, HelpdeskCase } from './helpdesk.js';
import { agentComments, cursorOfNow, openTicket, sampleFile, sweepAll } from './helpdesk-samples.js';

type Editing = Required<Pick<AgentHands, 'editComment' | 'setVisibility' | 'removeComment'>>;

function editing(agent: AgentHands): Editing {
  const { editComment, setVisibility, removeComment } = agent;
  if (editComment === undefined || setVisibility === undefined || removeComment === undefined) throw new Error('this helpdesk cannot change comments: skip the case and say so');
  return { editComment: editComment.bind(agent), setVisibility: setVisibility.bind(agent), removeComment: removeComment.bind(agent) };
}

async function changesAfter(connector: HelpdeskConnector, ticket: TicketId, cursor?: ChangeCursor): Promise<ChangePage> {
  if (connector.changesAfter === undefined) throw new Error('this helpdesk cannot tell changes: skip the case and say so');
  return connector.changesAfter(ticket, cursor);
}

async function withAnswer(connector: HelpdeskConnector, agent: AgentHands): Promise<{ readonly ticket: Ticket; readonly answer: CommentId }> {
  const ticket = await openTicket(connector);
  await agent.replyPublic(ticket.id, '<p>как было</p>', [sampleFile('a.txt', 'text/plain', Buffer.from('a'))]);
  const [answer] = await agentComments(connector, ticket.id);
  if (answer === undefined) throw new Error('the answer is not there');
  return { ticket, answer: answer.id };
}

export const EDIT_CASES: readonly HelpdeskCase[] = [
  {
    title: 'a ticket whose comments did not change says nothing of changes',
    async run({ connector, agent }) {
      const { ticket } = await withAnswer(connector, agent);
      await agent.setPhase(ticket.id, 'pending');
      expect((await connector.getTicket(ticket.id)).changes).toBeUndefined();
    },
  },
  {
    title: 'an edited comment is told once, as it is now, and keeps its place, its files and its author',
    async run({ connector, agent }) {
      const { ticket, answer } = await withAnswer(connector, agent);
      await agent.replyPublic(ticket.id, '<p>второй</p>');
      await editing(agent).editComment(ticket.id, answer, '<p>как <b>стало</b> сначала</p>');
      await editing(agent).editComment(ticket.id, answer, '<p>как <b>стало</b></p>');
      const { changes: cursor } = await connector.getTicket(ticket.id);
      expect(cursor).toBeDefined();
      const page = await changesAfter(connector, ticket.id);
      expect(page).toMatchObject({
        cursor, changes: [{ kind: 'changed', comment: { id: answer, ticket: ticket.id, visibility: 'public', origin: 'agent', author: { name: agent.name }, content: { text: { text: 'как стало' }, attachments: [{ name: 'a.txt' }] } } }],
      });
      expect((await agentComments(connector, ticket.id)).map((one) => one.content.text.text.trim())).toEqual(['как стало', 'второй']);
      expect((await changesAfter(connector, ticket.id, page.cursor)).changes).toEqual([]);
    },
  },
  {
    title: 'a comment that becomes internal, or public, is told with the visibility of now',
    async run({ connector, agent }) {
      const { ticket, answer } = await withAnswer(connector, agent);
      await editing(agent).setVisibility(ticket.id, answer, 'internal');
      const first = await changesAfter(connector, ticket.id);
      expect(first.changes).toMatchObject([{ kind: 'changed', comment: { id: answer, visibility: 'internal' } }]);
      await editing(agent).setVisibility(ticket.id, answer, 'public');
      const second = await changesAfter(connector, ticket.id, first.cursor);
      expect(second.changes).toMatchObject([{ kind: 'changed', comment: { id: answer, visibility: 'public' } }]);
      expect(second.cursor).not.toBe(first.cursor);
    },
  },
  {
    title: 'a deleted comment is told as deleted, and read no more',
    async run({ connector, agent }) {
      const { ticket, answer } = await withAnswer(connector, agent);
      await editing(agent).removeComment(ticket.id, answer);
      expect((await changesAfter(connector, ticket.id)).changes).toEqual([{ kind: 'deleted', ticket: ticket.id, comment: answer }]);
      expect(await agentComments(connector, ticket.id)).toEqual([]);
    },
  },
  {
    title: 'the sweep rings for a comment that is edited, hidden or deleted',
    async run({ connector, agent }) {
      for (const act of ['editComment', 'setVisibility', 'removeComment'] as const) {
        const { ticket, answer } = await withAnswer(connector, agent);
        const cursor = await cursorOfNow(connector);
        if (act === 'editComment') await editing(agent).editComment(ticket.id, answer, '<p>иначе</p>');
        else if (act === 'setVisibility') await editing(agent).setVisibility(ticket.id, answer, 'internal');
        else await editing(agent).removeComment(ticket.id, answer);
        expect([...(await sweepAll(connector, cursor)).rung]).toContain(ticket.id);
      }
    },
  },
  {
    title: 'changes go along in a merge',
    async run({ connector, agent }) {
      const { ticket, answer } = await withAnswer(connector, agent);
      const into = await openTicket(connector);
      await editing(agent).editComment(ticket.id, answer, '<p>до слияния</p>');
      if (agent.merge === undefined) throw new Error('this helpdesk cannot merge: skip the case and say so');
      await agent.merge(ticket.id, into.id);
      expect((await connector.getTicket(into.id)).changes).toBeDefined();
      await editing(agent).editComment(into.id, answer, '<p>после</p>');
      expect((await changesAfter(connector, into.id)).changes).toMatchObject([{ comment: { id: answer, ticket: ticket.id, content: { text: { text: 'после' } } } }]);
    },
  },
];

export const EDIT_CASE_TITLES: readonly string[] = EDIT_CASES.map(({ title }) => title);
