/** What belongs here: cases about requesters, tickets and comments that the bridge writes. */
import { expect } from '@jest/globals';
import { plainText, richText } from '../../src/core/rich-text.js';
import { mintId } from '../../src/core/types.js';
import type { Attachment, CommentDraft, MessageId } from '../../src/core/types.js';
import type { HelpdeskCase } from './helpdesk.js';
import {
  attachmentOf, bytesOf, draftComment, draftTicket, everyByte, failure, openTicket, sampleConversation, sampleFile, sampleMessage,
  samplePerson, tornAttachment,
} from './helpdesk-samples.js';

const FORMATTED = richText('Привет, мир! Код 😀👨‍👩‍👧 и <теги> & "кавычки"\nвторая строка', [
  { type: 'bold', offset: 0, length: 6 }, { type: 'link', url: 'https://example.com/?a=1&b=2', offset: 8, length: 3 },
]);

/** As such a file begins and ends; what is between is nobody's picture. */
const JPEG = Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xe0]), everyByte(), Buffer.from([0xff, 0xd9])]);

export const WRITE_CASES: readonly HelpdeskCase[] = [
  {
    title: 'upsertRequester gives the same requester twice and follows a new name',
    async run({ connector, agent }) {
      const person = samplePerson('Old Name');
      const first = await connector.upsertRequester({ person });
      expect(await connector.upsertRequester({ person })).toBe(first);
      const renamed = { ...person, name: 'Новое "Имя" <x@y>' };
      expect(await connector.upsertRequester({ person: renamed })).toBe(first);
      const ticket = await openTicket(connector, { person: renamed });
      expect((await agent.readTicket(ticket.id)).requesterName).toBe(renamed.name);
    },
  },
  {
    title: 'upsertRequester keeps username, link and phone, follows a new username, and knows no more than it is told',
    async run({ connector, agent }) {
      const bare = samplePerson('Only a name');
      const requester = await connector.upsertRequester({ person: bare });
      const ticket = await openTicket(connector, { person: bare });
      const profile = async (): Promise<string> => (await agent.readTicket(ticket.id)).requesterProfile;
      expect(await profile()).not.toContain('t.me');
      const known = { ...bare, username: 'old_name', link: 'https://t.me/old_name' };
      expect(await connector.upsertRequester({ person: { ...known, phone: '+77010000001' } })).toBe(requester);
      expect(await profile()).toContain('old_name');
      expect(await profile()).toContain('https://t.me/old_name');
      expect(await profile()).toContain('+77010000001');
      await connector.upsertRequester({ person: { ...known, username: 'new_name', link: 'https://t.me/new_name' } });
      expect(await profile()).toContain('https://t.me/new_name');
      expect(await profile()).not.toContain('old_name');
      expect(await profile()).toContain('+77010000001');
      await connector.upsertRequester({ person: bare });
      expect(await profile()).not.toContain('new_name');
    },
  },
  {
    title: 'setAvatar shows a picture with the requester, another in its place, and none; what else changes leaves it',
    async run({ connector, agent }) {
      const person = samplePerson('Shown');
      const requester = await connector.upsertRequester({ person });
      const ticket = await openTicket(connector, { person });
      const shown = async (): Promise<Buffer | undefined> => (await agent.readTicket(ticket.id)).requesterAvatar;
      const [first, second] = [JPEG, Buffer.concat([JPEG, everyByte()])];
      const picture = (bytes: Buffer): Attachment => attachmentOf(sampleFile('avatar.jpg', 'image/jpeg', bytes));
      expect(await shown()).toBeUndefined();
      await connector.setAvatar?.(requester, picture(first));
      await connector.setAvatar?.(requester, picture(first));
      expect(await shown()).toEqual(first);
      await connector.setAvatar?.(requester, picture(second));
      await connector.upsertRequester({ person: { ...person, name: 'Renamed' } });
      expect(await shown()).toEqual(second);
      await failure(connector.setAvatar?.(requester, tornAttachment(sampleFile('avatar.jpg', 'image/jpeg', first))) ?? Promise.resolve(), 'unavailable');
      expect(await shown()).toEqual(second);
      await connector.setAvatar?.(requester, undefined);
      await connector.setAvatar?.(requester, undefined);
      expect(await shown()).toBeUndefined();
    },
  },
  {
    title: 'different persons are different requesters',
    async run({ connector }) {
      const first = await connector.upsertRequester({ person: samplePerson('Same Name') });
      expect(await connector.upsertRequester({ person: samplePerson('Same Name') })).not.toBe(first);
    },
  },
  {
    title: 'createTicket keeps formatting, Cyrillic, emoji and line breaks',
    async run({ connector, agent }) {
      const ticket = await openTicket(connector, { text: FORMATTED, subject: 'Тема "в кавычках" 🚀' });
      expect(ticket.subject).toBe('Тема "в кавычках" 🚀');
      const [opening] = await connector.commentsAfter(ticket.id);
      expect(opening).toMatchObject({ visibility: 'public', origin: 'bridge', ticket: ticket.id });
      expect(opening?.content.text.text.trim()).toBe(FORMATTED.text);
      if (connector.capabilities.bodyFormat === 'text') return;
      expect(opening?.content.text.spans).toEqual(expect.arrayContaining(FORMATTED.spans.map((span) => expect.objectContaining(span))));
      if (connector.capabilities.bodyFormat === 'html') expect((await agent.readComments(ticket.id))[0]?.body).toContain('&lt;теги&gt;');
    },
  },
  {
    title: 'createTicket keeps attachments byte for byte, with their names',
    async run({ connector, agent }) {
      const files = [
        sampleFile('отчёт за май.bin', 'application/octet-stream', everyByte()),
        sampleFile('photo.png', 'image/png', everyByte(2)),
        sampleFile('notes.txt', 'text/plain', Buffer.from('строка\r\nпоследняя без перевода')),
      ];
      const ticket = await openTicket(connector, { files: files.map((file) => attachmentOf(file)) });
      const [raw] = await agent.readComments(ticket.id);
      expect(raw?.files.map((file) => file.name)).toEqual(files.map((file) => file.name));
      expect(raw?.files.map((file) => file.bytes.toString('hex'))).toEqual(files.map((file) => file.bytes.toString('hex')));
    },
  },
  {
    title: 'createTicket sets queue, priority, tags, external id and conversation, and they are read back',
    async run({ connector, agent, queue }) {
      const conversation = sampleConversation();
      const low = await openTicket(connector, { priority: 'low' });
      const ticket = await openTicket(connector, { conversation, queue, priority: 'urgent', tags: ['telegram', 'возврат'] });
      const read = await connector.getTicket(ticket.id);
      expect(read).toMatchObject({ id: ticket.id, number: ticket.number, queue, conversation, externalId: ticket.externalId, phase: 'new' });
      expect(read.externalId).toBeDefined();
      const raw = await agent.readTicket(ticket.id);
      expect(raw).toMatchObject({ queue, tags: ['telegram', 'возврат'] });
      expect(raw.priority).toBeGreaterThan((await agent.readTicket(low.id)).priority);
    },
  },
  {
    title: 'createTicket accepts a requester named with quotes, commas and brackets',
    async run({ connector, agent }) {
      const person = samplePerson('O\'Neil, "Джо" (sales) <root@localhost> \\');
      const ticket = await openTicket(connector, { person });
      expect((await agent.readTicket(ticket.id)).requesterName).toBe(person.name);
    },
  },
  {
    title: 'createTicket with a queue that does not exist fails and leaves no ticket',
    async run({ connector }) {
      const draft = await draftTicket(connector, { queue: 'No such queue' });
      await expect(connector.createTicket(draft)).rejects.toMatchObject({ name: 'BridgeError', effect: 'none' });
      expect(await connector.findTicket?.(draft.externalId)).toBeUndefined();
    },
  },
  {
    title: 'one external id makes one ticket and one comment',
    async run({ connector }) {
      const draft = await draftTicket(connector);
      expect(await connector.findTicket?.(draft.externalId)).toBeUndefined();
      const ticket = await connector.createTicket(draft);
      const comment = draftComment('ещё');
      expect(await connector.findComment?.(ticket.id, comment.externalId ?? sampleMessage())).toBeUndefined();
      const id = await connector.addComment(ticket.id, comment);
      if (connector.capabilities.idempotency === 'native') {
        expect((await connector.createTicket(draft)).id).toBe(ticket.id);
        expect(await connector.addComment(ticket.id, comment)).toBe(id);
        expect(await connector.commentsAfter(ticket.id)).toHaveLength(2);
      }
      if (connector.capabilities.idempotency !== 'lookup') return;
      expect((await connector.findTicket?.(draft.externalId))?.id).toBe(ticket.id);
      expect(await connector.findComment?.(ticket.id, comment.externalId ?? sampleMessage())).toBe(id);
    },
  },
  {
    title: 'findTicket and findComment of what was never written give undefined, whatever the id holds',
    async run({ connector }) {
      const ticket = await openTicket(connector);
      for (const odd of ['x', "a' OR 'a'='a", 'a\\', '%', '_']) {
        const externalId = mintId<MessageId>(`${sampleMessage(sampleConversation())}${odd}`);
        expect(await connector.findTicket?.(externalId)).toBeUndefined();
        expect(await connector.findComment?.(ticket.id, externalId)).toBeUndefined();
      }
    },
  },
  {
    title: 'addComment writes public comments as public and internal ones as internal',
    async run({ connector, agent }) {
      const ticket = await openTicket(connector);
      const shown = await connector.addComment(ticket.id, draftComment('видно всем'));
      const hidden = await connector.addComment(ticket.id, draftComment('только своим', { visibility: 'internal', from: 'bridge' }));
      const raw = await agent.readComments(ticket.id);
      expect(raw.slice(1).map((comment) => comment.visibility)).toEqual(['public', 'internal']);
      const read = await connector.commentsAfter(ticket.id);
      expect(read.slice(1).map(({ id, visibility, origin }) => ({ id, visibility, origin }))).toEqual([
        { id: shown, visibility: 'public', origin: 'bridge' }, { id: hidden, visibility: 'internal', origin: 'bridge' },
      ]);
    },
  },
  {
    title: 'addComment tells the external id back when comments are read',
    async run({ connector }) {
      const ticket = await openTicket(connector);
      const draft = draftComment('с ключом');
      await connector.addComment(ticket.id, draft);
      expect((await connector.commentsAfter(ticket.id)).at(-1)?.externalId).toBe(draft.externalId);
    },
  },
  {
    title: 'addComment takes files without text, of unknown size, and leaves out what cannot be opened',
    async run({ connector, agent }) {
      const ticket = await openTicket(connector);
      const file = sampleFile('голос.ogg', 'audio/ogg', everyByte(3));
      const closed = { kind: 'video', name: 'big.mp4', mediaType: 'video/mp4', sizeBytes: 3e9 } as const;
      const attachments = [attachmentOf(file, { sizeKnown: false }), closed];
      await connector.addComment(ticket.id, draftComment('', { content: { text: plainText(''), attachments } }));
      const raw = (await agent.readComments(ticket.id)).at(-1);
      expect(raw?.files.map(({ name, bytes }) => ({ name, bytes: bytes.toString('hex') }))).toEqual([{ name: file.name, bytes: file.bytes.toString('hex') }]);
    },
  },
  {
    title: 'addComment takes the ten files of an album as one comment, in order, two of one name among them, and gives them back so',
    async run({ connector, agent }) {
      const ticket = await openTicket(connector);
      const files = Array.from({ length: 10 }, (_, index) => sampleFile(index < 2 ? 'IMG_1.jpg' : `файл ${index}.pdf`, index < 2 ? 'image/jpeg' : 'application/pdf', everyByte(index + 1)));
      const comment = await connector.addComment(ticket.id, draftComment('', { content: { text: plainText('альбом'), attachments: files.map((file) => attachmentOf(file)) } }));
      const raw = (await agent.readComments(ticket.id)).filter((one) => one.files.length > 0);
      expect(raw.map((one) => one.files.map(({ bytes }) => bytes.toString('hex')))).toEqual([files.map(({ bytes }) => bytes.toString('hex'))]);
      const read = (await connector.commentsAfter(ticket.id)).find(({ id }) => id === comment);
      expect(read?.content.attachments.map(({ mediaType }) => mediaType)).toEqual(files.map(({ mediaType }) => mediaType));
      const bytes = await Promise.all((read?.content.attachments ?? []).map(bytesOf));
      expect(bytes.map((each, index) => each.equals(files[index]?.bytes ?? Buffer.alloc(0)))).toEqual(files.map(() => true));
    },
  },
  {
    title: 'addComment keeps short texts that software likes to take for nothing',
    async run({ connector }) {
      const ticket = await openTicket(connector, { text: '0' });
      await connector.addComment(ticket.id, draftComment('0'));
      await connector.addComment(ticket.id, draftComment('.'));
      expect((await connector.commentsAfter(ticket.id)).map((comment) => comment.content.text.text.trim())).toEqual(['0', '0', '.']);
    },
  },
  {
    title: 'addComment takes a body of the length that capabilities name',
    async run({ connector }) {
      const ticket = await openTicket(connector);
      const length = Math.min(connector.capabilities.bodyLengthMax, 100_000);
      const text = 'слово '.repeat(Math.ceil(length / 6)).slice(0, length - 1) + 'я';
      await connector.addComment(ticket.id, draftComment(text));
      expect((await connector.commentsAfter(ticket.id)).at(-1)?.content.text.text.trim()).toBe(text);
    },
  },
  {
    title: 'a file that fails while it is read fails the comment, and the next try may succeed',
    async run({ connector, agent }) {
      const ticket = await openTicket(connector);
      const file = sampleFile('a.bin', 'application/octet-stream', everyByte(40));
      const externalId = sampleMessage();
      const draft = (attachment: Attachment): CommentDraft =>
        draftComment('файл', { externalId, content: { text: plainText('файл'), attachments: [attachment] } });
      await failure(connector.addComment(ticket.id, draft(tornAttachment(file))), 'unavailable');
      await connector.addComment(ticket.id, draft(attachmentOf(file)));
      const last = (await connector.commentsAfter(ticket.id)).at(-1);
      const [attachment] = last?.content.attachments ?? [];
      if (attachment === undefined) throw new Error('no attachment was read back');
      expect((await bytesOf(attachment)).equals(file.bytes)).toBe(true);
      expect((await agent.readComments(ticket.id)).filter((comment) => comment.files.length > 0)).toHaveLength(1);
    },
  },
];
