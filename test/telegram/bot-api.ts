/** A Bot API server in a few lines, on a real socket: every call is recorded, and answered as the test says. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import busboy from 'busboy';

export interface Call {
  readonly method: string;
  readonly parameters: Record<string, unknown>;
  readonly file?: { readonly field: string; readonly name: string; readonly mediaType: string; readonly bytes: Buffer };
  /** All of them; `file` is the first. */
  readonly files: readonly NonNullable<Call['file']>[];
  readonly headers: IncomingMessage['headers'];
  /** The client's port: equal ports mean one kept connection. */
  readonly port: number | undefined;
}

/** A result, a refusal, or a hand on the socket itself. */
export type Answer =
  | { readonly result: unknown }
  | { readonly error_code: number; readonly description: string; readonly parameters?: Record<string, number> }
  | { readonly raw: (response: ServerResponse, call: Call) => void };

export interface FakeBotApi {
  readonly url: string;
  readonly calls: Call[];
  of(method: string): Call[];
  /** The last answer given here stays. */
  answer(method: string, ...answers: (Answer | ((call: Call) => Answer | Promise<Answer>))[]): void;
  /** What GET /file/... answers. */
  files: Map<string, Buffer | ((response: ServerResponse) => void)>;
  close(): Promise<void>;
}

export const TOKEN = '42:SECRET-token_xyz';

export async function startBotApi(): Promise<FakeBotApi> {
  const calls: Call[] = [];
  const answers = new Map<string, (Answer | ((call: Call) => Answer | Promise<Answer>))[]>();
  const files: FakeBotApi['files'] = new Map();
  let messageId = 100;
  const server = createServer((request, response) => {
    void (async () => {
      const path = request.url ?? '';
      if (request.method === 'GET') {
        const file = files.get(path);
        if (typeof file === 'function') file(response);
        else if (file === undefined) response.writeHead(404).end('{"ok":false}');
        else response.writeHead(200, { 'content-length': file.length }).end(file);
        return;
      }
      const method = path.split('/').at(-1) ?? '';
      const read = await readBody(request).catch(() => undefined);
      if (read === undefined) return;
      const call: Call = { method, ...read, headers: request.headers, port: request.socket.remotePort };
      calls.push(call);
      const queue = answers.get(method) ?? [];
      const next = queue.length > 1 ? queue.shift() : queue[0];
      const answer = next === undefined ? { result: { message_id: ++messageId } } : typeof next === 'function' ? await next(call) : next;
      if ('raw' in answer) { answer.raw(response, call); return; }
      const ok = 'result' in answer;
      response.writeHead(ok ? 200 : answer.error_code, { 'content-type': 'application/json' }).end(JSON.stringify({ ok, ...answer }));
    })();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`, calls, files,
    of: (method) => calls.filter((call) => call.method === method),
    answer: (method, ...given) => { answers.set(method, given); },
    close: () => new Promise((resolve) => { server.closeAllConnections(); server.close(() => { resolve(); }); }),
  };
}

async function readBody(request: IncomingMessage): Promise<Pick<Call, 'parameters' | 'file' | 'files'>> {
  const type = request.headers['content-type'] ?? '';
  if (!type.startsWith('multipart/')) {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    return { parameters: text === '' ? {} : JSON.parse(text) as Record<string, unknown>, files: [] };
  }
  const parameters: Record<string, unknown> = {};
  const files: NonNullable<Call['file']>[] = [];
  const form = busboy({ headers: { ...request.headers, 'content-type': type }, defParamCharset: 'utf8' });
  form.on('field', (name, value) => { parameters[name] = value; });
  form.on('file', (field, stream, { filename, mimeType }) => {
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('end', () => { files.push({ field, name: (filename as string | undefined) ?? '', mediaType: mimeType, bytes: Buffer.concat(chunks) }); });
  });
  await new Promise<void>((resolve, reject) => {
    form.on('close', resolve);
    form.on('error', reject);
    request.on('error', reject);
    request.on('aborted', () => { reject(new Error('aborted')); });
    request.pipe(form);
  });
  const [file] = files;
  return { parameters, files, ...(file === undefined ? {} : { file }) };
}
