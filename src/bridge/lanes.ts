/**
 * What belongs here (the room): what happens between the two sides, as sequences of ports. No vendor, no HTTP, no file.
 *
 * This file: lanes. A lane is the serial order of work of one conversation; lanes run side by side. A job at the head of its lane runs
 * until it is done, buried or the lanes stop; nothing overtakes it. How often it is tried is in patience.ts. When a job succeeds after
 * an outage, every lane that sleeps because of that outage wakes at once instead of sleeping out its pause.
 */
import type { ConversationId, Direction } from '../core/types.js';
import type { Clock, Emit } from '../core/ports.js';
import { BridgeError, toBridgeError } from '../core/errors.js';
import { NO_TROUBLE, oneMoreFailure, pauseMs, shouldBury, type Trouble } from './patience.js';

/** One piece of work. `run` must be safe to repeat; `bury` must record what was given up and must not fail the same way. */
export interface Job {
  readonly direction: Direction;
  readonly operation: string;
  /** `attempt` counts from 1. */
  run(attempt: number): Promise<void>;
  bury(error: BridgeError): Promise<void>;
  /** After this moment the job is buried whatever the error. */
  readonly giveUpAtMs?: number;
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

interface Sleeper {
  readonly wake: AbortController;
  /** False for a wait that the other side asked for, and for a job that fails alone. */
  readonly wakesOnSuccess: boolean;
}

export class Lanes {
  readonly #queues = new Map<ConversationId, Waiting[]>();
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
      const queue = this.#queues.get(conversation);
      if (queue !== undefined) {
        queue.push({ job, settle });
        return;
      }
      const first = [{ job, settle }];
      this.#queues.set(conversation, first);
      void this.#drain(conversation, first);
    });
  }

  stats(): { readonly lanes: number; readonly jobs: number } {
    return { lanes: this.#queues.size, jobs: this.#jobs };
  }

  /** Lets queued work run once more, ends what waits for a retry, resolves when every lane is empty. */
  stop(): Promise<void> {
    this.#stopping = true;
    for (const sleeper of this.#sleepers) sleeper.wake.abort();
    return this.#queues.size === 0 ? Promise.resolve() : new Promise((resolve) => this.#emptied.push(resolve));
  }

  async #drain(conversation: ConversationId, queue: Waiting[]): Promise<void> {
    for (let head = queue[0]; head !== undefined; head = queue[0]) {
      const outcome = await this.#finish(conversation, head.job);
      queue.shift();
      this.#jobs -= 1;
      head.settle(outcome);
    }
    this.#queues.delete(conversation);
    if (this.#queues.size === 0) for (const resolve of this.#emptied.splice(0)) resolve();
  }

  async #finish(conversation: ConversationId, job: Job): Promise<Outcome> {
    for (let trouble: Trouble = NO_TROUBLE; ;) {
      try {
        await job.run(trouble.failures + 1);
        this.#wakeOthers();
        return 'done';
      } catch (thrown) {
        const error = toBridgeError(thrown, job.operation);
        trouble = oneMoreFailure(trouble, this.#successes);
        const bury = shouldBury(error, trouble, { giveUpAtMs: job.giveUpAtMs, nowMs: this.ports.clock.nowMs() });
        if (bury && await this.#buried(conversation, job, error)) return 'buried';
        if (!this.#stopping) await this.#pause(conversation, job, error, trouble);
        if (this.#stopping) return 'stopped';
      }
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
