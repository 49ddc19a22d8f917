/** What a customer edits, on the real Request Tracker, which has no idempotency key of its own: one marked reply on the ticket, also after a kill. */
import { expect, it, jest } from '@jest/globals';
import { eventually } from '../e2e/program.js';
import { startFaultProxy } from '../fakes/fault-proxy.js';
import { createRig, publicTexts, TEST_MS, WAIT_MS } from './bridge-rig.js';
import { readCredentials } from './request-tracker-fixture.js';

jest.setTimeout(TEST_MS);

it('shows what it was and what it is, once, and nothing for an edit without visible change', async () => {
  const proxy = await startFaultProxy(readCredentials().url);
  const rig = await createRig({ url: proxy.url });
  try {
    const first = await rig.start();
    const user = rig.newUser('Дана', 'ru');
    const opening = rig.world.say(user, 'заказ 1234, см. https://example.com/a?b=1&c=2').message_id;
    const ticket = await rig.ticketOf(user);
    const second = rig.world.say(user, 'жду ответа').message_id;
    await eventually(async () => ((await publicTexts(rig, ticket)).length === 2 ? true : undefined), WAIT_MS, 'both messages');
    // The preview of a link, say.
    rig.world.edit(user, opening, 'заказ 1234, см. https://example.com/a?b=1&c=2');
    await eventually(() => (rig.world.pendingUpdates() === 0 ? true : undefined), WAIT_MS, 'it is acknowledged');
    expect(await publicTexts(rig, ticket)).toHaveLength(2);
    proxy.decide = ({ method, path }) => {
      if (method !== 'POST' || !path.endsWith('/correspond')) return 'pass';
      first.kill('SIGKILL');
      return 'lose_reply';
    };
    rig.world.edit(user, opening, 'заказ 1235, см. https://example.com/a?b=1&c=2');
    await first.ended;
    await rig.kill();
    proxy.decide = () => 'pass';
    await rig.start();
    rig.world.edit(user, second, 'жду ответа сегодня');
    await eventually(() => (rig.world.pendingUpdates() === 0 ? true : undefined), WAIT_MS * 3, 'both edits are acknowledged');
    rig.world.edit(user, opening, 'заказ 1236, см. https://example.com/a?b=1&c=2');
    await eventually(() => (rig.world.pendingUpdates() === 0 ? true : undefined), WAIT_MS, 'the last edit is acknowledged');
    const texts = await publicTexts(rig, ticket);
    expect(texts).toHaveLength(5);
    expect(texts[2]).toMatch(/It was:.*<div style="border[^>]*>.*<s>1234,<\/s>.*<\/div>.*1235/su);
    expect(texts[3]).toMatch(/It was:.*<div style="border[^>]*>.*жду ответа.*<\/div>.*жду ответа сегодня/su);
    expect(texts[4]).toMatch(/It was:.*<s>1235,<\/s>.*1236/su);
    expect(texts[4]).not.toMatch(/1234/);
  } finally {
    await rig.close();
    await proxy.close();
  }
});
