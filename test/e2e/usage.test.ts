/** The commands of the built program as an admin meets them: what they print, and their exit codes. */
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunningEmulator } from '../../src/demo/emulator/index.js';
import { startFaultProxy } from '../fakes/fault-proxy.js';
import { eventually, root, runProgram, temporaryFolder, type Program } from './program.js';
import {
  allAcknowledged, BOT_TOKEN, cleanUp, DESK_TOKEN, endProgram, SOON_MS, startOwnDesk, startProgram, startTelegram, type Cleanup, type OwnDesk,
} from './setup.js';

const TEST_MS = 60_000;
jest.setTimeout(TEST_MS);
const WRONG_TOKEN = '7000000042:wrong-token-that-nobody-may-see';
const HELPDESK_SECRET = 'hunter2-helpdesk';
const once: Cleanup[] = [];
const cleanups: Cleanup[] = [];
const programs: Program[] = [];
let telegram: RunningEmulator;
let folder: string;

beforeAll(async () => {
  telegram = await startTelegram();
  const temporary = await temporaryFolder();
  folder = temporary.path;
  once.push(() => telegram.stop(), () => temporary.remove());
});
afterEach(() => {
  const printed = programs.splice(0).map((program) => program.output()).join('\n');
  for (const secret of [BOT_TOKEN, WRONG_TOKEN, DESK_TOKEN, HELPDESK_SECRET]) expect(printed).not.toContain(secret.split(':').at(-1));
  return cleanUp(cleanups);
});
afterAll(() => cleanUp(once));

interface Ended {
  readonly code: number | NodeJS.Signals;
  readonly lines: readonly string[];
}

async function run(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  const program = runProgram(args, { DATA_DIR: join(folder, 'data'), ...env });
  programs.push(program);
  const code = await program.ended;
  return { code, lines: program.output().trim().split('\n') };
}

describe('a config with six mistakes', () => {
  const text = [
    'telegram:', // 1
    '  token: ${TELEGRAM_BOT_TOKEN}',
    '  mode: poling', // 3: a word that is none
    '  publicurl: https://bot.example.kz', // 4: an unknown key
    'server:',
    '  port: 70000', // 6: out of range
    'helpdesk:',
    '  name: acne', // 8: there is no such helpdesk
    '  token: ${HELPDESK_TOKEN}',
    'idMap:',
    '  engine: postgres', // 11: not there yet
    'logLevel: ${NOBODY_SET_THIS}', // 12: an unset variable
    '',
  ].join('\n');
  const expected = [
    /:3:3 telegram\.mode: must be one of polling, webhook; did you mean "polling"\?$/,
    /:4:3 telegram\.publicurl: unknown key "publicurl"; did you mean "publicUrl"\?$/,
    /:6:3 server\.port: must be at most 65535$/,
    /:8:3 helpdesk\.name: there is no helpdesk "acne"/,
    /:11:3 idMap\.engine: postgres is not available yet; use lowdb$/,
    /:12:1 logLevel: the environment variable NOBODY_SET_THIS is not set; set it, or NOBODY_SET_THIS_FILE to a file that holds it$/,
  ];

  it.each(['check', 'start', 'doctor'])('%s lists all six with file, line and column, and exits with 2', async (command) => {
    const file = join(folder, 'six.yaml');
    await writeFile(file, text);
    const { code, lines } = await run([command, '--config', file], { TELEGRAM_BOT_TOKEN: BOT_TOKEN, HELPDESK_TOKEN: HELPDESK_SECRET });
    expect(code).toBe(2);
    const problems = lines.filter((line) => line.startsWith(`${file}:`));
    expect(problems).toEqual(expected.map((pattern) => expect.stringMatching(pattern)));
    expect(lines.length).toBe(command === 'check' ? 7 : 6);
    if (command === 'check') expect(lines.at(-1)).toBe('6 errors');
  });
});

