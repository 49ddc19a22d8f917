/**
 * The canary: secrets and words of people, each a word of its own, planted wherever somebody can write something, driven through success and
 * every kind of failure at the loudest log level; then everything that the built program put out is searched. Words may stand in tickets and
 * chats only, secrets nowhere at all.
 */
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { check } from '../../src/config/check.js';
import type { EmulatorWorld, RunningEmulator } from '../../src/demo/emulator/index.js';
import { signHmac } from '../../src/http/signature.js';
import { webhookPath } from '../../src/telegram/webhook.js';
import { startFaultProxy, type FaultProxy } from '../fakes/fault-proxy.js';
import { eventually, root, runProgram, temporaryFolder, type Program } from '../e2e/program.js';
import { allAcknowledged, botSays, cleanUp, commentWith, createAgent, endProgram, fromBot, SOON_MS, startOwnDesk, startTelegram, ticketWith, type Agent, type Cleanup, type OwnDesk } from '../e2e/setup.js';
import { filesOf, findWords, QUOTES, SECRETS, SECRET_WORDS, WORDS, type Output } from './canary-setup.js';
import { freePort } from '../fakes/free-port.js';

jest.setTimeout(120_000);
const ALL = [...SECRET_WORDS, ...Object.values(WORDS)];
const cleanups: Cleanup[] = [];
const programs: Program[] = [];
/** What anybody got over HTTP from the program. */
const answers: Output[] = [];
let telegram: RunningEmulator;
let world: EmulatorWorld;
let desk: OwnDesk;
let proxy: FaultProxy;
let agent: Agent;
let port: number;
let folder: string;
let config: string;
let user: number;

const env = (): Record<string, string> => ({
  TELEGRAM_BOT_TOKEN_FILE: join(folder, 'secrets/bot'), TELEGRAM_API_ROOT: telegram.url, TELEGRAM_MODE: 'webhook', TELEGRAM_WEBHOOK_SECRET: SECRETS.path, PUBLIC_URL: `http://127.0.0.1:${port}`,
  PORT: String(port), DATA_DIR: join(folder, 'data'), DATABASE_URL: SECRETS.database, HELPDESK: 'desk', HELPDESK_URL: proxy.url, HELPDESK_TOKEN: SECRETS.helpdesk, HELPDESK_WEBHOOK_SECRET: SECRETS.doorbell,
  DESK_AGENT_NAME: WORDS.agentName, DESK_AGENT_TOKEN: SECRETS.agent, LOG_LEVEL: 'debug', SWEEP_SECONDS: '1', DESKBRIDGE_CONFIG: config,
});

async function run(args: readonly string[], more: Readonly<Record<string, string>> = {}): Promise<number | NodeJS.Signals> {
  const program = runProgram(args, { ...env(), ...more });
  programs.push(program);
  return program.ended;
}

async function start(): Promise<Program> {
  const program = runProgram(['start'], env());
  programs.push(program);
  cleanups.push(() => endProgram(program));
  await program.logged('started');
  return program;
}

async function ask(path: string, init: RequestInit = {}): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, init);
  const headers = [...response.headers].map((pair) => pair.join(': ')).join('\n');
  answers.push({ place: `answer to ${init.method ?? 'GET'} ${path.slice(0, 40)}`, text: `${headers}\n${await response.text()}` });
  return response.status;
}

const askHealth = async (): Promise<void> => { for (const path of ['/metrics', '/healthz', '/readyz']) await ask(path); };

