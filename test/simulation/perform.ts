/** What each action of a story does. */
import { mintId, type TicketId } from '../../src/core/types.js';
import { plainText } from '../../src/core/rich-text.js';
import type { Action, ActionKind } from './actions.js';
import { conversationOf, type Answered } from './ledger.js';
import { HELPDESK_REFUSES, TELEGRAM_REFUSES } from './weather.js';
import { arrive, HELPDESK_SECRET, type Program, type World } from './world.js';

/** The chats of a story: private ones first, then groups. A group that moves gets another id, and stays the same customer. */
export interface Cast {
  readonly world: World;
  /** The present chat of each customer. */
  readonly chats: number[];
  readonly firstChatOf: Map<number, number>;
  /** Conversations whose tickets went into this one. */
  readonly swallowed: Map<TicketId, TicketId[]>;
  /** Answers said so far, for names. */
  serial: number;
  webhookSerial: number;
  webhookLast: number;
}

export function createCast(world: World): Cast {
  const { chats, groups } = world.setup;
  const ids = Array.from({ length: chats }, (_, index) => (index < chats - groups ? index + 1 : -(index + 101)));
  return { world, chats: ids, firstChatOf: new Map(ids.map((id) => [id, id])), swallowed: new Map(), serial: 0, webhookSerial: 0, webhookLast: 0 };
}

export function perform(cast: Cast, action: Action): void {
  const { world } = cast;
  const before = world.ledger.counts[`EVENT ${action.kind}`] ?? 0;
  world.trace(`${action.kind} ${action.who} ${action.which}`);
  if (ACTS[action.kind](cast, action) !== false) world.ledger.counts[`EVENT ${action.kind}`] = before + 1;
}

function pick<T>(items: readonly T[], at: number): T | undefined {
  return items[at % Math.max(1, items.length)];
}

function chatOf({ chats }: Cast, { who }: Action): number {
  return pick(chats, who) ?? 1;
}

function sender(chat: number, language = 'en'): Readonly<Record<string, unknown>> {
  return { id: Math.abs(chat) + 50, first_name: `zqp${Math.abs(chat)}`, last_name: 'zqname', username: `zquser${Math.abs(chat)}`, language_code: language };
}

function chatField(chat: number): Readonly<Record<string, unknown>> {
  return { id: chat, type: chat > 0 ? 'private' : chat < -10_000 ? 'supergroup' : 'group', title: chat > 0 ? undefined : 'zqgroup' };
}

/** Posts a message; `fields` beside the usual ones. */
function say(cast: Cast, action: Action, fields: (name: string) => Readonly<Record<string, unknown>>, refused = false): void {
  const { world } = cast;
  const chat = chatOf(cast, action);
  if (world.botApi.chat(chat).blocked) return;
  world.botApi.post(chat, (message) => {
    cast.serial += 1;
    const name = `zqm${cast.serial}${refused ? ` ${HELPDESK_REFUSES}` : ''}`;
    const said = { message: `tg:1:${chat}:${message}`, conversation: conversationOf(chat), text: name, refused };
    world.ledger.said.push(said);
    world.trace(`${said.message} says ${name}`);
    return { message: { message_id: message, from: sender(chat), chat: chatField(chat), date: Math.floor(world.time.nowMs() / 1_000), ...fields(name) } };
  });
}

const photo = (name: string): readonly Readonly<Record<string, unknown>>[] => [{ file_id: `file ${name}`, file_size: 1_000, width: 10, height: 10 }];

function album(cast: Cast, action: Action): void {
  const group = String(cast.serial);
  for (let n = 2 + action.which % 3; n > 0; n -= 1) say(cast, action, (name) => ({ caption: name, photo: photo(name), media_group_id: group }));
}

function reply(cast: Cast, action: Action): void {
  const chat = chatOf(cast, action);
  const shown = [...cast.world.ledger.effects.filter((effect) => effect.chat === chat).map(({ message }) => message),
    ...cast.world.ledger.said.filter((said) => said.conversation === conversationOf(chat)).map(({ message }) => message)];
  const to = pick(shown, action.which)?.split(':').at(-1);
  say(cast, action, (name) => ({ text: name, ...(to !== undefined && { reply_to_message: { message_id: Number(to), chat: { id: chat } } }) }));
}

