/** What people change after they wrote it, both ways, over real sockets: shown once, whenever the program is killed. */
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { join } from 'node:path';
import type { EmulatorWorld, RunningEmulator } from '../../src/demo/emulator/index.js';
import { startFaultProxy, type FaultProxy } from '../fakes/fault-proxy.js';
import { eventually, temporaryFolder, type Program } from './program.js';
import {
  allAcknowledged, cleanUp, commentWith, DESK_TOKEN, endProgram, findAtRest, fromBot, SOON_MS, startOwnDesk, startProgram, startTelegram, ticketWith, type Cleanup, type OwnDesk,
} from './setup.js';

jest.setTimeout(90_000);
/** In every text here, so that one word finds them all. */
const MARK = 'циркон';
const once: Cleanup[] = [];
const cleanups: Cleanup[] = [];
let telegram: RunningEmulator;
let world: EmulatorWorld;

beforeAll(async () => {
  telegram = await startTelegram();
  world = telegram.world;
  once.push(() => telegram.stop());
});
afterEach(() => cleanUp(cleanups));
afterAll(() => cleanUp(once));

interface Scene {
  readonly desk: OwnDesk;
  /** In front of the desk, and of Telegram. */
  readonly toDesk: FaultProxy;
  readonly toTelegram: FaultProxy;
  readonly folder: string;
  readonly programs: Program[];
  start(): Promise<Program>;
}

async function createScene(): Promise<Scene> {
  const desk = await startOwnDesk();
  cleanups.push(() => desk.close());
  const toDesk = await startFaultProxy(desk.url);
  const toTelegram = await startFaultProxy(telegram.url);
  cleanups.push(() => toDesk.close(), () => toTelegram.close());
  const temporary = await temporaryFolder();
  cleanups.push(() => temporary.remove());
  const folder = join(temporary.path, 'data');
  const programs: Program[] = [];
  return {
    desk, toDesk, toTelegram, folder, programs,
    async start() {
      const { program } = await startProgram({
        DATA_DIR: folder, HELPDESK: 'desk', HELPDESK_URL: toDesk.url, HELPDESK_TOKEN: DESK_TOKEN, SWEEP_SECONDS: '1', TELEGRAM_API_ROOT: toTelegram.url,
      });
      programs.push(program);
      cleanups.push(() => endProgram(program));
      return program;
    },
  };
}

/** The bot's messages in a chat that are about this answer. */
const answers = (chat: number): readonly string[] => fromBot(world, chat).map((message) => message.text ?? '').filter((text) => text.includes(MARK)).map((text) => text.split('\n').at(-1) ?? '');

function becomes(chat: number, texts: readonly string[]): Promise<true> {
  return eventually(() => (JSON.stringify(answers(chat)) === JSON.stringify(texts) ? true : undefined), SOON_MS, `the chat shows ${texts.join(', ')}`).catch((error: unknown) => {
    throw new Error(`${String(error)}; it shows ${answers(chat).join(', ')}`);
  });
}

describe('what a customer edits', () => {
  it.each(['before the desk has it', 'when the desk has it'] as const)('stands once on the ticket though the program is killed %s', async (moment) => {
    const scene = await createScene();
    const program = await scene.start();
    const user = world.addUser({ name: 'Дана', languageCode: 'ru' }).id;
    const message = world.say(user, `заказ 1234 ${MARK}`).message_id;
    const ticket = await ticketWith(scene.desk.agent, 'заказ 1234');
    await allAcknowledged(world);
    scene.toDesk.decide = ({ method, path }) => {
      if (method !== 'POST' || !path.endsWith('/comments')) return 'pass';
      program.kill('SIGKILL');
      return moment === 'when the desk has it' ? 'lose_reply' : 'refuse';
    };
    world.edit(user, message, `заказ 1235 ${MARK}`);
    await program.ended;
    scene.toDesk.decide = () => 'pass';
    await scene.start();
    const edit = await commentWith(scene.desk.agent, ticket.id, '1235');
    await allAcknowledged(world);
    const edits = (await scene.desk.agent.comments(ticket.id)).filter((comment) => comment.externalId?.startsWith('edit:'));
    expect(edits.map(({ id }) => id)).toEqual([edit.id]);
    expect(edit).toMatchObject({ visibility: 'public', author: { kind: 'requester' } });
    expect(edit.html).toMatch(/<blockquote>.*<s>1234<\/s>.*<\/blockquote>.*1235/su);
    expect(await findAtRest(scene.folder, scene.programs.map((one) => one.output()), [MARK])).toEqual([]);
  });

  it('many times in a row is one comment with the last text', async () => {
    const scene = await createScene();
    await scene.start();
    const user = world.addUser({ name: 'Ерлан', languageCode: 'ru' }).id;
    const message = world.say(user, `а ${MARK}`).message_id;
    const ticket = await ticketWith(scene.desk.agent, MARK);
    for (const text of ['аб', 'абв', 'абвг']) world.edit(user, message, `${text} ${MARK}`);
    await commentWith(scene.desk.agent, ticket.id, 'абвг');
    await allAcknowledged(world);
    expect((await scene.desk.agent.comments(ticket.id)).filter((comment) => comment.externalId?.startsWith('edit:'))).toHaveLength(1);
  });
});

