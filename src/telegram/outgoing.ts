/** What goes to Telegram, as parameters of the Bot API. Pure. */
import { z } from 'zod';
import { BridgeError } from '../core/errors.js';
import { isEmptyText, type RichText } from '../core/rich-text.js';
import type { Attachment, Part } from '../core/types.js';
import type { TelegramClient } from './client.js';
import { spellOutLinks, toEntities } from './entities.js';
import type { ChatPlace } from './ids.js';
import { CAPTION_LENGTH_MAX, TEXT_LENGTH_MAX } from './parts.js';

/** One message, ready to go anywhere. */
export interface Outgoing {
  readonly kind: Part['kind'];
  readonly text: RichText;
  readonly attachment?: Attachment;
  readonly marked: boolean;
  readonly replyTo?: number | undefined;
  readonly keyboard?: unknown;
}

export const sentSchema = z.object({ message_id: z.number().int() });

export function placeFields(place: ChatPlace, { replyTo }: { readonly replyTo?: number | undefined }): Readonly<Record<string, unknown>> {
  return {
    chat_id: place.chat,
    ...(place.topic === undefined ? {} : { message_thread_id: place.topic }),
    ...(replyTo === undefined ? {} : { reply_parameters: { message_id: replyTo, allow_sending_without_reply: true } }),
  };
}

export function textFields({ kind, text, marked }: Pick<Outgoing, 'kind' | 'text' | 'marked'>): Readonly<Record<string, unknown>> {
  if (kind !== 'text' && isEmptyText(text)) return {};
  const entities = marked ? toEntities(text) : [];
  const [textField, entitiesField] = kind === 'text' ? ['text', 'entities'] : ['caption', 'caption_entities'];
  return { [textField]: text.text, ...(entities.length === 0 ? {} : { [entitiesField]: entities }) };
}

export function fileOf(client: TelegramClient, operation: string, attachment: Attachment | undefined): { name: string; mediaType: string; open: NonNullable<Attachment['open']> } {
  if ((attachment?.sizeBytes ?? 0) > client.uploadBytesMax) {
    throw new BridgeError({ code: 'invalid', operation, reason: 'too_big', message: `${operation}: the file is larger than ${client.uploadBytesMax} bytes` });
  }
  if (attachment?.open === undefined) {
    throw new BridgeError({ code: 'invalid', operation, reason: 'file_unavailable', message: `${operation}: there are no bytes to send` });
  }
  return { name: attachment.name, mediaType: attachment.mediaType, open: attachment.open };
}


/** Without marks a link is its address: written out where there is room for it. */
export function withAddresses({ kind, text }: Pick<Outgoing, 'kind' | 'text'>): RichText {
  const spelled = spellOutLinks(text, 'all');
  return spelled.text.length <= (kind === 'text' ? TEXT_LENGTH_MAX : CAPTION_LENGTH_MAX) ? spelled : text;
}
