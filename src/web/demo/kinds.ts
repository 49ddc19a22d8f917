/** What belongs here: the kinds of message that can be sent ready-made, with their names in three languages. */
import type { Language } from './texts.js';

interface KindRow {
  /** As the demo's API calls it. */
  readonly name: string;
  /** The field of a message that shows it, where the page has no picture of its own for it. */
  readonly field?: string;
  readonly emoji: string;
  readonly titles: Readonly<Record<Language, string>>;
}

const row = (name: string, emoji: string, kk: string, ru: string, en: string, field?: string): KindRow => (
  { name, emoji, titles: { kk, ru, en }, ...(field === undefined ? {} : { field }) }
);

export const KINDS: readonly KindRow[] = [
  row('sticker', '😀', 'Стикер', 'Стикер', 'Sticker'),
  row('animatedSticker', '🎉', 'Қозғалмалы стикер', 'Анимированный стикер', 'Animated sticker'),
  row('animation', '🎞', 'GIF', 'GIF', 'GIF'),
  row('videoNote', '📹', 'Бейнехабарлама', 'Видеосообщение', 'Video message'),
  row('video', '🎬', 'Бейне', 'Видео', 'Video'),
  row('audio', '🎵', 'Аудио', 'Аудио', 'Audio'),
  row('customEmoji', '✨', 'Ерекше эмодзи', 'Особый эмодзи', 'Custom emoji'),
  row('liveLocation', '📍', 'Тікелей геолокация', 'Трансляция геопозиции', 'Live location'),
  row('venue', '☕', 'Мекен', 'Место', 'Venue', 'venue'),
  row('foreignContact', '👤', 'Біреудің контактісі', 'Чужой контакт', 'Somebody’s contact'),
  row('poll', '📊', 'Сауалнама', 'Опрос', 'Poll', 'poll'),
  row('checklist', '☑️', 'Тапсырмалар тізімі', 'Список задач', 'Checklist', 'checklist'),
  row('dice', '🎲', 'Сүйек', 'Кубик', 'Dice', 'dice'),
  row('game', '🎮', 'Ойын', 'Игра', 'Game', 'game'),
  row('forwardedPerson', '↪️', 'Адамнан қайта жіберілген', 'Переслано от человека', 'Forwarded from a person'),
  row('forwardedChannel', '📣', 'Арнадан қайта жіберілген', 'Переслано из канала', 'Forwarded from a channel'),
  row('quotedElsewhere', '↩️', 'Басқа чатқа жауап', 'Ответ на другой чат', 'Reply to another chat'),
  row('viaBot', '🤖', 'Бот арқылы', 'Через бота', 'Via a bot'),
  row('story', '🖼', 'Оқиға', 'История', 'Story', 'story'),
  row('paidMedia', '⭐', 'Ақылы файл', 'Платный файл', 'Paid media', 'paid_media'),
  row('giveaway', '🎁', 'Ұтыс ойыны', 'Розыгрыш', 'Giveaway', 'giveaway'),
  row('giveawayWinners', '🏆', 'Ұтыс ойынының жеңімпаздары', 'Победители розыгрыша', 'Giveaway winners', 'giveaway_winners'),
  row('gift', '🎀', 'Сыйлық', 'Подарок', 'Gift', 'gift'),
  row('invoice', '🧾', 'Шот', 'Счёт', 'Invoice', 'invoice'),
  row('payment', '💳', 'Төлем', 'Платёж', 'Payment', 'successful_payment'),
  row('webApp', '📱', 'Қолданба дерегі', 'Данные приложения', 'Mini App data', 'web_app_data'),
  row('usersShared', '👥', 'Таңдалған адамдар', 'Выбранные люди', 'Shared people', 'users_shared'),
  row('chatShared', '💬', 'Таңдалған чат', 'Выбранный чат', 'Shared chat', 'chat_shared'),
  row('formatted', '🅱️', 'Пішімделген мәтін', 'Текст с разметкой', 'Formatted text'),
  row('richMessage', '📄', 'Бай хабарлама', 'Документ', 'Rich message', 'rich_message'),
  row('fromRight', '↔️', 'Оңнан солға жазылған', 'Письмо справа налево', 'Written from the right'),
  row('date', '📅', 'Күні бар хабарлама', 'Дата', 'A date'),
  row('videoSticker', '🕺', 'Бейнестикер', 'Видеостикер', 'Video sticker'),
  row('livePhoto', '📸', 'Жанды фото', 'Живое фото', 'Live photo'),
  row('storyReply', '💭', 'Оқиғаға жауап', 'Ответ на историю', 'Reply to a story'),
  row('checklistDone', '✅', 'Тапсырма орындалды', 'Задача выполнена', 'Task done', 'checklist_tasks_done'),
  row('checklistAdded', '➕', 'Тапсырма қосылды', 'Задача добавлена', 'Task added', 'checklist_tasks_added'),
  row('refund', '↩️', 'Ақша қайтарылды', 'Возврат', 'Refund', 'refunded_payment'),
  row('uniqueGift', '💎', 'Бірегей сыйлық', 'Уникальный подарок', 'Unique gift', 'unique_gift'),
  row('passport', '🪪', 'Telegram Passport', 'Telegram Passport', 'Telegram Passport', 'passport_data'),
  row('unknown', '❔', 'Ертеңгі хабарлама түрі', 'Вид сообщения из будущего', 'A kind of tomorrow', 'hologram'),
];

/** What a message is that has neither text nor a picture of its own; undefined for the others. */
export function kindOf(message: object): KindRow | undefined {
  return KINDS.find(({ field }) => field !== undefined && field in message);
}
