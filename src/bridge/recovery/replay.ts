/**
 * Replay: one buried piece of work is tried again, as a job in the lane of its conversation.
 *
 * A message is read again from Telegram, an answer from the helpdesk; the entry is forgotten only when the work is done, so a crash in
 * between leaves the entry, and the next replay finds by link or external id what is done already. What fails keeps its entry. The
 * operator who asked is there to ask again: so only what time alone mends is waited for, and not for long.
 */
import type { EditEvent } from '../../core/changes.js';
import { BridgeError, REMEDY_BY_CODE, toBridgeError, type BridgeErrorCode } from '../../core/errors.js';
import type { BuriedEntry, ConversationSession } from '../../core/ports.js';
import type { MessageReadAgain, MessageReader, ReadAgain } from '../../core/reading-again.js';
import { EMPTY_TEXT, joinTexts } from '../../core/rich-text.js';
import type { ChangeDoorbell, CommentId, MessageEvent, MessageId, TicketId } from '../../core/types.js';
import { toOneMessage } from '../to-helpdesk/albums.js';
import { withoutWord } from '../bury.js';
import { dueJob, noticeJob } from '../due.js';
import { editId, messageOf, readEdit } from '../edit-ids.js';
import { storeEdit } from '../to-helpdesk/edits.js';
import { stillAway } from '../to-helpdesk/membership.js';
import { withFiled, withRead } from '../to-helpdesk/read-since.js';
import type { Lanes } from '../work/lanes.js';
import { hasLanded } from './landed.js';
import { tellLeftOut } from '../to-telegram/notices.js';
import type { BridgePorts } from '../ports.js';
import { storeMessage, type Stored } from '../to-helpdesk/to-helpdesk.js';
import { relayAgain } from '../to-telegram/to-telegram.js';

/** How long a replay that meets an outage holds the lane of its conversation. */
const GIVE_UP_AFTER_MS = 60_000;

/** `kept`: it failed, the entry stays. `stopped`: the bridge stopped first; nothing is known, ask again. */
export type ReplayOutcome =
  | { readonly result: 'done' }
  | { readonly result: 'stopped' }
  | { readonly result: 'kept'; readonly code: BridgeErrorCode; readonly operation: string; readonly detail: string };

export interface ReplayParts {
  readonly ports: BridgePorts;
  readonly lanes: Lanes;
  readonly reader: MessageReader;
  readonly ring: (doorbell: ChangeDoorbell) => Promise<void>;
}

/** Whether the bridge itself can try this entry again; what requester did beside writing (a command, a button) only they can repeat. */
export function canReplay(entry: BuriedEntry): boolean {
  return entry.direction === 'to_helpdesk' ? entry.message !== undefined : entry.ticket !== undefined;
}

/** Tries one entry again. Never rejects. */
export async function replay(parts: ReplayParts, entry: BuriedEntry): Promise<ReplayOutcome> {
  const { ports } = parts;
  const outcome = await attempt(parts, entry).catch((thrown: unknown): ReplayOutcome => kept(toBridgeError(thrown, 'replay')));
  const facts = { entry: entry.id, conversation: entry.conversation };
  if (outcome.result === 'done') ports.emit({ type: 'log', level: 'info', message: 'replayed', facts });
  if (outcome.result === 'kept') {
    const { code, operation, detail } = outcome;
    ports.emit({ type: 'log', level: 'warn', message: 'replay failed; the entry is kept', facts: { ...facts, code, operation, detail } });
  }
  return outcome;
}

async function attempt(parts: ReplayParts, entry: BuriedEntry): Promise<ReplayOutcome> {
  const { direction, message, ticket, comment } = entry;
  if (direction === 'to_helpdesk' && message !== undefined) return inLane(parts, entry, messageWork(parts, entry, message));
  if (direction === 'to_telegram' && ticket !== undefined) {
    return comment === undefined ? ringAgain(parts, entry, ticket) : inLane(parts, entry, answerWork(parts, entry, ticket, comment));
  }
  return kept(new BridgeError({ code: 'unsupported', operation: 'replay', message: 'a command or a button can be repeated by its sender only' }));
}

function kept({ code, operation, message }: BridgeError): ReplayOutcome {
  return { result: 'kept', code, operation, detail: message };
}

/** Safe to repeat; does not forget the entry. */
type Work = (attempt: number) => Promise<void>;

