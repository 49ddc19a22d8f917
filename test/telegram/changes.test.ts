import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { BridgeError } from '../../src/core/errors.js';
import { plainText, richText } from '../../src/core/rich-text.js';
import { mintId, type ConversationId, type MessageId, type Part } from '../../src/core/types.js';
import { createTelegramClient, type TelegramClient } from '../../src/telegram/client.js';
import { createSender, type TelegramSender } from '../../src/telegram/sender.js';
import { startBotApi, TOKEN, type FakeBotApi } from './bot-api.js';
import { createVirtualClock, until, type VirtualClock } from './clock.js';

const MESSAGE = mintId<MessageId>('tg:42:7:12');
const UNLIMITED = { messagesPerSecond: 0, chatMessagesPerSecond: 0, groupMessagesPerMinute: 0 };
let api: FakeBotApi;
let client: TelegramClient;
let clock: VirtualClock;
let sender: TelegramSender;

beforeEach(async () => {
  api = await startBotApi();
  clock = createVirtualClock();
  client = createTelegramClient({ token: TOKEN, apiRoot: api.url, emit: () => undefined, nowMs: () => 0 });
  sender = createSender({ client, clock, emit: () => undefined, limits: UNLIMITED });
});
afterEach(async () => { client.disconnect(); await api.close(); });

const text = (value: string): Part => ({ kind: 'text', text: plainText(value) });
const refusal = (description: string, error_code = 400) => ({ error_code, description: `Bad Request: ${description}` });
const methods = (): readonly string[] => api.calls.map(({ method }) => method);
const codeOf = (work: Promise<unknown>): Promise<unknown> => work.then(() => 'fine', (error: unknown) => (error instanceof BridgeError ? error.code : error));

describe('changing a message', () => {
  it('gives it the new text with its entities', async () => {
    await sender.editPart(MESSAGE, { kind: 'text', text: richText('a b', [{ type: 'bold', offset: 2, length: 1 }]) });
    expect(api.calls).toMatchObject([{ method: 'editMessageText', parameters: { chat_id: 7, message_id: 12, text: 'a b', entities: [{ type: 'bold', offset: 2, length: 1 }] } }]);
  });

  it('changes what is under a file, and takes it away', async () => {
    await sender.editPart(MESSAGE, { kind: 'photo', text: plainText('new') });
    await sender.editPart(MESSAGE, { kind: 'document', text: plainText('') });
    expect(api.calls.map(({ method, parameters }) => [method, parameters])).toEqual([
      ['editMessageCaption', { chat_id: 7, message_id: 12, caption: 'new' }], ['editMessageCaption', { chat_id: 7, message_id: 12 }],
    ]);
  });

  it.each([
    { description: 'message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message', code: 'fine' },
    { description: 'message to edit not found', code: 'not_found' },
    { description: 'MESSAGE_ID_INVALID', code: 'not_found' },
    { description: "message can't be edited", code: 'conflict' },
    { description: 'there is no text in the message to edit', code: 'conflict' },
    { description: 'MESSAGE_EDIT_TIME_EXPIRED', code: 'conflict' },
    { description: 'message is too long', code: 'invalid' },
  ])('says what "$description" means', async ({ description, code }) => {
    api.answer('editMessageText', refusal(description));
    expect(await codeOf(sender.editPart(MESSAGE, text('x')))).toBe(code);
  });

  it('keeps the text when its entities are refused', async () => {
    api.answer('editMessageText', refusal("can't parse entities: whatever"), { result: true });
    await sender.editPart(MESSAGE, { kind: 'text', text: richText('a b', [{ type: 'bold', offset: 2, length: 1 }]) });
    expect(api.calls.at(-1)?.parameters).toEqual({ chat_id: 7, message_id: 12, text: 'a b' });
  });

  it('waits out a 429, and calls a lost answer unknown', async () => {
    api.answer('editMessageText', { ...refusal('Too Many Requests: retry after 2', 429), parameters: { retry_after: 2 } }, { result: true });
    const edited = sender.editPart(MESSAGE, text('x'));
    await until(() => clock.sleepers() > 0);
    await clock.advance(2_000);
    await edited;
    expect(methods()).toEqual(['editMessageText', 'editMessageText']);
    api.answer('editMessageText', { raw: (response) => { response.destroy(); } });
    await expect(sender.editPart(MESSAGE, text('y'))).rejects.toMatchObject({ code: 'unavailable', effect: 'unknown' });
  });

  it('leaves a message of a group that has got a new id, and one of another bot', async () => {
    api.answer('editMessageText', { ...refusal('group chat was upgraded to a supergroup chat'), parameters: { migrate_to_chat_id: -1005 } });
    expect(await codeOf(sender.editPart(MESSAGE, text('x')))).toBe('conflict');
    expect(await codeOf(sender.editPart(mintId<MessageId>('tg:43:7:12'), text('x')))).toBe('conflict');
    expect(api.calls).toHaveLength(1);
  });
});

