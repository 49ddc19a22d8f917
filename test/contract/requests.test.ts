/** That wrong requests are noticed: every other test relies on it. */
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { plainText, richText } from '../../src/core/rich-text.js';
import { REACTIONS } from '../../src/helpdesks/desk/server/records.js';
import { mintId, type ConversationId, type MessageId } from '../../src/core/types.js';
import { systemClock } from '../../src/main/system-clock.js';
import { createTelegramClient, type TelegramClient } from '../../src/telegram/client.js';
import { createSender } from '../../src/telegram/sender.js';
import { startBotApi, TOKEN, type FakeBotApi } from '../telegram/bot-api.js';
import { faultsOfRequest, findDescription, WHY_SKIPPED, type SentRequest } from './description.js';
import { requestsSeen, takeFaults } from './watch.js';

const description = findDescription();
if (description === undefined) process.stderr.write(`Requests are not held against the Bot API: ${WHY_SKIPPED}\n`);
const describeWith = description === undefined ? describe.skip : describe;

const WRONG: readonly { name: string; request: Partial<SentRequest>; fault: string }[] = [
  { name: 'a method that does not exist', request: { method: 'sendMesage' }, fault: 'sendMesage: there is no such method' },
  { name: 'a method of prototypes', request: { method: 'constructor' }, fault: 'constructor: there is no such method' },
  { name: 'a missing parameter', request: { parameters: { chat_id: 1 } }, fault: 'sendMessage.text: missing' },
  { name: 'a parameter that does not exist', request: { parameters: { chat_id: 1, text: 'a', reply_to: 5 } }, fault: 'sendMessage.reply_to: there is no such parameter' },
  { name: 'a wrong type', request: { parameters: { chat_id: 1, text: 5 } }, fault: 'sendMessage.text: not String' },
  { name: 'a wrong type of two', request: { parameters: { chat_id: true, text: 'a' } }, fault: 'sendMessage.chat_id: not Integer' },
  { name: 'an object as text', request: { parameters: { chat_id: 1, text: 'a', reply_parameters: '{"message_id":5}' } }, fault: 'sendMessage.reply_parameters: not ReplyParameters' },
  { name: 'a wrong type inside', request: { parameters: { chat_id: 1, text: 'a', reply_parameters: { message_id: '5' } } }, fault: 'sendMessage.reply_parameters.message_id: not Integer' },
  { name: 'an unknown field inside', request: { parameters: { chat_id: 1, text: 'a', reply_parameters: { message_id: 5, allow: true } } }, fault: 'sendMessage.reply_parameters.allow: unknown in ReplyParameters' },
  { name: 'a missing field in lists of lists', request: { parameters: { chat_id: 1, text: 'a', reply_markup: { inline_keyboard: [[{ callback_data: 'b' }]] } } },
    fault: 'sendMessage.reply_markup.inline_keyboard[0][0].text: missing' },
  { name: 'a word that is not on the list', request: { parameters: { chat_id: 1, text: 'abc', entities: [{ type: 'boldest', offset: 0, length: 1 }] } },
    fault: 'sendMessage.entities[0].type: "boldest" is not one of the words' },
  { name: 'a text that is too long', request: { parameters: { chat_id: 1, text: 'a'.repeat(4097) } }, fault: 'sendMessage.text: 4097 characters, not 1-4096' },
  { name: 'too many bytes', request: { parameters: { chat_id: 1, text: 'a', reply_markup: { inline_keyboard: [[{ text: 'a', callback_data: 'ы'.repeat(33) }]] } } },
    fault: 'sendMessage.reply_markup.inline_keyboard[0][0].callback_data: 66 bytes, not 1-64' },
  { name: 'a number out of range', request: { method: 'getUpdates', parameters: { limit: 101 } }, fault: 'getUpdates.limit: not within 1-100' },
  { name: 'an update of no kind', request: { method: 'getUpdates', parameters: { allowed_updates: ['massage'] } }, fault: 'getUpdates.allowed_updates: no update is a massage' },
  { name: 'an action of no kind', request: { method: 'sendChatAction', parameters: { chat_id: 1, action: 'writing' } }, fault: 'sendChatAction.action: "writing" is not one of the words' },
  { name: 'a reaction that is not on the list', request: { method: 'setMessageReaction', parameters: { chat_id: 1, message_id: 2, reaction: [{ type: 'emoji', emoji: '🥑' }] } },
    fault: 'setMessageReaction.reaction[0].emoji: "🥑" is not one of the words' },
  { name: 'a form without its file', request: { method: 'sendPhoto', parameters: { chat_id: '1' }, isForm: true }, fault: 'sendPhoto.photo: missing' },
  { name: 'a file of another name', request: { method: 'sendPhoto', parameters: { chat_id: '1' }, files: ['image'], isForm: true }, fault: 'sendPhoto.image: there is no such parameter' },
  { name: 'a group of one', request: { method: 'sendMediaGroup', parameters: { chat_id: 1, media: [{ type: 'photo', media: 'id' }] } }, fault: 'sendMediaGroup.media: 1 items' },
  { name: 'a file that did not come', request: { method: 'sendMediaGroup', parameters: { chat_id: 1, media: [{ type: 'photo', media: 'attach://a' }, { type: 'photo', media: 'attach://b' }] }, files: ['a'] },
    fault: 'sendMediaGroup: no file b came with attach://' },
];