function edit(cast: Cast, action: Action): boolean {
  const chat = chatOf(cast, action);
  const said = pick(cast.world.ledger.said.filter((one) => one.conversation === conversationOf(chat)), action.which);
  if (said === undefined) return false;
  const { world } = cast;
  for (let times = 1 + action.which % 3; times > 0; times -= 1) {
    cast.serial += 1;
    const text = `zqk${cast.serial}`;
    world.ledger.edited.push({ message: said.message, text });
    world.trace(`${said.message} becomes ${text}`);
    world.botApi.postEdit(chat, {
      message_id: Number(said.message.split(':').at(-1)), from: sender(chat), chat: chatField(chat), date: Math.floor(world.time.nowMs() / 1_000),
      edit_date: Math.floor(world.time.nowMs() / 1_000), text,
    });
  }
  return true;
}

const BUTTONS = ['topic:security', 'topic:billing', 'language:ru', 'language:kk', 'ticket:1001', 'ticket:1002', 'ticket:zq', 'topic:', 'nothing'];

function press(cast: Cast, action: Action): void {
  const chat = chatOf(cast, action);
  cast.world.botApi.push(chat, 'callback_query', {
    id: `press ${action.atMs}`, from: sender(chat), data: pick(BUTTONS, action.which), message: { message_id: 1, chat: chatField(chat), date: 1 },
  });
}

const COMMANDS = ['/start', '/start security', '/new', '/tickets', '/status', '/close', '/language', '/help', '/zqcommand'];

function command(cast: Cast, action: Action): void {
  const { world } = cast;
  const chat = chatOf(cast, action);
  world.botApi.post(chat, (message) => ({
    message: { message_id: message, from: sender(chat), chat: chatField(chat), date: Math.floor(world.time.nowMs() / 1_000), text: pick(COMMANDS, action.which) },
  }));
}

function block(cast: Cast, action: Action): boolean {
  const { world } = cast;
  const chat = chatOf(cast, action);
  const place = world.botApi.chat(chat);
  if (chat < 0 || place.blocked) return false;
  const tell = (status: string): void => world.botApi.push(chat, 'my_chat_member', {
    chat: chatField(chat), from: sender(chat), date: Math.floor(world.time.nowMs() / 1_000), new_chat_member: { status },
  });
  place.blocked = true;
  world.ledger.counts[`blocked ${chat}`] = 1;
  tell('kicked');
  world.time.after(1_000 + action.which * 60, () => {
    place.blocked = false;
    tell('member');
    world.ledger.count('EVENT customer comes back');
  });
  return true;
}

function move(cast: Cast, action: Action): boolean {
  const { world } = cast;
  const groups = cast.chats.map((chat, index) => ({ chat, index })).filter(({ chat }) => chat < 0 && chat > -10_000);
  const found = pick(groups, action.which);
  if (found === undefined) return false;
  const to = found.chat - 1_000_000;
  world.botApi.post(found.chat, (message) => ({
    message: { message_id: message, from: sender(found.chat), chat: chatField(found.chat), date: Math.floor(world.time.nowMs() / 1_000), migrate_to_chat_id: to },
  }));
  world.botApi.chat(found.chat).movedTo = to;
  cast.chats[found.index] = to;
  cast.firstChatOf.set(to, found.chat);
  return true;
}

interface Manner {
  readonly visibility?: 'public' | 'internal';
  readonly files?: number;
  readonly pieces?: number;
  readonly mark?: string;
  readonly bold?: boolean;
}

