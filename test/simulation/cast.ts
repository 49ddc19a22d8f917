/** Who plays in a story, for all that its actions need. */
import type { CommentId, TicketId } from '../../src/core/types.js';
import type { Action } from './actions.js';
import type { World } from './world.js';

/** The chats of a story: private ones first, then groups. A group that moves gets another id, and stays the same customer. */
export interface Cast {
  readonly world: World;
  /** The present chat of each customer. */
  readonly chats: number[];
  readonly firstChatOf: Map<number, number>;
  /** Conversations whose tickets went into this one. */
  readonly swallowed: Map<TicketId, TicketId[]>;
  /** Tickets that agents opened, for which chat, with which first comment. */
  readonly opened: Map<TicketId, { readonly chat: number; readonly comment: CommentId; readonly isStranger: boolean }>;
  /** Answers said so far, for names. */
  serial: number;
  webhookSerial: number;
  webhookLast: number;
}

export function createCast(world: World): Cast {
  const { chats, groups } = world.setup;
  const ids = Array.from({ length: chats }, (_, index) => (index < chats - groups ? index + 1 : -(index + 101)));
  return { world, chats: ids, firstChatOf: new Map(ids.map((id) => [id, id])), swallowed: new Map(), opened: new Map(), serial: 0, webhookSerial: 0, webhookLast: 0 };
}

export function pick<T>(items: readonly T[], at: number): T | undefined {
  return items[at % Math.max(1, items.length)];
}

export function chatOf({ chats }: Cast, { who }: Action): number {
  return pick(chats, who) ?? 1;
}
