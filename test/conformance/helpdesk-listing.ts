/** What belongs here: cases about the listing that a lost map is rebuilt from. */
import { expect } from '@jest/globals';
import type { HelpdeskConnector, ListedTicket } from '../../src/core/ports.js';
import type { Ticket, TicketId } from '../../src/core/types.js';
import type { HelpdeskCase } from './helpdesk.js';
import { draftTicket, openTicket } from './helpdesk-samples.js';

/** A server may be used by several runs: what matters is what comes after a ticket of one's own. */
async function listAfter(connector: HelpdeskConnector, after: TicketId): Promise<readonly ListedTicket[]> {
  if (connector.listTickets === undefined) throw new Error('this helpdesk cannot list: skip the case and say so');
  const all: ListedTicket[] = [];
  for (let last = after, pages = 1; pages <= 200; pages += 1) {
    const { tickets, more } = await connector.listTickets(last);
    all.push(...tickets);
    if (!more) return all;
    const end = tickets.at(-1)?.id;
    if (end === undefined || end === last) throw new Error('a page with more behind it does not move on');
    last = end;
  }
  throw new Error('the listing does not end');
}

const find = (listed: readonly ListedTicket[], ticket: TicketId): ListedTicket | undefined => listed.find((one) => one.id === ticket);

export const LISTING_CASES: readonly HelpdeskCase[] = [
  {
    title: 'listed tickets say whose they are, in the order in which they were opened',
    async run({ connector, agent }) {
      const before = await openTicket(connector);
      const drafts = [await draftTicket(connector), await draftTicket(connector), await draftTicket(connector)];
      const opened: Ticket[] = [];
      for (const draft of drafts) opened.push(await connector.createTicket(draft));
      const [first, second, third] = opened;
      if (first === undefined || second === undefined || third === undefined) throw new Error('unreachable');
      await agent.setPhase(second.id, 'solved');
      const listed = await listAfter(connector, before.id);
      expect(find(listed, before.id)).toBeUndefined();
      expect(listed.map((one) => one.id).filter((id) => opened.some((one) => one.id === id))).toEqual(opened.map((one) => one.id));
      for (const [index, one] of opened.entries()) {
        const { conversation, externalId, requester } = drafts[index] ?? {};
        expect(find(listed, one.id)).toMatchObject({ number: one.number, conversation, externalId, requester, phase: one.id === second.id ? 'solved' : 'new' });
        expect(find(listed, one.id)?.mergedInto).toBeUndefined();
      }
      expect((await connector.getTicket(first.id)).requester).toBe(drafts[0]?.requester);
      expect(await listAfter(connector, listed.at(-1)?.id ?? third.id).then((more) => more.filter((one) => opened.some(({ id }) => id === one.id)))).toEqual([]);
    },
  },
  {
    title: 'a listed ticket that is over says since when, if at all',
    async run({ connector, agent }) {
      const before = await openTicket(connector);
      const ticket = await openTicket(connector);
      const opened = (await connector.commentsAfter(ticket.id))[0]?.createdAtMs ?? 0;
      await agent.setPhase(ticket.id, 'solved');
      const since = find(await listAfter(connector, before.id), ticket.id)?.overSinceMs;
      if (since !== undefined) expect({ afterOpening: since >= opened, soon: since <= opened + 120_000 }).toEqual({ afterOpening: true, soon: true });
      await agent.setPhase(ticket.id, 'open');
      expect(find(await listAfter(connector, before.id), ticket.id)).not.toHaveProperty('overSinceMs');
    },
  },
  {
    title: 'merged tickets are listed as they were, with the one that took them in',
    async run({ connector, agent }) {
      if (agent.merge === undefined) throw new Error('this helpdesk cannot merge: skip the case and say so');
      const before = await openTicket(connector);
      const [first, second, third] = [await openTicket(connector), await openTicket(connector), await openTicket(connector)];
      await agent.merge(first.id, second.id);
      await agent.merge(second.id, third.id);
      const listed = await listAfter(connector, before.id);
      const { conversation, externalId, requester } = first;
      expect(find(listed, first.id)).toMatchObject({ id: first.id, number: first.number, conversation, externalId, requester, mergedInto: third.id });
      expect(find(listed, second.id)).toMatchObject({ conversation: second.conversation, mergedInto: third.id });
      expect(find(listed, third.id)).toMatchObject({ conversation: third.conversation, requester: third.requester });
      expect(find(listed, third.id)?.mergedInto).toBeUndefined();
    },
  },
  {
    title: 'a removed ticket is not listed',
    async run({ connector, agent }) {
      if (agent.remove === undefined) throw new Error('this helpdesk cannot delete: skip the case and say so');
      const before = await openTicket(connector);
      const removed = await openTicket(connector);
      const kept = await openTicket(connector);
      await agent.remove(removed.id);
      const listed = await listAfter(connector, before.id);
      expect(find(listed, removed.id)).toBeUndefined();
      expect(find(listed, kept.id)).toMatchObject({ conversation: kept.conversation });
    },
  },
  {
    title: 'the listing comes in bounded pages that miss nothing',
    timeoutMs: 300_000,
    async run({ connector }) {
      const before = await openTicket(connector);
      const tickets: TicketId[] = [];
      // No more at a time than a small helpdesk has workers.
      for (let round = 0; round < 27; round += 1) {
        const opened = await Promise.all(Array.from({ length: 4 }, () => openTicket(connector)));
        tickets.push(...opened.map((one) => one.id));
      }
      const page = await connector.listTickets?.(before.id);
      expect(page?.more).toBe(true);
      expect(page?.tickets.length ?? Infinity).toBeLessThanOrEqual(200);
      const listed = new Set((await listAfter(connector, before.id)).map((one) => one.id));
      expect(tickets.filter((ticket) => !listed.has(ticket))).toEqual([]);
    },
  },
];
