/** The network to Telegram as one process sees it: the real sender and the real polling call it as they call the real client. */
import { toBridgeError } from '../../src/core/errors.js';
import type { TelegramClient } from '../../src/telegram/client.js';
import { lostConnection, toRefusal } from '../../src/telegram/refusals.js';
import { Refused, TOKEN_BOT_ID, type BotApi, type Shown, type Update } from './bot-api.js';
import { createNetwork, type Fate, type Network } from './network.js';
import { isReadingAgain, readAgain } from './operators.js';
import type { Process } from './process.js';
import type { Random } from './random.js';
import type { Timeline } from './time.js';

/** What may go wrong with a call beyond the network. */
export interface Troubles {
  /** How the next call goes. */
  draw(name: string): Fate;
  /** Seconds to wait, when Telegram refuses this send with 429. */
  flood(chat: number): number | undefined;
  /** A refusal of this very text. */
  refusal(text: string): Refused | undefined;
}

export interface ClientWorld {
  readonly process: Process;
  readonly time: Timeline;
  readonly random: Random;
  readonly botApi: BotApi;
  readonly troubles: Troubles;
  readonly inFlight: { count: number };
  readonly count: (what: string) => void;
  readonly trace: (line: string) => void;
  /** The chat shows that somebody writes. */
  readonly onTyping: (chat: number) => void;
  /** A send is about to leave. */
  readonly onSend: (chat: number, text: string, fileName: string | undefined) => void;
  /** A send took effect. */
  readonly onShown: (shown: Shown, way: Way) => void;
  /** A send came while Telegram had asked this process to wait. */
  readonly onEarly: (chat: number) => void;
  /** Sabotage: the process does not hear how long to wait. */
  readonly impatient: boolean;
  /** One poller at a time: whoever asks last ends the others' calls. */
  readonly pollers: Map<Process, () => void>;
}

/** How a send came to its chat. */
export interface Way {
  readonly process: Process;
  readonly fate: Fate;
  readonly leftAtMs: number;
  /** The first message of what went out together; absent = alone. */
  readonly first?: number | undefined;
}

const HINT = 'sendChatAction';
const TIMEOUT_MS = 30_000;
const LANDS_WITHIN_MS = 60_000;
const UPDATES_MAX = 100;

export function createSimulatedClient(world: ClientWorld): TelegramClient {
  const { process, time, random, troubles, inFlight, trace } = world;
  const network = createNetwork({
    process, time, random, draw: (name) => troubles.draw(name), deadlineMs: TIMEOUT_MS, settlesMs: LANDS_WITHIN_MS, inFlight, trace, fail: failure,
  });
  const waits = new Map<number, number>();
  /** From when this process knows until when it must wait for a chat. */
  const noteWait = (thrown: unknown, method: string, parameters: Readonly<Record<string, unknown>>): unknown => {
    const seconds = thrown instanceof Refused ? thrown.parameters?.['retry_after'] : undefined;
    if (seconds === undefined) return thrown;
    const chat = Number(parameters['chat_id']);
    if (Number.isFinite(chat) && isSend(method)) waits.set(chat, time.nowMs() + seconds * 1_000);
    return world.impatient ? new Refused(429, 'Too Many Requests: retry after 1', { retry_after: 1 }) : thrown;
  };
  const checkWait = (method: string, parameters: Readonly<Record<string, unknown>>): void => {
    const chat = Number(parameters['chat_id']);
    if (isSend(method) && (waits.get(chat) ?? 0) > time.nowMs()) world.onEarly(chat);
  };
  const call = async (method: string, parameters: Readonly<Record<string, unknown>>): Promise<unknown> => {
    checkWait(method, parameters);
    try {
      return await perform(world, network, method, parameters, undefined);
    } catch (thrown) {
      // What a hint is told is about hints: messages need not wait for it.
      throw toClientError(method, method === HINT ? thrown : noteWait(thrown, method, parameters));
    }
  };
  return {
    botId: TOKEN_BOT_ID, uploadBytesMax: 50 * 2 ** 20, downloadBytesMax: 20 * 2 ** 20, call,
    async upload(method, parameters, ...files) {
      checkWait(method, parameters);
      try {
        if (method === 'sendMediaGroup') return await showAlbum(world, network, parameters, files.map(({ name }) => name));
        return await perform(world, network, method, parameters, files[0].name);
      } catch (thrown) {
        throw toClientError(method, noteWait(thrown, method, parameters));
      }
    },
    openFile: () => Promise.reject(lostConnection('getFile', 'not simulated')),
    disconnect: () => undefined,
  };
}

