/** What customers do, as updates of the Bot API. */
import type { Action } from './actions.js';
import { chatOf, pick, type Cast } from './cast.js';
import { BOT } from './bot-api.js';
import { conversationOf, TRACE_OF_TEXT, type Said } from './ledger.js';
import { HELPDESK_REFUSES } from './weather.js';

export function sender(chat: number, language = 'en'): Readonly<Record<string, unknown>> {
  return { id: chat > 0 ? chat : 50 - chat, first_name: `zqp${Math.abs(chat)}`, last_name: 'zqname', username: `zquser${Math.abs(chat)}`, language_code: language };
}

export function chatField(chat: number): Readonly<Record<string, unknown>> {
  return { id: chat, type: chat > 0 ? 'private' : chat < -10_000 ? 'supergroup' : 'group', title: chat > 0 ? undefined : 'zqgroup' };
}

/** Posts a message; `fields` beside the usual ones. */
export function say(cast: Cast, action: Action, fields: (name: string) => Readonly<Record<string, unknown>>, { refused = false, ...more }: Partial<Pick<Said, 'refused' | 'album' | 'quotes'>> = {}): void {
  const { world } = cast;
  const chat = chatOf(cast, action);
  if (world.botApi.chat(chat).blocked) return;
  world.botApi.post(chat, (message) => {
    cast.serial += 1;
    const name = `zqm${cast.serial}${refused ? ` ${HELPDESK_REFUSES}` : ''}`;
    const said = { message: `tg:1:${chat}:${message}`, conversation: conversationOf(chat), text: name, refused, as: fields, ...more };
    world.ledger.said.push(said);
    world.trace(`${said.message} says ${name}`);
    return { message: { message_id: message, from: sender(chat), chat: chatField(chat), date: Math.floor(world.time.nowMs() / 1_000), ...fields(name) } };
  });
}

/** Ids are no text: that of a photo lies on disk while its album comes in. */
const fileId = (name: string): string => `file ${name.replaceAll(TRACE_OF_TEXT, '')}`;
export const photo = (name: string): readonly Readonly<Record<string, unknown>>[] => [{ file_id: fileId(name), file_size: 1_000, width: 10, height: 10 }];

/** A message that is more than text. A sticker has no caption, so its emoji carries the mark. */
export function sayOtherwise(cast: Cast, action: Action): void {
  const file = (name: string): Readonly<Record<string, unknown>> => ({ file_id: fileId(name), file_size: 1_000 });
  const isSticker = action.which % 2 === 0;
  say(cast, action, (name) => (isSticker ? { sticker: { ...file(name), emoji: name, width: 512, height: 512 } } : { voice: { ...file(name), duration: 65 }, caption: name }));
}

const ALBUM_LENGTHS = [2, 3, 4, 10];

export function album(cast: Cast, action: Action): void {
  const group = `g${cast.serial}`;
  const items = ALBUM_LENGTHS[action.which % ALBUM_LENGTHS.length] ?? 2;
  for (let n = items; n > 0; n -= 1) say(cast, action, (name) => ({ caption: name, photo: photo(name), media_group_id: group }), { album: group });
}

export function reply(cast: Cast, action: Action): void {
  const chat = chatOf(cast, action);
  const bot = { id: BOT, is_bot: true, first_name: 'Desk' };
  const shown = [...cast.world.ledger.effects.filter((effect) => effect.chat === chat).map(({ message, text }) => ({ message, text, from: bot })),
    ...cast.world.ledger.said.filter((said) => said.conversation === conversationOf(chat)).map(({ message, text }) => ({ message, text, from: sender(chat) }))];
  const to = pick(shown, action.which);
  if (to === undefined) return say(cast, action, (name) => ({ text: name }));
  const { from } = to;
  // What the helpdesk refuses it would refuse as a quote too.
  const text = to.text.includes(HELPDESK_REFUSES) ? '' : to.text;
  const replied = { message_id: Number(to.message.split(':').at(-1)), chat: chatField(chat), date: 1, from, ...(text !== '' && { text }) };
  say(cast, action, (name) => ({ text: name, reply_to_message: replied }), text === '' ? {} : { quotes: text });
}

/** One to three changes of a message, one right after the other. */
export function edit(cast: Cast, action: Action): boolean {
  const { world } = cast;
  const chat = chatOf(cast, action);
  const said = pick(world.ledger.said.filter((one) => one.conversation === conversationOf(chat)), action.which);
  // Nobody can change a sticker.
  if (said === undefined || said.as('')['sticker'] !== undefined) return false;
  for (let times = 1 + action.which % 3; times > 0; times -= 1) {
    cast.serial += 1;
    const text = `zqk${cast.serial}`;
    world.ledger.edited.push({ message: said.message, text, atMs: world.time.nowMs() });
    world.trace(`${said.message} becomes ${text}`);
    const nowSeconds = Math.floor(world.time.nowMs() / 1_000);
    world.botApi.postEdit(chat, {
      message_id: Number(said.message.split(':').at(-1)), from: sender(chat), chat: chatField(chat), date: nowSeconds, edit_date: nowSeconds,
      ...said.as(text),
    });
  }
  return true;
}

const BUTTONS = ['topic:security', 'topic:billing', 'language:ru', 'language:kk', 'ticket:1001', 'ticket:1002', 'ticket:zq', 'topic:', 'nothing'];

export function press(cast: Cast, action: Action): void {
  const chat = chatOf(cast, action);
  cast.world.botApi.push(chat, 'callback_query', {
    id: `press ${action.atMs}`, from: sender(chat), data: pick(BUTTONS, action.which), message: { message_id: 1, chat: chatField(chat), date: 1 },
  });
}

const COMMANDS = ['/start', '/start security', '/new', '/tickets', '/status', '/close', '/language', '/help', '/zqcommand'];

export function command(cast: Cast, action: Action): void {
  const { world } = cast;
  const chat = chatOf(cast, action);
  world.botApi.post(chat, (message) => ({
    message: { message_id: message, from: sender(chat), chat: chatField(chat), date: Math.floor(world.time.nowMs() / 1_000), text: pick(COMMANDS, action.which) },
  }));
}

export function block(cast: Cast, action: Action): boolean {
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

export function move(cast: Cast, action: Action): boolean {
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
