/**
 * What agents changed in comments that are in the chat already: messages get the new text, or go. What can be neither is sent anew, with a line
 * that says so. Each step is safe to repeat: a message that has the text, or is gone, is no error; what is sent anew is linked before the next step.
 */
import type { CommentChange } from '../../core/changes.js';
import { entryOf, nextPart, PARTS_MAX, partsInChat, TICKET_NAMED, withdrawn, WHOLE_COMMENT, type DueWork, type Link } from '../../core/conversation.js';
import { BridgeError, REMEDY_BY_CODE, toBridgeError } from '../../core/errors.js';
import type { Turn } from '../../core/ports.js';
import type { RichText } from '../../core/rich-text.js';
import type { Comment, CommentId, MessageId, Part, TicketId } from '../../core/types.js';
import { isAlone, wasSaidHere } from './follow-ticket.js';
import { isAnswer, LastLook } from './last-look.js';
import { changeLeaves, unanswered } from './late-edits.js';
import { CHAT_REASONS, noteDelivered, sendAgain, sendGivenUp, sendPartOrLine, tellArrived, toParts, type Relay } from './relay-comment.js';
import { relayReaction } from './relay-reaction.js';
import { tellAgent, verdictsOfChanges } from '../to-helpdesk/verdicts.js';

/** Carries over what changed since the last time. Throws what a retry can mend. */
export async function relayChanges(reading: Relay): Promise<void> {
  const { ports, session, ticket } = reading;
  // Of an earlier try, or process.
  const earlier = new Set(unanswered(session.state, ticket.id).map(({ kind }) => kind));
  const entry = entryOf(session.state, ticket.id);
  if (entry === undefined || ticket.changes === undefined || ticket.changes === entry.changes || ports.connector.changesAfter === undefined) return;
  const page = await ports.connector.changesAfter(ticket.id, entry.changes);
  // What was read before tells of what was new only.
  const relay = { ...reading, look: new LastLook(ports, session, ticket.id) };
  for (const change of page.changes) {
    if (change.kind === 'reacted') {
      await relayReaction(ports, session, ticket, change);
      continue;
    }
    const outcome = await attempt(relay, change, page.cursor);
    if (outcome === 'held') return session.commit({ done: answered(relay, earlier) });
  }
  const { changesWait, ...rest } = entryOf(session.state, ticket.id) ?? entry;
  await session.commit({ tickets: [{ ...rest, changes: page.cursor }], settled: verdictsOfChanges(session.state, ticket.id), done: answered(relay, earlier) });
}

/** All requests of these were answered, now that the changes went through: there is nothing that could land later. */
function answered({ session, ticket }: Relay, earlier: ReadonlySet<string>): readonly DueWork[] {
  return unanswered(session.state, ticket.id).filter(({ kind }) => !earlier.has(kind));
}

/**
 * Gives messages the text of now once more, over which an older change may have landed late; what was withdrawn is withdrawn. What cannot be changed now
 * stays: whoever changed it was told so. Throws what a retry can mend.
 */
export async function showAgain(reading: Relay): Promise<void> {
  const { ports, session, ticket } = reading;
  const due = unanswered(session.state, ticket.id).filter(({ atMs }) => atMs <= ports.clock.nowMs());
  if (due.length === 0) return;
  const comments = await ports.connector.commentsAfter(ticket.id);
  const relay = { ...reading, look: new LastLook(ports, session, ticket.id) };
  for (const work of due) {
    const comment = comments.find(({ id }) => id === work.comment);
    const links = await linksOf(relay, comment?.ticket ?? work.ticket, work.comment);
    const gone = links.filter(({ part }) => links.some((other) => other.part === withdrawn(part)));
    for (const { message } of gone) if (message !== undefined) await unlessRefused(() => takeOut(relay, message));
    if (comment !== undefined && isAnswer(comment)) await showStanding(relay, comment, links);
    await session.commit({ done: [work] });
  }
}

async function showStanding(relay: Relay, comment: Comment, links: readonly Link[]): Promise<void> {
  const standing = partsInChat(links);
  for (const [place, part] of (await toParts(relay, comment)).entries()) {
    const there = standing.get(place);
    if (there !== undefined) await unlessRefused(() => editOne(relay, comment, there, part));
  }
}

