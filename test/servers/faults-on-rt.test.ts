/** Nothing lost, nothing doubled, nothing out of order on a real Request Tracker, whatever breaks. Bounds are for slow machines. */
import { afterEach, describe, expect, it } from '@jest/globals';
import { eventually, type Program } from '../e2e/program.js';
import { startFaultProxy, type FaultProxy } from '../fakes/fault-proxy.js';
import { createRig, publicTexts, type Rig } from './bridge-rig.js';
import { readCredentials } from './request-tracker-fixture.js';

const BURST_MS = 600_000;
const TEST_MS = 720_000;
const DOWN_MS = 10_000;

interface Burst {
  readonly users: readonly number[];
  readonly texts: (user: number) => readonly string[];
  readonly count: number;
}

describe('the program on Request Tracker in trouble', () => {
  let rig: Rig | undefined;
  let proxy: FaultProxy | undefined;
  afterEach(async () => {
    await rig?.close();
    await proxy?.close();
    rig = undefined;
    proxy = undefined;
  }, TEST_MS);

  /** Everybody writes their first message, then everybody their second, and so on, all at once. */
  function burst(on: Rig, people: number, each: number): Burst {
    const users = Array.from({ length: people }, (_, index) => on.newUser(`User ${index}`));
    const texts = (user: number): readonly string[] => Array.from({ length: each }, (_, index) => `сообщение ${index + 1} от ${user}`);
    for (let index = 0; index < each; index += 1) for (const user of users) on.world.say(user, texts(user)[index] ?? '');
    return { users, texts, count: people * each };
  }
  const acknowledged = (on: Rig, { count }: Burst): number => count - on.world.pendingUpdates();
  const reached = (on: Rig, sent: Burst, count: number): Promise<unknown> =>
    eventually(() => (acknowledged(on, sent) >= count ? true : undefined), BURST_MS, `${count} of ${sent.count} messages acknowledged`);
  const secondsSince = (startMs: number): string => ((performance.now() - startMs) / 1000).toFixed(1);

  /** How often jobs were tried again, by what failed. */
  function retriesIn(program: Program): string {
    const counts = new Map<string, number>();
    for (const [, operation = ''] of program.output().matchAll(/"failed, will try again".*?"operation":"(\w+)"/g)) counts.set(operation, (counts.get(operation) ?? 0) + 1);
    return [...counts].map(([operation, count]) => `${operation} ${count}`).join(', ') || 'none';
  }

  async function expectAllOnce(on: Rig, { users, texts }: Burst): Promise<void> {
    const wrong: unknown[] = [];
    for (const user of users) {
      const tickets = await on.ticketsOf(user);
      const found = (await Promise.all(tickets.map((ticket) => publicTexts(on, ticket)))).map((bodies) => bodies.map((body) => body.replace(/<[^>]*>/g, '')));
      if (JSON.stringify(found) !== JSON.stringify([texts(user)])) wrong.push({ user, tickets, found });
    }
    expect(wrong).toEqual([]);
  }

  it('loses, doubles and swaps nothing when it is killed in a burst of 500 messages', async () => {
    rig = await createRig();
    await rig.start();
    const startMs = performance.now();
    const sent = burst(rig, 50, 10);
    await reached(rig, sent, 150);
    await rig.kill();
    const killedMs = performance.now();
    const before = acknowledged(rig, sent);
    const next = await rig.start();
    await reached(rig, sent, before + 1);
    process.stdout.write(`killed after ${before} messages; the next one was acknowledged ${secondsSince(killedMs)} s later\n`);
    await reached(rig, sent, sent.count);
    process.stdout.write(`all ${sent.count} messages after ${secondsSince(startMs)} s, ${secondsSince(killedMs)} s after the kill; retries after it: ${retriesIn(next)}\n`);
    await expectAllOnce(rig, sent);
  }, TEST_MS);

  it('loses, doubles and swaps nothing while Request Tracker is away for ten seconds', async () => {
    const standing = await startFaultProxy(readCredentials().url);
    proxy = standing;
    rig = await createRig({ url: standing.url });
    const program = await rig.start();
    const sent = burst(rig, 25, 6);
    await reached(rig, sent, 30);
    const downMs = performance.now();
    standing.decide = () => 'refuse';
    await eventually(() => (performance.now() - downMs >= DOWN_MS ? true : undefined), DOWN_MS * 2, 'ten seconds');
    const before = acknowledged(rig, sent);
    standing.decide = () => 'pass';
    const upMs = performance.now();
    await reached(rig, sent, before + 1);
    process.stdout.write(`Request Tracker was away; the next message was acknowledged ${secondsSince(upMs)} s after its return\n`);
    await reached(rig, sent, sent.count);
    process.stdout.write(`all ${sent.count} messages ${secondsSince(upMs)} s after its return; ${standing.counts.refused} requests were refused; retries: ${retriesIn(program)}\n`);
    expect(standing.counts.refused).toBeGreaterThan(0);
    await expectAllOnce(rig, sent);
  }, TEST_MS);

  it('loses, doubles and swaps nothing when every fifth answer to a write gets lost, and every thirteenth is a gateway\'s 502', async () => {
    const standing = await startFaultProxy(readCredentials().url);
    proxy = standing;
    let writes = 0;
    rig = await createRig({ url: standing.url });
    const program = await rig.start();
    standing.decide = ({ method, path }) => {
      if (method !== 'POST' || !/\/(ticket|correspond)$/.test(path)) return 'pass';
      writes += 1;
      return writes % 5 === 0 ? 'lose_reply' : writes % 13 === 0 ? { status: 502 } : 'pass';
    };
    const startMs = performance.now();
    const sent = burst(rig, 25, 4);
    await reached(rig, sent, sent.count);
    const { repliesLost, answered } = standing.counts;
    process.stdout.write(`all ${sent.count} messages after ${secondsSince(startMs)} s, with ${repliesLost} lost answers and ${answered} of a gateway; retries: ${retriesIn(program)}\n`);
    expect(repliesLost).toBeGreaterThan(5);
    expect(answered).toBeGreaterThan(2);
    await expectAllOnce(rig, sent);
  }, TEST_MS);
});
