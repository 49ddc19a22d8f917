/** `deskbridge start` with a bot token and nothing else: the whole product over real sockets, by polling, with the desk it brings along. */
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import type { ApiMessage, EmulatorWorld } from '../../src/demo/emulator/index.js';
import { png } from '../demo/setup.js';
import { eventually } from './program.js';
import { allAcknowledged, BOT_TOKEN, botSays, cleanUp, commentWith, findAtRest, fromBot, SOON_MS, startProduct, ticketWith, type Agent, type Cleanup, type DeskTicket, type Running } from './setup.js';

const TEST_MS = 60_000;
jest.setTimeout(TEST_MS);
const cleanups: Cleanup[] = [];
let world: EmulatorWorld;
let folder: string;
let running: Running;
let agent: Agent;
let deskToken: string;

beforeAll(async () => { ({ world, folder, running, deskToken, agent } = await startProduct(cleanups)); });
afterAll(() => cleanUp(cleanups));

/** A customer whose first message has become a ticket and who has the receipt. */
async function openTicket(name: string, words: string, languageCode = 'en'): Promise<{ user: number; first: ApiMessage; ticket: DeskTicket; receipt: ApiMessage }> {
  const user = world.addUser({ name, languageCode }).id;
  const first = world.say(user, words);
  const ticket = await ticketWith(agent, words);
  const receipt = await botSays(world, user, `#${ticket.number}`);
  return { user, first, ticket, receipt };
}

describe('a message and its answer', () => {
  it('keep formatting, Cyrillic and emoji both ways', async () => {
    const user = world.addUser({ name: 'Дана', lastName: 'Сейтқазы', username: 'dana_s', languageCode: 'ru' }).id;
    const text = 'Не могу войти 👩‍👩‍👧 в кабинет: <код> & «ключ»';
    world.say(user, text, { entities: [
      { type: 'bold', offset: 0, length: 13 }, { type: 'italic', offset: text.indexOf('кабинет'), length: 7 }, { type: 'code', offset: text.indexOf('<код>'), length: 5 },
      { type: 'text_link', offset: text.indexOf('ключ'), length: 4, url: 'https://example.kz/k?a=1&b=2' },
    ] });
    const ticket = await ticketWith(agent, 'Не могу войти');
    expect(ticket).toMatchObject({ status: 'new', queue: 'Support', subject: text, requester: { name: 'Дана Сейтқазы' }, conversation: `tg:7000000042:${user}` });
    const [opening] = await agent.comments(ticket.id);
    const markup = '<(b|strong)>Не могу войти</\\1> 👩‍👩‍👧 в <(i|em)>кабинет</\\2>: <code>&lt;код&gt;</code> &amp; «<a href="https://example.kz/k\\?a=1&amp;b=2"[^>]*>ключ</a>»';
    expect(opening?.html).toMatch(new RegExp(markup));
    const receipt = await botSays(world, user, `#${ticket.number}`);
    expect(receipt.text).toContain('Спасибо! Номер вашего обращения');
    expect(receipt.text).toContain('4 часов');

    await agent.answer(ticket.id, '<p>Здравствуйте, <b>Дана</b>! 🙂</p><p>Попробуйте <a href="https://example.kz/вход">эту ссылку</a> и <code>a&lt;b</code></p>');
    const answer = await botSays(world, user, 'Здравствуйте');
    expect(answer.text).toMatch(/^Agent\nЗдравствуйте, Дана! 🙂\n+Попробуйте эту ссылку и a<b$/);
    const marked = (type: string): readonly string[] => (answer.entities ?? []).filter((entity) => entity.type === type).map(({ offset, length }) => (answer.text ?? '').slice(offset, offset + length));
    expect(marked('bold')).toEqual(['Agent', 'Дана']);
    expect(marked('code')).toEqual(['a<b']);
    expect(marked('text_link')).toEqual(['эту ссылку']);
  });

  it('go on in the same ticket, and an internal comment stays inside', async () => {
    const { user, ticket } = await openTicket('Aset', 'the printer is silent');
    world.say(user, 'and the scanner too');
    await commentWith(agent, ticket.id, 'and the scanner too');
    await agent.answer(ticket.id, 'ask the warehouse first', { visibility: 'internal' });
    await agent.answer(ticket.id, 'We look into it.');
    await botSays(world, user, 'We look into it.');
    await agent.answer(ticket.id, 'second secret', { visibility: 'internal' });
    await agent.answer(ticket.id, 'It is done.');
    await botSays(world, user, 'It is done.');
    expect(fromBot(world, user)).toHaveLength(3); // the receipt and two answers
    expect(JSON.stringify(world.chat(user))).not.toMatch(/warehouse|second secret/);
    expect((await agent.comments(ticket.id)).map((comment) => comment.visibility)).toEqual(['public', 'public', 'internal', 'public', 'internal', 'public']);
  });
});

