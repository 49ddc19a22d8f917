import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import request from 'supertest';
import { AGENT, BEARER, createHandClock, PAGE, signIn, startDesk, temporaryFolder, type RunningDesk } from './start.js';

let running: RunningDesk;
let remove: () => Promise<void>;
const clock = createHandClock();

beforeAll(async () => {
  const temporary = await temporaryFolder();
  remove = temporary.remove;
  running = await startDesk(temporary.folder, { clock });
});
afterAll(async () => {
  await running.desk.close();
  await remove();
});

const api = {
  get: (path: string) => request(running.app).get(`/desk/api${path}`).set(BEARER),
  post: (path: string, json: object) => request(running.app).post(`/desk/api${path}`).set(BEARER).send(json),
};

let count = 0;
async function openTicket(change: object = {}): Promise<string> {
  count += 1;
  const { body } = await api.post('/requesters', { personId: `tg:${count}`, name: 'Иван' }).expect(200);
  const opened = await api.post('/tickets', { requester: body.id, subject: 'Тема', html: 'Текст', externalId: `tg:1:${count}`, ...change }).expect(201);
  return opened.body.ticket.id as string;
}

async function upload(name: string, mediaType: string, bytes = 'x'): Promise<string> {
  const query = new URLSearchParams({ name, mediaType });
  const { body } = await request(running.app).post(`/desk/api/files?${query}`).set(BEARER).set('content-type', 'application/octet-stream').send(bytes).expect(201);
  return body.file.id as string;
}

describe('who may come in', () => {
  it('refuses requests without a token, with a wrong one, and with an old cookie', async () => {
    await request(running.app).get('/desk/api/tickets').expect(401);
    await request(running.app).get('/desk/api/tickets').set('authorization', 'Bearer nope').expect(401);
    await request(running.app).get('/desk/api/tickets').set('cookie', 'desk_session=AAAA').expect(401);
    await request(running.app).get('/desk/api/events').expect(401);
    await request(running.app).get('/desk/api/files/0123456789abcdef0123456789abcdef').expect(401);
    await request(running.app).post('/desk/api/files?name=a').send('x').expect(401);
  });

  it('signs an agent in and out; the cookie is not for scripts or other sites', async () => {
    const response = await request(running.app).post('/desk/api/session').set(PAGE).send(AGENT).expect(204);
    const header = response.headers['set-cookie']?.[0] ?? '';
    expect(header).toMatch(/HttpOnly; SameSite=Strict/);
    const cookie = header.split(';')[0] ?? '';
    const session = await request(running.app).get('/desk/api/session').set('cookie', cookie).expect(200);
    expect(session.body).toMatchObject({ agent: { name: AGENT.name }, queues: ['Support', 'Биллинг'] });
    await request(running.app).delete('/desk/api/session').set(PAGE).set('cookie', cookie).expect(204);
    await request(running.app).get('/desk/api/session').set('cookie', cookie).expect(401);
  });

  it('forgets a session in time', async () => {
    const cookie = await signIn(running.app);
    clock.advance(12 * 3_600_000 + 1);
    await request(running.app).get('/desk/api/session').set('cookie', cookie).expect(401);
  });

  it('takes a write with a cookie only from its own page', async () => {
    const cookie = await signIn(running.app);
    const id = await openTicket();
    const write = (headers: Record<string, string>) => request(running.app).patch(`/desk/api/tickets/${id}`).set('cookie', cookie).set(headers).send({ status: 'pending' });
    await write({}).expect(403);
    await write({ ...PAGE, origin: 'https://evil.example' }).expect(403);
    await write({ ...PAGE, origin: 'null' }).expect(403);
    await write({ ...PAGE, 'sec-fetch-site': 'cross-site' }).expect(403);
    expect((await api.get(`/tickets/${id}`)).body.ticket.status).toBe('new');
    await write({ ...PAGE, host: 'desk.example', origin: 'https://desk.example', 'sec-fetch-site': 'same-origin' }).expect(200);
  });


  it('with open access serves loopback names only', async () => {
    const { folder, remove: clean } = await temporaryFolder();
    const { app, desk } = await startDesk(folder, { openAccess: true, agents: [] });
    await request(app).get('/desk/api/session').set('host', '127.0.0.1:8080').expect(200);
    await request(app).get('/desk/api/session').set('host', 'localhost').expect(200);
    await request(app).get('/desk/api/session').set('host', 'rebound.example').expect(401);
    await request(app).get('/desk/api/session').set('host', '127.0.0.1.evil.example').expect(401);
    await desk.close();
    await clean();
  });

  it('refuses to start without a token', async () => {
    const { folder, remove: clean } = await temporaryFolder();
    await expect(startDesk(folder, { apiToken: '' })).rejects.toMatchObject({ code: 'invalid' });
    await expect(startDesk(folder, { webhook: { url: 'http://127.0.0.1:9/', secret: '' } })).rejects.toMatchObject({ code: 'invalid' });
    await clean();
  });
});

