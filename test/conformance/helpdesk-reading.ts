/** What belongs here: cases about comments as they are read back: order, visibility, origin, text, files, cursor. */
import { expect } from '@jest/globals';
import type { HelpdeskCase } from './helpdesk.js';
import { agentComments, bytesOf, cursorOfNow, draftComment, everyByte, openTicket, sampleFile, samplePerson, sweepAll } from './helpdesk-samples.js';

const MANY = 105;

export const READ_CASES: readonly HelpdeskCase[] = [
  {
    title: 'a ticket that an agent opens names the person who asks, begins with the agent\'s public comment and rings',
    async run({ connector, agent }) {
      if (agent.open === undefined) throw new Error('agents open no tickets here: skip the case and say so');
      const person = samplePerson();
      const known = await openTicket(connector, { person });
      expect((await connector.getTicket(known.id)).person).toBeUndefined();
      const cursor = await cursorOfNow(connector);
      const opened = await agent.open(known.id, 'Your order', '<p>It has arrived</p>');
      const ticket = await connector.getTicket(opened);
      expect(ticket).toMatchObject({ person: person.id });
      expect([ticket.conversation, ticket.externalId]).toEqual([undefined, undefined]);
      const [first] = await connector.commentsAfter(opened);
      expect(first).toMatchObject({ visibility: 'public', origin: 'agent' });
      expect(first?.content.text.text.trim()).toBe('It has arrived');
      expect([...(await sweepAll(connector, cursor)).rung]).toContain(opened);
      await connector.addComment(opened, draftComment('Thank you'));
      expect((await connector.commentsAfter(opened)).at(-1)).toMatchObject({ visibility: 'public', origin: 'bridge' });
    },
  },
  {
    title: 'an agent\'s public and internal comments come in order, with visibility, origin and author',
    async run({ connector, agent }) {
      const ticket = await openTicket(connector);
      await agent.replyPublic(ticket.id, '<p>первый</p>');
      await agent.commentInternal(ticket.id, '<p>между нами</p>');
      await agent.replyPublic(ticket.id, '<p>третий</p>');
      const read = await connector.commentsAfter(ticket.id);
      expect(read.slice(1).map(({ visibility, origin, author, content }) => [visibility, origin, author?.name, content.text.text.trim()])).toEqual([
        ['public', 'agent', agent.name, 'первый'], ['internal', 'agent', agent.name, 'между нами'], ['public', 'agent', agent.name, 'третий'],
      ]);
      expect(read.every((comment) => comment.createdAtMs > Date.UTC(2020, 0, 1))).toBe(true);
      expect(new Set(read.map((comment) => comment.id)).size).toBe(read.length);
    },
  },
  {
    title: 'an answer to a certain comment names that comment, and the message it came from',
    async run({ connector, agent }) {
      if (agent.answer === undefined) throw new Error('agents cannot answer a certain comment here: skip the case and say so');
      const ticket = await openTicket(connector);
      const asked = await connector.addComment(ticket.id, draftComment('а где сумка?'));
      const [opening] = await connector.commentsAfter(ticket.id);
      if (opening === undefined) throw new Error('no opening comment was read');
      await agent.answer(ticket.id, asked, '<p>в пути</p>');
      await agent.answer(ticket.id, opening.id, '<p>здравствуйте</p>');
      const [first] = await agentComments(connector, ticket.id);
      if (first === undefined) throw new Error('no answer was read');
      await agent.answer(ticket.id, first.id, '<p>как я и писал</p>');
      await agent.replyPublic(ticket.id, '<p>никому</p>');
      const keys = new Map((await connector.commentsAfter(ticket.id)).map((comment) => [comment.id, comment.externalId]));
      expect((await agentComments(connector, ticket.id)).map((comment) => comment.inReplyTo)).toEqual([
        { comment: asked, externalId: keys.get(asked) }, { comment: opening.id, externalId: ticket.externalId }, { comment: first.id }, undefined,
      ]);
      expect(keys.get(asked)).toBeDefined();
    },
  },
  {
    title: 'an agent\'s formatting becomes rich text',
    async run({ connector, agent }) {
      const ticket = await openTicket(connector);
      await agent.replyPublic(ticket.id, '<p>Откройте <b>Настройки</b> и <a href="https://example.com/x?a=1&amp;b=2">эту страницу</a> 🚀</p><p>2 &lt; 3</p>');
      const text = (await agentComments(connector, ticket.id))[0]?.content.text;
      expect(text?.text).toMatch(/^Откройте Настройки и эту страницу 🚀\s+2 < 3\s*$/);
      expect(text?.spans).toEqual(expect.arrayContaining([
        expect.objectContaining({ type: 'bold', offset: 9, length: 9 }),
        expect.objectContaining({ type: 'link', url: 'https://example.com/x?a=1&b=2' }),
      ]));
    },
  },
  {
    title: 'an agent\'s lists, tables and powers say what they said',
    async run({ connector, agent }) {
      const ticket = await openTicket(connector);
      await agent.replyPublic(ticket.id, '<ol start="3"><li>три</li><li value="9">девять</li></ol><p>10<sup>6</sup></p><table><tr><th>План</th><th colspan="2">Цена</th></tr>'
        + '<tr><td rowspan="2">А</td><td>1</td><td>2</td></tr><tr><td>3</td><td>4</td></tr></table>');
      const [answer] = await agentComments(connector, ticket.id);
      const lines = answer?.content.text.text.split('\n').map((line) => line.trim().replace(/ +/g, ' ')).filter((line) => line !== '');
      expect(lines).toEqual(['3. три', '9. девять', '10⁶', 'План Цена', '──── ──── ─', 'А 1 2', 'А 3 4']);
    },
  },
  {
    title: 'scripts and styles of a comment are dropped with their text',
    async run({ connector, agent }) {
      const ticket = await openTicket(connector);
      await agent.replyPublic(ticket.id, '<p>видно</p><script>alert("secret")</script><style>p{color:red}</style><p onclick="x()">тоже</p><a href="javascript:alert(1)">ссылка</a>');
      const text = (await agentComments(connector, ticket.id))[0]?.content.text;
      expect(text?.text).toMatch(/^видно\s+тоже\s*ссылка\s*$/);
      expect(JSON.stringify(text)).not.toMatch(/alert|color|onclick/);
    },
  },
  {
    title: 'an agent\'s files come byte for byte, each time they are opened',
    async run({ connector, agent }) {
      const ticket = await openTicket(connector);
      const files = [
        sampleFile('инструкция.pdf', 'application/pdf', everyByte(5)), sampleFile('screen.png', 'image/png', everyByte(3)),
        sampleFile('log.txt', 'text/plain', Buffer.from('строка 1\r\nстрока 2\r')),
      ];
      await agent.replyPublic(ticket.id, '<p>Смотрите вложения</p>', files);
      const [comment] = await agentComments(connector, ticket.id);
      expect(comment?.content.text.text.trim()).toBe('Смотрите вложения');
      expect(comment?.content.attachments.map(({ name, mediaType, kind }) => [name, mediaType, kind])).toEqual([
        ['инструкция.pdf', 'application/pdf', 'document'], ['screen.png', 'image/png', 'photo'], ['log.txt', 'text/plain', 'document'],
      ]);
      for (const [index, attachment] of (comment?.content.attachments ?? []).entries()) {
        const bytes = files[index]?.bytes.toString('hex');
        expect((await bytesOf(attachment)).toString('hex')).toBe(bytes);
        expect((await bytesOf(attachment)).toString('hex')).toBe(bytes);
        if (attachment.sizeBytes !== undefined) expect(attachment.sizeBytes).toBe(files[index]?.bytes.length);
      }
    },
  },
  {
    title: 'a large file comes and goes unchanged',
    timeoutMs: 90_000,
    async run({ connector, agent }) {
      const bytes = everyByte(4 * 1024 * 5); // 5 MiB
      const ticket = await openTicket(connector);
      await agent.replyPublic(ticket.id, '<p>большой</p>', [sampleFile('big.bin', 'application/octet-stream', bytes)]);
      const [attachment] = (await agentComments(connector, ticket.id))[0]?.content.attachments ?? [];
      if (attachment === undefined) throw new Error('no attachment was read');
      expect((await bytesOf(attachment)).equals(bytes)).toBe(true);
      await connector.addComment(ticket.id, draftComment('обратно', { content: { text: { text: 'обратно', spans: [] }, attachments: [attachment] } }));
      expect((await agent.readComments(ticket.id)).at(-1)?.files[0]?.bytes.equals(bytes)).toBe(true);
    },
  },
  {
    title: 'a file can be left half read',
    async run({ connector, agent }) {
      const ticket = await openTicket(connector);
      const bytes = everyByte(2000);
      await agent.replyPublic(ticket.id, '<p>файл</p>', [sampleFile('half.bin', 'application/octet-stream', bytes)]);
      const [attachment] = (await agentComments(connector, ticket.id))[0]?.content.attachments ?? [];
      const stream = await attachment?.open?.();
      if (attachment === undefined || stream === undefined) throw new Error('no attachment was read');
      stream.destroy();
      expect((await bytesOf(attachment)).equals(bytes)).toBe(true);
    },
  },
  {
    title: 'the cursor is exclusive, and the last comment\'s leaves nothing',
    async run({ connector, agent }) {
      const ticket = await openTicket(connector);
      await agent.replyPublic(ticket.id, '<p>раз</p>');
      await agent.commentInternal(ticket.id, '<p>два</p>');
      await agent.replyPublic(ticket.id, '<p>три</p>');
      const all = await connector.commentsAfter(ticket.id);
      for (const [index, comment] of all.entries()) {
        const after = await connector.commentsAfter(ticket.id, comment.id);
        expect(after.map((one) => one.id)).toEqual(all.slice(index + 1).map((one) => one.id));
      }
    },
  },
  {
    title: 'what is no comment (status changes) gives none',
    async run({ connector, agent }) {
      const ticket = await openTicket(connector);
      await agent.setPhase(ticket.id, 'pending');
      await agent.setPhase(ticket.id, 'solved');
      expect(await connector.commentsAfter(ticket.id)).toHaveLength(1);
    },
  },
  {
    title: `a ticket with more than ${MANY} comments is read whole and in order`,
    timeoutMs: 300_000,
    async run({ connector }) {
      const ticket = await openTicket(connector);
      for (let index = 0; index < MANY; index += 1) await connector.addComment(ticket.id, draftComment(`номер ${index}`));
      const read = await connector.commentsAfter(ticket.id);
      expect(read.slice(1).map((comment) => comment.content.text.text.trim())).toEqual(Array.from({ length: MANY }, (_, index) => `номер ${index}`));
      const late = await connector.commentsAfter(ticket.id, read.at(2)?.id);
      expect(late.map((comment) => comment.id)).toEqual(read.slice(3).map((comment) => comment.id));
    },
  },
];
