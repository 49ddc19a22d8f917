/**
 * The sweep: asks the helpdesk what changed, rings for it, and does the work that fell due. It finds what no webhook announced.
 *
 * The cursor that is kept on disk never passes a doorbell that is not answered yet: after a crash the sweep starts again before it, and
 * ringing twice does no harm.
 */
import type { SweepCursor } from '../core/types.js';
import { toBridgeError } from '../core/errors.js';
import type { Bridge } from './bridge.js';
import type { GivenPorts } from './ports.js';

/** Unanswered doorbells at which a sweep stops reading on: a bound on memory, not on correctness. */
const UNANSWERED_MAX = 1_000;

interface Round {
  readonly cursor: SweepCursor;
  done: boolean;
}

export class Sweep {
  /** Pages that were read, oldest first, until all their doorbells are answered. */
  readonly #rounds: Round[] = [];
  #position: SweepCursor | undefined;
  #unanswered = 0;
  /** How often a doorbell could not be answered. */
  #startedOver = 0;
  #running: Promise<void> | undefined;

  constructor(private readonly ports: GivenPorts, private readonly bridge: Bridge) {}

  /** One sweep; a call during one joins it. Resolves when all news was rung for (not answered). Never rejects. */
  run(): Promise<void> {
    this.#running ??= this.#sweep().finally(() => { this.#running = undefined; });
    return this.#running;
  }

  /**
   * Sweeps, and tells whether there is a place to sweep from. A new map has none until the helpdesk answers for the first time: what
   * happened before that is not seen by any sweep, so nothing may be taken in before.
   */
  async findPlace(): Promise<boolean> {
    await this.run();
    return await this.ports.idMap.sweepCursor() !== undefined;
  }

  async #sweep(): Promise<void> {
    try {
      await this.#readChanges();
      for (const conversation of await this.ports.idMap.dueConversations(this.ports.clock.nowMs())) void this.bridge.runDue(conversation);
    } catch (thrown) {
      const { code, message } = toBridgeError(thrown, 'sweep');
      this.ports.emit({ type: 'log', level: 'warn', message: `sweep failed, the next one goes on from the same place: ${message}`, facts: { code } });
    } finally {
      // An outage is when people look at what waits.
      this.ports.emit({ type: 'lanes', ...this.bridge.stats() });
    }
  }

  async #readChanges(): Promise<void> {
    this.#position ??= await this.ports.idMap.sweepCursor();
    const before = this.#startedOver;
    for (let more = true; more && this.#unanswered < UNANSWERED_MAX;) {
      const page = await this.ports.connector.changedSince(this.#position);
      // A doorbell before this page was not answered meanwhile: with the page's place it would be passed. The next sweep reads both.
      if (before !== this.#startedOver) return;
      const round: Round = { cursor: page.cursor, done: false };
      this.#rounds.push(round);
      const tickets = new Set(page.doorbells.map((doorbell) => doorbell.ticket));
      this.#unanswered += tickets.size;
      const answers = [...tickets].map((ticket) => this.bridge.ring({ ticket }, 'sweep'));
      this.#position = page.cursor;
      const answered = this.#answered(round, answers);
      if (answers.length === 0) await answered;
      more = page.more;
    }
  }

  async #answered(round: Round, answers: readonly Promise<void>[]): Promise<void> {
    const results = await Promise.allSettled(answers);
    this.#unanswered -= answers.length;
    if (results.some((result) => result.status === 'rejected')) return this.#startOver(round);
    round.done = true;
    await this.#saveProgress();
  }

  /** A doorbell that could not be answered at all (not even given to a lane): read again from before it. */
  async #startOver(round: Round): Promise<void> {
    const place = this.#rounds.indexOf(round);
    if (place === -1) return;
    this.#rounds.splice(place);
    this.#position = undefined;
    this.#startedOver += 1;
  }

  async #saveProgress(): Promise<void> {
    let reached: SweepCursor | undefined;
    for (let first = this.#rounds[0]; first?.done === true; first = this.#rounds[0]) {
      reached = first.cursor;
      this.#rounds.shift();
    }
    if (reached === undefined) return;
    try {
      await this.ports.idMap.saveSweepCursor(reached);
    } catch (thrown) {
      const { code } = toBridgeError(thrown, 'saveSweepCursor');
      this.ports.emit({ type: 'log', level: 'error', message: 'the place of the sweep could not be saved; a restart would sweep more', facts: { code } });
    }
  }
}
