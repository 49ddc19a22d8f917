/** What an agent typed and did not send yet, as the page keeps it. */
import { describe, expect, it } from '@jest/globals';
import { createDrafts } from '../../../src/web/desk/kept.js';

function drafts() {
  const keys: string[] = [];
  const kept = createDrafts<{ text: string; side: string }, string>({ text: '', side: 'public' }, { text: '' });
  const answers: { readonly resolve: (answer: string) => void; readonly reject: (error: Error) => void }[] = [];
  const send = (id: string): Promise<string> => kept.send(id, (key) => {
    keys.push(key);
    return new Promise((resolve, reject) => { answers.push({ resolve, reject }); });
  });
  return { kept, keys, answers, send };
}

describe('a draft', () => {
  it('is kept letter by letter, each ticket\'s apart', () => {
    const { kept } = drafts();
    expect(kept.write('1', { text: 'a' })).toEqual({ text: 'a', side: 'public' });
    kept.write('1', { side: 'internal' });
    expect([kept.read('1'), kept.read('2')]).toEqual([{ text: 'a', side: 'internal' }, { text: '', side: 'public' }]);
  });

  it('goes under the same key until an answer came, whatever is typed meanwhile; what follows has a key of its own', async () => {
    const { kept, keys, answers, send } = drafts();
    kept.write('1', { text: 'a', side: 'internal' });
    const lost = send('1');
    answers[0]?.reject(new Error('lost'));
    await expect(lost).rejects.toThrow('lost');
    kept.write('1', { text: 'a b' });
    expect(kept.read('1')).toEqual({ text: 'a b', side: 'internal' });
    const sent = send('1');
    answers[1]?.resolve('done');
    expect(await sent).toBe('done');
    expect(kept.read('1')).toEqual({ text: '', side: 'internal' });
    void send('1');
    void send('2');
    expect(keys[0]).toMatch(/^[0-9a-f]{32}$/);
    expect(keys[1]).toBe(keys[0]);
    expect(new Set(keys).size).toBe(3);
  });

  it('is sent once while it is on its way, and whoever comes back meanwhile can wait for it', async () => {
    const { kept, keys, answers, send } = drafts();
    const first = send('1');
    expect([kept.sending('1'), send('1')]).toEqual([first, first]);
    expect(keys).toHaveLength(1);
    answers[0]?.resolve('done');
    await first;
    expect(kept.sending('1')).toBeUndefined();
  });

  it('that turned out to be another one gets another key', async () => {
    const { kept, keys, answers, send } = drafts();
    const first = send('1');
    answers[0]?.reject(new Error('written before'));
    await first.catch(() => undefined);
    kept.renewKey('1');
    void send('1');
    expect(keys[1]).not.toBe(keys[0]);
  });
});