describe('files', () => {
  it('come over byte for byte, both ways', async () => {
    const user = world.addUser({ name: 'Файл' }).id;
    const photo = Buffer.concat([png(640, 480), randomBytes(100_000)]);
    const document = randomBytes(700_001);
    await world.sendFile(user, { kind: 'photo', bytes: photo, caption: 'скриншот ошибки' });
    const ticket = await ticketWith(agent, 'скриншот ошибки');
    await world.sendFile(user, { kind: 'document', bytes: document, name: 'Шот №5 (көшірме).bin', caption: 'счёт' });
    const first = (await commentWith(agent, ticket.id, 'скриншот ошибки')).files[0];
    const second = (await commentWith(agent, ticket.id, 'счёт')).files[0];
    expect(second).toMatchObject({ name: 'Шот №5 (көшірме).bin', sizeBytes: document.length });
    expect((await agent.download(first?.id ?? '')).equals(photo)).toBe(true);
    expect((await agent.download(second?.id ?? '')).equals(document)).toBe(true);

    const picture = Buffer.concat([png(800, 600), randomBytes(50_000)]);
    const report = randomBytes(300_003);
    const files = [await agent.upload('график.png', 'image/png', picture), await agent.upload('Отчёт за май.pdf', 'application/pdf', report)];
    await agent.answer(ticket.id, 'Вот график и отчёт', { files });
    const sent = await eventually(() => {
      const media = fromBot(world, user).filter((message) => message.photo !== undefined || message.document !== undefined);
      return media.length === 2 ? media : undefined;
    }, SOON_MS, 'both files arrive');
    const bytesOf = (id: string | undefined): Buffer | undefined => world.file(id ?? '')?.bytes;
    expect(bytesOf(sent[0]?.photo?.at(-1)?.file_id)?.equals(picture)).toBe(true);
    expect(sent[1]?.document?.file_name).toBe('Отчёт за май.pdf');
    expect(bytesOf(sent[1]?.document?.file_id)?.equals(report)).toBe(true);
    expect(JSON.stringify(fromBot(world, user)).match(/Вот график и отчёт/g)).toHaveLength(1);
  });

  it('over the limit become a line for the agent and a notice for the requester, and the caption still goes', async () => {
    const user = world.addUser({ name: 'Большой', languageCode: 'ru' }).id;
    await world.sendFile(user, { kind: 'video', name: 'запись.mp4', caption: 'смотрите запись', bytes: Buffer.from('x'), fileSizeOverride: 34 * 1024 * 1024 });
    const ticket = await ticketWith(agent, 'смотрите запись');
    const [opening] = await agent.comments(ticket.id);
    expect(opening?.files).toEqual([]);
    expect(opening?.html).toMatch(/запись\.mp4.*34 MB.*at most 20 MB/);
    expect((await botSays(world, user, 'запись.mp4')).text).toMatch(/34 MB.*передать не удалось.*до 20 MB/);
  });
});

