/** The page's own words in three languages, and dates and sizes in the reader's way of writing them. */

export const LANGUAGES = ['kk', 'ru', 'en'] as const;
export type Language = (typeof LANGUAGES)[number];
export const LANGUAGE_NAMES: Readonly<Record<Language, string>> = { kk: 'Қазақша', ru: 'Русский', en: 'English' };

/** key: kk, ru, en */
const TEXTS = {
  title: ['Өтініштер', 'Обращения', 'Tickets'],
  search: ['Іздеу', 'Поиск', 'Search'],
  searchHint: ['Нөмірі, аты немесе мәтін…', 'Номер, имя или текст…', 'Number, name or text…'],
  queue: ['Кезек', 'Очередь', 'Queue'],
  allQueues: ['Барлық кезек', 'Все очереди', 'All queues'],
  active: ['Жұмыста', 'В работе', 'Active'],
  mine: ['Менікі', 'Мои', 'Mine'],
  all: ['Барлығы', 'Все', 'All'],
  new: ['Жаңа', 'Новое', 'New'],
  open: ['Ашық', 'Открыто', 'Open'],
  pending: ['Күтуде', 'Ожидание', 'Pending'],
  solved: ['Шешілді', 'Решено', 'Solved'],
  closed: ['Жабық', 'Закрыто', 'Closed'],
  close: ['Жабу', 'Закрыть', 'Close'],
  closeSure: ['Өтініш біржола жабылсын ба? Оны қайта ашу мүмкін болмайды.', 'Закрыть обращение навсегда? Открыть его снова будет нельзя.', 'Close this ticket for good? It cannot be opened again.'],
  filter: ['Сүзгі', 'Фильтр', 'Filter'],
  status: ['Күйі', 'Статус', 'Status'],
  nothing: ['Мұнда әзірге бос', 'Здесь пока пусто', 'Nothing here yet'],
  nothingFound: ['Ештеңе табылмады', 'Ничего не найдено', 'Nothing found'],
  nothingHint: ['Клиент ботқа жазғанда, өтініш осы жерде пайда болады.', 'Когда клиент напишет боту, обращение появится здесь.', 'When a customer writes to the bot, the ticket appears here.'],
  pick: ['Өтінішті таңдаңыз', 'Выберите обращение', 'Pick a ticket'],
  pickHint: ['j және k — тізім бойымен, Enter — ашу, ? — пернелер', 'j и k — по списку, Enter — открыть, ? — клавиши', 'j and k move through the list, Enter opens, ? shows the keys'],
  more: ['Тағы көрсету', 'Показать ещё', 'Show more'],
  earlier: ['Бұрынғылары: {n}', 'Более ранних записей: {n}', 'Earlier entries: {n}'],
  unread: ['оқылмаған', 'не прочитано', 'unread'],
  back: ['Тізімге', 'К списку', 'Back to the list'],
  take: ['Өзіме алу', 'Взять себе', 'Take it'],
  release: ['Босату', 'Снять с себя', 'Release'],
  unassigned: ['Жауапты жоқ', 'Не назначено', 'Unassigned'],
  assignee: ['Жауапты', 'Ответственный', 'Assignee'],
  answer: ['Клиентке жауап', 'Ответ клиенту', 'Answer to the customer'],
  replyTo: ['Осыған жауап беру', 'Ответить на это', 'Reply to this'],
  replying: ['{who} хабарламасына жауап', 'Ответ на сообщение: {who}', 'In reply to {who}'],
  internal: ['Ішкі жазба', 'Внутренний комментарий', 'Internal comment'],
  answerHint: ['Клиент мұны Telegram-да көреді', 'Клиент увидит это в Telegram', 'The customer will see this in Telegram'],
  internalHint: ['Мұны тек қызметкерлер көреді', 'Это увидят только сотрудники', 'Only your team will see this'],
  answerPlaceholder: ['Клиентке жауап жазыңыз…', 'Напишите ответ клиенту…', 'Write an answer to the customer…'],
  internalPlaceholder: ['Әріптестерге жазба қалдырыңыз…', 'Оставьте заметку коллегам…', 'Leave a word for your colleagues…'],
  send: ['Клиентке жіберу', 'Отправить клиенту', 'Send to the customer'],
  save: ['Ішкі жазбаны сақтау', 'Сохранить внутренний', 'Save internally'],
  thenStatus: ['Содан кейінгі күйі', 'Затем статус', 'Then set status'],
  keepStatus: ['Күйі сол қалпында', 'Статус не менять', 'Keep the status'],
  thenPending: ['→ Күтуде', '→ Ожидание', '→ Pending'],
  thenSolved: ['→ Шешілді', '→ Решено', '→ Solved'],
  attach: ['Файл тіркеу', 'Прикрепить файл', 'Attach a file'],
  remove: ['Алып тастау', 'Убрать', 'Remove'],
  drop: ['Файлдарды осында тастаңыз', 'Отпустите файлы здесь', 'Drop the files here'],
  bold: ['Қалың', 'Жирный', 'Bold'],
  italic: ['Көлбеу', 'Курсив', 'Italic'],
  link: ['Сілтеме', 'Ссылка', 'Link'],
  list: ['Тізім', 'Список', 'List'],
  closedHint: ['Өтініш жабылған: клиентке енді жауап жіберілмейді. Клиент жазса, жаңа өтініш ашылады.', 'Обращение закрыто: ответить клиенту уже нельзя. Если клиент напишет, откроется новое.', 'This ticket is closed: no more answers. If the customer writes again, a new ticket opens.'],
  warning: ['Жеткізілмеген хабар болуы мүмкін', 'Возможно, ответ не доставлен', 'An answer may not have been delivered'],
  bridge: ['Deskbridge хабарламасы', 'Сообщение Deskbridge', 'Word from Deskbridge'],
  automation: ['Автоматты', 'Автоматика', 'Automation'],
  toCustomer: ['клиентке', 'клиенту', 'to the customer'],
  fromCustomer: ['клиент', 'клиент', 'customer'],
  edit: ['Өзгерту', 'Изменить', 'Edit'],
  saveEdit: ['Сақтау', 'Сохранить', 'Save'],
  deleteComment: ['Жою', 'Удалить', 'Delete'],
  deleteSure: ['Жауап жойылсын ба? Ол клиенттің чатынан да кетеді.', 'Удалить ответ? Он исчезнет и из чата клиента.', 'Delete this answer? It leaves the customer’s chat too.'],
  deleteInternalSure: ['Жазба жойылсын ба?', 'Удалить комментарий?', 'Delete this comment?'],
  publishSure: ['Клиентке жіберілсін бе? Ол мұны Telegram-да көреді.', 'Отправить клиенту? Он увидит это в Telegram.', 'Send this to the customer? They will see it in Telegram.'],
  makeInternal: ['Клиенттен жасыру', 'Скрыть от клиента', 'Hide from the customer'],
  makePublic: ['Клиентке жіберу', 'Отправить клиенту', 'Send to the customer'],
  edited: ['өзгертілген', 'изменено', 'edited'],
  audienceChanged: ['қолжетімділігі өзгертілген', 'доступ изменён', 'audience changed'],
  commentDeleted: ['{who} жойды', 'Удалено: {who}', 'Deleted by {who}'],
  changeFailed: ['Өзгерту мүмкін болмады. Қайталап көріңіз.', 'Не удалось изменить. Попробуйте ещё раз.', 'Could not be changed. Please try again.'],
  react: ['Реакция қою', 'Поставить реакцию', 'React'],
  reactWith: ['Реакция: {emoji}', 'Реакция {emoji}', 'React with {emoji}'],
  reactedBy: ['{emoji} {who}, {when}', '{emoji} {who}, {when}', '{emoji} {who}, {when}'],
  onlyTeam: ['тек қызметкерлерге', 'только сотрудникам', 'team only'],
  delivered: ['Клиентке жеткізілді: {when}', 'Доставлено клиенту: {when}', 'Delivered to the customer: {when}'],
  fromTicket: ['#{n} өтінішінен', 'из #{n}', 'from #{n}'],
  offline: ['Байланыс үзілді, қайта қосылуда…', 'Связь потеряна, переподключение…', 'Connection lost, reconnecting…'],
  failed: ['Сақталмады. Қайталап көріңіз.', 'Не сохранилось. Попробуйте ещё раз.', 'That was not saved. Try again.'],
  writtenBefore: ['Алғашқы нұсқасы сақталып қойған: оны өтініштен қараңыз. Мынаны да қосу үшін қайта жіберіңіз.', 'Прежний вариант уже сохранён: он в обращении. Чтобы добавить и этот, отправьте ещё раз.', 'What you wrote first was saved already: see the ticket. Send again to add this too.'],
  gone: ['Бұл өтініш жойылған', 'Это обращение удалено', 'This ticket was deleted'],
  tooBig: ['Файл тым үлкен', 'Файл слишком большой', 'The file is too big'],
  signIn: ['Кіру', 'Войти', 'Sign in'],
  signOut: ['Шығу', 'Выйти', 'Sign out'],
  signInHint: ['Аты мен кілтін әкімші береді.', 'Имя и ключ выдаёт администратор.', 'Your admin gives you the name and the token.'],
  name: ['Аты', 'Имя', 'Name'],
  token: ['Кілт', 'Ключ', 'Token'],
  wrongToken: ['Аты немесе кілті қате', 'Неверное имя или ключ', 'The name or the token is wrong'],
  tooManyTries: ['Қате әрекет тым көп. Бірнеше минут күтіңіз.', 'Слишком много попыток. Подождите несколько минут.', 'Too many tries. Wait a few minutes.'],
  language: ['Тіл', 'Язык', 'Language'],
  keys: ['Пернелер', 'Клавиши', 'Keys'],
  keysNext: ['Келесі, алдыңғы өтініш', 'Следующее, предыдущее обращение', 'Next, previous ticket'],
  keysOpen: ['Ашу', 'Открыть', 'Open'],
  keysBack: ['Тізімге оралу, жабу', 'К списку, закрыть', 'Back to the list, close'],
  dismiss: ['Жабу', 'Закрыть', 'Dismiss'],
  viaTelegram: ['Telegram', 'Telegram', 'Telegram'],
  eventStatus: ['{who} күйін өзгертті: {from} → {to}', '{who}: статус {from} → {to}', '{who} changed the status: {from} → {to}'],
  eventAssignee: ['{who} жауаптыны өзгертті: {to}', '{who}: ответственный — {to}', '{who} set the assignee: {to}'],
  eventQueue: ['{who} кезегін өзгертті: {from} → {to}', '{who}: очередь {from} → {to}', '{who} changed the queue: {from} → {to}'],
  eventPriority: ['{who} маңыздылығын өзгертті: {from} → {to}', '{who}: приоритет {from} → {to}', '{who} changed the priority: {from} → {to}'],
  eventTags: ['{who} белгілерін өзгертті: {to}', '{who}: метки — {to}', '{who} changed the tags: {to}'],
  eventSubject: ['{who} тақырыбын өзгертті: {to}', '{who}: тема — {to}', '{who} changed the subject: {to}'],
  eventMerged: ['{who} #{from} өтінішін #{to} өтінішіне қосты', '{who}: #{from} объединено с #{to}', '{who} merged #{from} into #{to}'],
  eventFollowUp: ['Жабылған #{from} өтінішінің жалғасы', 'Продолжение закрытого #{from}', 'Follows the closed #{from}'],
  customer: ['Клиент', 'Клиент', 'Customer'],
  photoOf: ['Фото: {who}', 'Фото: {who}', 'Photo of {who}'],
  openTelegram: ['Telegram-да ашу', 'Открыть в Telegram', 'Open in Telegram'],
  newTicket: ['Жаңа өтініш', 'Новое обращение', 'New ticket'],
  newTicketFor: ['Жаңа өтініш: {who}', 'Новое обращение: {who}', 'New ticket for {who}'],
  newTicketHint: ['Клиент мұны жаңа өтініштің нөмірімен бірге Telegram-да алады.', 'Клиент получит это в Telegram с номером нового обращения.', 'The customer gets this in Telegram, with the number of the new ticket.'],
  subject: ['Тақырып', 'Тема', 'Subject'],
  text: ['Мәтін', 'Текст', 'Text'],
  cancel: ['Бас тарту', 'Отмена', 'Cancel'],
  low: ['төмен', 'низкий', 'low'],
  normal: ['қалыпты', 'обычный', 'normal'],
  high: ['Жоғары', 'Высокий', 'High'],
  urgent: ['Шұғыл', 'Срочно', 'Urgent'],
} as const satisfies Record<string, readonly [string, string, string]>;

