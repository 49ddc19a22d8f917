import { afterEach, describe, expect, it } from '@jest/globals';
import request from 'supertest';
import { desk as definition } from '../../../src/helpdesks/desk/index.js';
import { startReceiver, type Delivery } from './receiver.js';
import { API_TOKEN, createHandClock, startDesk, temporaryFolder, type HandClock, type RunningDesk } from './start.js';

const SECRET = 'webhook-secret';

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function start(answers: readonly number[] = []): Promise<{ running: RunningDesk; clock: HandClock; receiver: Awaited<ReturnType<typeof startReceiver>>; folder: string }> {
  const { folder, remove } = await temporaryFolder();
  const receiver = await startReceiver(answers);
  const clock = createHandClock();
  const running = await startDesk(folder, { clock, openAccess: true, agents: [], webhook: { url: receiver.url, secret: SECRET } });
  cleanups.push(remove, receiver.close, () => running.desk.close().catch(() => undefined));
  return { running, clock, receiver, folder };
}

async function openTicket({ app }: RunningDesk): Promise<string> {
  const bridge = { authorization: `Bearer ${API_TOKEN}` };
  const { body } = await request(app).post('/desk/api/requesters').set(bridge).send({ personId: 'tg:1', name: 'A' });
  return (await request(app).post('/desk/api/tickets').set(bridge).send({ requester: body.id, subject: 's', html: 'h' })).body.ticket.id as string;
}

function agentAnswers({ app }: RunningDesk, id: string, html = 'ответ'): Promise<unknown> {
  return request(app).post(`/desk/api/tickets/${id}/comments`).set({ 'x-desk-page': '1', host: 'localhost' }).send({ visibility: 'public', html }).expect(201).then(() => undefined);
}

const ticketsOf = (delivery: Delivery): unknown => (JSON.parse(delivery.body.toString()) as { tickets: { id: string }[] }).tickets.map((ticket) => ticket.id);

describe('webhooks of the desk', () => {
  it('rings for what an agent did, signed so that the connector takes it, and without any text', async () => {
    const { running, clock, receiver } = await start();
    const id = await openTicket(running);
    await agentAnswers(running, id, 'тайные слова');
    const delivery = await receiver.next();
    const connector = definition.create({ url: 'http://127.0.0.1:9', token: 't', webhookSecret: SECRET, options: {} }, { emit: () => undefined, nowMs: () => 0 });
    connector.doorbell.authenticate(delivery, clock.nowMs());
    expect(connector.doorbell.parse(delivery)).toEqual([{ ticket: id }]);
    expect(delivery.body.toString()).not.toContain('тайные');
    expect(() => connector.doorbell.authenticate({ ...delivery, body: Buffer.from('{}') }, clock.nowMs())).toThrow(/signature/);
  });

  it('does not ring for what the bridge itself wrote, unless that changed the status', async () => {
    const { running, receiver } = await start();
    const bridge = { authorization: `Bearer ${API_TOKEN}` };
    const [quiet, reopened] = [await openTicket(running), await openTicket(running)];
    await request(running.app).post(`/desk/api/tickets/${quiet}/comments`).set(bridge).send({ visibility: 'public', from: 'requester', html: 'x' }).expect(201);
    await request(running.app).patch(`/desk/api/tickets/${reopened}`).set(bridge).send({ status: 'solved' }).expect(200);
    expect(ticketsOf(await receiver.next())).toEqual([reopened]);
    await request(running.app).post(`/desk/api/tickets/${reopened}/comments`).set(bridge).send({ visibility: 'public', from: 'requester', html: 'x' }).expect(201);
    expect(ticketsOf(await receiver.next())).toEqual([reopened]);
  });

  it('tries again with growing pauses, and tells together what changed meanwhile', async () => {
    const { running, clock, receiver } = await start([503, 500]);
    const first = await openTicket(running);
    const second = await openTicket(running);
    let asleep = clock.sleeping();
    await agentAnswers(running, first);
    await receiver.next();
    await asleep;
    await agentAnswers(running, second);
    asleep = clock.sleeping();
    clock.advance(500);
    expect(ticketsOf(await receiver.next())).toEqual([first]);
    await asleep;
    clock.advance(999);
    expect(receiver.deliveries).toHaveLength(2);
    clock.advance(1);
    expect(ticketsOf(await receiver.next())).toEqual([first]);
    expect(ticketsOf(await receiver.next())).toEqual([second]);
  });

  it('gives up after eight tries, says so, and goes on with the next change', async () => {
    const { running, clock, receiver } = await start(new Array<number>(8).fill(401));
    const id = await openTicket(running);
    let asleep = clock.sleeping();
    await agentAnswers(running, id);
    for (let attempt = 1; attempt <= 7; attempt += 1) {
      await receiver.next();
      await asleep;
      asleep = clock.sleeping();
      clock.advance(60_000);
    }
    await receiver.next();
    await agentAnswers(running, id);
    expect(ticketsOf(await receiver.next())).toEqual([id]);
    expect(receiver.deliveries).toHaveLength(9);
    expect(running.events).toContainEqual(expect.objectContaining({ type: 'log', level: 'error', message: 'desk: a webhook was given up' }));
  });

  it('after a restart tells what was not told before, and nothing else', async () => {
    const { running, clock, receiver, folder } = await start([200, 503]);
    const [told, untold] = [await openTicket(running), await openTicket(running)];
    await agentAnswers(running, told);
    await receiver.next();
    const asleep = clock.sleeping();
    await agentAnswers(running, untold);
    await receiver.next();
    await asleep;
    await running.desk.close();
    const again = await startDesk(folder, { openAccess: true, agents: [], webhook: { url: receiver.url, secret: SECRET } });
    cleanups.push(() => again.desk.close());
    expect(ticketsOf(await receiver.next())).toEqual([untold]);
    expect(receiver.deliveries).toHaveLength(3);
  });
});
