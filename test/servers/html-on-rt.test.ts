/** Answers with pictures, lists, tables and links, as agents write them by mail and in the editor of Request Tracker, compared on both sides. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ApiMessage } from '../../src/demo/emulator/index.js';
import { drawPortrait } from '../../src/demo/portraits.js';
import type { TicketId } from '../../src/core/types.js';
import { everyByte } from '../conformance/helpdesk-samples.js';
import { eventually } from '../e2e/program.js';
import { createRig, TEST_MS, WAIT_MS, type Rig } from './bridge-rig.js';
import { sendMail } from './rt-mail.js';

/** With some bytes behind its end. */
const picture = (number: number): Buffer => Buffer.concat([drawPortrait(number), everyByte(4)]);

const HTML = '<div dir="ltr"><p>Здравствуйте! Сделайте <b>так</b>:</p><ol><li>Откройте настройки</li><li>Нажмите кнопку<ul><li>синюю</li><li>большую</li></ul></li></ol>'
  + '<p><img src="cid:shot.1@rt.test" alt="кнопка" width="300"></p><p>Тарифы:</p>'
  + '<table border="1"><tr><th>План</th><th>Цена</th></tr><tr><td>Базовый</td><td>10 ₸</td></tr><tr><td>Полный</td><td>200 ₸</td></tr></table>'
  + '<p>Подробнее <a href="https://example.kz/план?a=1&amp;b=2">здесь</a>.</p><p><img src="https://example.kz/logo.png" alt="Логотип"></p></div>'
  + '<div class="gmail_signature">Agent One<br><img src="cid:logo@rt.test" alt="logo"></div>';

interface Seen {
  readonly text?: string;
  readonly marks?: readonly string[];
  readonly file?: Buffer | undefined;
}

describe('HTML of agents, on Request Tracker', () => {
  let rig: Rig;
  let user: number;
  let ticket: TicketId;
  beforeAll(async () => {
    rig = await createRig();
    await rig.start({ SWEEP_SECONDS: '1' });
    user = rig.newUser('Айгүл', 'ru');
    rig.world.say(user, 'как включить?');
    ticket = await rig.ticketOf(user);
    await rig.answer(user, (message) => (message.text ?? '').includes(`#${ticket}`));
  }, TEST_MS);
  afterAll(() => rig.close(), TEST_MS);

  function seen(message: ApiMessage): Seen {
    const text = message.text ?? message.caption;
    const fileId = message.photo?.at(-1)?.file_id ?? message.document?.file_id;
    const marks = (message.entities ?? message.caption_entities ?? [])
      .map(({ type, offset, length, url }) => `${type} ${text?.slice(offset, offset + length) ?? ''}${url === undefined ? '' : ` ${url}`}`);
    return { ...(text !== undefined && { text, marks }), ...(fileId !== undefined && { file: rig.world.file(fileId)?.bytes }) };
  }
  /** What comes after `before` messages, once there are `count`. */
  const newMessages = (before: number, count: number) => eventually(() => {
    const found = rig.answersTo(user).slice(before);
    return Promise.resolve(found.length >= count ? found.map(seen) : undefined);
  }, WAIT_MS, `${count} messages in the chat`);

  it('shows a mail in its order: text, picture, text, file', async () => {
    const shot = picture(1);
    const pdf = Buffer.concat([Buffer.from('%PDF-1.7\n'), everyByte(20)]);
    const before = rig.answersTo(user).length;
    await sendMail(rig.credentials, ticket, {
      plain: 'Здравствуйте! Сделайте *так*:', html: HTML, inline: { name: 'shot.png', mediaType: 'image/png', bytes: shot, contentId: 'shot.1@rt.test' },
      files: [{ name: 'tariff.pdf', mediaType: 'application/pdf', bytes: pdf }],
    });

    const written = (await rig.hands.readComments(ticket)).at(-1);
    expect(written?.files.map(({ name }) => name)).toEqual(['shot.png', 'tariff.pdf']);
    expect([written?.files[0]?.bytes.equals(shot), written?.files[1]?.bytes.equals(pdf)]).toEqual([true, true]);

    const [above, photo, below, ...more] = await newMessages(before, 3);
    expect(above).toEqual({ text: 'Agent\nЗдравствуйте! Сделайте так:\n\n1. Откройте настройки\n2. Нажмите кнопку\n   • синюю\n   • большую', marks: ['bold Agent', 'bold так'] });
    expect(photo).toEqual({ file: shot });
    expect(below).toEqual({
      text: 'Тарифы:\n\nПлан     Цена\n───────  ─────\nБазовый  10 ₸\nПолный   200 ₸\n\nПодробнее здесь.\n\n🖼 Логотип',
      marks: ['pre План     Цена\n───────  ─────\nБазовый  10 ₸\nПолный   200 ₸', 'text_link здесь https://example.kz/план?a=1&b=2', 'text_link 🖼 Логотип https://example.kz/logo.png'],
      file: pdf,
    });
    expect(more).toEqual([]);
  }, TEST_MS);

  it('shows a picture that was pasted into the editor where it stands', async () => {
    const pasted = picture(2);
    const before = rig.answersTo(user).length;
    await rig.hands.replyPublic(ticket, `<p>Смотрите:</p><p><img src="data:image/png;base64,${pasted.toString('base64')}" alt="вид"></p><p>Понятно?</p>`);
    const [above, photo, below, ...more] = await newMessages(before, 3);
    expect([above?.text, photo, below?.text, more]).toEqual(['Agent\nСмотрите:', { file: pasted }, 'Понятно?', []]);
  }, TEST_MS);
});