export type TextKey = keyof typeof TEXTS;
export type Translate = (key: TextKey, parameters?: Readonly<Record<string, string | number>>) => string;

export function createTranslate(language: Language): Translate {
  const index = LANGUAGES.indexOf(language);
  return (key, parameters = {}) => (TEXTS[key][index] ?? key).replace(/\{(\w+)\}/g, (_all, name: string) => String(parameters[name] ?? ''));
}

/** The reader's last choice, else the browser's first language that we speak. */
export function preferredLanguage(): Language {
  const wishes = [readChoice() ?? '', ...navigator.languages].map((tag) => tag.slice(0, 2).toLowerCase());
  return wishes.map((tag) => LANGUAGES.find((language) => language === tag)).find((language) => language !== undefined) ?? 'en';
}

export function keepLanguage(language: Language): void {
  document.documentElement.lang = language;
  try {
    localStorage.setItem('desk-language', language);
  } catch {
    // A page in a strict frame has no storage; the choice then lasts until it is closed.
  }
}

export function formatTime(atMs: number, language: Language): string {
  return new Intl.DateTimeFormat(language, { hour: language === 'en' ? 'numeric' : '2-digit', minute: '2-digit' }).format(atMs);
}

/** A day as a heading. */
export function formatDay(atMs: number, language: Language): string {
  const sameYear = new Date(atMs).getFullYear() === new Date().getFullYear();
  return new Intl.DateTimeFormat(language, { day: 'numeric', month: 'long', ...(sameYear ? {} : { year: 'numeric' }) }).format(atMs);
}

/** The time for today, else the date: for the list. */
export function formatBrief(atMs: number, language: Language): string {
  if (new Date(atMs).toDateString() === new Date().toDateString()) return formatTime(atMs, language);
  return new Intl.DateTimeFormat(language, { day: 'numeric', month: 'short' }).format(atMs);
}

export function formatFull(atMs: number, language: Language): string {
  return new Intl.DateTimeFormat(language, { dateStyle: 'long', timeStyle: 'medium' }).format(atMs);
}

export function formatSize(sizeBytes: number, language: Language): string {
  const unit = sizeBytes < 1024 * 1024 ? 'kilobyte' : 'megabyte';
  const value = sizeBytes / (unit === 'kilobyte' ? 1024 : 1024 * 1024);
  return new Intl.NumberFormat(language, { style: 'unit', unit, maximumFractionDigits: value < 10 ? 1 : 0 }).format(Math.max(0.1, value));
}

function readChoice(): string | null {
  try {
    return localStorage.getItem('desk-language');
  } catch {
    return null;
  }
}
