/**
 * What belongs here (the room): what happens between the two sides, as sequences of ports. No vendor, no HTTP, no file.
 *
 * This file: lanes. A lane is the serial order of work of one conversation; lanes run side by side. A job at the head of its lane runs
 * until it is done, buried or the lanes stop; nothing overtakes it. How often it is tried is in patience.ts. When a job succeeds after
 * an outage, every lane that sleeps because of that outage wakes at once instead of sleeping out its pause.
 *
 * Telegram takes some 30 messages in a second from one bot, a helpdesk more. So that a backlog of answers does not keep the messages of
 * their conversations waiting (and with them, when polling, everybody's), only some jobs toward Telegram run at a time; the others have not
 * started yet, and what goes to the helpdesk passes them. The order of each direction stays.
 */
import type { ConversationId, Direction } from '../core/types.js';
import type { Clock, Emit } from '../core/ports.js';
import { BridgeError, toBridgeError } from '../core/errors.js';
import { NO_TROUBLE, oneMoreFailure, pauseMs, shouldBury, type Trouble } from './patience.js';
import { Places } from './places.js';

/** One piece of work. `run` must be safe to repeat; `bury` must record what was given up and must not fail the same way. */
export interface Job {
  readonly direction: Direction;
  readonly operation: string;
  /** `attempt` counts from 1. */
  run(attempt: number): Promise<void>;
  bury(error: BridgeError): Promise<void>;
  /** After this moment the job is buried whatever the error. */
  readonly giveUpAtMs?: number;
  /** It begins so much later, unless something comes behind it: what comes may make it needless. */
  readonly settleMs?: number;
}

/** `stopped`: the lanes were stopped before the job was done; it must not be acknowledged. */
export type Outcome = 'done' | 'buried' | 'stopped';

/** Throws when the job was stopped: what is not done is not acknowledged. */
export function acknowledge(outcome: Outcome): void {
  if (outcome === 'stopped') {
    throw new BridgeError({ code: 'unavailable', operation: 'stop', message: 'the bridge stopped before this was done' });
  }
}

interface Waiting {
  readonly job: Job;
  readonly settle: (outcome: Outcome) => void;
}

interface Lane {
  readonly toHelpdesk: Waiting[];
  readonly toTelegram: Waiting[];
  /** Aborted when something comes that need not wait for a place. */
  arrival: AbortController;
}

/** Jobs toward Telegram that run at a time: at Telegram's pace each of them then keeps its lane for less than a second. */
const SENDING_MAX = 20;

interface Sleeper {
  readonly wake: AbortController;
  /** False for a wait that the other side asked for, and for a job that fails alone. */
  readonly wakesOnSuccess: boolean;
}

export class Lanes {
  readonly #lanes = new Map<ConversationId, Lane>();
  readonly #sending = new Places(SENDING_MAX);
  readonly #sleepers = new Set<Sleeper>();
  readonly #emptied: (() => void)[] = [];
  #successes = 0;
  #jobs = 0;
  #stopping = false;

  constructor(private readonly ports: { readonly clock: Clock; readonly emit: Emit; readonly random: () => number }) {}

