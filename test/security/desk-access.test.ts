/** Who gets into the desk: guessing, open access, other sites in the same browser, and what a page may run. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import request from 'supertest';
import { AGENT, API_TOKEN, BEARER, createHandClock, PAGE, startDesk, temporaryFolder, type HandClock, type RunningDesk } from '../helpdesks/desk/start.js';

const LOOPBACK = { host: '127.0.0.1:8080' };
let clock: HandClock;
let running: RunningDesk;
const closers: (() => Promise<unknown>)[] = [];

async function start(change: Parameters<typeof startDesk>[1] = {}): Promise<RunningDesk> {
  const { folder, remove } = await temporaryFolder();
  const desk = await startDesk(folder, { clock, ...change });
  closers.push(remove, () => desk.desk.close());
  return desk;
}
beforeEach(async () => {
  clock = createHandClock();
  running = await start();
});
afterEach(async () => { for (const close of closers.splice(0).reverse()) await close(); });

const attempt = (token: string, headers: Record<string, string> = {}, name = AGENT.name) => request(running.app).post('/desk/api/session').set({ ...PAGE, ...headers }).send({ name, token });

describe('guessing an agent\'s token', () => {
  it('is answered later and later, and the right token gets in at once all the same', async () => {
    for (let count = 0; count < 5; count += 1) await attempt('wrong').expect(401);
    const delays: number[] = [];
    for (let count = 0; count < 6; count += 1) {
      const asleep = clock.sleeping();
      let status = 0;
      const answer = attempt('wrong').then((given) => { status = given.status; });
      const delayMs = await asleep;
      clock.advance(delayMs - 1);
      await attempt(AGENT.token).expect(204); // nobody is locked out by somebody else's guesses
      expect(status).toBe(0);
      clock.advance(1);
      await answer;
      expect(status).toBe(401);
      delays.push(delayMs);
    }
    expect(delays.every((delay, index) => index === 0 || delay >= (delays[index - 1] ?? 0))).toBe(true);
    expect([delays[0], delays.at(-1)]).toEqual([500, 8000]);
  });

  it('holds a bounded number of answers back; what is more is refused at once, but for the right token', async () => {
    for (let count = 0; count < 5; count += 1) await attempt('wrong').expect(401);
    const many = Array.from({ length: 220 }, () => attempt('wrong').then((answer) => answer.status));
    let refused = 0;
    for (const each of many) void each.then((status) => { if (status === 429) refused += 1; });
    for (let turns = 0; refused < 20 && turns < 500; turns += 1) await new Promise((resolve) => { setTimeout(resolve, 10); });
    expect(refused).toBe(20);
    const limited = await attempt('wrong').expect(429);
    expect(Number(limited.headers['retry-after'])).toBeGreaterThan(0);
    await attempt(AGENT.token).expect(204);
    clock.advance(8000);
    expect((await Promise.all(many)).filter((status) => status === 401)).toHaveLength(200);
  });

  it('costs whoever guesses, not who shares a proxy with them', async () => {
    const mallory = { 'x-forwarded-for': '203.0.113.9, 198.51.100.7' };
    for (let count = 0; count < 5; count += 1) await attempt('wrong', mallory).expect(401);
    const asleep = clock.sleeping();
    const slow = attempt('wrong', { 'x-forwarded-for': 'forged, 198.51.100.7' }).then((answer) => answer.status); // what they add in front changes nothing
    await asleep;
    await attempt('mistyped', { 'x-forwarded-for': '198.51.100.8' }).expect(401);
    clock.advance(8000);
    expect(await slow).toBe(401);
    expect(running.events).toContainEqual(expect.objectContaining({ type: 'log', level: 'warn', message: 'desk: somebody tries tokens that are wrong' }));
    expect(JSON.stringify(running.events)).not.toMatch(/198\.51|"wrong"|mistyped/);
  });

  it.each([
    ['an empty token', AGENT.name, ''], ['the beginning', AGENT.name, AGENT.token.slice(0, -1)], ['one more', AGENT.name, `${AGENT.token}x`], ['another case', AGENT.name, AGENT.token.toUpperCase()],
    ['nobody', '', ''], ['an unknown name', 'root', AGENT.token], ['the API token', AGENT.name, API_TOKEN], ['a very long one', AGENT.name, 'x'.repeat(500)], ['not ASCII', AGENT.name, 'тест😀'],
  ])('fails with %s', async (_what, name, token) => {
    const answer = await attempt(token, {}, name).expect(401);
    expect(answer.headers['set-cookie']).toBeUndefined();
    expect(answer.text).not.toContain(AGENT.token);
  });

  it('of the API is no way in either', async () => {
    for (const token of ['', ' ', 'x', API_TOKEN.slice(0, -1), `${API_TOKEN}x`, `${API_TOKEN}, ${API_TOKEN}`, 'ключ']) {
      await request(running.app).get('/desk/api/tickets').set('authorization', Buffer.from(`Bearer ${token}`).toString('latin1')).expect(401);
    }
    await request(running.app).get('/desk/api/tickets').set(BEARER).expect(200);
  });
});

describe('a desk that is open to its own machine', () => {
  beforeEach(async () => { running = await start({ openAccess: true, agents: [] }); });

  it.each([
    { 'x-forwarded-for': '203.0.113.9' }, { 'x-forwarded-host': 'desk.example' }, { 'x-real-ip': '203.0.113.9' }, { forwarded: 'for=203.0.113.9' }, { via: '1.1 proxy' },
  ])('is closed behind a proxy: %j', async (headers) => {
    await request(running.app).get('/desk/api/session').set({ ...LOOPBACK, ...headers }).expect(401);
    await request(running.app).get('/desk/api/session').set(LOOPBACK).expect(200);
  });

  it.each(['rebound.example', '127.0.0.1.evil.example', '10.0.0.1', '0.0.0.0:8080', '[::ffff:127.0.0.1]', '127.1', 'localhost.evil.example', '127.0.0.1:8080@evil.example', ''])('is closed to the name %j', async (host) => {
    await request(running.app).get('/desk/api/session').set('host', host).expect(401);
  });
});

describe('another site in the same browser', () => {
  const writes: readonly { readonly method: 'post' | 'patch' | 'delete'; readonly path: string; readonly body?: object }[] = [
    { method: 'post', path: '/tickets/1001/comments', body: { visibility: 'public', html: 'forged' } }, { method: 'patch', path: '/tickets/1001', body: { status: 'closed' } },
    { method: 'delete', path: '/tickets/1001' }, { method: 'post', path: '/tickets/1001/merge', body: { into: '1002' } }, { method: 'post', path: '/files?name=a' },
    { method: 'post', path: '/session', body: AGENT }, { method: 'delete', path: '/session' },
  ];
  const foreign: readonly { readonly name: string; readonly headers: Record<string, string> }[] = [
    { name: 'a form', headers: { 'content-type': 'application/x-www-form-urlencoded', origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' } },
    { name: 'a form that pretends to be JSON', headers: { 'content-type': 'text/plain', origin: 'https://evil.example' } },
    { name: 'a script with the header', headers: { ...PAGE, origin: 'https://evil.example' } }, { name: 'a sandboxed frame', headers: { ...PAGE, origin: 'null' } },
    { name: 'a neighbour on another port', headers: { ...PAGE, host: '127.0.0.1:8080', origin: 'http://127.0.0.1:9090', 'sec-fetch-site': 'same-site' } },
    { name: 'an old browser without Origin', headers: {} },
  ];

  it.each(writes.flatMap((write) => foreign.map((site) => ({ ...write, ...site }))))('$name cannot $method $path with the agent\'s cookie', async ({ method, path, body, headers }) => {
    const bridge = (at: string, json: object) => request(running.app).post(`/desk/api${at}`).set(BEARER).send(json).expect((answer) => { if (answer.status > 201) throw new Error(answer.text); });
    const { body: person } = await bridge('/requesters', { personId: 'tg:1', name: 'A' });
    for (const externalId of ['tg:1:1:1', 'tg:1:1:2']) await bridge('/tickets', { requester: person.id, subject: 's', html: 'h', externalId });
    const cookie = ((await attempt(AGENT.token).expect(204)).headers['set-cookie']?.[0] ?? '').split(';')[0] ?? '';
    const before = (await request(running.app).get('/desk/api/changes?after=0').set(BEARER)).body;
    const forged = request(running.app)[method](`/desk/api${path}`).set({ ...headers, cookie });
    const answer = await (body === undefined ? forged : forged.send(headers['content-type'] === undefined ? body : JSON.stringify(body)));
    expect([400, 403]).toContain(answer.status);
    expect(answer.headers['access-control-allow-origin']).toBeUndefined();
    expect((await request(running.app).get('/desk/api/changes?after=0').set(BEARER)).body).toEqual(before);
    await request(running.app).get('/desk/api/session').set('cookie', cookie).expect(200); // nor was the agent signed out
  });

  it('gets no permission to ask, to frame the page, or to read', async () => {
    const asked = await request(running.app).options('/desk/api/tickets/1001').set({ origin: 'https://evil.example', 'access-control-request-method': 'PATCH', 'access-control-request-headers': 'x-desk-page' });
    expect(Object.keys(asked.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
    const { headers } = await request(running.app).get('/desk/').expect(200);
    const policy = headers['content-security-policy'] ?? '';
    expect(policy).toMatch(/default-src 'none'; script-src 'self'; /);
    expect(policy).toMatch(/frame-ancestors 'self'.*base-uri 'none'.*form-action 'self'/);
    expect(policy).not.toMatch(/unsafe|\*|https?:/);
    expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'x-frame-options': 'SAMEORIGIN', 'referrer-policy': 'same-origin' });
  });

  it('the page itself holds no script that its policy would not run', async () => {
    const { text } = await request(running.app).get('/desk/').expect(200);
    expect(text).not.toMatch(/<script(?![^>]*\bsrc=)|\son\w+=|style=|javascript:/i);
  });
});

describe('hostile words', () => {
  const EVIL = '"><img src=x onerror=alert(1)><script>alert(2)</script>\u202e{{constructor}}';

  it('come out of the API as words: names, subjects, tags, files, comments', async () => {
    const send = (path: string, json: object) => request(running.app).post(`/desk/api${path}`).set(BEARER).send(json);
    const { body: person } = await send('/requesters', { personId: 'tg:1', name: EVIL, username: EVIL }).expect(200);
    const { body: file } = await request(running.app).post(`/desk/api/files?${new URLSearchParams({ name: EVIL, mediaType: 'image/svg+xml' })}`).set(BEARER).send('<svg onload=alert(1)>').expect(201);
    const { body: opened } = await send('/tickets', { requester: person.id, subject: EVIL, tags: [EVIL.slice(0, 60)], html: `<p>a</p>${EVIL}<a href="javascript:alert(3)">b</a><iframe srcdoc="x">`, files: [file.file.id], externalId: 'tg:1:1:1' }).expect(201);
    const comments = await request(running.app).get(`/desk/api/tickets/${String(opened.ticket.id)}/comments`).set(BEARER).expect(200);
    expect(comments.headers['content-type']).toMatch(/^application\/json/);
    expect(comments.headers['x-content-type-options']).toBe('nosniff');
    const [comment] = comments.body.comments as { html: string; files: { name: string }[] }[];
    expect(comment?.html.match(/<[^>]*>/g)?.filter((tag) => !/^<\/?(p|a)>$/.test(tag))).toEqual([]);
    expect(comment?.html).not.toMatch(/script|onerror|javascript|srcdoc/);
    expect(comment?.files[0]?.name).not.toMatch(/[<>"\u202e]/);
  });
});
