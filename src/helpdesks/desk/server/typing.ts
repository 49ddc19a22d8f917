/**
 * What belongs here: telling another program that an agent writes a public answer, or stopped. Unlike a change it is worth nothing later: it is
 * sent once, the newest sign of a ticket takes the place of an older one that still waits, and nothing of it is kept.
 */
import type { Clock } from '../../../core/ports.js';
import { openWebhookTarget, type WebhookTarget } from './webhook-target.js';

export interface TypingBell {
  /** Never throws, and is not waited for. */
  tell(ticket: string, typing: boolean): void;
  close(): void;
}

const TIMEOUT_MS = 3_000;
/** A page tells more often than that when somebody makes it. */
const AGAIN_AFTER_MS = 2_000;
const TICKETS_MAX = 1_000;

export function createTypingBell(target: WebhookTarget, clock: Clock): TypingBell {
  const wire = openWebhookTarget(target, clock, TIMEOUT_MS);
  const waiting = new Map<string, boolean>();
  /** Of agents who write: when it was told last. */
  const toldMs = new Map<string, number>();
  let sending = false;
  const drain = async (): Promise<void> => {
    sending = true;
    for (const [ticket, typing] of waiting) {
      waiting.delete(ticket);
      // Lost is lost: the next sign is a few seconds away.
      await wire.send({ event: 'ticket.typing', ticket: { id: ticket }, visibility: 'public', typing }).catch(() => undefined);
    }
    sending = false;
  };
  return {
    tell(ticket, typing) {
      const nowMs = clock.nowMs();
      for (const [known, atMs] of toldMs) if (nowMs - atMs > AGAIN_AFTER_MS) toldMs.delete(known);
      if (typing && toldMs.has(ticket)) return;
      if (waiting.size >= TICKETS_MAX && !waiting.has(ticket)) return;
      if (typing) toldMs.set(ticket, nowMs);
      else toldMs.delete(ticket);
      waiting.set(ticket, typing);
      if (!sending) void drain();
    },
    close() {
      waiting.clear();
      wire.close();
    },
  };
}
