/** What belongs here: one bot of the emulator: its chats, updates, webhook, files and commands, put together. */
import type { Clock } from '../../core/ports.js';
import { createChats } from './chats.js';
import type { Chats } from './chats.js';
import { createFaultBook, createRateGate } from './faults.js';
import type { FaultBook, Rates } from './faults.js';
import { createFiles } from './files.js';
import type { FileStore } from './files.js';
import type { ApiCommand, ApiUser, WorldChange } from './types.js';
import { createUpdates } from './updates.js';
import type { UpdateQueue } from './updates.js';
import { createWebhook } from './webhook.js';
import type { Webhook } from './webhook.js';

export interface BotOptions {
  readonly clock: Clock;
  readonly rates?: Rates | undefined;
  /** Older messages of a chat are forgotten. */
  readonly messagesPerChatMax?: number | undefined;
  readonly filesBytesMax?: number | undefined;
  /** From 0 to 1, for the spread of webhook retries. */
  readonly random?: (() => number) | undefined;
  readonly firstUpdateId?: number | undefined;
}

export interface Bot {
  readonly clock: Clock;
  readonly user: () => ApiUser;
  readonly chats: Chats;
  readonly updates: UpdateQueue;
  readonly webhook: Webhook;
  readonly files: FileStore;
  readonly faults: FaultBook;
  /** By `scope language`. */
  readonly commands: Map<string, readonly ApiCommand[]>;
  /** By language. */
  readonly descriptions: Map<string, string>;
  /** Presses of buttons that may still be answered, with the time they were made. */
  readonly presses: Map<string, { readonly chat: number; readonly atMs: number }>;
  readonly passRate: (chat: number) => void;
  readonly announce: (change: WorldChange) => void;
  readonly watch: (listener: (change: WorldChange) => void) => () => void;
}

const MESSAGES_PER_CHAT_MAX = 1000;

/** `idOf` is asked late: the bot may get its token from the first call. */
export function createBot(options: BotOptions, idOf: () => number): Bot {
  const { clock } = options;
  const listeners = new Set<(change: WorldChange) => void>();
  const announce = (change: WorldChange): void => {
    for (const listener of listeners) listener(change);
  };
  const updates = createUpdates(clock, options.firstUpdateId ?? 100_000_001);
  return {
    clock,
    user: () => ({ id: idOf(), is_bot: true, first_name: 'Support', username: 'emulated_support_bot' }),
    chats: createChats(clock, announce, options.messagesPerChatMax ?? MESSAGES_PER_CHAT_MAX),
    updates,
    webhook: createWebhook(clock, updates, options.random ?? Math.random),
    files: createFiles(options.filesBytesMax),
    faults: createFaultBook(),
    commands: new Map(), descriptions: new Map(), presses: new Map(),
    passRate: createRateGate(options.rates ?? {}, clock),
    announce,
    watch(listener) {
      listeners.add(listener);
      return () => { listeners.delete(listener); };
    },
  };
}
