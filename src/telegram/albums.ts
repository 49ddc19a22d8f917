/** Several files as one album: https://core.telegram.org/bots/api#sendmediagroup */
import { z } from 'zod';
import type { MessageId, Part } from '../core/types.js';
import type { TelegramClient } from './client.js';
import { mintMessageId, type ChatPlace } from './ids.js';
import { fileOf, placeFields, sentSchema, textFields, withAddresses } from './outgoing.js';
import { lostConnection, TelegramRefusal } from './refusals.js';

const METHOD = 'sendMediaGroup';

/** An album, ready to go. */
export interface OutgoingAlbum {
  readonly parts: readonly Part[];
  readonly marked: boolean;
  readonly replyTo?: number | undefined;
}

/** Uploads all files in one request. The ids in order of the parts. Throws BridgeError; a refusal of one file refuses the album. */
export async function sendAlbumOnce(client: TelegramClient, place: ChatPlace, { parts, marked, ...more }: OutgoingAlbum): Promise<readonly MessageId[]> {
  const media = parts.map((part, index) => ({ type: part.kind, media: `attach://${fieldOf(index)}`, ...textFields({ ...part, marked }) }));
  const [first, ...others] = parts.map((part, index) => ({ field: fieldOf(index), ...fileOf(client, METHOD, part.attachment) }));
  if (first === undefined) return [];
  const answer = await client.upload(METHOD, { ...placeFields(place, more), media: JSON.stringify(media) }, first, ...others);
  const sent = z.array(sentSchema).min(1).safeParse(answer);
  if (!sent.success) throw lostConnection(METHOD, 'an answer without message ids');
  return sent.data.map(({ message_id: message }) => mintMessageId({ bot: place.bot, chat: place.chat, message }));
}

/** The same album in another form; throws the refusal when there is none. Each form is tried once. */
export function albumFallback(album: OutgoingAlbum, refusal: TelegramRefusal): OutgoingAlbum {
  if (refusal.kind === 'entities' && album.marked) return { ...album, parts: album.parts.map((part) => ({ ...part, text: withAddresses(part) })), marked: false };
  const shows = album.parts.every(({ kind }) => kind === 'photo' || kind === 'video');
  if (refusal.kind === 'photo' && shows) return { ...album, parts: album.parts.map((part) => ({ ...part, kind: 'document' })) };
  throw refusal;
}

/** Of the form that carries the file. */
function fieldOf(index: number): string {
  return `file${index}`;
}
