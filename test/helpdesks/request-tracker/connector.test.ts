import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { buffer } from 'node:stream/consumers';
import { mintId, type CommentId, type MessageId, type TicketId } from '../../../src/core/types.js';
import { attachmentOf, draftComment, draftTicket, everyByte, failure, sampleFile, sampleConversation, samplePerson } from '../../conformance/helpdesk-samples.js';
import { fixture, items, startFakeRt, type FakeAnswer, type FakeRequest, type FakeRt, TOKEN } from './fake-rt.js';

const TICKET = mintId<TicketId>('78');
const MESSAGE = mintId<MessageId>('tg:77:5:9');

let rt: FakeRt;
beforeEach(async () => {
  rt = await startFakeRt();
  rt.on('GET /ticket/78', { body: fixture('ticket') });
  rt.on('GET /user/39', { body: fixture('own-user') });
  rt.on('GET /user/agent1', { body: fixture('agent') });
  rt.on('GET /queue/3', { body: fixture('queue') });
  rt.on('GET /queue/Support', { body: fixture('queue') });
  rt.on('GET /queues/all', { body: fixture('queues') });
  rt.on('GET /ticket/78/history', ({ query }) => (query.get('page') === '1' ? { body: fixture('history') } : items([])));
  rt.on('POST /attachments', ({ query }) => ({ body: fixture(query.get('fields')?.includes('Content,') || query.get('fields')?.endsWith('Content') ? 'attachment-texts' : 'attachments') }));
  rt.on('GET /attachment/1140', { body: fixture('attachment') });
});
afterEach(() => rt.close());

const posted = (route: string): readonly FakeRequest[] => rt.requests.filter((request) => request.route === route);
const correspond = 'POST /ticket/78/correspond';
const done: FakeAnswer = { status: 201, headers: { location: '/REST/2.0/transaction/2000' }, body: ['Correspondence added'] };

describe('comments', () => {
  it('are read in order, with origin, visibility, text, file and external id; mails and status changes are none', async () => {
    const comments = await rt.connector.commentsAfter(TICKET);
    expect(comments.map(({ id, origin, visibility, content, author, externalId }) => [id, origin, visibility, content.text.text.trim(), author?.name, externalId])).toEqual([
      ['1086', 'bridge', 'public', 'Здравствуйте', undefined, undefined],
      ['1089', 'agent', 'public', 'Откройте Настройки', 'Agent One', undefined],
      ['1092', 'agent', 'internal', 'между нами', 'Agent One', undefined],
      ['1093', 'bridge', 'public', 'Спасибо', undefined, MESSAGE],
    ]);
    const [file] = comments[1]?.content.attachments ?? [];
    expect(file).toMatchObject({ name: 'a.txt', mediaType: 'text/plain', kind: 'document', sizeBytes: 5 });
    if (file?.open === undefined) throw new Error('no file');
    expect((await buffer(await file.open())).toString()).toBe('hello');
  });

  it('take three requests behind a cursor, once people are known, whatever the number of comments', async () => {
    await rt.connector.commentsAfter(TICKET);
    const before = rt.requests.length;
    const late = await rt.connector.commentsAfter(TICKET, mintId<CommentId>('1086'));
    expect(late.map((comment) => comment.id)).toEqual(['1089', '1092', '1093']);
    expect(rt.requests.slice(before).map((request) => request.route)).toEqual(['GET /ticket/78/history', 'POST /attachments', 'POST /attachments']);
  });

  it('of nobody after the last one take one request', async () => {
    expect(await rt.connector.commentsAfter(TICKET, mintId<CommentId>('1093'))).toEqual([]);
    expect(rt.requests).toHaveLength(1);
  });

  it('of a ticket that is not there are not_found, though Request Tracker answers 200', async () => {
    rt.on('GET /ticket/79/history', items([]));
    await failure(rt.connector.commentsAfter(mintId<TicketId>('79')), 'not_found');
  });

  it('of somebody who becomes an agent count from then on', async () => {
    rt.on('GET /user/agent1', { body: { ...fixture('agent') as object, Privileged: 0 } });
    expect((await rt.connector.commentsAfter(TICKET))[1]?.origin).toBe('requester');
    rt.on('GET /user/agent1', { body: fixture('agent') });
    expect((await rt.connector.commentsAfter(TICKET))[1]?.origin).toBe('agent');
  });

  it('carry the external id behind the ticket\'s subject, never a bracket that a search dies of', async () => {
    rt.on(correspond, done);
    expect(await rt.connector.addComment(TICKET, draftComment('привет', { externalId: MESSAGE }))).toBe('2000');
    expect(JSON.parse(posted(correspond)[0]?.body ?? '')).toEqual({ Content: '<div>привет</div>', ContentType: 'text/html', Subject: 'Не могу войти (tg:77:5:9)' });
    rt.on('GET /transactions', ({ query }) => (query.get('query')?.includes('[') ? { status: 500 } : items([{ id: '1093', Creator: { id: 'bridge' } }])));
    expect(await rt.connector.findComment?.(TICKET, MESSAGE)).toBe('1093');
    expect(await rt.connector.findComment?.(TICKET, mintId<MessageId>('tg:77:5:90'))).toBeUndefined();
    // An agent's comment takes over the subject of the ticket, and a requester chooses that.
    rt.on('GET /transactions', items([{ id: '1093', Creator: { id: 'agent1' } }]));
    expect(await rt.connector.findComment?.(TICKET, MESSAGE)).toBeUndefined();
  });
});

