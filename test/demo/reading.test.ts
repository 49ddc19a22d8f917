/** How the demo page reads everything again while its stream goes on. */
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { createReading } from '../../src/web/demo/reading.js';
import type { Action } from '../../src/web/demo/store.js';
import type { DemoState } from '../../src/web/demo/wire.js';

beforeEach(() => { jest.useFakeTimers(); });
afterEach(() => { jest.useRealTimers(); });

const said = (chat: number): Action => ({ type: 'stream', message: { type: 'change', change: { type: 'answered', chat } }, nowMs: 0 });
const STATE: DemoState = { customers: [], bridge: { entries: [], counters: { received: 0, toHelpdesk: 0, toTelegram: 0, tickets: 0, retries: 0, failed: 0, notices: 0, helpdeskUp: true, telegramUp: true } } };

function start() {
  const answers: { readonly resolve: (state: DemoState) => void; readonly reject: (error: Error) => void }[] = [];
  const shown: string[] = [];
  const reading = createReading(() => new Promise((resolve, reject) => { answers.push({ resolve, reject }); }), (action) => {
    shown.push(action.type === 'stream' && action.message.type === 'change' && 'chat' in action.message.change ? `change ${action.message.change.chat}` : action.type);
  });
  return { reading, answers, shown };
}

describe('reading everything beside the stream', () => {
  it('reads once for changes that come together', async () => {
    const { reading, answers } = start();
    for (let count = 0; count < 3; count += 1) reading.start();
    await jest.advanceTimersByTimeAsync(1_000);
    expect(answers).toHaveLength(1);
  });

  it('reads also while changes come without a pause', async () => {
    const { reading, answers } = start();
    for (let count = 0; count < 5; count += 1) {
      reading.start();
      await jest.advanceTimersByTimeAsync(20);
    }
    expect(answers).toHaveLength(1);
  });

  it('tells again what the stream told meanwhile, and nothing from before', async () => {
    const { reading, answers, shown } = start();
    reading.hear(said(1));
    reading.start();
    await jest.advanceTimersByTimeAsync(1_000);
    reading.hear(said(2));
    reading.hear(said(3));
    answers[0]?.resolve(STATE);
    await jest.advanceTimersByTimeAsync(1_000);
    reading.hear(said(4));
    expect(shown).toEqual(['change 1', 'change 2', 'change 3', 'state', 'change 2', 'change 3', 'change 4']);
  });

  it('reads once more when that was asked for while it read, never two at a time', async () => {
    const { reading, answers } = start();
    reading.start();
    await jest.advanceTimersByTimeAsync(1_000);
    reading.start();
    reading.start();
    await jest.advanceTimersByTimeAsync(1_000);
    expect(answers).toHaveLength(1);
    answers[0]?.resolve(STATE);
    await jest.advanceTimersByTimeAsync(1_000);
    expect(answers).toHaveLength(2);
  });

  it('that failed while more was asked for is done at once when it is asked for again', async () => {
    const { reading, answers } = start();
    reading.start();
    await jest.advanceTimersByTimeAsync(1_000);
    reading.start();
    answers[0]?.reject(new Error('no'));
    await jest.advanceTimersByTimeAsync(100);
    expect(answers).toHaveLength(1);
    reading.start();
    await jest.advanceTimersByTimeAsync(100);
    expect(answers).toHaveLength(2);
  });

  it('says that it failed, and reads again until it is stopped', async () => {
    const { reading, answers, shown } = start();
    reading.start();
    await jest.advanceTimersByTimeAsync(1_000);
    answers[0]?.reject(new Error('no'));
    await jest.advanceTimersByTimeAsync(10_000);
    expect([shown, answers.length]).toEqual([['lost'], 2]);
    answers[1]?.reject(new Error('no'));
    await jest.advanceTimersByTimeAsync(0);
    reading.stop();
    await jest.advanceTimersByTimeAsync(10_000);
    expect([shown, answers.length]).toEqual([['lost', 'lost'], 2]);
  });
});
