/** The Telegram side in memory: what was sent, and faults on demand. */
import { Readable } from 'node:stream';
import type { Sender, SendOptions, Turn } from '../../src/core/ports.js';
import type { KeptFiles } from '../../src/core/reading-again.js';
import { BridgeError, toBridgeError } from '../../src/core/errors.js';
import type { ReactionEvent } from '../../src/core/around.js';
import type { EditEvent } from '../../src/core/changes.js';
import { plainText } from '../../src/core/rich-text.js';
import {
  mintId, type CommandEvent, type Content, type ConversationId, type MessageEvent, type MessageId, type Notice, type Part, type PersonId,
} from '../../src/core/types.js';

export interface Sent {
  readonly kind: 'part' | 'notice';
  readonly conversation: ConversationId;
  readonly message: MessageId;
  readonly text: string;
  readonly part?: Part;
  readonly replyTo?: MessageId;
  /** What went out together has the same. */
  readonly album?: number;
  readonly notice?: Notice;
}

type ChangeFault = BridgeError | undefined | { readonly after: BridgeError } | { readonly late: BridgeError };

export interface FakeTelegram {
  readonly sender: Sender;
  /** What a kept reference opens: its own text; or nothing any more. */
  readonly files: KeptFiles;
  readonly lostFiles: Set<string>;
  readonly sent: Sent[];
  /** What stands in the chats now. */
  readonly shown: Sent[];
  /** Every change of a message, in order. */
  readonly changes: string[];
  /** What the bot put on messages, in order; undefined = taken away. */
  readonly reacted: (readonly [MessageId, string | undefined])[];
  /** As `fail`, for changes of messages. `late` = it takes effect when it is told to `land`. */
  failChange(...errors: ChangeFault[]): void;
  /** Changes that are late take effect now, whatever stands there by then. */
  land(): void;
  /** From now on messages are too old to be deleted. */
  age(): void;
  /** Every hint that somebody writes. */
  readonly typing: ConversationId[];
  /** Each hint waits for this first. */
  beforeTyping: () => Promise<void>;
  /** The next parts fail so, one error for each call; undefined lets one through. `after` = sent, then the reply is lost. */
  fail(...errors: (BridgeError | undefined | { readonly after: BridgeError })[]): void;
  /** From now on everything sent to this conversation fails so; undefined ends it. */
  refuse(conversation: ConversationId, error: BridgeError | undefined): void;
  texts(conversation?: ConversationId): readonly string[];
  /** What a message waits for before its request could leave: Telegram's pace. */
  pace: (conversation: ConversationId) => Promise<void>;
  /** What the answer to a request that took effect waits for. */
  answer: (conversation: ConversationId) => Promise<void>;
}

