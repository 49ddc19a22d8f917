/** The history of a ticket: comments and what else happened, oldest first, by days. Who may read a comment shows at a glance. */
import { Fragment, type VNode } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { CommentEntry, Entry, EventEntry, History, Replied } from './api.js';
import type { Speech } from './app.js';
import { EditableComment } from './comment-edit.js';
import { Reactions } from './comment-react.js';
import { Files } from './files.js';
import { Icon, type IconName } from './icons.js';
import { Rich } from './rich.js';
import { formatDay, formatFull, formatTime, type TextKey } from './texts.js';

interface HistoryProps {
  readonly speech: Speech;
  readonly history: History;
  readonly agentId: string | undefined;
  readonly reactions: readonly string[];
  readonly onEarlier: () => void;
  readonly onOpen: (id: string) => void;
  readonly onReply: (replied: Replied) => void;
}

/** How near to the end somebody must be for new entries to scroll into view by themselves. */
const NEAR_END_PX = 160;

export function HistoryView({ speech, history, agentId, reactions, onEarlier, onOpen, onReply }: HistoryProps): VNode {
  const box = useRef<HTMLDivElement>(null);
  const atEnd = useRef(true);
  const lastTop = useRef(0);
  useEffect(() => {
    const element = box.current;
    if (element !== null && (atEnd.current || isOwnNews(history.entries, agentId))) element.scrollTop = element.scrollHeight;
  }, [history.entries.length]);
  const keepEnd = (): void => {
    if (box.current !== null && atEnd.current) box.current.scrollTop = box.current.scrollHeight;
  };
  const onScroll = (): void => {
    const element = box.current;
    if (element === null) return;
    const isNear = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR_END_PX;
    // A picture that just arrived moves the end away: only who scrolls up has left it.
    atEnd.current = isNear || (atEnd.current && element.scrollTop >= lastTop.current);
    lastTop.current = element.scrollTop;
  };
  return (
    <div ref={box} class="history" role="log" tabIndex={0} aria-label={history.ticket.subject} onScroll={onScroll} onLoadCapture={keepEnd}>
      {history.earlier > 0 && <button class="button more" onClick={onEarlier}>{speech.t('earlier', { n: history.earlier })}</button>}
      <ol>
        {history.entries.map((entry, index) => (
          <Fragment key={entry.id}>
            {isNewDay(history.entries[index - 1], entry) && <li class="day"><span>{formatDay(entry.createdAtMs, speech.language)}</span></li>}
            {entry.kind === 'event'
              ? <EventLine speech={speech} entry={entry} onOpen={onOpen} />
              : <CommentCard speech={speech} comment={entry} follows={continues(history.entries[index - 1], entry)} ticket={history.ticket.id} reactions={reactions} onReply={history.ticket.status === 'closed' ? undefined : onReply} />}
          </Fragment>
        ))}
      </ol>
    </div>
  );
}

/** What somebody has just written comes into view, wherever they had scrolled. */
function isOwnNews(entries: readonly Entry[], agentId: string | undefined): boolean {
  return entries.slice(-2).some((entry) => entry.kind === 'comment' && entry.author.id === agentId);
}

type Look = 'requester' | 'answer' | 'internal' | 'warning' | 'note' | 'system';

const LOOKS: Readonly<Record<Look, { readonly icon: IconName | undefined; readonly label: TextKey }>> = {
  requester: { icon: undefined, label: 'fromCustomer' }, answer: { icon: 'answer', label: 'toCustomer' }, internal: { icon: 'lock', label: 'onlyTeam' },
  warning: { icon: 'warning', label: 'bridge' }, note: { icon: undefined, label: 'bridge' }, system: { icon: undefined, label: 'automation' },
};

function lookOf({ visibility, author, isNote }: CommentEntry): Look {
  if (visibility === 'internal') return author.kind !== 'bridge' ? 'internal' : isNote === true ? 'note' : 'warning';
  if (author.kind === 'requester') return 'requester';
  return author.kind === 'agent' ? 'answer' : 'system';
}

interface CardProps {
  readonly speech: Speech;
  readonly comment: CommentEntry;
  readonly follows: boolean;
  readonly ticket: string;
  readonly reactions: readonly string[];
  readonly onReply: ((replied: Replied) => void) | undefined;
}

