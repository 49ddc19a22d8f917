/** The built program on a real Request Tracker, without webhooks: what customers write, what agents do. */
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import type { ApiMessage } from '../../src/demo/emulator/index.js';
import { drawPortrait } from '../../src/demo/portraits.js';
import type { TicketId } from '../../src/core/types.js';
import { everyByte, sampleFile } from '../conformance/helpdesk-samples.js';
import { eventually, root, temporaryFolder } from '../e2e/program.js';
import { answerInBrowser } from './rt-browser.js';
import { createRig, TEST_MS, WAIT_MS, type Rig } from './bridge-rig.js';

const QUICK = { SWEEP_SECONDS: '2' };

const PDF = Buffer.concat([Buffer.from('%PDF-1.7\n'), everyByte(200), Buffer.from('\n%%EOF\n')]);
const has = (text: string) => (message: ApiMessage): boolean => (message.text ?? message.caption ?? '').includes(text);
const marked = (message: ApiMessage): readonly unknown[] =>
  (message.entities ?? message.caption_entities ?? []).map(({ type, offset, length, url }) =>
    ({ type, text: (message.text ?? message.caption)?.slice(offset, offset + length), ...(url === undefined ? {} : { url }) }));

describe('the program with nothing but the seven variables, on Request Tracker', () => {
  let rig: Rig;
  let user: number;
  let ticket: TicketId;
  beforeAll(async () => {
    rig = await createRig();
    expect(Object.keys(rig.environment).sort()).toEqual(
      ['DATA_DIR', 'HELPDESK', 'HELPDESK_TOKEN', 'HELPDESK_URL', 'PORT', 'TELEGRAM_API_ROOT', 'TELEGRAM_BOT_TOKEN']);
    await rig.start();
    user = rig.newUser('Айгүл', 'ru');
  }, TEST_MS);
  afterAll(() => rig.close(), TEST_MS);

  /** The files of a ticket, once there are `count`. */
  const files = (count: number) => eventually(async () => {
    const found = (await rig.hands.readComments(ticket)).flatMap((comment) => comment.files);
    return found.length >= count ? found : undefined;
  }, WAIT_MS, `${count} files on the ticket`);

  it('makes a ticket of a message, with its formatting', async () => {
    const text = 'Здравствуйте! Не могу войти <здесь>: код E42 🙂👍🏽\nКазақша: қайырлы таң';
    const at = (part: string): { offset: number; length: number } => ({ offset: text.indexOf(part), length: part.length });
    rig.world.say(user, text, { entities: [
      { type: 'bold', ...at('Не могу') }, { type: 'text_link', ...at('здесь'), url: 'https://example.kz/вход?a=1&b=2' }, { type: 'code', ...at('E42') },
    ] });
    ticket = await rig.ticketOf(user);
    expect((await rig.hands.readComments(ticket))[0]).toEqual({ visibility: 'public', files: [], body: '<div>Здравствуйте! <b>Не могу</b> войти '
      + '&lt;<a href="https://example.kz/вход?a=1&amp;b=2">здесь</a>&gt;: код <span style="font-family: monospace"><code>E42</code></span> 🙂👍🏽<br>Казақша: қайырлы таң</div>' });
    expect(await rig.hands.readTicket(ticket)).toMatchObject({ queue: 'Support', requesterName: 'Айгүл', tags: ['telegram', 'question'] });
    const raw = z.object({ Requestor: z.array(z.object({ id: z.string() })), CustomFields: z.array(z.object({ name: z.string(), values: z.array(z.string()) })) })
      .parse(await rig.root('GET', `/ticket/${ticket}`));
    const [bot] = (rig.environment['TELEGRAM_BOT_TOKEN'] ?? '').split(':');
    expect(raw.Requestor.map((one) => one.id)).toEqual([`tg-${user}@telegram.invalid`]);
    expect(Object.fromEntries(raw.CustomFields.map((field) => [field.name, field.values[0]]))).toMatchObject({
      TelegramChat: `tg:${bot}:${user}`, TelegramUser: `tg:${user}`, BridgeKey: `tg:${bot}:${user}:${rig.world.chat(user).messages[0]?.message.message_id ?? 0}`,
    });
    await rig.answer(user, has(`#${ticket}`));
  }, TEST_MS);

  it('brings pictures, documents and voice messages byte for byte', async () => {
    const photo = Buffer.concat([drawPortrait(1), everyByte(10)]);
    const voice = Buffer.concat([Buffer.from('OggS'), everyByte(30)]);
    await rig.world.sendFile(user, { kind: 'photo', bytes: photo, caption: 'снимок экрана' });
    await rig.world.sendFile(user, { kind: 'document', bytes: PDF, name: 'Договор №5 — қосымша.pdf', mediaType: 'application/pdf' });
    await rig.world.sendFile(user, { kind: 'voice', bytes: voice, durationSeconds: 3 });
    const [first, second, third, ...more] = await files(3);
    expect([first?.bytes.equals(photo), second?.bytes.equals(PDF), third?.bytes.equals(voice)]).toEqual([true, true, true]);
    expect(first?.mediaType).toBe('image/jpeg');
    expect(second).toMatchObject({ name: 'Договор №5 — қосымша.pdf', mediaType: 'application/pdf' });
    expect(third?.mediaType).toBe('audio/ogg');
    expect(more).toEqual([]);
    expect((await rig.hands.readComments(ticket)).some((comment) => comment.body.includes('снимок экрана') && comment.files.length === 1)).toBe(true);
    expect(await rig.ticketsOf(user)).toEqual([ticket]);
  }, TEST_MS);

  it('brings an answer with the next sweep, never an internal comment', async () => {
    await rig.hands.commentInternal(ticket, '<p>между нами</p>');
    await rig.hands.replyPublic(ticket, '<p>Ответ без вебхука</p>');
    await rig.answer(user, has('Ответ без вебхука'));
    expect(rig.answersTo(user).filter(has('между нами'))).toEqual([]);
  }, TEST_MS);

  it('goes on after a restart', async () => {
    await rig.stop();
    rig.world.say(user, 'пока вас не было');
    await rig.hands.replyPublic(ticket, '<p>и мы писали</p>');
    await rig.start(QUICK);
    await rig.answer(user, has('и мы писали'));
    const comments = await eventually(async () => {
      const found = await rig.hands.readComments(ticket);
      return found.some((comment) => comment.body.includes('пока вас не было')) ? found : undefined;
    }, WAIT_MS, 'the message on the ticket');
    expect(comments.filter((comment) => comment.body.includes('пока вас не было'))).toHaveLength(1);
    expect(rig.answersTo(user).filter(has('и мы писали'))).toHaveLength(1);
  }, TEST_MS);
});