describe('what is sent', () => {
  const sent = (): unknown => JSON.parse(posted(correspond).at(-1)?.body ?? '');
  it.each([
    { name: 'a requester\'s comment opens a resolved ticket', status: 'resolved', from: 'requester', visibility: 'public', out: 'open' },
    { name: 'a requester\'s comment opens a stalled ticket', status: 'stalled', from: 'requester', visibility: 'public', out: 'open' },
    { name: 'a new ticket stays new, which the stock scrip would open', status: 'new', from: 'requester', visibility: 'public', out: 'new' },
    { name: 'an open ticket is left alone', status: 'open', from: 'requester', visibility: 'public', out: undefined },
    { name: 'the bridge\'s own comment sets no status', status: 'resolved', from: 'bridge', visibility: 'public', out: undefined },
  ] as const)('$name', async ({ status, from, visibility, out }) => {
    rt.on('GET /ticket/78', { body: { ...fixture('ticket') as object, Status: status } });
    rt.on(correspond, done);
    await rt.connector.addComment(TICKET, draftComment('x', { from, visibility }));
    expect((sent() as { Status?: string }).Status).toBe(out);
  });

  it('puts a status back that the stock scrip changed at the bridge\'s own word', async () => {
    let status = 'resolved';
    rt.on('GET /ticket/78', () => ({ body: { ...fixture('ticket') as object, Status: status } }));
    rt.on(correspond, () => { status = 'open'; return done; });
    rt.on('PUT /ticket/78', ({ body }) => { status = (JSON.parse(body) as { Status: string }).Status; return { body: [] }; });
    await rt.connector.addComment(TICKET, draftComment('x', { from: 'bridge' }));
    expect(status).toBe('resolved');
  });

  it('is a form of a length known beforehand when there are files, with names as they are', async () => {
    rt.on(correspond, done);
    const file = attachmentOf(sampleFile('отчёт "май".bin', 'application/x-odd; evil=1', everyByte()));
    await rt.connector.addComment(TICKET, draftComment('файл', { content: { text: { text: 'файл', spans: [] }, attachments: [file] } }));
    const request = posted(correspond)[0];
    expect(Number(request?.headers['content-length'])).toBeGreaterThan(1024);
    expect(request?.headers['transfer-encoding']).toBeUndefined();
    expect(request?.body).toContain('filename="отчёт _май_.bin"');
    expect(request?.body).toContain('Content-Type: application/octet-stream');
  });

  it.each([
    { type: 'text/vcard', out: 'application/vcard' }, { type: 'text/csv', out: 'application/csv' }, { type: 'text/plain', out: 'text/plain' },
    { type: 'text/html', out: 'text/html' }, { type: 'image/png', out: 'image/png' },
  ])('has a file of $type as $out: RT prints text that is no mail in wrong letters', async ({ type, out }) => {
    rt.on(correspond, done);
    const file = attachmentOf(sampleFile('a.bin', type, everyByte()));
    await rt.connector.addComment(TICKET, draftComment('файл', { content: { text: { text: 'файл', spans: [] }, attachments: [file] } }));
    expect(posted(correspond)[0]?.body).toContain(`Content-Type: ${out}\r\n`);
  });

  it('is nothing when a file is too large, and the error says so', async () => {
    const small = rt.connect({ options: { attachmentBytesMax: 100 } });
    const big = attachmentOf(sampleFile('big.bin', 'application/octet-stream', everyByte()), { sizeKnown: false });
    const draft = draftComment('файл', { content: { text: { text: 'файл', spans: [] }, attachments: [big] } });
    expect(await failure(small.addComment(TICKET, draft), 'invalid')).toMatchObject({ reason: 'too_big', effect: 'none' });
    expect(posted(correspond)).toEqual([]);
  });

  it('fails when a file has another size than its source had named', async () => {
    rt.on(correspond, done);
    for (const sizeBytes of [1000, 2000]) {
      const file = { ...attachmentOf(sampleFile('a.bin', 'application/octet-stream', everyByte())), sizeBytes };
      const draft = draftComment('файл', { content: { text: { text: 'файл', spans: [] }, attachments: [file] } });
      await failure(rt.connector.addComment(TICKET, draft), 'unavailable');
    }
  });
});

