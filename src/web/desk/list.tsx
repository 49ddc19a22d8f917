/** The list of tickets: filters, search, one row for each ticket, the foot with language and keys. */
import type { RefObject, VNode } from 'preact';
import { ask, type Session, type Ticket, type TicketPage } from './api.js';
import type { Speech } from './app.js';
import { Icon } from './icons.js';
import { LanguagePicker } from './dialogs.js';
import { isUnread } from './seen.js';
import type { Filter, View } from './state.js';
import { formatBrief, formatFull, type Language } from './texts.js';

const VIEWS: readonly View[] = ['active', 'mine', 'new', 'open', 'pending', 'solved', 'closed', 'all'];

interface ListProps {
  readonly speech: Speech;
  readonly session: Session;
  readonly filter: Filter;
  readonly onFilter: (filter: Filter) => void;
  readonly page: TicketPage | undefined;
  readonly openId: string | undefined;
  readonly marked: string | undefined;
  readonly onOpen: (id: string) => void;
  readonly onMore: () => void;
  readonly onHelp: () => void;
  readonly onLanguage: (language: Language) => void;
  readonly onSession: () => void;
  readonly searchBox: RefObject<HTMLInputElement | null>;
}

export function TicketList(props: ListProps): VNode {
  const { speech, page, openId, marked, onOpen, filter } = props;
  const { t } = speech;
  const searching = filter.search.trim() !== '' || filter.queue !== '' || filter.view !== 'active';
  return (
    <nav class="list" aria-label={t('title')}>
      <Filters {...props} />
      <div class="rows">
        {page !== undefined && page.tickets.length === 0 && (
          <div class="empty">
            <Icon name="inbox" size={32} />
            <p>{t(searching ? 'nothingFound' : 'nothing')}</p>
            {!searching && <p class="quiet">{t('nothingHint')}</p>}
          </div>
        )}
        <ul>
          {page?.tickets.map((ticket) => (
            <Row key={ticket.id} speech={speech} ticket={ticket} isOpen={ticket.id === openId} isMarked={ticket.id === marked} onOpen={onOpen} />
          ))}
        </ul>
        {page?.before !== undefined && <button class="button more" onClick={props.onMore}>{t('more')}</button>}
      </div>
      <Foot {...props} />
    </nav>
  );
}

function Filters({ speech: { t }, session, filter, onFilter, page, searchBox }: ListProps): VNode {
  const countOf = (view: View): number | undefined => {
    if (page === undefined || view === 'mine' || view === 'all') return undefined;
    const { counts } = page;
    return view === 'active' ? (counts.new ?? 0) + (counts.open ?? 0) + (counts.pending ?? 0) : counts[view];
  };
  return (
    <header class="filters">
      <h1 class="visually-hidden">{t('title')}</h1>
      <label class="search">
        <Icon name="search" />
        <span class="visually-hidden">{t('search')}</span>
        <input ref={searchBox} type="search" placeholder={t('searchHint')} value={filter.search} maxLength={200} onInput={(event) => onFilter({ ...filter, search: event.currentTarget.value })} />
        <kbd aria-hidden="true">/</kbd>
      </label>
      <div class="selects">
        <select aria-label={t('status')} value={filter.view} onChange={(event) => onFilter({ ...filter, view: VIEWS.find((view) => view === event.currentTarget.value) ?? 'active' })}>
          {VIEWS.map((view) => {
            const count = countOf(view);
            return <option key={view} value={view}>{count === undefined || count === 0 ? t(view) : `${t(view)} · ${count}`}</option>;
          })}
        </select>
        <select aria-label={t('queue')} value={filter.queue} onChange={(event) => onFilter({ ...filter, queue: event.currentTarget.value })}>
          <option value="">{t('allQueues')}</option>
          {session.queues.map((queue) => <option key={queue} value={queue}>{queue}</option>)}
        </select>
      </div>
    </header>
  );
}

interface RowProps {
  readonly speech: Speech;
  readonly ticket: Ticket;
  readonly isOpen: boolean;
  readonly isMarked: boolean;
  readonly onOpen: (id: string) => void;
}

function Row({ speech: { t, language }, ticket, isOpen, isMarked, onOpen }: RowProps): VNode {
  const unread = isUnread(ticket);
  return (
    <li>
      <button id={`row-${ticket.id}`} class={`row ${isOpen ? 'is-open' : ''} ${isMarked ? 'is-marked' : ''} ${unread ? 'is-unread' : ''}`} aria-current={isOpen} onClick={() => onOpen(ticket.id)}>
        <span class="row-line">
          <span class="row-name">{unread && <span class="dot"><span class="visually-hidden">{t('unread')}</span></span>}{ticket.requester.name}</span>
          <time class="row-time" dateTime={new Date(ticket.updatedAtMs).toISOString()} title={formatFull(ticket.updatedAtMs, language)}>{formatBrief(ticket.updatedAtMs, language)}</time>
        </span>
        <span class="row-subject">{ticket.subject}</span>
        <span class="row-preview">{ticket.lastFrom === 'agent' && <Icon name="answer" size={14} />}{ticket.preview}</span>
        <span class="row-facts">
          <span class={`pill is-${ticket.status}`}>{t(ticket.status)}</span>
          {ticket.warning === true && <span class="mark-warning" title={t('warning')}><Icon name="warning" size={15} /><span class="visually-hidden">{t('warning')}</span></span>}
          {(ticket.priority === 'high' || ticket.priority === 'urgent') && <span class={`priority is-${ticket.priority}`}>{t(ticket.priority)}</span>}
          <span class="row-queue">#{ticket.number} · {ticket.queue}</span>
          {ticket.assignee !== undefined && <span class="row-assignee" title={`${t('assignee')}: ${ticket.assignee.name}`}>{ticket.assignee.name}</span>}
        </span>
      </button>
    </li>
  );
}

function Foot({ speech: { t, language }, session, onLanguage, onHelp, onSession }: ListProps): VNode {
  const signOut = (): void => {
    ask('DELETE', '/session').then(onSession, onSession);
  };
  return (
    <footer class="foot">
      <span class="foot-agent"><Icon name="person" />{session.agent?.name}</span>
      <LanguagePicker label={t('language')} language={language} onLanguage={onLanguage} />
      <button class="icon-button" title={`${t('keys')} (?)`} aria-label={t('keys')} onClick={onHelp}><Icon name="help" /></button>
      {session.agent?.id !== 'agent' && <button class="icon-button" title={t('signOut')} aria-label={t('signOut')} onClick={signOut}><Icon name="out" /></button>}
    </footer>
  );
}