function CommentCard({ speech, comment, follows, ticket, reactions, onReply }: CardProps): VNode {
  const { t, language } = speech;
  const look = lookOf(comment);
  const { icon, label } = LOOKS[look];
  const isBridge = look === 'warning' || look === 'note';
  // What was hidden or deleted has left the customer's chat.
  const stands = comment.visibility === 'public' && comment.deleted !== true;
  return (
    <li class={`comment is-${look} ${follows ? 'is-following' : ''}`}>
      <article>
        <header>
          {icon !== undefined && <Icon name={icon} size={16} />}
          <span class="author">{isBridge ? t('bridge') : comment.author.name}</span>
          {!isBridge && <span class="audience">{t(label)}</span>}
          {comment.ticket !== ticket && <span class="audience">{t('fromTicket', { n: comment.ticket })}</span>}
          {comment.changed !== undefined && comment.deleted !== true && (
            <span class="edited" title={`${comment.changed.by}, ${formatFull(comment.changed.atMs, language)}`}>{t(comment.changed.what === 'text' ? 'edited' : 'audienceChanged')}</span>
          )}
          <time dateTime={new Date(comment.createdAtMs).toISOString()} title={formatFull(comment.createdAtMs, language)}>{formatTime(comment.createdAtMs, language)}</time>
          {stands && comment.deliveredAtMs !== undefined && <Delivered speech={{ t, language }} atMs={comment.deliveredAtMs} />}
          {stands && onReply !== undefined && (
            <button class="icon-button is-tiny reply-button" aria-label={t('replyTo')} title={t('replyTo')} onClick={(event) => onReply(repliedOf(comment, event.currentTarget))}><Icon name="answer" size={14} /></button>
          )}
        </header>
        {comment.inReplyTo !== undefined && <div class="replied"><strong>{comment.inReplyTo.name}</strong><span>{comment.inReplyTo.preview}</span></div>}
        {comment.deleted === true ? <p class="quiet removed">{t('commentDeleted', { who: comment.changed?.by ?? '' })}</p>
          : comment.author.kind === 'agent' ? <EditableComment speech={speech} comment={comment} /> : comment.html !== '' && <Rich html={comment.html} />}
        {comment.files.length > 0 && <Files files={comment.files} language={language} />}
        {look === 'requester' && <Reactions speech={speech} comment={comment} reactions={reactions} />}
      </article>
    </li>
  );
}

/** The customer has it; whether they read it Telegram does not tell. */
function Delivered({ speech: { t, language }, atMs }: { readonly speech: Pick<Speech, 't' | 'language'>; readonly atMs: number }): VNode {
  return (
    <span class="delivered" title={t('delivered', { when: formatFull(atMs, language) })}>
      <Icon name="tick" size={16} /><span class="visually-hidden">{t('delivered', { when: formatTime(atMs, language) })}</span>
    </span>
  );
}

/** What is written, as it stands on the page: one line of it. */
function repliedOf({ id, author, files }: CommentEntry, button: HTMLElement): Replied {
  const text = button.closest('article')?.querySelector('.rich')?.textContent.replace(/\s+/g, ' ').trim() ?? '';
  return { id, name: author.name, preview: (text === '' ? files.map((file) => file.name).join(', ') : text).slice(0, 160) };
}

const EVENT_TEXTS: Readonly<Record<EventEntry['field'], TextKey>> = {
  status: 'eventStatus', assignee: 'eventAssignee', queue: 'eventQueue', priority: 'eventPriority', tags: 'eventTags', subject: 'eventSubject', merged: 'eventMerged', follow_up: 'eventFollowUp',
};
const WORDS: readonly TextKey[] = ['new', 'open', 'pending', 'solved', 'closed', 'low', 'normal', 'high', 'urgent'];

function EventLine({ speech: { t, language }, entry, onOpen }: { readonly speech: Speech; readonly entry: EventEntry; readonly onOpen: (id: string) => void }): VNode {
  const spoken = (value: string): string => {
    if (entry.field !== 'status' && entry.field !== 'priority') return value === '' ? '—' : value;
    const key = WORDS.find((word) => word === value);
    return key === undefined ? value : t(key).toLowerCase();
  };
  const text = t(EVENT_TEXTS[entry.field], { who: entry.actor.name, from: spoken(entry.from), to: spoken(entry.to) });
  const isLink = entry.field === 'follow_up';
  return (
    <li class="event">
      {isLink ? <button class="text-button" onClick={() => onOpen(entry.from)}>{text}</button> : <span>{text}</span>}
      <time dateTime={new Date(entry.createdAtMs).toISOString()} title={formatFull(entry.createdAtMs, language)}>{formatTime(entry.createdAtMs, language)}</time>
    </li>
  );
}

function isNewDay(before: Entry | undefined, entry: Entry): boolean {
  return before === undefined || new Date(before.createdAtMs).toDateString() !== new Date(entry.createdAtMs).toDateString();
}

/** The same author goes on within a few minutes: no need to name them again. */
function continues(before: Entry | undefined, entry: CommentEntry): boolean {
  return before?.kind === 'comment' && before.author.id === entry.author.id && before.visibility === entry.visibility
    && before.ticket === entry.ticket && entry.createdAtMs - before.createdAtMs < 5 * 60_000 && !isNewDay(before, entry);
}
