/**
 * What belongs here: looking at every request for the Bot API that reaches any HTTP server of a test (the emulator, a fake, with the bridge
 * in the same process or in another), and failing the test that caused a wrong one. Run by jest before each file of tests.
 *
 * Node tells of each request before the server sees it; its bytes are looked at on their way and not taken. Requests of the tests' own
 * `fetch` are not looked at: tests that play another client may send what they like.
 */
import { channel } from 'node:diagnostics_channel';
import type { IncomingMessage } from 'node:http';
import { afterAll, afterEach } from '@jest/globals';
import type { Reader } from './reading.js';

const METHOD_PATH = /\/bot\d+:[^/]+\/(\w+)(?:\?.*)?$/;

const started = channel('http.server.request.start');
let faults: string[] = [];
let seen = 0;
let pending: Promise<void>[] = [];

/** How many requests were looked at in this file of tests. */
export function requestsSeen(): number {
  return seen;
}

/** What was wrong with requests so far; they are forgotten and no longer fail the test. */
export async function takeFaults(): Promise<readonly string[]> {
  await Promise.all(pending);
  const taken = faults;
  faults = [];
  pending = [];
  return taken;
}

function look(message: unknown): void {
  const { request } = message as { readonly request: IncomingMessage };
  const method = METHOD_PATH.exec(request.url ?? '')?.[1];
  if (method === undefined || request.url?.startsWith('/file/') === true || request.headers['user-agent'] === 'node') return;
  listen(request, method);
}

/** Node hands the body on by `push`; `null` is its end. Most files of tests send nothing, so what reads requests is loaded late. */
function listen(request: IncomingMessage, method: string): void {
  const looked = new Promise<readonly string[]>((resolve) => {
    let reader: Promise<Reader> = import('./reading.js').then(({ createReader }) => createReader(request, method, resolve));
    const then = (step: (reader: Reader) => void): void => {
      reader = reader.then((ready) => { step(ready); return ready; });
      reader.catch((thrown: unknown) => { resolve([`${method}: could not be read: ${String(thrown)}`]); });
    };
    const push = request.push.bind(request);
    request.push = (chunk: unknown, encoding?: BufferEncoding): boolean => {
      if (Buffer.isBuffer(chunk)) then((ready) => { ready.write(chunk); });
      // One that never ends is never carried out, and nobody waits for it.
      if (chunk === null) {
        then((ready) => { ready.end(); });
        pending.push(looked.then((found) => { seen += 1; faults.push(...found); }));
      }
      return push(chunk, encoding);
    };
  });
}

started.subscribe(look);
afterAll(() => { started.unsubscribe(look); });
afterEach(async () => {
  const wrong = await takeFaults();
  if (wrong.length > 0) throw new Error(`requests that the Bot API does not take:\n${[...new Set(wrong)].join('\n')}`);
});