beforeAll(async () => {
  const temporary = await temporaryFolder();
  folder = temporary.path;
  cleanups.push(() => temporary.remove());
  await mkdir(join(folder, 'secrets'));
  await writeFile(join(folder, 'secrets/bot'), `${SECRETS.bot}\n`);
  config = join(folder, 'deskbridge.yaml');
  const shipped = await readFile(join(root, 'config/deskbridge.yaml'), 'utf8');
  await writeFile(config, `# ${WORDS.comment} ${SECRETS.helpdesk}\n${shipped.replace('perSecond: 30', `perSecond: 0 # ${WORDS.comment}`).replace('perChatPerSecond: 1', 'perChatPerSecond: 0')}`);
  telegram = await startTelegram({ tokens: [SECRETS.bot] });
  world = telegram.world;
  cleanups.push(() => telegram.stop());
  port = await freePort();
  desk = await startOwnDesk({ apiToken: SECRETS.helpdesk, webhook: { url: `http://127.0.0.1:${port}/helpdesk`, secret: SECRETS.doorbell } });
  cleanups.push(() => desk.close());
  proxy = await startFaultProxy(desk.url);
  cleanups.push(() => proxy.close());
  agent = createAgent(desk.url, SECRETS.helpdesk);
  await start();
  user = world.addUser({ name: WORDS.firstName, lastName: WORDS.lastName, username: WORDS.username, languageCode: 'en' }).id;
});
afterAll(() => cleanUp(cleanups));

describe('words and secrets, everywhere', () => {
  it('through success, in both directions', async () => {
    world.say(user, WORDS.text);
    const ticket = await ticketWith(agent, WORDS.text);
    await botSays(world, user, `#${ticket.number}`);
    world.say(user, `/start ${WORDS.argument}`);
    world.say(user, `/${WORDS.argument} ${WORDS.argument}`);
    await world.sendFile(user, { kind: 'document', name: `${WORDS.fileName}.txt`, mediaType: 'text/plain', caption: WORDS.caption, bytes: Buffer.from(WORDS.bytes) });
    await world.sendFile(user, { kind: 'document', name: `${WORDS.fileName}.bin`, caption: WORDS.caption, bytes: Buffer.from('x'), fileSizeOverride: 30 * 2 ** 20 });
    world.sendContact(user, { phone_number: `+${WORDS.phone}`, first_name: WORDS.firstName, last_name: WORDS.lastName });
    const link = world.say(user, WORDS.link, { entities: [{ type: 'text_link', offset: 0, length: WORDS.link.length, url: `https://${WORDS.link}.example/?q=${WORDS.link}` }] });
    world.edit(user, link.message_id, WORDS.edited);
    const [withButtons] = [await botSays(world, user, /./)];
    world.inject({ callback_query: { id: '1', from: { id: user, is_bot: false, first_name: WORDS.firstName }, chat_instance: '1', message: withButtons, data: WORDS.button } } as Parameters<EmulatorWorld['inject']>[0]);
    world.inject({ message: { message_id: 900, date: Math.floor(Date.now() / 1000), from: { id: user, is_bot: false, first_name: WORDS.firstName }, chat: { id: user, type: 'private', first_name: WORDS.firstName }, poll: { question: WORDS.poll, options: [{ text: WORDS.poll }] } } } as unknown as Parameters<EmulatorWorld['inject']>[0]);
    await agent.answer(ticket.id, `<p>${WORDS.answer} <b>${WORDS.reply}</b></p>`);
    await agent.answer(ticket.id, WORDS.internal, { visibility: 'internal' });
    const file = await agent.upload(`${WORDS.agentFile}.txt`, 'text/plain', Buffer.from(WORDS.agentBytes));
    await agent.answer(ticket.id, WORDS.answer, { files: [file] });
    await botSays(world, user, WORDS.reply);
    await commentWith(agent, ticket.id, WORDS.poll);
    await allAcknowledged(world);
    await askHealth();
    // The helpdesk has the words, so a search that found nothing would be a search that cannot find.
    const kept = JSON.stringify(await Promise.all((await agent.tickets()).map((one) => agent.comments(one.id))));
    for (const word of [WORDS.text, WORDS.caption, WORDS.fileName, WORDS.phone, WORDS.link, WORDS.poll]) expect(kept).toContain(word);
    expect(fromBot(world, user).some((message) => message.document?.file_name?.includes(WORDS.agentFile) === true)).toBe(true);
  });

  it('in an album and a reaction that wait on disk: sealed for as long as it takes', async () => {
    const dataFolder = join(folder, 'data');
    const message = world.say(user, WORDS.text);
    await allAcknowledged(world);
    for (const emoji of ['👍', '🔥']) world.react(user, message.message_id, [emoji]);
    await allAcknowledged(world);
    proxy.decide = () => ({ status: 500, body: QUOTES[0] ?? '' });
    const file = { kind: 'document' as const, name: `${WORDS.fileName}.txt`, mediaType: 'text/plain', caption: WORDS.caption, bytes: Buffer.from(WORDS.bytes) };
    await world.sendAlbum(user, [file, { ...file, mediaType: `x/${WORDS.fileName}` }, file]);
    const id = world.chat(user).messages.at(-1)?.message.document?.file_id ?? 'none';
    const waiting = await eventually(async () => {
      const files = await filesOf(dataFolder);
      return findWords(files, [id, '"closed":true']).length === 2 ? files : undefined; // the search works: the album is there
    }, SOON_MS, 'the album waits');
    expect(findWords(waiting, [...ALL, '👍', '🔥', '1f525'])).toEqual([]);
    expect(findWords(waiting, ['"waiting":"1:'])).toHaveLength(1);
    proxy.decide = () => 'pass';
    await allAcknowledged(world, 60_000);
    await eventually(async () => (findWords(await filesOf(dataFolder), [id]).length === 0 ? true : undefined), 60_000, 'the album is filed');
  });

  it.each([200, 400, 401, 500])('through a helpdesk that answers %s and quotes everything back', async (status) => {
    const words = `${WORDS.other} ${status}`;
    let asked = 0;
    proxy.decide = () => ({ status, body: QUOTES[asked++ % QUOTES.length] ?? '' });
    world.say(user, words);
    await eventually(() => (asked >= QUOTES.length ? true : undefined), 20_000, 'the helpdesk was asked');
    await askHealth();
    proxy.decide = () => 'pass';
    await allAcknowledged(world, 60_000);
  });

  it('through a helpdesk that hangs up, before and after', async () => {
    for (const mode of ['refuse', 'lose_reply'] as const) {
      const before = proxy.counts.refused + proxy.counts.repliesLost;
      proxy.decide = () => mode;
      world.say(user, `${WORDS.other} ${mode}`);
      await eventually(() => (proxy.counts.refused + proxy.counts.repliesLost > before + 3 ? true : undefined), 20_000, 'it hung up');
      proxy.decide = () => 'pass';
      await allAcknowledged(world, 60_000);
    }
  });

  it('through a Telegram that quotes everything back', async () => {
    const quotes = [WORDS.answer, `Bad Request: ${WORDS.answer}`, `Bad Request: can't parse ${WORDS.answer} ${SECRETS.bot}`, `Forbidden: ${WORDS.firstName}`, `Bad Request: wrong file identifier "${WORDS.agentFile}"`, `Too Many Requests: ${WORDS.reply}`];
    const ticket = await ticketWith(agent, WORDS.text);
    const file = (): Promise<string> => agent.upload(`${WORDS.agentFile}.txt`, 'text/plain', Buffer.from(WORDS.agentBytes));
    for (const [index, description] of quotes.entries()) {
      const status = description.startsWith('Too') ? 429 : index % 2 === 0 ? 400 : 403;
      const fault = { status, description, ...(status === 429 && { parameters: { retry_after: 1 } }) };
      for (const method of ['sendMessage', 'sendDocument', 'answerCallbackQuery', 'getFile']) world.nextCalls(method, fault);
      const marker = `end-of-try-${index}`;
      await agent.answer(ticket.id, `${WORDS.answer} ${index}`);
      await agent.answer(ticket.id, WORDS.answer, { files: [await file()] });
      await world.sendFile(user, { kind: 'document', name: `${WORDS.fileName}.txt`, caption: WORDS.caption, bytes: Buffer.from(WORDS.bytes) });
      await agent.answer(ticket.id, marker);
      await botSays(world, user, marker);
    }
    for (const fault of ['drop_before', 'drop_after'] as const) world.nextCalls('sendMessage', fault);
    await agent.answer(ticket.id, `${WORDS.answer} dropped`);
    await botSays(world, user, `${WORDS.answer} dropped`);
    await allAcknowledged(world, 60_000);
    await commentWith(agent, ticket.id, 'has not reached');
  });

  it('through a customer who blocks the bot, and a message that is given up', async () => {
    const ticket = await ticketWith(agent, WORDS.text);
    const before = (await agent.comments(ticket.id)).length;
    world.block(user);
    await allAcknowledged(world);
    await agent.answer(ticket.id, `${WORDS.answer} ${WORDS.reply}`);
    await eventually(async () => ((await agent.comments(ticket.id)).slice(before).some((comment) => comment.html.includes('blocked the bot')) ? true : undefined), SOON_MS, 'the agent is told');
    world.unblock(user);
    await allAcknowledged(world);
    await botSays(world, user, `${WORDS.answer} ${WORDS.reply}`); // the answer that waited
    // Somebody else, so that what the agent is still to be told of the first does not come before it.
    const late = world.addUser({ name: WORDS.firstName, username: `${WORDS.username}_2`, languageCode: 'en' }).id;
    proxy.decide = ({ method }) => (method === 'GET' ? 'pass' : { status: 500, body: QUOTES[0] ?? '' });
    const from = { id: late, is_bot: false, first_name: WORDS.firstName };
    world.inject({ message: { message_id: 901, from, chat: { id: late, type: 'private', first_name: WORDS.firstName }, date: Math.floor(Date.now() / 1000) - 23.5 * 3600, text: WORDS.old } });
    await allAcknowledged(world, 60_000);
    proxy.decide = () => 'pass';
    expect(await run(['buried'])).toBe(0);
    expect(programs.at(-1)?.output()).toMatch(/to_helpdesk .*:901\b/);
  });

  it('through strangers at every door', async () => {
    const words = `${WORDS.forged} ${SECRET_WORDS.join(' ')}`;
    const update = (text: string): string => JSON.stringify({ update_id: 77, message: { message_id: 1, from: { id: 1, is_bot: false, first_name: text }, chat: { id: 1, type: 'private' }, date: 1, text } });
    const path = webhookPath(SECRETS.path);
    const json = { 'content-type': 'application/json' };
    const at = String(Date.now());
    const signed = (body: string): Record<string, string> => ({ ...json, 'x-desk-timestamp': at, 'x-desk-signature': signHmac('sha256', SECRETS.doorbell, `${at}.${body}`) });
    const known = { ...json, 'x-telegram-bot-api-secret-token': SECRETS.path };
    const posts: readonly (readonly [string, string, Record<string, string>])[] = [
      [path, update(words), json], [path, update(words), { ...json, 'x-telegram-bot-api-secret-token': WORDS.forged }], [path, `{"update_id":1,"message":"${words}`, known], [path, JSON.stringify({ update_id: 78, message: { text: words, date: words } }), known],
      [path, JSON.stringify({ update_id: words }), known], [path, JSON.stringify(words), known], ['/telegram/' + WORDS.path, update(words), known], ['/helpdesk', words, json], ['/helpdesk', words, signed(words)],
      ['/helpdesk', JSON.stringify({ event: words, tickets: [{ id: words }] }), signed(JSON.stringify({ event: words, tickets: [{ id: words }] }))], ['/helpdesk', words, { ...json, 'x-desk-timestamp': WORDS.forged, 'x-desk-signature': WORDS.forged }],
      [`/${WORDS.path}`, words, json], [path, words.repeat(20_000), known], [path, 'x', { ...known, 'content-encoding': 'gzip' }], [path, 'x', { ...known, 'content-encoding': WORDS.path }], ['/healthz', words, json], [`/bot${SECRETS.bot}/getMe`, words, json],
    ];
    for (const [to, body, headers] of posts) await ask(to, { method: 'POST', body, headers }).catch(() => undefined);
    for (const to of ['/%', '/%00', '/desk/', '/desk/api/tickets', '/demo/state', '/metrics/x', '/healthz?x', `/${WORDS.path}/../..//`, '/helpdesk', path]) await ask(to);
    await askHealth();
  });

  it('through kill, start again, polling, and every other command', async () => {
    proxy.decide = () => 'lose_reply';
    world.say(user, `${WORDS.other} killed`);
    await eventually(() => (proxy.counts.repliesLost > 4 ? true : undefined), 20_000, 'a reply was lost');
    programs.find((program) => program.output().includes('"started"'))?.kill('SIGKILL');
    proxy.decide = () => 'pass';
    const again = await start();
    await allAcknowledged(world, 60_000);
    again.kill('SIGTERM');
    await again.ended;
    const wrong = { TELEGRAM_BOT_TOKEN_FILE: '', TELEGRAM_BOT_TOKEN: SECRETS.bot };
    for (const args of [['check'], ['doctor'], ['buried'], ['version'], ['start', '--nonsense']]) await run(args);
    await run(['check'], { TELEGRAM_BOT_TOKEN: SECRETS.bot });
    await run(['check'], { ...wrong, HELPDESK: SECRETS.helpdesk.slice(0, 3), LOG_LEVEL: SECRETS.doorbell, HELPDESK_URL: `http://${SECRETS.agent}:x@h/?t=${SECRETS.helpdesk}`, PUBLIC_URL: SECRETS.path, PORT: SECRETS.agent, TELEGRAM_WEBHOOK_SECRET: `${SECRETS.doorbell} !`, DESK_AGENT_TOKEN: '' });
    await run(['doctor'], { HELPDESK_TOKEN: `${SECRETS.helpdesk}x` });
    await run(['start'], { ...wrong, TELEGRAM_BOT_TOKEN: `${SECRETS.bot}x` });
    await run(['doctor'], { TELEGRAM_API_ROOT: proxy.url, HELPDESK_URL: 'http://127.0.0.1:1' });
    for (const broken of ['telegram: {', `telegram:\n  token: "${SECRETS.bot}\n`, `a: b: ${SECRETS.helpdesk}\n`, `- ${SECRETS.helpdesk}\n`, `telegram:\n  token: [${SECRETS.bot}]\n  ? ${SECRETS.helpdesk}\n`, `x: !!${SECRETS.helpdesk} y\n`, `x: *${SECRETS.helpdesk}\n`, `telegram: { token: \${${'A B'}} ${SECRETS.helpdesk} }\n`]) {
      const path = join(folder, 'broken.yaml');
      await writeFile(path, `# ${WORDS.comment}\n${broken} # ${WORDS.comment}\n`);
      const { ok, lines } = check(path, env());
      expect(ok).toBe(false);
      answers.push({ place: 'check', text: lines.join('\n') });
    }
  });
});

describe('afterwards', () => {
  it('none of them stands in what the programs printed', () => {
    const outputs = programs.map((program, index) => ({ place: `program ${index}`, text: program.output() }));
    expect(outputs.map((output) => output.text).join('').split('\n').length).toBeGreaterThan(200);
    expect(findWords(outputs, ALL)).toEqual([]);
  });

  it('nor in any file of the data directory, by name or by content', async () => {
    const files = await filesOf(join(folder, 'data'));
    expect(files.length).toBeGreaterThan(3);
    expect(findWords(files, ['7000000042'])).not.toEqual([]); // the search itself works: ids are there
    expect(findWords(files, ALL)).toEqual([]);
  });

  it('nor in any answer to anybody: metrics, health, errors', () => {
    expect(answers.length).toBeGreaterThan(50);
    expect(findWords(answers, ALL)).toEqual([]);
    expect(findWords(answers, ['deskbridge_relayed_total'])).not.toEqual([]);
  });

  it('and no secret stands in a ticket, a file of one, or a chat', async () => {
    const tickets = await agent.tickets();
    const comments = await Promise.all(tickets.map((ticket) => agent.comments(ticket.id)));
    const chats = world.users().map((one) => world.chat(one.id).messages.map((stored) => stored.message));
    const outputs = [{ place: 'tickets', text: JSON.stringify(tickets) }, { place: 'comments', text: JSON.stringify(comments) }, { place: 'chats', text: JSON.stringify(chats) }];
    expect(findWords(outputs, SECRET_WORDS)).toEqual([]);
    // What colleagues say among themselves is in the ticket, and in no chat.
    expect(findWords(outputs, [WORDS.internal])).toEqual([`comments: ${WORDS.internal}`]);
    expect(findWords(outputs, [WORDS.forged])).toEqual([]);
  });
});
