/** What belongs here: the customer's phone: who holds it, and the chat with the bot. */
import type { JSX } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { Composer } from './composer.js';
import { Icon } from './icons.js';
import { grouped, MessageBubble } from './message.js';
import { Popover } from './popover.js';
import type { PageState } from './store.js';
import { OPENERS } from './texts.js';
import type { Language, Texts } from './texts.js';
import { addCustomer, block, edit, fileUrl, press, react, say } from './wire.js';
import type { ChatMessage, Customer } from './wire.js';

interface Props {
  readonly page: PageState;
  readonly texts: Texts;
  readonly language: Language;
}

export function Phone({ page, texts, language }: Props): JSX.Element {
  const [chosen, setChosen] = useState<number>();
  const [seen, setSeen] = useState<ReadonlyMap<number, number>>(new Map());
  const customer = page.customers.find((one) => one.id === chosen) ?? page.customers[0];
  const lastId = customer?.messages.at(-1)?.message.message_id ?? 0;
  useEffect(() => {
    if (customer !== undefined) setSeen((before) => new Map(before).set(customer.id, lastId));
  }, [customer?.id, lastId]);
  return (
    <div class="phone-area">
      <People customers={page.customers} chosen={customer?.id} seen={seen} texts={texts} onChoose={setChosen} />
      <div class="phone" id="phone-chat" role="tabpanel" aria-label={customer?.name ?? texts.phoneTitle}>
        {customer === undefined ? null : <Chat key={customer.id} customer={customer} page={page} texts={texts} language={language} />}
      </div>
    </div>
  );
}

const LANGUAGE_NAMES: Readonly<Record<string, string>> = { kk: 'қазақша', ru: 'русский', en: 'English' };

interface PeopleProps {
  readonly customers: readonly Customer[];
  readonly chosen: number | undefined;
  readonly seen: ReadonlyMap<number, number>;
  readonly texts: Texts;
  readonly onChoose: (id: number) => void;
}

function People({ customers, chosen, seen, texts, onChoose }: PeopleProps): JSX.Element {
  const move = (event: KeyboardEvent): void => {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    const next = customers[(customers.findIndex((one) => one.id === chosen) + step + customers.length) % customers.length];
    if (step === 0 || next === undefined) return;
    event.preventDefault();
    onChoose(next.id);
    document.getElementById(`person-${next.id}`)?.focus();
  };
  return (
    <div class="people">
      <div class="people-list" role="tablist" aria-label={texts.customers} onKeyDown={move}>
        {customers.map((one, index) => {
          const unread = one.messages.filter(({ message }) => message.from?.is_bot === true && message.message_id > (seen.get(one.id) ?? 0)).length;
          const isChosen = one.id === chosen;
          return (
            <button key={one.id} id={`person-${one.id}`} type="button" role="tab" aria-selected={isChosen} aria-controls="phone-chat" tabIndex={isChosen ? 0 : -1} class="person" onClick={() => onChoose(one.id)} title={one.name}>
              {one.photo === undefined ? <span class={`avatar hue-${index % 6}`} aria-hidden="true">{one.name.slice(0, 1)}</span>
                : <img class="avatar" src={fileUrl({ file_id: one.photo })} alt="" width={30} height={30} />}
              <span class="person-words">
                <span class="person-name">{one.name.split(' ')[0]}</span>
                <span class="person-language">{LANGUAGE_NAMES[one.language] ?? one.language}</span>
              </span>
              {unread > 0 && !isChosen ? <span class="badge">{unread}<span class="visually-hidden"> {texts.unread}</span></span> : null}
            </button>
          );
        })}
      </div>
      <button type="button" class="round" title={texts.addCustomer} aria-label={texts.addCustomer} onClick={() => void addCustomer(`${texts.newCustomer} ${customers.length + 1}`, 'en')}>
        <Icon name="plus" size={18} />
      </button>
    </div>
  );
}

