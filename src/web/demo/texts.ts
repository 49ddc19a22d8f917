/** What belongs here: the page's own words, in Kazakh, Russian and English. */

export const LANGUAGES = ['kk', 'ru', 'en'] as const;
export type Language = (typeof LANGUAGES)[number];

export interface Texts {
  readonly tagline: string;
  readonly phoneTitle: string; readonly phoneHint: string;
  readonly bridgeTitle: string; readonly bridgeHint: string;
  readonly deskTitle: string; readonly deskHint: string;
  readonly openDesk: string;
  readonly language: string;
  readonly customers: string; readonly addCustomer: string; readonly newCustomer: string; readonly unread: string;
  readonly bot: string; readonly typing: string; readonly today: string; readonly edited: string;
  readonly write: string; readonly send: string; readonly attach: string; readonly menu: string; readonly reply: string; readonly edit: string; readonly save: string; readonly cancel: string; readonly more: string;
  readonly samplePhoto: string; readonly sampleAlbum: string; readonly album: string; readonly photo: string; readonly file: string; readonly voice: string; readonly place: string; readonly contact: string; readonly kinds: string; readonly react: string; readonly reacted: string;
  readonly block: string; readonly blocked: string; readonly unblock: string;
  readonly sent: string; readonly stored: string; readonly empty: string; readonly startBot: string;
  readonly tryTitle: string; readonly steps: readonly string[];
  readonly customerSide: string; readonly agentSide: string; readonly up: string; readonly down: string;
  readonly toHelpdesk: string; readonly toTelegram: string; readonly tickets: string; readonly retries: string; readonly failed: string;
  readonly log: string; readonly quiet: string; readonly lost: string; readonly failedToSend: string; readonly milliseconds: string; readonly tryNumber: string;
  readonly received: Readonly<Record<'message' | 'edit' | 'command' | 'action' | 'membership' | 'migration' | 'reaction', string>>;
  readonly opened: string; readonly relayedIn: string; readonly relayedOut: string; readonly doorbell: string; readonly sweep: string;
  readonly retry: string; readonly buried: string; readonly undelivered: string; readonly notice: string; readonly status: string;
  readonly outage: string; readonly recovered: string; readonly helpdesk: string; readonly refused: string;
  readonly phases: Readonly<Record<'new' | 'open' | 'pending' | 'solved' | 'closed' | 'gone', string>>;
}

const en: Texts = {
  tagline: 'Customers write in Telegram. Agents answer in their helpdesk. The bridge carries both and keeps only ids.',
  phoneTitle: 'The customer’s phone', phoneHint: 'Write to the bot as one of them.',
  bridgeTitle: 'What the bridge does', bridgeHint: 'Live. Ids only, never texts.',
  deskTitle: 'The agent’s helpdesk', deskHint: 'Open the ticket and answer.',
  openDesk: 'Open in a new tab', language: 'Language',
  customers: 'Customers', addCustomer: 'Add a customer', newCustomer: 'Customer', unread: 'unread',
  bot: 'bot', typing: 'is writing…', today: 'Today', edited: 'edited',
  write: 'Message', send: 'Send', attach: 'Attach', menu: 'Commands', reply: 'Reply', edit: 'Edit', save: 'Save', cancel: 'Cancel', more: 'More',
  samplePhoto: 'Sample photo', sampleAlbum: 'Three sample photos', album: 'Several files', photo: 'Photo from this computer', file: 'File from this computer', voice: 'Voice message', place: 'Location', contact: 'Contact', kinds: 'Ready-made, of every kind', react: 'React with', reacted: 'Reaction of the company',
  block: 'Block the bot', blocked: 'You have blocked this bot.', unblock: 'Unblock',
  sent: 'Sent', stored: 'The helpdesk has it', empty: 'Nothing here yet. Say hello, or pick a line:', startBot: 'Start',
  tryTitle: 'Try this', steps: [
    'Pick a line on the phone, or write one. A ticket appears on the right.',
    'Open the ticket and reply. The answer reaches the phone.',
    'Add an internal comment. It stays with the agents.',
    'Solve the ticket: the customer is told. If they write again, it opens again.',
    'Send a photo, or reply to an older message.',
    'Block the bot, then answer: the agent is told.',
  ],
  customerSide: 'Telegram', agentSide: 'Helpdesk', up: 'reachable', down: 'not reachable',
  toHelpdesk: 'to helpdesk', toTelegram: 'to Telegram', tickets: 'tickets', retries: 'retries', failed: 'failed',
  log: 'Steps of the bridge, newest first', quiet: 'Waiting for the first message.', lost: 'Connection lost, trying again…', failedToSend: 'This could not be sent.',
  milliseconds: 'ms', tryNumber: 'try',
  received: { message: 'Message received', edit: 'Message edited', command: 'Command received', action: 'Button pressed', membership: 'Blocked or came back', migration: 'Chat got a new id', reaction: 'Reaction' },
  opened: 'Ticket opened', relayedIn: 'Comment added', relayedOut: 'Answer delivered', doorbell: 'Doorbell: ticket changed', sweep: 'Sweep: ticket changed',
  retry: 'Trying again in', buried: 'Given up, ids kept', undelivered: 'Not delivered', notice: 'Notice sent', status: 'Status told',
  outage: 'does not answer', recovered: 'answers again', helpdesk: 'Helpdesk', refused: 'Request failed',
  phases: { new: 'new', open: 'open', pending: 'pending', solved: 'solved', closed: 'closed', gone: 'deleted' },
};

