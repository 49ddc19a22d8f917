/** What an agent does to a comment that stands already: change its text, its audience, or take it away. */
import type { RefObject, VNode } from 'preact';
import { useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { ask, type CommentEntry } from './api.js';
import type { Speech } from './app.js';
import { Rich } from './rich.js';

interface Props {
  readonly speech: Speech;
  readonly comment: CommentEntry;
}

/** The text of a comment, and below it what can be done to it. The page reads the ticket again when the desk says that it changed. */
export function EditableComment({ speech: { t }, comment }: Props): VNode {
  const [editing, setEditing] = useState(false);
  const [asking, setAsking] = useState<'delete' | 'publish'>();
  const [failed, setFailed] = useState(false);
  const path = `/tickets/${comment.ticket}/comments/${comment.id}`;
  const attempt = (work: Promise<unknown>): void => {
    work.then(() => { setFailed(false); setEditing(false); }, () => setFailed(true));
  };
  const setVisibility = (visibility: CommentEntry['visibility']): void => attempt(ask('PATCH', path, { visibility }));
  const answered = (work?: () => void) => (): void => { setAsking(undefined); work?.(); };
  return (
    <>
      {editing
        ? <Editor html={comment.html} label={t('edit')} save={t('saveEdit')} cancel={t('cancel')} onSave={(html) => attempt(ask('PATCH', path, { html }))} onCancel={() => setEditing(false)} />
        : comment.html !== '' && <Rich html={comment.html} />}
      {failed && <p class="failure" role="alert">{t('changeFailed')}</p>}
      {asking === 'delete' && (
        <Question text={t(comment.visibility === 'public' ? 'deleteSure' : 'deleteInternalSure')} yes={t('deleteComment')} no={t('cancel')} onYes={answered(() => attempt(ask('DELETE', path)))} onNo={answered()} />
      )}
      {asking === 'publish' && <Question text={t('publishSure')} yes={t('makePublic')} no={t('cancel')} onYes={answered(() => setVisibility('public'))} onNo={answered()} />}
      {!editing && asking === undefined && (
        <p class="comment-tools is-idle">
          {comment.html !== '' && <button class="text-button" onClick={() => setEditing(true)}>{t('edit')}</button>}
          {comment.visibility === 'public'
            ? <button class="text-button" onClick={() => setVisibility('internal')}>{t('makeInternal')}</button>
            : <button class="text-button" onClick={() => setAsking('publish')}>{t('makePublic')}</button>}
          <button class="text-button" onClick={() => setAsking('delete')}>{t('deleteComment')}</button>
        </p>
      )}
    </>
  );
}

interface QuestionProps {
  readonly text: string;
  readonly yes: string;
  readonly no: string;
  readonly onYes: () => void;
  readonly onNo: () => void;
}

/** Asked before what the customer's chat does not give back. Who presses Enter without reading has said no. */
function Question({ text, yes, no, onYes, onNo }: QuestionProps): VNode {
  const box = useInView<HTMLParagraphElement>();
  const refusal = useRef<HTMLButtonElement>(null);
  // Before it is painted: who presses a key next has seen it.
  useLayoutEffect(() => refusal.current?.focus({ preventScroll: true }), []);
  return (
    <p ref={box} class="comment-tools" role="alertdialog" aria-label={yes} onKeyDown={(event) => { if (event.key === 'Escape') leave(event, onNo); }}>
      <span>{text}</span>
      <button class="button is-small" onClick={onYes}>{yes}</button>
      <button ref={refusal} class="text-button" onClick={onNo}>{no}</button>
    </p>
  );
}

/** This Escape is spent: what has the focus is gone by the time the page's own keys hear of it, and they would leave the ticket. */
function leave(event: KeyboardEvent, close: () => void): void {
  event.stopPropagation();
  close();
}

/** What opens at the lower end of the history is not left half hidden there. */
function useInView<T extends HTMLElement>(): RefObject<T | null> {
  const element = useRef<T>(null);
  useLayoutEffect(() => element.current?.scrollIntoView({ block: 'nearest' }), []);
  return element;
}

interface EditorProps {
  readonly html: string;
  readonly label: string;
  readonly save: string;
  readonly cancel: string;
  readonly onSave: (html: string) => void;
  readonly onCancel: () => void;
}

/** Formatting stays as it is: the browser edits the elements, and the desk cleans what comes back. */
function Editor({ html, label, save, cancel, onSave, onCancel }: EditorProps): VNode {
  const whole = useInView<HTMLDivElement>();
  const box = useRef<HTMLDivElement>(null);
  // What is being edited stays as it is, whatever the page reads meanwhile.
  const text = useMemo(() => <Rich html={html} />, []);
  useLayoutEffect(() => box.current?.focus({ preventScroll: true }), []);
  const submit = (): void => onSave(box.current?.querySelector('.rich')?.innerHTML ?? '');
  const onKey = (event: KeyboardEvent): void => {
    if (event.key === 'Escape') leave(event, onCancel);
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) submit();
  };
  return (
    <div ref={whole} class="comment-editor">
      <div ref={box} contentEditable role="textbox" aria-multiline="true" aria-label={label} tabIndex={0} onKeyDown={onKey}>{text}</div>
      <p class="comment-tools">
        <button class="button is-small is-primary" onClick={submit}>{save}</button>
        <button class="text-button" onClick={onCancel}>{cancel}</button>
      </p>
    </div>
  );
}
