/**
 * What agents changed in comments that are in the chat already: messages get the new text, or go. What can be neither is sent anew, with a line
 * that says so. Each step is safe to repeat: a message that has the text, or is gone, is no error; what is sent anew is linked before the next step.
 */
import type { CommentChange } from '../../core/changes.js';
import { entryOf, nextPart, PARTS_MAX, partsInChat, TICKET_NAMED, withdrawn, WHOLE_COMMENT, type Link } from '../../core/conversation.js';
import { BridgeError, REMEDY_BY_CODE, toBridgeError } from '../../core/errors.js';
import type { Turn } from '../../core/ports.js';
import type { RichText } from '../../core/rich-text.js';
import type { Comment, CommentId, MessageId, Part, TicketId } from '../../core/types.js';
import { deliveredAgain } from './delivered.js';
import { isAlone, wasSaidHere } from './follow-ticket.js';
import { isAnswer, LastLook } from './last-look.js';
import { CHAT_REASONS, sendAgain, sendGivenUp, sendPartOrLine, tellArrived, toParts, type Relay } from './relay-comment.js';
import { relayReaction } from './relay-reaction.js';
import { tellAgent, verdictsOfChanges } from '../to-helpdesk/verdicts.js';

/** Carries over what changed since the last time. Throws what a retry can mend. */
export async function relayChanges(reading: Relay): Promise<void> {
  const { ports, session, ticket } = reading;
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
    if (outcome === 'held') return;
  }
  const { changesWait, ...rest } = entryOf(session.state, ticket.id) ?? entry;
  await session.commit({ tickets: [{ ...rest, changes: page.cursor }], settled: verdictsOfChanges(session.state, ticket.id) });
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

async function withdrawOne({ ports, session, locale }: Relay, link: Standing): Promise<boolean> {
  try {
    await ports.sender.withdrawMessage(link.message, ports.mapping().text(locale, 'answer.withdrawn'));
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
  const mark = relay.ports.mapping().text(relay.locale, 'answer.changed');
  for (const [place, part] of parts.entries()) {
    const there = standing.get(place);
    if (there !== undefined && await changeOne(relay, comment, there, { part, mark })) continue;
    // What was given up goes under its own number, under which a replay looks for it.
    const isFirst = isGivenUp && !links.some((link) => link.part === place);
    await sendPartOrLine(relay, comment, part, isFirst ? { index: place } : { index: nextPart(links, place), mark: isCorrection ? mark : undefined });
  }
  if (isGivenUp) await tellArrived(relay, comment);
  // Also when nothing was sent now: what an earlier try left of it may be all of it by now.
  else await relay.session.commit(deliveredAgain(relay.ports, relay.session.state, relay.ticket.id, comment.id));
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
async function changeOne({ ports, look }: Relay, comment: Comment, link: Standing, { part, mark }: { readonly part: Part; readonly mark: RichText }): Promise<boolean> {
  let takenBack: unknown;
  const turn: Turn = async (request) => {
    await look.check(comment.id).catch((thrown: unknown) => {
      takenBack = thrown;
      throw thrown;
    });
    return request();
  };
  try {
    await ports.sender.editPart(link.message, part, { turn, ...(link.part >= PARTS_MAX && { mark }) });
    return true;
  } catch (thrown) {
    if (thrown === takenBack || !isFixed(thrown)) throw thrown;
    await ports.sender.withdrawMessage(link.message, mark).catch((failure: unknown) => {
      if (!isFixed(failure)) throw failure;
    });
    return false;
  }
}

/** The message itself is why, not the chat. */
function isFixed(thrown: unknown): boolean {
  return thrown instanceof BridgeError && thrown.reason === undefined && (thrown.code === 'conflict' || thrown.code === 'not_found');
}
