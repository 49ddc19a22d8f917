/** The dialog in which an agent opens a ticket for a requester: its first comment is an answer, and so goes to Telegram. */
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { ask, type Ticket } from './api.js';
import type { Speech } from './app.js';
import { composeHtml } from './compose-markup.js';
import { useModal } from './dialogs.js';
import { Icon } from './icons.js';
import { createDrafts } from './kept.js';
import { useSending } from './sending.js';

interface NewTicketProps {
  readonly speech: Speech;
  /** The new one is for its requester, and goes to its queue unless another is picked. */
  readonly like: Ticket;
  readonly queues: readonly string[];
  readonly onClose: () => void;
  readonly onOpened: (id: string) => void;
}

interface Draft {
  readonly subject: string;
  readonly text: string;
}

interface Opened {
  readonly ticket: Ticket;
}

const EMPTY: Draft = { subject: '', text: '' };

/** By requester. */
const drafts = createDrafts<Draft, Opened>(EMPTY, EMPTY);

export function NewTicket({ speech: { t }, like: { requester, queue: usual }, queues, onClose, onOpened }: NewTicketProps): VNode {
  const [{ subject, text }, setDraft] = useState(drafts.read(requester.id));
  const [queue, setQueue] = useState(queues.includes(usual) ? usual : queues[0]);
  const dialog = useModal();
  // At once, and not after the next paint: Escape may come before it.
  const write = (change: Partial<Draft>): void => setDraft(drafts.write(requester.id, change));
  const { state, send: start } = useSending(drafts, requester.id, ({ ticket }) => {
    dialog.current?.close();
    onOpened(ticket.id);
  });
  const ready = state !== 'sending' && subject.trim() !== '' && text.trim() !== '';
  const send = (): void => {
    if (ready) start((key) => ask('POST', '/tickets', { requester: requester.id, subject, queue, html: composeHtml(text), key }));
  };
  const submit = (event: Event): void => {
    event.preventDefault();
    send();
  };
  return (
    <dialog ref={dialog} class="new-ticket" aria-labelledby="new-ticket-title" onClose={onClose}>
      <form onSubmit={submit}>
        <header>
          <h2 id="new-ticket-title">{t('newTicketFor', { who: requester.name })}</h2>
          <button type="button" class="icon-button" aria-label={t('dismiss')} onClick={() => dialog.current?.close()}><Icon name="close" /></button>
        </header>
        <label>{t('subject')}<input required readOnly={state === 'sending'} maxLength={300} value={subject} onInput={(event) => write({ subject: event.currentTarget.value })} /></label>
        {queues.length > 1 && (
          <label>{t('queue')}<select value={queue} onChange={(event) => setQueue(event.currentTarget.value)}>{queues.map((name) => <option key={name} value={name}>{name}</option>)}</select></label>
        )}
        <label>{t('text')}<textarea required readOnly={state === 'sending'} rows={6} maxLength={30000} value={text} onInput={(event) => write({ text: event.currentTarget.value })}
          onKeyDown={(event) => { if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) send(); }} /></label>
        <p class="quiet">{t('newTicketHint')}</p>
        {(state === 'failed' || state === 'writtenBefore') && <p class="failure" role="alert">{t(state)}</p>}
        <footer>
          <button type="button" class="button" onClick={() => dialog.current?.close()}>{t('cancel')}</button>
          <button class="button is-primary" disabled={!ready} title="Ctrl+Enter"><Icon name="send" size={16} />{t('send')}</button>
        </footer>
      </form>
    </dialog>
  );
}
