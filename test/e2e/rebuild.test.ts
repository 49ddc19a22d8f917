/** `deskbridge rebuild`: the map is deleted, and nobody at either end notices. */
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import http from 'node:http';
import { join } from 'node:path';
import { createDeskConnector } from '../../src/helpdesks/desk/connector.js';
import { createLowdbIdMap } from '../../src/idmap/lowdb.js';
import { mintId, type ConversationId, type MessageId } from '../../src/core/types.js';
import { whatMatters, type WhatMatters } from '../bridge/equal-maps.js';
import type { EmulatorWorld } from '../../src/demo/emulator/index.js';
import { eventually, root, runProgram, temporaryFolder, type Program } from './program.js';
import {
  allAcknowledged, BOT_TOKEN, botSays, cleanUp, commentWith, createAgent, DESK_TOKEN, endProgram, findAtRest, fromBot, SOON_MS, startOwnDesk, startProgram,
  startTelegram, ticketWith, type Agent, type Cleanup,
} from './setup.js';

const TEST_MS = 180_000;
jest.setTimeout(TEST_MS);
const CHATS = 30;
const [BOT = ''] = BOT_TOKEN.split(':');

const cleanups: Cleanup[] = [];
afterEach(() => cleanUp(cleanups));

type Environment = Readonly<Record<string, string>>;

interface Ended {
  readonly code: number | NodeJS.Signals;
  readonly output: string;
}

async function run(args: readonly string[], env: Environment): Promise<Ended> {
  const program = runProgram(args, { TELEGRAM_BOT_TOKEN: BOT_TOKEN, PORT: '0', ...env });
  return { code: await program.ended, output: program.output() };
}

async function stop(program: Program): Promise<void> {
  program.kill('SIGTERM');
  expect(await program.ended).toBe(0);
}

/** The config of the product, but for the pace that Telegram asks for: here it would only take time. */
async function configWithoutPace(folder: string): Promise<string> {
  const shipped = await readFile(join(root, 'config/deskbridge.yaml'), 'utf8');
  const path = join(folder, 'deskbridge.yaml');
  await writeFile(path, shipped.replace('perSecond: 30', 'perSecond: 0').replace('perChatPerSecond: 1', 'perChatPerSecond: 0'));
  return path;
}

/** In front of a desk: `meanwhile` is called, and waited for, before a request whose path it may look at goes on. */
async function startGate(url: string, meanwhile: (path: string) => Promise<void>): Promise<string> {
  const server = http.createServer((request, response) => {
    const { method, headers, url: path = '/' } = request;
    void meanwhile(path).then(() => {
      const forward = http.request(`${url}${path}`, { method, headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 500, answer.headers);
        answer.pipe(response);
      });
      forward.on('error', () => response.destroy());
      request.pipe(forward);
    }, () => response.destroy());
  });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  cleanups.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => { server.close(resolve); });
  });
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
}

async function merge(url: string, from: string, into: string): Promise<void> {
  const response = await fetch(`${url}/desk/api/tickets/${from}/merge`, {
    method: 'POST', headers: { 'x-desk-page': '1', 'content-type': 'application/json' }, body: JSON.stringify({ into }),
  });
  expect(response.status).toBe(200);
}

/** The tickets on which these words stand, each of them once. */
function ticketsWith(agent: Agent, words: readonly string[]): Promise<readonly string[]> {
  return eventually(async () => {
    const comments = await Promise.all((await agent.tickets()).map(async ({ id }) => ({ id, text: (await agent.comments(id)).map((comment) => comment.html).join('\n') })));
    const found = words.map((word) => comments.filter(({ text }) => text.includes(word)));
    return found.every((some) => some.length > 0) ? found.map((some) => some.map(({ id }) => id).join()) : undefined;
  }, SOON_MS, `tickets with ${words.join(', ')}`);
}

const conversationOf = (user: number): ConversationId => mintId<ConversationId>(`tg:${BOT}:${user}`);

