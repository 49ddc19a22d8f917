// The two sides of the bench in one process: a lean Bot API and a lean helpdesk (the desk's HTTP API), in memory, nothing on disk.
// Driven by messages of its parent. The floor and the bridge talk to it in the same way, so that what differs is the relay alone.
import { createHmac } from 'node:crypto';
import http from 'node:http';

const BOT = '1000001';
/** How long the other side rests after an arrival before it writes again (trickle). */
const REST_MS = 5;
/** How long Telegram takes to answer a send; it has the message by then. */
const TELEGRAM_MS = Number(process.env.TELEGRAM_MS ?? 0);
const now = () => performance.now();
const later = (delayMs, work) => (delayMs === 0 ? work() : setTimeout(work, delayMs));
/** Each relay has a bot token of its own, and so updates of its own: all of them may run at the same time, one of them at work. */
const bots = new Map();
const desk = { tickets: new Map(), byExternal: new Map(), byConversation: new Map(), comments: new Map(), serial: 0 };
let nextUpdate = 1;
let nextMessage = 1_000_000;
let run;

function botOf(token) {
  if (!bots.has(token)) bots.set(token, { updates: [], waiting: undefined });
  return bots.get(token);
}

function push(bot, chat, text) {
  const id = nextUpdate++;
  bot.updates.push({ update_id: id, message: { message_id: id, date: Math.floor(Date.now() / 1000), text,
    chat: { id: chat, type: 'private', first_name: `C${chat}` }, from: { id: chat, is_bot: false, first_name: `C${chat}`, language_code: 'en' } } });
  return `tg:${BOT}:${chat}:${id}`;
}

function wake(bot) {
  const answer = bot.waiting;
  bot.waiting = undefined;
  answer?.();
}

function arrived(key) {
  const startedAt = run?.started.get(key);
  if (startedAt === undefined) return;
  run.started.delete(key);
  run.latencies.push(now() - startedAt);
  const { latencies, total, startedAt: runStartedAt, next, restMs } = run;
  if (latencies.length < total) {
    if (next) setTimeout(next, restMs);
    return;
  }
  run = undefined;
  process.send({ done: true, ms: now() - runStartedAt, latencies });
}

// ---- the Bot API ----

function getUpdates(bot, response, { offset = 0, timeout = 0, limit = 100 }) {
  while (bot.updates.length > 0 && bot.updates[0].update_id < offset) bot.updates.shift();
  const answer = () => json(response, { ok: true, result: bot.updates.slice(0, limit) });
  if (bot.updates.length > 0 || timeout === 0) return answer();
  const timer = setTimeout(() => wake(bot), timeout * 1000);
  bot.waiting = () => { clearTimeout(timer); answer(); };
}

function telegram(bot, method, body, response) {
  switch (method) {
    case 'getUpdates': return getUpdates(bot, response, body);
    case 'getMe': return json(response, { ok: true, result: { id: Number(BOT), is_bot: true, first_name: 'Bench', username: 'bench_bot' } });
    case 'sendMessage':
      arrived(`out:${String(body.text).split(' ').pop()}`);
      return later(TELEGRAM_MS, () => json(response, { ok: true, result: { message_id: nextMessage++, date: 1, chat: { id: body.chat_id, type: 'private' }, text: '' } }));
    case 'getWebhookInfo': return json(response, { ok: true, result: { url: '', has_custom_certificate: false, pending_update_count: 0 } });
    default: return json(response, { ok: true, result: true });
  }
}

// ---- the helpdesk ----

function newTicket(draft) {
  const known = desk.byExternal.get(draft.externalId);
  if (known) return known;
  const id = String(++desk.serial);
  const ticket = { id, number: id, subject: draft.subject, status: 'open', queue: 'Support', externalId: draft.externalId, conversation: draft.conversation };
  desk.tickets.set(id, ticket);
  desk.comments.set(id, []);
  desk.byExternal.set(draft.externalId, ticket);
  desk.byConversation.set(draft.conversation, ticket);
  return ticket;
}

function comment(ticket, fields) {
  const entry = { id: String(++desk.serial), ticket, visibility: 'public', createdAtMs: Date.now(), html: '', files: [], ...fields };
  desk.comments.get(ticket).push(entry);
  return entry;
}

/** Comments are in order of ids, and what is asked for is near the end. */
function commentsAfter(ticket, after, limit) {
  const all = desk.comments.get(ticket);
  let from = all.length;
  while (from > 0 && Number(all[from - 1].id) > after) from -= 1;
  return { comments: all.slice(from, from + limit), more: from + limit < all.length };
}

