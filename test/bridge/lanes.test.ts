/** Lanes and patience: who waits for whom, and for how long. */
import { describe, expect, it } from '@jest/globals';
import { Lanes, type Job } from '../../src/bridge/work/lanes.js';
import { BridgeError } from '../../src/core/errors.js';
import { createVirtualClock } from '../fakes/clock.js';
import { conversationId } from '../fakes/telegram.js';

const away = new BridgeError({ code: 'unavailable', operation: 'addComment', message: 'the helpdesk is away' });

function createStage() {
  const clock = createVirtualClock();
  const lanes = new Lanes({ clock, emit: () => undefined, random: () => 1 });
  const log: string[] = [];
  const job = (name: string, direction: Job['direction'], run: Job['run'], operation = direction === 'to_helpdesk' ? 'message' : 'relayTicket'): Job => ({
    direction, operation, bury: async () => { log.push(`${name} buried`); },
    run: async (attempt) => {
      const did = await run(attempt);
      log.push(name);
      return did;
    },
  });
  return { clock, lanes, log, job };
}
const MINUTE_MS = 60_000;
const noop = async (): Promise<void> => undefined;

describe('lanes', () => {
  it('file what a requester writes while an answer waits to be tried again, each direction in its order', async () => {
    const { clock, lanes, log, job } = createStage();
    const chat = conversationId(7);
    let up = false;
    void lanes.add(chat, job('answer 1', 'to_telegram', async () => { if (!up) throw away; }));
    void lanes.add(chat, job('answer 2', 'to_telegram', noop));
    void lanes.add(chat, job('message 1', 'to_helpdesk', noop));
    void lanes.add(chat, job('message 2', 'to_helpdesk', noop));
    await clock.settle();
    expect(log).toEqual(['message 1', 'message 2']);
    up = true;
    await clock.advance(MINUTE_MS);
    expect(log).toEqual(['message 1', 'message 2', 'answer 1', 'answer 2']);
    expect(lanes.stats()).toEqual({ lanes: 0, jobs: 0 });
  });

  it('let messages pass answers that have no place at Telegram yet', async () => {
    const { clock, lanes, log, job } = createStage();
    let release: () => void = () => undefined;
    const sending = new Promise<void>((resolve) => { release = resolve; });
    for (let chat = 1; chat <= 30; chat += 1) void lanes.add(conversationId(chat), job('answer', 'to_telegram', () => sending));
    await clock.settle();
    for (let chat = 1; chat <= 30; chat += 1) void lanes.add(conversationId(chat), job('message', 'to_helpdesk', noop));
    await clock.settle();
    expect(log.length).toBeGreaterThanOrEqual(20);
    expect(new Set(log)).toEqual(new Set(['message']));
    release();
    await clock.settle();
    expect(log.filter((name) => name === 'answer')).toHaveLength(30);
    expect(log.filter((name) => name === 'message')).toHaveLength(30);
  });

  it('let no chat that Telegram makes wait hold up the answers of others', async () => {
    const { clock, lanes, log, job } = createStage();
    for (let chat = 1; chat <= 40; chat += 1) void lanes.add(conversationId(chat), job('slow', 'to_telegram', () => clock.sleep(10 * MINUTE_MS)));
    for (let chat = 41; chat <= 50; chat += 1) void lanes.add(conversationId(chat), job('answer', 'to_telegram', noop));
    await clock.advance(4_000);
    expect(log).toEqual(Array.from({ length: 10 }, () => 'answer'));
    await clock.advance(11 * MINUTE_MS);
    expect([log.length, lanes.stats()]).toEqual([50, { lanes: 0, jobs: 0 }]);
  });

  it('wake at once when the helpdesk is back, though one request still got through when it went away', async () => {
    const { clock, lanes, log, job } = createStage();
    let up = false;
    const store = async (): Promise<void> => { if (!up) throw away; };
    for (let chat = 1; chat <= 5; chat += 1) void lanes.add(conversationId(chat), job(`message ${chat}`, 'to_helpdesk', store));
    await clock.settle();
    void lanes.add(conversationId(9), job('got through', 'to_helpdesk', noop));
    await clock.advance(MINUTE_MS);
    expect(log).toEqual(['got through']);
    up = true;
    await clock.advance(6_000);
    expect(log).toHaveLength(6);
  });

  it('wait out an outage however many commands are answered in it', async () => {
    const { clock, lanes, log, job } = createStage();
    let up = false;
    void lanes.add(conversationId(1), job('message', 'to_helpdesk', async () => { if (!up) throw away; }));
    for (let second = 0; second < 3_600; second += 10) {
      void lanes.add(conversationId(2), job('command', 'to_helpdesk', noop, 'command'));
      void lanes.add(conversationId(3), job('doorbell', 'to_telegram', async () => 'nothing'));
      await clock.advance(10_000);
    }
    expect(log).not.toContain('message buried');
    up = true;
    await clock.advance(6_000);
    expect(log).toContain('message');
  });

  it('give up what fails alone while others of its kind get through', async () => {
    const { clock, lanes, log, job } = createStage();
    void lanes.add(conversationId(1), job('poison', 'to_helpdesk', async () => { throw away; }));
    for (let second = 0; second < 3_600 && !log.includes('poison buried'); second += 10) {
      void lanes.add(conversationId(2), job('message', 'to_helpdesk', noop));
      await clock.advance(10_000);
    }
    expect(log).toContain('poison buried');
  });

  it('stop: what waits to be tried again is not done', async () => {
    const { clock, lanes, job } = createStage();
    const outcomes = Promise.all([
      lanes.add(conversationId(1), job('message', 'to_helpdesk', async () => { throw away; })),
      lanes.add(conversationId(2), job('answer', 'to_telegram', async () => { throw away; })),
      lanes.add(conversationId(2), job('queued', 'to_telegram', noop)),
    ]);
    await clock.settle();
    await lanes.stop();
    expect(await outcomes).toEqual(['stopped', 'stopped', 'done']);
  });
});