async function unlessRefused(change: () => Promise<unknown>): Promise<void> {
  try {
    await change();
  } catch (thrown) {
    const { reason, code } = toBridgeError(thrown, 'showAgain');
    if (REMEDY_BY_CODE[code] === 'retry' || (reason === undefined && REMEDY_BY_CODE[code] === 'admin')) throw thrown;
  }
}

/** `held`: the chat takes nothing now, the change stays to be carried over. What is wrong with the change itself is told to the agent. */
async function attempt(relay: Relay, change: Exclude<CommentChange, { kind: 'reacted' }>, cursor: string): Promise<'done' | 'held'> {
  const { ports, session, ticket } = relay;
  const id = change.kind === 'deleted' ? change.comment : change.comment.id;
  const shown = change.kind === 'changed' && isAnswer(change.comment) ? change.comment : undefined;
  const told = { kind: shown === undefined ? 'not_withdrawn' : 'not_changed', about: `${id}@${cursor}` } as const;
  try {
    const links = await linksOf(relay, change.kind === 'deleted' ? change.ticket : change.comment.ticket, id);
    const isDone = shown === undefined ? await withdraw(relay, links) : await show(relay, shown, links);
    if (!isDone) await tellAgent(ports, session, ticket.id, told);
    return 'done';
  } catch (thrown) {
    const error = toBridgeError(thrown, 'relayChanges');
    if (error.reason === undefined || REMEDY_BY_CODE[error.code] === 'retry') throw error;
    await tellAgent(ports, session, ticket.id, told);
    if (!CHAT_REASONS.includes(error.reason)) return 'done';
    const entry = entryOf(session.state, ticket.id);
    await session.commit({ unreachable: true, tickets: entry === undefined ? [] : [{ ...entry, changesWait: true }] });
    return 'held';
  }
}

/** Also those of the chat before it got another id. */
async function linksOf({ ports, session }: Relay, ticket: TicketId, comment: CommentId): Promise<readonly Link[]> {
  const own = await session.linksOfComment(ticket, comment);
  const { movedFrom } = session.state;
  const before = movedFrom === undefined ? [] : await ports.idMap.withConversation(movedFrom, (old) => old.linksOfComment(ticket, comment));
  return [...before, ...own];
}

type Standing = Link & { readonly message: MessageId };

/** Takes out of the chat what is there of a comment. False = some of it stays, or nobody knows which messages it became. */
async function withdraw(relay: Relay, links: readonly Link[]): Promise<boolean> {
  const isUnknown = links.some((link) => link.part === WHOLE_COMMENT && link.undelivered === undefined) && !links.some((link) => link.message !== undefined);
  let all = !isUnknown;
  for (const link of partsInChat(links).values()) all = await withdrawOne(relay, link) && all;
  return all;
}

function takeOut({ ports, locale }: Relay, message: MessageId): Promise<void> {
  return ports.sender.withdrawMessage(message, ports.mapping().text(locale, 'answer.withdrawn'));
}

async function withdrawOne(relay: Relay, link: Standing): Promise<boolean> {
  const { session } = relay;
  try {
    await takeOut(relay, link.message);
  } catch (thrown) {
    if (!isFixed(thrown)) throw thrown;
    return false;
  }
  const { ticket, comment, part } = link;
  await session.commit({ links: [{ ticket, ...(comment && { comment }), part: withdrawn(part) }] });
  return true;
}

/** Makes the chat show a comment as it is now. False = it is not for the bridge to say whether it was ever shown. */
async function show(relay: Relay, comment: Comment, all: readonly Link[]): Promise<boolean> {
  const isGivenUp = all.some((link) => link.undelivered !== undefined);
  // What arrived of it, before it was given up or by a replay, is changed as any other.
  if (isGivenUp && !all.some((link) => link.message !== undefined)) {
    // What was refused may go now that it is another.
    await sendGivenUp(relay, comment);
    return true;
  }
  const links = all.filter((link) => link.part !== TICKET_NAMED);
  if (links.length === 0) return showFirst(relay, comment);
  // A map that was rebuilt counts as delivered what others were told, too.
  const isRebuilt = !links.some((link) => link.message !== undefined);
  if (isRebuilt && (!wasSaidHere(relay.session, relay.ticket, comment) || isOfOthers(relay, comment))) return wasBefore(relay, comment);
  const parts = await toParts(relay, comment);
  const standing = partsInChat(links);
  // Something of it was seen: what is sent anew corrects it. A map that was rebuilt does not know by which messages.
  const isCorrection = standing.size > 0 || links.some((link) => link.part === WHOLE_COMMENT && link.undelivered === undefined);
  for (const [place, part] of parts.entries()) {
    const there = standing.get(place);
    if (there !== undefined && await changeOne(relay, comment, there, part)) continue;
    // What was given up goes under its own number, under which a replay looks for it.
    const isFirst = isGivenUp && !links.some((link) => link.part === place);
    await sendPartOrLine(relay, comment, part, isFirst ? { index: place } : { index: nextPart(links, place), mark: isCorrection ? markOf(relay) : undefined });
  }
  if (isGivenUp) await tellArrived(relay, comment);
  // Also when nothing was sent now: what an earlier try left of it may be all of it by now.
  else await noteDelivered(relay, comment);
  let done = true;
  for (const [place, link] of standing) if (place >= parts.length) done = await withdrawOne(relay, link) && done;
  return done;
}