describe('the program with a queue that Request Tracker does not have', () => {
  it('keeps messages, says why, and goes on with them when that is mended', async () => {
    const rig = await createRig();
    const mappings = await temporaryFolder();
    const queues = join(mappings.path, 'queues.yaml');
    try {
      await cp(join(root, 'mappings'), mappings.path, { recursive: true });
      const good = await readFile(queues, 'utf8');
      for (const name of ['queues.yaml', 'topics.yaml']) {
        const file = join(mappings.path, name);
        await writeFile(file, (await readFile(file, 'utf8')).replaceAll('Support', 'Nowhere'));
      }
      const program = await rig.start({ MAPPINGS_DIR: mappings.path });
      const user = rig.newUser('Zhanna');
      rig.world.say(user, 'куда же это попадёт');
      const line = await eventually(() => program.output().split('\n').find((one) => one.includes('opens no ticket in the queue Nowhere')), WAIT_MS, 'the line in the log');
      expect(JSON.parse(line)).toMatchObject({ level: 'error' });
      expect(rig.world.pendingUpdates()).toBe(1);
      expect(await rig.ticketsOf(user)).toEqual([]);
      await writeFile(queues, good);
      await cp(join(root, 'mappings/topics.yaml'), join(mappings.path, 'topics.yaml'));
      await rig.stop();
      await rig.start({ MAPPINGS_DIR: mappings.path });
      expect((await rig.hands.readTicket(await rig.ticketOf(user))).queue).toBe('Support');
      expect(program.output().match(/opens no ticket/g)).toHaveLength(1);
    } finally {
      await rig.close();
      await mappings.remove();
    }
  }, TEST_MS);
});

