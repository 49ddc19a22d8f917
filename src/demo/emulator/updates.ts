/** What belongs here: the updates that the bot has not acknowledged, and long polling over them. */
import type { Clock } from '../../core/ports.js';
import { ApiFault } from './fault.js';
import type { ApiUpdate, UpdateBody } from './types.js';

/** What tdlib/telegram-bot-api keeps: messages for a day, presses of buttons for 150 s. */
export const UPDATE_KEPT_MS = 24 * 3600 * 1000;
export const CALLBACK_KEPT_MS = 150 * 1000;
const PENDING_MAX = 500_000;
const POLL_SECONDS_MAX = 50;
/** Telegram sends these only when asked to. */
const NOT_BY_DEFAULT = new Set(['chat_member', 'message_reaction', 'message_reaction_count']);

export interface PendingUpdate {
  readonly update: ApiUpdate;
  /** Updates of one queue are delivered by webhook one at a time. */
  readonly queue: string;
  readonly expiresAtMs: number;
  /** Called once, when the bot has acknowledged it. */
  readonly onAcknowledged?: () => void;
}

export interface UpdateDraft {
  readonly body: UpdateBody;
  readonly queue: string;
  readonly keptMs: number;
  readonly onAcknowledged?: () => void;
}

export interface PollRequest {
  readonly offset?: number | undefined;
  readonly limit?: number | undefined;
  /** Seconds. */
  readonly timeout?: number | undefined;
  readonly allowed_updates?: readonly string[] | undefined;
}

export interface UpdateQueue {
  /** Returns the update's id; undefined when the bot did not ask for this kind. */
  push(draft: UpdateDraft): number | undefined;
  /** The unexpired, oldest first. */
  pending(): Iterable<PendingUpdate>;
  count(): number;
  acknowledge(updateId: number): void;
  drop(updateId: number): void;
  clear(): void;
  allow(kinds: readonly string[] | undefined): void;
  allowed(): readonly string[];
  poll(request: PollRequest, signal: AbortSignal): Promise<readonly ApiUpdate[]>;
  /** Ends the long poll under way with a 409. */
  endPoll(reason: string): void;
  onPush(listener: (update: PendingUpdate) => void): void;
}

/** `firstId`: ids go up by one from here. */
export function createUpdates(clock: Clock, firstId: number): UpdateQueue {
  return new WaitingUpdates(clock, firstId);
}

/** A class for its state: what waits, and the one long poll under way. */
class WaitingUpdates implements UpdateQueue {
  readonly #waiting = new Map<number, PendingUpdate>();
  readonly #clock: Clock;
  #nextId: number;
  #allowed: readonly string[] = [];
  #poller: AbortController | undefined;
  #wake: (() => void) | undefined;
  #listener: ((update: PendingUpdate) => void) | undefined;

  constructor(clock: Clock, firstId: number) {
    this.#clock = clock;
    this.#nextId = firstId;
  }

  push(draft: UpdateDraft): number | undefined {
    const kind = Object.keys(draft.body)[0] ?? '';
    if (this.#allowed.length === 0 ? NOT_BY_DEFAULT.has(kind) : !this.#allowed.includes(kind)) return undefined;
    if (this.#waiting.size >= PENDING_MAX) throw new Error('the emulator holds too many updates');
    const id = this.#nextId++;
    const entry: PendingUpdate = {
      update: { update_id: id, ...draft.body }, queue: draft.queue, expiresAtMs: this.#clock.nowMs() + draft.keptMs,
      ...(draft.onAcknowledged === undefined ? {} : { onAcknowledged: draft.onAcknowledged }),
    };
    this.#waiting.set(id, entry);
    this.#listener?.(entry);
    this.#wake?.();
    this.#wake = undefined;
    return id;
  }

  *pending(): Iterable<PendingUpdate> {
    const nowMs = this.#clock.nowMs();
    for (const [id, entry] of this.#waiting) {
      if (entry.expiresAtMs <= nowMs) this.#waiting.delete(id);
      else yield entry;
    }
  }

  count(): number {
    return [...this.pending()].length;
  }

  acknowledge(updateId: number): void {
    const entry = this.#waiting.get(updateId);
    if (entry === undefined) return;
    this.#waiting.delete(updateId);
    entry.onAcknowledged?.();
  }

  drop(updateId: number): void {
    this.#waiting.delete(updateId);
  }

  clear(): void {
    this.#waiting.clear();
  }

  allow(kinds: readonly string[] | undefined): void {
    if (kinds !== undefined) this.#allowed = kinds;
  }

  allowed(): readonly string[] {
    return this.#allowed;
  }

  onPush(listener: (update: PendingUpdate) => void): void {
    this.#listener = listener;
  }

  endPoll(reason: string): void {
    this.#poller?.abort(reason);
  }

  async poll(request: PollRequest, signal: AbortSignal): Promise<readonly ApiUpdate[]> {
    this.endPoll('other getUpdates request; make sure that only one bot instance is running');
    const mine = new AbortController();
    this.#poller = mine;
    this.allow(request.allowed_updates);
    if (request.offset !== undefined) this.#confirm(request.offset);
    const limit = Math.min(100, Math.max(1, request.limit ?? 100));
    const timeoutMs = 1000 * Math.min(POLL_SECONDS_MAX, Math.max(0, request.timeout ?? 0));
    let updates = this.#take(limit);
    if (updates.length === 0 && timeoutMs > 0) {
      await this.#waitForPush(timeoutMs, AbortSignal.any([mine.signal, signal]));
      if (mine.signal.aborted) throw new ApiFault(409, `Conflict: terminated by ${String(mine.signal.reason)}`);
      updates = this.#take(limit);
    }
    if (this.#poller === mine) this.#poller = undefined;
    return updates;
  }

  /** A negative offset keeps only that many of the newest and forgets the rest. */
  #confirm(offset: number): void {
    const limit = offset < 0 ? ([...this.#waiting.keys()].at(offset) ?? -Infinity) : offset;
    for (const id of this.#waiting.keys()) {
      if (id >= limit) return;
      this.acknowledge(id);
    }
  }

  #take(limit: number): readonly ApiUpdate[] {
    const taken: ApiUpdate[] = [];
    for (const entry of this.pending()) {
      taken.push(entry.update);
      if (taken.length >= limit) break;
    }
    return taken;
  }

  async #waitForPush(timeoutMs: number, ended: AbortSignal): Promise<void> {
    const woken = new AbortController();
    // A tick later, so that a burst of one tick comes in one answer.
    this.#wake = (): void => { setImmediate(() => woken.abort()); };
    await this.#clock.sleep(timeoutMs, AbortSignal.any([ended, woken.signal]));
  }
}
