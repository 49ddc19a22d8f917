/** The process as who runs it sees it: monitoring, one for each data directory, stopping and starting again. */
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { EmulatorWorld, RunningEmulator } from '../../src/demo/emulator/index.js';
import { startFaultProxy, type FaultProxy } from '../fakes/fault-proxy.js';
import { eventually, runProgram, temporaryFolder } from './program.js';
import {
  allAcknowledged, BOT_TOKEN, botSays, cleanUp, commentWith, createAgent, DESK_TOKEN, endProgram, fromBot, startOwnDesk, startProduct, startProgram, startTelegram, ticketWith,
  type Agent, type Cleanup, type Running,
} from './setup.js';

const TEST_MS = 60_000;
jest.setTimeout(TEST_MS);
const cleanups: Cleanup[] = [];
let telegram: RunningEmulator;
let world: EmulatorWorld;
let folder: string;
let running: Running;
let agent: Agent;
let deskToken: string;

beforeAll(async () => { ({ telegram, world, folder, running, deskToken, agent } = await startProduct(cleanups)); });
afterAll(() => cleanUp(cleanups));

describe('the process', () => {
  it('answers monitoring', async () => {
    const user = world.addUser({ name: 'Сан' }).id;
    world.say(user, 'count this');
    world.say(user, 'and this');
    const { id } = await ticketWith(agent, 'count this');
    await commentWith(agent, id, 'and this');
    await agent.answer(id, 'counted');
    await botSays(world, user, 'counted');
    await allAcknowledged(world);
    const get = async (path: string): Promise<{ status: number; text: string }> => {
      const response = await fetch(`${running.url}${path}`);
      return { status: response.status, text: await response.text() };
    };
    expect(await get('/healthz')).toEqual({ status: 200, text: '{"status":"ok"}' });
    expect(await get('/readyz')).toEqual({ status: 200, text: '{"status":"ok","helpdesk":"ok","telegram":"ok"}' });
    // The chat shows the answer a moment before its link is on disk and it counts.
    const text = await eventually(async () => {
      const metrics = (await get('/metrics')).text;
      return metrics.includes('deskbridge_relayed_total{direction="to_telegram"}') ? metrics : undefined;
    }, 5_000, 'an answer that counts');
    expect(Number(/^deskbridge_relayed_total\{direction="to_helpdesk"\} (\d+)/m.exec(text)?.[1])).toBe(2);
    expect(Number(/^deskbridge_relayed_total\{direction="to_telegram"\} (\d+)/m.exec(text)?.[1])).toBe(1);
    expect(text).toMatch(/^deskbridge_lag_seconds_bucket/m);
    expect((await get('/desk/')).status).toBe(200);
    expect((await get('/nothing')).status).toBe(404);
  });

  it('says that it is not ready when Telegram does not answer', async () => {
    const other = await startTelegram();
    const temporary = await temporaryFolder();
    const local: Cleanup[] = [() => other.stop(), () => temporary.remove()];
    try {
      const { program, url } = await startProgram({ TELEGRAM_API_ROOT: other.url, DATA_DIR: temporary.path });
      local.push(() => endProgram(program));
      other.world.nextCalls('getMe', { status: 500, description: 'Internal Server Error' }, 10);
      const ready = await fetch(`${url}/readyz`);
      expect([ready.status, await ready.json()]).toEqual([503, { status: 'failed', helpdesk: 'ok', telegram: 'failed' }]);
      expect((await fetch(`${url}/healthz`)).status).toBe(200);
    } finally {
      await cleanUp(local);
    }
  });

  it('refuses a data directory that another one uses, in one line', async () => {
    const second = runProgram(['start'], { TELEGRAM_BOT_TOKEN: BOT_TOKEN, PORT: '0', TELEGRAM_API_ROOT: telegram.url, DATA_DIR: folder });
    expect(await second.ended).toBe(1);
    const lines = second.output().trim().split('\n');
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ level: 'error', message: expect.stringMatching(new RegExp(`is in use by process ${running.program.pid}; stop it first`)) });
    expect((await fetch(`${running.url}/healthz`)).status).toBe(200);
  });

  it('that was frozen while another took over ends when it wakes, and neither doubles nor loses anything', async () => {
    const other = await startTelegram();
    const temporary = await temporaryFolder();
    const local: Cleanup[] = [() => other.stop(), () => temporary.remove()];
    try {
      const desk = await startOwnDesk();
      local.push(() => desk.close());
      const user = other.world.addUser({ name: 'Два' }).id;
      const env = { TELEGRAM_API_ROOT: other.url, DATA_DIR: temporary.path, HELPDESK: 'desk', HELPDESK_URL: desk.url, HELPDESK_TOKEN: DESK_TOKEN, SWEEP_SECONDS: '1' };
      const first = await startProgram(env);
      local.push(() => endProgram(first.program));
      other.world.say(user, 'kappa one');
      const ticket = await ticketWith(desk.agent, 'kappa one');
      await allAcknowledged(other.world);
      first.program.kill('SIGSTOP');
      await rm(join(temporary.path, 'idmap', 'deskbridge.lock'));
      const second = await startProgram(env);
      local.push(() => endProgram(second.program));
      other.world.say(user, 'kappa two');
      await commentWith(desk.agent, ticket.id, 'kappa two');
      first.program.kill('SIGCONT');
      await desk.agent.answer(ticket.id, 'kappa answer');
      expect(await first.program.ended).toBe(1);
      expect(first.program.output()).toContain('another process took over the data directory');
      other.world.say(user, 'kappa three');
      await commentWith(desk.agent, ticket.id, 'kappa three');
      await desk.agent.answer(ticket.id, 'kappa last');
      await botSays(other.world, user, 'kappa last');
      const texts = (await desk.agent.comments(ticket.id)).map((comment) => comment.html).filter((html) => /kappa (one|two|three)/.test(html));
      expect(texts).toHaveLength(3);
      expect(fromBot(other.world, user).filter((message) => message.text?.includes('kappa answer'))).toHaveLength(1);
    } finally {
      await cleanUp(local);
    }
  });

  it('stops on SIGTERM with exit code 0, with everything written and acknowledged, and goes on after a new start', async () => {
    const user = world.addUser({ name: 'Стоп' }).id;
    world.say(user, 'theta before');
    await ticketWith(agent, 'theta before');
    running.program.kill('SIGTERM');
    expect(await running.program.ended).toBe(0);
    expect(world.pendingUpdates()).toBe(0);
    const waits = world.say(user, 'theta while away');
    expect(world.chat(user).messages.find((stored) => stored.message.message_id === waits.message_id)?.acknowledged).toBe(false);
    running = await startProgram({ TELEGRAM_API_ROOT: telegram.url, DATA_DIR: folder });
    agent = createAgent(running.url, deskToken);
    const ticket = await ticketWith(agent, 'theta while away');
    expect((await agent.comments(ticket.id)).map((comment) => comment.html.includes('theta'))).toEqual([true, true]);
    await allAcknowledged(world);
  });

  it('acknowledges nothing unfinished: what the helpdesk has not taken when it stops comes again', async () => {
    const other = await startTelegram();
    const temporary = await temporaryFolder();
    const local: Cleanup[] = [() => other.stop(), () => temporary.remove()];
    try {
      const desk = await startOwnDesk();
      const proxy = await startFaultProxy(desk.url);
      local.push(() => desk.close(), () => proxy.close());
      const user = other.world.addUser({ name: 'Ждёт' }).id;
      const env = { TELEGRAM_API_ROOT: other.url, DATA_DIR: temporary.path, HELPDESK: 'desk', HELPDESK_URL: proxy.url, HELPDESK_TOKEN: DESK_TOKEN };
      const { program } = await startProgram(env);
      local.push(() => endProgram(program));
      const tried = new Promise<void>((resolve) => {
        proxy.decide = ({ method }) => {
          if (method === 'POST') resolve();
          return 'refuse';
        };
      });
      other.world.say(user, 'nobody takes this');
      await tried;
      program.kill('SIGTERM');
      expect(await program.ended).toBe(0);
      expect(other.world.pendingUpdates()).toBe(1);
      proxy.decide = () => 'pass';
      const next = await startProgram(env);
      local.push(() => endProgram(next.program));
      await ticketWith(desk.agent, 'nobody takes this');
      await allAcknowledged(other.world);
      expect(program.output()).not.toContain('nobody takes this');
    } finally {
      await cleanUp(local);
    }
  });

  describe('whose intake cannot be set up at the start', () => {
    /** A customer has a ticket, the program is killed, and an answer waits: so there is work before Telegram is connected. */
    async function withAnAnswerThatWaits(): Promise<{ readonly local: Cleanup[]; readonly telegram: FaultProxy; readonly env: Readonly<Record<string, string>>; readonly world: EmulatorWorld; readonly user: number }> {
      const [other, temporary, desk] = [await startTelegram(), await temporaryFolder(), await startOwnDesk()];
      const telegram = await startFaultProxy(other.url);
      const local: Cleanup[] = [() => telegram.close(), () => desk.close(), () => other.stop(), () => temporary.remove()];
      const user = other.world.addUser({ name: 'Early' }).id;
      const env = { TELEGRAM_API_ROOT: telegram.url, DATA_DIR: temporary.path, HELPDESK: 'desk', HELPDESK_URL: desk.url, HELPDESK_TOKEN: DESK_TOKEN };
      const { program } = await startProgram(env);
      local.push(() => endProgram(program));
      other.world.say(user, 'who is there?');
      const ticket = await ticketWith(desk.agent, 'who is there?');
      await botSays(other.world, user, `#${ticket.number}`);
      program.kill('SIGKILL');
      await program.ended;
      await desk.agent.answer(ticket.id, 'we are');
      return { local, telegram, env, world: other.world, user };
    }

    it('tries on while Telegram cannot be reached', async () => {
      const { local, telegram, env, world: customers, user } = await withAnAnswerThatWaits();
      try {
        let refused = 0;
        telegram.decide = ({ path }) => (path.endsWith('/deleteWebhook') && (refused += 1) <= 1 ? 'refuse' : 'pass');
        const { program } = await startProgram(env);
        local.push(() => endProgram(program));
        await botSays(customers, user, 'we are');
        customers.say(user, 'good');
        await allAcknowledged(customers);
        expect(refused).toBeGreaterThan(1);
      } finally {
        await cleanUp(local);
      }
    });

    it('ends when Telegram refuses it, whatever work it had begun', async () => {
      const { local, telegram, env } = await withAnAnswerThatWaits();
      try {
        telegram.decide = ({ path }) => {
          if (path.endsWith('/sendMessage')) return 'refuse';
          return path.endsWith('/deleteWebhook') ? { status: 401, body: '{"ok":false,"error_code":401,"description":"Unauthorized"}' } : 'pass';
        };
        const program = runProgram(['start'], { TELEGRAM_BOT_TOKEN: BOT_TOKEN, PORT: '0', ...env });
        local.push(() => endProgram(program));
        expect(await program.ended).toBe(1);
      } finally {
        await cleanUp(local);
      }
    });
  });

  it('stops on SIGTERM also while it still waits for a side that is not there', async () => {
    const temporary = await temporaryFolder();
    cleanups.push(() => temporary.remove());
    const program = runProgram(['start'], {
      TELEGRAM_BOT_TOKEN: BOT_TOKEN, TELEGRAM_API_ROOT: 'http://127.0.0.1:1', DATA_DIR: temporary.path, PORT: '0',
    });
    await program.logged('listening');
    program.kill('SIGTERM');
    expect(await program.ended).toBe(0);
    expect(program.output()).toContain('"stopped"');
  });
});
