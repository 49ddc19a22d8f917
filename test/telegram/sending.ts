/** A sender on the fake Bot API, with a clock that stands still, and what is sent with it. */
import { Readable } from 'node:stream';
import { plainText } from '../../src/core/rich-text.js';
import { mintId, type Attachment, type BridgeEvent, type ConversationId, type Part } from '../../src/core/types.js';
import { createTelegramClient } from '../../src/telegram/client.js';
import { createSender, type TelegramSender } from '../../src/telegram/sender.js';
import { startBotApi, TOKEN, type FakeBotApi } from './bot-api.js';
import { createVirtualClock, type VirtualClock } from './clock.js';

const UNLIMITED = { messagesPerSecond: 0, chatMessagesPerSecond: 0, groupMessagesPerMinute: 0 };
export const PERSON = mintId<ConversationId>('tg:42:7');

export interface Sending {
  readonly api: FakeBotApi;
  readonly clock: VirtualClock;
  readonly events: readonly BridgeEvent[];
  readonly sender: TelegramSender;
  close(): Promise<void>;
}

export async function startSending(): Promise<Sending> {
  const api = await startBotApi();
  const events: BridgeEvent[] = [];
  const clock = createVirtualClock();
  const client = createTelegramClient({ token: TOKEN, apiRoot: api.url, emit: () => undefined, nowMs: () => 0 });
  const sender = createSender({ client, clock, emit: (event) => events.push(event), limits: UNLIMITED });
  return {
    api, clock, events, sender,
    async close() {
      client.disconnect();
      await api.close();
    },
  };
}

export const text = (value: string): Part => ({ kind: 'text', text: plainText(value) });
export const attachment = (more: Partial<Attachment> = {}): Attachment => ({
  kind: 'document', name: 'a.png', mediaType: 'image/png', open: () => Promise.resolve(Readable.from(['bytes'])), ...more,
});
