/** What belongs here: a ready-made message of each kind, as people's apps would send it. */
import { gzipSync } from 'node:zlib';
import type { Bot } from './bot.js';
import { toMedia } from './files.js';
import { SAMPLE_AUDIO, SAMPLE_STICKER, SAMPLE_VIDEO } from './samples.js';
import type { ApiEntity, ApiMedia, ApiMessage, MediaKind, MessageBody } from './types.js';

export const KIND_NAMES = [
  'liveLocation', 'venue', 'foreignContact', 'poll', 'dice', 'game', 'checklist', 'sticker', 'animatedSticker', 'animation', 'videoNote', 'video',
  'audio', 'story', 'paidMedia', 'giveaway', 'giveawayWinners', 'gift', 'invoice', 'payment', 'webApp', 'usersShared', 'chatShared', 'viaBot',
  'forwardedPerson', 'forwardedChannel', 'quotedElsewhere', 'storyReply', 'customEmoji', 'formatted', 'fromRight', 'date', 'richMessage', 'videoSticker', 'livePhoto',
  'checklistDone', 'checklistAdded', 'refund', 'uniqueGift', 'passport', 'unknown',
] as const;
export type KindName = (typeof KIND_NAMES)[number];

interface Made {
  readonly body: MessageBody;
  readonly more?: Pick<ApiMessage, 'forward_origin'>;
}

const PLACE = { latitude: 43.238293, longitude: 76.945465 };
const FRIEND = { id: 4_900_000_001, is_bot: false, first_name: 'Болат', username: 'bolat' };
const CHANNEL = { id: -1_001_000_000_001, type: 'channel', title: 'Қала жаңалықтары', username: 'qala_news' } as const;

