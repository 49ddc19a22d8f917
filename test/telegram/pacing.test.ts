import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { BridgeError } from '../../src/core/errors.js';
import type { Clock } from '../../src/core/ports.js';
import { createChatBudgets } from '../../src/telegram/budgets.js';
import { createPacing, DEFAULT_LIMITS, type Pacing, type PacingLimits } from '../../src/telegram/pacing.js';
import { createUrgencyQueue } from '../../src/telegram/urgency.js';

const clock: Clock = { nowMs: () => Date.now(), sleep: (delayMs) => new Promise((resolve) => { setTimeout(resolve, delayMs); }) };
const UNLIMITED: PacingLimits = { messagesPerSecond: 0, chatMessagesPerSecond: 0, chatBurst: 0, groupMessagesPerMinute: 0 };
const create = (limits: Partial<PacingLimits>): Pacing => createPacing({ limits: { ...UNLIMITED, ...limits }, clock, emit: () => undefined });

beforeEach(() => { jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask', 'performance'] }); });
afterEach(() => { jest.useRealTimers(); });

/** Runs `count` calls at once and gives the second at which each went. */
async function timesOf(pacing: Pacing, chats: readonly number[], forMs: number): Promise<number[]> {
  const startedMs = Date.now();
  const times: number[] = [];
  for (const chat of chats) void pacing.run(chat, 'answer', () => { times.push(Date.now() - startedMs); return Promise.resolve(); });
  await jest.advanceTimersByTimeAsync(forMs);
  return times;
}
const most = (times: readonly number[], windowMs: number): number => Math.max(...times.map((start) => times.filter((time) => time >= start && time < start + windowMs).length));

describe('rates', () => {
  it('sends at most 30 in any second over the whole bot', async () => {
    const times = await timesOf(create({ messagesPerSecond: DEFAULT_LIMITS.messagesPerSecond }), Array.from({ length: 120 }, (_, chat) => chat + 1), 5_000);
    expect(times).toHaveLength(120);
    expect(most(times, 1_000)).toBeLessThanOrEqual(30);
    expect(Math.max(...times)).toBeLessThan(4_600);
  });

  it('gives a private chat a burst, then one a second', async () => {
    const times = await timesOf(create({ chatMessagesPerSecond: 1, chatBurst: 3 }), [7, 7, 7, 7, 7, 7], 10_000);
    expect(times).toHaveLength(6);
    expect(times.filter((time) => time < 500)).toHaveLength(3);
    expect(most(times.slice(3), 1_000)).toBe(1);
    expect(Math.max(...times)).toBeLessThan(5_000);
  });

  it('sends at most 20 to a group in any minute', async () => {
    const times = await timesOf(create({ groupMessagesPerMinute: 20 }), Array.from({ length: 60 }, () => -5), 300_000);
    expect(times).toHaveLength(60);
    expect(most(times, 60_000)).toBeLessThanOrEqual(20);
  });

  it.each([
    { name: 'the bot', limits: { messagesPerSecond: 1 }, chats: [1, 2, 3, 4] },
    { name: 'a chat', limits: { chatMessagesPerSecond: 1, chatBurst: 2 }, chats: [7, 7, 7, 7] },
    { name: 'a group', limits: { groupMessagesPerMinute: 4 }, chats: [-5, -5] },
  ])('does not hold up $name when the clock is set back by an hour', async ({ limits, chats }) => {
    const pacing = create(limits);
    const went: number[] = [];
    for (const chat of chats) void pacing.run(chat, 'answer', () => { went.push(chat); return Promise.resolve(); });
    await jest.advanceTimersByTimeAsync(100);
    expect(went.length).toBeLessThan(chats.length);
    jest.setSystemTime(Date.now() - 3_600_000);
    await jest.advanceTimersByTimeAsync(10_000);
    expect(went).toEqual(chats);
    expect(pacing.counts().waiting).toBe(0);
    // The heartbeat of the budget of now.
    expect(jest.getTimerCount()).toBeLessThanOrEqual(1);
  });

  it('asks Telegram again when the clock is set back in a long wait', async () => {
    const pacing = create({});
    const refuse = (): Promise<never> => Promise.reject(new BridgeError({ code: 'rate_limited', operation: 'sendMessage', message: 'slow down', retryAfterMs: 120_000 }));
    await expect(pacing.run(7, 'answer', refuse)).rejects.toMatchObject({ retryAfterMs: 120_000 });
    await expect(pacing.run(7, 'answer', () => Promise.resolve('sent'))).rejects.toMatchObject({ code: 'rate_limited' });
    jest.setSystemTime(Date.now() - 3_600_000);
    expect(await pacing.run(7, 'answer', () => Promise.resolve('sent'))).toBe('sent');
  });

  it('takes no timer at all without limits', async () => {
    const pacing = create({});
    expect(await pacing.run(7, 'answer', () => Promise.resolve('sent'))).toBe('sent');
    expect(jest.getTimerCount()).toBe(0);
  });
});

describe('memory', () => {
  it('holds nothing of 100,000 chats that were served', async () => {
    const pacing = create({});
    for (let chat = 1; chat <= 100_000; chat += 1) await pacing.run(chat, 'notice', () => Promise.resolve());
    await new Promise((resolve) => { setImmediate(resolve); });
    expect(pacing.counts()).toEqual({ lanes: 0, budgets: 0, waiting: 0 });
  });

  it('drops the budget of a chat as soon as it is full again', async () => {
    const budgets = createChatBudgets({ burst: 3, intervalMs: 1_000, clock });
    for (let chat = 1; chat <= 300; chat += 1) {
      void budgets.acquire(chat);
      await jest.advanceTimersByTimeAsync(100);
      expect(budgets.size()).toBeLessThanOrEqual(11);
    }
    await jest.advanceTimersByTimeAsync(10_000);
    void budgets.acquire(1);
    expect(budgets.size()).toBe(1);
    await jest.advanceTimersByTimeAsync(1_010);
    // One heartbeat is all that is left.
    expect(jest.getTimerCount()).toBe(1);
  });

  it('does not forget what a chat has used', async () => {
    const pacing = create({ chatMessagesPerSecond: 1, chatBurst: 3 });
    await timesOf(pacing, [7, 7, 7], 100);
    const times = await timesOf(pacing, [8, 7], 2_000);
    expect(times[0]).toBeLessThan(100);
    expect(times[1]).toBeGreaterThan(500);
  });
});

describe('urgency', () => {
  it('lets an answer go before the notices that wait', async () => {
    const pacing = create({ messagesPerSecond: 1 });
    const order: string[] = [];
    for (const chat of [1, 2, 3]) void pacing.run(chat, 'notice', () => { order.push(`notice ${chat}`); return Promise.resolve(); });
    await jest.advanceTimersByTimeAsync(10);
    void pacing.run(9, 'answer', () => { order.push('answer'); return Promise.resolve(); });
    await jest.advanceTimersByTimeAsync(5_000);
    expect(order).toEqual(['notice 1', 'answer', 'notice 2', 'notice 3']);
  });

  it('lets an answer go before the notices of the same chat', async () => {
    const pacing = create({ chatMessagesPerSecond: 1, chatBurst: 1 });
    const order: string[] = [];
    for (const name of ['notice 1', 'notice 2', 'answer'] as const) {
      void pacing.run(7, name === 'answer' ? 'answer' : 'notice', () => { order.push(name); return Promise.resolve(); });
    }
    await jest.advanceTimersByTimeAsync(5_000);
    expect(order).toEqual(['notice 1', 'answer', 'notice 2']);
  });

  it('lets notices go however many answers come', () => {
    let nowMs = 0;
    const queue = createUrgencyQueue<string>(() => nowMs);
    for (let index = 0; index < 4; index += 1) queue.push('notice', `n${index}`);
    for (let index = 0; index < 40; index += 1) queue.push('answer', 'a');
    const take = (count: number): string => Array.from({ length: count }, () => queue.take()?.[0]).join('');
    expect(take(8)).toBe('aaaaaaaa');
    nowMs = 3_000;
    expect(take(13)).toBe('naaanaaanaaan');
    expect(take(100).length).toBe(23);
    expect(queue.size).toBe(0);
  });
});
