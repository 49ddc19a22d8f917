import { describe, expect, it } from '@jest/globals';
import { plainText } from '../../src/core/rich-text.js';
import { mintId, type Attachment, type Comment, type Person, type Ticket } from '../../src/core/types.js';
import type { Mapping } from '../../src/core/mapping.js';
import { compileMapping } from '../../src/mapping/compile.js';
import { textKeys } from '../../src/mapping/schema.js';
import { toHtml } from '../../src/markup/to-html.js';
import { shipped, shippedFiles } from './files.js';

function compiled(replaced: Readonly<Record<string, string>> = {}): Mapping {
  const { mapping, problems } = compileMapping(shippedFiles(replaced));
  if (mapping === undefined) throw new Error(problems.map((problem) => problem.message).join('\n'));
  return mapping;
}

const PERSON: Person = { id: mintId('tg:1'), name: 'Дана Ахметова' };
const TICKET: Ticket = { id: mintId('7'), number: '1042', subject: 's', status: 'open', phase: 'open' };
const comment = (name: string, text = 'Hi'): Comment => ({
  id: mintId('c'), ticket: TICKET.id, visibility: 'public', origin: 'agent', author: { id: 'a', name }, createdAtMs: 0,
  content: { text: plainText(text), attachments: [] },
});
const content = (text: string, attachments: readonly Attachment[] = []) => ({ text: plainText(text), attachments });
const file = (kind: Attachment['kind'], name = 'a.pdf'): Attachment => ({ kind, name, mediaType: 'application/pdf' });

describe('what the helpdesk may know of a person', () => {
  const whole: Person = { ...PERSON, username: 'dana', languageTag: 'kk', link: 'https://t.me/dana', phone: '+77010000000' };

  it('is everything by default', () => {
    expect(compiled().profile(whole)).toEqual(whole);
  });

  it('is the chosen fields alone', () => {
    expect(compiled({ 'settings.yaml': 'requester: { fields: [name, language] }' }).profile(whole)).toEqual({ ...PERSON, languageTag: 'kk' });
  });

  it('has the photo when that is chosen, as it is when nothing is said', () => {
    const tells = (settings: string): boolean => compiled({ 'settings.yaml': settings }).tellsPhotos;
    expect([tells('{}'), tells('requester: { fields: [photo] }'), tells('requester: { fields: [name, phone] }'), tells('requester: { fields: [] }')]).toEqual([true, true, false, false]);
  });

  it('is the id alone, under a neutral name in the language of agents, when nothing is chosen', () => {
    const mapping = compiled({ 'settings.yaml': 'agentLocale: ru\nrequester: { fields: [] }' });
    expect(mapping.profile(whole)).toEqual({ id: 'tg:1', name: 'Клиент из Telegram tg:1' });
    expect(mapping.subject(content('', [file('photo')]), mapping.profile(whole), 'en')).not.toContain('Дана');
  });
});

