/** The open ticket: who and what it is about, its status, its history, and the composer below. */
import type { VNode } from 'preact';
import { useEffect, useLayoutEffect, useState } from 'preact/hooks';
import { ask, type Replied, type Session, type Status, type Ticket } from './api.js';
import type { Speech } from './app.js';
import { Composer } from './composer.js';
import { useOpening } from './dialogs.js';
import { HistoryView } from './history.js';
import { Icon } from './icons.js';
import { NewTicket } from './new-ticket.js';
import { RequesterPanel } from './requester.js';
import { markSeen } from './seen.js';
import type { OpenTicket } from './state.js';

const SETTABLE: readonly Exclude<Status, 'new' | 'closed'>[] = ['open', 'pending', 'solved'];

interface PaneProps {
  readonly speech: Speech;
  readonly session: Session;
  readonly open: OpenTicket;
  readonly openId: string | undefined;
  readonly onBack: () => void;
  readonly onOpen: (id: string) => void;
  readonly onChanged: () => void;
  readonly onSeen: () => void;
}

export function TicketPane({ speech, session, open, openId, onBack, onOpen, onChanged, onSeen }: PaneProps): VNode {
  const { t } = speech;
  const ticket = open.history?.ticket;
  const [replied, setReplied] = useState<Replied>();
  // Before the other ticket can be answered.
  useLayoutEffect(() => setReplied(undefined), [ticket?.id]);
  useEffect(() => {
    const note = (): void => {
      if (ticket !== undefined && !document.hidden && markSeen(ticket.id, ticket.lastRequesterEntry)) onSeen();
    };
    note();
    document.addEventListener('visibilitychange', note);
    return () => document.removeEventListener('visibilitychange', note);
  }, [ticket?.id, ticket?.lastRequesterEntry]);
  if (openId === undefined || open.history === undefined || ticket === undefined) {
    return (
      <main class="pane is-empty">
        {openId === undefined && <div class="empty"><Icon name="inbox" size={36} /><p>{t('pick')}</p><p class="quiet">{t('pickHint')}</p></div>}
        {open.gone && <div class="empty"><p>{t('gone')}</p><button class="button" onClick={onBack}>{t('back')}</button></div>}
      </main>
    );
  }
  return (
    <main class="pane" aria-label={`#${ticket.number} ${ticket.subject}`}>
      <TicketHead key={`head-${ticket.id}`} speech={speech} session={session} ticket={ticket} onBack={onBack} onOpen={onOpen} onChanged={onChanged} />
      <HistoryView key={ticket.id} speech={speech} history={open.history} agentId={session.agent?.id} reactions={session.reactions} onEarlier={open.showEarlier} onOpen={onOpen} onReply={setReplied} />
      <Composer key={`composer-${ticket.id}`} speech={speech} ticket={ticket} replied={replied} onReply={setReplied} onSent={onChanged} />
    </main>
  );
}

interface HeadProps {
  readonly speech: Speech;
  readonly session: Session;
  readonly ticket: Ticket;
  readonly onBack: () => void;
  readonly onOpen: (id: string) => void;
  readonly onChanged: () => void;
}

function TicketHead({ speech, session, ticket, onBack, onOpen, onChanged }: HeadProps): VNode {
  const { t } = speech;
  const [failed, setFailed] = useState(false);
  const newTicket = useOpening();
  const change = (changes: object): void => {
    ask('PATCH', `/tickets/${ticket.id}`, changes).then(() => {
      setFailed(false);
      onChanged();
    }, () => setFailed(true));
  };
  const close = (): void => {
    if (confirm(t('closeSure'))) change({ status: 'closed' });
  };
  const isMine = ticket.assignee !== undefined && ticket.assignee.id === session.agent?.id;
  return (
    <header class="head">
      <div class="head-top">
        <button class="icon-button back" aria-label={t('back')} title={t('back')} onClick={onBack}><Icon name="back" /></button>
        <h2><span class="number">#{ticket.number}</span> {ticket.subject}</h2>
      </div>
      <RequesterPanel speech={speech} requester={ticket.requester} onNewTicket={newTicket.open} />
      <div class="head-facts">
        <span class="fact"><Icon name="inbox" size={16} />{ticket.queue}</span>
        {(ticket.priority === 'high' || ticket.priority === 'urgent') && <span class={`priority is-${ticket.priority}`}>{t(ticket.priority)}</span>}
        {ticket.tags.map((tag) => <span key={tag} class="tag">{tag}</span>)}
      </div>
      <div class="head-actions">
        <StatusButtons t={t} ticket={ticket} onStatus={(status) => (status === 'closed' ? close() : change({ status }))} />
        <span class="assignee">
          <span class="quiet">{ticket.assignee === undefined ? t('unassigned') : ticket.assignee.name}</span>
          {ticket.status !== 'closed' && <button class="button is-small" onClick={() => change({ assignee: isMine ? null : 'me' })}>{t(isMine ? 'release' : 'take')}</button>}
        </span>
      </div>
      {failed && <p class="failure" role="alert">{t('failed')}</p>}
      {newTicket.turn !== undefined && <NewTicket key={newTicket.turn} speech={speech} like={ticket} queues={session.queues} onClose={newTicket.closed} onOpened={onOpen} />}
    </header>
  );
}

function StatusButtons({ t, ticket, onStatus }: { readonly t: Speech['t']; readonly ticket: Ticket; readonly onStatus: (status: Status) => void }): VNode {
  if (ticket.status === 'closed') return <span class="pill is-closed">{t('closed')}</span>;
  return (
    <span class="statuses" role="group" aria-label={t('status')}>
      {ticket.status === 'new' && <span class="status-button is-new is-current" aria-current="true">{t('new')}</span>}
      {SETTABLE.map((status) => (
        <button key={status} class={`status-button is-${status} ${ticket.status === status ? 'is-current' : ''}`} aria-pressed={ticket.status === status} onClick={() => onStatus(status)}>{t(status)}</button>
      ))}
      <button class="status-button is-closed" aria-pressed={false} onClick={() => onStatus('closed')}>{t('close')}</button>
    </span>
  );
}
