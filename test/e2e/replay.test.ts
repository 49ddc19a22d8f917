/** `deskbridge buried` and `deskbridge replay` beside the running program, over real sockets: what was given up lands once, and nobody is told twice. */
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { EmulatorWorld, RunningEmulator } from '../../src/demo/emulator/index.js';
import { png } from '../demo/setup.js';
import { startFaultProxy, type FaultProxy } from '../fakes/fault-proxy.js';
import { eventually, runProgram, temporaryFolder, type Program } from './program.js';
import {
  allAcknowledged, BOT_TOKEN, botSays, cleanUp, commentWith, DESK_TOKEN, endProgram, findAtRest, fromBot, SOON_MS, startOwnDesk, startProgram, startTelegram, ticketWith,
  type Cleanup, type OwnDesk,
} from './setup.js';

const TEST_MS = 90_000;
jest.setTimeout(TEST_MS);
/** In every text, name and file name here, so that one word finds them all. */
const MARK = 'малахит';
const once: Cleanup[] = [];
const cleanups: Cleanup[] = [];
let telegram: RunningEmulator;
let world: EmulatorWorld;
let operators: number;

beforeAll(async () => {
  telegram = await startTelegram();
  world = telegram.world;
  operators = world.addGroup('Operators');
  once.push(() => telegram.stop());
});
afterEach(() => cleanUp(cleanups));
afterAll(() => cleanUp(once));

interface Scene {
  readonly desk: OwnDesk;
  readonly proxy: FaultProxy;
  readonly folder: string;
  readonly programs: Program[];
  start(): Promise<Program>;
  /** Runs a command beside it; the lines it printed and its exit code. */
  command(...args: readonly string[]): Promise<{ code: number | NodeJS.Signals; lines: readonly string[] }>;
}

async function createScene(more: Readonly<Record<string, string>> = { TELEGRAM_OPERATORS_CHAT: String(operators) }): Promise<Scene> {
  const desk = await startOwnDesk();
  cleanups.push(() => desk.close());
  const proxy = await startFaultProxy(desk.url);
  cleanups.push(() => proxy.close());
  const temporary = await temporaryFolder();
  cleanups.push(() => temporary.remove());
  const folder = join(temporary.path, 'data');
  const programs: Program[] = [];
  const env = { DATA_DIR: folder, HELPDESK: 'desk', HELPDESK_URL: proxy.url, HELPDESK_TOKEN: DESK_TOKEN, SWEEP_SECONDS: '1', TELEGRAM_API_ROOT: telegram.url, ...more };
  return {
    desk, proxy, folder, programs,
    async start() {
      const { program } = await startProgram(env);
      programs.push(program);
      cleanups.push(() => endProgram(program));
      return program;
    },
    async command(...args) {
      const program = runProgram(args, env);
      programs.push(program);
      cleanups.push(() => endProgram(program));
      const code = await program.ended;
      return { code, lines: program.output().trim().split('\n') };
    },
  };
}

const isWrite = ({ method }: { readonly method: string }): boolean => method === 'POST';
const refuseWrites: FaultProxy['decide'] = (request) => (isWrite(request) ? { status: 422 } : 'pass');

/** A requester with a ticket, whose next message the helpdesk refused for good. */
async function withBuried(scene: Scene, program: Program, words: string): Promise<{ user: number; ticket: string; number: string }> {
  const user = world.addUser({ name: `Dana ${MARK}`, languageCode: 'en' }).id;
  world.say(user, `hello ${words}`);
  const ticket = await ticketWith(scene.desk.agent, `hello ${words}`);
  await botSays(world, user, `#${ticket.number}`);
  scene.proxy.decide = refuseWrites;
  await world.sendFile(user, { kind: 'document', bytes: png(2, 2), name: `${MARK}.png`, mediaType: 'image/png', caption: words });
  await program.logged('given up and buried');
  await botSays(world, user, 'could not be passed on');
  await allAcknowledged(world);
  scene.proxy.decide = () => 'pass';
  return { user, ticket: ticket.id, number: ticket.number };
}

const timesTold = (user: number): number => fromBot(world, user).filter((message) => message.text?.includes('has been passed on to request') === true).length;
const timesFiled = async (scene: Scene, ticket: string, words: string): Promise<number> => (
  (await scene.desk.agent.comments(ticket)).filter((comment) => comment.html.includes(words) && comment.visibility === 'public' && !comment.html.includes('hello')).length
);
const nameIn = (line: string | undefined): string => line?.split(' ')[0] ?? '';

