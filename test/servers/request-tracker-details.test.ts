/** What only a real Request Tracker can show, beyond what every helpdesk must do. */
import { beforeAll, describe, expect, it } from '@jest/globals';
import { mintId, type TicketId } from '../../src/core/types.js';
import { agentComments, attachmentOf, cursorOfNow, draftComment, draftTicket, failure, openTicket, sampleFile, samplePerson, sweepAll } from '../conformance/helpdesk-samples.js';
import { connectRt, createRtFixture, readCredentials, type RtFixture } from './request-tracker-fixture.js';

const MULTIPART_MAIL = (from: string, ticket: TicketId): string => [
  `From: ${from}`, 'To: support@rt.test', `Subject: [rt.test #${ticket}] mail`, 'MIME-Version: 1.0', 'Content-Type: multipart/alternative; boundary="b"', '',
  '--b', 'Content-Type: text/plain; charset=utf-8', '', 'письмом *жирно*', '', '--b', 'Content-Type: text/html; charset=utf-8', '',
  '<p>письмом <b>жирно</b></p>', '--b--', '',
].join('\r\n');

describe('request-tracker in detail', () => {
  const credentials = readCredentials();
  let rt: RtFixture;
  beforeAll(async () => { rt = await createRtFixture(); });

  async function mail(from: string, ticket: TicketId): Promise<void> {
    const form = new URLSearchParams({ queue: 'Support', action: 'correspond', message: MULTIPART_MAIL(from, ticket) });
    const response = await fetch(`${credentials.url}/REST/1.0/NoAuth/mail-gateway`, { method: 'POST', body: form });
    expect(await response.text()).toContain('ok');
  }

  it('tells a requester\'s mail from an agent\'s, and takes the HTML of a mail', async () => {
    const person = samplePerson();
    const ticket = await openTicket(rt.connector, { person });
    await mail(`tg-${person.id.replace('tg:', '')}@telegram.invalid`, ticket.id);
    await mail('agent1@rt.test', ticket.id);
    const [ofRequester, ofAgent] = (await rt.connector.commentsAfter(ticket.id)).slice(1);
    expect(ofRequester).toMatchObject({ origin: 'requester', visibility: 'public' });
    expect(ofAgent).toMatchObject({ origin: 'agent', author: { name: 'Agent One' } });
    expect(ofAgent?.content.text.text.trim()).toBe('письмом жирно');
    expect(ofAgent?.content.attachments).toEqual([]);
  });

  it('sends agents mail with a readable subject', async () => {
    const ticket = await openTicket(rt.connector, { subject: 'Возврат денег' });
    const draft = draftComment('ещё раз');
    const id = await rt.connector.addComment(ticket.id, draft);
    const raw = await rt.rootRest('GET', `/transaction/${id}/attachments?fields=Subject`);
    expect(JSON.stringify(raw)).toContain(`Возврат денег (${draft.externalId})`);
  });

  it('finds a comment that was written before a merge, by either ticket', async () => {
    const from = await openTicket(rt.connector);
    const into = await openTicket(rt.connector);
    const draft = draftComment('до слияния');
    const id = await rt.connector.addComment(from.id, draft);
    await rt.agent.merge?.(from.id, into.id);
    if (draft.externalId === undefined) throw new Error('the draft has a key');
    expect(await rt.connector.findComment?.(from.id, draft.externalId)).toBe(id);
    const merged = (await rt.connector.commentsAfter(into.id)).find((comment) => comment.id === id);
    expect(merged).toMatchObject({ ticket: from.id, externalId: draft.externalId });
  });

  it('says so when Request Tracker refuses a status with 200', async () => {
    const ticket = await openTicket(rt.connector);
    const blocker = await openTicket(rt.connector);
    await rt.agentRest('PUT', `/ticket/${ticket.id}`, { DependsOn: [Number(blocker.id)] });
    expect((await failure(rt.connector.updateTicket?.(ticket.id, { phase: 'solved' }) ?? Promise.resolve(), 'conflict')).message).toMatch(/dependencies/);
    expect((await rt.connector.getTicket(ticket.id)).phase).not.toBe('solved');
  });

  it('links a follow-up to the ticket that it follows', async () => {
    const first = await openTicket(rt.connector);
    const next = await rt.connector.createTicket({ ...await draftTicket(rt.connector), followUpOf: first.id });
    expect(JSON.stringify(await rt.rootRest('GET', `/ticket/${next.id}`))).toMatch(new RegExp(`"refers-to"[^}]*|/ticket/${first.id}"`));
    expect(JSON.stringify(await rt.rootRest('GET', `/ticket/${first.id}`))).toContain('referred-to-by');
  });

  it('takes half characters, control characters and empty files, which Request Tracker itself does not', async () => {
    const ticket = await openTicket(rt.connector, { subject: 'a\nb\ud800', text: 'до \ud83d после' });
    const files = [attachmentOf(sampleFile('пусто.txt', 'text/plain', Buffer.alloc(0)))];
    await rt.connector.addComment(ticket.id, draftComment('', { content: { text: { text: '\u0001', spans: [] }, attachments: files } }));
    const read = await rt.connector.commentsAfter(ticket.id);
    expect(ticket.subject).toBe('a b\ufffd');
    expect(read[0]?.content.text.text).toBe('до \ufffd после');
    expect(read[1]?.content.text.text).toContain('пусто.txt');
  });

  it('searches articles by any word, in name, summary and text, and only in the classes it was given', async () => {
    const titles = async (query: string): Promise<readonly string[]> => ((await rt.connector.searchArticles?.(query, 'ru')) ?? []).map((article) => article.title);
    expect(await titles('как сбросить ПАРОЛЬ?')).toEqual(['Сброс пароля']);
    expect(await titles('refunds')).toEqual(['Refund policy']);
    expect(await titles('% _ \' [')).toEqual([]);
    const closed = connectRt(credentials, {}, { articleClasses: ['Another'] });
    expect(await closed.searchArticles?.('refunds', 'en')).toEqual([]);
    expect(connectRt(credentials, {}, {}).searchArticles).toBeUndefined();
  });

  it('reports a custom field that is missing, by doctor', async () => {
    const wanting = connectRt(credentials, {}, { fields: { externalId: 'No Such Field' } });
    const wrong = (await wanting.diagnose({ queues: ['Support'] })).filter((finding) => !finding.ok);
    expect(wrong).toHaveLength(1);
    expect(wrong[0]?.finding).toContain('No Such Field');
    expect(wrong[0]?.advice).toContain('deskbridge.data');
  });

  describe('with a user that may do no more than the documentation says, on one queue', () => {
    const limited = (): RtFixture['connector'] => connectRt(credentials, { token: credentials.users.limited.token });

    it('opens, answers, finds, sweeps and diagnoses', async () => {
      const connector = limited();
      const draft = await draftTicket(connector, { queue: 'Support', tags: ['vip'], person: samplePerson('Мария') });
      const ticket = await connector.createTicket(draft);
      expect(ticket).toMatchObject({ externalId: draft.externalId, conversation: draft.conversation, queue: 'Support' });
      expect((await rt.agent.readTicket(ticket.id)).requesterName).toBe('Мария');
      const comment = draftComment('ещё');
      const id = await connector.addComment(ticket.id, comment);
      expect((await connector.findTicket?.(draft.externalId))?.id).toBe(ticket.id);
      expect(comment.externalId === undefined ? undefined : await connector.findComment?.(ticket.id, comment.externalId)).toBe(id);
      await rt.agent.replyPublic(ticket.id, '<p>ответ</p>');
      expect((await agentComments(connector, ticket.id))[0]).toMatchObject({ author: { name: 'Agent One' } });
      await connector.updateTicket?.(ticket.id, { phase: 'solved' });
      expect((await connector.diagnose({ queues: ['Support'] })).filter((finding) => !finding.ok)).toEqual([]);
      expect((await connector.diagnose({ queues: ['VIP'] })).filter((finding) => !finding.ok)).toHaveLength(1);
    });

    it('keeps the first name of a requester when it may not change it, and goes on', async () => {
      const connector = limited();
      const person = samplePerson('First');
      await openTicket(connector, { person, queue: 'Support' });
      const ticket = await openTicket(connector, { person: { ...person, name: 'Second' }, queue: 'Support' });
      expect((await rt.agent.readTicket(ticket.id)).requesterName).toBe('First');
    });

    it('finds the one change that it may see behind many that it may not', async () => {
      const connector = limited();
      const ticket = await openTicket(connector, { queue: 'Support' });
      const other = await openTicket(rt.connector, { queue: 'VIP' });
      const cursor = await cursorOfNow(connector);
      for (let round = 0; round < 25; round += 1) {
        await Promise.all(Array.from({ length: 5 }, () => rt.agent.commentInternal(other.id, '<p>шум</p>')));
      }
      await rt.agent.replyPublic(ticket.id, '<p>сигнал</p>');
      const { rung } = await sweepAll(connector, cursor);
      expect([...rung]).toEqual([ticket.id]);
      await failure(connector.getTicket(mintId<TicketId>(other.id)), 'forbidden');
    }, 600_000);
  });
});
