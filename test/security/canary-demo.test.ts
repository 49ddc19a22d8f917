/** The demo's live view of the bridge shows ids: none of the words of customers and agents, whatever happens. */
import { afterAll, describe, expect, it, jest } from '@jest/globals';
import { cleanUp, createAgent, endProgram, SOON_MS, type Cleanup } from '../e2e/setup.js';
import { eventually, runProgram } from '../e2e/program.js';
import { findWords, WORDS } from './canary-setup.js';

jest.setTimeout(90_000);
const cleanups: Cleanup[] = [];
afterAll(() => cleanUp(cleanups));

interface State {
  readonly customers: readonly { readonly messages: readonly unknown[] }[];
  readonly bridge: { readonly entries: readonly { readonly event: { readonly type: string } }[] };
}

describe('the live view of the demo', () => {
  it('holds no word that somebody wrote, and neither does the log', async () => {
    const program = runProgram(['demo', '--port', '0'], { LOG_LEVEL: 'debug' });
    cleanups.push(() => endProgram(program));
    const url = await eventually(() => /Deskbridge demo: (http:\S+)/.exec(program.output())?.[1], 20_000, 'the demo says where it is');
    const headers = { 'x-deskbridge-demo': '1', 'x-desk-page': '1', 'content-type': 'application/json' };
    const post = async (path: string, body: object): Promise<Record<string, number>> => (await fetch(`${url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) })).json() as Promise<Record<string, number>>;
    const state = async (): Promise<State> => (await fetch(`${url}/demo/state`)).json() as Promise<State>;
    const seen = async (type: string): Promise<unknown> => eventually(async () => ((await state()).bridge.entries.some(({ event }) => event.type === type) ? true : undefined), SOON_MS, `the view shows ${type}`);
    const events = await fetch(`${url}/demo/events`);
    let streamed = '';
    const reader = events.body?.pipeThrough(new TextDecoderStream()).getReader();
    void (async () => { for (let chunk = await reader?.read(); chunk?.done === false; chunk = await reader?.read()) streamed += chunk.value; })().catch(() => undefined);
    cleanups.push(async () => reader?.cancel());

    const { chat } = await post('/demo/users', { name: WORDS.firstName, language: 'en' });
    await post('/demo/say', { chat: chat ?? 0, text: WORDS.text });
    await post('/demo/contact', { chat: chat ?? 0, phone: `+${WORDS.phone}`, name: WORDS.lastName });
    await fetch(`${url}/demo/photo?${new URLSearchParams({ chat: String(chat), kind: 'document', name: `${WORDS.fileName}.txt`, caption: WORDS.caption })}`, { method: 'POST', headers: { ...headers, 'content-type': 'text/plain' }, body: WORDS.bytes });
    await post('/demo/press', { chat: chat ?? 0, message: 1, button: WORDS.button });
    await seen('ticket_opened');
    const tickets = async (): Promise<{ id: string; subject: string }[]> => ((await (await fetch(`${url}/desk/api/tickets`)).json()) as { tickets: { id: string; subject: string }[] }).tickets;
    const ticket = (await tickets()).find(({ subject }) => subject.includes(WORDS.text))?.id ?? '';
    const agent = createAgent(url, 'unused');
    await agent.answer(ticket, WORDS.answer);
    await agent.answer(ticket, WORDS.internal, { visibility: 'internal' });
    await seen('relayed');
    await eventually(async () => (JSON.stringify((await state()).customers).includes(WORDS.answer) ? true : undefined), SOON_MS, 'the answer is on the phone');
    await post('/demo/block', { chat: chat ?? 0, blocked: true } as unknown as object);
    await agent.answer(ticket, WORDS.reply, { files: [await agent.upload(`${WORDS.agentFile}.txt`, 'text/plain', Buffer.from(WORDS.agentBytes))] });
    await seen('undelivered');

    const { customers, bridge } = await state();
    expect(findWords([{ place: 'customers', text: JSON.stringify(customers) }], [WORDS.text, WORDS.answer])).toHaveLength(2); // the search works: the phones show words
    const ofBridge = streamed.split('\n').filter((line) => line.startsWith('data: {"type":"bridge"'));
    expect(ofBridge.length).toBeGreaterThan(5);
    const outputs = [{ place: 'entries', text: JSON.stringify(bridge) }, { place: 'stream', text: ofBridge.join('\n') }, { place: 'log', text: program.output() }];
    expect(findWords(outputs, Object.values(WORDS))).toEqual([]);
  });
});
