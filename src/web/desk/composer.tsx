/** Where an agent writes: to the customer or to the team, and never by mistake to the other: colour, icon, words and button all change. */
import type { RefObject, VNode } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { ask, type FileRef, type Replied, type Ticket } from './api.js';
import type { Speech } from './app.js';
import { composeHtml } from './compose-markup.js';
import { DraftFiles, useUploads, type Uploads } from './drafts.js';
import { Icon, type IconName } from './icons.js';
import { createDrafts } from './kept.js';
import { COMPOSE_EVENT } from './keys.js';
import { useSending } from './sending.js';
import type { TextKey } from './texts.js';
import { useTyping } from './typing.js';

type Visibility = 'public' | 'internal';

interface ComposerProps {
  readonly speech: Speech;
  readonly ticket: Ticket;
  /** The comment that the answer is to. */
  readonly replied: Replied | undefined;
  readonly onReply: (replied: Replied | undefined) => void;
  readonly onSent: () => void;
}

interface Draft {
  readonly visibility: Visibility;
  readonly text: string;
}

/** By ticket. The side of the switch stays when its text is sent. */
const drafts = createDrafts<Draft, unknown>({ visibility: 'public', text: '' }, { text: '' });

export function Composer({ speech, ticket, replied, onReply, onSent }: ComposerProps): VNode {
  const { t } = speech;
  const [{ visibility: chosen, text }, setDraft] = useState(drafts.read(ticket.id));
  const [status, setStatus] = useState('');
  const uploads = useUploads();
  const field = useRef<HTMLTextAreaElement>(null);
  const sent = useRef<readonly FileRef[]>([]);
  const isClosed = ticket.status === 'closed';
  const visibility = isClosed ? 'internal' : chosen;
  // At once, and not after the next paint: another ticket may be opened before it.
  const write = (change: Partial<Draft>): void => setDraft(drafts.write(ticket.id, change));
  const setVisibility = (next: Visibility): void => write({ visibility: next });
  useTyping(ticket.id, visibility === 'public' ? text : '');
  useComposeKeys(setVisibility, field);
  useGrowing(field, text);
  useLayoutEffect(() => { if (replied !== undefined) field.current?.focus(); }, [replied]);
  const { state, send: start } = useSending(drafts, ticket.id, () => {
    setDraft(drafts.read(ticket.id));
    setStatus('');
    uploads.clear(sent.current);
    onReply(undefined);
    onSent();
  });
  const ready = state !== 'sending' && !uploads.busy && (text.trim() !== '' || uploads.done.length > 0);
  const send = (): void => {
    if (!ready) return;
    sent.current = uploads.done;
    const json = { visibility, html: composeHtml(text), files: uploads.done.map((file) => file.id), ...(status === '' || isClosed ? {} : { status }), ...(replied === undefined ? {} : { inReplyTo: replied.id }) };
    start((key) => ask('POST', `/tickets/${ticket.id}/comments`, { ...json, key }));
  };
  return (
    <section class={`composer is-${visibility} ${uploads.over ? 'is-over' : ''}`} aria-label={t(visibility === 'public' ? 'answer' : 'internal')} {...uploads.handlers}>
      {isClosed && <p class="closed-hint">{t('closedHint')}</p>}
      <Switch t={t} visibility={visibility} isClosed={isClosed} onVisibility={(next) => { setVisibility(next); field.current?.focus(); }} />
      <div class="paper">
        {replied !== undefined && <ReplyBar t={t} replied={replied} onCancel={() => onReply(undefined)} />}
        <textarea dir="auto" ref={field} readOnly={state === 'sending'} rows={2} value={text} maxLength={30000} placeholder={t(visibility === 'public' ? 'answerPlaceholder' : 'internalPlaceholder')} aria-label={t(visibility === 'public' ? 'answer' : 'internal')}
          onInput={(event) => write({ text: event.currentTarget.value })} onKeyDown={(event) => { if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) send(); }} />
        <DraftFiles speech={speech} uploads={uploads} />
        <div class="tools">
          <Tools t={t} field={field} onText={(next) => write({ text: next })} uploads={uploads} />
          <span class="tools-end">
            {!isClosed && (
              <select aria-label={t('thenStatus')} value={status} onChange={(event) => setStatus(event.currentTarget.value)}>
                <option value="">{t('keepStatus')}</option>
                <option value="pending">{t('thenPending')}</option>
                <option value="solved">{t('thenSolved')}</option>
              </select>
            )}
            <button class="button is-send" disabled={!ready} title="Ctrl+Enter" onClick={send}><Icon name={visibility === 'public' ? 'send' : 'lock'} size={16} />{t(visibility === 'public' ? 'send' : 'save')}</button>
          </span>
        </div>
      </div>
      {(state === 'failed' || state === 'writtenBefore') && <p class="failure" role="alert">{t(state)}</p>}
      {uploads.over && <p class="drop-hint" aria-hidden="true">{t('drop')}</p>}
    </section>
  );
}

