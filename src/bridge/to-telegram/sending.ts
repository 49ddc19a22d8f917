/**
 * How messages leave for Telegram: one at a time, over all conversations, from the moment its request leaves until the record of it is on
 * disk. Telegram has no idempotency key, so what is in between at a crash is sent again: this way it is one message. Telegram's pace is waited for
 * before, not within. A send that takes long (a large file, a Telegram that hangs) goes on beside the others, so that it holds up nobody; and when
 * more is to be sent than leaves in this way, as after an outage, several leave at a time until the queue is gone.
 *
 * What was sent and could not be recorded (a full disk) is kept here: a retry records it and does not send it again. In memory only, so a
 * process that ends before its disk takes writes again repeats it; nothing more is sent meanwhile unless the disk proves to take writes.
 */
import type { Clock, ConversationSession, IdMap, Turn } from '../../core/ports.js';
import { Places } from '../work/places.js';

/** Telegram answers in a tenth of that. A send that takes longer does not keep the others waiting any more. */
export const ALONE_MS = 1_000;
/** Whoever waited for longer may have been frozen with its process, while another one took over. */
const SURELY_HELD_MS = 2_000;
/** For so long there may always be somebody who waits for a turn; after that it is a backlog, and requesters wait for what one crash might repeat. */
export const CROWDED_MS = 5_000;
/** Sends at a time when they all take long, or in a backlog. */
const BESIDE_MAX = 10;

/** A message and its record. */
export interface Delivery<T> {
  /** The same for each try. */
  readonly key: string;
  /** Asked right before it leaves; throws when it is not to go, never with `rate_limited`. */
  readonly check?: () => Promise<void>;
  send(turn: Turn): Promise<T>;
  /** Resolves when it is on disk that this was sent. */
  record(sent: T): Promise<void>;
}

interface Sent {
  readonly result: unknown;
}

/** One for each bot. */
export class Sending {
  readonly #alone = new Places(1);
  readonly #all = new Places(BESIDE_MAX);
  /** At most one for each lane: what fails here stays at the head of its lane. */
  readonly #unrecorded = new Map<string, Sent>();
  /** On their way, and those that wait for their turn. */
  #inside = 0;
  /** Since when there have always been two at least. */
  #crowdedSinceMs: number | undefined;

  constructor(private readonly clock: Clock, private readonly idMap: Pick<IdMap, 'checkHeld'>) {}

  /** Sends, then records; a retry under the same key goes on from where an earlier one failed. Throws what the steps throw, and what a commit throws. */
  async deliver<T>(session: ConversationSession, { key, check, send, record }: Delivery<T>): Promise<T> {
    const visit = this.#visit(check, async () => {
      if (this.#unrecorded.size > 0) await session.commit({});
    });
    const earlier = this.#unrecorded.get(key);
    try {
      // A key stands for one kind of result.
      const result = earlier === undefined ? await send(visit.turn) : earlier.result as T;
      try {
        await record(result);
      } catch (thrown) {
        this.#unrecorded.set(key, { result });
        throw thrown;
      }
      this.#unrecorded.delete(key);
      return result;
    } finally {
      visit.end();
    }
  }

  /** For a message without a record of its own. */
  async pass<T>(send: (turn: Turn) => Promise<T>): Promise<T> {
    const visit = this.#visit();
    try {
      return await send(visit.turn);
    } finally {
      visit.end();
    }
  }

  /** A request that fails leaves at once, so that a wait for Telegram's pace is spent outside. `check` may take time, so it is asked outside first. */
  #visit(check?: () => Promise<void>, within?: () => Promise<void>): { readonly turn: Turn; readonly end: () => void } {
    let leave: (() => void) | undefined;
    const begunAtMs = this.clock.nowMs();
    const end = (): void => {
      leave?.();
      leave = undefined;
    };
    const enter = async (): Promise<void> => {
      await check?.();
      leave = await this.#enter();
      // The send before this one may have failed to be recorded just now.
      await within?.();
      await check?.();
      // Else it repeats what the other one sent, or sends what is not true any more.
      if (this.clock.nowMs() - begunAtMs > SURELY_HELD_MS) await this.idMap.checkHeld();
    };
    const turn: Turn = async (request) => {
      try {
        if (leave === undefined) await enter();
        return await request();
      } catch (thrown) {
        end();
        throw thrown;
      }
    };
    return { turn, end };
  }

  async #enter(): Promise<() => void> {
    this.#count(1);
    await this.#all.take();
    const isAlone = !this.#isCrowded();
    if (isAlone) await this.#alone.take();
    const giveAlone = isAlone ? this.#alone.giveWithin(this.clock, ALONE_MS) : undefined;
    return () => {
      giveAlone?.();
      this.#all.give();
      this.#count(-1);
    };
  }

  #count(change: 1 | -1): void {
    this.#inside += change;
    if (this.#inside < 2) this.#crowdedSinceMs = undefined;
    else this.#crowdedSinceMs ??= this.clock.nowMs();
  }

  #isCrowded(): boolean {
    return this.#crowdedSinceMs !== undefined && this.clock.nowMs() - this.#crowdedSinceMs >= CROWDED_MS;
  }
}