describe('check', () => {
  it('is content with the files that come with the product', async () => {
    expect(await run(['check'], { TELEGRAM_BOT_TOKEN: BOT_TOKEN })).toEqual({ code: 0, lines: ['all is well: polling, helpdesk desk'] });
  });

  it('names a missing token and a token of the wrong form, without showing it', async () => {
    const { code, lines } = await run(['check']);
    expect([code, lines[0]]).toEqual([2, expect.stringMatching(/config\/deskbridge\.yaml:\d+:\d+ telegram\.token: the environment variable TELEGRAM_BOT_TOKEN is not set/)]);
    const wrong = await run(['start'], { TELEGRAM_BOT_TOKEN: HELPDESK_SECRET });
    expect([wrong.code, wrong.lines]).toEqual([2, [expect.stringMatching(/telegram\.token: does not look like a bot token/)]]);
  });

  it('finds mistakes of the mappings, together with those of the config', async () => {
    const mappings = join(folder, 'mappings');
    await cp(join(root, 'mappings'), mappings, { recursive: true });
    const topics = join(mappings, 'topics.yaml');
    await writeFile(topics, (await readFile(topics, 'utf8')).replace('queue: Security', 'queue: Securty'));
    const { code, lines } = await run(['check'], { MAPPINGS_DIR: mappings, HELPDESK: 'acne', TELEGRAM_BOT_TOKEN: BOT_TOKEN });
    expect(code).toBe(2);
    expect(lines.join('\n')).toMatch(/helpdesk\.name: there is no helpdesk "acne"/);
    expect(lines.join('\n')).toMatch(/topics\.yaml:\d+:\d+ topics\.security\.queue: .*Security/);
    const started = await run(['start'], { MAPPINGS_DIR: mappings, TELEGRAM_BOT_TOKEN: BOT_TOKEN });
    expect([started.code, started.lines.length]).toEqual([2, 1]);
  });

  it('says when there is no config file', async () => {
    const { code, lines } = await run(['start', '--config', join(folder, 'nothing.yaml')], { TELEGRAM_BOT_TOKEN: BOT_TOKEN });
    expect([code, lines.length]).toEqual([2, 1]);
    expect(lines[0]).toContain('nothing.yaml');
  });
});

describe('doctor', () => {
  let desk: OwnDesk;
  const env = (): Record<string, string> => ({
    TELEGRAM_BOT_TOKEN: BOT_TOKEN, TELEGRAM_API_ROOT: telegram.url, HELPDESK: 'desk', HELPDESK_URL: desk.url, HELPDESK_TOKEN: DESK_TOKEN,
  });
  const failures = ({ lines }: Ended): readonly string[] => lines.filter((line) => line.startsWith('FAIL'));
  beforeAll(async () => {
    desk = await startOwnDesk({ queues: ['Support', 'Security'] });
    once.push(() => desk.close());
  });

  it('says that all is fine, with exit code 0', async () => {
    const ended = await run(['doctor'], env());
    expect(ended.code).toBe(0);
    expect(ended.lines.map((line) => line.slice(0, 6))).toEqual(ended.lines.map(() => 'ok    '));
    expect(ended.lines.join('\n')).toMatch(/the token is that of @emulated_support_bot[\s\S]*the desk answers[\s\S]*queue Support: exists[\s\S]*queue Security: exists/);
  });

  it('works before the first start of the built-in desk', async () => {
    const { code, lines } = await run(['doctor'], { TELEGRAM_BOT_TOKEN: BOT_TOKEN, TELEGRAM_API_ROOT: telegram.url });
    expect([code, lines.join('\n')]).toEqual([0, expect.stringContaining('the built-in desk')]);
  });

  const broken: readonly { name: string; change: () => Promise<Record<string, string>> | Record<string, string>; line: RegExp }[] = [
    { name: 'a wrong bot token', change: () => ({ TELEGRAM_BOT_TOKEN: WRONG_TOKEN }), line: /Telegram refuses the token; copy the token again from @BotFather into TELEGRAM_BOT_TOKEN/ },
    { name: 'an unreachable Telegram', change: () => ({ TELEGRAM_API_ROOT: 'http://127.0.0.1:9' }), line: /Telegram cannot be reached .*; check the network and TELEGRAM_API_ROOT/ },
    { name: 'an unreachable helpdesk', change: () => ({ HELPDESK_URL: 'http://127.0.0.1:9' }), line: /desk and its token: .*; check HELPDESK_URL, and that the desk is running/ },
    { name: 'a helpdesk that is something else', change: () => ({ HELPDESK_URL: telegram.url }), line: /desk and its token: .*; check HELPDESK_URL/ },
    { name: 'a wrong helpdesk token', change: () => ({ HELPDESK_TOKEN: HELPDESK_SECRET }), line: /the desk refuses the token; set HELPDESK_TOKEN/ },
    {
      name: 'a missing queue', line: /queue Security: does not exist; the desk has: Support; correct the name in mappings\/queues\.yaml/,
      change: async () => {
        const other = await startOwnDesk({ queues: ['Support'] });
        cleanups.push(() => other.close());
        return { HELPDESK_URL: other.url };
      },
    },
    {
      name: 'a data directory that cannot be made', line: /data directory: .* cannot be written \(ENOTDIR\); set DATA_DIR/,
      change: async () => {
        await writeFile(join(folder, 'a-file'), '');
        return { DATA_DIR: join(folder, 'a-file/data') };
      },
    },
  ];

  it.each(broken)('gives one clear line about $name, with exit code 1', async ({ change, line }) => {
    const ended = await run(['doctor'], { ...env(), ...await change() });
    expect(ended.code).toBe(1);
    expect(failures(ended)).toEqual([expect.stringMatching(line)]);
    expect(ended.lines.length).toBeGreaterThan(1); // the other checks still ran
  });
});

