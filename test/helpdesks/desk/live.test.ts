import { afterEach, describe, expect, it } from '@jest/globals';
import { API_TOKEN, createHandClock, listen, startDesk, temporaryFolder } from './start.js';

const bridge = { authorization: `Bearer ${API_TOKEN}`, 'content-type': 'application/json' };

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

describe('live events of the desk', () => {
  it('tell open pages which tickets changed, beat while nothing happens, and end when the desk closes', async () => {
    const { folder, remove } = await temporaryFolder();
    const clock = createHandClock();
    const { app, desk } = await startDesk(folder, { clock });
    const { url, close } = await listen(app);
    cleanups.push(() => desk.close().catch(() => undefined), close, remove);
    const response = await fetch(`${url}/desk/api/events`, { headers: bridge });
    expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/);
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    if (reader === undefined) throw new Error('no stream');
    expect((await reader.read()).value).toContain('data: {"seq":0,"tickets":[]}');

    const post = async (path: string, json: object): Promise<{ id: string; ticket: { id: string } }> => (await fetch(`${url}/desk/api${path}`, { method: 'POST', headers: bridge, body: JSON.stringify(json) })).json() as Promise<{ id: string; ticket: { id: string } }>;
    const { id } = await post('/requesters', { personId: 'tg:1', name: 'A' });
    await post('/tickets', { requester: id, subject: 's', html: 'тайные слова' });
    const told = (await reader.read()).value;
    expect(told).toContain('"tickets":["1001"]');
    expect(told).not.toContain('тайные');

    clock.advance(25_000);
    expect((await reader.read()).value).toBe(':\n\n');
    await desk.close();
    expect((await reader.read()).done).toBe(true);
  });
});
