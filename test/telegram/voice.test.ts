import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { BridgeError } from '../../src/core/errors.js';
import { EMPTY_TEXT, plainText } from '../../src/core/rich-text.js';
import { mintId, type Attachment, type ConversationId } from '../../src/core/types.js';
import { createTelegramClient, type TelegramClient } from '../../src/telegram/client.js';
import { createSender, type TelegramSender } from '../../src/telegram/sender.js';
import { startBotApi, TOKEN, type FakeBotApi } from './bot-api.js';
import { createVirtualClock } from './clock.js';

const PERSON = mintId<ConversationId>('tg:42:7');
let api: FakeBotApi;
let client: TelegramClient;
let sender: TelegramSender;

beforeEach(async () => {
  api = await startBotApi();
  client = createTelegramClient({ token: TOKEN, apiRoot: api.url, emit: () => undefined, nowMs: () => 0 });
  const limits = { messagesPerSecond: 0, chatMessagesPerSecond: 0, groupMessagesPerMinute: 0 };
  sender = createSender({ client, clock: createVirtualClock(), emit: () => undefined, limits });
});
afterEach(async () => { client.disconnect(); await api.close(); });

/** The first page of an Ogg file that holds `codec`. */
const ogg = (codec: string): Buffer => Buffer.concat([Buffer.from('OggS'), Buffer.alloc(22), Buffer.from([1, 19]), Buffer.from(codec), Buffer.alloc(100, 7)]);
const inPieces = (bytes: Buffer, size: number): Readable => Readable.from(Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) => bytes.subarray(index * size, (index + 1) * size)));
const file = (mediaType: string, bytes: Buffer, more: Partial<Attachment> = {}): Attachment => ({
  kind: 'audio', name: 'a.ogg', mediaType, open: () => Promise.resolve(inPieces(bytes, 5)), ...more,
});
const answer = async (attachment: Attachment, text = EMPTY_TEXT): Promise<void> => {
  for (const part of sender.toParts({ text, attachments: [attachment] })) await sender.sendPart(PERSON, part);
};

describe('sound that an agent sends', () => {
  it.each(['audio/ogg', 'audio/ogg; codecs=opus', 'Audio/OPUS', 'application/ogg'])('of type %s with Opus inside is a voice message', async (mediaType) => {
    await answer(file(mediaType, ogg('OpusHead')), plainText('listen'));
    expect(api.calls.map((call) => call.method)).toEqual(['sendVoice']);
    expect(api.calls[0]).toMatchObject({ parameters: { caption: 'listen' }, file: { field: 'voice', bytes: ogg('OpusHead') } });
  });

  it.each([
    ['Vorbis in Ogg', 'audio/ogg', ogg('\x01vorbis')], ['Opus that is said to be in Ogg', 'audio/ogg', Buffer.from(`RIFF${'x'.repeat(24)}OpusHead`)],
    ['too short for a page', 'audio/ogg', Buffer.from('OggS')], ['empty', 'audio/ogg', Buffer.alloc(0)],
  ])('is a file when it is %s', async (_name, mediaType, bytes) => {
    await answer(file(mediaType, bytes));
    expect(api.calls.map((call) => call.method)).toEqual(['sendDocument']);
  });

  it('stays sound when it is MP3, whatever its bytes look like', async () => {
    await answer(file('audio/mpeg', ogg('OpusHead')));
    expect(api.calls.map((call) => call.method)).toEqual(['sendAudio']);
  });

  it.each([
    'Bad Request: VOICE_MESSAGES_FORBIDDEN', 'Bad Request: user restricted receiving of voice messages',
  ])('goes as a file to somebody who takes no voice messages (%s)', async (description) => {
    api.answer('sendVoice', { error_code: 400, description });
    await answer(file('audio/ogg', ogg('OpusHead')), plainText('listen'));
    expect(api.calls.map((call) => call.method)).toEqual(['sendVoice', 'sendDocument']);
    expect(api.calls[1]).toMatchObject({ parameters: { caption: 'listen' }, file: { field: 'document', bytes: ogg('OpusHead') } });
  });

  it('is not tried in another form when the person blocked the bot', async () => {
    api.answer('sendVoice', { error_code: 403, description: 'Forbidden: bot was blocked by the user' });
    await expect(answer(file('audio/ogg', ogg('OpusHead')))).rejects.toMatchObject({ reason: 'blocked' });
    expect(api.calls).toHaveLength(1);
  });

  it('waits for a helpdesk that cannot give the bytes now, and sends nothing else instead', async () => {
    const down = (): Promise<Readable> => Promise.reject(new BridgeError({ code: 'unavailable', operation: 'openFile', message: 'down' }));
    await expect(answer(file('audio/ogg', ogg('OpusHead'), { open: down }))).rejects.toMatchObject({ code: 'unavailable', effect: 'none' });
    const torn = (): Promise<Readable> => Promise.resolve(new Readable({ read() { this.destroy(new Error('torn')); } }));
    await expect(answer(file('audio/ogg', ogg('OpusHead'), { open: torn }))).rejects.toMatchObject({ code: 'unavailable', effect: 'none' });
    expect(api.calls).toEqual([]);
  });
});

describe('a moving picture that an agent sends', () => {
  const gif = file('image/gif', Buffer.from('GIF89a'), { name: 'a.gif' });

  it('moves', async () => {
    await answer(gif, plainText('look'));
    expect(api.calls[0]).toMatchObject({ method: 'sendAnimation', parameters: { caption: 'look' }, file: { field: 'animation', name: 'a.gif' } });
  });

  it('is a file when Telegram can make nothing of it', async () => {
    api.answer('sendAnimation', { error_code: 400, description: 'Bad Request: wrong file type' });
    await answer(gif);
    expect(api.calls.map((call) => call.method)).toEqual(['sendAnimation', 'sendDocument']);
  });
});