async function inLane({ ports, lanes }: ReplayParts, entry: BuriedEntry, work: Work): Promise<ReplayOutcome> {
  let failure: BridgeError | undefined;
  let giveUpAtMs = ports.clock.nowMs() + GIVE_UP_AFTER_MS;
  const outcome = await lanes.add(entry.conversation, {
    direction: entry.direction, operation: 'replay',
    get giveUpAtMs() { return giveUpAtMs; },
    async run(tries) {
      try {
        await work(tries);
        await ports.idMap.unbury(entry.id);
      } catch (thrown) {
        const error = toBridgeError(thrown, 'replay');
        if (!passes(error)) giveUpAtMs = 0;
        throw error;
      }
    },
    async bury(error) {
      failure = error;
      if (error.operation !== READ_AGAIN) await ports.idMap.bury(withReason(entry, error));
    },
  });
  if (outcome === 'buried') return kept(failure ?? new BridgeError({ code: 'internal', operation: 'replay', message: 'given up' }));
  return { result: outcome };
}

/** What time alone mends. */
function passes(error: BridgeError): boolean {
  return REMEDY_BY_CODE[error.code] === 'retry';
}

/** An entry tells why the work itself failed; that a text could not be read again does not change it. */
const READ_AGAIN = 'readAgain';

/** The same entry, with what stands in the way now. */
function withReason({ reason: _before, ...entry }: BuriedEntry, error: BridgeError): BuriedEntry {
  return { ...entry, code: error.code, operation: error.operation, ...(error.reason && { reason: error.reason }) };
}

// ---- toward the helpdesk ----

function messageWork({ ports, lanes, reader }: ReplayParts, entry: BuriedEntry, message: MessageId): Work {
  const { conversation } = entry;
  const held = <T>(work: (session: ConversationSession) => Promise<T>) => ports.idMap.withConversation(conversation, work);
  // Each reading shows the message to the operators: once is enough, whatever fails afterwards.
  const read = new Map<MessageId, MessageReadAgain | undefined>();
  const others = (entry.messages ?? []).filter((one) => one !== message);
  let begun = false;
  return async (tries) => {
    if (await held((session) => isFiled(ports, session, entry, message))) return;
    const edit = readEdit(message);
    for (const one of [messageOf(message), ...others]) if (!read.has(one)) read.set(one, await readUnlessGone(reader, entry, one, others.length > 0));
    const event = toWhole(ports, messageOf(message), [...read.values()]);
    const filing = { entry, tries, others };
    const stored = await held(async (session) => {
      if (!begun && !await hasLanded(ports, session, message)) await session.commit({ readAgain: withRead(session.state.readAgain, timesOf(read, edit && message)) });
      begun = true;
      return edit === undefined ? store(ports, session, event, filing)
        : storeChanged(ports, session, { ...event, kind: 'edit', revision: edit.revision }, filing);
    });
    if (stored?.due === true) void lanes.add(conversation, dueJob(ports, conversation));
    if (stored !== undefined && stored.leftOut.length > 0) {
      void lanes.add(conversation, noticeJob(ports, conversation, () => tellLeftOut(ports, event, stored.leftOut)));
    }
  };
}

/** When each was read. A change is filed under its own key. */
function timesOf(read: ReadonlyMap<MessageId, MessageReadAgain | undefined>, editKey: MessageId | undefined): readonly ReadAgain[] {
  return [...read].flatMap(([message, event]) => (event === undefined ? [] : [{ key: editKey ?? message, atMs: event.readAtMs }]));
}

/** Whether it was filed meanwhile; then nothing says any more that it was not. */
async function isFiled(ports: BridgePorts, session: ConversationSession, entry: BuriedEntry, message: MessageId): Promise<boolean> {
  if (await session.linkOfMessage(message) === undefined) return false;
  await session.commit(await withoutWord(ports, session, entry));
  return true;
}

interface Filing {
  readonly entry: BuriedEntry;
  readonly tries: number;
  /** The rest of its album. */
  readonly others: readonly MessageId[];
}

async function store(ports: BridgePorts, session: ConversationSession, event: MessageEvent, { entry, tries, others }: Filing): Promise<Stored | undefined> {
  const time = formatTime(event.sentAtMs, ports.mapping().agentLocale);
  const late = { ...event, origin: [{ key: 'message.filedLate', parameters: { time } }, ...event.origin ?? []], isVersion: true } as const;
  const before = session.state;
  // Its sender heard that it is not filed, or was to hear it. Said so beforehand, the commit that links it holds the word that it is: told once, whatever stops.
  await session.commit({ delayTold: true });
  try {
    const change = { ...await withoutWord(ports, session, entry), readAgain: withFiled(session.state.readAgain, [event.message, ...others]) };
    const stored = await storeMessage(ports, session, late, tries, { messages: others, change });
    const untold = stored !== undefined && !stored.due;
    await session.commit({ delayTold: false, ...stillAway(before), ...(untold && { due: ports.journey.dueOnFiling(stored.ticket, ports.clock.nowMs()) }) });
    return untold ? { ...stored, due: true } : stored;
  } catch (thrown) {
    await session.commit({ delayTold: before.delayTold === true });
    throw thrown;
  }
}

