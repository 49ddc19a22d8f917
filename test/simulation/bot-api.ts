/**
 * Telegram's side in memory: what customers did becomes updates that are kept until they are acknowledged, and what the bot sends is
 * shown in chats. Facts: a chat's messages come in order, presses and membership may overtake them; see `src/telegram/webhook.ts`.
 */
import type { Random } from './random.js';
import type { Timeline } from './time.js';

export const BOT = 1;
export const TOKEN_BOT_ID = String(BOT);

export interface Update {
  readonly id: number;
  readonly body: Readonly<Record<string, unknown>>;
  /** Updates of one lane come one after the other through a webhook. */
  readonly lane: string;
  /** The message it brings, for the judge. */
  readonly message: string | undefined;
  acknowledged: boolean;
  /** The process that was told of it last. */
  handedTo: string | undefined;
}

/** Something that stands in a chat because the bot sent it. */
export interface Shown {
  readonly chat: number;
  readonly message: number;
  readonly method: string;
  readonly text: string;
  readonly fileName: string | undefined;
  readonly atMs: number;
}

export interface Chat {
  readonly id: number;
  blocked: boolean;
  movedTo: number | undefined;
  messages: number;
  lastReadyMs: number;
  /** Messages that Telegram has and has not made updates of yet. */
  underWay: number;
}

/** A message, and when something happened to it. */
export interface Moment {
  readonly message: string;
  readonly atMs: number;
}

/** Telegram said no: what the client makes an error of. */
export class Refused extends Error {
  constructor(readonly status: number, readonly description: string, readonly parameters?: Readonly<Record<string, number>>) {
    super(description);
  }
}

export interface BotApi {
  readonly updates: readonly Update[];
  readonly shown: Shown[];
  /** Customers' messages that were read again, each time. */
  readonly readings: Moment[];
  chat(id: number): Chat;
  /** A message by a customer; it becomes an update after a moment, in order. Returns its id. */
  post(chat: number, fields: (message: number) => Readonly<Record<string, unknown>>): number;
  /** A change of a message, behind what was sent in the chat before. Whoever looks at the message sees it at once. */
  postEdit(chat: number, fields: Readonly<Record<string, unknown>>): void;
  /** A customer's message as it is by now, whether its last change is an update yet or not. */
  posted(chat: number, message: number): Readonly<Record<string, unknown>> | undefined;
  /** An update that waits for no message. */
  push(chat: number, kind: string, fields: Readonly<Record<string, unknown>>): void;
  /** The next message id of a chat. */
  nextMessage(chat: number): number;
  show(chat: number, method: string, text: string, fileName: string | undefined): Shown;
  acknowledge(update: Update): void;
  /** Calls `run` whenever there is news; until the returned function is called. */
  onNews(run: () => void): () => void;
  idle(): boolean;
}

export function createBotApi(
  { time, random: all, count, onAcknowledged }: { time: Timeline; random: Random; count: (what: string) => void; onAcknowledged: (update: Update) => void },
): BotApi {
  const random = all.of('updates');
  const updates: Update[] = [];
  const shown: Shown[] = [];
  const chats = new Map<number, Chat>();
  const messages = new Map<string, Readonly<Record<string, unknown>>>();
  const listeners = new Set<() => void>();
  let updateSerial = 1_000;

  function chat(id: number): Chat {
    const known = chats.get(id) ?? { id, blocked: false, movedTo: undefined, messages: 0, lastReadyMs: 0, underWay: 0 };
    chats.set(id, known);
    return known;
  }

  function add(body: Readonly<Record<string, unknown>>, lane: string, message?: string): void {
    updateSerial += random.between(1, 2);
    updates.push({ id: updateSerial, body: { update_id: updateSerial, ...body }, lane, message, acknowledged: false, handedTo: undefined });
    for (const listener of [...listeners]) listener();
  }

  function nextMessage(id: number): number {
    const place = chat(id);
    place.messages += 1;
    return place.messages;
  }

  /** Messages and their changes go one way, as in Telegram. */
  function send(id: number, body: Readonly<Record<string, unknown>>, message?: string): void {
    const place = chat(id);
    place.lastReadyMs = Math.max(place.lastReadyMs, time.nowMs() + random.between(0, random.chance(0.2) ? 4_000 : 50));
    place.underWay += 1;
    time.after(place.lastReadyMs - time.nowMs(), () => {
      place.underWay -= 1;
      add(body, `${id}`, message);
      if (!random.chance(0.03)) return;
      count('update doubled');
      add(body, `${id}`, message);
    });
  }

  return {
    updates, shown, readings: [], chat, nextMessage,
    post(id, fields) {
      const message = nextMessage(id);
      const body = fields(message);
      messages.set(`${id}:${message}`, body['message'] as Readonly<Record<string, unknown>>);
      send(id, body, `tg:${BOT}:${id}:${message}`);
      return message;
    },
    postEdit(id, fields) {
      messages.set(`${id}:${String(fields['message_id'])}`, fields);
      send(id, { edited_message: fields });
    },
    posted: (id, message) => messages.get(`${id}:${message}`),
    push(id, kind, fields) {
      if (chat(id).underWay > 0) count(`${kind} overtook a message`);
      add({ [kind]: fields }, `${id} ${kind}`);
    },
    show(id, method, text, fileName) {
      const one: Shown = { chat: id, message: nextMessage(id), method, text, fileName, atMs: time.nowMs() };
      shown.push(one);
      return one;
    },
    acknowledge(update) {
      if (update.acknowledged) return;
      update.acknowledged = true;
      onAcknowledged(update);
    },
    onNews(run) {
      listeners.add(run);
      return () => { listeners.delete(run); };
    },
    idle: () => updates.every((update) => update.acknowledged) && [...chats.values()].every(({ underWay }) => underWay === 0),
  };
}