export function createFakeTelegram(): FakeTelegram {
  const sent: Sent[] = [];
  const faults: (BridgeError | undefined | { readonly after: BridgeError })[] = [];
  const changeFaults: ChangeFault[] = [];
  const late: (() => void)[] = [];
  const shown: Sent[] = [];
  const changes: string[] = [];
  const reacted: (readonly [MessageId, string | undefined])[] = [];
  let old = false;
  const refusals = new Map<ConversationId, BridgeError>();
  const typing: ConversationId[] = [];
  let serial = 5_000;

  function check(conversation: ConversationId): void {
    const refusal = refusals.get(conversation);
    if (refusal !== undefined) throw refusal;
  }

  function record(entry: Omit<Sent, 'message'>): MessageId {
    serial += 1;
    const message = mintId<MessageId>(`${entry.conversation}:${serial}`);
    sent.push({ ...entry, message });
    shown.push({ ...entry, message });
    return message;
  }

  /** One change, with the fault whose turn it is. */
  function play(operation: string, effect: () => void): void {
    const fault = changeFaults.shift();
    if (fault !== undefined && 'late' in fault) {
      late.push(effect);
      throw fault.late;
    }
    if (fault !== undefined && !('after' in fault)) throw toBridgeError(fault, operation);
    effect();
    if (fault !== undefined) throw fault.after;
  }

  const direct: Sender = {
    capabilities: { uploadBytesMax: 50 * 2 ** 20, downloadBytesMax: 20 * 2 ** 20 },
    toParts: (content) => toParts(content),
    async sendPart(conversation, part, options) {
      check(conversation);
      const fault = faults.shift();
      if (fault !== undefined && !('after' in fault)) throw toBridgeError(fault, 'sendPart');
      const message = record({ kind: 'part', conversation, text: marked(part, options), part, ...(options?.replyTo && { replyTo: options.replyTo }) });
      if (fault !== undefined) throw fault.after;
      return message;
    },
    async sendAlbum(conversation, parts, options) {
      check(conversation);
      const fault = faults.shift();
      if (fault !== undefined && !('after' in fault)) throw toBridgeError(fault, 'sendAlbum');
      serial += 100;
      const album = serial;
      const messages = parts.map((part) => record({ kind: 'part', conversation, text: part.text.text, part, album, ...(options?.replyTo && { replyTo: options.replyTo }) }));
      if (fault !== undefined) throw fault.after;
      return messages;
    },
    async sendNotice(conversation, notice) {
      check(conversation);
      return record({ kind: 'notice', conversation, text: notice.text.text, notice });
    },
    async editPart(message, part, options) {
      check(conversationIn(message));
      play('editPart', () => {
        const place = shown.findIndex((one) => one.message === message);
        const before = shown[place];
        if (before === undefined) throw new BridgeError({ code: 'not_found', operation: 'editPart', message: 'message to edit not found' });
        shown[place] = { ...before, part, text: marked(part, options) };
        changes.push(`edit ${marked(part, options)}`);
      });
    },
    async withdrawMessage(message, instead) {
      check(conversationIn(message));
      play('withdrawMessage', () => {
        const place = shown.findIndex((one) => one.message === message);
        const before = shown[place];
        if (before !== undefined && old) shown[place] = { ...before, text: instead.text };
        else if (before !== undefined) shown.splice(place, 1);
        changes.push('withdraw');
      });
    },
    async react(message, emoji) {
      check(conversationIn(message));
      play('react', () => { reacted.push([message, emoji]); });
    },
    async sendTyping(conversation) {
      await telegram.beforeTyping();
      check(conversation);
      typing.push(conversation);
    },
    answerAction: async () => undefined,
  };
  const inTurn = async <T>(conversation: ConversationId, options: SendOptions | undefined, request: () => Promise<T>): Promise<T> => {
    const turn: Turn = options?.turn ?? ((go) => go());
    await telegram.pace(conversation);
    return turn(async () => {
      const result = await request();
      await telegram.answer(conversation);
      return result;
    });
  };
  const sender: Sender = {
    ...direct,
    sendPart: (conversation, part, options) => inTurn(conversation, options, () => direct.sendPart(conversation, part, options)),
    sendAlbum: (conversation, parts, options) => inTurn(conversation, options, () => direct.sendAlbum(conversation, parts, options)),
    editPart: (message, part, options) => inTurn(conversationIn(message), options, () => direct.editPart(message, part, options)),
    sendNotice: (conversation, notice, options) => inTurn(conversation, options, () => direct.sendNotice(conversation, notice, options)),
  };
  const lostFiles = new Set<string>();
  const files: KeptFiles = {
    async openKept(ref) {
      if (lostFiles.has(ref)) throw new BridgeError({ code: 'invalid', operation: 'getFile', message: 'gone', reason: 'file_unavailable' });
      return Readable.from([ref]);
    },
  };
  const telegram: FakeTelegram = {
    sender, sent, shown, changes, reacted, files, lostFiles, typing, beforeTyping: async () => undefined, pace: async () => undefined, answer: async () => undefined,
    failChange: (...some) => { changeFaults.push(...some); },
    land: () => { for (const effect of late.splice(0)) effect(); },
    age: () => { old = true; },
    fail: (...some) => { faults.push(...some); },
    refuse(conversation, error) {
      if (error === undefined) refusals.delete(conversation);
      else refusals.set(conversation, error);
    },
    texts: (conversation) => sent.filter((one) => conversation === undefined || one.conversation === conversation).map((one) => one.text),
  };
  return telegram;
}

function conversationIn(message: MessageId): ConversationId {
  return mintId<ConversationId>(message.slice(0, message.lastIndexOf(':')));
}

function marked(part: Part, options: SendOptions | undefined): string {
  return options?.mark === undefined ? part.text.text : `${options.mark.text} ${part.text.text}`;
}

/** Lines are parts, so that tests can have answers of several parts. */
function toParts(content: Content): readonly Part[] {
  const lines = content.text.text.split('\n').filter((line) => line !== '');
  const files = content.attachments.map((attachment): Part => (
    { kind: 'document', text: plainText(''), attachment, ...(content.attachments.length > 1 && { album: 0 }) }));
  return [...lines.map((line): Part => ({ kind: 'text', text: plainText(line) })), ...files];
}

const BASE_MS = Date.UTC(2026, 0, 1);

export function conversationId(chat: number): ConversationId {
  return mintId<ConversationId>(`tg:1:${chat}`);
}

export function messageEvent(chat: number, id: number, text: string, more: Partial<MessageEvent> = {}): MessageEvent {
  return {
    kind: 'message', conversation: conversationId(chat), message: mintId<MessageId>(`tg:1:${chat}:${id}`), sentAtMs: BASE_MS,
    person: { id: mintId<PersonId>(`tg:${chat}`), name: `Person ${chat}`, languageTag: 'en' },
    content: { text: plainText(text), attachments: [] }, ...more,
  };
}

export function reactionEvent(chat: number, message: MessageId, emoji: readonly string[], atMs = 1_000_000): ReactionEvent {
  return {
    kind: 'reaction', conversation: conversationId(chat), person: { id: mintId<PersonId>(`tg:${chat}`), name: `Person ${chat}` }, sentAtMs: atMs, message, emoji,
  };
}

/** Message `id` changed to `text`; `revision` counts the changes of all messages. */
export function editEvent(chat: number, id: number, revision: number, text: string, more: Partial<EditEvent> = {}): EditEvent {
  return { ...messageEvent(chat, id, text), kind: 'edit', revision, ...more };
}

export function commandEvent(chat: number, id: number, name: string, argument = ''): CommandEvent {
  const { conversation, message, sentAtMs, person } = messageEvent(chat, id, '');
  return { kind: 'command', conversation, message, sentAtMs, person, name, argument };
}
