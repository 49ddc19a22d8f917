/** Which comment an answer is to, from the headers that Request Tracker keeps, and what it costs to find out. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mintId, type Comment, type CommentId, type TicketId } from '../../../src/core/types.js';
import { fixture, items, startFakeRt, type FakeRt } from './fake-rt.js';

const TICKET = mintId<TicketId>('78');
const QUOTED = '<p>yes</p><div class="gmail_quote">On Monday bridge wrote:<br /><blockquote class="gmail_quote" type="cite">help</blockquote></div>';
const PLACE = 'GET /ticket/78/attachments';

/** A row as Request Tracker gives it: the root of a transaction, with its id and what it answers. */
const root = (transaction: string, id: string, more = '', Subject = ''): object =>
  ({ id: `9${transaction}`, TransactionId: transaction, ContentType: 'text/html', ContentLength: '9', Filename: '', Subject, Headers: `MIME-Version: 1.0\nMessage-ID: <${id}>\n${more}Content-Length: 9` });
const OPENING = root('1086', 'rt-5-1-1-1.0-0-0@x');
const LATER = root('1088', 'rt-5-1-1-2.0-0-0@x', '', 'Help (tg:77:5:8)');
/** Many parts that are of no use. */
const CROWD = Array.from({ length: 100 }, (_, index) => root('1087', `rt-5-1-9-${index}.0-0-0@x`));

let rt: FakeRt;
beforeEach(async () => {
  rt = await startFakeRt();
  rt.on('GET /user/39', { body: fixture('own-user') });
  rt.on('GET /user/agent1', { body: fixture('agent') });
  rt.on('GET /queue/3', { body: fixture('queue') });
  rt.on('GET /ticket/78', { body: fixture('ticket') });
  rt.on('GET /ticket/78/history', ({ query }) => (query.get('page') === '1' ? { body: fixture('history') } : items([])));
  rt.on(PLACE, items([OPENING, LATER]));
  rt.on('GET /transactions', ({ query }) => {
    const id = /id = (\d+)$/.exec(query.get('query') ?? '')?.[1] ?? '';
    return items([{ id, ObjectId: '78', Type: id === '1086' ? 'Create' : 'Correspond', Creator: { id: id === '1089' ? 'agent1' : 'bridge' } }]);
  });
});
afterEach(() => rt.close());

/** Comment 1089, of an agent, with this header above its text; `more`: the roots of others that are read with it. */
async function answer(header: string, text = '<p>yes</p>', { after = '1086', more = [] as readonly object[] } = {}): Promise<Comment['inReplyTo']> {
  const parts = items([...more, root('1089', 'rt-5-1-1-3.78-0-0@x', header)]);
  rt.on('POST /attachments', ({ query }) => (query.get('fields') === 'TransactionId,Content' ? items([{ id: '91089', TransactionId: '1089', Content: text }]) : parts));
  const comments = await rt.connector.commentsAfter(TICKET, after === '' ? undefined : mintId<CommentId>(after));
  return comments.find((comment) => comment.id === '1089')?.inReplyTo;
}
const asked = (route: string): number => rt.requests.filter((request) => request.route === route).length;
const to = (id: string): string => `In-Reply-To: <${id}>\n`;