describe('a mark', () => {
  it('stands above the text, and is left out where both are too long', async () => {
    const mark = plainText('Changed:');
    const conversation = mintId<ConversationId>('tg:42:7');
    await sender.sendPart(conversation, text('new'), { mark });
    await sender.editPart(MESSAGE, text('newer'), { mark });
    await sender.sendPart(conversation, text('x'.repeat(4_090)), { mark });
    expect(api.calls.map(({ parameters }) => String(parameters['text']).length)).toEqual(['Changed:\nnew'.length, 'Changed:\nnewer'.length, 4_090]);
  });
});

describe('taking a message back', () => {
  const instead = plainText('Withdrawn.');

  it('deletes it', async () => {
    await sender.withdrawMessage(MESSAGE, instead);
    expect(api.calls).toMatchObject([{ method: 'deleteMessage', parameters: { chat_id: 7, message_id: 12 } }]);
  });

  it('is done when it is gone', async () => {
    api.answer('deleteMessage', refusal('message to delete not found'));
    await sender.withdrawMessage(MESSAGE, instead);
    expect(methods()).toEqual(['deleteMessage']);
  });

  it('changes its text when it is too old', async () => {
    api.answer('deleteMessage', refusal("message can't be deleted for everyone"));
    await sender.withdrawMessage(MESSAGE, instead);
    expect(api.calls.at(-1)).toMatchObject({ method: 'editMessageText', parameters: { text: 'Withdrawn.' } });
  });

  it('says so under its file when it is too old, and that the file stays', async () => {
    api.answer('deleteMessage', refusal("message can't be deleted for everyone"));
    api.answer('editMessageText', refusal('there is no text in the message to edit'));
    expect(await codeOf(sender.withdrawMessage(MESSAGE, instead))).toBe('conflict');
    expect(api.calls.at(-1)).toMatchObject({ method: 'editMessageCaption', parameters: { caption: 'Withdrawn.' } });
  });

  it('says so when it stays', async () => {
    api.answer('deleteMessage', refusal("message can't be deleted"));
    for (const method of ['editMessageText', 'editMessageCaption']) api.answer(method, refusal("message can't be edited"));
    expect(await codeOf(sender.withdrawMessage(MESSAGE, instead))).toBe('conflict');
  });

  it('does not take a refusal of the chat for one of the message', async () => {
    api.answer('deleteMessage', { error_code: 403, description: 'Forbidden: bot was blocked by the user' });
    await expect(sender.withdrawMessage(MESSAGE, instead)).rejects.toMatchObject({ code: 'forbidden', reason: 'blocked' });
    expect(methods()).toEqual(['deleteMessage']);
  });
});

describe('a reaction', () => {
  it('is put on, without the sign for the coloured form, and taken away', async () => {
    await sender.react(MESSAGE, '❤️');
    await sender.react(MESSAGE, undefined);
    expect(api.calls.map(({ method, parameters }) => [method, parameters])).toEqual([
      ['setMessageReaction', { chat_id: 7, message_id: 12, reaction: [{ type: 'emoji', emoji: '\u2764' }] }],
      ['setMessageReaction', { chat_id: 7, message_id: 12, reaction: [] }],
    ]);
  });

  it.each([
    { description: 'message to react not found', code: 'not_found' },
    { description: 'REACTION_INVALID', code: 'invalid' },
    { description: 'MESSAGE_NOT_MODIFIED', code: 'fine' },
  ])('says what "$description" means', async ({ description, code }) => {
    api.answer('setMessageReaction', refusal(description));
    expect(await codeOf(sender.react(MESSAGE, '👍'))).toBe(code);
  });

  it('does not reach a message of a group that has got a new id, nor one of another bot', async () => {
    api.answer('setMessageReaction', { ...refusal('group chat was upgraded to a supergroup chat'), parameters: { migrate_to_chat_id: -1005 } });
    expect(await codeOf(sender.react(MESSAGE, '👍'))).toBe('conflict');
    expect(await codeOf(sender.react(mintId<MessageId>('tg:43:7:12'), '👍'))).toBe('conflict');
    expect(api.calls).toHaveLength(1);
  });
});
