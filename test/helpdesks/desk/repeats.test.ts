/** What an agent's page sends again because the answer to it was lost. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import request, { type Test } from 'supertest';
import { mintId, type TicketId } from '../../../src/core/types.js';
import { desk as definition } from '../../../src/helpdesks/desk/index.js';
import { API_TOKEN, BEARER, listen, PAGE, signIn, startDesk, temporaryFolder, type RunningDesk } from './start.js';

const KEY = '0123456789abcdef0123456789abcdef';
const OMAR = { name: 'Omar', token: 'omars-agent-token' };
const DANA = { name: 'Dana', token: 'danas-agent-token' };

let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
let running: RunningDesk;
let requester: string;
let ticket: string;

const start = async (): Promise<void> => { running = await startDesk(temporary.folder, { agents: [DANA, OMAR] }); };
const byBridge = (path: string, json: object): Test => request(running.app).post(`/desk/api${path}`).set(BEARER).send(json);
const byAgent = async (path: string, json: object, agent = DANA): Promise<{ status: number; body: { error?: string; ticket: { id: string }; comment: { id: string; html: string } } }> => (
  request(running.app).post(`/desk/api${path}`).set({ ...PAGE, cookie: await signIn(running.app, agent) }).send(json));
const openTicket = async (): Promise<string> => (await byBridge('/tickets', { requester, subject: 's', html: 'question' }).expect(201)).body.ticket.id as string;
const commentsOf = async (id: string): Promise<{ html: string; externalId?: string }[]> => (await request(running.app).get(`/desk/api/tickets/${id}/comments`).set(BEARER).expect(200)).body.comments;
const textsOf = async (id = ticket): Promise<string[]> => (await commentsOf(id)).map(({ html }) => html);

beforeEach(async () => {
  temporary = await temporaryFolder();
  await start();
  requester = (await byBridge('/requesters', { personId: 'tg:1', name: 'Mira' })).body.id as string;
  ticket = await openTicket();
});
afterEach(async () => {
  await running.desk.close();
  await temporary.remove();
});

describe.each(['public', 'internal'] as const)('a comment (%s) that an agent sends again under its key', (visibility) => {
  const write = (change: object = {}, on = ticket, agent = DANA) => byAgent(`/tickets/${on}/comments`, { visibility, html: 'an answer', key: KEY, ...change }, agent);

  it('stands there once, with the same answer, also when both come at once and after a restart', async () => {
    const [first, second] = await Promise.all([write(), write()]);
    expect([first.status, second.status].sort()).toEqual([200, 201]);
    await running.desk.close();
    await start();
    const third = await write();
    expect(third.status).toBe(200);
    expect(new Set([first, second, third].map(({ body }) => body.comment.id)).size).toBe(1);
    expect(await textsOf()).toEqual(['question', 'an answer']);
  });

  it('stands there once when the ticket was closed, or became part of another, meanwhile', async () => {
    await write();
    const other = await openTicket();
    await byBridge(`/tickets/${ticket}/merge`, { into: other }).expect(200);
    expect([(await write()).status, (await write({}, other)).status]).toEqual([200, 200]);
    await request(running.app).patch(`/desk/api/tickets/${other}`).set(BEARER).send({ status: 'closed' }).expect(200);
    expect((await write()).status).toBe(200);
    expect(await textsOf(other)).toEqual(['question', 'an answer', 'question']);
  });

  it.each([
    { name: 'other words', change: { html: 'another answer' } },
    { name: 'for others', change: { visibility: visibility === 'public' ? 'internal' : 'public' } },
    { name: 'a comment that it answers', change: { inReplyTo: '1' } },
  ])('with $name is not taken for the first one, and not dropped without a word', async ({ change }) => {
    await write();
    const again = await write(change);
    expect({ status: again.status, error: again.body.error, first: again.body.comment.html }).toEqual({ status: 409, error: 'written_before', first: 'an answer' });
    expect(await textsOf()).toEqual(['question', 'an answer']);
  });

  it('that was changed or deleted meanwhile stays as it is by now', async () => {
    const path = `/desk/api/tickets/${ticket}/comments/${(await write()).body.comment.id}`;
    const cookie = await signIn(running.app, DANA);
    await request(running.app).patch(path).set({ ...PAGE, cookie }).send({ html: 'better words' }).expect(200);
    expect(await write()).toMatchObject({ status: 200, body: { comment: { html: 'better words' } } });
    await request(running.app).delete(path).set({ ...PAGE, cookie }).expect(204);
    expect(await write()).toMatchObject({ status: 200, body: { comment: { html: '' } } });
    expect(await textsOf()).toEqual(['question']);
  });

  it('is another comment on another ticket, by another agent, or without a key', async () => {
    const other = await openTicket();
    const all = [await write(), await write({}, other), await write({}, ticket, OMAR), await write({ key: undefined }), await write({ key: undefined })];
    expect(all.map(({ status }) => status)).toEqual([201, 201, 201, 201, 201]);
    await request(running.app).delete(`/desk/api/tickets/${other}`).set(BEARER).expect(204);
    expect((await write()).status).toBe(200);
    expect(await textsOf()).toHaveLength(5);
  });

  it('is refused when the key is none that a page would make', async () => {
    for (const key of ['', 'short', 'x'.repeat(200), 'tg:1:7:5/and more of it', 7]) expect((await write({ key })).status).toBe(400);
    expect(await textsOf()).toEqual(['question']);
  });
});

describe('a ticket that an agent opens again under its key', () => {
  const open = (change: object = {}, agent = DANA) => byAgent('/tickets', { requester, subject: 'Refund', html: 'It is on its way', key: KEY, ...change }, agent);

  it('is one ticket, also when it was changed, merged and read again from disk meanwhile', async () => {
    const [first, second] = await Promise.all([open(), open()]);
    expect([first.status, second.status].sort()).toEqual([200, 201]);
    expect(second.body.ticket.id).toBe(first.body.ticket.id);
    await byAgent(`/tickets/${first.body.ticket.id}/comments`, { visibility: 'public', html: 'and more' });
    await byBridge(`/tickets/${first.body.ticket.id}/merge`, { into: ticket }).expect(200);
    await running.desk.close();
    await start();
    const third = await open();
    expect({ status: third.status, id: third.body.ticket.id }).toEqual({ status: 200, id: ticket });
    expect(await textsOf()).toEqual(['question', 'It is on its way', 'and more']);
  });

  it('is another one for another agent; other words, or somebody else to get them, are told of', async () => {
    await open();
    const somebody = (await byBridge('/requesters', { personId: 'tg:2', name: 'Ada' })).body.id as string;
    expect([(await open({}, OMAR)).status, (await open({ html: 'no' })).status, (await open({ requester: somebody })).status]).toEqual([201, 409, 409]);
    expect((await open({ html: 'no' })).body.error).toBe('written_before');
  });

  it('is still an agent\'s to the bridge: no key is told as the id of a message', async () => {
    const { body } = await open({ externalId: 'tg:1:7:5' });
    const answer = await byAgent(`/tickets/${body.ticket.id}/comments`, { visibility: 'public', html: 'more', key: `${KEY}2`, externalId: 'tg:1:7:6' });
    await byAgent(`/tickets/${body.ticket.id}/comments`, { visibility: 'public', html: 'most', inReplyTo: answer.body.comment.id });
    expect(JSON.stringify([await commentsOf(body.ticket.id), body])).not.toMatch(/externalId|0123456789abcdef/);
    const { url, close } = await listen(running.app);
    const connector = definition.create({ url, token: API_TOKEN, options: {} }, { emit: () => undefined, nowMs: () => 0 });
    const found = await connector.getTicket(mintId<TicketId>(body.ticket.id));
    await close();
    expect(found).toMatchObject({ person: 'tg:1' });
    expect(found).not.toHaveProperty('externalId');
  });
});
