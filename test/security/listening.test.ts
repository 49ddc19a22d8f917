/** Where the program listens, and what it asks of those who come from elsewhere. Runs the built program. */
import { afterAll, describe, expect, it, jest } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { cleanUp, endProgram, startProgram, startTelegram, type Cleanup, type Running } from '../e2e/setup.js';
import { eventually, runProgram, temporaryFolder, type Program } from '../e2e/program.js';

jest.setTimeout(60_000);
const AGENT_TOKEN = 'an-agent-token-of-some-length';
const cleanups: Cleanup[] = [];
afterAll(() => cleanUp(cleanups));

async function start(env: Readonly<Record<string, string>>): Promise<Running> {
  const [telegram, folder] = [await startTelegram(), await temporaryFolder()];
  cleanups.push(() => telegram.stop(), () => folder.remove());
  const running = await startProgram({ TELEGRAM_API_ROOT: telegram.url, DATA_DIR: folder.path, ...env });
  cleanups.push(() => endProgram(running.program));
  return running;
}

/** The addresses on which `port` listens, as Linux writes them: 0100007F is 127.0.0.1. */
function listeners(port: number): readonly string[] {
  const rows = ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((file) => readFileSync(file, 'utf8').split('\n').slice(1));
  return rows.map((row) => row.trim().split(/\s+/)).filter((row) => row[3] === '0A').map((row) => row[1]?.split(':') ?? [])
    .filter(([, at]) => Number.parseInt(at ?? '', 16) === port).map(([address]) => address ?? '');
}

const LOOPBACK = '0100007F';
const EVERYWHERE = '00000000';
const onLinux = process.platform === 'linux' ? it : it.skip; // /proc tells who listens where

async function status(url: string, init: RequestInit = {}): Promise<number> {
  return (await fetch(url, init)).status;
}

describe('start', () => {
  onLinux('listens on loopback, and its desk is open to this machine', async () => {
    const { url } = await start({});
    expect(listeners(Number(new URL(url).port))).toEqual([LOOPBACK]);
    expect(await status(`${url}/desk/api/session`)).toBe(200);
    expect(await status(`${url}/desk/api/session`, { headers: { 'x-forwarded-for': '203.0.113.9' } })).toBe(401);
  });

  onLinux('elsewhere, without agents, lets nobody into the desk and says so', async () => {
    const { url, program } = await start({ HOST: '0.0.0.0' });
    const { port } = new URL(url);
    expect(listeners(Number(port))).toEqual([EVERYWHERE]);
    const local = `http://127.0.0.1:${port}`;
    expect(await status(`${local}/desk/api/session`)).toBe(401);
    expect(await status(`${local}/desk/api/tickets`, { headers: { authorization: 'Bearer ' } })).toBe(401);
    const signIn = { method: 'POST', headers: { 'x-desk-page': '1', 'content-type': 'application/json' } };
    for (const body of [{ name: 'Agent', token: '' }, { name: 'Agent', token: 'Agent' }, { name: '', token: '' }]) expect(await status(`${local}/desk/api/session`, { ...signIn, body: JSON.stringify(body) })).toBe(401);
    expect(program.output()).toContain('nobody can sign in to the desk');
  });

  it('with a public address, without agents, lets nobody into the desk either: a proxy comes over loopback', async () => {
    const { url } = await start({ PUBLIC_URL: 'https://bridge.example' });
    expect(await status(`${url}/desk/api/session`)).toBe(401);
  });

  it('warns of a short agent token where others may reach the page, and does not say it', async () => {
    const { program } = await start({ HOST: '0.0.0.0', DESK_AGENT_TOKEN: 'short-12' });
    expect(program.output()).toContain('shorter than 16 characters');
    expect(program.output()).not.toContain('short-12');
  });
});

describe('demo', () => {
  const demo = async (env: Readonly<Record<string, string>>): Promise<{ program: Program; url: string }> => {
    const program = runProgram(['demo', '--port', '0'], env);
    cleanups.push(() => endProgram(program));
    const url = await eventually(() => /Deskbridge demo: (http:\S+)/.exec(program.output())?.[1], 20_000, 'the demo says where it is');
    return { program, url: url.replace('0.0.0.0', '127.0.0.1') };
  };
  const basic = (password: string): { headers: Record<string, string> } => ({ headers: { authorization: `Basic ${Buffer.from(`any:${password}`).toString('base64')}` } });
  const PATHS = ['/', '/assets/', '/demo/state', '/demo/events', '/demo/file/x'];

  onLinux('listens on loopback, and serves nobody behind a proxy or under another name', async () => {
    const { url } = await demo({});
    expect(listeners(Number(new URL(url).port))).toEqual([LOOPBACK]);
    expect(await status(`${url}/demo/state`)).toBe(200);
    expect(await status(`${url}/demo/state`, { headers: { 'x-forwarded-for': '203.0.113.9' } })).toBe(403);
  });

  it('refuses to start elsewhere without a password', async () => {
    for (const env of [{ HOST: '0.0.0.0' }, { HOST: '::', DESK_AGENT_TOKEN: '' }]) {
      const program = runProgram(['demo', '--port', '0'], env);
      cleanups.push(() => endProgram(program));
      expect(await program.ended).toBe(2);
      expect(program.output()).toMatch(/needs a password: set DESK_AGENT_TOKEN/);
    }
  });

  onLinux('elsewhere asks everybody for the password, also from this machine', async () => {
    const { url, program } = await demo({ HOST: '0.0.0.0', DESK_AGENT_TOKEN: AGENT_TOKEN });
    expect(listeners(Number(new URL(url).port))).toEqual([EVERYWHERE]);
    for (const path of PATHS) {
      for (const init of [{}, basic(''), basic(AGENT_TOKEN.slice(0, -1)), basic(`${AGENT_TOKEN}x`), { headers: { authorization: `Bearer ${AGENT_TOKEN}` } }]) {
        const answer = await fetch(`${url}${path}`, init);
        expect([path, answer.status]).toEqual([path, 401]);
        expect(await answer.text()).not.toContain(AGENT_TOKEN);
      }
    }
    expect((await fetch(`${url}/`)).headers.get('www-authenticate')).toMatch(/^Basic /);
    expect(await status(`${url}/`, basic(AGENT_TOKEN))).toBe(200);
    expect(await status(`${url}/demo/state`, basic(AGENT_TOKEN))).toBe(200);
    // A page of another site sends the browser's password along: that is not enough.
    const body = JSON.stringify({ name: 'Forged' });
    const write = { method: 'POST', body, headers: { ...basic(AGENT_TOKEN).headers, 'content-type': 'application/json' } };
    expect(await status(`${url}/demo/users`, write)).toBe(403);
    expect(await status(`${url}/demo/users`, { ...write, headers: { ...write.headers, 'x-deskbridge-demo': '1', origin: 'https://evil.example' } })).toBe(403);
    expect(await status(`${url}/demo/users`, { ...write, headers: { ...write.headers, 'x-deskbridge-demo': '1' } })).toBe(200);
    expect(await status(`${url}/desk/api/session`)).toBe(401);
    // Nor can anybody be the bot.
    for (const token of ['7000000001:demo-token-of-the-emulator-only', '7000000001:x', AGENT_TOKEN]) expect([401, 404]).toContain(await status(`${url}/bot${token}/getUpdates`));
    expect(program.output()).not.toContain(AGENT_TOKEN);
  });
});
