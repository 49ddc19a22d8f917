/** Those who run the bridge: they replay what was given up, and messages are forwarded to their chat to be read again. */
import type { Action } from './actions.js';
import { Refused, type BotApi } from './bot-api.js';
import type { Cast } from './cast.js';
import { chatField, sender } from './customers.js';
import { sortBuried } from '../../src/idmap/memory.js';
import type { World } from './world.js';

export const OPERATORS_CHAT = -77;

/** `deskbridge replay --all`; most often after whatever refused the texts was mended. */
export function replayBuried({ world }: Cast, { which }: Action): boolean {
  if (which % 4 > 0) world.weather.mend();
  return replayAll(world);
}

/** Asks for all that is buried, when anything was asked for in this story and nothing stands in its way any more. */
export function replayTheRest(world: World): boolean {
  return world.spool.requests.length > 0 && world.weather.mended() && replayAll(world);
}

function replayAll(world: World): boolean {
  const entries = sortBuried([...world.disk.buried.values()]);
  if (entries.length === 0) return false;
  world.spool.ask(entries, world.time.nowMs());
  for (const program of world.programs) program.watchReplays();
  return true;
}

const METHODS: readonly string[] = ['getChat', 'forwardMessage', 'deleteMessage'];

/** Customers' chats lose messages for other reasons. */
export function isReadingAgain(method: string, { chat_id: chat }: Readonly<Record<string, unknown>>): boolean {
  return METHODS.includes(method) && (method !== 'deleteMessage' || chat === OPERATORS_CHAT);
}

/** What Telegram answers while a message is read again. Throws Refused. */
export function readAgain(botApi: BotApi, nowMs: number, method: string, parameters: Readonly<Record<string, unknown>>): unknown {
  if (method === 'deleteMessage') return true;
  const chat = Number(parameters[method === 'getChat' ? 'chat_id' : 'from_chat_id']);
  const { movedTo } = botApi.chat(chat);
  if (movedTo !== undefined) throw new Refused(400, 'Bad Request: group chat was upgraded to a supergroup chat', { migrate_to_chat_id: movedTo });
  if (method === 'getChat') return { ...sender(chat), ...chatField(chat) };
  const found = botApi.posted(chat, Number(parameters['message_id']));
  if (found === undefined) throw new Refused(400, 'Bad Request: message to forward not found');
  botApi.readings.push({ message: `tg:1:${chat}:${String(parameters['message_id'])}`, atMs: nowMs });
  // A copy tells neither what it answered nor which album it belonged to.
  return {
    ...found, reply_to_message: undefined, media_group_id: undefined, edit_date: undefined, message_id: botApi.nextMessage(OPERATORS_CHAT), date: Math.floor(nowMs / 1_000),
    chat: { id: OPERATORS_CHAT, type: 'group', title: 'operators' }, from: { id: 1, is_bot: true, first_name: 'Desk' },
    forward_origin: { type: 'user', date: found['date'], sender_user: found['from'] },
  };
}