/** Neither a question about a chat, nor taking something back. */
function isSend(method: string): boolean {
  return method !== 'getChat' && method !== 'deleteMessage';
}

function failure(name: string, fate: Fate): Error {
  if (fate === 'refused') return lostConnection(name, 'ECONNREFUSED');
  if (fate === 'error_500' || fate === 'error_500_done') return new Refused(502, 'Bad Gateway');
  if (fate === 'slow_down') return new Refused(429, 'Too Many Requests: retry later', { retry_after: 2 });
  return lostConnection(name, 'no answer within 30000 ms');
}

function toClientError(method: string, thrown: unknown): Error {
  if (!(thrown instanceof Refused)) return toBridgeError(thrown, method);
  const { status, description, parameters } = thrown;
  return toRefusal(method, { error_code: status, description, parameters });
}

function perform(world: ClientWorld, network: Network, method: string, parameters: Readonly<Record<string, unknown>>, fileName: string | undefined): Promise<unknown> {
  if (method === 'getUpdates') return getUpdates(world, network, parameters);
  if (method === 'answerCallbackQuery') return network.request(method, () => true);
  if (isReadingAgain(method, parameters)) return network.request(method, () => readAgain(world.botApi, world.time.nowMs(), method, parameters));
  const chat = Number(parameters['chat_id']);
  if (method === HINT) {
    return network.request(method, () => {
      refuse(world, chat, '', parameters);
      world.onTyping(chat);
      return true;
    });
  }
  const text = String(parameters['text'] ?? parameters['caption'] ?? '');
  world.onSend(chat, text, fileName);
  if (CHANGES.includes(method)) return network.request(method, () => change(world, method, { chat, message: Number(parameters['message_id']), text, parameters }));
  const leftAtMs = world.time.nowMs();
  return network.request(method, (fate) => {
    refuse(world, chat, `${text} ${fileName ?? ''}`, parameters);
    const shown = world.botApi.show(chat, method, text, fileName);
    world.onShown(shown, { process: world.process, fate, leftAtMs });
    return { message_id: shown.message };
  });
}

/** All of an album, or nothing. */
function showAlbum(world: ClientWorld, network: Network, parameters: Readonly<Record<string, unknown>>, fileNames: readonly string[]): Promise<unknown> {
  const chat = Number(parameters['chat_id']);
  const media = JSON.parse(String(parameters['media'])) as readonly { readonly caption?: string; readonly caption_entities?: unknown }[];
  const captions = fileNames.map((_, index) => media[index]?.caption ?? '');
  const marked = media.find(({ caption_entities: entities }) => entities !== undefined);
  fileNames.forEach((name, index) => world.onSend(chat, captions[index] ?? '', name));
  const leftAtMs = world.time.nowMs();
  return network.request('sendMediaGroup', (fate) => {
    refuse(world, chat, [...captions, ...fileNames].join(' '), { caption_entities: marked?.caption_entities });
    const shown = fileNames.map((name, index) => world.botApi.show(chat, 'sendMediaGroup', captions[index] ?? '', name));
    for (const one of shown) world.onShown(one, { process: world.process, fate, leftAtMs, first: shown[0]?.message });
    return shown.map(({ message }) => ({ message_id: message }));
  });
}

const CHANGES: readonly string[] = ['editMessageText', 'editMessageCaption', 'deleteMessage'];

interface Changed {
  readonly chat: number;
  readonly message: number;
  readonly text: string;
  readonly parameters: Readonly<Record<string, unknown>>;
}