async function storeChanged(ports: BridgePorts, session: ConversationSession, event: EditEvent, { entry, tries }: Filing): Promise<Stored | undefined> {
  const away = stillAway(session.state);
  const stored = await storeEdit(ports, session, event, tries);
  const readAgain = stored !== undefined && { readAgain: withFiled(session.state.readAgain, [editId(event)]) };
  const { done = [] } = await withoutWord(ports, session, entry);
  await session.commit({ ...away, done: [...done, ...away.done], ...readAgain });
  return stored;
}

/** The event as it was handed over the first time. Throws `readAgain` errors, and those of `MessageReader`. */
async function readAgain(reader: MessageReader, entry: BuriedEntry, message: MessageId): Promise<MessageReadAgain> {
  try {
    const event = await reader.readAgain(message);
    // A message of a topic does not say so in its id, and one that was passed on carries the time of what was passed on.
    return { ...event, conversation: entry.conversation, sentAtMs: writtenAtMs(event, entry) };
  } catch (thrown) {
    const error = toBridgeError(thrown, READ_AGAIN);
    throw new BridgeError({
      code: error.code, operation: READ_AGAIN, message: error.message, ...(error.retryAfterMs !== undefined && { retryAfterMs: error.retryAfterMs }),
    });
  }
}

/** Of an album what Telegram has no more is left out. */
async function readUnlessGone(reader: MessageReader, entry: BuriedEntry, message: MessageId, isOfAlbum: boolean): Promise<MessageReadAgain | undefined> {
  try {
    return await readAgain(reader, entry, message);
  } catch (thrown) {
    const error = toBridgeError(thrown, READ_AGAIN);
    if (isOfAlbum && error.code === 'not_found') return undefined;
    throw error;
  }
}

/** What was read, as the one message that it is to be filed as. Throws `not_found` when nothing was. */
function toWhole(ports: BridgePorts, message: MessageId, read: readonly (MessageReadAgain | undefined)[]): MessageEvent {
  const there = read.filter((event) => event !== undefined);
  const [first, another] = there;
  if (first === undefined) throw new BridgeError({ code: 'not_found', operation: READ_AGAIN, message: 'Telegram has none of the album any more' });
  const whole = another === undefined ? first : toOneMessage(first, there);
  const missing = read.length - there.length;
  const mapping = ports.mapping();
  const line = missing === 0 ? EMPTY_TEXT : mapping.text(mapping.agentLocale, 'album.incomplete', { count: missing });
  return { ...whole, message, content: { ...whole.content, text: joinTexts([whole.content.text, line], '\n') } };
}

/** Telegram keeps an update for 24 h, and then it is buried at the latest; an hour more for clocks that differ. */
const BURIED_WITHIN_MS = 25 * 3_600_000;

function writtenAtMs({ sentAtMs }: MessageEvent, { buriedAtMs }: BuriedEntry): number {
  return sentAtMs > buriedAtMs || sentAtMs < buriedAtMs - BURIED_WITHIN_MS ? buriedAtMs : sentAtMs;
}

/** In the time zone of this machine, which the text names. */
function formatTime(atMs: number, locale: string): string {
  const style = { day: 'numeric', month: 'long', year: 'numeric', hour: '2-digit', minute: '2-digit', timeZoneName: 'short' } as const;
  return new Intl.DateTimeFormat(locale, style).format(atMs);
}

// ---- toward Telegram ----

function answerWork({ ports }: ReplayParts, entry: BuriedEntry, ticket: TicketId, comment: CommentId): Work {
  return () => ports.idMap.withConversation(entry.conversation, (session) => relayAgain(ports, session, ticket, comment));
}

/** A whole ticket that could not be read: its doorbell is rung. What fails again is buried again, under the same id. */
async function ringAgain({ ports, ring }: ReplayParts, entry: BuriedEntry, ticket: TicketId): Promise<ReplayOutcome> {
  await ring({ ticket });
  const now = (await ports.idMap.buried()).find((one) => one.id === entry.id);
  if (now !== undefined && now.buriedAtMs !== entry.buriedAtMs) {
    return { result: 'kept', code: now.code, operation: now.operation, detail: 'the ticket cannot be brought up to date' };
  }
  await ports.idMap.unbury(entry.id);
  return { result: 'done' };
}