/** Nothing of it ever went out: it was internal until now, unless it is not for this requester. */
async function showFirst(relay: Relay, comment: Comment): Promise<boolean> {
  if (!await isUnshown(relay, comment)) return wasBefore(relay, comment);
  if (await isNews(relay, comment)) return true;
  await sendAgain(relay, comment);
  return true;
}

/** It came after the ticket was read: it has its turn, behind what was said before it, at the doorbell that it rang. */
async function isNews({ ports, session, ticket }: Relay, { id }: Comment): Promise<boolean> {
  const news = await ports.connector.commentsAfter(ticket.id, entryOf(session.state, ticket.id)?.cursor);
  return news.some((comment) => comment.id === id);
}

/** It was said on a ticket of others, before this conversation's was merged into it. */
function wasBefore({ session }: Relay, comment: Comment): boolean {
  const entry = session.state.tickets.find((one) => one.ticket === comment.ticket);
  return entry === undefined || comment.createdAtMs < entry.openedAtMs;
}

/** It stands on the ticket of somebody else that took in this conversation's: only what was said there since is for both. */
function isOfOthers({ session: { state }, ticket }: Relay, { ticket: place }: Comment): boolean {
  const isOwn = place === ticket.id && ticket.conversation !== undefined && [state.conversation, state.movedFrom].includes(ticket.conversation);
  return !isOwn && state.tickets.some((entry) => entry.mergedInto === place);
}

/**
 * Whether an answer without links was never shown, because it was internal until now. One that was written before the map was born may have been; and
 * on a ticket of several requesters it may have been said to another of them.
 */
async function isUnshown(relay: Relay, comment: Comment): Promise<boolean> {
  const { ports, session, ticket } = relay;
  if (comment.createdAtMs < ports.idMap.bornAtMs || !wasSaidHere(session, ticket, comment)) return false;
  if (isOfOthers(relay, comment) && wasBefore(relay, comment)) return false;
  return isAlone(ports, session, ticket.id);
}

/** False = the message cannot be changed: it is taken out of the way, as far as that goes. */
async function changeOne(relay: Relay, comment: Comment, link: Standing, part: Part): Promise<boolean> {
  if (await editOne(relay, comment, link, part)) return true;
  await relay.ports.sender.withdrawMessage(link.message, markOf(relay)).catch((failure: unknown) => {
    if (!isFixed(failure)) throw failure;
  });
  return false;
}

/** False = the message cannot be changed. Throws `unavailable` when the comment was taken back meanwhile. */
async function editOne(relay: Relay, comment: Comment, link: Standing, part: Part): Promise<boolean> {
  const { ports, session, ticket, look } = relay;
  let stopped: unknown;
  const turn: Turn = async (request) => {
    try {
      await look.check(comment.id);
      await changeLeaves(ports, session, ticket.id, comment);
    } catch (thrown) {
      stopped = thrown;
      throw thrown;
    }
    return request();
  };
  try {
    await ports.sender.editPart(link.message, part, { turn, ...(link.part >= PARTS_MAX && { mark: markOf(relay) }) });
    return true;
  } catch (thrown) {
    if (thrown === stopped || !isFixed(thrown)) throw thrown;
    return false;
  }
}

function markOf({ ports, locale }: Relay): RichText {
  return ports.mapping().text(locale, 'answer.changed');
}

/** The message itself is why, not the chat. */
function isFixed(thrown: unknown): boolean {
  return thrown instanceof BridgeError && thrown.reason === undefined && (thrown.code === 'conflict' || thrown.code === 'not_found');
}
