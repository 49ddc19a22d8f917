/** What bots send and change, and the faults that can be asked for, on the emulator of the Bot API. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createVirtualClock, startApi, toAnswer, TOKEN } from './setup.js';
import type { Api, ApiAnswer, VirtualClock } from './setup.js';

let api: Api;
let clock: VirtualClock;
let user: number;

beforeEach(async () => {
  clock = createVirtualClock();
  api = await startApi({ clock });
  user = api.emulator.world.addUser({ name: 'Ann', languageCode: 'en' }).id;
});
afterEach(() => api.emulator.stop());

const idOf = (answer: ApiAnswer): number => Number(Object(answer.body.result).message_id);
const texts = (): unknown[] => api.emulator.world.chat(user).messages.map((stored) => stored.message.text ?? stored.message.caption);

describe('sendMessage', () => {
  it('trims, finds links and commands, counts ids from one, dates in whole seconds', async () => {
    const answer = await api.call('sendMessage', { chat_id: user, text: '  see https://example.org/a?b=1. or /help \n', entities: [{ type: 'bold', offset: 2, length: 3 }] });
    expect(answer.body.result).toEqual({
      message_id: 1, from: expect.objectContaining({ is_bot: true, id: 7_000_000_042 }), chat: { id: user, type: 'private', first_name: 'Ann' }, date: 1_800_000_000,
      text: 'see https://example.org/a?b=1. or /help',
      entities: [{ type: 'bold', offset: 0, length: 3 }, { type: 'url', offset: 4, length: 25 }, { type: 'bot_command', offset: 34, length: 5 }],
    });
    expect(idOf(await api.call('sendMessage', { chat_id: user, text: 'next' }))).toBe(2);
  });

  it.each([
    { name: 'nothing', parameters: { text: ' \n ' }, description: 'Bad Request: message text is empty' },
    { name: 'no text', parameters: {}, description: 'Bad Request: message text is empty' },
    { name: '4097 units', parameters: { text: 'x'.repeat(4097) }, description: 'Bad Request: message is too long' },
    { name: 'an unknown chat', parameters: { chat_id: 99, text: 'x' }, description: 'Bad Request: chat not found' },
    { name: 'a parse mode', parameters: { text: '<b>x</b>', parse_mode: 'HTML' }, description: 'Bad Request: the emulator takes entities, not parse_mode' },
    { name: 'an entity past the end', parameters: { text: 'abc', entities: [{ type: 'bold', offset: 1, length: 3 }] },
      description: 'Bad Request: entity beginning at UTF-16 offset 1 ends after the end of the text at UTF-16 offset 3' },
    { name: 'an entity that ends inside a pair', parameters: { text: '😀', entities: [{ type: 'bold', offset: 0, length: 1 }] },
      description: 'Bad Request: entity beginning at UTF-16 offset 0 ends in a middle of a UTF-16 symbol' },
    { name: 'crossing entities', parameters: { text: 'abcdef', entities: [{ type: 'bold', offset: 0, length: 4 }, { type: 'italic', offset: 2, length: 4 }] },
      description: "Bad Request: can't parse entities: entity at UTF-16 offset 2 crosses another" },
    { name: 'an unknown kind of entity', parameters: { text: 'abc', entities: [{ type: 'blink', offset: 0, length: 1 }] },
      description: 'Bad Request: can\'t parse MessageEntity: unsupported type "blink"' },
    { name: '65 bytes behind a button', parameters: { text: 'x', reply_markup: { inline_keyboard: [[{ text: 'a', callback_data: 'b'.repeat(65) }]] } },
      description: 'Bad Request: BUTTON_DATA_INVALID' },
    { name: 'a reply to nothing', parameters: { text: 'x', reply_parameters: { message_id: 77 } }, description: 'Bad Request: message to be replied not found' },
  ])('refuses $name', async ({ parameters, description }) => {
    expect((await api.call('sendMessage', { chat_id: user, ...parameters })).body).toEqual({ ok: false, error_code: 400, description });
    expect(api.emulator.world.chat(user).messages).toEqual([]);
  });

  it('takes 4096 units, nested entities, and a reply to nothing when that is allowed', async () => {
    expect((await api.call('sendMessage', { chat_id: user, text: 'x'.repeat(4096) })).status).toBe(200);
    const nested = [{ type: 'bold', offset: 0, length: 4 }, { type: 'italic', offset: 0, length: 2 }, { type: 'underline', offset: 2, length: 2 }];
    expect((await api.call('sendMessage', { chat_id: user, text: '😀😀', entities: nested })).status).toBe(200);
    expect((await api.call('sendMessage', { chat_id: user, text: 'x', reply_parameters: { message_id: 77, allow_sending_without_reply: true } })).status).toBe(200);
  });

  it('carries the answered message', async () => {
    const question = api.emulator.world.say(user, 'why?');
    const answer = await api.call('sendMessage', { chat_id: user, text: 'so', reply_parameters: JSON.stringify({ message_id: question.message_id }) });
    expect(answer.body.result).toMatchObject({ reply_to_message: { message_id: question.message_id, text: 'why?' } });
  });

  it('answers 403 while the bot is blocked, and tells of both changes', async () => {
    api.emulator.world.block(user);
    expect((await api.call('sendMessage', { chat_id: user, text: 'x' })).body).toEqual({ ok: false, error_code: 403, description: 'Forbidden: bot was blocked by the user' });
    api.emulator.world.unblock(user);
    expect((await api.call('sendMessage', { chat_id: user, text: 'x' })).status).toBe(200);
    const changes = (await api.call('getUpdates')).body.result;
    expect(changes).toMatchObject([
      { my_chat_member: { old_chat_member: { status: 'member' }, new_chat_member: { status: 'kicked' } } },
      { my_chat_member: { old_chat_member: { status: 'kicked' }, new_chat_member: { status: 'member' } } },
    ]);
  });
});

describe('rates', () => {
  it('answers 429 with retry_after and the header, for the chat and for all', async () => {
    await api.emulator.stop();
    api = await startApi({ clock, rates: { perChat: { count: 1, windowMs: 1000 }, overall: { count: 3, windowMs: 10_000 } } });
    const [one, two, three] = ['a', 'b', 'c'].map((name) => api.emulator.world.addUser({ name }).id);
    const send = (chat: number | undefined): Promise<ApiAnswer> => api.call('sendMessage', { chat_id: chat, text: 'x' });
    expect((await send(one)).status).toBe(200);
    expect(await send(one)).toEqual({ status: 429, retryAfter: '1', body: { ok: false, error_code: 429, description: 'Too Many Requests: retry after 1', parameters: { retry_after: 1 } } });
    expect((await send(two)).status).toBe(200);
    expect((await send(three)).status).toBe(200);
    clock.advance(1000);
    expect(await send(one)).toMatchObject({ status: 429, body: { parameters: { retry_after: 9 } } });
    clock.advance(9000);
    expect((await send(one)).status).toBe(200);
  });
});

describe('edits, deletions and presses', () => {
  it('edits its own messages, and says when nothing changes', async () => {
    const id = idOf(await api.call('sendMessage', { chat_id: user, text: 'first', reply_markup: { inline_keyboard: [[{ text: 'a', callback_data: 'b' }]] } }));
    expect((await api.call('editMessageText', { chat_id: user, message_id: id, text: 'second' })).body.result).toMatchObject({ text: 'second', edit_date: 1_800_000_000 });
    expect(Object(api.emulator.world.chat(user).messages[0]?.message)).not.toHaveProperty('reply_markup');
    expect((await api.call('editMessageText', { chat_id: user, message_id: id, text: 'second' })).body.description).toMatch(/^Bad Request: message is not modified: /);
    expect((await api.call('editMessageReplyMarkup', { chat_id: user, message_id: id })).body.description).toMatch(/^Bad Request: message is not modified: /);
    const theirs = api.emulator.world.say(user, 'mine').message_id;
    expect((await api.call('editMessageText', { chat_id: user, message_id: theirs, text: 'x' })).body.description).toBe("Bad Request: message can't be edited");
    expect((await api.call('editMessageText', { chat_id: user, message_id: 99, text: 'x' })).body.description).toBe('Bad Request: message to edit not found');
  });

  it('deletes once', async () => {
    const id = idOf(await api.call('sendMessage', { chat_id: user, text: 'gone' }));
    expect((await api.call('deleteMessage', { chat_id: user, message_id: id })).body).toEqual({ ok: true, result: true });
    expect((await api.call('deleteMessage', { chat_id: user, message_id: id })).body.description).toBe('Bad Request: message to delete not found');
    expect(texts()).toEqual([]);
  });

  it('deletes nothing that is older than two days', async () => {
    const id = idOf(await api.call('sendMessage', { chat_id: user, text: 'old' }));
    clock.advance(48 * 3_600_000);
    expect((await api.call('deleteMessage', { chat_id: user, message_id: id })).body.description).toBe("Bad Request: message can't be deleted for everyone");
    expect((await api.call('editMessageText', { chat_id: user, message_id: id, text: 'withdrawn' })).body.ok).toBe(true);
  });

  it('lets people change a text, a caption and a file', async () => {
    const { world } = api.emulator;
    const said = world.say(user, 'one').message_id;
    const shown = (await world.sendFile(user, { kind: 'document', bytes: Buffer.from('a'), name: 'a.txt', caption: 'first' })).message_id;
    world.edit(user, said, 'two');
    world.edit(user, shown, 'second');
    await world.editFile(user, shown, { kind: 'document', bytes: Buffer.from('bb'), name: 'b.txt' });
    const updates = Object(await api.call('getUpdates')).body.result.slice(2);
    expect(updates).toMatchObject([
      { edited_message: { message_id: said, text: 'two', edit_date: 1_800_000_000 } }, { edited_message: { caption: 'second', document: { file_name: 'a.txt' } } },
      { edited_message: { document: { file_name: 'b.txt', file_size: 2 } } },
    ]);
    expect(updates[2].edited_message).not.toHaveProperty('caption');
  });

  it('brings a press with its message, and takes its answer for 150 seconds', async () => {
    const answers: unknown[] = [];
    api.emulator.world.onChange((change) => { if (change.type === 'answered') answers.push(change); });
    const id = idOf(await api.call('sendMessage', { chat_id: user, text: 'sure?', reply_markup: { inline_keyboard: [[{ text: 'Yes', callback_data: 'y:1' }]] } }));
    expect(() => api.emulator.world.press(user, id, 'other')).toThrow('no such button');
    const query = api.emulator.world.press(user, id, 'y:1');
    expect((await api.call('getUpdates')).body.result).toMatchObject([{ callback_query: { id: query, data: 'y:1', from: { id: user }, message: { message_id: id, text: 'sure?' } } }]);
    expect((await api.call('answerCallbackQuery', { callback_query_id: query, text: 'thanks' })).body.result).toBe(true);
    expect(answers).toEqual([{ type: 'answered', chat: user, query, text: 'thanks', alert: false }]);
    clock.advance(151_000);
    expect((await api.call('answerCallbackQuery', { callback_query_id: query })).body.description).toBe('Bad Request: query is too old and response timeout expired or query ID is invalid');
  });

  it('forwards and copies', async () => {
    const operators = api.emulator.world.addGroup('Operators');
    const source = api.emulator.world.say(user, 'lost words').message_id;
    const forwarded = await api.call('forwardMessage', { chat_id: operators, from_chat_id: user, message_id: source });
    expect(forwarded.body.result).toMatchObject({ chat: { id: operators, type: 'group' }, text: 'lost words', forward_origin: { type: 'user', sender_user: { id: user } } });
    const copied = await api.call('copyMessage', { chat_id: operators, from_chat_id: user, message_id: source });
    expect(copied.body.result).toEqual({ message_id: 2 });
    expect((await api.call('forwardMessage', { chat_id: operators, from_chat_id: user, message_id: 99 })).body.description).toBe('Bad Request: message to forward not found');
    expect((await api.call('leaveChat', { chat_id: operators })).body.result).toBe(true);
    expect((await api.call('sendMessage', { chat_id: operators, text: 'x' })).status).toBe(403);
  });
});

describe('faults on purpose', () => {
  it('answers any refusal, once', async () => {
    api.emulator.world.nextCalls('sendMessage', { status: 400, description: 'Bad Request: group chat was upgraded to a supergroup chat', parameters: { migrate_to_chat_id: -100123 } });
    expect((await api.call('sendMessage', { chat_id: user, text: 'x' })).body).toEqual({
      ok: false, error_code: 400, description: 'Bad Request: group chat was upgraded to a supergroup chat', parameters: { migrate_to_chat_id: -100123 },
    });
    expect((await api.call('sendMessage', { chat_id: user, text: 'y' })).status).toBe(200);
    expect(texts()).toEqual(['y']);
    expect(api.emulator.world.calls()).toEqual({ sendMessage: 2 });
  });

  it('closes the connection before and after the work', async () => {
    api.emulator.world.nextCalls('sendMessage', 'drop_before');
    api.emulator.world.nextCalls('sendMessage', 'drop_after');
    await expect(api.call('sendMessage', { chat_id: user, text: 'before' })).rejects.toThrow();
    await expect(api.call('sendMessage', { chat_id: user, text: 'after' })).rejects.toThrow();
    expect(texts()).toEqual(['after']);
  });

  it('breaks a download off half-way', async () => {
    const sent = await api.emulator.world.sendFile(user, { kind: 'document', bytes: Buffer.alloc(100_000), name: 'a.bin' });
    const path = String(Object((await api.call('getFile', { file_id: sent.document?.file_id })).body.result).file_path);
    api.emulator.world.nextCalls('download', 'drop_after');
    await expect(fetch(`${api.emulator.url}/file/bot${TOKEN}/${path}`).then((response) => response.arrayBuffer())).rejects.toThrow();
    expect((await fetch(`${api.emulator.url}/file/bot${TOKEN}/${path}`)).status).toBe(200);
  });

  it('holds an answer back', async () => {
    api.emulator.world.nextCalls('getMe', { delayMs: 5000 });
    let answered = false;
    const call = api.call('getMe').then(() => { answered = true; });
    while (clock.sleepers().length === 0) await new Promise((resolve) => setImmediate(resolve));
    expect(answered).toBe(false);
    clock.advance(5000);
    await call;
  });
});

describe('menu', () => {
  it('keeps commands by language', async () => {
    const menu = (text: string): unknown => [{ command: 'start', description: text }];
    await api.call('setMyCommands', { commands: menu('Start') });
    await api.call('setMyCommands', { commands: JSON.stringify(menu('Начать')), language_code: 'ru' });
    expect(api.emulator.world.commands('ru')).toEqual(menu('Начать'));
    expect(api.emulator.world.commands('kk')).toEqual(menu('Start'));
    await api.call('deleteMyCommands', { language_code: 'ru' });
    expect(api.emulator.world.commands('ru')).toEqual(menu('Start'));
    expect((await api.call('setMyCommands', { commands: [{ command: 'No Spaces', description: 'x' }] })).body.description).toBe('Bad Request: BOT_COMMAND_INVALID');
  });

  it('says who the bot is', async () => {
    expect(await toAnswer(await fetch(`${api.emulator.url}/bot${TOKEN}/getMe`))).toMatchObject({ status: 200, body: { result: { id: 7_000_000_042, is_bot: true } } });
  });
});

describe('bounds', () => {
  it('keeps the newest messages of a chat', async () => {
    await api.emulator.stop();
    api = await startApi({ clock, messagesPerChatMax: 3 });
    user = api.emulator.world.addUser({ name: 'Ann' }).id;
    for (const text of ['1', '2', '3', '4', '5']) api.emulator.world.say(user, text);
    expect(texts()).toEqual(['3', '4', '5']);
  });
});

describe('setMessageReaction', () => {
  it('puts one emoji of the list on a message of either side, and takes it away', async () => {
    const message = api.emulator.world.say(user, 'hello').message_id;
    await api.call('setMessageReaction', { chat_id: user, message_id: message, reaction: [{ type: 'emoji', emoji: '👍' }] });
    expect(api.emulator.world.chat(user)).toMatchObject({ botReactions: { [message]: ['👍'] }, reactions: {} });
    await api.call('setMessageReaction', { chat_id: user, message_id: message, reaction: [] });
    expect(api.emulator.world.chat(user).botReactions).toEqual({ [message]: [] });
  });

  it.each([
    { name: 'an emoji that is not on the list', reaction: [{ type: 'emoji', emoji: '🥑' }], description: 'REACTION_INVALID' },
    { name: 'the coloured form', reaction: [{ type: 'emoji', emoji: '❤️' }], description: 'REACTION_INVALID' },
    { name: 'two at once', reaction: [{ type: 'emoji', emoji: '👍' }, { type: 'emoji', emoji: '🔥' }], description: 'REACTIONS_TOO_MANY' },
    { name: 'a message that is not there', message_id: 99, reaction: [], description: 'message to react not found' },
  ])('refuses $name', async ({ description, ...parameters }) => {
    const message = api.emulator.world.say(user, 'hello').message_id;
    expect((await api.call('setMessageReaction', { chat_id: user, message_id: message, ...parameters })).body).toEqual({ ok: false, error_code: 400, description: `Bad Request: ${description}` });
    expect(api.emulator.world.chat(user).botReactions).toEqual({});
  });
});
