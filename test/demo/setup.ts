import http from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '../../src/core/ports.js';
import { z } from 'zod';
import { startEmulator } from '../../src/demo/emulator/index.js';
import type { EmulatorOptions, RunningEmulator } from '../../src/demo/emulator/index.js';

export const TOKEN = '7000000042:test-token-of-the-emulator';

/** The clock of the machine, for tests that never wait for it. */
export const realClock: Clock = {
  nowMs: () => Date.now(),
  async sleep(delayMs, signal) {
    await delay(delayMs, undefined, signal === undefined ? {} : { signal }).catch(() => undefined);
  },
};

export interface VirtualClock extends Clock {
  /** Moves time on and wakes who is due. */
  advance(byMs: number): void;
  sleepers(): readonly number[];
}

export function createVirtualClock(startMs = 1_800_000_000_000): VirtualClock {
  let nowMs = startMs;
  const waiting = new Set<{ atMs: number; wake: () => void }>();
  return {
    nowMs: () => nowMs,
    sleep: (delayMs, signal) => new Promise((resolve) => {
      const sleeper = { atMs: nowMs + delayMs, wake: () => { waiting.delete(sleeper); resolve(); } };
      if (signal?.aborted === true) return resolve();
      signal?.addEventListener('abort', sleeper.wake, { once: true });
      waiting.add(sleeper);
    }),
    advance(byMs) {
      nowMs += byMs;
      for (const sleeper of [...waiting]) if (sleeper.atMs <= nowMs) sleeper.wake();
    },
    sleepers: () => [...waiting].map((sleeper) => sleeper.atMs - nowMs).sort((a, b) => a - b),
  };
}

const answerShape = z.object({
  ok: z.boolean(), result: z.unknown().optional(), description: z.string().optional(), error_code: z.number().optional(),
  parameters: z.object({ retry_after: z.number().optional(), migrate_to_chat_id: z.number().optional() }).optional(),
});

export interface ApiAnswer {
  readonly status: number;
  readonly retryAfter: string | null;
  readonly body: z.infer<typeof answerShape>;
}

export interface Api {
  readonly emulator: RunningEmulator;
  call(method: string, parameters?: Record<string, unknown>, signal?: AbortSignal): Promise<ApiAnswer>;
  form(method: string, form: FormData): Promise<ApiAnswer>;
}

export async function startApi(options: Partial<EmulatorOptions> = {}): Promise<Api> {
  const emulator = await startEmulator({ clock: realClock, tokens: [TOKEN], ...options });
  const url = (method: string): string => `${emulator.url}/bot${TOKEN}/${method}`;
  return {
    emulator,
    call: async (method, parameters = {}, signal) => toAnswer(await fetch(url(method), {
      method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(parameters), ...(signal === undefined ? {} : { signal }),
    })),
    form: async (method, form) => toAnswer(await fetch(url(method), { method: 'POST', body: form })),
  };
}

export async function toAnswer(response: Response): Promise<ApiAnswer> {
  return { status: response.status, retryAfter: response.headers.get('retry-after'), body: answerShape.parse(await response.json()) };
}

const updatesShape = z.array(z.looseObject({
  update_id: z.number(), message: z.looseObject({ text: z.string().optional(), message_id: z.number() }).optional(),
}));

/** The updates of an answer of `getUpdates`. */
export function updatesOf(answer: ApiAnswer): z.infer<typeof updatesShape> {
  return updatesShape.parse(answer.body.result);
}

export interface Receiver {
  readonly url: string;
  /** What came in, in order. */
  readonly received: { readonly update: number; readonly text: string; readonly secret: string | undefined }[];
  /** Decides the answer to each delivery; 200 unless set. */
  answer: (text: string) => number | { readonly status: number; readonly retryAfter: number } | 'hang';
  /** Resolves when `count` deliveries have come in. */
  reached(count: number): Promise<void>;
  stop(): Promise<void>;
}

const deliveryShape = z.object({
  update_id: z.number(), message: z.object({ text: z.string() }).optional(), callback_query: z.object({ data: z.string() }).optional(),
});

/** A webhook endpoint that remembers what it got. */
export async function startReceiver(): Promise<Receiver> {
  const waiting: { count: number; resolve: () => void }[] = [];
  const server = http.createServer((request, response) => {
    void (async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(Buffer.from(chunk as Uint8Array));
      const update = deliveryShape.parse(JSON.parse(Buffer.concat(chunks).toString('utf8')));
      const text = update.message?.text ?? update.callback_query?.data ?? '';
      receiver.received.push({ update: update.update_id, text, secret: request.headers['x-telegram-bot-api-secret-token']?.toString() });
      const answer = receiver.answer(text);
      if (answer !== 'hang') {
        response.writeHead(typeof answer === 'number' ? answer : answer.status, typeof answer === 'number' ? {} : { 'retry-after': String(answer.retryAfter) });
        response.end();
      }
      for (const waiter of waiting) if (receiver.received.length >= waiter.count) waiter.resolve();
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const receiver: Receiver = {
    url: `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}/hook`,
    received: [],
    answer: () => 200,
    reached: (count) => new Promise((resolve) => {
      if (receiver.received.length >= count) resolve();
      else waiting.push({ count, resolve });
    }),
    stop: () => new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    }),
  };
  return receiver;
}

/** Resolves when `check` holds; looks after every turn of the event loop. */
export async function until(check: () => boolean): Promise<void> {
  for (let turns = 0; turns < 100_000; turns += 1) {
    if (check()) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
  throw new Error('it never came true');
}

/** The smallest PNG header that tells its size. */
export function png(width: number, height: number, extraBytes = 0): Buffer {
  const bytes = Buffer.alloc(33 + extraBytes);
  Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex').copy(bytes);
  bytes.writeUInt32BE(width, 16);
  bytes.writeUInt32BE(height, 20);
  return bytes;
}
