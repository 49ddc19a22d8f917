/**
 * How much one requester may send. What is over it is not filed: the requester is told, once for each flood, and the ids are kept. By
 * Telegram's clock, so that what piled up while the bridge was away does not count as sent at once.
 */
import { LRUCache } from 'lru-cache';
import type { ChatEvent, ConversationId } from '../../core/types.js';

export interface FloodLimits {
  /** So many at once. 0 = unlimited. */
  readonly burst: number;
  readonly perMinute: number;
}

/** A hundred forwarded messages are no flood; a person does not write one every other second for long. */
export const DEFAULT_FLOOD_LIMITS: FloodLimits = { burst: 120, perMinute: 30 };

/** Beyond this even the ids are not kept: a flood must not fill the disk. */
const KEPT_MAX = 500;
/** Conversations remembered at once; the ones seen least lately are forgotten, which only lets them begin anew. */
const CONVERSATIONS_MAX = 10_000;

export type FloodVerdict =
  | { readonly over: false }
  /** `tell`: the first of this flood. `keep`: its ids are worth a place on disk. */
  | { readonly over: true; readonly tell: boolean; readonly keep: boolean };

interface Bucket {
  readonly tokens: number;
  readonly atMs: number;
  readonly refused: number;
}

export class FloodGate {
  readonly #buckets = new LRUCache<ConversationId, Bucket>({ max: CONVERSATIONS_MAX });

  constructor(private readonly limits: FloodLimits) {}

  /** Counts one event. An event that comes again counts again. */
  check({ conversation, sentAtMs }: Pick<ChatEvent, 'conversation' | 'sentAtMs'>): FloodVerdict {
    const { burst, perMinute } = this.limits;
    if (burst === 0) return { over: false };
    const before = this.#buckets.get(conversation) ?? { tokens: burst, atMs: sentAtMs, refused: 0 };
    const atMs = Math.max(before.atMs, sentAtMs);
    const tokens = Math.min(burst, before.tokens + (atMs - before.atMs) / 60_000 * perMinute);
    const over = tokens < 1;
    // A flood is over when a good part of the burst is there again.
    const refused = over ? before.refused + 1 : tokens >= burst / 4 ? 0 : before.refused;
    this.#buckets.set(conversation, { tokens: over ? tokens : tokens - 1, atMs, refused });
    return over ? { over, tell: refused === 1, keep: refused <= KEPT_MAX } : { over };
  }
}