const ru: Texts = {
  tagline: 'Клиенты пишут в Telegram. Операторы отвечают в своём хелпдеске. Мост переносит сообщения и хранит только идентификаторы.',
  phoneTitle: 'Телефон клиента', phoneHint: 'Напишите боту от его имени.',
  bridgeTitle: 'Что делает мост', bridgeHint: 'Вживую. Только идентификаторы.',
  deskTitle: 'Хелпдеск оператора', deskHint: 'Откройте обращение и ответьте.',
  openDesk: 'Открыть в новой вкладке', language: 'Язык',
  customers: 'Клиенты', addCustomer: 'Добавить клиента', newCustomer: 'Клиент', unread: 'непрочитанных',
  bot: 'бот', typing: 'пишет…', today: 'Сегодня', edited: 'изменено',
  write: 'Сообщение', send: 'Отправить', attach: 'Прикрепить', menu: 'Команды', reply: 'Ответить', edit: 'Изменить', save: 'Сохранить', cancel: 'Отмена', more: 'Ещё',
  samplePhoto: 'Пример фото', sampleAlbum: 'Три примера фото', album: 'Несколько файлов', photo: 'Фото с компьютера', file: 'Файл с компьютера', voice: 'Голосовое сообщение', place: 'Геопозиция', contact: 'Контакт', kinds: 'Готовые, всех видов', react: 'Реакция', reacted: 'Реакция компании',
  block: 'Заблокировать бота', blocked: 'Вы заблокировали этого бота.', unblock: 'Разблокировать',
  sent: 'Отправлено', stored: 'Хелпдеск получил', empty: 'Здесь пока пусто. Поздоровайтесь или выберите фразу:', startBot: 'Начать',
  tryTitle: 'Попробуйте', steps: [
    'Выберите фразу на телефоне или напишите свою. Справа появится обращение.',
    'Откройте обращение и ответьте. Ответ придёт на телефон.',
    'Добавьте внутренний комментарий. Он останется у операторов.',
    'Отметьте обращение решённым: клиент узнает. Напишет снова — оно откроется.',
    'Отправьте фото или ответьте на старое сообщение.',
    'Заблокируйте бота и ответьте: оператор об этом узнает.',
  ],
  customerSide: 'Telegram', agentSide: 'Хелпдеск', up: 'доступен', down: 'недоступен',
  toHelpdesk: 'в хелпдеск', toTelegram: 'в Telegram', tickets: 'обращения', retries: 'повторы', failed: 'сбои',
  log: 'Шаги моста, новые сверху', quiet: 'Ждём первое сообщение.', lost: 'Связь потеряна, пробуем снова…', failedToSend: 'Не удалось отправить.',
  milliseconds: 'мс', tryNumber: 'попытка',
  received: { message: 'Получено сообщение', edit: 'Сообщение изменено', command: 'Получена команда', action: 'Нажата кнопка', membership: 'Блокировка или возвращение', migration: 'Новый номер чата', reaction: 'Реакция' },
  opened: 'Открыто обращение', relayedIn: 'Комментарий добавлен', relayedOut: 'Ответ доставлен', doorbell: 'Звонок: есть изменения', sweep: 'Обход: есть изменения',
  retry: 'Повтор через', buried: 'Не удалось, номера сохранены', undelivered: 'Не доставлено', notice: 'Уведомление отправлено', status: 'Сообщён статус',
  outage: 'не отвечает', recovered: 'снова отвечает', helpdesk: 'Хелпдеск', refused: 'Запрос не удался',
  phases: { new: 'новое', open: 'открыто', pending: 'в ожидании', solved: 'решено', closed: 'закрыто', gone: 'удалено' },
};