describe('several tickets of one requester', () => {
  it('are opened by /new and a topic, and a reply goes to the ticket of the message that it answers', async () => {
    const { user, first, ticket } = await openTicket('Много', 'первое дело', 'ru');
    world.say(user, '/new');
    const prompt = await botSays(world, user, 'Выберите тему');
    const buttons = prompt.reply_markup?.inline_keyboard.flat() ?? [];
    expect(buttons.map((button) => button.text)).toEqual(['Вопрос', 'Что-то не работает', 'Оплата и счета', 'Безопасность']);
    world.press(user, prompt.message_id, buttons[3]?.callback_data ?? '');
    await botSays(world, user, /Безопасность[\s\S]*напишите сообщение/);
    world.say(user, 'второе дело');
    const second = await ticketWith(agent, 'второе дело');
    expect(second).toMatchObject({ queue: 'Security', priority: 'high', tags: ['telegram', 'security'] });
    expect(second.id).not.toBe(ticket.id);
    expect((await botSays(world, user, `#${second.number}`)).text).toContain('1 часа');

    world.say(user, 'ответ на первое', { replyTo: first.message_id });
    await commentWith(agent, ticket.id, 'ответ на первое');
    await agent.answer(second.id, 'о втором');
    const answer = await botSays(world, user, 'о втором');
    expect(answer.text).toContain(`#${second.number}`);
    world.say(user, 'ответ на второе', { replyTo: answer.message_id });
    await commentWith(agent, second.id, 'ответ на второе');
  });

  it('are listed by /tickets, and a tap makes one the current', async () => {
    const { user, ticket } = await openTicket('Список', 'alpha matter');
    world.say(user, '/start billing');
    await botSays(world, user, /Payments and bills[\s\S]*write your message/);
    world.say(user, 'beta matter');
    const second = await ticketWith(agent, 'beta matter');
    world.say(user, '/tickets');
    const list = await botSays(world, user, 'Your requests');
    const labels = (list.reply_markup?.inline_keyboard.flat() ?? []).map((button) => button.text);
    expect(labels).toEqual([`#${ticket.number} · received`, `👉 #${second.number} · received`]);
    world.press(user, list.message_id, list.reply_markup?.inline_keyboard[0]?.[0]?.callback_data ?? '');
    await botSays(world, user, `will go to request #${ticket.number}`);
    world.say(user, 'gamma for alpha');
    await commentWith(agent, ticket.id, 'gamma for alpha');
  });
});

describe('the other commands', () => {
  it('/help, /status, /close and what nobody knows', async () => {
    const { user, ticket } = await openTicket('Команды', 'delta matter');
    world.say(user, '/help');
    await botSays(world, user, '/language – change the language');
    world.say(user, '/status');
    await botSays(world, user, `Request #${ticket.number}: received.`);
    world.say(user, '/nosuch');
    await botSays(world, user, 'I do not know this command');
    world.say(user, '/close');
    await botSays(world, user, `Done, request #${ticket.number} is closed`);
    expect((await agent.tickets()).find((one) => one.id === ticket.id)?.status).toBe('solved');
    world.say(user, '/tickets');
    await botSays(world, user, 'You have no open requests');
    // Closed by the requester's own word: nobody tells it to them again.
    expect(fromBot(world, user).filter((message) => (message.text ?? '').includes('is solved'))).toEqual([]);
  });

  it('/language changes the language, the menu is there in all of them', async () => {
    const user = world.addUser({ name: 'Тіл', languageCode: 'de' }).id;
    world.say(user, '/language');
    const prompt = await botSays(world, user, 'Which language do you prefer?');
    const kazakh = prompt.reply_markup?.inline_keyboard.flat().find((button) => button.text === 'Қазақша');
    world.press(user, prompt.message_id, kazakh?.callback_data ?? '');
    await eventually(() => fromBot(world, user)[1], SOON_MS, 'the language is changed');
    world.say(user, '/status');
    const line = await eventually(() => fromBot(world, user)[2], SOON_MS, 'an answer in Kazakh');
    expect(line.text).toMatch(/[әіңғүұқөһ]/);
    for (const language of ['', 'ru', 'kk', 'en']) {
      expect(world.commands(language).map((command) => command.command)).toEqual(['new', 'tickets', 'status', 'close', 'language', 'help']);
    }
    expect(world.commands('ru')).not.toEqual(world.commands('en'));
  });
});