const BODIES: Readonly<Partial<Record<KindName, MessageBody>>> = {
  liveLocation: { location: { ...PLACE, live_period: 900 } },
  venue: { location: PLACE, venue: { location: PLACE, title: 'Кофейня «Абай»', address: 'проспект Абая, 10' } },
  foreignContact: { contact: { phone_number: '+77010002233', first_name: 'Болат', last_name: 'Серик', user_id: FRIEND.id } },
  poll: { poll: {
    id: '1', question: 'Когда привезти?', type: 'regular', total_voter_count: 0,
    options: ['Утром', 'Вечером'].map((text, index) => ({ persistent_id: String(index), text, voter_count: 0 })),
    is_closed: false, is_anonymous: true, allows_multiple_answers: false, allows_revoting: true, members_only: false,
  } },
  dice: { dice: { emoji: '🎲', value: 6 } },
  game: { game: { title: 'Тетрис', description: 'Кубики падают.', photo: [] } },
  checklist: { checklist: { title: 'Заказ', tasks: [{ id: 1, text: 'кружка', completion_date: 1 }, { id: 2, text: 'чайник' }] } },
  story: { story: { chat: CHANNEL, id: 7 } },
  paidMedia: { paid_media: { star_count: 50, paid_media: [{ type: 'preview', width: 96, height: 96 }] } },
  giveaway: { giveaway: { chats: [CHANNEL], winners_selection_date: 1_900_000_000, winner_count: 3, prize_description: 'кружка' } },
  giveawayWinners: { giveaway_winners: { chat: CHANNEL, giveaway_message_id: 1, winners_selection_date: 1_700_000_000, winner_count: 1, winners: [FRIEND] } },
  invoice: { invoice: { title: 'Кружка', description: 'Красная, 300 мл', start_parameter: '', currency: 'KZT', total_amount: 350_000 } },
  payment: { successful_payment: { currency: 'KZT', total_amount: 350_000, invoice_payload: 'order', telegram_payment_charge_id: 't1', provider_payment_charge_id: 'p1' } },
  webApp: { web_app_data: { data: 'Заказ 48213, цвет красный', button_text: 'Оформить' } },
  usersShared: { users_shared: { request_id: 1, users: [{ user_id: FRIEND.id, first_name: FRIEND.first_name, username: FRIEND.username }] } },
  chatShared: { chat_shared: { request_id: 2, chat_id: CHANNEL.id, title: CHANNEL.title, username: CHANNEL.username } },
  viaBot: { text: 'Смотрите, что я нашёл', via_bot: { id: 4_900_000_002, is_bot: true, first_name: 'Search', username: 'search_bot' } },
  quotedElsewhere: {
    text: 'Это про мой заказ?', quote: { text: 'Доставка задержится на день', position: 0, is_manual: true },
    external_reply: { origin: { type: 'channel', chat: CHANNEL, message_id: 11, date: 1_700_000_000 }, chat: CHANNEL, message_id: 11 },
  },
  customEmoji: { text: 'Отлично 👍', entities: [{ type: 'custom_emoji', offset: 8, length: 2, custom_emoji_id: '5368324170671202286' }] },
  storyReply: { text: 'Ещё есть в продаже?', reply_to_story: { chat: CHANNEL, id: 7 } },
  formatted: marked([
    ['Заказ 48213', { type: 'bold' }], [' не пришёл, ', undefined], ['трек', { type: 'underline' }], [' ', undefined], ['KZ-77', { type: 'code' }], [', ', undefined],
    ['адрес старый', { type: 'strikethrough' }], [', новый под завесой: ', undefined], ['Абая 10', { type: 'spoiler' }], ['. Пишите ', undefined],
    ['Болату', { type: 'text_mention', user: { id: FRIEND.id, is_bot: false, first_name: FRIEND.first_name } }], [', ', undefined], ['вот страница', { type: 'text_link', url: 'https://example.com/orders/48213' }],
    [' #заказ\n', undefined], ['Так мне ответили\nв пятницу', { type: 'expandable_blockquote' }], ['\n', undefined], ['if (late) refund();', { type: 'pre', language: 'js' }],
  ]),
  fromRight: { text: 'שלום! מתי תגיע ההזמנה 48213?' },
  date: marked([['Заберу ', undefined], ['завтра в десять', { type: 'date_time', unix_time: 1_900_000_800, date_time_format: 'wDT' }]]),
  richMessage: { rich_message: { blocks: [
    { type: 'heading', text: 'Мой заказ', size: 2 },
    { type: 'paragraph', text: ['Вот ', { type: 'url', text: 'ссылка', url: 'https://example.com/orders/48213' }, ', и он ', { type: 'bold', text: 'опоздал' }, '.'] },
    { type: 'list', items: [{ label: '1.', blocks: [{ type: 'paragraph', text: 'кружка' }] }, { label: '2.', blocks: [{ type: 'paragraph', text: 'чайник' }] }] },
    { type: 'table', cells: [[{ text: 'Вещь', is_header: true, align: 'left', valign: 'top' }, { text: 'Цена', is_header: true, align: 'left', valign: 'top' }], [{ text: 'кружка', align: 'left', valign: 'top' }, { text: '3500', align: 'left', valign: 'top' }]] },
  ] } },
  checklistDone: { checklist_tasks_done: { marked_as_done_task_ids: [1], marked_as_not_done_task_ids: [2] } },
  checklistAdded: { checklist_tasks_added: { tasks: [{ id: 3, text: 'сахарница' }] } },
  refund: { refunded_payment: { currency: 'XTR', total_amount: 50, invoice_payload: 'order', telegram_payment_charge_id: 't1' } },
  passport: { passport_data: { data: [{ type: 'passport', hash: 'h' }], credentials: { data: 'd', hash: 'h', secret: 's' } } },
  unknown: { hologram: { secret: 'what nobody knows yet' } },
};

/** Text of pieces, some with a mark. */
function marked(pieces: readonly (readonly [string, Omit<ApiEntity, 'offset' | 'length'> | undefined])[]): MessageBody {
  let text = '';
  const entities: ApiEntity[] = [];
  for (const [piece, mark] of pieces) {
    if (mark !== undefined) entities.push({ ...mark, offset: text.length, length: piece.length });
    text += piece;
  }
  return { text, entities };
}