/** What the customers wrote, by the emulator. */
function messagesOf(world: EmulatorWorld, user: number): readonly MessageId[] {
  const written = world.chat(user).messages.map((stored) => stored.message).filter((message) => message.from?.is_bot !== true && message.text?.startsWith('/') !== true);
  return written.map((message) => mintId<MessageId>(`${conversationOf(user)}:${message.message_id}`));
}

async function readMap(folder: string, deskUrl: string, world: EmulatorWorld, users: readonly number[]): Promise<readonly WhatMatters[]> {
  const connector = createDeskConnector({ url: deskUrl, token: DESK_TOKEN, options: {} }, { agentUrl: '' }, { emit: () => undefined, nowMs: () => 0 });
  const idMap = await createLowdbIdMap({ folder, nowMs: () => 0 });
  try {
    return await Promise.all(users.map((user) => whatMatters(idMap, connector, conversationOf(user), messagesOf(world, user))));
  } finally {
    await idMap.close();
  }
}

/** Second tickets, answers, merges of one's own and of somebody else's, solved ones; until everything has arrived. */
async function live(program: Program, world: EmulatorWorld, agent: Agent, deskUrl: string, users: readonly number[]): Promise<void> {
  const every = async (choose: (index: number) => boolean, work: (user: number, index: number) => Promise<unknown>): Promise<void> => {
    await Promise.all(users.map((user, index) => (choose(index) ? work(user, index) : undefined)));
  };
  await every(() => true, async (user, index) => {
    world.say(user, `first of ${index}.`);
    await botSays(world, user, 'Thank you!');
  });
  const firsts = await ticketsWith(agent, users.map((_, index) => `first of ${index}.`));
  await every((index) => index % 2 === 0, async (user, index) => {
    await agent.answer(firsts[index] ?? '', `<p>answer to ${index}.</p>`);
    await botSays(world, user, `answer to ${index}.`);
  });
  await every((index) => index % 3 === 0, async (user, index) => {
    world.say(user, '/start security');
    world.say(user, `second of ${index}.`);
    const [ticket = ''] = await ticketsWith(agent, [`second of ${index}.`]);
    await botSays(world, user, `#${ticket}`);
    await agent.answer(ticket, `<p>also to ${index}.</p>`);
    await botSays(world, user, `also to ${index}.`);
  });
  for (const [from, into] of [['second of 0.', 'first of 0.'], ['second of 6.', 'first of 6.'], ['first of 28.', 'first of 29.']] as const) {
    const target = await ticketWith(agent, into);
    const { id } = await ticketWith(agent, from);
    await merge(deskUrl, id, target.id);
    // What an agent says in somebody else's ticket before the bridge knows of the merge is not for both.
    await eventually(() => (program.output().includes(`"from":"${id}"`) ? true : undefined), SOON_MS, `the bridge knows that ${id} was merged`);
    await agent.answer(target.id, `<p>after the merge into ${into}</p>`);
  }
  for (const index of [0, 6, 28, 29]) await botSays(world, users[index] ?? 0, 'after the merge');
  for (const index of [5, 25]) {
    await agent.setStatus((await ticketWith(agent, `first of ${index}.`)).id, 'solved');
    await botSays(world, users[index] ?? 0, 'is solved');
  }
  await every((index) => index % 4 === 0, async (user, index) => { world.say(user, `once more of ${index}.`); });
  await allAcknowledged(world);
}