/** Ids only, in files and in what was printed; the operators see nothing that stays; the spool is empty. */
async function expectNothingLeft(scene: Scene): Promise<void> {
  const outputs = scene.programs.map((program) => program.output());
  expect(await findAtRest(scene.folder, outputs, [MARK, BOT_TOKEN.split(':')[1] ?? '', DESK_TOKEN])).toEqual([]);
  expect(world.chat(operators).messages).toEqual([]);
  expect(await readdir(join(scene.folder, 'replay'))).toEqual([]);
}

describe('a message that could not be filed', () => {
  it('is listed with its reason and replayed by its short name: filed once, marked as late, its sender told once', async () => {
    const scene = await createScene();
    const program = await scene.start();
    const words = `${MARK} please`;
    const { user, ticket, number } = await withBuried(scene, program, words);
    const listed = await scene.command('buried');
    expect(listed.code).toBe(0);
    expect(listed.lines[0]).toMatch(/^ID +DIRECTION +REASON +OPERATION +AGE +CONVERSATION +WHAT +AGAIN$/);
    expect(listed.lines.slice(1)).toEqual([expect.stringMatching(new RegExp(`^[0-9a-f]{6}  to_helpdesk  invalid  +\\S+  +\\d+ s +tg:7000000042:${user}  message tg:7000000042:${user}:\\d+  replay$`))]);
    const replayed = await scene.command('replay', nameIn(listed.lines[1]));
    expect(replayed).toEqual({ code: 0, lines: [`${nameIn(listed.lines[1])}  replayed: filed in the helpdesk`, '1 replayed, 0 kept'] });
    const comment = await commentWith(scene.desk.agent, ticket, 'comes late');
    expect(comment.html).toMatch(new RegExp(`comes late\\. It was written on .*20\\d\\d.*${words}`, 's'));
    const [file] = comment.files;
    expect([file?.name, await scene.desk.agent.download(file?.id ?? '')]).toEqual([`${MARK}.png`, png(2, 2)]);
    await botSays(world, user, new RegExp(`has been passed on to request #${number} now`));
    // What operators say to each other about it is no request.
    const from = { id: 5, is_bot: false, first_name: 'Operator' };
    world.inject({ message: { message_id: 1, from, chat: { id: operators, type: 'group', title: 'Operators' }, date: Math.floor(Date.now() / 1000), text: 'among us' } });
    await allAcknowledged(world);
    expect(await scene.desk.agent.tickets()).toHaveLength(1);
    expect([await scene.command('buried'), await scene.command('replay', '--all')]).toEqual([{ code: 0, lines: ['nothing is buried'] }, { code: 0, lines: ['nothing is buried'] }]);
    expect([await timesFiled(scene, ticket, words), timesTold(user)]).toEqual([1, 1]);
    await expectNothingLeft(scene);
  });

  it('lands once when the program is killed in the middle of a replay; the request is done at the next start', async () => {
    const scene = await createScene();
    const program = await scene.start();
    const words = `${MARK} killed`;
    const { user, ticket } = await withBuried(scene, program, words);
    scene.proxy.decide = (request) => {
      if (!isWrite(request)) return 'pass';
      program.kill('SIGKILL');
      return 'lose_reply'; // the write lands, nobody hears of it
    };
    const { code, lines } = await scene.command('replay', '--all');
    expect([code, lines]).toEqual([1, [expect.stringMatching(/^no bridge runs on this data directory: 1 of 1 wait; the request is kept/)]]);
    expect((await scene.command('buried')).lines).toHaveLength(2);
    scene.proxy.decide = () => 'pass';
    const next = await scene.start();
    await next.logged('replayed');
    await botSays(world, user, 'has been passed on to request');
    await eventually(async () => ((await readdir(join(scene.folder, 'replay'))).some((name) => name.includes('request')) ? undefined : true), SOON_MS, 'the request is done');
    expect([await timesFiled(scene, ticket, words), timesTold(user), (await scene.command('buried')).lines]).toEqual([1, 1, ['nothing is buried']]);
    expect(await findAtRest(scene.folder, scene.programs.map((one) => one.output()), [MARK])).toEqual([]);
  });

  it('refused again keeps its entry and says why; others are replayed all the same', async () => {
    const scene = await createScene();
    const program = await scene.start();
    const first = await withBuried(scene, program, `${MARK} stays`);
    const second = await withBuried(scene, program, `${MARK} goes`);
    await eventually(async () => ((await scene.command('buried')).lines.length === 3 ? true : undefined), SOON_MS, 'both are buried');
    scene.proxy.decide = (request) => (isWrite(request) && request.path.includes(`/tickets/${first.ticket}/`) ? { status: 422 } : 'pass');
    const { code, lines } = await scene.command('replay', '--all');
    expect([code, lines.length, lines.at(-1)]).toEqual([1, 3, '1 replayed, 1 kept']);
    expect(lines.slice(0, 2).sort((a, b) => (a.includes('kept') ? -1 : b.includes('kept') ? 1 : 0))).toEqual([
      expect.stringMatching(/^[0-9a-f]{6} {2}kept \(invalid, \S+\): .*422/), expect.stringMatching(/^[0-9a-f]{6} {2}replayed/),
    ]);
    expect([timesTold(first.user), timesTold(second.user)]).toEqual([0, 1]);
    const { lines: json } = await scene.command('buried', '--json');
    expect(JSON.parse(json.join('\n'))).toEqual([expect.objectContaining({ direction: 'to_helpdesk', conversation: `tg:7000000042:${first.user}`, code: 'invalid', again: 'replay' })]);
    world.nextCalls('forwardMessage', { status: 400, description: 'Bad Request: message can\'t be forwarded' });
    expect(await scene.command('replay', '--all')).toEqual({ code: 1, lines: [expect.stringMatching(/its chat does not allow to forward it; only the sender can repeat it$/), '0 replayed, 1 kept'] });
    await expectNothingLeft(scene);
  });

  it('without an operators\' chat stays, and the words say who can repeat it; it may be forgotten', async () => {
    const scene = await createScene({});
    const program = await scene.start();
    const { user } = await withBuried(scene, program, `${MARK} stays`);
    const listed = await scene.command('buried');
    expect(listed.lines[1]).toMatch(/only by the sender$/);
    const { code, lines } = await scene.command('replay', '--all');
    expect([code, lines]).toEqual([1, [expect.stringMatching(/kept \(unsupported, readAgain\): .*TELEGRAM_OPERATORS_CHAT.*; only the sender can repeat it$/), '0 replayed, 1 kept']]);
    expect([(await scene.command('buried')).lines.length, timesTold(user)]).toEqual([2, 0]);
    expect(await scene.command('buried', '--forget', nameIn(listed.lines[1]))).toEqual({ code: 0, lines: [expect.stringMatching(/forgotten: the bridge will not try it again$/)] });
    expect(await scene.command('buried')).toEqual({ code: 0, lines: ['nothing is buried'] });
  });
});

