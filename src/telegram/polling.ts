/**
 * Intake by long polling. Telegram keeps every update until a getUpdates call names a higher offset, so the offset is the acknowledgement:
 * it stands at the lowest update that is not done.
 *
 * getUpdates always answers from the offset on, what is being worked on included. So:
 * - ids at or above the offset are remembered as running or done, and never handed over twice;
 * - the window is one answer's worth of updates; while more than half of it waits for the offset to move, nothing is asked;
 * - while the offset stands still, the same question is asked at most once in `REPEAT_MS`: sooner, the server would give one update only
 *   (tdlib/telegram-bot-api Client.cpp, same offset within 0.5 s).
 */
import { z } from 'zod';
import { toBridgeError } from '../core/errors.js';
import type { Clock } from '../core/ports.js';
import type { TelegramClient } from './client.js';
import { takeUpdate, type IntakeOptions } from './intake.js';
import { createOutage } from './outage.js';
import { ALLOWED_UPDATES, findUpdateId } from './updates.js';
import { createWindow, type Window } from './window.js';

export interface PollingOptions extends IntakeOptions {
  readonly client: TelegramClient;
  readonly clock: Clock;
  /** How long Telegram holds an empty answer back; at most 50, the server's own limit. */
  readonly timeoutSeconds?: number;
}

export interface Polling {
  start(): void;
  /** Asks for nothing more, waits for what is running (the caller bounds that), and acknowledges what is done. Never rejects. */
  stop(): Promise<void>;
}

const WINDOW_MAX = 100;
const TIMEOUT_SECONDS = 50;
const ANSWER_MARGIN_MS = 15_000;
const REPEAT_MS = 600;
const CONFIRM_TIMEOUT_MS = 5_000;
/** After a week without updates ids start anew at a random place, maybe below the offset: https://core.telegram.org/bots/api#update */
const QUIET_MAX_MS = 6 * 24 * 3_600_000;

export function createPolling(options: PollingOptions): Polling {
  const { client, clock } = options;
  const stopping = new AbortController();
  const window = createWindow();
  const outage = createOutage(options.emit);
  const timeoutSeconds = Math.min(options.timeoutSeconds ?? TIMEOUT_SECONDS, TIMEOUT_SECONDS);
  let loop: Promise<void> = Promise.resolve();
  let newsAtMs = clock.nowMs();

  const ask = (limit: number, seconds: number, marginMs: number, signal?: AbortSignal): Promise<unknown> => client.call('getUpdates', {
    ...(window.offset() === undefined ? {} : { offset: window.offset() }), limit, timeout: seconds, allowed_updates: ALLOWED_UPDATES,
  }, { timeoutMs: seconds * 1_000 + marginMs, signal });

  const take = (update: unknown): void => {
    const id = findUpdateId(update);
    if (id === undefined || !window.begin(id)) return;
    newsAtMs = clock.nowMs();
    takeUpdate(options, update, id, newsAtMs).then(() => { window.finish(id); }, (thrown: unknown) => {
      window.fail(id);
      if (!stopping.signal.aborted) logRejected(options, id, thrown);
    });
  };

  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      if (window.open() === 0 && clock.nowMs() - newsAtMs > QUIET_MAX_MS) window.reset();
      const asked = { offset: window.offset(), atMs: clock.nowMs() };
      try {
        const updates = z.array(z.unknown()).parse(await ask(WINDOW_MAX, timeoutSeconds, ANSWER_MARGIN_MS, stopping.signal));
        outage.over();
        for (const update of updates) take(update);
        await untilWorthwhile(window, asked, clock, stopping.signal);
      } catch (thrown) {
        if (!stopping.signal.aborted) await clock.sleep(outage.failed(toBridgeError(thrown, 'getUpdates')), stopping.signal);
      }
    }
  };

  return {
    start() { loop = run(); },
    async stop() {
      stopping.abort();
      await loop;
      await window.idle();
      // Failing does no harm: what comes again is known by its links.
      if (window.offset() !== undefined) await ask(1, 0, CONFIRM_TIMEOUT_MS).catch(() => undefined);
    },
  };
}

/** Waits until the same question would bring something new. */
async function untilWorthwhile(window: Window, asked: { readonly offset: number | undefined; readonly atMs: number }, clock: Clock, signal: AbortSignal): Promise<void> {
  // The first question names no offset; the answer to it sets one.
  const askedOffset = asked.offset ?? window.offset();
  while (!signal.aborted && window.open() > 0) {
    if (window.offset() !== askedOffset && window.open() <= WINDOW_MAX / 2) return;
    // A full window with nothing failed: the answer would be what is known already, until the offset moves.
    const full = window.open() >= WINDOW_MAX && !window.hasFailed();
    // A wall clock that was set back must not stretch the pause.
    const repeatInMs = Math.min(asked.atMs + REPEAT_MS - clock.nowMs(), REPEAT_MS);
    if (!full && repeatInMs <= 0) return;
    await window.moved(clock, full ? Infinity : repeatInMs, signal);
  }
}

function logRejected({ emit }: PollingOptions, update: number, thrown: unknown): void {
  const { code, operation } = toBridgeError(thrown, 'handle');
  emit({ type: 'log', level: 'error', message: 'an update was refused and will be taken again', facts: { update, code, operation } });
}