describe('what goes wrong', () => {
  const cases: readonly { readonly name: string; readonly answer: FakeAnswer | 'drop'; readonly code: 'unavailable' | 'invalid' | 'forbidden' | 'unauthorized'; readonly effect: 'none' | 'unknown' }[] = [
    { name: '500 with an empty body', answer: { status: 500 }, code: 'unavailable', effect: 'unknown' },
    { name: 'a page of HTML with 200', answer: { headers: { 'content-type': 'text/html' }, body: '<html>Sign in</html>' }, code: 'unavailable', effect: 'unknown' },
    { name: '201 without the transaction', answer: { status: 201, body: ['Correspondence added'] }, code: 'unavailable', effect: 'unknown' },
    { name: 'a gateway\'s 502', answer: { status: 502, body: '<html>' }, code: 'unavailable', effect: 'unknown' },
    { name: 'a connection that ends', answer: 'drop', code: 'unavailable', effect: 'unknown' },
    { name: '400 with a sentence', answer: { status: 400, body: { message: 'Message could not be recorded' } }, code: 'invalid', effect: 'none' },
    { name: '403', answer: { status: 403, body: { message: 'Forbidden' } }, code: 'forbidden', effect: 'none' },
    { name: '401', answer: { status: 401, body: { message: 'Unauthorized' } }, code: 'unauthorized', effect: 'none' },
  ];
  it.each(cases)('addComment: $name', async ({ answer, code, effect }) => {
    rt.on(correspond, () => answer);
    const error = await failure(rt.connector.addComment(TICKET, draftComment('секрет')), code);
    expect(error.effect).toBe(effect);
    expect(`${error.message}${error.stack}`).not.toMatch(new RegExp(`секрет|${TOKEN}|recorded`));
  });

  it('createTicket says that the outcome is unknown when the ticket was made and could not be read', async () => {
    rt.on('POST /users', items([]));
    rt.on('POST /user', { status: 201, body: { id: '1' } });
    const draft = await draftTicket(rt.connector);
    rt.on('POST /ticket', { status: 201, body: { id: '78', type: 'ticket' } });
    rt.on('GET /ticket/78', { status: 403, body: { message: 'Forbidden' } });
    expect((await failure(rt.connector.createTicket(draft), 'forbidden')).effect).toBe('unknown');
  });

  it('createTicket tells the log when the custom field was lost', async () => {
    rt.on('POST /users', items([]));
    rt.on('POST /user', { status: 201, body: { id: '1' } });
    rt.on('POST /ticket', { status: 201, body: { id: '78', type: 'ticket' } });
    await rt.connector.createTicket(await draftTicket(rt.connector));
    expect(rt.events).toContainEqual(expect.objectContaining({ type: 'log', level: 'error', message: expect.stringContaining('BridgeKey') }));
  });

  it('updateTicket is a conflict when 200 came and the status stayed', async () => {
    rt.on('PUT /ticket/78', { body: ['Ticket 78: Status \'resolved\' isn\'t a valid status for this ticket.'] });
    await failure(rt.connector.updateTicket?.(TICKET, { phase: 'solved' }) ?? Promise.resolve(), 'conflict');
  });

  it('upsertRequester goes on when it may make no users, or another request just made one', async () => {
    const person = samplePerson('Иван');
    rt.on('POST /users', items([]));
    const answers: FakeAnswer[] = [{ status: 403, body: { message: 'Permission Denied' } }, { status: 400, body: { message: 'Name in use' } }];
    for (const answer of answers) {
      rt.on('POST /user', answer);
      expect(await rt.connector.upsertRequester({ person })).toBe(`${person.id.replace(':', '-')}@telegram.invalid`);
    }
  });

  it('upsertRequester tells the profile, changes only what changed and leaves alone what agents wrote', async () => {
    const person = { ...samplePerson('Иван'), username: 'ivan', link: 'https://t.me/ivan', phone: '+77010000000' };
    const address = `${person.id.replace(':', '-')}@telegram.invalid`;
    const path = `PUT /user/${encodeURIComponent(address)}`;
    const sent = (place: string): unknown => JSON.parse(rt.requests.filter(({ route }) => route === place).at(-1)?.body ?? 'null');
    rt.on('POST /users', items([]));
    rt.on('POST /user', { status: 201, body: { id: '9' } });
    await rt.connector.upsertRequester({ person });
    expect(sent('POST /user')).toMatchObject({ RealName: 'Иван', Lang: 'ru', MobilePhone: '+77010000000', FreeformContactInfo: '@ivan https://t.me/ivan' });
    const known = { id: address, RealName: 'Иван', Lang: 'ru', MobilePhone: '+77010000000' };
    rt.on(path, { body: [] });
    rt.on('POST /users', items([{ ...known, FreeformContactInfo: '@older https://t.me/older' }]));
    await rt.connector.upsertRequester({ person });
    expect(sent(path)).toEqual({ FreeformContactInfo: '@ivan https://t.me/ivan' });
    rt.on('POST /users', items([{ ...known, FreeformContactInfo: 'only in the mornings' }]));
    const { phone: _phone, ...without } = person;
    await rt.connector.upsertRequester({ person: { ...without, name: 'Пётр' } });
    expect(sent(path)).toEqual({ RealName: 'Пётр' });
  });

  it('a rename that was refused with 200 is told once', async () => {
    const person = samplePerson('New Name');
    const address = `${person.id.replace(':', '-')}@telegram.invalid`;
    rt.on('POST /users', items([{ id: address, RealName: 'Old Name' }]));
    rt.on(`PUT /user/${encodeURIComponent(address)}`, { body: ['User: Permission Denied'] });
    await rt.connector.upsertRequester({ person });
    await rt.connector.upsertRequester({ person });
    expect(rt.events.filter((event) => event.type === 'log')).toHaveLength(1);
  });

  it('a token of another kind is unauthorized without a request', async () => {
    await failure(rt.connect({ token: 'Bearer abc' }).commentsAfter(TICKET), 'unauthorized');
    const [finding] = await rt.connect({ token: 'abc' }).diagnose({ queues: ['Support'] });
    expect(finding).toMatchObject({ ok: false, advice: expect.stringContaining('Auth Tokens') });
  });
});

