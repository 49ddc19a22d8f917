/** Every common kind of message in one conversation on a real Request Tracker, both ways: compared on both sides, files byte for byte. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { z } from 'zod';
import { SAMPLE_STICKER } from '../../src/demo/emulator/samples.js';
import type { ApiMessage } from '../../src/demo/emulator/index.js';
import type { TicketId } from '../../src/core/types.js';
import type { RawComment } from '../conformance/helpdesk.js';
import { everyByte } from '../conformance/helpdesk-samples.js';
import { eventually } from '../e2e/program.js';
import { createRig, TEST_MS, WAIT_MS, type Rig } from './bridge-rig.js';
import { findBrowser, holds, launchBrowser, openPage, picture } from './browser-fixture.js';
import { film, findMediaProgram, jpeg, png, voice } from './media-samples.js';
import { sendMail } from './rt-mail.js';
import { openTicketPage, replyInPage, serveCustomers, type CustomerPage } from './rt-pages.js';

const VIDEO_BYTES = 15 * 1024 * 1024;
const executable = findBrowser();
const PLACE = { latitude: 43.238293, longitude: 76.945465 };
const same = (a: Buffer | undefined, b: Buffer | undefined): boolean => a !== undefined && b !== undefined && a.equals(b);

(findMediaProgram() === undefined ? describe.skip : describe)('every kind of message on Request Tracker (skipped without ffmpeg)', () => {
  let rig: Rig;
  let user: number;
  let ticket: TicketId;
  let browser: Browser | undefined;
  let customers: CustomerPage | undefined;
  const photos = Array.from({ length: 10 }, (_, index) => jpeg(index));
  const sound = voice(3);
  const video = film(VIDEO_BYTES);
  beforeAll(async () => {
    rig = await createRig();
    await rig.start({ SWEEP_SECONDS: '1' });
    user = rig.newUser('Айгүл', 'ru');
    if (executable !== undefined) browser = await launchBrowser(executable);
  }, TEST_MS);
  afterAll(async () => {
    await browser?.close();
    await customers?.close();
    await rig.close();
  }, TEST_MS);

  /** How many comments the ticket has, without reading 15 MB each time. */
  async function count(): Promise<number> {
    const { items } = z.object({ items: z.array(z.object({ Type: z.string().default('') })) }).parse(await rig.root('GET', `/ticket/${ticket}/history?fields=Type&per_page=100`));
    return items.filter(({ Type }) => ['Create', 'Correspond', 'Comment'].includes(Type)).length;
  }
  const counted = (wished: number): Promise<true> => eventually(async () => (await count() >= wished ? true : undefined), 3 * WAIT_MS, `${wished} comments on the ticket`);
  const words = ({ body }: RawComment): string => body.replace(/<br>/g, '\n').replace(/<[^>]*>/g, '');
  const fileOf = (message: ApiMessage): Buffer | undefined => rig.world.file((message.photo?.at(-1) ?? message.voice ?? message.video ?? message.document)?.file_id ?? '')?.bytes;

  it('brings all of them to the ticket, in order', async () => {
    const { world } = rig;
    const album = await world.sendAlbum(user, photos.map((bytes, index) => ({ kind: 'photo' as const, bytes, ...(index === 0 && { caption: 'Так выглядит посылка', captionEntities: [{ type: 'bold', offset: 13, length: 7 }] }) })));
    ticket = await rig.ticketOf(user);
    await world.sendFile(user, { kind: 'voice', bytes: sound, durationSeconds: 3 });
    await world.sendFile(user, { kind: 'video', bytes: video, name: 'посылка.mp4', caption: 'и как её везли' });
    world.sendKind(user, 'sticker');
    const told = world.say(user, 'Вот эта помята', { replyTo: album[3]?.message_id ?? 0 }).message_id;
    world.sendContact(user, { phone_number: '+7 701 000 11 22', first_name: 'Айгүл', user_id: user });
    world.sendKind(user, 'foreignContact');
    world.sendLocation(user, PLACE);
    world.edit(user, told, 'Вот эта промокла');
    await counted(9);

    const [opening, spoken, filmed, sticker, reply, own, other, place, edit, ...more] = await rig.hands.readComments(ticket);
    expect(more).toEqual([]);
    expect(opening?.body).toContain('Так выглядит <b>посылка</b>');
    expect(opening?.files.map(({ mediaType }, index) => [mediaType, same(opening.files[index]?.bytes, photos[index])])).toEqual(photos.map(() => ['image/jpeg', true]));
    expect(spoken && words(spoken)).toBe('🎤 Voice message (0:03)');
    expect(spoken?.files.map(({ mediaType }) => mediaType)).toEqual(['audio/mp4', 'audio/ogg']);
    expect(spoken?.files[0]?.bytes.subarray(4, 8).toString()).toBe('ftyp');
    expect(same(spoken?.files[1]?.bytes, sound)).toBe(true);
    expect(filmed && words(filmed)).toContain('и как её везли');
    expect(filmed?.files.map(({ name, mediaType, bytes }) => [name, mediaType, bytes.length, same(bytes, video)])).toEqual([['посылка.mp4', 'video/mp4', VIDEO_BYTES, true]]);
    expect(sticker && words(sticker)).toMatch(/Sticker$/);
    expect(sticker?.files.map(({ bytes }) => same(bytes, SAMPLE_STICKER))).toEqual([true]);
    expect(reply && words(reply)).toMatch(/^↩️ To their own message:.*Вот эта помята$/su);
    expect(own && words(own)).toBe('👤 Contact: Айгүл, +7 701 000 11 22');
    expect(other && words(other)).toBe('👤 Contact: Болат Серик, +77010002233');
    expect(other?.files.map(({ name, mediaType, bytes }) => [name, mediaType, bytes.includes('TEL;TYPE=CELL:+77010002233')])).toEqual([['Болат Серик.vcf', 'application/vcard', true]]);
    expect(place?.body).toMatch(/📍 Location.*<a href="https:\/\/www\.openstreetmap\.org\/[^"]*43\.238293[^"]*76\.945465[^"]*">/su);
    expect(edit?.body).toMatch(/It was:.*<div style[^>]*>Вот эта <s>помята<\/s><\/div>Вот эта промокла/su);
    expect([edit?.files, edit && words(edit)]).toEqual([[], expect.not.stringContaining('To their own message')]);
    expect((await rig.hands.readTicket(ticket)).requesterProfile).toMatch(/\+?77010001122/);
    expect((await rig.hands.readTicket(ticket)).requesterProfile).not.toContain('77010002233');
    expect(await rig.ticketsOf(user)).toEqual([ticket]);
  }, TEST_MS);

  /** What the bot wrote after `before` messages, once it wrote `wished`. */
  const written = (before: number, wished: number): Promise<readonly ApiMessage[]> => eventually(() => {
    const found = rig.answersTo(user).slice(before);
    return found.length >= wished ? found : undefined;
  }, 2 * WAIT_MS, `${wished} messages in the chat`);

  it('brings an answer with picture, list, table and link, a voice file, several files, and a ticket of the agent', async () => {
    let before = rig.answersTo(user).length;
    const shot = png(1);
    const pdf = Buffer.concat([Buffer.from('%PDF-1.7\n'), everyByte(20)]);
    await sendMail(rig.credentials, ticket, {
      plain: 'см. HTML', inline: { name: 'shot.png', mediaType: 'image/png', bytes: shot, contentId: 'shot@rt.test' }, files: [{ name: 'tariff.pdf', mediaType: 'application/pdf', bytes: pdf }],
      html: '<p>Мы вернём <b>деньги</b>:</p><ol><li>Откройте <a href="https://example.kz/возврат?a=1&amp;b=2">страницу</a></li><li>Нажмите<ul><li>«Вернуть»</li></ul></li></ol>'
        + '<p><img src="cid:shot@rt.test" alt="кнопка"></p><table><tr><th>Срок</th><th>Цена</th></tr><tr><td>3 дня</td><td>0 ₸</td></tr></table>',
    });
    const [text, photo, table, ...none] = await written(before, 3);
    expect(none).toEqual([]);
    expect(text?.text).toBe('Agent\nМы вернём деньги:\n\n1. Откройте страницу\n2. Нажмите\n   • «Вернуть»');
    expect(text?.entities).toContainEqual(expect.objectContaining({ type: 'text_link', url: 'https://example.kz/возврат?a=1&b=2' }));
    expect([photo?.photo !== undefined, photo && same(fileOf(photo), shot)]).toEqual([true, true]);
    expect([table?.caption, table && same(fileOf(table), pdf)]).toEqual(['Срок   Цена\n─────  ────\n3 дня  0 ₸', true]);

    before = rig.answersTo(user).length;
    const spoken = voice(2);
    await rig.hands.replyPublic(ticket, '<p>Послушайте</p>', [{ name: 'ответ.ogg', mediaType: 'audio/ogg', bytes: spoken }]);
    const [heard] = await written(before, 1);
    expect([heard?.voice !== undefined, heard?.caption, heard && same(fileOf(heard), spoken)]).toEqual([true, 'Agent\nПослушайте', true]);

    before = rig.answersTo(user).length;
    const files = [png(2), png(3), pdf, Buffer.concat([pdf, everyByte(1)])];
    await rig.hands.replyPublic(ticket, '<p>Документы и снимки</p>', files.map((bytes, index) => ({ name: index < 2 ? `снимок ${index}.png` : `акт ${index}.pdf`, mediaType: index < 2 ? 'image/png' : 'application/pdf', bytes })));
    const sent = await written(before, 4);
    expect(sent.map((message) => (message.photo === undefined ? 'document' : 'photo'))).toEqual(['photo', 'photo', 'document', 'document']);
    expect(sent.map((message, index) => same(fileOf(message), files[index]))).toEqual([true, true, true, true]);
    expect(new Set(sent.map((message) => message.media_group_id)).size).toBe(2);

    before = rig.answersTo(user).length;
    const opened = await rig.hands.open?.(ticket, 'Ваша доставка', '<p>Курьер будет завтра</p>');
    expect((await written(before, 1))[0]?.text).toBe(`Agent · #${opened}\nКурьер будет завтра`);
  }, TEST_MS);

  (executable === undefined ? it.skip : it)('shows all of it in the page of the ticket, whose "Reply" becomes a reply in the chat (skipped without chromium)', async () => {
    if (browser === undefined) throw new Error('no browser');
    const page = await openTicketPage(browser, rig.credentials, ticket);
    const widths = await page.evaluate(`Promise.all([...document.querySelectorAll('.transaction img[src*="Attachment/"]')].map((one) => one.decode().then(() => one.naturalWidth)))`);
    expect(widths).toEqual([...photos.map(() => 320), 128, 320, 320, 320]);
    // A card is a file here: RT would print its letters wrongly.
    expect(await page.getByText('BEGIN:VCARD').count()).toBe(0);
    await page.getByText('и как её везли').first().waitFor();
    // One click on the copy of the voice message, and the browser plays it.
    const copy = await page.request.get(new URL(await page.locator('a[href$=".m4a"]').first().getAttribute('href') ?? '', page.url()).href, { headers: { referer: rig.credentials.url } });
    expect(copy.headers()).toMatchObject({ 'content-type': expect.stringMatching(/^audio\/mp4/) });
    const before = rig.answersTo(user).length;
    // What was, and what is: with no click, as agents look at it.
    const edit = page.locator('.transaction', { hasText: 'Вот эта промокла' }).first();
    expect(await edit.locator('s', { hasText: 'помята' }).isVisible()).toBe(true);
    expect(await page.getByText('Show quoted text').filter({ visible: true }).count()).toBe(0);
    await edit.scrollIntoViewIfNeeded();
    await picture(page, 'rt-edit');
    const entry = page.locator('.transaction', { hasText: 'Вот эта помята' }).first();
    await entry.scrollIntoViewIfNeeded();
    await picture(page, 'rt-ticket');
    await replyInPage(page, entry, 'Заменим эту коробку');
    const [answer] = await written(before, 1);
    expect(answer?.text).toBe(`Agent · #${ticket}\nЗаменим эту коробку`);
    expect(answer?.reply_to_message?.text).toBe('Вот эта промокла');
  }, TEST_MS);

  (executable === undefined ? it.skip : it)('shows the same conversation to the customer (skipped without chromium)', async () => {
    if (browser === undefined) throw new Error('no browser');
    customers = await serveCustomers(rig.world);
    const { page } = await openPage(browser, customers.url, { width: 1440, height: 1400, locale: 'ru' });
    await page.getByText('Заменим эту коробку').waitFor();
    expect(await page.getByRole('log').first().locator('img').count()).toBeGreaterThanOrEqual(14);
    // The newest message is in view, also when films above it have found their size.
    await holds(page, `(() => { const films = [...document.querySelectorAll('.history video')]; const box = document.querySelector('.history');
      return films.length > 0 && films.every((one) => one.readyState > 0) && box.scrollTop + box.clientHeight >= box.scrollHeight - 1; })()`);
    await picture(page, 'rt-chat');
  }, TEST_MS);
});
