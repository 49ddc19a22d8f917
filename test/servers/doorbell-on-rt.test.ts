/** The built program beside the scrip and the forwarder of docs/helpdesks/request-tracker: answers come at once, without a sweep. */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { TicketId } from '../../src/core/types.js';
import { createRig, TEST_MS, type Rig } from './bridge-rig.js';

/** Far below the time of a sweep, which is ten minutes here: how long it took is printed. */
const WEBHOOK_MS = 60_000;

describe('the program with webhooks of Request Tracker', () => {
  let rig: Rig;
  let url: string;
  let user: number;
  let ticket: TicketId;
  beforeAll(async () => {
    rig = await createRig();
    const { secret, config } = rig.credentials.webhook;
    const program = await rig.start({ HELPDESK_WEBHOOK_SECRET: secret, SWEEP_SECONDS: '600' });
    url = `${String((await program.logged('listening'))['url'])}/helpdesk`;
    writeFileSync(`${config}.new`, JSON.stringify({ ...JSON.parse(readFileSync(config, 'utf8')) as object, url }));
    renameSync(`${config}.new`, config);
    user = rig.newUser('Мадина');
    rig.world.say(user, 'Здравствуйте');
    ticket = await rig.ticketOf(user);
  }, TEST_MS);
  afterAll(() => rig.close(), TEST_MS);

  async function answeredIn(word: string): Promise<number> {
    await rig.hands.replyPublic(ticket, `<p>${word}</p>`);
    const saidMs = performance.now();
    await rig.answer(user, (message) => message.text?.includes(word) === true, WEBHOOK_MS);
    return Math.round(performance.now() - saidMs);
  }

  it('brings answers at once', async () => {
    const delays = [await answeredIn('раз'), await answeredIn('два'), await answeredIn('три')];
    process.stdout.write(`answers of an agent reached Telegram after ${delays.join(', ')} ms\n`);
    expect(Math.max(...delays)).toBeLessThan(WEBHOOK_MS);
  }, TEST_MS);

  it('tells a new status at once', async () => {
    await rig.hands.setPhase(ticket, 'solved');
    await rig.answer(user, (message) => message.text?.includes('is solved') === true, WEBHOOK_MS);
  }, TEST_MS);

  it('refuses a webhook that Request Tracker did not sign, or signed for another body', async () => {
    const body = JSON.stringify({ ticket: { id: Number(ticket), effective_id: Number(ticket) }, transaction: { type: 'Correspond', creator: 'agent1' } });
    const timestamp = String(Math.floor(new Date().getTime() / 1000));
    const send = async (headers: Readonly<Record<string, string>>): Promise<number> =>
      (await fetch(url, { method: 'POST', body, headers: { 'content-type': 'application/json', ...headers } })).status;
    expect(await send({})).toBe(401);
    expect(await send({ 'x-rt-timestamp': timestamp, 'x-rt-signature': `sha256=${'0'.repeat(64)}` })).toBe(401);
  }, TEST_MS);
});
