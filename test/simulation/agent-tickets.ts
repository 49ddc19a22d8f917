/** Tickets that agents open for somebody of whom the helpdesk knows a Telegram id. */
import type { ConversationState } from '../../src/core/conversation.js';
import { mintId, type PersonId, type TicketId } from '../../src/core/types.js';
import type { Action } from './actions.js';
import { announce } from './agents.js';
import { pick, type Cast } from './cast.js';
import { conversationOf } from './ledger.js';
import type { World } from './world.js';

/** Most begin with a public comment. */
export function openTicket(cast: Cast, action: Action): boolean {
  const { world } = cast;
  const chat = pick(cast.chats.filter((id) => id > 0), action.who);
  // What was there before the first start is no news to the bridge.
  if (chat === undefined || world.disk.sweep === undefined) return false;
  const conversation = conversationOf(chat);
  const visibility = action.which % 5 === 0 ? 'internal' : 'public';
  cast.serial += 1;
  const name = `zq${visibility === 'public' ? 'a' : 'i'}${cast.serial}`;
  const ticket = world.helpdesk.agentOpens(mintId<PersonId>(`tg:${chat}`), name, visibility);
  const comment = world.helpdesk.comments(ticket)[0]?.id;
  if (comment === undefined) return false;
  const isStranger = !hasWritten(world.disk.rows.get(conversation)?.state);
  world.owners.set(ticket, conversation);
  cast.opened.set(ticket, { chat, comment, isStranger });
  world.ledger.count(`EVENT agent opens a ticket for ${isStranger ? 'a stranger' : 'somebody known'}`);
  world.ledger.answered.push({
    comment, ticket, units: [name], audience: [chat], newcomers: isStranger ? [chat] : [], refused: false, steady: visibility === 'public', visibility, read: 'never', everReadPublic: false,
    erased: false, version: '', textOf: (version) => [name, version].join(' ').trim(),
  });
  world.trace(`agent opens ${ticket} for ${chat}: ${name}`);
  announce(cast, ticket);
  return true;
}

function hasWritten(state: ConversationState | undefined): boolean {
  return state !== undefined && (state.requester !== undefined || state.tickets.length > 0 || state.languageTag !== undefined);
}

/** Whether the bridge knows by now whose ticket it is. */
export function isTakenUp({ world, opened }: Cast, ticket: TicketId): boolean {
  const found = opened.get(ticket);
  return found === undefined || world.disk.rows.get(conversationOf(found.chat))?.state.tickets.some((entry) => entry.ticket === ticket) === true;
}

/** For whom it was opened did not know the bot: what is said there may never reach them. */
export function isForStranger(cast: Cast, ticket: TicketId): boolean {
  return cast.opened.get(ticket)?.isStranger === true && !isTakenUp(cast, ticket);
}

/** The first word to a stranger reaches them, since they wrote meanwhile, or agents read why not. */
export function judgeOpened({ opened }: Cast, { ledger, helpdesk }: World): void {
  for (const [ticket, { chat, comment, isStranger }] of opened) {
    const answered = ledger.answered.find((one) => one.comment === comment);
    if (!isStranger || answered?.steady !== true) continue;
    const key = `verdict:${conversationOf(chat)}:${ticket}:stranger`;
    const arrived = ledger.effects.some((effect) => effect.chat === chat && effect.units.some((unit) => answered.units.includes(unit)));
    const told = ledger.untold.has(key) || helpdesk.comments().some(({ externalId }) => externalId === key);
    ledger.count(`a ticket for a stranger: ${arrived ? 'they wrote meanwhile' : 'agents told'}`);
    if (!arrived && !told) ledger.wrong(`${ticket} was opened for a stranger, and no agent was told that they hear nothing`);
  }
}
