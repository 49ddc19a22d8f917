/**
 * The Bot API client: telegraf's `Telegram` with what it lacks. Read in telegraf 4.16.3: it waits 500 s, drops object fields beside
 * files, throws the given agent away for `http:` roots, and may show the token in an error. Plain calls stay telegraf's, since its agent
 * can be put back after construction; uploads are ours, since an error in its source stream ends the process.
 */
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { Readable } from 'node:stream';
import { Telegram, TelegramError } from 'telegraf';
import type { Opts, Telegram as Methods } from 'telegraf/types';
import { z } from 'zod';
import { BridgeError, toBridgeError } from '../core/errors.js';
import type { Emit } from '../core/ports.js';
import { codeOf } from '../http/fault.js';
import { parseBotId } from './ids.js';
import { lostConnection, refusalSchema, toRefusal } from './refusals.js';
import { download, sendForm, type Upload, type Wire } from './transfer.js';

export interface TelegramClientOptions {
  readonly token: string;
  /** Absolute URL of the Bot API, with or without a trailing slash. */
  readonly apiRoot: string;
  readonly emit: Emit;
  readonly nowMs: () => number;
  /** The server at `apiRoot` is ours and runs with `--local`: larger files, and paths of its own disk, which this machine may have too. Default false. */
  readonly local?: boolean;
  /** Longest wait for the answer to a plain call. */
  readonly timeoutMs?: number;
}

/** What of an AbortSignal is used; telegraf's own type of it is older than Node's. */
interface CancelSignal {
  readonly aborted: boolean;
  addEventListener(type: 'abort', listener: () => void): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

export interface CallOptions {
  readonly timeoutMs?: number | undefined;
  readonly signal?: CancelSignal | undefined;
}

/** Every method throws BridgeError only; a refusal of Telegram's is a TelegramRefusal. Nothing is repeated here. */
export interface TelegramClient {
  /** The bot's numeric id. */
  readonly botId: string;
  readonly uploadBytesMax: number;
  readonly downloadBytesMax: number;
  /** Any method without files, also ones newer than telegraf. The result is outside data. */
  call(method: string, parameters: Readonly<Record<string, unknown>>, options?: CallOptions): Promise<unknown>;
  /** A method with files; each source is opened once, when its turn comes, and always closed. */
  upload(method: string, parameters: Readonly<Record<string, unknown>>, ...files: readonly [Upload, ...Upload[]]): Promise<unknown>;
  /** The bytes of a file. `invalid` with reason `too_big` or `file_unavailable` when Telegram will not give it. */
  openFile(fileId: string): Promise<Readable>;
  /** Closes idle connections. */
  disconnect(): void;
}

const TIMEOUT_MS = 30_000;
/** A 50 MB file over a line of about 2 Mbit/s. */
const TRANSFER_TIMEOUT_MS = 240_000;
/** 2 GB at about 10 Mbit/s, which is the line between that server and Telegram. */
const LOCAL_TRANSFER_TIMEOUT_MS = 1_800_000;
const MEGABYTE = 1024 * 1024;
/** https://core.telegram.org/bots/api#sending-files and #getfile; the second pair with `--local`. */
const LIMITS = {
  public: { upload: 50 * MEGABYTE, download: 20 * MEGABYTE },
  local: { upload: 2000 * MEGABYTE, download: 2000 * MEGABYTE },
} as const;
/** Above the busiest lanes of one process; the Bot API server itself takes many more. */
const CONNECTIONS_MAX = 128;
/** Idle connections close before the server's side does, so that a write seldom meets a connection just closed. */
const IDLE_CONNECTION_MS = 15_000;

/** Throws `invalid` when the token or the root has the wrong form. */
export function createTelegramClient(options: TelegramClientOptions): TelegramClient {
  return new BotApi(options);
}

class BotApi extends Telegram implements TelegramClient {
  readonly botId: string;
  readonly uploadBytesMax: number;
  readonly downloadBytesMax: number;
  readonly #settings: TelegramClientOptions;
  readonly #agent: HttpAgent;
  readonly #wire: Wire;

  constructor(settings: TelegramClientOptions) {
    const root = normalRoot(settings.apiRoot);
    super(settings.token, { apiRoot: root, webhookReply: false });
    const agentOptions = { keepAlive: true, maxSockets: CONNECTIONS_MAX, timeout: IDLE_CONNECTION_MS };
    this.#agent = keepToServer(root.startsWith('https:') ? new HttpsAgent(agentOptions) : new HttpAgent(agentOptions), root);
    this.options.agent = this.#agent;
    this.botId = parseBotId(settings.token);
    const limits = settings.local === true ? LIMITS.local : LIMITS.public;
    this.uploadBytesMax = limits.upload;
    this.downloadBytesMax = limits.download;
    this.#settings = settings;
    this.#wire = {
      root, token: settings.token, agent: this.#agent, local: settings.local === true, timeoutMs: TIMEOUT_MS,
      transferTimeoutMs: settings.local === true ? LOCAL_TRANSFER_TIMEOUT_MS : TRANSFER_TIMEOUT_MS, uploadBytesMax: limits.upload, downloadBytesMax: limits.download,
    };
  }

  override async callApi<M extends keyof Methods>(method: M, payload: Opts<M>, options: CallOptions = {}): Promise<ReturnType<Methods[M]>> {
    const timeoutMs = options.timeoutMs ?? this.#settings.timeoutMs ?? TIMEOUT_MS;
    const bound = boundTime(timeoutMs, options.signal);
    try {
      const fields = hasFile(payload) ? stringifyFields(payload) : payload;
      return await Reflect.apply(super.callApi, this, [method, fields, { signal: bound.signal }]);
    } catch (thrown) {
      throw toCallError(method, thrown, bound.timedOut() ? `no answer within ${timeoutMs} ms` : options.signal?.aborted === true ? 'cancelled' : undefined);
    } finally {
      bound.release();
    }
  }

