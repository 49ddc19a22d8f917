/** What belongs here: what was written and what arrived in Telegram, told by marks in the texts. The desk keeps its own record. */
import type { ApiMessage, EmulatorWorld } from '../../src/demo/emulator/index.js';

/** In every text, one for each script, so that these words find all texts where none may lie. */
export const WORDS = ['lapislazuli', 'лазурит', '青金石'] as const;

/** A message of a customer. */
export interface Asked {
  readonly chat: number;
  readonly messageId: number;
  readonly fileBytes?: number;
}

/** One message of the bot that carries (a part of) an agent's answer. */
export interface Copy {
  readonly chat: number;
  readonly messageId: number;
  readonly atMs: number;
  /** `text`, or `file 1` and so on. */
  readonly part: string;
  readonly fileBytes: number | undefined;
  /** What went out together has the same. */
  readonly album?: string | undefined;
}

export interface Ledger {
  /** By mark, in the order of sending. */
  readonly asked: Map<string, Asked>;
  /** By the mark of the answer, in the order of arrival. */
  readonly copies: Map<string, Copy[]>;
  /** Messages of the bot with an internal mark: there must be none. */
  readonly leaks: string[];
  /** All messages of the bot, notices included. */
  botMessages: number;
  /** Chats whose owner ever blocked the bot. */
  readonly everBlocked: Set<number>;
  /** `<chat> <message>` of sends whose answer never reached the program. */
  readonly lostReplies: Set<string>;
  readonly kills: number[];
}

export const askMark = (number: number): string => `ask${number}x`;
export const answerMark = (number: number): string => `ans${number}x`;
export const internalMark = (number: number): string => `int${number}x`;
/** Also the name of the answer's file, and so how a part is told. */
export const fileOf = (mark: string, index: number, ending: string): string => `${mark}-${index}.${ending}`;

export const ASK_MARK = /ask\d+x/g;
export const ANSWER_MARK = /ans\d+x/;
const INTERNAL_MARK = /int\d+x/;

/** Watches the bot's messages from now on. */
export function createLedger(world: Pick<EmulatorWorld, 'onChange'>, nowMs: () => number): Ledger {
  const ledger: Ledger = { asked: new Map(), copies: new Map(), leaks: [], botMessages: 0, everBlocked: new Set(), lostReplies: new Set(), kills: [] };
  world.onChange((change) => {
    if (change.type !== 'message' || change.stored.message.from?.is_bot !== true) return;
    const { message } = change.stored;
    ledger.botMessages += 1;
    const words = `${message.text ?? ''} ${message.caption ?? ''} ${message.document?.file_name ?? ''}`;
    if (INTERNAL_MARK.test(words)) ledger.leaks.push(words);
    const mark = ANSWER_MARK.exec(words)?.[0];
    if (mark === undefined) return;
    const copies = ledger.copies.get(mark) ?? [];
    copies.push({ chat: change.chat, messageId: message.message_id, atMs: nowMs(), album: message.media_group_id, ...partOf(message) });
    ledger.copies.set(mark, copies);
  });
  return ledger;
}

function partOf({ document, photo }: ApiMessage): { readonly part: string; readonly fileBytes: number | undefined } {
  if (photo !== undefined) return { part: 'file 1', fileBytes: photo.at(-1)?.file_size };
  if (document === undefined) return { part: 'text', fileBytes: undefined };
  return { part: `file ${/-(\d+)\./.exec(document.file_name ?? '')?.[1] ?? '1'}`, fileBytes: document.file_size };
}
