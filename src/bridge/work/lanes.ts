/**
 * Lanes. A lane is the serial order of work of one conversation; lanes run side by side. A job at the head of its lane runs
 * until it is done, buried or the lanes stop; nothing overtakes it. How often it is tried is in patience.ts. When a job succeeds after
 * an outage, every lane that sleeps because of that outage wakes at once instead of sleeping out its pause.
 *
 * Telegram takes some 30 messages in a second from one bot, a helpdesk more. So that a backlog of answers does not keep the messages of
 * their conversations waiting (and with them, when polling, everybody's), only some jobs toward Telegram run at a time, and what goes to the
 * helpdesk passes those that do not run: that have not started, or wait to be tried again. The order of each direction stays.
 */
import type { ConversationId, Direction } from '../../core/types.js';
import type { Clock, Emit } from '../../core/ports.js';
import { BridgeError, toBridgeError } from '../../core/errors.js';
import { NO_TROUBLE, oneMoreFailure, pauseMs, shouldBury, type Trouble } from './patience.js';
import { Places } from './places.js';

/** One piece of work. `run` must be safe to repeat; `bury` must record what was given up and must not fail the same way. */
export interface Job {
  readonly direction: Direction;
  readonly operation: string;
  /** `attempt` counts from 1. `nothing`: there was nothing to do, and so it tells nothing about others that fail. */
  run(attempt: number): Promise<void | 'nothing'>;
  bury(error: BridgeError): Promise<void>;
  /** After this moment the job is buried whatever the error. */
  readonly giveUpAtMs?: number;
  /** What has to be done first, asked when this job is at the head: a job of its own, tried and buried for itself. Toward the helpdesk only. */
  before?(): Promise<Job | undefined>;
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
  trouble: Trouble;
  /** Resolves when a failed job may be tried again. */
  pause: Promise<void> | undefined;
  /** What had to be done first was stopped. */
  stopped: boolean;
}

interface Lane {
  readonly toHelpdesk: Waiting[];
  readonly toTelegram: Waiting[];
  /** Aborted when something comes that need not wait for a place. */
  arrival: AbortController;
}

/** Jobs toward Telegram that run at a time. Their messages leave one by one (see sending.ts), so more would only keep more lanes. */
const SENDING_MAX = 5;
/** Longer than that it is not the pace: a large file, a chat that Telegram makes wait. Such a job runs on without a place, so that it holds up nobody. */
const PLACE_MS = 500;

/** Work whose time has not come. */
interface Delayed {
  readonly start: () => void;
  readonly over: AbortController;
}

interface Sleeper {
  readonly wake: AbortController;
  /** False for a wait that the other side asked for, and for a job that fails alone. */
  readonly wakesOnSuccess: boolean;
}

export class Lanes {
  readonly #lanes = new Map<ConversationId, Lane>();
  readonly #sending = new Places(SENDING_MAX);
  readonly #sleepers = new Set<Sleeper>();
  readonly #delayed = new Set<Delayed>();
  readonly #emptied: (() => void)[] = [];
  /** By operation: that a command was answered says nothing of messages that cannot be filed. */
  readonly #successes = new Map<string, number>();
  #jobs = 0;
  #stopping = false;

  constructor(private readonly ports: { readonly clock: Clock; readonly emit: Emit; readonly random: () => number }) {}