  call(method: string, parameters: Readonly<Record<string, unknown>>, options: CallOptions = {}): Promise<unknown> {
    return this.#timed(method, () => Reflect.apply(this.callApi, this, [method, parameters, options]));
  }

  upload(method: string, parameters: Readonly<Record<string, unknown>>, ...files: readonly [Upload, ...Upload[]]): Promise<unknown> {
    return this.#timed(method, () => sendForm(this.#wire, method, stringifyFields(parameters), files));
  }

  async openFile(fileId: string): Promise<Readable> {
    try {
      return await this.#openAtItsPath(fileId);
    } catch (thrown) {
      const hasNoFile = thrown instanceof BridgeError && thrown.operation === 'download' && thrown.reason === 'file_unavailable';
      if (!hasNoFile) throw thrown;
      // A path holds for an hour, and a server may clear its disk earlier: asked again, it fetches the file again.
      return await this.#openAtItsPath(fileId);
    }
  }

  async #openAtItsPath(fileId: string): Promise<Readable> {
    // A local server answers when the whole file is on its disk.
    const timeoutMs = this.#wire.local ? this.#wire.transferTimeoutMs : undefined;
    const answer = fileSchema.safeParse(await this.call('getFile', { file_id: fileId }, { timeoutMs }));
    if (!answer.success || answer.data.file_path === undefined) {
      throw new BridgeError({ code: 'invalid', operation: 'getFile', reason: 'file_unavailable', message: 'getFile: Telegram gave no path for the file' });
    }
    const path = answer.data.file_path;
    return this.#timed('download', () => download(this.#wire, path, answer.data.file_size));
  }

  disconnect(): void {
    this.#agent.destroy();
  }

  async #timed<T>(operation: string, work: () => Promise<T>): Promise<T> {
    const { emit, nowMs } = this.#settings;
    const startedMs = nowMs();
    try {
      const result = await work();
      // A long poll measures how long nobody wrote.
      if (operation !== 'getUpdates') emit({ type: 'request', system: 'telegram', operation, durationMs: nowMs() - startedMs });
      return result;
    } catch (thrown) {
      const error = toBridgeError(thrown, operation);
      emit({ type: 'request', system: 'telegram', operation, durationMs: nowMs() - startedMs, code: error.code });
      throw error;
    }
  }
}

/**
 * Lets an agent connect to the server of `root` only. telegraf's client follows redirects, and what it carries (texts, and the token in the
 * referring path) must not go elsewhere.
 */
function keepToServer<A extends HttpAgent>(agent: A, root: string): A {
  const { hostname, port, protocol } = new URL(root);
  const home = `${hostname.replace(/^\[|\]$/gu, '')}:${port || (protocol === 'https:' ? '443' : '80')}`;
  const connect = agent.createConnection.bind(agent);
  agent.createConnection = (options, callback) => {
    if (`${options.host ?? ''}:${options.port ?? ''}` === home) return connect(options, callback);
    // The only error that leaves this room is made from its code.
    throw Object.assign(new Error('redirected to another host'), { code: 'EREDIRECTED' });
  };
  return agent;
}

const fileSchema = z.object({ file_path: z.string().optional(), file_size: z.number().optional() });

/** telegraf resolves method names against the root: without the slash a path of the root would be lost. */
function normalRoot(apiRoot: string): string {
  if (!/^https?:\/\//u.test(apiRoot) || !URL.canParse(apiRoot)) {
    throw new BridgeError({ code: 'invalid', operation: 'createTelegramClient', message: 'the Telegram API root is not an http or https URL' });
  }
  return apiRoot.endsWith('/') ? apiRoot : `${apiRoot}/`;
}

function hasFile(payload: object): boolean {
  return Object.values(payload).some((value) => typeof value === 'object' && value !== null && ('source' in value || 'url' in value || 'media' in value));
}

/** A multipart form holds text only; telegraf leaves out objects it does not know, `reply_parameters` among them. */
function stringifyFields<T extends object>(payload: T): T {
  const isFileField = (value: object): boolean => 'source' in value || 'url' in value || 'media' in value || Array.isArray(value) && value.some((item) => typeof item === 'object' && item !== null && 'media' in item);
  const fields = Object.entries(payload).map(([name, value]: [string, unknown]) =>
    [name, typeof value === 'object' && value !== null && !isFileField(value) ? JSON.stringify(value) : value]);
  return Object.fromEntries(fields);
}

/** Foreign errors are not kept as `cause`: their messages and fields hold the URL, and so the token, or the text of a message. */
function toCallError(operation: string, thrown: unknown, interrupted: string | undefined): BridgeError {
  if (thrown instanceof BridgeError) return thrown;
  if (thrown instanceof TelegramError) {
    const body = refusalSchema.safeParse(thrown.response);
    return toRefusal(operation, body.success ? body.data : { error_code: 500, description: '' });
  }
  return lostConnection(operation, interrupted ?? codeOf(thrown));
}

/** One signal for the time limit and the caller's own; `release` must be called, or timers pile up. */
function boundTime(timeoutMs: number, outer: CancelSignal | undefined): { signal: AbortSignal; timedOut: () => boolean; release: () => void } {
  const controller = new AbortController();
  const abort = (): void => { controller.abort(); };
  let timedOut = false;
  const timer = setTimeout(() => { timedOut = true; abort(); }, timeoutMs);
  if (outer?.aborted === true) abort();
  outer?.addEventListener('abort', abort);
  return {
    signal: controller.signal,
    timedOut: () => timedOut,
    release: () => { clearTimeout(timer); outer?.removeEventListener('abort', abort); },
  };
}