describe('start', () => {
  it('with a wrong token ends in one line and exit code 1', async () => {
    const { code, lines } = await run(['start'], { TELEGRAM_BOT_TOKEN: WRONG_TOKEN, TELEGRAM_API_ROOT: telegram.url, PORT: '0' });
    expect(code).toBe(1);
    const errors = lines.map((line) => JSON.parse(line) as { level: string; message: string }).filter(({ level }) => level === 'error');
    expect(errors).toEqual([expect.objectContaining({ message: expect.stringMatching(/^cannot start: .*(token|401|unauthorized)/i) })]);
  });

  it('on a port that is taken ends in one line and exit code 1', async () => {
    const { code, lines } = await run(['start'], { TELEGRAM_BOT_TOKEN: BOT_TOKEN, TELEGRAM_API_ROOT: telegram.url, PORT: String(telegram.port) });
    expect(code).toBe(1);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(`port ${telegram.port} on 127.0.0.1 is taken by another program; choose another with PORT`);
  });
});

describe('the other commands', () => {
  it('version', async () => {
    const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string };
    expect(await run(['version'])).toEqual({ code: 0, lines: [version] });
    expect(await run(['--version'])).toEqual({ code: 0, lines: [version] });
  });

  it.each([['an unknown command', ['strat']], ['an unknown option', ['start', '--prot', '1']], ['no command', []]])('%s is bad usage: exit code 2', async (_name, args) => {
    const { code, lines } = await run(args);
    expect(code).toBe(2);
    expect(lines.join('\n')).toMatch(/Usage|unknown|--help/);
  });

  it('--help lists every command', async () => {
    const { code, lines } = await run(['--help']);
    expect(code).toBe(0);
    for (const command of ['start', 'demo', 'check', 'doctor', 'explain', 'buried', 'replay', 'version']) expect(lines.join('\n')).toMatch(new RegExp(`^  ${command}\\b`, 'm'));
  });

  it('explain says where a message goes, without a token', async () => {
    const { code, lines } = await run(['explain', '--topic', 'security', '--locale', 'ru', 'Украли пароль!']);
    expect(code).toBe(0);
    expect(lines).toEqual(['topic      security (Безопасность)', 'queue      Security', 'priority   high', 'tags       telegram, security', 'answer     within 60 minutes',
      'language   ru', 'subject    Украли пароль!', 'requester  the Telegram id, name, username, language, link, phone, photo, shown as "Somebody"']);
    expect((await run(['explain', '--topic', 'nosuch'])).lines[0]).toMatch(/^topic {6}question .*because there is no topic "nosuch"/);
  });

  it('buried lists nothing on a new map, and by its ids what was given up, also while the bridge runs', async () => {
    const data = join(folder, 'buried');
    await mkdir(data);
    const own = await startTelegram();
    cleanups.push(() => own.stop());
    const env = { TELEGRAM_BOT_TOKEN: BOT_TOKEN, TELEGRAM_API_ROOT: own.url, DATA_DIR: data };
    expect(await run(['buried'], env)).toEqual({ code: 0, lines: ['nothing is buried'] });
    const user = own.world.addUser({ name: 'Құпия' }).id;
    // A message that is a day old: what cannot be stored is given up at its first failure.
    const from = { id: user, is_bot: false, first_name: 'Құпия' };
    const message = { message_id: 77, from, chat: { id: user, type: 'private', first_name: 'Құпия' }, date: Math.floor(Date.now() / 1000) - 23.5 * 3600, text: 'ескі хат' };
    const desk = await startOwnDesk();
    const proxy = await startFaultProxy(desk.url);
    cleanups.push(() => desk.close(), () => proxy.close());
    const { program } = await startProgram({ ...env, HELPDESK: 'desk', HELPDESK_URL: proxy.url, HELPDESK_TOKEN: DESK_TOKEN });
    programs.push(program);
    cleanups.push(() => endProgram(program));
    proxy.decide = () => 'refuse';
    own.world.inject({ message });
    await allAcknowledged(own.world);
    await eventually(() => (own.world.chat(user).messages.some((stored) => (stored.message.text ?? '').includes('could not be passed on')) ? true : undefined), SOON_MS, 'the requester is told');
    const { code, lines } = await run(['buried'], env);
    expect([code, lines.length]).toEqual([0, 2]);
    expect(lines[1]).toMatch(new RegExp(`^[0-9a-f]{6}  to_helpdesk  unavailable  \\S+ +\\d+ (s|min)  +tg:7000000042:${user}  message tg:7000000042:${user}:77  only by the sender$`));
    expect(lines.join()).not.toMatch(/ескі|Құпия/);
  });
});
