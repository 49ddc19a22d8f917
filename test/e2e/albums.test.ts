/** Albums through the built program, by polling and by webhook: whole, in order, once, whatever is killed; and albums of agents. */
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { ApiMessage, EmulatorWorld, RunningEmulator } from '../../src/demo/emulator/index.js';
import { eventually, temporaryFolder, type Program } from './program.js';
import {
  allAcknowledged, BOT_TOKEN, botSays, cleanUp, commentWith, DESK_TOKEN, endProgram, findAtRest, fromBot, SOON_MS, startOwnDesk, startProgram, startTelegram,
  ticketWith, type Agent, type Cleanup, type DeskComment,
} from './setup.js';
import { freePort } from '../fakes/free-port.js';

jest.setTimeout(120_000);
const cleanups: Cleanup[] = [];
let telegram: RunningEmulator;
let world: EmulatorWorld;
let folder: string;
let agent: Agent;
let env: Record<string, string>;
let user: number;

async function envOf(mode: 'polling' | 'webhook', deskUrl: string): Promise<Record<string, string>> {
  const port = String(await freePort());
  const shared = { TELEGRAM_API_ROOT: telegram.url, DATA_DIR: folder, HELPDESK_URL: `${deskUrl}/desk`, HELPDESK_TOKEN: DESK_TOKEN, SWEEP_SECONDS: '3600', PORT: port };
  return mode === 'polling' ? { ...shared, SWEEP_SECONDS: '1' } : {
    ...shared, SWEEP_SECONDS: '1', TELEGRAM_MODE: 'webhook', TELEGRAM_WEBHOOK_SECRET: 'e2e-telegram-secret_0123456789', PUBLIC_URL: `http://127.0.0.1:${port}`,
  };
}

async function start(more: Readonly<Record<string, string>> = {}): Promise<Program> {
  const { program } = await startProgram({ ...env, ...more });
  cleanups.push(() => endProgram(program));
  return program;
}

/** Bytes that no other file has. */
const bytesOf = (number: number): Buffer => Buffer.from(`bytes of file ${number} `.repeat(40 + number));
/** Of the same bot, after a change at BotFather. */
const NEW_TOKEN = `${BOT_TOKEN}-changed`;
const CAPTION = 'сурет астындағы жазу';
const nameOf = (number: number): string => `album-file-${number}.pdf`;

function fileOf(number: number) {
  return { kind: 'document' as const, name: nameOf(number), mediaType: 'application/pdf', bytes: bytesOf(number), ...(number === 1 && { caption: CAPTION }) };
}

const sendAlbum = (count: number): Promise<readonly ApiMessage[]> => world.sendAlbum(user, Array.from({ length: count }, (_, index) => fileOf(index + 1)));

/** The comments with files on the only ticket. */
async function withFiles(): Promise<readonly DeskComment[]> {
  const [ticket] = await agent.tickets();
  return ticket === undefined ? [] : (await agent.comments(ticket.id)).filter(({ files }) => files.length > 0);
}

async function expectAlbum(comment: DeskComment | undefined, numbers: readonly number[]): Promise<void> {
  expect(comment?.files.map(({ name }) => name)).toEqual(numbers.map(nameOf));
  const bytes = await Promise.all((comment?.files ?? []).map(({ id }) => agent.download(id)));
  expect(bytes.map((each, index) => each.equals(bytesOf(numbers[index] ?? 0)))).toEqual(numbers.map(() => true));
}

const WORDS = [CAPTION, 'album-file-', 'Альбомшы'];
const idsOfFiles = (): readonly string[] => world.chat(user).messages.flatMap(({ message }) => message.document?.file_id ?? []);

/** While it waits its ids lie on disk, and not one word of it; `numbers` of them, so that a search that finds nothing is one that can find. */
async function expectOnlyIdsAtRest(programs: readonly Program[], numbers: number): Promise<void> {
  const outputs = programs.map((program) => program.output());
  expect(await findAtRest(folder, outputs, WORDS)).toEqual([]);
  expect(await findAtRest(folder, outputs, idsOfFiles())).toHaveLength(numbers);
}

async function expectNothingAtRest(programs: readonly Program[]): Promise<void> {
  const words = [...WORDS, ...idsOfFiles()];
  expect(await eventually(async () => {
    const found = await findAtRest(folder, programs.map((program) => program.output()), words);
    return found.length === 0 ? found : undefined;
  }, SOON_MS, 'nothing of the album lies at rest')).toEqual([]);
}

/** Searches the folder over and over, from the first byte to the last. */
function watchAtRest(): { readonly stop: () => Promise<{ readonly looks: number; readonly words: ReadonlySet<string>; readonly ids: number }> } {
  const words = new Set<string>();
  let [looks, ids, stopped] = [0, 0, false];
  const watching = (async () => {
    for (; !stopped; looks += 1) {
      for (const word of await findAtRest(folder, [], WORDS)) words.add(word);
      ids = Math.max(ids, (await findAtRest(folder, [], idsOfFiles())).length);
    }
  })();
  return { stop: async () => { stopped = true; await watching; return { looks, words, ids }; } };
}