const kk: Texts = {
  tagline: 'Клиенттер Telegram-да жазады. Операторлар өз хелпдескінде жауап береді. Көпір хабарларды жеткізіп, тек идентификаторларды сақтайды.',
  phoneTitle: 'Клиенттің телефоны', phoneHint: 'Ботқа соның атынан жазыңыз.',
  bridgeTitle: 'Көпір не істеп жатыр', bridgeHint: 'Тікелей. Тек идентификаторлар.',
  deskTitle: 'Оператордың хелпдескі', deskHint: 'Өтінішті ашып, жауап беріңіз.',
  openDesk: 'Жаңа қойындыда ашу', language: 'Тіл',
  customers: 'Клиенттер', addCustomer: 'Клиент қосу', newCustomer: 'Клиент', unread: 'оқылмаған',
  bot: 'бот', typing: 'жазып жатыр…', today: 'Бүгін', edited: 'өзгертілді',
  write: 'Хабарлама', send: 'Жіберу', attach: 'Тіркеу', menu: 'Командалар', reply: 'Жауап беру', edit: 'Өзгерту', save: 'Сақтау', cancel: 'Бас тарту', more: 'Тағы',
  samplePhoto: 'Фото үлгісі', sampleAlbum: 'Үш фото үлгісі', album: 'Бірнеше файл', photo: 'Компьютердегі фото', file: 'Компьютердегі файл', voice: 'Дауыстық хабар', place: 'Геолокация', contact: 'Контакт', kinds: 'Дайын, әр түрлі', react: 'Реакция', reacted: 'Компанияның реакциясы',
  block: 'Ботты бұғаттау', blocked: 'Сіз бұл ботты бұғаттадыңыз.', unblock: 'Бұғаттан шығару',
  sent: 'Жіберілді', stored: 'Хелпдеск қабылдады', empty: 'Әзірге бос. Сәлем беріңіз немесе дайын сөйлемді таңдаңыз:', startBot: 'Бастау',
  tryTitle: 'Байқап көріңіз', steps: [
    'Телефонда дайын сөйлемді таңдаңыз немесе өзіңіз жазыңыз. Оң жақта өтініш пайда болады.',
    'Өтінішті ашып, жауап беріңіз. Жауап телефонға келеді.',
    'Ішкі жазба қосыңыз. Ол тек операторларға көрінеді.',
    'Өтінішті шешілді деп белгілеңіз: клиент біледі. Қайта жазса, өтініш қайта ашылады.',
    'Фото жіберіңіз немесе ескі хабарға жауап беріңіз.',
    'Ботты бұғаттап, жауап беріңіз: оператор бұл туралы біледі.',
  ],
  customerSide: 'Telegram', agentSide: 'Хелпдеск', up: 'қолжетімді', down: 'қолжетімсіз',
  toHelpdesk: 'хелпдескке', toTelegram: 'Telegram-ға', tickets: 'өтініш', retries: 'қайта', failed: 'сәтсіз',
  log: 'Көпірдің қадамдары, жаңасы жоғарыда', quiet: 'Алғашқы хабарды күтудеміз.', lost: 'Байланыс үзілді, қайта қосылудамыз…', failedToSend: 'Жіберу мүмкін болмады.',
  milliseconds: 'мс', tryNumber: 'әрекет',
  received: { message: 'Хабар алынды', edit: 'Хабар өзгертілді', command: 'Команда алынды', action: 'Түйме басылды', membership: 'Бұғаттау немесе қайта оралу', migration: 'Чаттың жаңа нөмірі', reaction: 'Реакция' },
  opened: 'Өтініш ашылды', relayedIn: 'Жазба қосылды', relayedOut: 'Жауап жеткізілді', doorbell: 'Қоңырау: өтініш өзгерді', sweep: 'Тексеру: өтініш өзгерді',
  retry: 'Қайталауға дейін', buried: 'Орындалмады, нөмірлері сақталды', undelivered: 'Жеткізілмеді', notice: 'Хабарландыру жіберілді', status: 'Күй хабарланды',
  outage: 'жауап бермейді', recovered: 'қайта жауап береді', helpdesk: 'Хелпдеск', refused: 'Сұрау сәтсіз',
  phases: { new: 'жаңа', open: 'ашық', pending: 'күтуде', solved: 'шешілді', closed: 'жабық', gone: 'жойылды' },
};

export const TEXTS: Readonly<Record<Language, Texts>> = { kk, ru, en };

/** First lines that a customer may send, in the customer's own language. */
export const OPENERS: Readonly<Record<string, readonly string[]>> = {
  kk: ['Сәлеметсіз бе! Тапсырысым қашан келеді?', 'Төлем өтпей жатыр, көмектесіңізші'],
  ru: ['Здравствуйте! Где мой заказ № 48213?', 'Не проходит оплата картой, помогите'],
  en: ['Hello! Where is my order #48213?', 'My card payment fails. Can you help?'],
};
