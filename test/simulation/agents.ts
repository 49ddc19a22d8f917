/** What agents do in the helpdesk, and the webhooks that follow. */
import { plainText } from '../../src/core/rich-text.js';
import type { TicketId } from '../../src/core/types.js';
import type { Action } from './actions.js';
import { isForStranger, isTakenUp } from './agent-tickets.js';
import { pick, type Cast } from './cast.js';
import { conversationOf, type Answered } from './ledger.js';
import { TELEGRAM_REFUSES } from './weather.js';
import { arrive, HELPDESK_SECRET, type World } from './world.js';

interface Manner {
  readonly visibility?: 'public' | 'internal';
  readonly files?: number;
  readonly pieces?: number;
  readonly mark?: string;
  readonly bold?: boolean;
}

export function answer(cast: Cast, action: Action, { visibility = 'public', files = 0, pieces = 1, mark = '', bold = false }: Manner = {}): boolean {
  const { world } = cast;
  const ticket = pick(world.helpdesk.tickets(), action.who);
  if (ticket === undefined) return false;
  cast.serial += 1;
  const name = `zq${visibility === 'public' ? 'a' : 'i'}${cast.serial}`;
  const texts = pieces === 1 ? [name] : Array.from({ length: pieces }, (_, piece) => `${name}-${piece}`);
  const fileUnits = Array.from({ length: files }, (_, file) => `${name}-${file}`);
  const textOf = (version: string): string => texts.map((each) => `${[each, version].join(' ').trim()}${pieces === 1 ? mark : ` ${'word '.repeat(700)}`}`).join('\n\n');
  const attachments = fileUnits.map((unit) => ({ kind: 'document' as const, name: `${unit}.pdf`, mediaType: 'application/pdf', sizeBytes: 10, open: () => Promise.reject(new Error('not opened')) }));
  const spans = bold ? [{ type: 'bold' as const, offset: 0, length: 3 }] : [];
  const comment = world.helpdesk.agentSays(ticket.id, '', { visibility, content: { text: { ...plainText(textOf('')), spans }, attachments } });
  world.ledger.answered.push({
    comment, ticket: ticket.id, units: [...texts, ...fileUnits], ...audienceOf(cast, ticket.id), refused: mark === ` ${TELEGRAM_REFUSES}`,
    steady: visibility === 'public', visibility, erased: false, version: '', textOf, read: 'never', everReadPublic: false,
  });
  world.trace(`comment ${comment} on ${ticket.id}: ${texts[0] ?? ''}`);
  announce(cast, ticket.id);
  return true;
}

function audienceOf(cast: Cast, ticket: TicketId): Pick<Answered, 'audience' | 'newcomers'> {
  const { world, swallowed, firstChatOf } = cast;
  const owners = new Map<number, boolean>();
  const visit = (id: TicketId): void => {
    const customer = customerOf(firstChatOf, owner(world, id));
    const knows = [...firstChatOf].some(([chat, first]) => first === customer && world.ledger.merged.has(`${conversationOf(chat)} ${ticket}`));
    owners.set(customer, owners.get(customer) === true || (id === ticket && !isForStranger(cast, ticket)) || knows);
    for (const other of swallowed.get(id) ?? []) visit(other);
  };
  visit(ticket);
  return { audience: [...owners.keys()], newcomers: [...owners].filter(([, knows]) => !knows).map(([customer]) => customer) };
}

function customerOf(firstChatOf: ReadonlyMap<number, number>, conversation: string | undefined): number {
  const chat = Number(conversation?.split(':')[2]);
  return firstChatOf.get(chat) ?? chat;
}

/** Whose ticket it is, also when it was merged away. */
function owner(world: World, ticket: TicketId): string | undefined {
  return world.owners.get(ticket) ?? world.helpdesk.tickets().find(({ id }) => id === ticket)?.conversation;
}

/** One of the last comments that are still there. */
function lately({ world: { ledger } }: Cast, { who }: Action): Answered | undefined {
  return pick(ledger.answered.filter(({ erased }) => !erased).slice(-3), who);
}

export function editAnswer(cast: Cast, action: Action): boolean {
  const { world } = cast;
  const found = lately(cast, action);
  if (found === undefined) return false;
  cast.serial += 1;
  found.version = `zqw${cast.serial}`;
  world.ledger.count(`EVENT agent edits${found.read === 'never' ? '' : ' after it was read'}`);
  world.helpdesk.edit(found.comment, found.textOf(found.version));
  world.trace(`comment ${found.comment} becomes ${found.version}`);
  announce(cast, found.ticket);
  return true;
}

export function erase(cast: Cast, action: Action): boolean {
  const { world } = cast;
  const found = lately(cast, action);
  if (found === undefined) return false;
  found.steady = false;
  found.visibility = 'internal';
  found.erased = true;
  found.internalSinceMs ??= world.time.nowMs();
  world.ledger.count(`EVENT agent deletes${found.read === 'never' ? '' : ' after it was read'}`);
  world.helpdesk.erase(found.comment);
  announce(cast, found.ticket);
  return true;
}

/** Those who would get what is written, and nobody else, see that somebody writes. */
function judgeTyping(cast: Cast, chat: number): void {
  const { ledger } = cast.world;
  const customer = cast.firstChatOf.get(chat) ?? chat;
  ledger.count('hints that an agent writes');
  if (![...ledger.typedOn].some((ticket) => audienceOf(cast, ticket).audience.includes(customer))) ledger.wrong(`customer ${customer} sees an agent write who writes to somebody else`);
}

