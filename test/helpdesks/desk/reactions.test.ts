/** Reactions of agents at the desk: who may put which on what, and that they are kept. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import request from 'supertest';
import { AGENT, API_TOKEN, startDesk, temporaryFolder } from './start.js';

const page = { 'x-desk-page': '1', host: 'localhost' };
const bridge = { authorization: `Bearer ${API_TOKEN}` };
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let running: Awaited<ReturnType<typeof startDesk>>;
let ticket: string;
let cookie: string;

beforeEach(async () => {
  folder = await temporaryFolder();
  running = await startDesk(folder.folder);
  cookie = await signIn();
  const { body: { id } } = await request(running.app).post('/desk/api/requesters').set(bridge).send({ personId: 'p1', name: 'Dana' });
  const made = await request(running.app).post('/desk/api/tickets').set(bridge).send({ requester: id, subject: 'A', html: '<p>hello</p>', externalId: 'm1', conversation: 'c1' });
  ticket = made.body.ticket.id;
});
afterEach(async () => {
  await running.desk.close();
  await folder.remove();
});

async function signIn(): Promise<string> {
  return ((await request(running.app).post('/desk/api/session').set(page).send(AGENT)).headers['set-cookie']?.[0] ?? '').split(';')[0] ?? '';
}
const comments = async (): Promise<readonly { id: string; reaction?: object }[]> => (await request(running.app).get(`/desk/api/tickets/${ticket}/comments`).set(bridge)).body.comments;
const opening = async (): Promise<string> => (await comments())[0]?.id ?? '';
const react = async (emoji: unknown, headers: Record<string, string> = { ...page, cookie }, id?: string): Promise<number> => (
  (await request(running.app).put(`/desk/api/tickets/${ticket}/comments/${id ?? await opening()}/reaction`).set(headers).send({ emoji })).status
);
const seqOf = async (): Promise<number> => (await request(running.app).get(`/desk/api/tickets/${ticket}`).set(bridge)).body.ticket.seq;

describe('a reaction at the desk', () => {
  it('says who put it, and outlives a restart; what is taken back does too', async () => {
    expect(await react('👍')).toBe(200);
    await running.desk.close();
    running = await startDesk(folder.folder);
    expect((await comments())[0]?.reaction).toMatchObject({ emoji: '👍', by: AGENT.name });
    cookie = await signIn();
    expect(await react(null)).toBe(200);
    expect((await comments())[0]?.reaction).not.toHaveProperty('emoji');
    const { body } = await request(running.app).get(`/desk/api/tickets/${ticket}/comments/changed`).set(bridge);
    expect(body.comments).toHaveLength(1);
  });

  it('that stands there already changes nothing', async () => {
    await react('👍');
    const before = await seqOf();
    expect(await react('👍')).toBe(200);
    expect(await seqOf()).toBe(before);
    await react('🎉');
    expect(await seqOf()).toBeGreaterThan(before);
  });

  it('is one of the list that the page gets', async () => {
    const { body: { reactions } } = await request(running.app).get('/desk/api/session').set({ ...page, cookie });
    expect(reactions.length).toBeGreaterThan(0);
    for (const emoji of reactions) expect(await react(emoji)).toBe(200);
    for (const other of ['🥑', '', 'x', undefined, 5]) expect(await react(other)).toBe(400);
  });

  it('comes from the desk\'s own page, and from agents, alone', async () => {
    expect(await react('👍', { host: 'localhost', cookie })).toBe(403);
    expect(await react('👍', page)).toBe(401);
    expect(await react('👍', bridge)).toBe(403);
    expect((await comments())[0]).not.toHaveProperty('reaction');
  });

  it('is for what customers wrote', async () => {
    const send = (headers: Record<string, string>, json: object): Promise<string> => request(running.app).post(`/desk/api/tickets/${ticket}/comments`).set(headers).send(json).then(({ body }) => body.comment.id);
    const others = [
      await send({ ...page, cookie }, { visibility: 'public', html: 'answer' }), await send({ ...page, cookie }, { visibility: 'internal', html: 'note' }),
      await send(bridge, { visibility: 'internal', html: 'warning' }),
    ];
    for (const id of others) expect(await react('👍', { ...page, cookie }, id)).toBe(403);
    expect(await react('👍', { ...page, cookie }, '99999')).toBe(404);
  });
});