/** Changes what stands in a chat, as the real server does. */
function change(world: ClientWorld, method: string, { chat, message, text, parameters }: Changed): unknown {
  refuse(world, chat, text, parameters);
  const { shown } = world.botApi;
  const place = shown.findIndex((one) => one.chat === chat && one.message === message);
  const before = shown[place];
  if (before === undefined) throw new Refused(400, `Bad Request: message to ${method === 'deleteMessage' ? 'delete' : 'edit'} not found`);
  world.count(`telegram ${method}`);
  if (method === 'deleteMessage') shown.splice(place, 1);
  else if ((before.fileName === undefined) !== (method === 'editMessageText')) throw new Refused(400, 'Bad Request: there is no text in the message to edit');
  else if (before.text === text) throw new Refused(400, 'Bad Request: message is not modified: specified new message content is the same');
  else shown[place] = { ...before, text };
  return true;
}

function refuse({ botApi, troubles, count }: ClientWorld, id: number, text: string, parameters: Readonly<Record<string, unknown>>): void {
  const chat = botApi.chat(id);
  const seconds = troubles.flood(id);
  if (seconds !== undefined) {
    count(seconds > 60 ? 'telegram 429, minutes' : 'telegram 429, seconds');
    throw new Refused(429, `Too Many Requests: retry after ${seconds}`, { retry_after: seconds });
  }
  if (chat.movedTo !== undefined) {
    count('telegram 400, chat migrated');
    throw new Refused(400, 'Bad Request: group chat was upgraded to a supergroup chat', { migrate_to_chat_id: chat.movedTo });
  }
  if (chat.blocked) {
    count('telegram 403, blocked');
    throw new Refused(403, 'Forbidden: bot was blocked by the user');
  }
  if (text.includes('zqe') && (parameters['entities'] !== undefined || parameters['caption_entities'] !== undefined)) {
    count('telegram 400, entities');
    throw new Refused(400, "Bad Request: can't parse entities: unsupported start tag");
  }
  const refusal = troubles.refusal(text);
  if (refusal !== undefined) {
    count('telegram 400, rejected');
    throw refusal;
  }
}

/** Long polling. The offset acknowledges what is below it at the moment the request arrives. */
async function getUpdates(world: ClientWorld, network: Network, parameters: Readonly<Record<string, unknown>>): Promise<unknown> {
  const { process, pollers, count } = world;
  const offset = Number(parameters['offset'] ?? 0);
  const found = await network.request('getUpdates', () => {
    for (const [other, end] of pollers) {
      if (other === process || !other.alive()) continue;
      count('two pollers');
      end();
    }
    for (const update of world.botApi.updates) if (update.id < offset) world.botApi.acknowledge(update);
    return waiting(world, offset);
  });
  if (found.length > 0) return hand(world, found);
  await news(world, Number(parameters['timeout'] ?? 0) * 1_000);
  return hand(world, waiting(world, offset));
}

function waiting({ botApi }: ClientWorld, offset: number): readonly Update[] {
  const found: Update[] = [];
  // Newest last; everything before the first unacknowledged one is of no interest.
  for (const update of botApi.updates) {
    if (update.acknowledged || update.id < offset) continue;
    found.push(update);
    if (found.length === UPDATES_MAX) break;
  }
  return found;
}

/** The same process is told of an update again and again while the offset stands still; that is no redelivery. */
function hand({ count, process }: ClientWorld, found: readonly Update[]): unknown {
  for (const update of found) {
    if (update.handedTo !== undefined && update.handedTo !== process.name) count('update redelivered');
    update.handedTo = process.name;
  }
  return found.map((update) => update.body);
}

/** Resolves when an update comes, or the time is up; rejects when another poller takes over. */
function news({ process, time, botApi, pollers }: ClientWorld, timeoutMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let over = false;
    const end = (settle: () => void): void => {
      if (over) return;
      over = true;
      forget();
      pollers.delete(process);
      process.run(settle);
    };
    const forget = botApi.onNews(() => end(resolve));
    pollers.set(process, () => end(() => reject(new Refused(409, 'Conflict: terminated by other getUpdates request'))));
    process.onEnd(() => end(() => undefined));
    time.after(timeoutMs, () => end(resolve));
  });
}