function Chat({ customer, page, texts, language }: { readonly customer: Customer } & Props): JSX.Element {
  const [replyTo, setReplyTo] = useState<ChatMessage>();
  const [failed, setFailed] = useState(false);
  const attempt = (work: Promise<void>): void => {
    setFailed(false);
    work.catch(() => setFailed(true));
  };
  const toast = page.toast?.chat === customer.id ? page.toast : undefined;
  return (
    <>
      <ChatHeader customer={customer} isTyping={page.typing.has(customer.id)} texts={texts} attempt={attempt} />
      <div class="chat-body">
        {toast === undefined ? null : <p key={toast.key} class="toast" role="status">{toast.text}</p>}
        <History customer={customer} texts={texts} language={language} onReply={setReplyTo} onEdit={(message, text) => attempt(edit(customer.id, message, text))}
          onReact={(message, emoji) => attempt(react(customer.id, message, emoji))} onPress={(message, button) => attempt(press(customer.id, message, button))} onCommand={(command) => attempt(say(customer.id, command))} />
      </div>
      {failed ? <p class="failed" role="alert">{texts.failedToSend}</p> : null}
      {customer.blocked
        ? <div class="blocked"><span>{texts.blocked}</span><button type="button" onClick={() => attempt(block(customer.id, false))}>{texts.unblock}</button></div>
        : <Composer customer={customer} texts={texts} language={language} replyTo={replyTo} onReply={setReplyTo} attempt={attempt} />}
    </>
  );
}

interface ChatHeaderProps {
  readonly customer: Customer;
  readonly isTyping: boolean;
  readonly texts: Texts;
  readonly attempt: (work: Promise<void>) => void;
}

function ChatHeader({ customer, isTyping, texts, attempt }: ChatHeaderProps): JSX.Element {
  return (
    <div class="chat-header">
      <span class="avatar bot" aria-hidden="true"><Icon name="bridge" size={20} /></span>
      <div class="chat-title">
        <strong>Support</strong>
        <span aria-live="polite">{isTyping ? `${texts.bot} ${texts.typing}` : texts.bot}</span>
      </div>
      <Popover label={texts.more} icon="more" side="below">
        {(close) => (
          <button type="button" role="menuitem" onClick={() => { close(); attempt(block(customer.id, !customer.blocked)); }}>
            <Icon name="block" size={18} />{customer.blocked ? texts.unblock : texts.block}
          </button>
        )}
      </Popover>
    </div>
  );
}

interface HistoryProps {
  readonly customer: Customer;
  readonly texts: Texts;
  readonly language: Language;
  readonly onReply: (message: ChatMessage) => void;
  readonly onReact: (message: number, emoji: readonly string[]) => void;
  readonly onEdit: (message: number, text: string) => void;
  readonly onPress: (message: number, button: string) => void;
  readonly onCommand: (command: string) => void;
}

function History({ customer, texts, language, onReply, onReact, onEdit, onPress, onCommand }: HistoryProps): JSX.Element {
  const list = useRef<HTMLDivElement>(null);
  const count = customer.messages.length;
  useLayoutEffect(() => {
    list.current?.scrollTo({ top: list.current.scrollHeight });
  }, [count, customer.id]);
  const openers = OPENERS[customer.language] ?? OPENERS['en'] ?? [];
  return (
    <div class="history" ref={list} role="log" aria-live="polite" aria-label={customer.name} tabIndex={0}>
      {count === 0 ? null : <p class="day">{texts.today}</p>}
      {grouped(customer.messages).map((together) => (
        <MessageBubble key={together[0].message.message_id} stored={together[0]} together={together} texts={texts} language={language} reactions={customer.reactions[together[0].message.message_id] ?? []} answered={together.flatMap(({ message }) => customer.botReactions[message.message_id] ?? [])} onReact={onReact}
          onReply={onReply} onEdit={onEdit} onPress={onPress} onCommand={onCommand}
          onGrow={() => list.current?.scrollTo({ top: list.current.scrollHeight })} />
      ))}
      {count === 0
        ? (
          <div class="openers" lang={customer.language}>
            <p lang={language}>{texts.empty}</p>
            <button type="button" onClick={() => onCommand('/start')}>/start</button>
            {openers.map((line) => <button key={line} type="button" onClick={() => onCommand(line)}>{line}</button>)}
          </div>
        )
        : null}
    </div>
  );
}