describe('tickets and comments', () => {
  it('numbers tickets from 1001 up and answers a repeated external id with the first ticket, also when both come at once', async () => {
    const { folder, remove: clean } = await temporaryFolder();
    const { app, desk } = await startDesk(folder);
    const post = (path: string, json: object) => request(app).post(`/desk/api${path}`).set(BEARER).send(json);
    const { body } = await post('/requesters', { personId: 'tg:1', name: 'A' });
    const draft = { requester: body.id, subject: 's', html: 'h', externalId: 'tg:1:1:1' };
    const answers = await Promise.all([post('/tickets', draft), post('/tickets', draft), post('/tickets', draft)]);
    expect(answers.map((answer) => answer.body.ticket.id)).toEqual(['1001', '1001', '1001']);
    expect(answers.map((answer) => answer.status).sort()).toEqual([200, 200, 201]);
    const comment = { visibility: 'public', from: 'requester', html: 'x', externalId: 'tg:1:1:2' };
    const twice = await Promise.all([post('/tickets/1001/comments', comment), post('/tickets/1001/comments', comment)]);
    expect(twice[0]?.body.comment.id).toBe(twice[1]?.body.comment.id);
    await desk.close();
    await clean();
  });

  it.each([['solved', 'open'], ['pending', 'open'], ['open', 'open'], ['new', 'new']])('a requester who writes on a %s ticket leaves it %s', async (before, after) => {
    const id = await openTicket();
    if (before !== 'new') await request(running.app).patch(`/desk/api/tickets/${id}`).set(BEARER).send({ status: before }).expect(200);
    await api.post(`/tickets/${id}/comments`, { visibility: 'public', from: 'requester', html: 'ещё' }).expect(201);
    expect((await api.get(`/tickets/${id}`)).body.ticket.status).toBe(after);
  });

  it('a closed ticket stays closed: no public comments, no changes; a follow-up names it', async () => {
    const id = await openTicket();
    await request(running.app).patch(`/desk/api/tickets/${id}`).set(BEARER).send({ status: 'closed' }).expect(200);
    await api.post(`/tickets/${id}/comments`, { visibility: 'public', from: 'requester', html: 'ещё' }).expect(409);
    await request(running.app).patch(`/desk/api/tickets/${id}`).set(BEARER).send({ status: 'open' }).expect(409);
    await api.post(`/tickets/${id}/comments`, { visibility: 'internal', html: 'не доставлено' }).expect(201);
    const next = await openTicket({ followUpOf: id });
    const history = await api.get(`/tickets/${next}/history`);
    expect(history.body.entries).toContainEqual(expect.objectContaining({ kind: 'event', field: 'follow_up', from: id }));
  });

  it('refuses what is out of bounds and names the fields only', async () => {
    const answer = await api.post('/tickets', { requester: 'r1', subject: 'secret words', html: 5, priority: 'max' }).expect(400);
    expect(answer.body.message).toBe('wrong or missing: priority, html');
    const id = await openTicket();
    await api.post(`/tickets/${id}/comments`, { visibility: 'secret', html: 'x' }).expect(400);
    await api.post(`/tickets/${id}/comments`, { visibility: 'public', html: '<p> </p>' }).expect(400);
    await api.post(`/tickets/${id}/comments`, { visibility: 'public', html: 'x'.repeat(600_001) }).expect(400);
    await api.post(`/tickets/${id}/comments`, { visibility: 'public', html: 'x', files: ['0123456789abcdef0123456789abcdef'] }).expect(400);
    await request(running.app).post('/desk/api/tickets').set(BEARER).set('content-type', 'application/json').send('{"a":').expect(400);
    await request(running.app).post('/desk/api/tickets').set(BEARER).send({ html: 'x'.repeat(5_000_000) }).expect(413);
    await api.get('/tickets?limit=100000').expect(400);
    await api.get('/tickets/__proto__').expect(404);
  });

  it('finds tickets by number, name and words of any comment, and filters by status and queue', async () => {
    const id = await openTicket({ subject: 'Уникальная тема', queue: 'Биллинг' });
    await api.post(`/tickets/${id}/comments`, { visibility: 'internal', html: 'слово <b>Фазан</b> внутри' }).expect(201);
    const found = async (query: string): Promise<unknown> => (await api.get(`/tickets?${query}`).expect(200)).body.tickets.map((ticket: { id: string }) => ticket.id);
    expect(await found(`search=${encodeURIComponent('уникальная фазан')}`)).toEqual([id]);
    expect(await found(`search=%23${id}`)).toEqual([id]);
    expect(await found(`search=${encodeURIComponent('фазан уникальная нет-такого')}`)).toEqual([]);
    expect(await found(`queue=${encodeURIComponent('Биллинг')}&status=new`)).toEqual([id]);
    expect(await found(`queue=${encodeURIComponent('Биллинг')}&status=solved`)).toEqual([]);
  });

  it('deletes for good: ticket, comments and files', async () => {
    const file = await upload('a.txt', 'text/plain');
    const id = await openTicket({ files: [file] });
    await request(running.app).delete(`/desk/api/tickets/${id}`).set(BEARER).expect(204);
    await api.get(`/tickets/${id}`).expect(404);
    await api.get(`/files/${file}`).expect(404);
    await api.post(`/tickets/${id}/comments`, { visibility: 'public', html: 'x' }).expect(404);
  });

  it('a deleted answer takes along only files that no other comment shows', async () => {
    const own = await upload('own.txt', 'text/plain');
    const shared = await upload('shared.txt', 'text/plain');
    const id = await openTicket({ files: [shared] });
    const agent = { ...PAGE, cookie: await signIn(running.app) };
    const { body } = await request(running.app).post(`/desk/api/tickets/${id}/comments`).set(agent).send({ visibility: 'public', html: 'x', files: [own, shared] }).expect(201);
    await request(running.app).delete(`/desk/api/tickets/${id}/comments/${body.comment.id}`).set(agent).expect(204);
    await api.get(`/files/${own}`).expect(404);
    await api.get(`/files/${shared}`).expect(200);
  });
});

