// The two sides of the bench in one process: a lean Bot API and a lean helpdesk (the desk's HTTP API, in memory, nothing on disk).
// Driven by messages of its parent. Both the floor and the bridge talk to it in the same way, so that what differs is the relay alone.
import http from 'node:http';

const BOT = '1000001';
const now = () => performance.now();
const state = { updates: [], nextUpdate: 1, waiting: [], tickets: new Map(), byExternal: new Map(), comments: new Map(), serial: 0, seq: 0, changes: [], run: undefined, target: undefined, messages: 5000 };

function push(chat, text) {
  const id = state.nextUpdate++;
  state.updates.push({ update_id: id, message: { message_id: id, date: Math.floor(Date.now() / 1000), text,
    chat: { id: chat, type: 'private', first_name: `C${chat}` }, from: { id: chat, is_bot: false, first_name: `C${chat}`, language_code: 'en' } } });
  return id;
}

function wake() {
  for (const waiter of state.waiting.splice(0)) waiter();
}

function arrived(key) {
  const run = state.run;
  if (!run || !run.started.has(key)) return;
  run.latencies.push(now() - run.started.get(key));
  run.started.delete(key);
  run.onArrival?.(key);
  if (run.latencies.length === run.total) {
    state.run = undefined;
    process.send({ done: true, ms: now() - run.t0, latencies: run.latencies });
  }
}

function readBody(request, next) {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => next(Buffer.concat(chunks).toString('utf8')));
}

function json(response, value, status = 200) {
  const body = JSON.stringify(value);
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
  response.end(body);
}

function getUpdates(response, { offset = 0, timeout = 0, limit = 100 }) {
  state.updates = state.updates.filter((update) => update.update_id >= offset);
  const answer = () => json(response, { ok: true, result: state.updates.slice(0, limit) });
  if (state.updates.length > 0 || timeout === 0) return answer();
  const timer = setTimeout(answer, timeout * 1000);
  state.waiting.push(() => { clearTimeout(timer); answer(); });
}

function telegram(method, body, response) {
  switch (method) {
    case 'getUpdates': return getUpdates(response, body);
    case 'getMe': return json(response, { ok: true, result: { id: Number(BOT), is_bot: true, first_name: 'Bench', username: 'bench_bot' } });
    case 'sendMessage':
      arrived(`out:${body.chat_id}:${String(body.text).split(' ').pop()}`);
      return json(response, { ok: true, result: { message_id: state.messages++, date: 1, chat: { id: body.chat_id, type: 'private' }, text: '' } });
    case 'getWebhookInfo': return json(response, { ok: true, result: { url: '', has_custom_certificate: false, pending_update_count: 0 } });
    default: return json(response, { ok: true, result: true });
  }
}

function newTicket(draft) {
  const known = state.byExternal.get(draft.externalId);
  if (known) return known;
  const id = String(++state.serial);
  const ticket = { id, number: id, subject: draft.subject, status: 'open', queue: 'Support', externalId: draft.externalId, conversation: draft.conversation };
  state.tickets.set(id, ticket);
  state.comments.set(id, []);
  state.byExternal.set(draft.externalId, ticket);
  return ticket;
}

function comment(ticket, fields) {
  const entry = { id: String(++state.serial), ticket, visibility: 'public', createdAtMs: Date.now(), html: '', files: [], ...fields };
  state.comments.get(ticket).push(entry);
  return entry;
}

function desk(request, url, body, response) {
  const [, ticket, what] = /^\/desk\/api\/tickets\/(\d+)(\/comments)?/.exec(url.pathname) ?? [];
  if (request.method === 'POST' && url.pathname === '/desk/api/tickets') {
    arrived(body.externalId);
    return json(response, { ticket: newTicket(body) }, 201);
  }
  if (request.method === 'POST' && what) {
    arrived(body.externalId);
    return json(response, { comment: comment(ticket, { author: { id: 'b', name: 'b', kind: 'bridge' }, html: '', externalId: body.externalId }) }, 201);
  }
  if (what) {
    const after = Number(url.searchParams.get('after') ?? 0);
    return json(response, { comments: state.comments.get(ticket).filter((entry) => Number(entry.id) > after), more: false });
  }
  if (ticket) return json(response, { ticket: state.tickets.get(ticket) });
  if (url.pathname === '/desk/api/requesters') return json(response, { id: body.personId });
  if (url.pathname === '/desk/api/changes') return json(response, { tickets: [], seq: 0, more: false });
  return json(response, { queues: ['Support', 'Security', 'VIP', 'General'] });
}

