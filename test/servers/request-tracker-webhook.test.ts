/** The scrip and the forwarder of docs/helpdesks/request-tracker, as rt-up.sh installed them. */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { RawRequest, TicketId } from '../../src/core/types.js';
import type { HelpdeskConnector } from '../../src/core/ports.js';
import { draftComment, openTicket } from '../conformance/helpdesk-samples.js';
import { connectRt, createRtFixture, readCredentials, type RtFixture } from './request-tracker-fixture.js';

const WAIT_MS = 120_000;

describe('webhooks of Request Tracker', () => {
  const credentials = readCredentials();
  const requests: RawRequest[] = [];
  const waiting = new Set<() => void>();
  let status = 204;
  const refused: string[] = [];
  let receiver: Server;
  let rt: RtFixture;
  let connector: HelpdeskConnector;

  beforeAll(async () => {
    rt = await createRtFixture();
    connector = connectRt(credentials, { webhookSecret: credentials.webhook.secret });
    receiver = createServer((request, response) => {
      void buffer(request).then((body) => {
        if (status < 300) requests.push({ headers: request.headers as RawRequest['headers'], body });
        else refused.push(body.toString());
        response.writeHead(status).end();
        for (const wake of waiting) wake();
      });
    });
    await new Promise<void>((resolve) => { receiver.listen(0, '127.0.0.1', resolve); });
    const address = receiver.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    const config = { ...JSON.parse(readFileSync(credentials.webhook.config, 'utf8')) as object, url: `http://127.0.0.1:${address.port}/helpdesk` };
    writeFileSync(`${credentials.webhook.config}.new`, JSON.stringify(config));
    renameSync(`${credentials.webhook.config}.new`, credentials.webhook.config);
  });
  afterAll(async () => {
    receiver.closeAllConnections();
    await new Promise((resolve) => { receiver.close(resolve); });
  });

  /** Waits until `done` holds, looking at each request that comes in. */
  async function until(done: () => boolean): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => { waiting.delete(look); reject(new Error('the webhook did not come')); }, WAIT_MS);
      const look = (): void => {
        if (!done()) return;
        clearTimeout(timer);
        waiting.delete(look);
        resolve();
      };
      waiting.add(look);
      look();
    });
  }
  const rung = (): readonly TicketId[] => requests.flatMap((request) => connector.doorbell.parse(request).map((doorbell) => doorbell.ticket));

  it('ring, rightly signed, when an agent answers, and what they tell of can be read at once', async () => {
    const ticket = await openTicket(connector);
    await rt.agent.replyPublic(ticket.id, '<p>привет</p>');
    await until(() => rung().includes(ticket.id));
    for (const request of requests) connector.doorbell.authenticate(request, new Date().getTime());
    expect(JSON.stringify(requests.map((request) => request.body.toString()))).not.toContain('привет');
    expect((await connector.commentsAfter(ticket.id)).at(-1)?.content.text.text.trim()).toBe('привет');
  }, WAIT_MS * 2);

  it('are not sent for what the bridge itself wrote', async () => {
    const quiet = await openTicket(connector);
    await connector.addComment(quiet.id, draftComment('сам'));
    const loud = await openTicket(connector);
    await rt.agent.setPhase(loud.id, 'solved');
    await until(() => rung().includes(loud.id));
    const ofBridge = requests.filter((request) => request.body.toString().includes('"creator":"deskbridge"'));
    expect(ofBridge).toEqual([]);
  }, WAIT_MS * 2);

  it('ring for both tickets of a merge', async () => {
    const from = await openTicket(connector);
    const into = await openTicket(connector);
    await rt.agent.merge?.(from.id, into.id);
    await until(() => rung().includes(from.id) && rung().includes(into.id));
  }, WAIT_MS * 2);

  it('are sent again, in order, after the bridge was away', async () => {
    const ticket = await openTicket(connector);
    requests.length = 0;
    status = 503;
    await rt.agent.replyPublic(ticket.id, '<p>раз</p>');
    // Events of the tests before may still be on their way: it must be this one that was refused.
    await until(() => refused.some((body) => body.includes(`"id":${ticket.id}`) && body.includes('Correspond')));
    await rt.agent.replyPublic(ticket.id, '<p>два</p>');
    status = 204;
    const mine = (): readonly RawRequest[] => requests.filter((request) => request.body.toString().includes(`"id":${ticket.id}}`) && request.body.toString().includes('Correspond'));
    await until(() => mine().length >= 2);
    const numbers = mine().map((request) => Number(/"delivery":"txn-(\d+)"/.exec(request.body.toString())?.[1]));
    expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
    expect(Number(mine()[0]?.headers['x-rt-attempt'])).toBeGreaterThan(1);
  }, WAIT_MS * 2);
});