const FORWARDS: Readonly<Partial<Record<KindName, NonNullable<ApiMessage['forward_origin']>>>> = {
  forwardedPerson: { type: 'user', sender_user: FRIEND, date: 1_700_000_000 },
  forwardedChannel: { type: 'channel', chat: CHANNEL, message_id: 12, date: 1_700_000_000 },
};

/** A new message of this kind; its files are new ones too. */
export function createKind(bot: Bot, kind: KindName): Made {
  const origin = FORWARDS[kind];
  if (origin !== undefined) return { body: { text: 'С понедельника склад работает до девяти.' }, more: { forward_origin: origin } };
  return { body: BODIES[kind] ?? createFile(bot, kind) };
}

function createFile(bot: Bot, kind: KindName): MessageBody {
  const add = (media: MediaKind, name: string, mediaType: string, bytes: Buffer): MessageBody => toMedia(bot.files.add({ kind: media, name, mediaType, bytes, durationSeconds: 1 }));
  switch (kind) {
    case 'sticker': return add('sticker', 'sticker.webp', 'image/webp', SAMPLE_STICKER);
    case 'animatedSticker': return movingSticker(add('sticker', 'sticker.tgs', 'application/x-tgsticker', LOTTIE), add('sticker', 'still.webp', 'image/webp', SAMPLE_STICKER), { is_animated: true, emoji: '🎉' });
    case 'videoSticker': return movingSticker(add('sticker', 'sticker.webm', 'video/webm', SAMPLE_VIDEO), add('sticker', 'still.webp', 'image/webp', SAMPLE_STICKER), { is_video: true, emoji: '🕺' });
    case 'livePhoto': return livePhoto(add('photo', 'live.webp', 'image/webp', SAMPLE_STICKER), add('video', 'live.mp4', 'video/mp4', SAMPLE_VIDEO));
    case 'uniqueGift': return uniqueGift(add('sticker', 'gift.webp', 'image/webp', SAMPLE_STICKER));
    case 'gift': return { gift: { gift: { id: '1', star_count: 15, sticker: add('sticker', 'gift.webp', 'image/webp', SAMPLE_STICKER).sticker }, text: 'Спасибо за помощь!' } };
    case 'animation': return add('animation', 'animation.mp4', 'video/mp4', SAMPLE_VIDEO);
    case 'videoNote': return add('video_note', 'note.mp4', 'video/mp4', SAMPLE_VIDEO);
    case 'audio': return add('audio', 'tone.mp3', 'audio/mpeg', SAMPLE_AUDIO);
    default: return add('video', 'video.mp4', 'video/mp4', SAMPLE_VIDEO);
  }
}

/** The still picture that Telegram has of a sticker that moves. */
function movingSticker({ sticker }: MessageBody, still: MessageBody, moves: Pick<ApiMedia, 'is_animated' | 'is_video' | 'emoji'>): MessageBody {
  if (sticker === undefined || still.sticker === undefined) return {};
  const { file_id, file_unique_id, file_size } = still.sticker;
  const thumbnail = { file_id, file_unique_id, width: 128, height: 128, ...(file_size === undefined ? {} : { file_size }) };
  return { sticker: { ...sticker, ...moves, thumbnail } };
}

/** A picture with a film of a moment; clients that do not know it show the picture. */
function livePhoto({ photo }: MessageBody, { video }: MessageBody): MessageBody {
  if (photo === undefined || video === undefined) return {};
  const { file_name: _name, ...film } = video;
  return { photo, live_photo: { ...film, photo } };
}

function uniqueGift({ sticker }: MessageBody): MessageBody {
  const part = { name: 'Абай', sticker, rarity_per_mille: 5 };
  const colors = { center_color: 1, edge_color: 2, symbol_color: 3, text_color: 4 };
  const gift = { gift_id: '1', base_name: 'Чайник', name: 'Chainik-7', number: 7, model: part, symbol: part, backdrop: { name: 'Көк', colors, rarity_per_mille: 5 } };
  return { unique_gift: { gift, origin: 'transfer' } };
}

/** An animation in which nothing happens. */
const LOTTIE = gzipSync('{"tgs":1,"v":"5.5.2","fr":60,"ip":0,"op":60,"w":512,"h":512,"layers":[]}');
