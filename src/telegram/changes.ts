/** Messages that were sent, changed or taken back, and reactions on what people wrote. A bot may change its own at any time, and delete them for 48 hours: https://core.telegram.org/bots/api#deletemessage */
import { BridgeError } from '../core/errors.js';
import type { Sender, Turn } from '../core/ports.js';
import { joinTexts, type RichText } from '../core/rich-text.js';
import type { MessageId, Part } from '../core/types.js';
import type { TelegramClient } from './client.js';
import { parseMessageId, type MessagePlace } from './ids.js';
import { textFields, withAddresses, type Outgoing } from './outgoing.js';
import type { Pacing } from './pacing.js';
import { CAPTION_LENGTH_MAX, TEXT_LENGTH_MAX } from './parts.js';
import { TelegramRefusal, type RefusalKind } from './refusals.js';
import type { Urgency } from './urgency.js';

type Worded = Pick<Outgoing, 'kind' | 'text' | 'marked'>;

interface Way {
  readonly turn?: Turn;
  readonly urgency?: Urgency;
}

export function createChanges(client: TelegramClient, pacing: Pacing): Pick<Sender, 'editPart' | 'withdrawMessage' | 'react'> {
  const at = (message: MessageId): MessagePlace => {
    const place = parseMessageId(message);
    if (place.bot !== client.botId) throw new BridgeError({ code: 'conflict', operation: 'change', message: 'the message was sent by another bot' });
    return place;
  };
  const call = (place: MessagePlace, method: string, fields: object, { turn = (request) => request(), urgency = 'answer' }: Way = {}): Promise<unknown> => (
    pacing.run(place.chat, urgency, () => turn(() => client.call(method, { chat_id: place.chat, message_id: place.message, ...fields })))
  );
  const edit = async (place: MessagePlace, worded: Worded, turn?: Turn): Promise<void> => {
    const method = worded.kind === 'text' ? 'editMessageText' : 'editMessageCaption';
    try {
      await call(place, method, textFields(worded), { ...(turn && { turn }) });
    } catch (thrown) {
      const kind = kindOf(thrown);
      if (kind === 'not_modified') return;
      if (kind === 'entities' && worded.marked) return edit(place, { ...worded, text: withAddresses(worded), marked: false }, turn);
      throw unmovable(thrown, method);
    }
  };
  return {
    async editPart(message, part, options) {
      const { kind, text } = withMark(part, options?.mark);
      await edit(at(message), { kind, text, marked: true }, options?.turn);
    },
    async react(message, emoji) {
      const place = at(message);
      const reaction = emoji === undefined ? [] : [{ type: 'emoji', emoji: plainEmoji(emoji) }];
      try {
        await call(place, 'setMessageReaction', { reaction }, { urgency: 'notice' });
      } catch (thrown) {
        if (kindOf(thrown) !== 'not_modified') throw unmovable(thrown, 'setMessageReaction');
      }
    },
    async withdrawMessage(message, instead) {
      const place = at(message);
      const ways = [
        () => call(place, 'deleteMessage', {}),
        () => edit(place, { kind: 'text', text: instead, marked: true }),
        async () => {
          // Not a text, then: the word goes under the file, which stays.
          await edit(place, { kind: 'document', text: instead, marked: true });
          throw new BridgeError({ code: 'conflict', operation: 'withdraw', message: 'the file of a message is too old to be deleted' });
        },
      ];
      for (const [index, way] of ways.entries()) {
        try {
          await way();
          return;
        } catch (thrown) {
          const error = unmovable(thrown, 'deleteMessage');
          if (error instanceof BridgeError && error.code === 'not_found') return;
          if (!(error instanceof BridgeError) || error.code !== 'conflict' || index === ways.length - 1) throw error;
        }
      }
    },
  };
}

/** The part with a line above its text, where both fit. */
export function withMark(part: Part, mark: RichText | undefined): Part {
  if (mark === undefined) return part;
  const text = joinTexts([mark, part.text], '\n');
  return text.text.length <= (part.kind === 'text' ? TEXT_LENGTH_MAX : CAPTION_LENGTH_MAX) ? { ...part, text } : part;
}

/** Telegram's list has its emoji without the sign that asks for the coloured form: https://core.telegram.org/bots/api#reactiontypeemoji */
function plainEmoji(emoji: string): string {
  return emoji.replaceAll('\uFE0F', '');
}

function kindOf(thrown: unknown): RefusalKind | undefined {
  return thrown instanceof TelegramRefusal ? thrown.kind : undefined;
}

/** What was written in a group before it got a new id stays as it is. */
function unmovable(thrown: unknown, operation: string): unknown {
  return kindOf(thrown) === 'chat_migrated' ? new BridgeError({ code: 'conflict', operation, message: `${operation}: the chat has got a new id since` }) : thrown;
}
