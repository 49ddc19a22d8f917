import { describe, expect, it, jest } from '@jest/globals';
import { createGate } from '../../src/http/gate.js';

const hold = (): { readonly work: () => Promise<string>; readonly release: () => void } => {
  let release = (): void => undefined;
  const held = new Promise<string>((resolve) => { release = () => { resolve('done'); }; });
  return { work: () => held, release: () => { release(); } };
};

describe('the gate', () => {
  it('lets so many out at a time, the others in order', async () => {
    const gate = createGate(2, () => 0);
    const started: number[] = [];
    const held = [hold(), hold(), hold(), hold()];
    const all = held.map((one, index) => gate.enter('get', 1000, () => { started.push(index); return one.work(); }));
    await Promise.resolve();
    expect(started).toEqual([0, 1]);
    held[1]?.release();
    await all[1];
    await turn();
    expect(started).toEqual([0, 1, 2]);
    for (const one of held) one.release();
    expect(await Promise.all(all)).toEqual(['done', 'done', 'done', 'done']);
    expect(started).toEqual([0, 1, 2, 3]);
  });

  it('gives a place back after a failure', async () => {
    const gate = createGate(1, () => 0);
    await expect(gate.enter('get', 1000, () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    expect(await gate.enter('get', 1000, async () => 'next')).toBe('next');
  });

  it('takes the wait off the time that is left', async () => {
    let nowMs = 0;
    const gate = createGate(1, () => nowMs);
    const first = hold();
    const holding = gate.enter('get', 1000, first.work);
    const second = gate.enter('get', 1000, async (remainingMs) => remainingMs);
    nowMs = 300;
    first.release();
    await holding;
    expect(await second).toBe(700);
  });

  it('refuses who waited for half their time: nothing was sent, and it is nobody\'s fault', async () => {
    jest.useFakeTimers();
    try {
      const gate = createGate(1, () => 0);
      const first = hold();
      const holding = gate.enter('get', 1000, first.work);
      const sent = jest.fn(async () => 'sent');
      const late = gate.enter('post', 1000, sent).catch((error: unknown) => error);
      jest.advanceTimersByTime(500);
      expect(await late).toMatchObject({ code: 'unavailable', operation: 'post', effect: 'none', retryAfterMs: 1000 });
      first.release();
      await holding;
      expect(sent).not.toHaveBeenCalled();
      expect(await gate.enter('post', 1000, sent)).toBe('sent');
    } finally {
      jest.useRealTimers();
    }
  });
});

/** Lets promises that are settled already run what waits for them. */
function turn(): Promise<void> {
  return new Promise((resolve) => { setImmediate(resolve); });
}
