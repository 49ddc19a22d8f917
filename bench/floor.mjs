// The floor: the least a relay can do. getUpdates, one keep-alive POST for each update (in order within a chat, chats side by side), and
// for each webhook one sendMessage. No durability, no checks, no map, no pacing.
import http from 'node:http';

const world = process.env.WORLD;
const agent = new http.Agent({ keepAlive: true, maxSockets: 64 });

function post(path, body) {
  return new Promise((resolve, reject) => {
    const payload = JSON.stringify(body);
    const request = http.request(`${world}${path}`, { agent, method: 'POST', headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(payload) } }, (answer) => {
      const chunks = [];
      answer.on('data', (chunk) => chunks.push(chunk));
      answer.on('end', () => resolve(JSON.parse(Buffer.concat(chunks).toString('utf8'))));
    });
    request.on('error', reject);
    request.end(payload);
  });
}

http.createServer((request, response) => {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    response.end('{}');
    void post('/bot1000001:floor/sendMessage', JSON.parse(Buffer.concat(chunks).toString('utf8')));
  });
}).listen(0, '127.0.0.1', function listening() {
  process.send({ url: `http://127.0.0.1:${this.address().port}/` });
});

for (let offset = 0; ;) {
  const { result } = await post('/bot1000001:floor/getUpdates', { offset, timeout: 20, limit: 100 });
  const chats = Map.groupBy ? Map.groupBy(result, (update) => update.message.chat.id) : group(result);
  await Promise.all([...chats.values()].map(async (updates) => {
    for (const { message } of updates) await post('/floor/post', { key: `tg:1000001:${message.chat.id}:${message.message_id}`, text: message.text });
  }));
  if (result.length > 0) offset = result.at(-1).update_id + 1;
}

function group(updates) {
  const chats = new Map();
  for (const update of updates) chats.set(update.message.chat.id, [...(chats.get(update.message.chat.id) ?? []), update]);
  return chats;
}
