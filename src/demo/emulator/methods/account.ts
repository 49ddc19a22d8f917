/** What belongs here: methods about the bot itself: who it is, how it gets updates, its menu, its chats and files. */
import { z } from 'zod';
import { ApiFault, badRequest, CHAT_NOT_FOUND } from '../fault.js';
import { DOWNLOAD_BYTES_MAX } from '../files.js';
import { flag, integer, json, read } from '../parameters.js';
import { chatField, DONE } from './method.js';
import type { Method, MethodTable } from './method.js';

const getMe: Method = (bot) => ({
  result: {
    ...bot.user(), can_join_groups: true, can_read_all_group_messages: false, supports_inline_queries: false,
    can_connect_to_business: false, has_main_web_app: false, has_topics_enabled: false, allows_users_to_create_topics: false,
  },
});

const kinds = json(z.array(z.string())).optional();

const getUpdatesFields = z.object({ offset: integer.optional(), limit: integer.optional(), timeout: integer.optional(), allowed_updates: kinds });

const getUpdates: Method = async (bot, call, signal) => {
  const request = read(getUpdatesFields, call);
  if (bot.webhook.isSet()) {
    throw new ApiFault(409, "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first");
  }
  return { result: await bot.updates.poll(request, signal) };
};

const setWebhookFields = z.object({
  url: z.string().default(''), secret_token: z.string().optional(), max_connections: integer.optional(),
  drop_pending_updates: flag.optional(), allowed_updates: kinds,
});

const setWebhook: Method = (bot, call) => {
  const request = read(setWebhookFields, call);
  // An empty URL removes the webhook.
  const description = request.url === '' ? bot.webhook.remove(request.drop_pending_updates ?? false) : bot.webhook.set(request);
  return { result: true, description };
};

const deleteWebhookFields = z.object({ drop_pending_updates: flag.optional() });

const deleteWebhook: Method = (bot, call) => {
  const request = read(deleteWebhookFields, call);
  return { result: true, description: bot.webhook.remove(request.drop_pending_updates ?? false) };
};

const getWebhookInfo: Method = (bot) => ({ result: bot.webhook.status() });

const scopeField = json(z.object({ type: z.string(), chat_id: integer.optional() })).optional();
const menuKey = { scope: scopeField, language_code: z.string().optional() };

function keyOf(given: { scope?: z.infer<typeof scopeField>; language_code?: string | undefined }): string {
  return `${given.scope?.type ?? 'default'}${given.scope?.chat_id ?? ''} ${given.language_code ?? ''}`;
}

const MENU_MAX = 100;
const MENUS_MAX = 1000;
const commandSchema = z.object({ command: z.string().transform((name) => name.replace(/^\//, '')), description: z.string().trim().min(1).max(256) });

const setMyCommandsFields = z.object({ ...menuKey, commands: json(z.array(commandSchema)) });

const setMyCommands: Method = (bot, call) => {
  const given = read(setMyCommandsFields, call);
  if (given.commands.length > MENU_MAX) throw badRequest('too much commands specified');
  if (given.commands.some(({ command }) => !/^[a-z0-9_]{1,32}$/.test(command))) throw badRequest('BOT_COMMAND_INVALID');
  if (bot.commands.size >= MENUS_MAX) bot.commands.clear();
  bot.commands.set(keyOf(given), given.commands);
  bot.announce({ type: 'commands' });
  return DONE;
};

const getMyCommandsFields = z.object(menuKey);

const getMyCommands: Method = (bot, call) => ({ result: bot.commands.get(keyOf(read(getMyCommandsFields, call))) ?? [] });

const deleteMyCommandsFields = z.object(menuKey);

const deleteMyCommands: Method = (bot, call) => {
  bot.commands.delete(keyOf(read(deleteMyCommandsFields, call)));
  bot.announce({ type: 'commands' });
  return DONE;
};

/** Descriptions are kept by method and language. */
function createDescribe(field: string, lengthMax: number): Method {
  const schema = z.object({ language_code: z.string().max(8).optional(), [field]: z.string().optional() });
  return (bot, call) => {
    const given = read(schema, call);
    const text = String(given[field] ?? '');
    if (text.length > lengthMax) throw badRequest(`${field} is too long`);
    bot.descriptions.set(`${field} ${given.language_code ?? ''}`, text);
    return DONE;
  };
}

function createDescription(field: string): Method {
  const schema = z.object({ language_code: z.string().optional() });
  return (bot, call) => {
    const given = read(schema, call);
    return { result: { [field]: bot.descriptions.get(`${field} ${given.language_code ?? ''}`) ?? '' } };
  };
}

const getFileFields = z.object({ file_id: z.string() });

const getFile: Method = (bot, call) => {
  const file = bot.files.find(read(getFileFields, call).file_id);
  if (file === undefined) throw badRequest('wrong file_id or the file is temporarily unavailable');
  if (file.sizeBytes > DOWNLOAD_BYTES_MAX) throw badRequest('file is too big');
  return { result: { file_id: file.id, file_unique_id: file.uniqueId, file_size: file.sizeBytes, file_path: file.path } };
};

const getPhotosFields = z.object({ user_id: integer, offset: integer.optional(), limit: integer.optional() });

/** One photo at most: the emulator forgets those before. */
const getUserProfilePhotos: Method = (bot, call) => {
  const { user_id: id, offset = 0, limit = 100 } = read(getPhotosFields, call);
  const record = bot.chats.find(id);
  if (record?.user === undefined) throw badRequest('user not found');
  const photos = record.photo === undefined ? [] : [record.photo];
  return { result: { total_count: photos.length, photos: photos.slice(offset, offset + limit) } };
};

const getChatFields = z.object({ chat_id: chatField });

const getChat: Method = (bot, call) => {
  const record = bot.chats.find(read(getChatFields, call).chat_id);
  if (record === undefined) throw CHAT_NOT_FOUND;
  return { result: { ...record.chat, accent_color_id: 0, max_reaction_count: 11 } };
};

const leaveChatFields = z.object({ chat_id: chatField });

const leaveChat: Method = (bot, call) => {
  const record = bot.chats.find(read(leaveChatFields, call).chat_id);
  if (record === undefined) throw CHAT_NOT_FOUND;
  if (record.user !== undefined) throw badRequest("chat member status can't be changed in private chats");
  record.blocked = true;
  bot.announce({ type: 'chat', chat: record.chat.id });
  return DONE;
};

export const ACCOUNT: MethodTable = {
  getme: getMe, getupdates: getUpdates, setwebhook: setWebhook, deletewebhook: deleteWebhook, getwebhookinfo: getWebhookInfo,
  setmycommands: setMyCommands, getmycommands: getMyCommands, deletemycommands: deleteMyCommands,
  setmydescription: createDescribe('description', 512), getmydescription: createDescription('description'),
  setmyshortdescription: createDescribe('short_description', 120), getmyshortdescription: createDescription('short_description'),
  getfile: getFile, getuserprofilephotos: getUserProfilePhotos, getchat: getChat, leavechat: leaveChat,
};
