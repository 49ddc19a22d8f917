/** What belongs here: cases about phases, merges, deleted tickets and the sweep. */
import { expect } from '@jest/globals';
import type { HelpdeskConnector } from '../../src/core/ports.js';
import type { TicketId } from '../../src/core/types.js';
import type { AgentHands, HelpdeskCase } from './helpdesk.js';
import { cursorOfNow, draftComment, failure, openTicket, sampleMessage, sweepAll } from './helpdesk-samples.js';

/** Does `act` to a fresh ticket and expects the sweep to ring for it. */
async function expectRing(connector: HelpdeskConnector, act: (ticket: TicketId) => Promise<unknown>): Promise<void> {
  const ticket = await openTicket(connector);
  const cursor = await cursorOfNow(connector);
  await act(ticket.id);
  expect([...(await sweepAll(connector, cursor)).rung]).toContain(ticket.id);
}

function merging(agent: AgentHands): (from: TicketId, into: TicketId) => Promise<void> {
  if (agent.merge === undefined) throw new Error('this helpdesk cannot merge: skip the case and say so');
  return agent.merge.bind(agent);
}

export const CHANGE_CASES: readonly HelpdeskCase[] = [
  {
    title: 'a ticket that goes to another queue keeps its conversation and its keys',
    async run({ connector, agent, queue }) {
      const before = await openTicket(connector);
      const written = sampleMessage();
      await connector.addComment(before.id, { ...draftComment('до переноса'), externalId: written });
      await agent.move(before.id, queue);
      const after = await connector.getTicket(before.id);
      expect(after).toMatchObject({ id: before.id, number: before.number, queue, conversation: before.conversation, externalId: before.externalId });
      expect(await connector.findComment?.(before.id, written)).toBe((await connector.commentsAfter(before.id)).at(-1)?.id);
      await connector.addComment(before.id, draftComment('после переноса'));
      expect((await connector.commentsAfter(before.id)).filter((comment) => comment.visibility === 'public')).toHaveLength(3);
    },
  },
  {
    title: 'phases that an agent sets are read back',
    async run({ connector, agent }) {
      const ticket = await openTicket(connector);
      for (const phase of ['open', 'pending', 'solved', 'open'] as const) {
        await agent.setPhase(ticket.id, phase);
        expect((await connector.getTicket(ticket.id)).phase).toBe(phase);
      }
    },
  },
  {
    title: 'a requester\'s comment opens a solved ticket again',
    async run({ connector, agent }) {
      const ticket = await openTicket(connector);
      await agent.setPhase(ticket.id, 'solved');
      expect(connector.capabilities.reopensFrom).toContain('solved');
      await connector.addComment(ticket.id, draftComment('не помогло'));
      expect((await connector.getTicket(ticket.id)).phase).toBe('open');
    },
  },
  {
    title: 'the bridge\'s own comments change no phase',
    async run({ connector, agent }) {
      const ticket = await openTicket(connector);
      await agent.setPhase(ticket.id, 'solved');
      await connector.addComment(ticket.id, draftComment('Оценка: 5', { visibility: 'internal', from: 'bridge' }));
      await connector.addComment(ticket.id, draftComment('Закрыто', { visibility: 'public', from: 'bridge' }));
      expect((await connector.getTicket(ticket.id)).phase).toBe('solved');
    },
  },
  {
    title: 'a closed ticket takes no more comments from the requester',
    async run({ connector, agent }) {
      const ticket = await openTicket(connector);
      await agent.setPhase(ticket.id, 'closed');
      expect((await connector.getTicket(ticket.id)).phase).toBe('closed');
      expect(connector.capabilities.reopensFrom).not.toContain('closed');
      expect((await failure(connector.addComment(ticket.id, draftComment('поздно')), 'conflict')).effect).toBe('none');
      expect(await connector.commentsAfter(ticket.id)).toHaveLength(1);
    },
  },
  {
    title: 'updateTicket solves a ticket and opens it again, and may be repeated',
    async run({ connector }) {
      const ticket = await openTicket(connector);
      for (const phase of ['solved', 'solved', 'open', 'open'] as const) {
        await connector.updateTicket?.(ticket.id, { phase });
        expect((await connector.getTicket(ticket.id)).phase).toBe(phase);
      }
    },
  },
  {
    title: 'getTicket, commentsAfter and addComment follow a merge',
    async run({ connector, agent }) {
      const from = await openTicket(connector, { text: 'из первого' });
      const into = await openTicket(connector, { text: 'из второго' });
      await merging(agent)(from.id, into.id);
      expect((await connector.getTicket(from.id)).id).toBe(into.id);
      await agent.replyPublic(into.id, '<p>ответ обоим</p>');
      const seen = await connector.commentsAfter(from.id);
      expect(seen.at(-1)?.content.text.text.trim()).toBe('ответ обоим');
      expect(seen.at(-1)?.ticket).toBe(into.id);
      await connector.addComment(from.id, draftComment('пишу по старому номеру'));
      expect((await connector.commentsAfter(into.id)).at(-1)?.content.text.text.trim()).toBe('пишу по старому номеру');
    },
  },
  {
    title: 'findTicket of a merged ticket gives the one that took it in, and the other keeps its own key',
    async run({ connector, agent }) {
      if (connector.capabilities.idempotency !== 'lookup') return;
      const from = await openTicket(connector);
      const into = await openTicket(connector);
      await merging(agent)(from.id, into.id);
      if (from.externalId === undefined || into.externalId === undefined) throw new Error('no external id was read back');
      expect((await connector.findTicket?.(from.externalId))?.id).toBe(into.id);
      expect((await connector.findTicket?.(into.externalId))?.id).toBe(into.id);
      expect((await connector.getTicket(into.id)).externalId).toBe(into.externalId);
    },
  },
  {
    title: 'a removed ticket is gone',
    async run({ connector, agent }) {
      const ticket = await openTicket(connector);
      if (agent.remove === undefined) throw new Error('this helpdesk cannot delete: skip the case and say so');
      await agent.remove(ticket.id);
      const read = await connector.getTicket(ticket.id).catch((error: unknown) => error);
      if (read instanceof Error) expect(read).toMatchObject({ code: 'not_found' });
      else expect(read).toMatchObject({ phase: 'gone' });
      await failure(connector.addComment(ticket.id, draftComment('есть кто?')), 'not_found');
    },
  },
  {
    title: 'a sweep without a cursor rings for nothing and gives the cursor of now',
    async run({ connector }) {
      await openTicket(connector);
      const first = await connector.changedSince();
      expect(first.doorbells).toEqual([]);
      expect(first.more).toBe(false);
      expect((await sweepAll(connector, first.cursor)).rung.size).toBe(0);
    },
  },
  { title: 'the sweep rings for an agent\'s public comment', run: ({ connector, agent }) => expectRing(connector, (ticket) => agent.replyPublic(ticket, '<p>ответ</p>')) },
  { title: 'the sweep rings for a change of phase', run: ({ connector, agent }) => expectRing(connector, (ticket) => agent.setPhase(ticket, 'solved')) },
  {
    title: 'the sweep rings for a new ticket',
    async run({ connector }) {
      const cursor = await cursorOfNow(connector);
      const ticket = await openTicket(connector);
      expect([...(await sweepAll(connector, cursor)).rung]).toContain(ticket.id);
    },
  },
  {
    title: 'the sweep rings for the ticket that was merged away',
    async run({ connector, agent }) {
      const into = await openTicket(connector);
      await expectRing(connector, (ticket) => merging(agent)(ticket, into.id));
    },
  },
  {
    title: 'the sweep comes in bounded pages, misses nothing and ends',
    timeoutMs: 180_000,
    async run({ connector, agent }) {
      const cursor = await cursorOfNow(connector);
      const openAndAnswer = async (): Promise<TicketId> => {
        const ticket = await openTicket(connector);
        await agent.replyPublic(ticket.id, '<p>раз</p>');
        await agent.replyPublic(ticket.id, '<p>два</p>');
        return ticket.id;
      };
      const tickets: TicketId[] = [];
      for (let round = 0; round < 10; round += 1) tickets.push(...await Promise.all([openAndAnswer(), openAndAnswer(), openAndAnswer()]));
      const first = await connector.changedSince(cursor);
      expect(first.doorbells.length).toBeLessThanOrEqual(200);
      const swept = await sweepAll(connector, cursor);
      expect(tickets.filter((ticket) => !swept.rung.has(ticket))).toEqual([]);
      expect((await sweepAll(connector, swept.cursor)).rung.size).toBe(0);
      expect((await sweepAll(connector, cursor)).rung).toEqual(swept.rung);
    },
  },
];