describe('the mappings that come with the product', () => {
  it('have no problem at all', () => {
    expect(compileMapping(shippedFiles()).problems).toEqual([]);
  });

  it.each(['en', 'ru', 'kk'])('have every text in %s, with no placeholder left over', (locale) => {
    const mapping = compiled();
    const parameters = { number: '1', previous: '2', topic: 't', answer: 'a', count: 3, phase: 'p', name: 'n', size: 's', limit: 'l', agent: 'g', person: 'x' };
    for (const key of textKeys) expect(mapping.label(locale, key, parameters)).not.toMatch(/\{\{|\*\*/);
    expect(mapping.label(locale, 'language.name')).toBe({ en: 'English', ru: 'Русский', kk: 'Қазақша' }[locale]);
  });

  it('know their queues, languages and times', () => {
    const mapping = compiled();
    expect(mapping.locales).toEqual(['en', 'kk', 'ru']);
    expect(mapping.queues).toEqual(['Support', 'Security']);
    expect(mapping.reopenWithinMs).toBe(7 * 24 * 3600 * 1000);
    expect(mapping.agentLocale).toBe('en');
  });
});

describe('routes', () => {
  it.each([
    { name: 'a topic', in: 'security', out: { topic: 'security', queue: 'Security', priority: 'high', tags: ['telegram', 'security'], answerWithinMinutes: 60 } },
    { name: 'no topic', in: undefined, out: { topic: 'question', queue: 'Support', priority: 'normal', tags: ['telegram', 'question'], answerWithinMinutes: 240 } },
    { name: 'an unknown topic', in: 'toString', out: { topic: 'question', queue: 'Support', priority: 'normal', tags: ['telegram', 'question'], answerWithinMinutes: 240 } },
  ])('$name', ({ in: topic, out }) => {
    expect(compiled().route(topic)).toEqual(out);
  });

  it('take the promise of a topic before that of its queue, and none where there is none', () => {
    const topics = 'default: a\ntopics:\n  a: { title: { en: A, ru: A, kk: A }, queue: General }\n  b: { title: { en: B, ru: B, kk: B }, answerWithinMinutes: 5 }\n';
    const mapping = compiled({ 'topics.yaml': topics });
    expect(mapping.route('a')).toEqual({ topic: 'a', queue: 'General', priority: 'normal', tags: [] });
    expect(mapping.route('b')).toMatchObject({ queue: 'Support', answerWithinMinutes: 5 });
  });

  it('are offered in the order of the file', () => {
    expect(compiled().topics('ru').map((topic) => topic.title)).toEqual(['Вопрос', 'Что-то не работает', 'Оплата и счета', 'Безопасность']);
  });
});

describe('languages', () => {
  it.each([['ru', 'ru'], ['ru-RU', 'ru'], ['KK', 'kk'], ['en_US', 'en'], ['de', 'en'], [undefined, 'en'], ['', 'en']])('%s becomes %s', (tag, locale) => {
    expect(compiled().localeOf(tag)).toBe(locale);
  });
});

describe('phases', () => {
  it.each([
    { status: 'stalled', phase: 'open', out: 'pending' }, { status: 'Rejected', phase: 'closed', out: 'solved' },
    { status: 'deleted', phase: 'closed', out: 'gone' }, { status: 'on vacation', phase: 'open', out: 'open' },
  ] as const)('$status', ({ status, phase, out }) => {
    expect(compiled().phaseOf({ ...TICKET, status, phase })).toBe(out);
  });
});

describe('answers', () => {
  it.each([
    { show: 'first_name', name: 'Dana Akhmetova', several: false, out: '<b>Dana</b><br>Hi' },
    { show: 'first_name', name: 'Akhmetova, Dana', several: true, out: '<b>Dana</b> · #1042<br>Hi' },
    { show: 'full_name', name: 'Dana  Akhmetova', several: false, out: '<b>Dana Akhmetova</b><br>Hi' },
    { show: 'full_name', name: 'dana@example.kz', several: true, out: '#1042<br>Hi' },
    { show: 'none', name: 'Dana', several: false, out: 'Hi' },
  ])('show $name as $show', ({ show, name, several, out }) => {
    const mapping = compiled({ 'settings.yaml': `showAgent: ${show}\n` });
    expect(toHtml(mapping.toContent(comment(name), TICKET, { locale: 'en', several }).text)).toBe(out);
  });

  it.each([
    { settings: 'showAgent: none\n', trim: { trimQuotes: true, trimSignature: true } },
    { settings: 'trimSignature: false\n', trim: { trimQuotes: true, trimSignature: false } },
    { settings: 'trimQuotedMail: false\n', trim: { trimQuotes: false, trimSignature: true } },
  ])('are trimmed as $settings says', ({ settings, trim }) => {
    expect(compiled({ 'settings.yaml': settings }).mailTrim).toEqual(trim);
  });

  it('keep their files', () => {
    const given = { ...comment('Dana'), content: content('', [file('document')]) };
    expect(compiled().toContent(given, TICKET, { locale: 'en', several: false })).toMatchObject({ text: { text: 'Dana' }, attachments: [{ name: 'a.pdf' }] });
  });
});

describe('subjects', () => {
  it.each([
    { name: 'the first line', in: content('\n 🙏\n Не  могу\tвойти \nв кабинет'), out: 'Не могу войти' },
    { name: 'an emoji alone', in: content('🙏'), out: '🙏' },
    { name: 'a long line, cut at a word', in: content('слово '.repeat(30)), out: `${'слово '.repeat(13).trim()}…` },
    { name: 'a long word', in: content('x'.repeat(200)), out: `${'x'.repeat(79)}…` },
    { name: 'a picture', in: content('', [file('photo')]), out: 'Фото, Дана Ахметова' },
    { name: 'a file', in: content(' ', [file('document')]), out: 'Файл «a.pdf», Дана Ахметова' },
    { name: 'nothing', in: content(''), out: 'Сообщение, Дана Ахметова' },
  ])('$name', ({ in: given, out }) => {
    expect(compiled().subject(given, PERSON, 'ru')).toBe(out);
  });
});

describe('texts', () => {
  it.each([
    { name: 'a name written from the right moves nothing around it', value: 'דנה', out: '\u2068דנה\u2069 · #1042' },
    { name: 'a mixed one neither', value: 'Dana سارة', out: '\u2068Dana سارة\u2069 · #1042' },
    { name: 'a name cannot turn what follows around', value: 'Da\u202ena\u2067', out: 'Dana · #1042' },
    { name: 'a harmless mark stays', value: 'Dana\u200e', out: 'Dana\u200e · #1042' },
    { name: 'others are as they are', value: 'Дана', out: 'Дана · #1042' },
  ])('$name', ({ value, out }) => {
    const mapping = compiled({ 'settings.yaml': 'showAgent: full_name\n' });
    expect(mapping.toContent(comment(value), TICKET, { locale: 'en', several: true }).text.text).toBe(`${out}\nHi`);
  });

  it('are Markdown, their parameters are not', () => {
    expect(toHtml(compiled().text('en', 'new.ready', { topic: '**x** <b> {{number}}' }))).toBe('<b>**x** &lt;b&gt; {{number}}</b><br>Now write your message. Pictures and files are welcome too.');
  });

  it.each([
    ['ru', 1, '1 часа'], ['ru', 2, '2 часов'], ['ru', 5, '5 часов'], ['ru', 21, '21 часа'], ['en', 1, '1 hour'], ['en', 4, '4 hours'], ['kk', 4, '4 сағат'],
  ])('count in %s: %s', (locale, count, out) => {
    expect(compiled().label(locale, 'answer.within.hours', { count })).toBe(out);
  });

  it('move the marks behind a parameter', () => {
    expect(toHtml(compiled().text('en', 'followUp.opened', { number: '20', previous: '1' }))).toBe('Request #1 is closed already, so your message opened a new one, <b>#20</b>.');
  });

  it('fall back to the default language', () => {
    const mapping = compiled({ 'texts/kk.yaml': shipped('texts/kk.yaml').replace(/^language\.done:.*$/m, '') });
    expect(mapping.label('kk', 'language.done')).toBe('From now on I will write to you in English.');
    expect(mapping.label('xx', 'language.name')).toBe('English');
  });
});