describe('an answer that Telegram refused', () => {
  it('stays buried while it is refused, then goes out once; the agent hears of both', async () => {
    const scene = await createScene({});
    const program = await scene.start();
    const { agent } = scene.desk;
    const user = world.addUser({ name: `Dana ${MARK}`, languageCode: 'en' }).id;
    world.say(user, `${MARK} help`);
    const { id, number } = await ticketWith(agent, `${MARK} help`);
    await botSays(world, user, `#${number}`);
    const refused = { status: 400, description: 'Bad Request: message text is strange' } as const;
    world.nextCalls('sendMessage', refused, 1);
    await agent.answer(id, `<p>${MARK} answer</p>`);
    await program.logged('given up and buried');
    await commentWith(agent, id, 'has not reached the requester');
    const listed = await scene.command('buried');
    expect(listed.lines.slice(1)).toEqual([expect.stringMatching(/^[0-9a-f]{6} {2}to_telegram {2}rejected .* ticket \S+ comment \S+ {2}replay$/)]);
    world.nextCalls('sendMessage', refused, 1);
    expect(await scene.command('replay', '--all')).toEqual({ code: 1, lines: [expect.stringMatching(/kept \(invalid, sendMessage\)/), '0 replayed, 1 kept'] });
    expect(await scene.command('replay', '--all')).toEqual({ code: 0, lines: [expect.stringMatching(/replayed: sent to the requester$/), '1 replayed, 0 kept'] });
    expect(fromBot(world, user).filter((message) => message.text?.includes(`${MARK} answer`) === true)).toHaveLength(1);
    const internal = (await agent.comments(id)).filter((comment) => comment.visibility === 'internal').map((comment) => comment.html);
    expect(internal).toEqual([expect.stringContaining('has not reached'), expect.not.stringContaining('has not reached')]);
    expect((await scene.command('buried')).lines).toEqual(['nothing is buried']);
    expect(await findAtRest(scene.folder, scene.programs.map((one) => one.output()), [MARK, DESK_TOKEN])).toEqual([]);
  });
});

describe('the command', () => {
  it('needs to know what to replay, and says what it does not find', async () => {
    const scene = await createScene();
    expect([(await scene.command('replay')).code, (await scene.command('replay', '--all', 'abc')).code]).toEqual([2, 2]);
    expect(await scene.command('replay', 'abcdef')).toEqual({ code: 1, lines: [expect.stringMatching(/^nothing is buried under "abcdef"/)] });
    expect((await scene.command('buried', '--forget', 'abcdef')).code).toBe(1);
  });
});