const RIGHT: readonly Partial<SentRequest>[] = [
  { parameters: { chat_id: -100123, text: 'abc', message_thread_id: 5, entities: [{ type: 'text_link', offset: 0, length: 1, url: 'https://a.example' }], reply_parameters: { message_id: 5, allow_sending_without_reply: true } } },
  { parameters: { chat_id: '@name', text: 'a', reply_markup: { inline_keyboard: [[{ text: 'a', callback_data: 'b' }]] } } },
  { method: 'sendPhoto', parameters: { chat_id: '1', caption: 'c', caption_entities: '[{"type":"bold","offset":0,"length":1}]', disable_notification: 'true' }, files: ['photo'], isForm: true },
  { method: 'sendMediaGroup', parameters: { chat_id: 1, media: [{ type: 'photo', media: 'attach://a' }, { type: 'video', media: 'attach://b' }] }, files: ['a', 'b'] },
  { method: 'getUserProfilePhotos', parameters: { user_id: 5_000_000_001, limit: 1 } },
  { method: 'setMessageReaction', parameters: { chat_id: 1, message_id: 2, reaction: [{ type: 'emoji', emoji: '👍' }] } },
  { method: 'setMyCommands', parameters: { commands: [{ command: 'new', description: 'A new request' }], scope: { type: 'all_private_chats' }, language_code: 'kk' } },
];

function faultsOf(request: Partial<SentRequest>): readonly string[] {
  if (description === undefined) throw new Error(WHY_SKIPPED);
  return faultsOfRequest(description, { method: 'sendMessage', parameters: {}, files: [], isForm: false, ...request });
}

describeWith('the description of the Bot API (skipped where no copy of it is at hand)', () => {
  it.each(WRONG)('knows $name', ({ request, fault }) => {
    expect(faultsOf(request)).toContain(fault);
  });

  it.each(RIGHT)('has nothing against $method $parameters', (request) => {
    expect(faultsOf(request)).toEqual([]);
  });
});

describeWith('requests on their way (skipped where no copy of the description is at hand)', () => {
  let api: FakeBotApi;
  let client: TelegramClient;
  beforeAll(async () => {
    api = await startBotApi();
    client = createTelegramClient({ token: TOKEN, apiRoot: api.url, emit: () => undefined, nowMs: () => 0 });
  });
  afterAll(async () => {
    client.disconnect();
    await api.close();
  });

  it('are noticed when they are wrong, and reach the server as they are', async () => {
    await client.call('sendMessage', { chat_id: 1, text: 5 });
    await client.call('sendMessages', {});
    await client.upload('sendPhoto', { chat: 1, caption: 'c' }, { field: 'photo', name: 'a.png', mediaType: 'image/png', open: () => Promise.resolve(Readable.from([Buffer.alloc(100_000)])) });
    await client.call('sendMessage', { chat_id: 1, text: 'ab', entities: [{ type: 'bold', offset: 1, length: 2 }] });
    expect(await takeFaults()).toEqual([
      'sendMessage.text: not String', 'sendMessages: there is no such method', 'sendPhoto.chat_id: missing', 'sendPhoto.chat: there is no such parameter',
      'sendMessage.text: bold at 1+2: ends after the end of the text',
    ]);
    expect(api.of('sendPhoto')[0]?.file?.bytes.length).toBe(100_000);
  });

  it('are looked at when the sender sends them', async () => {
    const before = requestsSeen();
    const sender = createSender({ client, clock: systemClock, emit: () => undefined });
    const conversation = mintId<ConversationId>('tg:42:7');
    const open = (): Promise<Readable> => Promise.resolve(Readable.from([Buffer.from('x')]));
    const text = richText('see here', [{ type: 'link', url: 'https://a.example', offset: 4, length: 4 }]);
    for (const part of sender.toParts({ text, attachments: [{ kind: 'photo', name: 'a.png', mediaType: 'image/png', open }] })) await sender.sendPart(conversation, part);
    await sender.sendNotice(conversation, { text: plainText('Which?'), buttons: [[{ label: 'One', action: 'topic:one' }]] });
    await sender.sendTyping(conversation);
    await sender.sendTyping(mintId<ConversationId>('tg:42:-5/9'));
    for (const emoji of REACTIONS) await sender.react(mintId<MessageId>('tg:42:7:12'), emoji);
    await sender.react(mintId<MessageId>('tg:42:7:12'), undefined);
    expect(requestsSeen() - before).toBe(5 + REACTIONS.length);
    expect(await takeFaults()).toEqual([]);
  });

  it('are not looked at when a test itself sends them', async () => {
    const before = requestsSeen();
    await fetch(`${api.url}/bot${TOKEN}/nonsense`, { method: 'POST', body: '{}' });
    expect(requestsSeen()).toBe(before);
  });
});
