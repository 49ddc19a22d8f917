/** An answer on its way, as the desk's server sees it: an agent writes it; it arrived. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import request from 'supertest';
import { startReceiver, type Delivery, type Receiver } from './receiver.js';
import { API_TOKEN, createHandClock, listen, startDesk, temporaryFolder, type HandClock, type RunningDesk } from './start.js';

const SECRET = 'webhook-secret';
const bridge = { authorization: `Bearer ${API_TOKEN}` };
const page = { 'x-desk-page': '1', host: 'localhost' };

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

interface Scene {
  readonly running: RunningDesk;
  readonly clock: HandClock;
  readonly receiver: Receiver;
  readonly folder: string;
  readonly ticket: string;
}

async function start(answers: readonly number[] = []): Promise<Scene> {
  const { folder, remove } = await temporaryFolder();
  const receiver = await startReceiver(answers);
  const clock = createHandClock();
  const running = await startDesk(folder, { clock, openAccess: true, agents: [], webhook: { url: receiver.url, secret: SECRET } });
  cleanups.push(remove, receiver.close, () => running.desk.close().catch(() => undefined));
  const { body } = await request(running.app).post('/desk/api/requesters').set(bridge).send({ personId: 'tg:1', name: 'A' });
  const ticket = (await request(running.app).post('/desk/api/tickets').set(bridge).send({ requester: body.id, subject: 's', html: 'h' })).body.ticket.id as string;
  return { running, clock, receiver, folder, ticket };
}

const type = ({ running, ticket }: Scene, typing = true, more: object = { visibility: 'public' }) => (
  request(running.app).post(`/desk/api/tickets/${ticket}/typing`).set(page).send({ typing, ...more })
);
const bodyOf = (delivery: Delivery): unknown => JSON.parse(delivery.body.toString());
const told = (scene: Scene, typing: boolean): unknown => ({ event: 'ticket.typing', ticket: { id: scene.ticket }, visibility: 'public', typing });

describe('an agent who writes', () => {
  it('is told of at once, with nothing but the ticket, and nothing of it is kept', async () => {
    const scene = await start();
    const before = await readFile(join(scene.folder, 'desk.jsonl'), 'utf8');
    await type(scene).expect(204);
    expect(bodyOf(await scene.receiver.next())).toEqual(told(scene, true));
    await type(scene, false).expect(204);
    expect(bodyOf(await scene.receiver.next())).toEqual(told(scene, false));
    expect(await readFile(join(scene.folder, 'desk.jsonl'), 'utf8')).toBe(before);
  });

  it('is told of no more often than every two seconds, and again after they stopped', async () => {
    const scene = await start();
    for (let time = 0; time < 10; time += 1) await type(scene).expect(204);
    expect(bodyOf(await scene.receiver.next())).toEqual(told(scene, true));
    scene.clock.advance(2_001);
    await type(scene).expect(204);
    await scene.receiver.next();
    expect(scene.receiver.deliveries).toHaveLength(2);
    await type(scene, false).expect(204);
    await type(scene).expect(204);
    expect([bodyOf(await scene.receiver.next()), bodyOf(await scene.receiver.next())]).toEqual([told(scene, false), told(scene, true)]);
  });

  it('is not told of when it is an internal comment, nothing is said of the visibility, or the ticket is closed', async () => {
    const scene = await start();
    await type(scene, true, { visibility: 'internal' }).expect(204);
    await type(scene, true, {}).expect(204);
    await request(scene.running.app).patch(`/desk/api/tickets/${scene.ticket}`).set(page).send({ status: 'closed' }).expect(200);
    expect(bodyOf(await scene.receiver.next())).toMatchObject({ event: 'tickets.changed' });
    await type(scene).expect(204);
    // An end is told, and comes behind whatever was told before.
    await type(scene, false).expect(204);
    expect(bodyOf(await scene.receiver.next())).toEqual(told(scene, false));
    expect(scene.receiver.deliveries).toHaveLength(2);
  });

  it('is not told of a second time when the other side does not take it', async () => {
    const scene = await start([503, 503]);
    await type(scene).expect(204);
    await scene.receiver.next();
    scene.clock.advance(60_000);
    await type(scene, false).expect(204);
    expect(bodyOf(await scene.receiver.next())).toEqual(told(scene, false));
    scene.clock.advance(60_000);
    await type(scene).expect(204);
    expect(bodyOf(await scene.receiver.next())).toEqual(told(scene, true));
    expect(scene.receiver.deliveries).toHaveLength(3);
  });

  it('must be an agent at the page: no other site, and not the bridge', async () => {
    const scene = await start();
    const path = `/desk/api/tickets/${scene.ticket}/typing`;
    await request(scene.running.app).post(path).set({ host: 'localhost' }).send({ typing: true, visibility: 'public' }).expect(403);
    await request(scene.running.app).post(path).set({ ...page, origin: 'https://elsewhere.example' }).send({ typing: true, visibility: 'public' }).expect(403);
    await request(scene.running.app).post(path).set(bridge).send({ typing: true, visibility: 'public' }).expect(403);
    await request(scene.running.app).post('/desk/api/tickets/9999/typing').set(page).send({ typing: true, visibility: 'public' }).expect(404);
    await type(scene, false).expect(204);
    expect(bodyOf(await scene.receiver.next())).toEqual(told(scene, false));
    expect(scene.receiver.deliveries).toHaveLength(1);
  });
});

describe('an answer that arrived', () => {
  const answer = async ({ running, ticket }: Scene): Promise<{ readonly id: string; readonly createdAtMs: number }> => (
    (await request(running.app).post(`/desk/api/tickets/${ticket}/comments`).set(page).send({ visibility: 'public', html: 'ответ' }).expect(201)).body.comment as { id: string; createdAtMs: number }
  );
  const report = ({ running, ticket }: Pick<Scene, 'running' | 'ticket'>, comment: string, atMs: number) => (
    request(running.app).post(`/desk/api/tickets/${ticket}/comments/${comment}/delivered`).set(bridge).send({ atMs })
  );
  const shown = async ({ running, ticket }: Pick<Scene, 'running' | 'ticket'>): Promise<readonly unknown[]> => (
    ((await request(running.app).get(`/desk/api/tickets/${ticket}/history`).set(page)).body.entries as { kind: string; deliveredAtMs?: number }[])
      .flatMap((entry) => (entry.kind === 'comment' ? [entry.deliveredAtMs] : []))
  );

  it('is marked after a restart too, once, and gone with its ticket', async () => {
    const scene = await start();
    const { id, createdAtMs } = await answer(scene);
    await report(scene, id, createdAtMs + 5).expect(200);
    await scene.running.desk.close();
    const running = await startDesk(scene.folder, { openAccess: true, agents: [] });
    cleanups.push(() => running.desk.close());
    const again = { running, ticket: scene.ticket };
    await report(again, id, createdAtMs + 9).expect(200);
    expect(await shown(again)).toEqual([undefined, createdAtMs + 5]);
    await request(running.app).delete(`/desk/api/tickets/${scene.ticket}`).set(page).expect(204);
    await report(again, id, createdAtMs).expect(404);
  });

  it('did not arrive before it was written, whatever the clocks say', async () => {
    const scene = await start();
    const { id, createdAtMs } = await answer(scene);
    await report(scene, id, createdAtMs - 60_000).expect(200);
    expect(await shown(scene)).toEqual([undefined, createdAtMs]);
  });

  it('is marked by the bridge alone', async () => {
    const scene = await start();
    const { id } = await answer(scene);
    await request(scene.running.app).post(`/desk/api/tickets/${scene.ticket}/comments/${id}/delivered`).set(page).send({ atMs: 1 }).expect(403);
    for (const atMs of [-1, 8.64e15 + 1]) await report(scene, id, atMs).expect(400);
    expect(await shown(scene)).toEqual([undefined, undefined]);
  });

  it('shows on open pages at once, and on those that missed it when they come back', async () => {
    const scene = await start();
    const { id, createdAtMs } = await answer(scene);
    const { url, close } = await listen(scene.running.app);
    cleanups.push(close);
    const open = async (): Promise<ReadableStreamDefaultReader<string>> => {
      const reader = (await fetch(`${url}/desk/api/events`, { headers: bridge })).body?.pipeThrough(new TextDecoderStream()).getReader();
      if (reader === undefined) throw new Error('no stream');
      return reader;
    };
    const seqIn = (text: string | undefined): number => Number(/"seq":(\d+)/.exec(text ?? '')?.[1]);
    const reader = await open();
    const before = seqIn((await reader.read()).value);
    await report(scene, id, createdAtMs).expect(200);
    expect((await reader.read()).value).toContain(`"tickets":["${scene.ticket}"]`);
    expect(seqIn((await (await open()).read()).value)).toBeGreaterThan(before);
  });
});