describe('the comment that an agent answers', () => {
  it('is none without the header, and nobody asks for it', async () => {
    expect(await answer('', QUOTED)).toBeUndefined();
    expect([asked(PLACE), asked('GET /transactions')]).toEqual([0, 0]);
  });

  it('is the one that the header names, with its message, looked up once', async () => {
    const expected = { comment: '1088', externalId: 'tg:77:5:8' };
    expect(await answer(to('rt-5-1-1-2.0-0-0@x'))).toEqual(expected);
    expect(await answer('In-Reply-To:\n <rt-5-1-1-2.0-0-0@x>\n')).toEqual(expected);
    expect(asked(PLACE)).toBe(1);
  });

  it('is not looked up when it was read anyway', async () => {
    expect(await answer(to('rt-5-1-1-1.0-0-0@x'), QUOTED, { after: '', more: [OPENING] })).toMatchObject({ comment: '1086' });
    expect(asked(PLACE)).toBe(0);
  });

  it('is the opening comment only with a quote, since the form names that one by itself', async () => {
    expect(await answer(to('rt-5-1-1-1.0-0-0@x'))).toBeUndefined();
    const { externalId } = await rt.connector.getTicket(TICKET);
    expect(externalId).toBeDefined();
    expect(await answer(to('rt-5-1-1-1.0-0-0@x'), QUOTED)).toEqual({ comment: '1086', externalId });
    expect(await answer(to('rt-5-1-1-1.0-0-0@x'), '> help\n\nyes')).toEqual({ comment: '1086', externalId });
    expect(asked(PLACE)).toBe(1);
  });

  it('names no message when it opened a ticket that was merged into this one', async () => {
    rt.on('GET /transactions', items([{ id: '1086', ObjectId: '77', Type: 'Create', Creator: { id: 'bridge' } }]));
    expect(await answer(to('rt-5-1-1-1.0-0-0@x'), QUOTED)).toEqual({ comment: '1086' });
  });

  it('names no message when an agent wrote it, whatever its subject is', async () => {
    rt.on('GET /transactions', items([{ id: '1088', ObjectId: '78', Type: 'Correspond', Creator: { id: 'agent1' } }]));
    expect(await answer(to('rt-5-1-1-2.0-0-0@x'))).toEqual({ comment: '1088' });
  });

  it('is found by the second id that Request Tracker gives what came by mail', async () => {
    rt.on(PLACE, items([OPENING, root('1088', 'a@mail', 'RT-Message-ID: <rt-5-1-1-7.78-0-0@x>\n')]));
    expect(await answer(to('rt-5-1-1-7.78-0-0@x'))).toEqual({ comment: '1088' });
  });

  it('is found at the end of a long ticket, and given up after a few pages', async () => {
    rt.on(PLACE, ({ query }) => items(query.get('order') === 'DESC' ? [LATER, ...CROWD.slice(1)] : [OPENING, ...CROWD.slice(1)]));
    expect(await answer(to('rt-5-1-1-2.0-0-0@x'))).toMatchObject({ comment: '1088' });
    expect(asked(PLACE)).toBe(2);
    expect(await answer(to('nobody@knows'))).toBeUndefined();
    expect(asked(PLACE)).toBe(6);
  });

  it('is looked for on its own ticket: who writes a mail chooses its id', async () => {
    expect(await answer(to('rt-5-1-1-2.0-0-0@x'))).toMatchObject({ comment: '1088' });
    rt.on('GET /ticket/79/history', ({ query }) => (query.get('page') === '1' ? { body: fixture('history') } : items([])));
    rt.on('GET /ticket/79/attachments', items([OPENING]));
    const there = await rt.connector.commentsAfter(mintId<TicketId>('79'), mintId<CommentId>('1086'));
    expect(there.map(({ id, inReplyTo }) => [id, inReplyTo])).toContainEqual(['1089', undefined]);
    expect(asked('GET /ticket/79/attachments')).toBe(1);
  });

  it('is nothing that Request Tracker sent out by mail, which nobody looks up', async () => {
    rt.on(PLACE, items([OPENING, root('1087', 'rt-5-1-1-5.78-5-0@x')]));
    expect(await answer(to('rt-5-1-1-5.78-5-0@x'))).toBeUndefined();
    expect(asked(PLACE)).toBe(0);
  });

  it('holds up no answer when it cannot be found out', async () => {
    rt.on(PLACE, { status: 500 });
    expect(await answer(to('rt-5-1-1-2.0-0-0@x'))).toBeUndefined();
    expect(rt.events).toContainEqual(expect.objectContaining({ type: 'log', level: 'warn', facts: { ticket: TICKET } }));
  });
});