  /** Appends work to the conversation's lane; resolves when it left the lane. Never rejects. */
  add(conversation: ConversationId, job: Job): Promise<Outcome> {
    return new Promise((settle) => {
      this.#jobs += 1;
      const lane = this.#lanes.get(conversation) ?? { toHelpdesk: [], toTelegram: [], arrival: new AbortController() };
      (job.direction === 'to_helpdesk' ? lane.toHelpdesk : lane.toTelegram).push({ job, settle });
      if (job.direction === 'to_helpdesk') lane.arrival.abort();
      if (this.#lanes.has(conversation)) return;
      this.#lanes.set(conversation, lane);
      void this.#drain(conversation, lane);
    });
  }

  stats(): { readonly lanes: number; readonly jobs: number } {
    return { lanes: this.#lanes.size, jobs: this.#jobs };
  }

  /** Lets queued work run once more, ends what waits for a retry, resolves when every lane is empty. */
  stop(): Promise<void> {
    this.#stopping = true;
    for (const sleeper of this.#sleepers) sleeper.wake.abort();
    return this.#lanes.size === 0 ? Promise.resolve() : new Promise((resolve) => this.#emptied.push(resolve));
  }

  async #drain(conversation: ConversationId, lane: Lane): Promise<void> {
    while (lane.toHelpdesk.length + lane.toTelegram.length > 0) {
      const head = await this.#next(lane);
      if (head === undefined) continue;
      if (head.job.settleMs !== undefined) await this.#settle(lane, head.job.settleMs);
      const outcome = await this.#finish(conversation, head.job);
      this.#jobs -= 1;
      head.settle(outcome);
    }
    this.#lanes.delete(conversation);
    if (this.#lanes.size === 0) for (const resolve of this.#emptied.splice(0)) resolve();
  }

  async #settle(lane: Lane, settleMs: number): Promise<void> {
    if (this.#stopping || lane.toHelpdesk.length > 0) return;
    lane.arrival = new AbortController();
    const sleeper = { wake: lane.arrival, wakesOnSuccess: false };
    this.#sleepers.add(sleeper);
    await this.ports.clock.sleep(settleMs, lane.arrival.signal);
    this.#sleepers.delete(sleeper);
  }

  /** What runs next; for a job toward Telegram a place is taken. Undefined = look again. */
  async #next(lane: Lane): Promise<Waiting | undefined> {
    const inward = lane.toHelpdesk.shift();
    if (inward !== undefined) return inward;
    lane.arrival = new AbortController();
    return await this.#sending.take(lane.arrival.signal) ? lane.toTelegram.shift() : undefined;
  }

  async #finish(conversation: ConversationId, job: Job): Promise<Outcome> {
    for (let trouble: Trouble = NO_TROUBLE; ;) {
      try {
        await this.#run(job, trouble.failures + 1);
        this.#wakeOthers();
        return 'done';
      } catch (thrown) {
        const error = toBridgeError(thrown, job.operation);
        trouble = oneMoreFailure(trouble, this.#successes);
        const bury = shouldBury(error, trouble, { giveUpAtMs: job.giveUpAtMs, nowMs: this.ports.clock.nowMs() });
        if (bury && await this.#buried(conversation, job, error)) return 'buried';
        if (!this.#stopping) await this.#pause(conversation, job, error, trouble);
        if (this.#stopping) return 'stopped';
        if (job.direction === 'to_telegram') await this.#sending.take();
      }
    }
  }

  /** One try; the place of a job toward Telegram is free again while it waits for the next. */
  async #run(job: Job, attempt: number): Promise<void> {
    try {
      await job.run(attempt);
    } finally {
      if (job.direction === 'to_telegram') this.#sending.give();
    }
  }

  #wakeOthers(): void {
    this.#successes += 1;
    for (const sleeper of this.#sleepers) if (sleeper.wakesOnSuccess) sleeper.wake.abort();
  }

  async #buried(conversation: ConversationId, job: Job, error: BridgeError): Promise<boolean> {
    try {
      await job.bury(error);
      return true;
    } catch (thrown) {
      const { code } = toBridgeError(thrown, 'bury');
      this.ports.emit({ type: 'log', level: 'error', message: 'could not bury a failed job; it stays at the head of its lane',
        facts: { conversation, operation: job.operation, code } });
      return false;
    }
  }

  async #pause(conversation: ConversationId, job: Job, error: BridgeError, trouble: Trouble): Promise<void> {
    const delayMs = pauseMs(error, trouble, this.ports.random());
    this.ports.emit({ type: 'retry', direction: job.direction, conversation, operation: error.operation, code: error.code,
      attempt: trouble.failures, delayMs, detail: error.message });
    const sleeper = { wake: new AbortController(), wakesOnSuccess: error.retryAfterMs === undefined && trouble.lonely === 0 };
    this.#sleepers.add(sleeper);
    await this.ports.clock.sleep(delayMs, sleeper.wake.signal);
    this.#sleepers.delete(sleeper);
  }
}