function answerDesk(request, url, body, response) {
  const [, ticket, what] = /^\/desk\/api\/tickets\/(\d+)(\/comments)?/.exec(url.pathname) ?? [];
  if (request.method === 'POST' && url.pathname === '/desk/api/tickets') {
    arrived(body.externalId);
    return json(response, { ticket: newTicket(body) }, 201);
  }
  if (request.method === 'POST' && what) {
    arrived(body.externalId);
    return json(response, { comment: comment(ticket, { author: { id: 'b', name: 'b', kind: 'bridge' }, externalId: body.externalId }) }, 201);
  }
  if (what) return json(response, commentsAfter(ticket, Number(url.searchParams.get('after') ?? 0), Number(url.searchParams.get('limit') ?? 200)));
  if (ticket) return json(response, { ticket: desk.tickets.get(ticket) });
  if (url.pathname === '/desk/api/requesters') return json(response, { id: body.personId });
  if (url.pathname === '/desk/api/changes') return json(response, { tickets: [], seq: 0, more: false });
  return json(response, { queues: ['Support', 'Security', 'VIP', 'General'] });
}

// ---- both ----

function json(response, value, status = 200) {
  const body = JSON.stringify(value);
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
  response.end(body);
}

function readBody(request, next) {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => next(Buffer.concat(chunks).toString('utf8')));
}

function parseBody(request, text) {
  if (text === '') return {};
  const body = (request.headers['content-type'] ?? '').includes('json') ? JSON.parse(text) : Object.fromEntries(new URLSearchParams(text));
  for (const key of ['offset', 'timeout', 'limit']) if (key in body) body[key] = Number(body[key]);
  return body;
}

http.createServer({ keepAliveTimeout: 120_000 }, (request, response) => readBody(request, (text) => {
  const url = new URL(request.url, 'http://world');
  const body = parseBody(request, text);
  const [, token, method] = /^\/bot([^/]+)\/(\w+)$/.exec(url.pathname) ?? [];
  if (method) return telegram(botOf(token), method, body, response);
  if (url.pathname === '/floor/post') {
    arrived(body.key);
    return json(response, { ok: true });
  }
  return answerDesk(request, url, body, response);
})).listen(0, '127.0.0.1', function listening() {
  process.send({ url: `http://127.0.0.1:${this.address().port}` });
});

const agent = new http.Agent({ keepAlive: true, maxSockets: 64 });

function ring({ url, headers }, text) {
  const request = http.request(url, { agent, method: 'POST', headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text), ...headers } }, (answer) => answer.resume());
  request.on('error', () => undefined);
  request.end(text);
}

// ---- runs ----

/** A requester writes. The relay is woken by the caller. */
function ask({ relay }, chat) {
  run.started.set(push(botOf(relay.token), chat, 'a message of some words'), now());
}

/** An agent answers: the floor is given the text itself, the bridge a doorbell, as each of them works. */
function answer({ relay }, chat) {
  const mark = `m${desk.serial++}`;
  const text = `an answer of some words ${mark}`;
  run.started.set(`out:${mark}`, now());
  if (relay.secret === undefined) return ring({ url: relay.url }, JSON.stringify({ chat_id: chat, text }));
  const ticket = desk.byConversation.get(`tg:${BOT}:${chat}`);
  comment(ticket.id, { author: { id: 'a', name: 'Agent', kind: 'agent' }, html: text });
  const doorbell = JSON.stringify({ event: 'changed', tickets: [{ id: ticket.id }] });
  const timestamp = String(Date.now());
  const signature = createHmac('sha256', relay.secret).update(`${timestamp}.${doorbell}`).digest('hex');
  ring({ url: relay.url, headers: { 'x-desk-timestamp': timestamp, 'x-desk-signature': signature } }, doorbell);
}

/** `burst`: everything is there at once. `trickle`: one at a time, the next when the last one arrived. */
process.on('message', (order) => {
  const { relay, direction, shape, chats, total, restMs = REST_MS } = order;
  const write = direction === 'in' ? ask : answer;
  const bot = botOf(relay.token);
  run = { started: new Map(), latencies: [], total, restMs, startedAt: now() };
  let written = 0;
  const one = () => {
    write(order, relay.firstChat + (written++ % chats));
    if (direction === 'in' && shape === 'trickle') wake(bot);
  };
  if (shape === 'trickle') {
    run.next = one;
    one();
    return;
  }
  while (written < total) one();
  wake(bot);
});