const paused = (program: Program, step: string): Promise<true> => (
  eventually(() => (program.output().includes(`paused at ${step}\n`) ? true : undefined), SOON_MS, `the program pauses at ${step}`));

describe.each(['polling', 'webhook'] as const)('albums by %s', (mode) => {
  beforeEach(async () => {
    telegram = await startTelegram({ tokens: [BOT_TOKEN, NEW_TOKEN] });
    world = telegram.world;
    const temporary = await temporaryFolder();
    folder = temporary.path;
    const desk = await startOwnDesk();
    agent = desk.agent;
    cleanups.push(() => telegram.stop(), () => temporary.remove(), () => desk.close());
    env = await envOf(mode, desk.url);
    user = world.addUser({ name: 'Альбомшы' }).id;
  });
  afterEach(() => cleanUp(cleanups));

  it('ten files are one comment, byte for byte, between what was written before and after; a reply to any finds the ticket', async () => {
    const program = await start();
    const watch = watchAtRest();
    world.say(user, 'алдында');
    const sent = await sendAlbum(10);
    world.say(user, 'артында');
    const ticket = await ticketWith(agent, 'артында');
    await allAcknowledged(world);
    const comments = (await agent.comments(ticket.id)).filter((comment) => comment.externalId !== undefined);
    expect(comments.map((comment) => (comment.files.length > 0 ? comment.files.length : /алдында|артында/u.exec(comment.html)?.[0]))).toEqual(['алдында', 10, 'артында']);
    expect(comments[1]?.html).toContain(CAPTION);
    await expectAlbum(comments[1], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    await agent.setStatus(ticket.id, 'closed');
    await botSays(world, user, /closed|жабылды|закрыт/u);
    world.say(user, 'жетіншісі туралы', { replyTo: sent[6]?.message_id ?? 0 });
    const followUp = await ticketWith(agent, 'жетіншісі туралы');
    expect(followUp.followUpOf).toBe(ticket.id);
    await expectNothingAtRest([program]);
    const { looks, words, ids } = await watch.stop();
    expect({ words: [...words], looked: looks > 5, sawIds: ids > 0 }).toEqual({ words: [], looked: true, sawIds: true });
  });

  it('killed when some items are on disk: the next start makes one comment of all', async () => {
    const killed = await start({ DESKBRIDGE_PAUSE_AT: 'after-album-item:3' });
    await sendAlbum(6);
    await paused(killed, 'after-album-item');
    await expectOnlyIdsAtRest([killed], 3);
    await endProgram(killed);
    expect(await withFiles()).toEqual([]);
    const next = await start();
    const comments = await eventually(async () => {
      const found = await withFiles();
      return found.flatMap(({ files }) => files).length >= 6 ? found : undefined;
    }, SOON_MS, 'all files are on the ticket');
    await allAcknowledged(world);
    expect((await withFiles()).flatMap(({ files }) => files.map(({ name }) => name))).toEqual([1, 2, 3, 4, 5, 6].map(nameOf));
    expect(comments[0]?.html).toContain(CAPTION);
    if (mode === 'polling') await expectAlbum(comments[0], [1, 2, 3, 4, 5, 6]);
    await expectNothingAtRest([killed, next]);
  });

  it('killed when all items are acknowledged and nothing is filed: filed soon after the next start, without any sweep', async () => {
    const killed = await start();
    await sendAlbum(4);
    if (mode === 'webhook') await allAcknowledged(world);
    else await eventually(async () => ((await findAtRest(folder, [], idsOfFiles().slice(3))).length > 0 ? true : undefined), SOON_MS, 'the last item is on disk');
    killed.kill('SIGSTOP');
    await expectOnlyIdsAtRest([killed], 4);
    await endProgram(killed);
    expect(await withFiles()).toEqual([]);
    const next = await start({ SWEEP_SECONDS: '3600' });
    const [comment] = await eventually(async () => ((await withFiles()).length > 0 ? withFiles() : undefined), SOON_MS, 'the album is filed');
    await expectAlbum(comment, [1, 2, 3, 4]);
    await allAcknowledged(world);
    expect(await withFiles()).toHaveLength(1);
    await expectNothingAtRest([killed, next]);
  });

  it('killed, and started with another token of the bot: the files are filed, the agent reads that the words are lost, and nothing stands still', async () => {
    const killed = await start({ DESKBRIDGE_PAUSE_AT: 'before-write' });
    await sendAlbum(3);
    await paused(killed, 'before-write');
    await endProgram(killed);
    const next = await start({ TELEGRAM_BOT_TOKEN: NEW_TOKEN });
    const [comment] = await eventually(async () => ((await withFiles()).length > 0 ? withFiles() : undefined), SOON_MS, 'the album is filed');
    expect(comment?.files.map(({ name }) => name)).toEqual(['document_1.pdf', 'document_2.pdf', 'document_3.pdf']);
    expect(await Promise.all(comment?.files.map(async ({ id }, index) => (await agent.download(id)).equals(bytesOf(index + 1))) ?? [])).toEqual([true, true, true]);
    expect(comment?.html).toContain('🔒');
    expect(next.output()).toContain('the words of an album cannot be read any more');
    world.say(user, 'соңында');
    await commentWith(agent, (await ticketWith(agent, 'соңында')).id, 'соңында');
    await expectNothingAtRest([killed, next]);
  });

  it.each(['before-write', 'after-write', 'after-link'])('killed %s: filed once', async (step) => {
    const killed = await start({ DESKBRIDGE_PAUSE_AT: step });
    await sendAlbum(3);
    await paused(killed, step);
    await expectOnlyIdsAtRest([killed], step === 'after-link' ? 0 : 3);
    await endProgram(killed);
    const next = await start();
    await eventually(async () => ((await withFiles()).length > 0 ? true : undefined), SOON_MS, 'the album is filed');
    await allAcknowledged(world);
    world.say(user, 'соңында');
    await ticketWith(agent, 'соңында');
    const comments = await withFiles();
    expect(comments).toHaveLength(1);
    await expectAlbum(comments[0], [1, 2, 3]);
    expect(await agent.tickets()).toHaveLength(1);
    await expectNothingAtRest([killed, next]);
  });

  it('an item that comes late joins the ticket, marked', async () => {
    const program = await start();
    for (const number of [1, 2]) await world.sendFile(user, { ...fileOf(number), mediaGroup: '77' });
    await eventually(async () => ((await withFiles()).length > 0 ? true : undefined), SOON_MS, 'the album is filed');
    await world.sendFile(user, { ...fileOf(3), mediaGroup: '77' });
    const comments = await eventually(async () => ((await withFiles()).length > 1 ? withFiles() : undefined), SOON_MS, 'the late item is filed');
    await expectAlbum(comments[0], [1, 2]);
    await expectAlbum(comments[1], [3]);
    expect(comments[1]?.html).toContain('➕');
    await allAcknowledged(world);
    await expectNothingAtRest([program]);
  });

  it('the files of an answer go out as albums by kind, byte for byte, and a reply to any of them finds the ticket', async () => {
    await start();
    world.say(user, 'файлдар керек');
    const ticket = await ticketWith(agent, 'файлдар керек');
    const png = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');
    const uploads = [
      ...await Promise.all([1, 2, 3].map((number) => agent.upload(nameOf(number), 'application/pdf', bytesOf(number)))),
      ...await Promise.all([4, 5].map((number) => agent.upload(`photo-${number}.png`, 'image/png', png))),
    ];
    await agent.answer(ticket.id, 'міне бәрі', { files: uploads });
    const messages = await eventually(() => {
      const files = fromBot(world, user).filter((message) => message.document !== undefined || message.photo !== undefined);
      return files.length === 5 ? files : undefined;
    }, SOON_MS, 'five files in the chat');
    expect(messages.map((message) => message.document?.file_name ?? 'photo')).toEqual([nameOf(1), nameOf(2), nameOf(3), 'photo', 'photo']);
    expect(messages.map((message) => message.caption?.includes('міне бәрі') === true)).toEqual([true, false, false, false, false]);
    expect(new Set(messages.slice(0, 3).map((message) => message.media_group_id)).size).toBe(1);
    expect(new Set(messages.slice(3).map((message) => message.media_group_id)).size).toBe(1);
    expect(world.calls()['sendMediaGroup']).toBe(2);
    for (const [index, message] of messages.slice(0, 3).entries()) expect(world.file(message.document?.file_id ?? '')?.bytes.equals(bytesOf(index + 1))).toBe(true);
    world.say(user, 'екіншісі туралы', { replyTo: messages[1]?.message_id ?? 0 });
    await commentWith(agent, ticket.id, 'екіншісі туралы');
  });

  it.each(['after-send', 'after-part-link'])('an album of an answer is repeated at most once when killed %s', async (step) => {
    const killed = await start({ DESKBRIDGE_PAUSE_AT: step });
    world.say(user, 'файлдар керек');
    const ticket = await ticketWith(agent, 'файлдар керек');
    await agent.answer(ticket.id, 'міне', { files: await Promise.all([1, 2].map((number) => agent.upload(nameOf(number), 'application/pdf', bytesOf(number)))) });
    await paused(killed, step);
    await endProgram(killed);
    await start();
    await agent.answer(ticket.id, 'соңғысы');
    await botSays(world, user, 'соңғысы');
    const files = fromBot(world, user).flatMap((message) => message.document?.file_name ?? []);
    expect(files).toEqual(step === 'after-send' ? [nameOf(1), nameOf(2), nameOf(1), nameOf(2)] : [nameOf(1), nameOf(2)]);
  });
});
