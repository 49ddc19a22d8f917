/** What belongs here: several files as one album. */
import { randomInt } from 'node:crypto';
import { z } from 'zod';
import type { Bot } from '../bot.js';
import { ApiFault, badRequest } from '../fault.js';
import { toMedia } from '../files.js';
import { entitiesField, integer, json, read, replyField } from '../parameters.js';
import type { Call } from '../parameters.js';
import type { ApiMessage, MessageBody } from '../types.js';
import { chatField, findReplied } from './method.js';
import type { Method } from './method.js';
import { captionPart, refuseParseMode, takeFile } from './sending.js';

/** https://core.telegram.org/bots/api#sendmediagroup */
const ALBUM_MIN = 2;
const ALBUM_MAX = 10;

const KINDS = ['photo', 'video', 'document', 'audio'] as const;
const mediaSchema = z.object({
  type: z.enum(KINDS), media: z.string(), caption: z.string().optional(), caption_entities: entitiesField, parse_mode: z.string().optional(),
  duration: integer.optional(), title: z.string().optional(),
});
type GivenMedia = z.infer<typeof mediaSchema>;

const sendMediaGroupFields = z.object({ chat_id: chatField, reply_parameters: replyField, media: json(z.array(mediaSchema)) });

export const sendMediaGroup: Method = (bot, call) => {
  const { chat_id: chat, media, reply_parameters: reply } = read(sendMediaGroupFields, call);
  checkAlbum(media);
  const record = bot.chats.getWritable(chat);
  const bodies = media.map((one, index) => toBody(bot, call, one, index));
  const replyTo = findReplied(bot, record, reply);
  bot.passRate(chat);
  const more = { media_group_id: newAlbumId() };
  const messages = bodies.map((body): ApiMessage => bot.chats.post(record, bot.user(), body, { acknowledged: true, more, ...(replyTo === undefined ? {} : { replyTo }) }));
  return { result: messages };
};

export function newAlbumId(): string {
  return `139${randomInt(1e9, 1e10)}`;
}

/** As tdlib refuses them (MessagesManager::send_message_group). */
function checkAlbum(media: readonly GivenMedia[]): void {
  if (media.length === 0) throw badRequest('there are no messages to send');
  // The real server takes a single one too; its documentation does not.
  if (media.length < ALBUM_MIN) throw badRequest('an album must include 2-10 items');
  if (media.length > ALBUM_MAX) throw badRequest('too many messages to send as an album');
  const kinds = new Set(media.map(({ type }) => type));
  if (kinds.size > 1 && kinds.has('document')) throw badRequest("document can't be mixed with other media types");
  if (kinds.size > 1 && kinds.has('audio')) throw badRequest("audio can't be mixed with other media types");
}

function toBody(bot: Bot, call: Call, given: GivenMedia, index: number): MessageBody {
  refuseParseMode(given.parse_mode);
  const caption = captionPart(given.caption, given.caption_entities);
  // A file stands in the field that `media` names, or is named by its id.
  const named = { ...call, fields: { [given.type]: given.media } };
  try {
    return { ...toMedia(takeFile(bot, named, given.type, { durationSeconds: given.duration, title: given.title })), ...caption };
  } catch (thrown) {
    if (!(thrown instanceof ApiFault)) throw thrown;
    throw badRequest(`failed to send message #${index + 1} with the error message "${thrown.description.replace(/^Bad Request: /u, '')}"`);
  }
}