/** An agent writes for a while, and stops; perhaps without a word, and perhaps without being heard. */
export function write(cast: Cast, { who, which }: Action): boolean {
  const { world } = cast;
  const ticket = pick(world.helpdesk.tickets(), who);
  if (ticket === undefined) return false;
  world.ledger.typedOn.add(ticket.id);
  world.onTyping = (chat) => judgeTyping(cast, chat);
  const sign = (typing: boolean): void => {
    const program = world.random.of('typing').pick([...world.programs]);
    if (program !== undefined && !world.weather.webhooksLost()) arrive(program, ticket.id, world.helpdesk.webhookOf(ticket.id, HELPDESK_SECRET, typing), world.ledger.count);
  };
  for (let second = 0; second <= which % 20; second += 4) world.time.after(second * 1_000, () => sign(true));
  if (which % 3 > 0) world.time.after((which % 25) * 1_000, () => sign(false));
  return true;
}

/** Something that concerns everybody. */
export function answerAll(cast: Cast, action: Action): boolean {
  const { length } = cast.world.helpdesk.tickets();
  for (let who = 0; who < length; who += 1) answer(cast, { ...action, who });
  return length > 0;
}

/** An answer that waits because Telegram takes nothing, and is made internal before it can go. */
export function takeBack(cast: Cast, action: Action): boolean {
  const { world } = cast;
  world.weather.flooded('all', 20_000);
  if (!answer(cast, action)) return false;
  const said = world.ledger.answered.at(-1);
  world.time.after(1_000 + action.which * 8, () => { if (said?.visibility === 'public' && !said.erased) changeVisibilityOf(cast, said); });
  return true;
}

export function changeVisibility(cast: Cast, action: Action): boolean {
  const found = lately(cast, action);
  return found !== undefined && changeVisibilityOf(cast, found);
}

function changeVisibilityOf(cast: Cast, found: Answered): boolean {
  const { world } = cast;
  found.steady = false;
  found.visibility = found.visibility === 'public' ? 'internal' : 'public';
  found.internalSinceMs = found.visibility === 'internal' ? world.time.nowMs() : undefined;
  world.ledger.count(`EVENT made ${found.visibility}${found.read === 'never' ? '' : ' after it was read'}`);
  world.helpdesk.setVisibility(found.comment, found.visibility);
  announce(cast, found.ticket);
  return true;
}

export function setStatus(cast: Cast, action: Action): boolean {
  const ticket = pick(cast.world.helpdesk.tickets(), action.who);
  if (ticket === undefined) return false;
  const phase = pick(['open', 'pending', 'solved', 'solved', 'closed'] as const, action.which) ?? 'open';
  if ((ticket.phase === 'solved' || ticket.phase === 'closed') && phase === 'open') cast.world.ledger.count('EVENT agent reopens');
  cast.world.helpdesk.setPhase(ticket.id, phase);
  announce(cast, ticket.id);
  return true;
}

export function merge(cast: Cast, action: Action): boolean {
  const { world } = cast;
  // Of a ticket that is gone before the bridge saw it nobody can tell whose it was.
  const tickets = world.helpdesk.tickets().filter(({ id }) => isTakenUp(cast, id));
  const from = pick(tickets, action.who);
  const others = tickets.filter(({ id, phase }) => id !== from?.id && phase !== 'closed');
  const sameOwner = others.filter(({ id }) => from !== undefined && owner(world, id) === owner(world, from.id));
  const into = pick(sameOwner.length > 0 && action.which % 4 > 0 ? sameOwner : others, action.which);
  if (from === undefined || into === undefined) return false;
  for (const { id, conversation } of [from, into]) if (conversation !== undefined) world.owners.set(id, conversation);
  world.ledger.count(owner(world, from.id) === owner(world, into.id) ? 'EVENT merge within a conversation' : 'EVENT merge of two customers');
  world.trace(`merge ${from.id} into ${into.id}`);
  world.helpdesk.merge(from.id, into.id);
  cast.swallowed.set(into.id, [...cast.swallowed.get(into.id) ?? [], from.id]);
  announce(cast, from.id);
  return true;
}

/** A webhook for the ticket, as reliable as webhooks are. */
export function announce(cast: Cast, ticket: TicketId): void {
  const { world } = cast;
  const { time, ledger } = world;
  const random = world.random.of('doorbell');
  cast.webhookSerial += 1;
  const mine = cast.webhookSerial;
  const copies = world.weather.webhooksLost() ? 0 : random.pick([0, 1, 1, 1, 2]) ?? 1;
  if (copies !== 1) ledger.count(copies === 0 ? 'webhook lost' : 'webhook doubled');
  for (let copy = 0; copy < copies; copy += 1) {
    time.after(random.chance(0.7) ? random.between(1, 300) : random.between(300, 20_000), () => {
      if (mine < cast.webhookLast) ledger.count('webhook reordered');
      cast.webhookLast = Math.max(cast.webhookLast, mine);
      const program = random.pick([...world.programs]);
      if (program !== undefined) arrive(program, ticket, world.helpdesk.webhookOf(ticket, HELPDESK_SECRET), ledger.count);
    });
  }
}