describe('the program with a quick sweep, on Request Tracker', () => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await createRig();
    await rig.start(QUICK);
  }, TEST_MS);
  afterAll(() => rig.close(), TEST_MS);

  async function openedBy(name: string, text = 'Здравствуйте'): Promise<{ readonly user: number; readonly ticket: TicketId }> {
    const user = rig.newUser(name);
    rig.world.say(user, text);
    const ticket = await rig.ticketOf(user);
    await rig.answer(user, has(`#${ticket}`));
    return { user, ticket };
  }
  /** What agents answer after this has arrived: nothing before it is still on its way. */
  async function settled(user: number, ticket: TicketId, word: string): Promise<void> {
    await rig.hands.replyPublic(ticket, `<p>${word}</p>`);
    await rig.answer(user, has(word));
  }
  const bodies = async (ticket: TicketId): Promise<string> => (await rig.hands.readComments(ticket)).map((comment) => comment.body).join('\n');
  const bodyWith = (ticket: TicketId, text: string) => eventually(async () => ((await bodies(ticket)).includes(text) ? true : undefined), WAIT_MS, `"${text}" on the ticket`);

  it('gives an answer back with its formatting and files', async () => {
    const { user, ticket } = await openedBy('Bolat');
    const png = drawPortrait(2);
    await rig.hands.replyPublic(ticket, '<p>Сделайте <b>так</b>:</p><ul><li>откройте <a href="https://example.kz/вход">вход</a></li><li>нажмите <code>F5</code> 🙂</li></ul>', [
      sampleFile('Инструкция — нұсқаулық.pdf', 'application/pdf', PDF), sampleFile('screen.png', 'image/png', png),
    ]);
    const text = await rig.answer(user, has('Сделайте'));
    expect(text.text ?? text.caption).toBe('Agent\nСделайте так:\n\n• откройте вход\n• нажмите F5 🙂');
    expect(marked(text)).toEqual([
      { type: 'bold', text: 'Agent' }, { type: 'bold', text: 'так' }, { type: 'text_link', text: 'вход', url: 'https://example.kz/вход' }, { type: 'code', text: 'F5' },
    ]);
    const document = (await rig.answer(user, (message) => message.document !== undefined)).document;
    expect(document).toMatchObject({ file_name: 'Инструкция — нұсқаулық.pdf', mime_type: 'application/pdf' });
    expect(rig.world.file(document?.file_id ?? '')?.bytes.equals(PDF)).toBe(true);
    const photo = (await rig.answer(user, (message) => message.photo !== undefined)).photo?.at(-1);
    expect(rig.world.file(photo?.file_id ?? '')?.bytes.equals(png)).toBe(true);
  }, TEST_MS);

  it('gives back what an agent answers in the web pages, and the status set with it, once', async () => {
    const { user, ticket } = await openedBy('Сара', 'Как войти?');
    await answerInBrowser(rig.credentials, ticket, {
      html: '<p>Отвечаю <strong>из браузера</strong></p>', status: 'resolved', file: sampleFile('справка.pdf', 'application/pdf', PDF),
    });
    const answer = await rig.answer(user, has('из браузера'));
    expect(marked(answer)).toContainEqual({ type: 'bold', text: 'из браузера' });
    const { document } = answer; // a short answer is its file's caption
    expect(document?.file_name).toBe('справка.pdf');
    expect(rig.world.file(document?.file_id ?? '')?.bytes.equals(PDF)).toBe(true);
    const solved = await rig.answer(user, has('is solved'));
    expect(solved.message_id).toBeGreaterThan(answer.message_id);
    await settled(user, ticket, 'что-нибудь ещё?');
    expect(rig.answersTo(user).filter(has('is solved'))).toHaveLength(1);
  }, TEST_MS);

  it('leaves a ticket new while only its requester writes', async () => {
    const { user, ticket } = await openedBy('Timur');
    rig.world.say(user, 'и ещё вот что');
    await bodyWith(ticket, 'и ещё вот что');
    expect(await rig.root('GET', `/ticket/${ticket}`)).toMatchObject({ Status: 'new' });
    await settled(user, ticket, 'принято');
    expect(await rig.root('GET', `/ticket/${ticket}`)).toMatchObject({ Status: 'open' });
    expect(rig.answersTo(user).map((message) => message.text)).toEqual([expect.stringContaining(`#${ticket}`), 'Agent\nпринято']);
  }, TEST_MS);

  it('tells once that a ticket is solved, and a message opens it again', async () => {
    const { user, ticket } = await openedBy('Dana');
    await rig.hands.commentInternal(ticket, '<p>только для коллег</p>');
    await rig.hands.setPhase(ticket, 'solved');
    await rig.answer(user, has('is solved'));
    rig.world.say(user, 'всё ещё не работает');
    await bodyWith(ticket, 'всё ещё не работает');
    await eventually(async () => (JSON.stringify(await rig.root('GET', `/ticket/${ticket}`)).includes('"Status":"open"') ? true : undefined), WAIT_MS, 'the ticket open');
    await settled(user, ticket, 'смотрим');
    expect(await rig.ticketsOf(user)).toEqual([ticket]);
    expect(rig.answersTo(user).filter(has('is solved'))).toHaveLength(1);
    expect(rig.answersTo(user).filter(has('только для коллег'))).toEqual([]);
  }, TEST_MS);

  it('goes on with the ticket that remains after a merge, and repeats nothing', async () => {
    const { user, ticket: first } = await openedBy('Erlan', 'первый вопрос');
    await settled(user, first, 'ответ на первый');
    rig.world.say(user, '/new');
    const choice = await rig.answer(user, (message) => message.reply_markup?.inline_keyboard.flat().some((button) => button.callback_data?.endsWith('topic:billing')) === true);
    const button = choice.reply_markup?.inline_keyboard.flat().find((one) => one.callback_data?.endsWith('topic:billing'));
    rig.world.press(user, choice.message_id, button?.callback_data ?? '');
    await rig.answer(user, has('Payments and bills'));
    rig.world.say(user, 'второй вопрос');
    const second = await rig.ticketOf(user, 2);
    expect((await rig.hands.readTicket(second)).tags).toEqual(['telegram', 'billing']);
    await settled(user, second, 'ответ на второй');
    await rig.hands.merge?.(second, first);
    await settled(user, first, 'ответ после слияния');
    rig.world.say(user, 'после слияния');
    await bodyWith(first, 'после слияния');
    await settled(user, first, 'и снова ответ');
    for (const word of ['ответ на первый', 'ответ на второй', 'ответ после слияния', 'и снова ответ']) expect(rig.answersTo(user).filter(has(word))).toHaveLength(1);
    expect(await rig.ticketsOf(user)).toEqual([first]);
  }, TEST_MS);

  it('opens a new ticket when the old one was deleted', async () => {
    const { user, ticket } = await openedBy('Gulnara');
    await rig.hands.remove?.(ticket);
    rig.world.say(user, 'есть кто-нибудь?');
    const next = await eventually(async () => (await rig.ticketsOf(user)).find((one) => one !== ticket), WAIT_MS, 'a new ticket');
    expect(await bodies(next)).toContain('есть кто-нибудь?');
    expect(await rig.root('GET', `/ticket/${ticket}`)).toMatchObject({ Status: 'deleted' });
  }, TEST_MS);

  it('tells the agent, for their eyes only, that an answer did not arrive', async () => {
    const { user, ticket } = await openedBy('Ivan');
    rig.world.block(user);
    await rig.hands.replyPublic(ticket, '<p>вы здесь?</p>');
    const told = await eventually(async () => (await rig.hands.readComments(ticket)).find((comment) => comment.body.includes('blocked the bot')), WAIT_MS, 'a comment for the agent');
    expect(told.visibility).toBe('internal');
    expect(rig.answersTo(user).filter(has('вы здесь?'))).toEqual([]);
  }, TEST_MS);
});
