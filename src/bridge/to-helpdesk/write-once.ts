/**
 * One effect per message: every write to the helpdesk goes through here.
 *
 * A helpdesk with an idempotency key of its own is simply asked again, with an intent only where later work has to know of it. For the
 * others an intent is put on disk before the request leaves. A retry that finds its intent looks first; when nothing is there yet the first
 * request may still land, so it waits until that is over (`settlesAtMs`), and only a look that began after that lets it write again.
 */
import type { HelpdeskConnector, ConversationSession, Clock } from '../../core/ports.js';
import type { Intent } from '../../core/conversation.js';
import type { MessageId, TicketId } from '../../core/types.js';
import { BridgeError, REMEDY_BY_CODE, toBridgeError } from '../../core/errors.js';

export interface GuardedWrite<T> {
  readonly message: MessageId;
  /** Absent while the ticket is being created. */
  readonly ticket?: TicketId;
  /** Later work has to know whether this may have been written: it leaves an intent, whatever the helpdesk. */
  readonly isVersion?: boolean | undefined;
  /** What an earlier try left in the helpdesk. */
  find(): Promise<T | undefined>;
  write(): Promise<T>;
}

interface WritePorts {
  readonly connector: HelpdeskConnector;
  readonly clock: Clock;
}

/**
 * Writes once, whatever happened before. Throws what `find` and `write` throw, and `unavailable` with the time to wait while an earlier
 * request may still land. The caller settles the intent in the commit that records the result.
 */
export async function writeOnce<T>(ports: WritePorts, session: ConversationSession, guarded: GuardedWrite<T>): Promise<T> {
  const { capabilities } = ports.connector;
  // The map must know of a ticket that was opened, also when the message goes elsewhere by the next try.
  const isNoted = guarded.isVersion === true || guarded.ticket === undefined;
  if (capabilities.idempotency === 'native') return isNoted ? writeNoted(ports, session, guarded) : guarded.write();
  const found = await findEarlier(ports, session, guarded);
  if (found !== undefined) return found;
  const askedMs = ports.clock.nowMs();
  await session.commit({ intents: [intentOf(guarded, askedMs + COMMIT_WITHIN_MS + capabilities.writeSettlesMs)] });
  if (ports.clock.nowMs() - askedMs > COMMIT_WITHIN_MS) await refuseStaleIntent(session, guarded);
  try {
    return await guarded.write();
  } catch (thrown) {
    throw await afterFailure(session, guarded, toBridgeError(thrown, 'write'), ports.clock.nowMs());
  }
}

/**
 * What an earlier try left in the helpdesk; undefined = nothing, and nothing comes any more. Throws what `find` throws, and `unavailable` with the
 * time to wait while an earlier request may still land.
 */
export async function findEarlier<T>({ connector: { capabilities }, clock }: WritePorts, session: ConversationSession, { message, find }: Pick<GuardedWrite<T>, 'message' | 'find'>): Promise<T | undefined> {
  const earlier = intentFor(session, message);
  if (earlier === undefined) return undefined;
  // What a slow look did not see may land while its answer is on the way: only a look that began after that time counts.
  const lookedMs = clock.nowMs();
  const found = await find();
  if (found !== undefined) return found;
  const waitMs = earlier.settlesAtMs - lookedMs;
  // The clock was set back: it cannot take longer than from now on.
  if (waitMs > capabilities.writeSettlesMs) await session.commit({ intents: [{ ...earlier, settlesAtMs: lookedMs + capabilities.writeSettlesMs }] });
  refuseWhileUnsettled(Math.min(waitMs, capabilities.writeSettlesMs), clock.nowMs() - lookedMs);
  return undefined;
}

/** How to look for what an earlier try left under this key: a comment on that ticket, or without one the ticket that it opened. Undefined = nobody can look. */
export function lookFor({ findTicket, findComment }: HelpdeskConnector, key: MessageId, ticket: TicketId | undefined): (() => Promise<unknown>) | undefined {
  return ticket === undefined ? findTicket && (() => findTicket(key)) : findComment && (() => findComment(ticket, key));
}

/** The helpdesk itself refuses what it has: there is nothing to look for, or to wait for. */
async function writeNoted<T>({ connector, clock }: WritePorts, session: ConversationSession, guarded: GuardedWrite<T>): Promise<T> {
  const earlier = intentFor(session, guarded.message);
  await session.commit({ intents: [intentOf(guarded, clock.nowMs() + COMMIT_WITHIN_MS + connector.capabilities.writeSettlesMs)] });
  try {
    return await guarded.write();
  } catch (thrown) {
    const error = toBridgeError(thrown, 'write');
    // A request that was not looked at says nothing of an earlier one.
    const isOver = error.effect === 'none' && (earlier === undefined || REMEDY_BY_CODE[error.code] === 'bury');
    if (isOver) await session.commit({ settled: [guarded.message] });
    throw error;
  }
}

function intentFor({ state }: ConversationSession, message: MessageId): Intent | undefined {
  return state.intents.find((intent) => intent.message === message);
}

function intentOf<T>(guarded: GuardedWrite<T>, settlesAtMs: number): Intent {
  return { message: guarded.message, settlesAtMs, ...(guarded.ticket && { ticket: guarded.ticket }) };
}

/**
 * A request must leave soon after its intent was stamped, or it may land after all others think it cannot: the machine may have slept
 * in between, and another process may have taken over. (Then the commit fails.)
 */
const COMMIT_WITHIN_MS = 1_000;

async function refuseStaleIntent<T>(session: ConversationSession, { message }: GuardedWrite<T>): Promise<never> {
  await session.commit({ settled: [message] });
  throw new BridgeError({ code: 'unavailable', operation: 'writeOnce', message: 'the intent took too long to store; nothing was sent' });
}

/** `waitMs`: from when it was looked for, which was `agoMs` ago. */
function refuseWhileUnsettled(waitMs: number, agoMs: number): void {
  if (waitMs <= 0) return;
  throw new BridgeError({
    code: 'unavailable', operation: 'writeOnce', message: 'an earlier request may still land; waiting before writing again', retryAfterMs: Math.max(0, waitMs - agoMs),
  });
}

/** The server itself said that it failed: the request is over, though it may have left something behind. A gateway's 502 or 504 says less. */
const STATUS_OVER = 500;
/** A write whose answer was lost has usually been done: look soon. */
const LOOK_AGAIN_MS = 500;

/** Shortens the wait where the outcome allows it, so that recovery after a short outage is quick. Returns the error to throw. */
async function afterFailure<T>(
  session: ConversationSession, guarded: GuardedWrite<T>, error: BridgeError, nowMs: number,
): Promise<BridgeError> {
  if (error.effect === 'none') {
    await session.commit({ settled: [guarded.message] });
    return error;
  }
  if (error.status === STATUS_OVER) {
    await session.commit({ intents: [intentOf(guarded, nowMs)] });
    return error;
  }
  return new BridgeError({
    code: error.code, operation: error.operation, message: error.message, effect: 'unknown', retryAfterMs: LOOK_AGAIN_MS, cause: error.cause,
  });
}
