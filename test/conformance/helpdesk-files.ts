/** What belongs here: cases about comments of words and files together: many files, large ones, with odd names, and writing that is easily broken. */
import { expect } from '@jest/globals';
import { plainText, richText, type RichText } from '../../src/core/rich-text.js';
import type { Attachment, Comment, CommentId, TicketId } from '../../src/core/types.js';
import type { HelpdeskConnector } from '../../src/core/ports.js';
import type { HelpdeskCase, SampleFile } from './helpdesk.js';
import { agentComments, attachmentOf, bytesOf, draftComment, everyByte, openTicket, sampleFile } from './helpdesk-samples.js';

const LARGE_BYTES = 16 * 1024 * 1024;

/** Emoji of several characters each, and two directions in one line. */
const MIXED = 'שלום עולם 👨‍👩‍👧‍👦, код 12 🇰🇿 نعم ٣ 👍🏽 1️⃣ end.';
/** Words that a careless form would take for its own. */
const LIKE_A_FORM = 'Подпись к снимкам\r\n--boundary\r\nContent-Disposition: form-data; name="Attachments"; filename="x.txt"\r\n\r\n&amp; <b>не жирно</b> %0D%0A';

/** Whatever reaches a disk, a header line or a page as a name. */
const HARMLESS = ['отчёт «май» №1.pdf', 'Қазақша құжат ә.pdf', '报告 📄.pdf', 'a%2Fb+c &amp; d;e=\'f\'.pdf'];
const HOSTILE = ['../../etc/passwd.pdf', '..\\..\\boot.pdf', 'a"; filename="b.pdf', 'a\r\nX-Evil: 1\r\n\r\n.pdf', '<img src=x onerror=alert(1)>.pdf', 'fdp.\u202egpj.pdf', `${'длинное '.repeat(60)}.pdf`];
const UNSAFE = /[\p{Cc}\u202a-\u202e\u2066-\u2069/\\"<>]/u;

function pdfs(names: readonly string[]): readonly SampleFile[] {
  return names.map((name, index) => sampleFile(name, 'application/pdf', everyByte(index + 1)));
}

/** A comment of the requester with these words and files, as it is read back. */
async function written(connector: HelpdeskConnector, ticket: TicketId, text: RichText, files: readonly SampleFile[]): Promise<Comment> {
  const id = await connector.addComment(ticket, draftComment(text, { content: { text, attachments: files.map((file) => attachmentOf(file)) } }));
  return commentOf(connector, ticket, id);
}

async function commentOf(connector: HelpdeskConnector, ticket: TicketId, id: CommentId): Promise<Comment> {
  const comment = (await connector.commentsAfter(ticket)).find((one) => one.id === id);
  if (comment === undefined) throw new Error('the comment is not there');
  return comment;
}

/** Whether these are those files, in their order, byte for byte. */
async function expectBytes(attachments: readonly Attachment[], files: readonly SampleFile[]): Promise<void> {
  const bytes = await Promise.all(attachments.map(bytesOf));
  expect(bytes.map((each, index) => each.equals(files[index]?.bytes ?? Buffer.alloc(0)))).toEqual(files.map(() => true));
}

/** Line breaks of the web count as line breaks. */
function words({ content: { text: { text } } }: Comment): string {
  return text.trim().replaceAll('\r\n', '\n');
}

export const FILE_CASES: readonly HelpdeskCase[] = [
  {
    title: 'a file of 16 MB, as customers send them, comes and goes byte for byte, also with words and another file beside it',
    timeoutMs: 180_000,
    async run({ connector, agent }) {
      const ticket = await openTicket(connector);
      const large = Buffer.alloc(Math.min(LARGE_BYTES, connector.capabilities.attachmentBytesMax), everyByte());
      // The end is not like the beginning: a piece that is lost or doubled shows.
      large.write('the end', large.length - 7);
      const files = [sampleFile('фильм.mp4', 'video/mp4', large), sampleFile('схема.pdf', 'application/pdf', everyByte())];
      const comment = await written(connector, ticket.id, plainText('большой файл'), files);
      expect([words(comment), comment.content.attachments.map(({ name, sizeBytes }) => [name, sizeBytes])]).toEqual(['большой файл', files.map(({ name, bytes }) => [name, bytes.length])]);
      await expectBytes(comment.content.attachments, files);
      const raw = (await agent.readComments(ticket.id)).at(-1);
      expect(raw?.files.map(({ bytes }, index) => bytes.equals(files[index]?.bytes ?? Buffer.alloc(0)))).toEqual([true, true]);
    },
  },
  {
    title: 'words and files are one comment, whatever the words look like, also when they open a ticket',
    async run({ connector, agent }) {
      const files = pdfs(['б.pdf', 'а.pdf', 'в.pdf']);
      const ticket = await openTicket(connector, { text: LIKE_A_FORM, files: files.map((file) => attachmentOf(file)) });
      await written(connector, ticket.id, plainText(LIKE_A_FORM), files);
      const read = await connector.commentsAfter(ticket.id);
      expect(read.map(words)).toEqual([LIKE_A_FORM, LIKE_A_FORM].map((text) => text.replaceAll('\r\n', '\n')));
      for (const { content } of read) {
        expect(content.attachments.map(({ name }) => name)).toEqual(['б.pdf', 'а.pdf', 'в.pdf']);
        await expectBytes(content.attachments, files);
      }
      expect((await agent.readComments(ticket.id)).map((raw) => raw.files.length)).toEqual([3, 3]);
    },
  },
  {
    title: 'names of files in any writing stay as they are',
    async run({ connector, agent }) {
      const ticket = await openTicket(connector);
      const files = pdfs(HARMLESS);
      await agent.replyPublic(ticket.id, '<p>документы</p>', files);
      const [answer] = await agentComments(connector, ticket.id);
      for (const comment of [await written(connector, ticket.id, plainText('документы'), files), answer]) {
        expect(comment?.content.attachments.map(({ name }) => name)).toEqual(HARMLESS);
        await expectBytes(comment?.content.attachments ?? [], files);
      }
    },
  },
  {
    title: 'names of files that name a path, a header or markup lose that, and neither a file nor its end',
    async run({ connector, agent }) {
      const ticket = await openTicket(connector);
      const files = pdfs(HOSTILE);
      const comment = await written(connector, ticket.id, plainText('смотрите'), files);
      const held = (await agent.readComments(ticket.id)).at(-1)?.files ?? [];
      for (const names of [held, comment.content.attachments].map((all) => all.map(({ name }) => name))) {
        expect(names.map((name) => [UNSAFE.test(name), name.endsWith('.pdf'), name.length > 4 && name.length <= 255])).toEqual(HOSTILE.map(() => [false, true, true]));
      }
      await expectBytes(comment.content.attachments, files);
      expect(words(comment)).toBe('смотрите');
    },
  },
  {
    title: 'names that agents give to files are safe when they are read',
    async run({ connector, agent }) {
      const ticket = await openTicket(connector);
      const files = pdfs(HOSTILE.filter((name) => name.length < 255));
      await agent.replyPublic(ticket.id, '<p>смотрите</p>', files);
      const [answer] = await agentComments(connector, ticket.id);
      expect(answer?.content.attachments.map(({ name }) => [UNSAFE.test(name), name.length > 0])).toEqual(files.map(() => [false, true]));
      await expectBytes(answer?.content.attachments ?? [], files);
    },
  },
  {
    title: 'an agent\'s files come in their order, behind a picture that stands in the text',
    async run({ connector, agent }) {
      if (agent.replyWithPicture === undefined) throw new Error('agents cannot put pictures into the text here: skip the case and say so');
      const ticket = await openTicket(connector);
      const picture = sampleFile('кнопка.png', 'image/png', Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), everyByte()]));
      const files = [
        ...pdfs(['я.pdf', 'а.pdf', 'а.pdf']), sampleFile('снимок.jpg', 'image/jpeg', Buffer.concat([Buffer.from('ffd8ffe0', 'hex'), everyByte(7)])),
        sampleFile('0.zip', 'application/zip', everyByte(8)),
      ];
      await agent.replyWithPicture(ticket.id, { html: '<p>Нажмите</p><p><img src="cid:picture" alt="кнопка"></p><p>и ждите</p>', picture, files });
      const [answer, ...others] = await agentComments(connector, ticket.id);
      if (answer === undefined || others.length > 0) throw new Error('one answer was to be read');
      const { text: { text }, attachments } = answer.content;
      expect(words(answer).replace(/\n+/gu, '|')).toBe('Нажмите|и ждите');
      expect(attachments.map(({ name, inline }) => [name, inline && text.slice(0, inline.offset).trim()]))
        .toEqual([['кнопка.png', 'Нажмите'], ...files.map(({ name }) => [name, undefined])]);
      await expectBytes(attachments, [picture, ...files]);
    },
  },
  {
    title: 'an internal comment keeps its quote and its formatting, and stays internal',
    async run({ connector, agent }) {
      const ticket = await openTicket(connector);
      const note = richText('Было:\nстарые слова\nв две строки\nСтало: новые слова, код a<b', [
        { type: 'bold', offset: 0, length: 5 }, { type: 'quote', offset: 6, length: 25 }, { type: 'strikethrough', offset: 6, length: 6 },
        { type: 'italic', offset: 39, length: 5 }, { type: 'code', offset: 56, length: 3 },
      ]);
      const id = await connector.addComment(ticket.id, draftComment(note, { visibility: 'internal', from: 'bridge' }));
      const comment = await commentOf(connector, ticket.id, id);
      expect([comment.visibility, comment.origin, words(comment)]).toEqual(['internal', 'bridge', note.text]);
      expect((await agent.readComments(ticket.id)).at(-1)).toMatchObject({ visibility: 'internal', files: [] });
      if (connector.capabilities.bodyFormat === 'text') return;
      const marked = comment.content.text.spans.map(({ type, offset, length }) => [type, comment.content.text.text.slice(offset, offset + length).trim()]);
      expect(marked).toEqual(expect.arrayContaining(note.spans.map(({ type, offset, length }) => [type, note.text.slice(offset, offset + length)])));
    },
  },
  {
    title: 'text written from the right and emoji of many parts stay whole, with the marks on their words, in both directions',
    async run({ connector, agent }) {
      const ticket = await openTicket(connector, { text: MIXED, subject: MIXED });
      expect((await connector.getTicket(ticket.id)).subject).toBe(MIXED);
      const [bold, code] = [MIXED.indexOf('עולם'), MIXED.indexOf('نعم')];
      await written(connector, ticket.id, richText(MIXED, [{ type: 'bold', offset: bold, length: 4 }, { type: 'italic', offset: code, length: 3 }]), []);
      await agent.replyPublic(ticket.id, `<p dir="rtl">${MIXED.replace('עולם', '<b>עולם</b>').replace('نعم', '<i>نعم</i>')}</p>`);
      const read = await connector.commentsAfter(ticket.id);
      expect(read.map(words)).toEqual([MIXED, MIXED, MIXED]);
      for (const { origin, content: { text: { text, spans } } } of read.slice(1)) {
        if (origin === 'bridge' && connector.capabilities.bodyFormat === 'text') continue;
        expect(spans.map(({ type, offset, length }) => [type, text.slice(offset, offset + length)])).toEqual([['bold', 'עולם'], ['italic', 'نعم']]);
      }
    },
  },
];