http.createServer({ keepAliveTimeout: 60_000 }, (request, response) => readBody(request, (text) => {
  const url = new URL(request.url, 'http://x');
  const method = /^\/bot[^/]+\/(\w+)$/.exec(url.pathname)?.[1];
  const type = request.headers['content-type'] ?? '';
  const body = text === '' ? {} : type.includes('json') ? JSON.parse(text) : Object.fromEntries(new URLSearchParams(text));
  for (const key of ['offset', 'timeout', 'limit']) if (key in body) body[key] = Number(body[key]);
  if (method) return telegram(method, body, response);
  if (url.pathname.startsWith('/floor/')) {
    arrived(body.key);
    return json(response, { ok: true });
  }
  return desk(request, url, body, response);
})).listen(0, '127.0.0.1', function listening() {
  process.send({ ready: true, port: this.address().port });
});

const agent = new http.Agent({ keepAlive: true, maxSockets: 64 });
function ring(target, body) {
  return new Promise((resolve) => {
    const payload = JSON.stringify(body);
    const request = http.request(target.url, { agent, method: 'POST', headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(payload), ...target.sign?.(payload) } }, (answer) => {
      answer.resume();
      answer.on('end', resolve);
    });
    request.on('error', resolve);
    request.end(payload);
  });
}

// chats 1..n; one message each opens the tickets before anything is measured.
function start(total) {
  state.run = { started: new Map(), latencies: [], total, t0: now() };
  return state.run;
}

/** In bursts: everything waits at once. Returns when all arrived (by message). */
function burstIn(chats, total) {
  const run = start(total);
  for (let n = 0; n < total; n += 1) {
    const chat = 1 + (n % chats);
    const id = push(chat, `message ${n}`);
    run.started.set(`tg:${BOT}:${chat}:${id}`, run.t0);
  }
  wake();
}

/** One at a time, the next when the last one arrived: the latency of an idle relay. */
function trickleIn(chats, total) {
  const run = start(total);
  let n = 0;
  const next = () => {
    if (n >= total) return;
    const chat = 1 + (n++ % chats);
    const id = push(chat, 'message');
    run.started.set(`tg:${BOT}:${chat}:${id}`, now());
    wake();
  };
  run.onArrival = () => setTimeout(next, 5);
  next();
}

function say(run, chat, n) {
  const key = `out:${chat}:m${n}`;
  const ticket = [...state.tickets.values()].find((one) => one.conversation === `tg:${BOT}:${chat}`);
  run.started.set(key, now());
  if (ticket) comment(ticket.id, { author: { id: 'a', name: 'Agent', kind: 'agent' }, html: `answer m${n}` });
  return ring(state.target, state.target.body(ticket, chat, `answer m${n}`));
}

async function burstOut(chats, total) {
  const run = start(total);
  for (let n = 0; n < total; n += 1) void say(run, 1 + (n % chats), n);
}

function trickleOut(chats, total) {
  const run = start(total);
  let n = 0;
  const next = () => { if (n < total) void say(run, 1 + (n % chats), n++); };
  run.onArrival = () => setTimeout(next, 5);
  next();
}

const { createHmac } = await import('node:crypto');
process.on('message', (message) => {
  if (message.target?.kind === 'floor') state.target = { url: message.target.url, body: (_ticket, chat, text) => ({ chat_id: chat, text }) };
  if (message.target?.kind === 'bridge') {
    const { url, secret } = message.target;
    state.target = { url, body: (ticket) => ({ event: 'changed', tickets: [{ id: ticket.id }] }), sign: (payload) => {
      const timestamp = String(Math.floor(Date.now() / 1000));
      return { 'x-desk-timestamp': timestamp, 'x-desk-signature': createHmac('sha256', secret).update(`${timestamp}.${payload}`).digest('hex') };
    } };
  }
  if (message.burstIn) burstIn(message.burstIn.chats, message.burstIn.total);
  if (message.trickleIn) trickleIn(message.trickleIn.chats, message.trickleIn.total);
  if (message.burstOut) void burstOut(message.burstOut.chats, message.burstOut.total);
  if (message.trickleOut) trickleOut(message.trickleOut.chats, message.trickleOut.total);
});
