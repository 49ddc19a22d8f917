/** What belongs here: every text that the product says, what it is for, and what may be filled in. A closed list: nothing else is read. */

interface TextRule {
  readonly about: string;
  /** What `{{…}}` may name. */
  readonly parameters: readonly string[];
  /** Characters; absent = a whole message. */
  readonly lengthMax?: number;
  /** Has plural forms by `count`. */
  readonly counts?: true;
}

/** Telegram takes 256 characters in the command menu and shows about 100. */
const MENU_LENGTH_MAX = 100;
/** Reads well on one button of a phone. */
const BUTTON_LENGTH_MAX = 40;

const plain = (about: string, ...parameters: readonly string[]): TextRule => ({ about, parameters });
const menu = (about: string): TextRule => ({ about, parameters: [], lengthMax: MENU_LENGTH_MAX });
const short = (about: string, ...parameters: readonly string[]): TextRule => ({ about, parameters, lengthMax: BUTTON_LENGTH_MAX });
const counted = (about: string): TextRule => ({ about, parameters: ['count'], counts: true });

export const TEXT_KEYS = {
  'start': plain('Greeting; the topics follow as buttons.'),
  'help': plain('Answer to /help.'),
  'new.prompt': plain('Asks for a topic; the topics follow as buttons.'),
  'new.ready': plain('The next message opens a ticket.', 'topic'),
  'receipt': plain('The ticket is open, with the promised time.', 'number', 'answer'),
  'receipt.noTime': plain('The ticket is open, nothing promised.', 'number'),
  'answer.within.minutes': counted('The promised time, as it stands in the receipt.'),
  'answer.within.hours': counted('The promised time, as it stands in the receipt.'),
  'answer.within.days': counted('The promised time, as it stands in the receipt.'),
  'ticket.none': plain('There is no open ticket.'),
  'tickets.title': plain('Above the list of tickets, which are buttons.'),
  'tickets.item': short('One ticket as a button.', 'number', 'phase'),
  'tickets.current': short('Stands before the ticket that gets the next message.'),
  'tickets.chosen': plain('That ticket gets the next message.', 'number'),
  'status.line': plain('Answer to /status.', 'number', 'phase'),
  'phase.new': short('A phase in a few words.'),
  'phase.open': short('A phase in a few words.'),
  'phase.pending': short('A phase in a few words.'),
  'phase.solved': short('A phase in a few words.'),
  'phase.closed': short('A phase in a few words.'),
  'phase.gone': short('A phase in a few words.'),
  'statusChanged.open': plain('Somebody took the ticket up.', 'number'),
  'statusChanged.pending': plain('The ticket waits for something.', 'number'),
  'statusChanged.solved': plain('The ticket is solved.', 'number'),
  'statusChanged.closed': plain('The ticket is closed for good.', 'number'),
  'statusChanged.reopened': plain('The ticket is open again.', 'number'),
  'close.done': plain('The requester closed the ticket.', 'number'),
  'close.unsupported': plain('Only the team can close it.', 'number'),
  'followUp.opened': plain('The message went to a new ticket that follows a closed one.', 'number', 'previous'),
  'language.prompt': plain('Asks for a language; languages follow as buttons.'),
  'language.done': plain('The language is changed.'),
  'language.name': short('The name of this language, in this language.'),
  'file.tooBigIn': plain('To the requester: this file cannot come through.', 'name', 'size', 'limit'),
  'file.tooBigComment': plain('On the ticket: a file was sent that could not come through.', 'name', 'size', 'limit'),
  'file.tooBigOut': plain('To the requester: the agent added a file that cannot be sent here.', 'name', 'size', 'limit'),
  'message.notFiled': plain('A message could not be filed.', 'number'),
  'message.delayed': plain('A message waits, it will be filed.'),
  'message.filed': plain('A message that had to wait is filed now.', 'number'),
  'message.filedLate': plain('To agents, above a message that comes late: when it was written.', 'time'),
  'message.edited': plain('To agents, above the new text of a message.'),
  'message.editedWas': plain('To agents, above what a message was; its new text follows.'),
  'command.unknown': plain('No such command.'),
  'answer.changed': plain('Above an answer that replaces one that was sent.'),
  'answer.withdrawn': plain('In the place of an answer that was taken back too late to be deleted.'),
  'agent.prefix': plain('Above an answer: who answers.', 'agent'),
  'ticket.prefix': plain('Above an answer when several tickets are open.', 'number'),
  'commands.new': menu('/new in the command menu.'),
  'commands.tickets': menu('/tickets in the command menu.'),
  'commands.status': menu('/status in the command menu.'),
  'commands.close': menu('/close in the command menu.'),
  'commands.language': menu('/language in the command menu.'),
  'commands.help': menu('/help in the command menu.'),
  'flood.slowDown': plain('Too many messages at once; the last ones were not filed.'),
  'undelivered.title': plain('To agents: an answer did not arrive.'),
  'undelivered.blocked': plain('To agents: why.'),
  'undelivered.deactivated': plain('To agents: why.'),
  'undelivered.chat_gone': plain('To agents: why.'),
  'undelivered.too_big': plain('To agents: why.'),
  'undelivered.not_allowed': plain('To agents: why.'),
  'undelivered.flood': plain('To agents: why.'),
  'undelivered.file_unavailable': plain('To agents: why.'),
  'undelivered.rejected': plain('To agents: why.'),
  'undelivered.delayed': plain('To agents: why.'),
  'verdict.delivered': plain('To agents: what they were told of has arrived after all.', 'tries'),
  'verdict.not_changed': plain('To agents: the requester still sees an answer as it was.'),
  'verdict.not_withdrawn': plain('To agents: the requester still sees an answer that is internal or deleted now.'),
  'verdict.left': plain('To agents: the requester blocked the bot.'),
  'verdict.returned': plain('To agents: the requester can be reached again.'),
  'attachment.line': plain('A file as a line of text.', 'name', 'size'),
  'subject.photo': plain('Subject of a ticket that began with a picture without text.', 'person'),
  'subject.video': plain('Subject of a ticket that began with a video without text.', 'person'),
  'subject.voice': plain('Subject of a ticket that began with a voice message.', 'person'),
  'subject.sticker': plain('Subject of a ticket that began with a sticker.', 'person'),
  'subject.file': plain('Subject of a ticket that began with a file without text.', 'person', 'name'),
  'subject.empty': plain('Subject of a ticket that began with nothing readable.', 'person'),
} as const satisfies Readonly<Record<string, TextRule>>;

export type TextKey = keyof typeof TEXT_KEYS;
