/** What belongs here: cases about an answer on its way: an agent writes it, and it arrived. For helpdesks that tell the one, or take the other. */
import { expect } from '@jest/globals';
import { BridgeError } from '../../src/core/errors.js';
import type { HelpdeskConnector } from '../../src/core/ports.js';
import { mintId, type CommentId, type RawRequest, type TicketId } from '../../src/core/types.js';
import type { HelpdeskCase, HelpdeskFixture } from './helpdesk.js';
import { agentComments, cursorOfNow, failure, openTicket, sweepAll } from './helpdesk-samples.js';

const NOW_MS = Date.UTC(2026, 10, 21, 12);
const MINUTE_MS = 60_000;

type Typing = NonNullable<HelpdeskFixture['typing']>;

function typingOf({ typing }: HelpdeskFixture): Typing {
  if (typing === undefined) throw new Error('this helpdesk does not tell who writes: skip the case and say so');
  return typing;
}

function reportOf({ reportDelivered }: HelpdeskConnector): NonNullable<HelpdeskConnector['reportDelivered']> {
  if (reportDelivered === undefined) throw new Error('this helpdesk has no place for what was delivered: skip the case and say so');
  return reportDelivered;
}

/** Checked and read, as the bridge does. */
function rings({ connector }: HelpdeskFixture, request: RawRequest): unknown {
  connector.doorbell.authenticate(request, NOW_MS);
  return connector.doorbell.parse(request);
}

async function answered({ connector, agent }: HelpdeskFixture, html = '<p>Готово</p>'): Promise<{ readonly ticket: TicketId; readonly comment: CommentId; readonly createdAtMs: number }> {
  const { id } = await openTicket(connector);
  await agent.replyPublic(id, html);
  const [comment] = await agentComments(connector, id);
  if (comment === undefined) throw new Error('the answer is not there');
  return { ticket: id, comment: comment.id, createdAtMs: comment.createdAtMs };
}

const TYPING_CASES: readonly HelpdeskCase[] = [
  {
    title: 'an agent who writes an answer, and one who stops, ring for that and for nothing to be read',
    async run(fixture) {
      const typing = typingOf(fixture);
      const { id } = await openTicket(fixture.connector);
      for (const writes of [true, false]) {
        expect(rings(fixture, typing(id, { typing: writes, visibility: 'public' }, NOW_MS))).toEqual([{ ticket: id, typing: writes }]);
      }
    },
  },
  {
    title: 'an agent who writes what is not clearly public rings for nothing',
    async run(fixture) {
      const typing = typingOf(fixture);
      const { id } = await openTicket(fixture.connector);
      expect(rings(fixture, typing(id, { typing: true, visibility: 'internal' }, NOW_MS))).toEqual([]);
      const { body } = typing(id, { typing: true, visibility: 'public' }, NOW_MS);
      const unclear = body.toString().replaceAll(/"(public|internal)"/g, '"team"').replaceAll(/"is_private":false/g, '"is_private":null');
      expect(unclear).not.toBe(body.toString());
      expect(rings(fixture, fixture.signed(Buffer.from(unclear), NOW_MS))).toEqual([]);
    },
  },
  {
    title: 'what tells half of it is invalid',
    async run(fixture) {
      const typing = typingOf(fixture);
      const { id } = await openTicket(fixture.connector);
      const whole = JSON.parse(typing(id, { typing: true, visibility: 'public' }, NOW_MS).body.toString()) as Record<string, unknown>;
      const { ticket: _ticket, ...nowhere } = whole;
      for (const body of [nowhere, { ...whole, ticket: { id: '../1' } }, { ...whole, typing: 'yes' }]) {
        let thrown: unknown;
        try { rings(fixture, fixture.signed(Buffer.from(JSON.stringify(body)), NOW_MS)); } catch (error) { thrown = error; }
        expect(thrown).toBeInstanceOf(BridgeError);
        expect(thrown).toMatchObject({ code: 'invalid' });
      }
    },
  },
];

const REPORT_CASES: readonly HelpdeskCase[] = [
  {
    title: 'an answer that is reported delivered is so for agents, since the first time',
    async run(fixture) {
      const { connector, agent } = fixture;
      const report = reportOf(connector);
      const { ticket, comment, createdAtMs } = await answered(fixture);
      expect((await agent.readComments(ticket)).map(({ deliveredAtMs }) => deliveredAtMs)).toEqual([undefined, undefined]);
      await report(ticket, comment, createdAtMs + MINUTE_MS);
      await report(ticket, comment, createdAtMs + 2 * MINUTE_MS);
      expect((await agent.readComments(ticket)).map(({ deliveredAtMs }) => deliveredAtMs)).toEqual([undefined, createdAtMs + MINUTE_MS]);
    },
  },
  {
    title: 'a report changes nothing else: no comment, no status, nothing to be read again',
    async run(fixture) {
      const { connector, agent } = fixture;
      const { ticket, comment, createdAtMs } = await answered(fixture);
      await agent.setPhase(ticket, 'solved');
      const [before, comments] = [await connector.getTicket(ticket), await connector.commentsAfter(ticket)];
      const cursor = await cursorOfNow(connector);
      await reportOf(connector)(ticket, comment, createdAtMs + MINUTE_MS);
      expect(await connector.getTicket(ticket)).toEqual(before);
      expect((await connector.commentsAfter(ticket)).map(({ id }) => id)).toEqual(comments.map(({ id }) => id));
      expect((await sweepAll(connector, cursor)).rung.has(ticket)).toBe(false);
    },
  },
  {
    title: 'an answer of a ticket that was merged away is reported where it is read now',
    async run(fixture) {
      const { connector, agent } = fixture;
      if (agent.merge === undefined) throw new Error('this helpdesk cannot merge: skip the case and say so');
      const { ticket, comment, createdAtMs } = await answered(fixture);
      const { id: into } = await openTicket(connector);
      await agent.merge(ticket, into);
      await reportOf(connector)(into, comment, createdAtMs + MINUTE_MS);
      expect((await agent.readComments(into)).filter(({ deliveredAtMs }) => deliveredAtMs === createdAtMs + MINUTE_MS)).toHaveLength(1);
    },
  },
  {
    title: 'only a public answer of an agent can be reported, and what is not there is not_found',
    async run(fixture) {
      const { connector, agent } = fixture;
      const report = reportOf(connector);
      const { ticket, comment, createdAtMs } = await answered(fixture);
      await agent.commentInternal(ticket, '<p>Между нами</p>');
      const all = await connector.commentsAfter(ticket);
      const others = all.filter(({ id }) => id !== comment).map(({ id }) => id);
      expect(others).toHaveLength(2); // the requester's own, and the internal one
      for (const other of others) await failure(report(ticket, other, createdAtMs), 'invalid');
      const { id: elsewhere } = await openTicket(connector);
      await failure(report(elsewhere, comment, createdAtMs), 'not_found');
      for (const odd of ['999999999', '', 'x', `${comment}/../${comment}`]) await failure(report(ticket, mintId<CommentId>(odd), createdAtMs), 'not_found');
      await failure(report(mintId<TicketId>('999999999'), comment, createdAtMs), 'not_found');
      expect((await agent.readComments(ticket)).every(({ deliveredAtMs }) => deliveredAtMs === undefined)).toBe(true);
    },
  },
];

export const DELIVERY_CASES: readonly HelpdeskCase[] = [...TYPING_CASES, ...REPORT_CASES];
