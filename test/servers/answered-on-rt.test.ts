/** Which message an agent answers, as Request Tracker's own form says it, seen in the chat of the built program. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ApiMessage } from '../../src/demo/emulator/index.js';
import type { TicketId } from '../../src/core/types.js';
import { eventually } from '../e2e/program.js';
import { createRig, transactionsOf, TEST_MS, WAIT_MS, type Rig } from './bridge-rig.js';
import { answerInBrowser, type WebAnswer } from './rt-browser.js';

const has = (text: string) => (message: ApiMessage): boolean => (message.text ?? message.caption ?? '').includes(text);

describe('an answer to a certain message, on Request Tracker', () => {
  let rig: Rig;
  let user: number;
  let ticket: TicketId;
  beforeAll(async () => {
    rig = await createRig();
    await rig.start({ SWEEP_SECONDS: '1' });
    user = rig.newUser('Айгүл', 'ru');
    rig.world.say(user, 'Где мой заказ?');
    ticket = await rig.ticketOf(user);
    await rig.answer(user, has(`#${ticket}`));
    for (const text of ['И где сумка?', 'Она красная']) rig.world.say(user, text);
    await transactionOf('красная');
  }, TEST_MS);
  afterAll(() => rig.close(), TEST_MS);

  /** The number of the transaction with this text. */
  const transactionOf = (text: string): Promise<string> => eventually(async () => (await transactionsOf(rig, ticket, ['Create', 'Correspond'])).find((one) => one.text.includes(text))?.id, WAIT_MS, `"${text}" on the ticket`);
  const asked = (text: string): number => rig.world.chat(user).messages.map(({ message }) => message).find(has(text))?.message_id ?? 0;
  /** The answer in the chat: its text, and the message that it is a reply to. */
  async function seen(html: string, to?: WebAnswer['to']): Promise<readonly [string | undefined, number | undefined]> {
    await answerInBrowser(rig.credentials, ticket, { html: `<p>${html}</p>`, ...(to && { to }) });
    const { text, reply_to_message: replied } = await rig.answer(user, has(html));
    return [text, replied?.message_id];
  }

  it('is a reply to it, without the quote that the form put above or below', async () => {
    const comment = await transactionOf('сумка');
    expect(await seen('В пути', { comment, quote: 'above' })).toEqual(['Agent\nВ пути', asked('сумка')]);
    expect(await seen('Уже близко', { comment, quote: 'below' })).toEqual(['Agent\nУже близко', asked('сумка')]);
    expect(await seen('Завтра', { comment, quote: 'deleted' })).toEqual(['Agent\nЗавтра', asked('сумка')]);
  }, TEST_MS);

  it('is a reply to the message that opened the ticket only when it quotes it: the form names that one by itself', async () => {
    const comment = await transactionOf('заказ');
    expect(await seen('На складе', { comment, quote: 'above' })).toEqual(['Agent\nНа складе', asked('заказ')]);
    expect(await seen('Здравствуйте')).toEqual(['Agent\nЗдравствуйте', undefined]);
  }, TEST_MS);

  it('is a reply to the agent\'s own answer, and to no internal comment', async () => {
    await rig.hands.commentInternal(ticket, '<p>сумку нашли</p>');
    const internal = await eventually(async () => (await transactionsOf(rig, ticket, ['Comment'])).at(-1)?.id, WAIT_MS, 'the internal comment');
    expect(await seen('Как я и писал', { comment: await transactionOf('Завтра'), quote: 'above' })).toEqual(['Agent\nКак я и писал', rig.answersTo(user).find(has('Завтра'))?.message_id]);
    expect(await seen('Нашли', { comment: internal, quote: 'above' })).toEqual(['Agent\nНашли', undefined]);
    expect(rig.answersTo(user).filter(has('сумку нашли'))).toEqual([]);
  }, TEST_MS);

  it('is a reply to what an agent wrote by mail, and after a restart too', async () => {
    const mail = ['From: agent1@rt.test', 'To: support@rt.test', `Subject: Re: [rt.test #${ticket}]`, 'Message-ID: <mail.1@example.com>', 'Content-Type: text/plain; charset=utf-8', '', 'Красная у нас', ''].join('\r\n');
    const sent = await fetch(`${rig.credentials.url}/REST/1.0/NoAuth/mail-gateway`, { method: 'POST', body: new URLSearchParams({ queue: 'Support', action: 'correspond', message: mail }) });
    expect(await sent.text()).toContain('ok');
    const mailed = await rig.answer(user, has('Красная у нас'));
    expect(mailed.reply_to_message).toBeUndefined();
    await rig.stop();
    await answerInBrowser(rig.credentials, ticket, { html: '<p>То есть эта</p>', to: { comment: await transactionOf('Красная у нас'), quote: 'above' } });
    await answerInBrowser(rig.credentials, ticket, { html: '<p>Сумка тоже</p>', to: { comment: await transactionOf('сумка'), quote: 'below' } });
    await answerInBrowser(rig.credentials, ticket, { html: '<p>До свидания</p>' });
    await rig.start({ SWEEP_SECONDS: '1' });
    await rig.answer(user, has('До свидания'));
    expect(rig.answersTo(user).slice(-3).map((one) => [one.text, one.reply_to_message?.message_id])).toEqual(
      [['Agent\nТо есть эта', mailed.message_id], ['Agent\nСумка тоже', asked('сумка')], ['Agent\nДо свидания', undefined]]);
  }, TEST_MS);
});