describe('the life of a ticket', () => {
  it('a change of status is told once; writing after "solved" reopens', async () => {
    const { user, ticket } = await openTicket('Статус', 'epsilon matter');
    await agent.setStatus(ticket.id, 'pending');
    await botSays(world, user, `#${ticket.number} is on hold`);
    await agent.setStatus(ticket.id, 'solved');
    await botSays(world, user, `#${ticket.number} is solved`);
    world.say(user, 'it is broken again');
    await commentWith(agent, ticket.id, 'it is broken again');
    expect((await agent.tickets()).find((one) => one.id === ticket.id)?.status).toBe('open');
    await agent.answer(ticket.id, 'We are at it.');
    await botSays(world, user, 'We are at it.');
    const told = fromBot(world, user).map((message) => message.text ?? '');
    expect(told.filter((text) => text.includes('is on hold'))).toHaveLength(1);
    expect(told.filter((text) => text.includes('is solved'))).toHaveLength(1);
    expect(told).toHaveLength(4); // and the receipt: nothing about "open", which the answer shows
  });

  it('writing after "closed" opens a follow-up', async () => {
    const { user, ticket } = await openTicket('Закрыт', 'zeta matter');
    await agent.answer(ticket.id, 'Closing this one.', { status: 'closed' });
    await botSays(world, user, `#${ticket.number} is closed`);
    const texts = fromBot(world, user).map((message) => message.text ?? '');
    expect(texts.findIndex((text) => text.includes('Closing this one.'))).toBeLessThan(texts.findIndex((text) => text.includes('is closed')));
    world.say(user, 'zeta comes back');
    const next = await ticketWith(agent, 'zeta comes back');
    expect(next).toMatchObject({ followUpOf: ticket.id });
    await botSays(world, user, `#${next.number}`);
  });

  it('an answer to somebody who blocked the bot waits, with its agent told, and goes out when they come back', async () => {
    const { user, ticket } = await openTicket('Блок', 'iota matter');
    world.block(user);
    await commentWith(agent, ticket.id, 'The requester has blocked the bot');
    await agent.answer(ticket.id, 'Can you hear me?');
    const verdict = await commentWith(agent, ticket.id, 'has not reached the requester');
    expect(verdict.visibility).toBe('internal');
    expect(fromBot(world, user)).toHaveLength(1);
    world.say(user, 'I am back');
    await commentWith(agent, ticket.id, 'I am back');
    await botSays(world, user, 'Can you hear me?');
    await commentWith(agent, ticket.id, 'has reached the requester now');
    await agent.answer(ticket.id, 'Welcome back.');
    await botSays(world, user, 'Welcome back.');
    expect(fromBot(world, user).filter((message) => message.text?.includes('Can you hear me?'))).toHaveLength(1);
    expect((await agent.comments(ticket.id)).filter((comment) => comment.visibility === 'internal')).toHaveLength(4);
  });
});

describe('the data directory and the log', () => {
  it('keeps ids and nothing else', async () => {
    const words = ['войти', 'Дана', 'Сейтқазы', 'dana_s', 'Здравствуйте', 'printer', 'warehouse', 'We look into', 'счёт', 'көшірме', 'Отчёт', 'запись', 'alpha matter', 'delta matter', 
      'Файл', 'Команды', 'Welcome back', BOT_TOKEN, BOT_TOKEN.split(':')[1] ?? ''];
    await allAcknowledged(world);
    expect(await findAtRest(folder, [running.program.output()], words)).toEqual([]);
    expect(await findAtRest(folder, [running.program.output()], ['tg:7000000042:'])).not.toEqual([]); // the search itself works
    expect(running.program.output()).not.toContain(deskToken);
  });
});