  /** Appends work to the conversation's lane; resolves when it left the lane. Never rejects. */
  add(conversation: ConversationId, job: Job): Promise<Outcome> {
    return new Promise((settle) => {
      this.#jobs += 1;
      const lane = this.#lanes.get(conversation) ?? { toHelpdesk: [], toTelegram: [], arrival: new AbortController() };
      this.#queueOf(lane, job).push({ job, settle, trouble: NO_TROUBLE, pause: undefined, stopped: false });
      if (job.direction === 'to_helpdesk') lane.arrival.abort();
      if (this.#lanes.has(conversation)) return;
      this.#lanes.set(conversation, lane);
      void this.#drain(conversation, lane);
    });
  }

  /** As `add`, when `delayMs` have passed, or the lanes are told to stop. The lane goes on meanwhile. */
  addLater(conversation: ConversationId, delayMs: number, job: Job): Promise<Outcome> {
    return new Promise((settle) => {
      const delayed: Delayed = {
        over: new AbortController(),
        start: () => {
          if (!this.#delayed.delete(delayed)) return;
          delayed.over.abort();
          void this.add(conversation, job).then(settle);
        },
      };
      this.#delayed.add(delayed);
      if (this.#stopping) delayed.start();
      else void this.ports.clock.sleep(delayMs, delayed.over.signal).then(delayed.start);
    });
  }

  stats(): { readonly lanes: number; readonly jobs: number } {
    return { lanes: this.#lanes.size, jobs: this.#jobs + this.#delayed.size };
  }

  /** Lets queued work run once more, ends what waits for a retry, resolves when every lane is empty. */
  stop(): Promise<void> {
    this.#stopping = true;
    for (const delayed of [...this.#delayed]) delayed.start();
    for (const sleeper of this.#sleepers) sleeper.wake.abort();
    return this.#lanes.size === 0 ? Promise.resolve() : new Promise((resolve) => this.#emptied.push(resolve));
  }

  async #drain(conversation: ConversationId, lane: Lane): Promise<void> {
    while (lane.toHelpdesk.length + lane.toTelegram.length > 0) {
      const head = await this.#next(lane);
      if (head === undefined) continue;
      if (head.trouble.failures === 0 && head.job.settleMs !== undefined) await this.#settle(lane, head.job.settleMs);
      const outcome = await this.#try(conversation, head);
      if (outcome === 'again' || typeof outcome === 'object') this.#queueOf(lane, head.job).unshift(head);
      if (outcome === 'again') continue;
      if (typeof outcome === 'object') {
        this.#jobs += 1;
        const settle = (ofFirst: Outcome): void => { head.stopped = ofFirst === 'stopped'; };
        this.#queueOf(lane, outcome).unshift({ job: outcome, settle, trouble: NO_TROUBLE, pause: undefined, stopped: false });
        continue;
      }
      this.#jobs -= 1;
      head.settle(outcome);
    }
    this.#lanes.delete(conversation);
    if (this.#lanes.size === 0) for (const resolve of this.#emptied.splice(0)) resolve();
  }

  #queueOf(lane: Lane, { direction }: Job): Waiting[] {
    return direction === 'to_helpdesk' ? lane.toHelpdesk : lane.toTelegram;
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
    const [inward] = lane.toHelpdesk;
    if (inward !== undefined) {
      await inward.pause;
      return lane.toHelpdesk.shift();
    }
    const { signal } = lane.arrival = new AbortController();
    const arrived = new Promise<void>((resolve) => { signal.addEventListener('abort', () => resolve(), { once: true }); });
    const pause = lane.toTelegram[0]?.pause;
    if (pause !== undefined) await Promise.race([pause, arrived]);
    return await this.#sending.take(signal) ? lane.toTelegram.shift() : undefined;
  }

  /** `again`: it failed, and is tried again after its pause. A job: that one has to be done first. */
  async #try(conversation: ConversationId, waiting: Waiting): Promise<Outcome | 'again' | Job> {
    const { job } = waiting;
    const leave = job.direction === 'to_telegram' ? this.#sending.giveWithin(this.ports.clock, PLACE_MS) : undefined;
    try {
      if (waiting.stopped || (this.#stopping && waiting.trouble.failures > 0)) return 'stopped';
      const first = await job.before?.();
      if (first !== undefined) return first;
      const did = await job.run(waiting.trouble.failures + 1);
      if (did !== 'nothing') this.#successes.set(job.operation, this.#successesOf(job) + 1);
      this.#wakeOthers();
      return 'done';
    } catch (thrown) {
      const error = toBridgeError(thrown, job.operation);
      waiting.trouble = oneMoreFailure(waiting.trouble, this.#successesOf(job));
      const bury = shouldBury(error, waiting.trouble, { giveUpAtMs: job.giveUpAtMs, nowMs: this.ports.clock.nowMs() });
      if (bury && await this.#buried(conversation, job, error)) return 'buried';
      if (this.#stopping) return 'stopped';
      waiting.pause = this.#pause(conversation, job, error, waiting.trouble);
      return 'again';
    } finally {
      leave?.();
    }
  }

  #successesOf({ operation }: Job): number {
    return this.#successes.get(operation) ?? 0;
  }

  #wakeOthers(): void {
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
    const sleeper = { wake: new AbortController(), wakesOnSuccess: error.retryAfterMs === undefined && !trouble.alone };
    this.#sleepers.add(sleeper);
    await this.ports.clock.sleep(delayMs, sleeper.wake.signal);
    this.#sleepers.delete(sleeper);
  }
}