function answer(cast: Cast, action: Action, { visibility = 'public', files = 0, pieces = 1, mark = '', bold = false }: Manner = {}): boolean {
  const { world } = cast;
  const ticket = pick(world.helpdesk.tickets(), action.who);
  if (ticket === undefined) return false;
  cast.serial += 1;
  const name = `zq${visibility === 'public' ? 'a' : 'i'}${cast.serial}`;
  const texts = pieces === 1 ? [name] : Array.from({ length: pieces }, (_, piece) => `${name}-${piece}`);
  const fileUnits = Array.from({ length: files }, (_, file) => `${name}-${file}`);
  const text = texts.map((each) => (pieces === 1 ? `${each}${mark}` : `${each} ${'word '.repeat(700)}`)).join('\n\n');
  const attachments = fileUnits.map((unit) => ({ kind: 'document' as const, name: `${unit}.pdf`, mediaType: 'application/pdf', sizeBytes: 10, open: () => Promise.reject(new Error('not opened')) }));
  const spans = bold ? [{ type: 'bold' as const, offset: 0, length: 3 }] : [];
  const comment = world.helpdesk.agentSays(ticket.id, '', { visibility, content: { text: { ...plainText(text), spans }, attachments } });
  world.ledger.answered.push({
    comment, ticket: ticket.id, units: [...texts, ...fileUnits], ...audienceOf(cast, ticket.id), refused: mark === ` ${TELEGRAM_REFUSES}`,
    steady: visibility === 'public', visibility, read: 'never', everReadPublic: false,
  });
  world.trace(`comment ${comment} on ${ticket.id}: ${texts[0] ?? ''}`);
  announce(cast, ticket.id);
  return true;
}

