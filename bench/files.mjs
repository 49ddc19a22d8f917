/**
 * How much memory files take on their way: 20 files of 20 MB at once, into and out of each helpdesk, against a lean Bot API and a lean
 * helpdesk in a process of their own. `npm run build:server && node --expose-gc bench/files.mjs [--files 20] [--megabytes 20]`.
 * Prints a Markdown table: by how much the resident memory grew at its highest, beside the bytes that were under way.
 */
import { fork } from 'node:child_process';
import { createServer } from 'node:http';
import { parseArgs } from 'node:util';
import { plainText } from '../dist/core/rich-text.js';
import { HELPDESKS } from '../dist/helpdesks/index.js';
import { toAttachment } from '../dist/helpdesks/request-tracker/attachments.js';
import { createHttpClient } from '../dist/http/client.js';
import { createTelegramClient } from '../dist/telegram/client.js';
import { createSender } from '../dist/telegram/sender.js';

const { values: given } = parseArgs({ options: { files: { type: 'string', default: '20' }, megabytes: { type: 'string', default: '20' }, world: { type: 'boolean', default: false } } });
const FILES = Number(given.files);
const BYTES = Number(given.megabytes) * 2 ** 20;
const CHUNK = Buffer.alloc(65_536);

// ---- the other side ----

/** Streams `bytes` of nothing, as slowly as the reader reads. */
function pour(response, bytes, { before = '', after = '', chunk = CHUNK } = {}) {
  let left = bytes;
  response.write(before);
  const next = () => {
    while (left > 0) {
      const piece = chunk.subarray(0, Math.min(left, chunk.length));
      left -= piece.length;
      if (!response.write(piece)) return response.once('drain', next);
    }
    return response.end(after);
  };
  next();
}

function serve(request, response) {
  const { pathname } = new URL(request.url, 'http://world');
  const json = (value, status = 200, headers = {}) => response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value));
  let received = 0;
  request.on('data', (chunk) => { received += chunk.length; });
  request.on('end', () => {
    const upload = (request.headers['content-type'] ?? '').startsWith('multipart/') || pathname.endsWith('/desk/api/files');
    if (upload && received < BYTES) return json({ ok: false, error_code: 400, description: 'a torn file' }, 400);
    if (pathname.endsWith('/getFile')) return json({ ok: true, result: { file_path: 'documents/file_1.bin', file_size: BYTES } });
    if (pathname.startsWith('/file/') || /\/desk\/api\/files\/\d/.test(pathname)) return pour(response.writeHead(200, { 'content-length': BYTES }), BYTES);
    if (pathname.startsWith('/bot')) return json({ ok: true, result: { message_id: 1 } });
    if (pathname.endsWith('/desk/api/files')) return json({ file: { id: '1' } }, 201);
    if (pathname.includes('/desk/api/') && request.method === 'GET') {
      const file = { id: '1', kind: 'document', name: 'a.bin', mediaType: 'application/octet-stream', sizeBytes: BYTES };
      return json({ comments: [{ id: '1', ticket: '1', visibility: 'public', author: { id: 'a', name: 'A', kind: 'agent' }, createdAtMs: 1, html: '', files: [file] }], more: false });
    }
    if (pathname.includes('/desk/api/')) return json({ comment: { id: '1' } }, 201);
    if (pathname.includes('/attachment/')) {
      const chunk = Buffer.from(CHUNK.subarray(0, 49_152).toString('base64'));
      return pour(response.writeHead(200, { 'content-type': 'application/json' }), Math.ceil(BYTES / 3) * 4, { before: '{"id":"1","Content":"', after: '"}', chunk });
    }
    if (request.method === 'POST') return json(['Correspondence added'], 201, { location: 'http://world/REST/2.0/transaction/5' });
    return json({ id: 1, EffectiveId: { id: '1' }, Subject: 's', Status: 'open', Queue: { id: '1' } });
  });
}

if (given.world) {
  createServer({ keepAliveTimeout: 120_000 }, serve).listen(0, '127.0.0.1', function listening() { process.send(`http://127.0.0.1:${this.address().port}`); });
} else {
  await measureAll();
}

// ---- this side ----

async function measureAll() {
  const world = fork(new URL(import.meta.url).pathname, ['--world', '--megabytes', given.megabytes]);
  try {
    const url = await new Promise((resolve) => { world.once('message', resolve); });
    const quiet = { emit: () => undefined, nowMs: () => performance.now() };
    const client = createTelegramClient({ token: '42:bench', apiRoot: url, ...quiet });
    const clock = { nowMs: () => Date.now(), sleep: (ms) => new Promise((resolve) => { setTimeout(resolve, ms); }) };
    const sender = createSender({ client, clock, emit: quiet.emit, limits: { messagesPerSecond: 0, chatMessagesPerSecond: 0 } });
    const rows = [];
    for (const name of ['desk', 'request-tracker']) {
      const definition = HELPDESKS[name];
      const options = definition.optionsSchema.parse(name === 'desk' ? {} : { requestTimeoutMs: 240_000, attachmentBytesMax: 2 ** 31 });
      const connector = definition.create({ url, token: 'bench', options }, quiet);
      const file = { kind: 'document', name: 'a.bin', mediaType: 'application/octet-stream', sizeBytes: BYTES, open: () => client.openFile('F') };
      const draft = (attachments) => ({ visibility: 'public', from: 'bridge', content: { text: plainText('x'), attachments } });
      const into = () => connector.addComment('1', draft([file]));
      const attachment = await answerOf(name, connector, url, quiet);
      const out = (number) => sender.sendPart(`tg:42:${number + 1}`, { kind: 'document', text: plainText(''), attachment });
      rows.push([`into ${name}`, ...await measure(into)], [`out of ${name}`, ...await measure(out)]);
    }
    client.disconnect();
    const total = (FILES * BYTES) / 2 ** 20;
    console.log(`Node ${process.version}, ${FILES} files of ${given.megabytes} MB at once (${total} MB).\n\n| | grew at most by MB | of the bytes under way | s |\n|---|---|---|---|`);
    for (const [what, grewBytes, ms] of rows) console.log(`| ${what} | ${(grewBytes / 2 ** 20).toFixed(0)} | ${((grewBytes / 2 ** 20 / total) * 100).toFixed(0)} % | ${(ms / 1000).toFixed(1)} |`);
  } finally {
    world.kill();
  }
}

async function answerOf(name, connector, url, quiet) {
  if (name === 'desk') return (await connector.commentsAfter('1'))[0].content.attachments[0];
  const http = createHttpClient({ baseUrl: `${url}/REST/2.0`, headers: {}, timeoutMs: 240_000, connectionsMax: FILES, ...quiet });
  const openAttachment = (operation, id) => http.open({ operation, method: 'GET', path: `/attachment/${id}` });
  return toAttachment({ id: '1', Filename: 'a.bin', ContentType: 'application/octet-stream', ContentLength: BYTES }, { openAttachment });
}

/** Runs `work` for every file at once, after one alone has warmed everything up. */
async function measure(work) {
  await work(0);
  globalThis.gc?.();
  const before = process.memoryUsage.rss();
  let most = before;
  const watch = setInterval(() => { most = Math.max(most, process.memoryUsage.rss()); }, 10);
  const startedAt = performance.now();
  await Promise.all(Array.from({ length: FILES }, (_, number) => work(number)));
  clearInterval(watch);
  return [most - before, performance.now() - startedAt];
}
