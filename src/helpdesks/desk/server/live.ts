/** What belongs here: server-sent events: open pages are told which tickets changed, and read them again by themselves. */
import type { Request, Response } from 'express';
import type { Clock } from '../../../core/ports.js';
import { refuse } from './desk.js';
import type { Store } from './store.js';

export interface Live {
  /** Keeps the answer open. Throws `rate_limited` when too many pages are open. */
  attach(request: Request, response: Response): void;
  /** What stands on this ticket looks different, though it did not change. Call when that is on disk. */
  tell(ticket: string): void;
  close(): void;
}

const PAGES_MAX = 200;
/** Proxies close connections that are silent for a minute. */
const HEARTBEAT_MS = 25_000;
/** A page that does not read is let go; it connects again when it wakes up. */
const UNREAD_BYTES_MAX = 1024 * 1024;
const TICKETS_PER_EVENT = 500;

export function createLive(store: Store, clock: Clock): Live {
  const pages = new Set<Response>();
  const stop = new AbortController();
  let toldSeq = store.tables.seq;
  const broadcast = (text: string): void => {
    for (const page of pages) {
      if (page.writableLength > UNREAD_BYTES_MAX) page.destroy();
      else page.write(text);
    }
  };
  const unwatch = store.watch(() => {
    const changed = store.tables.changes.after(toldSeq, TICKETS_PER_EVENT);
    const people = store.tables.peopleSeq > toldSeq;
    toldSeq = store.tables.seq;
    // A new number and no tickets: pages read all that they show again.
    if (people) broadcast(toEvent(toldSeq, []));
    else if (changed.length > 0) broadcast(toEvent(toldSeq, changed.map((entry) => entry.ticket)));
  });
  void beat(clock, stop.signal, () => broadcast(':\n\n'));
  return {
    attach(request, response) {
      if (pages.size >= PAGES_MAX) throw refuse('rate_limited', 'watch', 'too many pages are open');
      response.status(200).set({ 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' });
      response.write(`retry: 2000\n${toEvent(store.tables.seq, [])}`);
      pages.add(response);
      request.on('close', () => pages.delete(response));
      response.on('close', () => pages.delete(response));
    },
    tell: (ticket) => broadcast(toEvent(store.tables.seq, [ticket])),
    close() {
      stop.abort();
      unwatch();
      for (const page of pages) page.end();
      pages.clear();
    },
  };
}

function toEvent(seq: number, tickets: readonly string[]): string {
  return `data: ${JSON.stringify({ seq, tickets })}\n\n`;
}

async function beat(clock: Clock, signal: AbortSignal, tick: () => void): Promise<void> {
  while (!signal.aborted) {
    await clock.sleep(HEARTBEAT_MS, signal);
    if (!signal.aborted) tick();
  }
}
