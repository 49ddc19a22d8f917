/** Who may change or delete which comment at the desk, and what a change may not bring in. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import request from 'supertest';
import { BEARER, PAGE, signIn, startDesk, temporaryFolder, type RunningDesk } from './start.js';

let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
let running: RunningDesk;
let comments: string;
let agent: Readonly<Record<string, string>>;
let answer: string;

beforeEach(async () => {
  temporary = await temporaryFolder();
  running = await startDesk(temporary.folder);
  agent = { ...PAGE, cookie: await signIn(running.app) };
  const { body: { id } } = await request(running.app).post('/desk/api/requesters').set(BEARER).send({ personId: 'tg:1', name: 'Mira' });
  const { body } = await request(running.app).post('/desk/api/tickets').set(BEARER).send({ requester: id, subject: 's', html: 'question' });
  comments = `/desk/api/tickets/${body.ticket.id}/comments`;
  answer = await write(agent, { visibility: 'public', html: 'answer' });
});
afterEach(async () => {
  await running.desk.close();
  await temporary.remove();
});

const write = async (headers: Readonly<Record<string, string>>, json: object): Promise<string> => (await request(running.app).post(comments).set(headers).send(json).expect(201)).body.comment.id as string;
const shown = async (): Promise<readonly string[]> => ((await request(running.app).get(comments).set(BEARER).expect(200)).body.comments as { html: string; visibility: string }[]).map(({ html, visibility }) => `${visibility} ${html}`);

async function attempts(headers: Readonly<Record<string, string>>, comment: string): Promise<readonly number[]> {
  const edit = (json: object) => request(running.app).patch(`${comments}/${comment}`).set(headers).send(json);
  const all = [await edit({ html: 'other words' }), await edit({ visibility: 'internal' }), await edit({ visibility: 'public' }), await request(running.app).delete(`${comments}/${comment}`).set(headers)];
  return all.map(({ status }) => status);
}

describe('a comment', () => {
  it('is changed and deleted from the desk\'s own page, by agents, alone', async () => {
    const { cookie = '' } = agent;
    const others = [
      { who: 'nobody', headers: PAGE, status: 401 }, { who: 'the API token', headers: BEARER, status: 403 }, { who: 'a form of another site', headers: { cookie }, status: 403 },
      { who: 'a script of another site', headers: { ...agent, origin: 'https://elsewhere.example' }, status: 403 },
    ];
    for (const { who, headers, status } of others) expect({ who, statuses: await attempts(headers, answer) }).toEqual({ who, statuses: [status, status, status, status] });
    expect(await shown()).toEqual(['public question', 'public answer']);
  });

  it('of a customer, or of the bridge, is changed by nobody', async () => {
    const warning = await write(BEARER, { visibility: 'internal', html: 'not delivered' });
    const question = String(Number(answer) - 1);
    for (const id of [question, warning]) expect(await attempts(agent, id)).toEqual([403, 403, 403, 403]);
    for (const id of ['99999', '0', 'x', `${answer}x`]) expect(await attempts(agent, id)).toEqual([404, 404, 404, 404]);
    expect(await shown()).toEqual(['public question', 'public answer', 'internal not delivered']);
  });

  it('gets no script by a change, and does not become empty', async () => {
    const edit = (json: object) => request(running.app).patch(`${comments}/${answer}`).set(agent).send(json);
    await edit({ html: '<b onclick="x()">new</b><script>alert(1)</script><img src=x onerror=x()>' }).expect(200);
    expect(await shown()).toEqual(['public question', 'public <b>new</b>']);
    await edit({ html: '<p> </p>' }).expect(400);
    await edit({ html: 'x'.repeat(600_001) }).expect(400);
    await edit({ visibility: 'everybody' }).expect(400);
    expect(await shown()).toEqual(['public question', 'public <b>new</b>']);
  });
});