function ReplyBar({ t, replied, onCancel }: { readonly t: Speech['t']; readonly replied: Replied; readonly onCancel: () => void }): VNode {
  return (
    <div class="reply-bar">
      <Icon name="answer" size={16} />
      <span class="replied"><strong>{t('replying', { who: replied.name })}</strong><span>{replied.preview}</span></span>
      <button class="icon-button is-tiny" aria-label={t('remove')} title={t('remove')} onClick={onCancel}><Icon name="close" size={14} /></button>
    </div>
  );
}

interface SwitchProps {
  readonly t: Speech['t'];
  readonly visibility: Visibility;
  readonly isClosed: boolean;
  readonly onVisibility: (visibility: Visibility) => void;
}

function Switch({ t, visibility, isClosed, onVisibility }: SwitchProps): VNode {
  const choices: readonly (readonly [Visibility, IconName, TextKey])[] = [['public', 'answer', 'answer'], ['internal', 'lock', 'internal']];
  return (
    <div class="switch">
      <div role="radiogroup" aria-label={t('answer')} class="switch-choices">
        {choices.map(([value, icon, text]) => (
          <button key={value} role="radio" aria-checked={visibility === value} disabled={isClosed && value === 'public'} class={`switch-choice is-${value}`} onClick={() => onVisibility(value)}><Icon name={icon} size={16} />{t(text)}</button>
        ))}
      </div>
      <span class="switch-hint" aria-live="polite">{t(visibility === 'public' ? 'answerHint' : 'internalHint')}</span>
    </div>
  );
}

function Tools({ t, field, onText, uploads }: { readonly t: Speech['t']; readonly field: RefObject<HTMLTextAreaElement | null>; readonly onText: (text: string) => void; readonly uploads: Uploads }): VNode {
  const picker = useRef<HTMLInputElement>(null);
  const wrap = (before: string, after: string): void => {
    const area = field.current;
    if (area === null) return;
    const { selectionStart: from, selectionEnd: to, value } = area;
    onText(value.slice(0, from) + before + value.slice(from, to) + after + value.slice(to));
    requestAnimationFrame(() => {
      area.focus();
      area.setSelectionRange(from + before.length, to + before.length);
    });
  };
  return (
    <span class="tools-start">
      <button class="icon-button glyph" title={t('bold')} aria-label={t('bold')} onClick={() => wrap('**', '**')}><b>B</b></button>
      <button class="icon-button glyph" title={t('italic')} aria-label={t('italic')} onClick={() => wrap('_', '_')}><i>I</i></button>
      <button class="icon-button" title={t('link')} aria-label={t('link')} onClick={() => wrap('[', '](https://)')}><Icon name="link" /></button>
      <button class="icon-button" title={t('list')} aria-label={t('list')} onClick={() => wrap('- ', '')}><Icon name="list" /></button>
      <button class="icon-button" title={t('attach')} aria-label={t('attach')} onClick={() => picker.current?.click()}><Icon name="clip" /></button>
      <input ref={picker} type="file" multiple hidden onChange={(event) => { uploads.add(event.currentTarget.files); event.currentTarget.value = ''; }} />
    </span>
  );
}

function useComposeKeys(setVisibility: (visibility: Visibility) => void, field: RefObject<HTMLTextAreaElement | null>): void {
  // Before it is painted: who sees the field may press its key.
  useLayoutEffect(() => {
    const listen = (event: Event): void => {
      if (!(event instanceof CustomEvent)) return;
      setVisibility(event.detail === 'internal' ? 'internal' : 'public');
      field.current?.focus();
    };
    addEventListener(COMPOSE_EVENT, listen);
    return () => removeEventListener(COMPOSE_EVENT, listen);
  }, []);
}

/** The field is as high as its text, up to the limit in the stylesheet. */
function useGrowing(field: RefObject<HTMLTextAreaElement | null>, text: string): void {
  useLayoutEffect(() => {
    const area = field.current;
    if (area === null) return;
    area.style.height = 'auto';
    area.style.height = `${area.scrollHeight}px`;
  }, [text]);
}