describe('what an agent changes', () => {
  it('changes the message, and takes it away when it becomes internal; public again it comes again', async () => {
    const scene = await createScene();
    await scene.start();
    const user = world.addUser({ name: 'Aru', languageCode: 'en' }).id;
    world.say(user, 'hello');
    const ticket = await eventually(async () => (await scene.desk.agent.tickets())[0], SOON_MS, 'a ticket');
    const { id } = await scene.desk.agent.answer(ticket.id, `<p>come at 5 ${MARK}</p>`);
    await becomes(user, [`come at 5 ${MARK}`]);
    await scene.desk.agent.change(ticket.id, id, { html: `<p>come at 6 ${MARK}</p>` });
    await becomes(user, [`come at 6 ${MARK}`]);
    await scene.desk.agent.change(ticket.id, id, { html: `<p>internal ${MARK}</p>`, visibility: 'internal' });
    await becomes(user, []);
    await scene.desk.agent.change(ticket.id, id, { html: `<p>come at 7 ${MARK}</p>`, visibility: 'public' });
    await becomes(user, [`come at 7 ${MARK}`]);
    expect(fromBot(world, user).some((message) => message.text?.includes('internal'))).toBe(false);
  });

  it.each(['lose_reply', 'refuse'] as const)('is shown once though the program is killed in the middle (%s)', async (mode) => {
    const scene = await createScene();
    const program = await scene.start();
    const user = world.addUser({ name: 'Mira', languageCode: 'en' }).id;
    world.say(user, 'hello');
    const ticket = await eventually(async () => (await scene.desk.agent.tickets())[0], SOON_MS, 'a ticket');
    const { id } = await scene.desk.agent.answer(ticket.id, `<p>one ${MARK}</p>`);
    await becomes(user, [`one ${MARK}`]);
    await allAcknowledged(world);
    scene.toTelegram.decide = ({ path }) => {
      if (!path.endsWith('/editMessageText')) return 'pass';
      program.kill('SIGKILL');
      return mode;
    };
    await scene.desk.agent.change(ticket.id, id, { html: `<p>two ${MARK}</p>` });
    await program.ended;
    scene.toTelegram.decide = () => 'pass';
    await scene.start();
    await becomes(user, [`two ${MARK}`]);
    await scene.desk.agent.answer(ticket.id, `<p>three ${MARK}</p>`);
    await becomes(user, [`two ${MARK}`, `three ${MARK}`]);
  });
});

describe('what an agent reacts to', () => {
  const shows = (chat: number, message: number, emoji: readonly string[]): Promise<true> => (
    eventually(() => (JSON.stringify(world.chat(chat).botReactions[message] ?? []) === JSON.stringify(emoji) ? true : undefined), SOON_MS, `the message shows ${emoji.join()}`)
  );

  it.each(['lose_reply', 'refuse'] as const)('shows the emoji on the very message though the program is killed in the middle (%s), and no more when it is taken back', async (mode) => {
    const scene = await createScene();
    const program = await scene.start();
    const user = world.addUser({ name: 'Alua', languageCode: 'en' }).id;
    world.say(user, 'hello');
    const message = world.say(user, `thanks ${MARK}`).message_id;
    const ticket = await ticketWith(scene.desk.agent, MARK);
    const { id } = await commentWith(scene.desk.agent, ticket.id, MARK);
    await allAcknowledged(world);
    scene.toTelegram.decide = ({ path }) => {
      if (!path.endsWith('/setMessageReaction')) return 'pass';
      program.kill('SIGKILL');
      return mode;
    };
    await scene.desk.agent.react(ticket.id, id, '❤️');
    await program.ended;
    scene.toTelegram.decide = () => 'pass';
    await scene.start();
    await shows(user, message, ['❤']);
    await scene.desk.agent.react(ticket.id, id, null);
    await shows(user, message, []);
    expect(Object.keys(world.chat(user).botReactions)).toEqual([String(message)]);
    expect(await findAtRest(scene.folder, scene.programs.map((one) => one.output()), ['❤', MARK])).toEqual([]);
  });
});
