// The floor: the least a relay can do with what Node brings along. getUpdates, one keep-alive POST for each update; for each webhook one
// sendMessage. In order within a chat, chats side by side. Nothing on disk, no checks, no map, no cursor, no pacing, no second try.
import http from 'node:http';

const { WORLD: world, TOKEN: token } = process.env;
const agent = new http.Agent({ keepAlive: true, maxSockets: 64 });
/** The last call of each chat. */
const tails = new Map();

function post(path, body) {
  return new Promise((resolve, reject) => {
    const text = JSON.stringify(body);
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) };
    const request = http.request(`${world}${path}`, { agent, method: 'POST', headers }, (answer) => readBody(answer, (json) => resolve(JSON.parse(json))));
    request.on('error', reject);
    request.end(text);
  });
}

function readBody(stream, next) {
  const chunks = [];
  stream.on('data', (chunk) => chunks.push(chunk));
  stream.on('end', () => next(Buffer.concat(chunks).toString('utf8')));
}

function inOrder(chat, work) {
  const tail = (tails.get(chat) ?? Promise.resolve()).then(work);
  tails.set(chat, tail);
  return tail;
}

http.createServer({ keepAliveTimeout: 120_000 }, (request, response) => readBody(request, (text) => {
  response.end('{}');
  const message = JSON.parse(text);
  void inOrder(message.chat_id, () => post(`/bot${token}/sendMessage`, message));
})).listen(0, '127.0.0.1', function listening() {
  process.send({ url: `http://127.0.0.1:${this.address().port}/` });
});

process.on('message', () => {
  const { user, system } = process.cpuUsage();
  process.send((user + system) / 1_000);
});

for (let offset = 0; ;) {
  const { result } = await post(`/bot${token}/getUpdates`, { offset, timeout: 20, limit: 100 });
  await Promise.all(result.map(({ message: { chat, message_id: id, text } }) => inOrder(chat.id, () => post('/floor/post', { key: `tg:1000001:${chat.id}:${id}`, text }))));
  if (result.length > 0) offset = result.at(-1).update_id + 1;
}
