/** Answers as mail programs and helpdesk editors write them (by hand, in their style), up to the message that a customer reads. */
import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { fromHtml } from '../../src/markup/from-html.js';
import { toEntities } from '../../src/telegram/entities.js';
import { toParts } from '../../src/telegram/parts.js';
import { faultsOfText, TEXT_LENGTH_MAX } from '../fuzz/bot-api-rules.js';

const folder = new URL('./mails/', import.meta.url);

const MAILS: readonly { readonly name: string; readonly text: string; readonly marks: readonly string[]; readonly images?: readonly string[] }[] = [
  { name: 'android.html', text: 'It works now, see the picture', marks: [] },
  { name: 'apple-iphone.html', text: 'Готово, проверьте example.kz', marks: ['text_link example.kz https://example.kz'] },
  { name: 'apple-mail.html', text: 'Hello,\n\nhere is the plan:\n• Today: cable\n• Tomorrow: test\n\n[plan.png]\n\nCall +7 701 000 00 00.',
    marks: ['bold plan', 'italic cable'], images: ['cid:plan@example.kz'] },
  { name: 'gmail.html', text: 'Hi Aru,\n\nit is done. Two things to know:\n1. Restart the app\n2. See this page\n   • and the old new rules\nan indented line\nThanks 🙂🎉',
    marks: ['bold Two', 'text_link this page https://example.kz/a?x=1&y=2', 'strikethrough old', 'underline new', 'blockquote an indented line'] },
  { name: 'outlook-desktop.html', text: 'Hello Aru,\n\nyour router was replaced. Please do this\n1. Unplug it\n2. Read the guide\n\nLight  Meaning\nGreen  Works\n\nKind regards,\nDana',
    marks: ['bold router', 'text_link guide https://help.example.kz/router?id=1&lang=en', 'pre Light  Meaning\nGreen  Works'] },
  { name: 'outlook-web.html', text: 'Здравствуйте!\n\nСчёт исправлен, скачайте новый.\n• март\n• апрель',
    marks: ['italic исправлен', 'text_link новый https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2Fexample.kz%2Fbill&data=05%7C02&reserved=0'] },
  { name: 'rt-editor.html', text: 'Hello,\n\nthe order number is 1042. Our notes (http://rt/Ticket/Display.html?id=7) say:\n\n• sent on Monday\n• arrives on Friday\nWeight  2 kg\nPrice   500 ₸',
    marks: ['bold order', 'italic Monday', 'pre Weight  2 kg\nPrice   500 ₸'] },
  { name: 'thunderbird.html', text: 'Hello,\n\nthe command is\n\nsudo systemctl restart <name>\n  --now\n\nIt also works with service.',
    marks: ['pre sudo systemctl restart <name>\n  --now', 'code service'] },
  { name: 'yandex.html', text: 'Добрый день!\nПароль сброшен: 12345', marks: ['bold 12345'] },
  { name: 'zammad-editor.html', text: 'Сәлем,\n\nфайл дайын. Жүктеу', marks: ['bold дайын', 'text_link Жүктеу https://example.kz/file'] },
];

describe('answers of mail programs', () => {
  it.each(MAILS)('$name', ({ name, text, marks, images = [] }) => {
    const answer = fromHtml(readFileSync(new URL(name, folder), 'utf8'));
    const parts = toParts({ text: answer.text, attachments: [] });
    expect(parts).toHaveLength(1);
    const sent = { text: parts[0]?.text.text ?? '', entities: parts[0] === undefined ? [] : toEntities(parts[0].text) };
    expect(faultsOfText(sent, TEXT_LENGTH_MAX)).toEqual([]);
    expect(sent.text).toBe(text);
    expect(sent.entities.map(({ type, offset, length, url }) => `${type} ${sent.text.slice(offset, offset + length)}${url === undefined ? '' : ` ${url}`}`)).toEqual(marks);
    expect(answer.images.map(({ source }) => source)).toEqual(images);
  });

  it('has a line for every mail', () => {
    expect(readdirSync(folder).sort()).toEqual(MAILS.map(({ name }) => name).sort());
  });
});