function audienceOf({ world, swallowed, firstChatOf }: Cast, ticket: TicketId): Pick<Answered, 'audience' | 'newcomers'> {
  const owners = new Map<number, boolean>();
  const visit = (id: TicketId): void => {
    const customer = customerOf(firstChatOf, owner(world, id));
    const knows = [...firstChatOf].some(([chat, first]) => first === customer && world.ledger.merged.has(`${conversationOf(chat)} ${ticket}`));
    owners.set(customer, owners.get(customer) === true || id === ticket || knows);
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

function changeVisibility(cast: Cast, action: Action): boolean {
  const { world } = cast;
  const found: Answered | undefined = pick(world.ledger.answered.slice(-3), action.who);
  if (found === undefined) return false;
  found.steady = false;
  found.visibility = found.visibility === 'public' ? 'internal' : 'public';
  world.ledger.count(`EVENT made ${found.visibility}${found.read === 'never' ? '' : ' after it was read'}`);
  world.helpdesk.setVisibility(found.comment, found.visibility);
  announce(cast, found.ticket);
  return true;
}

function setStatus(cast: Cast, action: Action): boolean {
  const ticket = pick(cast.world.helpdesk.tickets(), action.who);
  if (ticket === undefined) return false;
  const phase = pick(['open', 'pending', 'solved', 'solved', 'closed'] as const, action.which) ?? 'open';
  if ((ticket.phase === 'solved' || ticket.phase === 'closed') && phase === 'open') cast.world.ledger.count('EVENT agent reopens');
  cast.world.helpdesk.setPhase(ticket.id, phase);
  announce(cast, ticket.id);
  return true;
}

function merge(cast: Cast, action: Action): boolean {
  const { world } = cast;
  const from = pick(world.helpdesk.tickets(), action.who);
  const others = world.helpdesk.tickets().filter(({ id, phase }) => id !== from?.id && phase !== 'closed');
  const sameOwner = others.filter(({ conversation }) => conversation === from?.conversation);
  const into = pick(sameOwner.length > 0 && action.which % 4 > 0 ? sameOwner : others, action.which);
  if (from === undefined || into === undefined) return false;
  for (const { id, conversation } of [from, into]) if (conversation !== undefined) world.owners.set(id, conversation);
  world.ledger.count(from.conversation === into.conversation ? 'EVENT merge within a conversation' : 'EVENT merge of two customers');
  world.trace(`merge ${from.id} into ${into.id}`);
  world.helpdesk.merge(from.id, into.id);
  cast.swallowed.set(into.id, [...cast.swallowed.get(into.id) ?? [], from.id]);
  announce(cast, from.id);
  return true;
}

/** A webhook for the ticket, as reliable as webhooks are. */
function announce(cast: Cast, ticket: TicketId): void {
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

function forge(cast: Cast, { which }: Action): void {
  const { world } = cast;
  const target = world.random.pick([...world.programs]);
  if (target === undefined) return;
  const ticket = mintId<TicketId>(`forged${which}`);
  arrive(target, ticket, world.helpdesk.webhookOf(ticket, 'a guess'), world.ledger.count);
  const { webhook } = target.endpoint;
  if (webhook === undefined) return;
  const update = { update_id: 900_000 + which, message: { message_id: 9, date: 1, from: sender(1), chat: chatField(1), text: 'zqforged' } };
  void webhook({ headers: { 'x-telegram-bot-api-secret-token': world.forgedSecret }, body: Buffer.from(JSON.stringify(update)) }).then(({ status }) => world.ledger.count(`forged update answered ${status}`));
}

/** Where a process may be ended: at each of these moments, whenever it comes there next. */
export const POINTS = [
  'commit before', 'commit after', 'bury before', 'bury after', 'saveSweepCursor before', 'saveSweepCursor after',
  'sendMessage left', 'sendMessage landed', 'sendDocument landed', 'createTicket left', 'createTicket landed', 'addComment left', 'addComment landed',
  'findComment landed', 'findTicket landed', 'commentsAfter landed', 'changedSince landed', 'getUpdates landed',
] as const;

function killNow({ world }: Cast): boolean {
  const program = world.holder();
  if (program === undefined) return false;
  world.ledger.count('killed at any moment');
  world.kill(program);
  return true;
}

function killAtPoint({ world }: Cast, { which }: Action): void {
  const point = pick(POINTS, which) ?? 'commit after';
  world.armed = { point, act: (program) => { world.ledger.count(`killed at: ${point}`); world.kill(program); } };
}

/** A botched failover: the machine freezes, another one starts on the same disk, and then the first one wakes. */
function failOver({ world }: Cast, { who, which }: Action): void {
  const act = (program: Program): void => {
    world.ledger.count('failed over while the first still lived');
    world.trace(`freeze ${program.process.name}`);
    program.process.freeze();
    world.time.after(1_000 + who * 3, world.start);
    world.time.after(1_000 + which * 90, () => {
      world.trace(`thaw ${program.process.name}`);
      program.process.thaw();
    });
  };
  const point = pick(['now', ...POINTS], which) ?? 'now';
  const program = world.holder();
  if (point !== 'now') world.armed = { point, act };
  else if (program !== undefined && !program.process.frozen()) act(program);
}

const FLOODS_MS = [3_000, 20_000, 120_000, 900_000];

const ACTS: Readonly<Record<ActionKind, (cast: Cast, action: Action) => boolean | void>> = {
  'customer writes': (cast, action) => say(cast, action, (name) => ({ text: name })),
  'customer writes what the helpdesk refuses': (cast, action) => say(cast, action, (name) => ({ text: name }), true),
  'customer sends an album': album,
  'customer edits': edit,
  'customer replies': reply,
  'customer presses a button': press,
  'customer gives a command': command,
  'customer blocks the bot': block,
  'group moves to a new id': move,
  'agent answers': (cast, action) => answer(cast, action),
  'agent answers with files': (cast, action) => answer(cast, action, { files: 1 + action.which % 3 }),
  'agent answers at length': (cast, action) => answer(cast, action, { pieces: 2 + action.which % 2 }),
  'agent notes': (cast, action) => answer(cast, action, { visibility: 'internal' }),
  'agent answers what telegram refuses': (cast, action) => answer(cast, action, { mark: ` ${TELEGRAM_REFUSES}` }),
  'agent answers with marks telegram dislikes': (cast, action) => answer(cast, action, { mark: ' zqe', bold: true }),
  'agent changes the visibility': changeVisibility,
  'agent sets the status': setStatus,
  'agent merges': merge,
  'process is killed': killNow,
  'process is killed at a point': killAtPoint,
  'two instances': failOver,
  'helpdesk is down': ({ world }, { which }) => world.weather.helpdeskDown(which * 60),
  'telegram is down': ({ world }, { which }) => world.weather.telegramDown(which * 60),
  'telegram floods': ({ world }, { who, which }) => world.weather.flooded('all', pick(FLOODS_MS.slice(0, 3), who + which) ?? 3_000),
  'flood of a chat': (cast, action) => cast.world.weather.flooded(chatOf(cast, action), pick(FLOODS_MS, action.which) ?? 3_000),
  'webhooks are lost': ({ world }, { which }) => world.weather.loseWebhooks(which * 60),
  'somebody forges': forge,
};
