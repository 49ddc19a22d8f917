/** What belongs here: cases about what goes wrong: wrong ids, wrong token, nobody there; and what `doctor` says of it. */
import { expect } from '@jest/globals';
import { mintId, type TicketId } from '../../src/core/types.js';
import type { HelpdeskCase } from './helpdesk.js';
import { draftComment, draftTicket, failure, openTicket, sampleMessage, samplePerson } from './helpdesk-samples.js';

const NO_TICKET = mintId<TicketId>('999999999');
const ODD_TICKETS = ['', '0', '-1', 'x', '1/../2', '1?a=b', ' 1', "1' OR 1=1"].map((raw) => mintId<TicketId>(raw));
/** Port 9 (discard) is served nowhere that tests run. */
const NOBODY = 'http://127.0.0.1:9';
const WRONG_TOKEN = '1-39-00000000000000000000000000000000';

export const FAULT_CASES: readonly HelpdeskCase[] = [
  {
    title: 'an unknown ticket is not_found everywhere',
    async run({ connector }) {
      await failure(connector.getTicket(NO_TICKET), 'not_found');
      await failure(connector.commentsAfter(NO_TICKET), 'not_found');
      await failure(connector.addComment(NO_TICKET, draftComment('эй')), 'not_found');
      await failure(connector.addComment(NO_TICKET, draftComment('эй', { visibility: 'internal', from: 'bridge' })), 'not_found');
      if (connector.updateTicket !== undefined) await failure(connector.updateTicket(NO_TICKET, { phase: 'solved' }), 'not_found');
      expect(await connector.findComment?.(NO_TICKET, sampleMessage())).toBeUndefined();
    },
  },
  {
    title: 'ids that the helpdesk never gave are refused and reach no other address',
    async run({ connector }) {
      for (const ticket of ODD_TICKETS) {
        const thrown: unknown = await connector.getTicket(ticket).then(() => undefined, (error: unknown) => error);
        expect({ ticket, code: (thrown as { code?: unknown } | undefined)?.code }).toEqual({ ticket, code: 'not_found' });
      }
    },
  },
  {
    title: 'a wrong token is unauthorized, and no error shows it',
    async run({ connector, connect }) {
      const { id } = await openTicket(connector);
      const stranger = connect({ token: WRONG_TOKEN });
      const failures = [
        await failure(stranger.getTicket(id), 'unauthorized'), await failure(stranger.commentsAfter(id), 'unauthorized'),
        await failure(stranger.addComment(id, draftComment('x')), 'unauthorized'), await failure(stranger.changedSince(), 'unauthorized'),
        await failure(stranger.upsertRequester({ person: samplePerson() }), 'unauthorized'),
      ];
      for (const error of failures) {
        expect(error.effect).toBe('none');
        expect(`${error.message} ${error.stack ?? ''} ${String(error.cause)}`).not.toContain(WRONG_TOKEN);
      }
    },
  },
  {
    title: 'a helpdesk that nobody serves is unavailable, with no effect',
    async run({ connector, connect }) {
      const lost = connect({ url: NOBODY });
      const draft = await draftTicket(connector);
      const works = [() => lost.createTicket(draft), () => lost.addComment(NO_TICKET, draftComment('x')), () => lost.getTicket(NO_TICKET), () => lost.changedSince()];
      for (const work of works) expect((await failure(work(), 'unavailable')).effect).toBe('none');
    },
  },
  {
    title: 'diagnose finds nothing wrong with what is right',
    async run({ connector, queue }) {
      const findings = await connector.diagnose({ queues: [queue] });
      expect(findings.filter((finding) => !finding.ok)).toEqual([]);
      expect(findings.some((finding) => finding.subject.includes(queue))).toBe(true);
    },
  },
  {
    title: 'diagnose finds a queue that does not exist, and says what to do',
    async run({ connector, queue }) {
      const wrong = (await connector.diagnose({ queues: [queue, 'Нет такой'] })).filter((finding) => !finding.ok);
      expect(wrong).toHaveLength(1);
      expect(`${wrong[0]?.subject} ${wrong[0]?.finding}`).toContain('Нет такой');
      expect(wrong[0]?.advice?.length).toBeGreaterThan(10);
    },
  },
  {
    title: 'diagnose finds a wrong token and an unreachable helpdesk, says what to do, and shows no token',
    async run({ connect, queue }) {
      for (const broken of [connect({ token: WRONG_TOKEN }), connect({ url: NOBODY })]) {
        const wrong = (await broken.diagnose({ queues: [queue] })).filter((finding) => !finding.ok);
        expect(wrong).toHaveLength(1); // one clear line, not one for each thing that could not be looked at
        expect(wrong[0]?.advice?.length).toBeGreaterThan(10);
        expect(JSON.stringify(wrong)).not.toContain(WRONG_TOKEN);
      }
    },
  },
];
