/** What polling and webhook do with one update: read it, hand it over, and say when it may be acknowledged. */
import { toBridgeError } from '../core/errors.js';
import type { Emit, EventHandler } from '../core/ports.js';
import { parseUpdate, type BotAccount } from './updates.js';

export interface IntakeOptions {
  readonly bot: BotAccount;
  readonly handle: EventHandler;
  readonly emit: Emit;
}

/**
 * Resolves when the update may be acknowledged, also for one that nobody can read: such an update is logged with its id, and never
 * blocks what comes after it. Rejects when `handle` does: then it must not be acknowledged. `handle` is called before this returns.
 */
export function takeUpdate({ bot, handle, emit }: IntakeOptions, update: unknown, updateId: number, receivedAtMs: number): Promise<void> {
  try {
    const { event } = parseUpdate(update, bot, receivedAtMs);
    return event === undefined ? Promise.resolve() : handle(event);
  } catch (thrown) {
    const error = toBridgeError(thrown, 'takeUpdate');
    emit({ type: 'log', level: 'error', message: 'an update was passed over', facts: { update: updateId, code: error.code, reason: error.message } });
    return Promise.resolve();
  }
}