describe('what strangers send', () => {
  it.each([
    { name: 'scripts go with their text', in: 'a<script>alert(1)</script>b', out: 'ab' },
    { name: 'handlers and styles go', in: '<b onclick="x()" style="position:fixed">a</b>', out: '<b>a</b>' },
    { name: 'only harmless links stay', in: '<a href="javascript:x()">a</a><a href=" JaVaScRiPt:x()">b</a><a href="data:text/html,x">c</a>', out: '<a>a</a><a>b</a><a>c</a>' },
    { name: 'links keep their address', in: '<a href="https://e.kz/?a=1&amp;b=2" target=x>a</a>', out: '<a href="https://e.kz/?a=1&amp;b=2" rel="noopener noreferrer nofollow">a</a>' },
    { name: 'unknown tags go, their text stays', in: '<blink>a<form action=/x><input value=b>c</form></blink>', out: 'ac' },
    { name: 'pictures from among its files stay', in: `a<img src="cid:${'0f'.repeat(16)}" alt="<кот>" onerror=x()>b`, out: `a<img src="cid:${'0f'.repeat(16)}" alt="&lt;кот&gt;">b` },
    { name: 'pictures become their label', in: 'a<img src=x onerror=x() alt="<кот>">', out: 'a&lt;кот&gt;' },
    { name: 'what is open is closed, what is not is not', in: '<b><i>a</b>c</i></u>', out: '<b><i>a</i></b>c' },
    { name: 'svg and math cannot smuggle', in: '<svg><style><!--</style><img title="--><img src=x onerror=x()>"></svg>d', out: 'd' },
    { name: 'text stays text', in: '&lt;script&gt;1 &amp; 2', out: '&lt;script&gt;1 &amp; 2' },
  ])('html: $name', async ({ in: html, out }) => {
    const id = await openTicket({ html });
    expect((await api.get(`/tickets/${id}/comments`)).body.comments[0].html).toBe(out);
  });

  it.each([
    { name: 'page.html', type: 'text/html', disposition: 'attachment', given: 'application/octet-stream' },
    { name: 'a.svg', type: 'image/svg+xml', disposition: 'attachment', given: 'application/octet-stream' },
    { name: 'cat.png', type: 'image/png; x=y', disposition: 'inline', given: 'image/png' },
    { name: 'v.mp4', type: 'video/mp4', disposition: 'inline', given: 'video/mp4' },
    { name: 'doc.pdf', type: 'application/pdf', disposition: 'inline', given: 'application/pdf' },
    { name: 'x', type: 'text/html\r\nx-evil: 1', disposition: 'attachment', given: 'application/octet-stream' },
  ])('files: $type is given as $disposition', async ({ name, type, disposition, given }) => {
    const answer = await api.get(`/files/${await upload(name, type, '<script>alert(1)</script>')}`).expect(200);
    expect(answer.headers['content-type']).toBe(given);
    expect(answer.headers['content-disposition']).toMatch(new RegExp(`^${disposition};`));
    expect(answer.headers['x-content-type-options']).toBe('nosniff');
    expect(answer.headers['content-security-policy']).toContain("default-src 'none'");
    expect(answer.headers['x-evil']).toBeUndefined();
  });

  it.each([
    { in: '../../etc/passwd', out: 'passwd' }, { in: 'a"\r\nx-evil: 1.txt', out: 'a_x-evil_ 1.txt' },
    { in: 'отчёт\u202Egpj.exe', out: 'отчётgpj.exe' }, { in: '..', out: 'file' }, { in: '', out: 'file' }, { in: `${'😀'.repeat(150)}.png`, out: `${'😀'.repeat(58)}.png` },
    { in: `a${'😀'.repeat(150)}.png`, out: `a${'😀'.repeat(57)}.png` },
  ])('file names: $in', async ({ in: name, out }) => {
    const id = await upload(name, 'text/plain');
    const ticket = await openTicket({ files: [id] });
    expect((await api.get(`/tickets/${ticket}/comments`)).body.comments[0].files[0].name).toBe(out);
    const answer = await api.get(`/files/${id}`).expect(200);
    expect(answer.headers['content-disposition']).toMatch(/^attachment; filename="[\w. -]*"; filename\*=UTF-8''[\w.%~!-]*$/);
  });

  it('serves parts of a file, so that videos can be seeked', async () => {
    const id = await upload('v.mp4', 'video/mp4', '0123456789');
    const answer = await api.get(`/files/${id}`).set('range', 'bytes=2-4').expect(206);
    expect(answer.headers['content-range']).toBe('bytes 2-4/10');
  });

  it('a file of one ticket cannot be claimed by another', async () => {
    const file = await upload('a.txt', 'text/plain');
    await openTicket({ files: [file] });
    const other = await openTicket();
    await api.post(`/tickets/${other}/comments`, { visibility: 'public', html: 'x', files: [file] }).expect(400);
  });
});

describe('articles', () => {
  it('are kept, found by words and language, best first, changed and removed', async () => {
    const add = async (title: string, html: string, locale: string): Promise<string> => (await api.post('/articles', { title, html, locale }).expect(201)).body.id as string;
    const card = await add('Оплата картой', '<p>Как оплатить <b>заказ</b></p>', 'ru');
    await add('Доставка', 'Оплата курьеру', 'ru');
    await add('Payment', 'pay', 'en');
    const titles = async (search: string): Promise<unknown> => (await api.get(`/articles?locale=ru&search=${encodeURIComponent(search)}`)).body.articles.map((article: { title: string }) => article.title);
    expect(await titles('оплата картой')).toEqual(['Оплата картой', 'Доставка']);
    await request(running.app).put(`/desk/api/articles/${card}`).set(BEARER).send({ title: 'Карты', html: 'x', locale: 'ru' }).expect(200);
    expect(await titles('карты')).toEqual(['Карты']);
    await request(running.app).delete(`/desk/api/articles/${card}`).set(BEARER).expect(204);
    expect(await titles('карты')).toEqual([]);
  });
});