describe('deskbridge rebuild', () => {
  it('brings a deleted map back: next messages find their tickets, answers come once', async () => {
    const telegram = await startTelegram();
    const { world } = telegram;
    const desk = await startOwnDesk();
    const { agent } = desk;
    const temporary = await temporaryFolder();
    cleanups.push(() => telegram.stop(), () => desk.close(), () => temporary.remove());
    const data = join(temporary.path, 'data');
    const lost = join(temporary.path, 'lost');
    const env: Environment = {
      TELEGRAM_API_ROOT: telegram.url, HELPDESK: 'desk', HELPDESK_URL: desk.url, HELPDESK_TOKEN: DESK_TOKEN, DATA_DIR: data, SWEEP_SECONDS: '1',
      DESKBRIDGE_CONFIG: await configWithoutPace(temporary.path),
    };
    const users = Array.from({ length: CHATS }, (_, index) => world.addUser({ name: `Customer ${index}`, languageCode: 'en' }).id);
    const first = (await startProgram(env)).program;
    cleanups.push(() => endProgram(first));
    await live(first, world, agent, desk.url, users);
    const refused = await run(['rebuild'], env);
    expect(refused).toMatchObject({ code: 1, output: expect.stringMatching(/^cannot rebuild: .* is in use by process \d+/) });
    await stop(first);
    const filled = await run(['rebuild'], env);
    expect(filled).toMatchObject({ code: 1, output: expect.stringContaining('holds a map already') });

    await cp(join(data, 'idmap'), lost, { recursive: true });
    await rm(data, { recursive: true });
    // Killed half way: nothing may take what there is for a map.
    let reads = 0;
    const stuck = await startGate(desk.url, async (path) => {
      reads += path.includes('/comments') ? 1 : 0;
      if (reads > CHATS / 2) await new Promise(() => undefined);
    });
    const interrupted = runProgram(['rebuild'], { TELEGRAM_BOT_TOKEN: BOT_TOKEN, ...env, HELPDESK_URL: stuck });
    cleanups.push(() => endProgram(interrupted));
    await eventually(() => (reads > CHATS / 2 ? true : undefined), SOON_MS, 'half of it is read');
    await endProgram(interrupted);
    expect(await run(['start'], env)).toMatchObject({ code: 1, output: expect.stringContaining('run `deskbridge rebuild` again') });

    const said = users.map((user) => fromBot(world, user).length);
    const late = await ticketWith(agent, 'first of 7.');
    let asked = 0;
    // An answer comes after the listing and before anything is read of its ticket; then the desk is away for a moment.
    const gate = await startGate(desk.url, async (path) => {
      if (!path.includes('/comments')) return;
      asked += 1;
      if (asked === 1) await agent.answer(late.id, '<p>while the map was rebuilt</p>');
      if (asked < 4) throw new Error('the connection breaks');
    });
    const rebuilt = await run(['rebuild'], { ...env, HELPDESK_URL: gate });
    expect(rebuilt).toMatchObject({ code: 0, output: expect.stringMatching(/rebuilt and read again: 30 conversations, 40 tickets, 48 messages\n/) });
    expect(rebuilt.output).toContain('desk does not answer (unavailable); trying on');
    expect(rebuilt.output).toContain('to be delivered when the bridge starts: 1 answer\n');
    expect(rebuilt.output).toContain(`count as delivered: 28 answers of the last 24 hours`);

    const [was, is] = [await readMap(lost, desk.url, world, users), await readMap(join(data, 'idmap'), desk.url, world, users)];
    expect(is).toEqual(was);

    const second = (await startProgram(env)).program;
    cleanups.push(() => endProgram(second));
    await botSays(world, users[7] ?? 0, 'while the map was rebuilt');
    users.forEach((user, index) => world.say(user, `next of ${index}.`));
    expect(await ticketsWith(agent, users.map((_, index) => `next of ${index}.`))).toEqual(was.map((one) => one.current));
    await allAcknowledged(world);
    expect(await agent.tickets()).toHaveLength(CHATS + CHATS / 3 - 3);
    await stop(second);
    expect(users.map((user, index) => fromBot(world, user).length - (said[index] ?? 0))).toEqual(users.map((_, index) => (index === 7 ? 1 : 0)));
    expect(await findAtRest(data, [rebuilt.output, first.output(), second.output()], ['first of', 'answer to', 'Customer', DESK_TOKEN, BOT_TOKEN])).toEqual([]);
  });

  it('works with the built-in desk, whose own data stay', async () => {
    const telegram = await startTelegram();
    const { world } = telegram;
    const temporary = await temporaryFolder();
    cleanups.push(() => telegram.stop(), () => temporary.remove());
    const env: Environment = { TELEGRAM_API_ROOT: telegram.url, DATA_DIR: temporary.path, SWEEP_SECONDS: '1' };
    const user = world.addUser({ name: 'Customer', languageCode: 'en' }).id;
    const before = await startProgram(env);
    cleanups.push(() => endProgram(before.program));
    const token = (await readFile(join(temporary.path, 'desk-token'), 'utf8')).trim();
    world.say(user, 'hello there');
    const ticket = await ticketWith(createAgent(before.url, token), 'hello there');
    await createAgent(before.url, token).answer(ticket.id, '<p>good morning</p>');
    await botSays(world, user, 'good morning');
    await stop(before.program);
    await rm(join(temporary.path, 'idmap'), { recursive: true });
    const rebuilt = await run(['rebuild'], env);
    expect(rebuilt).toMatchObject({ code: 0, output: expect.stringContaining('1 conversations, 1 tickets, 1 messages') });
    const said = fromBot(world, user).length;
    const after = await startProgram(env);
    cleanups.push(() => endProgram(after.program));
    world.say(user, 'hello again');
    const agent = createAgent(after.url, token);
    await commentWith(agent, ticket.id, 'hello again');
    expect(await agent.tickets()).toHaveLength(1);
    await agent.answer(ticket.id, '<p>and good night</p>');
    await botSays(world, user, 'and good night');
    expect(fromBot(world, user)).toHaveLength(said + 1);
  });

  it('delivers answers from a given time on', async () => {
    const telegram = await startTelegram();
    const { world } = telegram;
    const desk = await startOwnDesk();
    const temporary = await temporaryFolder();
    cleanups.push(() => telegram.stop(), () => desk.close(), () => temporary.remove());
    const env: Environment = { TELEGRAM_API_ROOT: telegram.url, HELPDESK: 'desk', HELPDESK_URL: desk.url, HELPDESK_TOKEN: DESK_TOKEN, DATA_DIR: temporary.path, SWEEP_SECONDS: '1' };
    const user = world.addUser({ name: 'Customer', languageCode: 'en' }).id;
    const before = await startProgram(env);
    cleanups.push(() => endProgram(before.program));
    world.say(user, 'hello there');
    const ticket = await ticketWith(desk.agent, 'hello there');
    await desk.agent.answer(ticket.id, '<p>delivered</p>');
    await botSays(world, user, 'delivered');
    await stop(before.program);
    const since = new Date().toISOString();
    await desk.agent.answer(ticket.id, '<p>nobody brought this</p>');
    await rm(join(temporary.path, 'idmap'), { recursive: true });
    const hasty = (await startProgram(env)).program;
    cleanups.push(() => endProgram(hasty));
    expect(hasty.output()).toContain('the id map is new, but the helpdesk has tickets of this bot');
    await stop(hasty);
    expect(before.program.output()).not.toContain('the id map is new');
    expect(await run(['rebuild', '--since', 'yesterday'], env)).toMatchObject({ code: 2 });
    expect(await run(['rebuild', '--since', '2999-01-01'], env)).toMatchObject({ code: 2, output: expect.stringContaining('future') });
    expect(await run(['rebuild', '--since', since], env)).toMatchObject({ code: 0, output: expect.stringContaining('to be delivered when the bridge starts: 1 answer\n') });
    const after = await startProgram(env);
    cleanups.push(() => endProgram(after.program));
    await botSays(world, user, 'nobody brought this');
    expect(fromBot(world, user).filter((message) => /\bdelivered/.test(message.text ?? ''))).toHaveLength(1);
  });
});