describe('tickets', () => {
  it('are read with queue, phase, ids and address', async () => {
    expect(await rt.connector.getTicket(TICKET)).toMatchObject({
      id: '78', number: '78', subject: 'Не могу войти', status: 'open', phase: 'open', queue: 'Support', externalId: 'tg:77:5:1', conversation: 'tg:77:5',
      url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/Ticket\/Display\.html\?id=78$/),
    });
  });

  it('of a status of one\'s own have the phase that the options give it', async () => {
    rt.on('GET /ticket/78', { body: { ...fixture('ticket') as object, Status: 'archived' } });
    expect((await rt.connector.getTicket(TICKET)).phase).toBe('open');
    const told = rt.connect({ options: { statuses: { archived: 'closed' } } });
    expect((await told.getTicket(TICKET)).phase).toBe('closed');
    await failure(told.addComment(TICKET, draftComment('поздно')), 'conflict');
  });

  it('are found at an address that already ends in /REST/2.0', async () => {
    expect((await rt.connect({ path: '/REST/2.0/' }).getTicket(TICKET)).id).toBe('78');
  });

  it('are looked for among merged ones too, with quoted values', async () => {
    rt.on('GET /tickets', items([]));
    await rt.connector.findTicket?.(mintId<MessageId>(`${sampleConversation()}:1' OR id > 0 \\`));
    expect(posted('GET /tickets')[0]?.query.get('query')).toMatch(/^CF\.\{BridgeKey\} = 'tg:77:\d+:1\\' OR id > 0 \\\\' AND EffectiveId > 0$/);
  });
});
