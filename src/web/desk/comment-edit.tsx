/** What an agent does to a comment that stands already: change its text, its audience, or take it away. */
import type { VNode } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
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
  const [asking, setAsking] = useState(false);
  const [failed, setFailed] = useState(false);
  const path = `/tickets/${comment.ticket}/comments/${comment.id}`;
  const attempt = (work: Promise<unknown>): void => {
    work.then(() => { setFailed(false); setEditing(false); }, () => setFailed(true));
  };
  const other = comment.visibility === 'public' ? 'internal' : 'public';
  return (
    <>
      {editing
        ? <Editor html={comment.html} label={t('edit')} save={t('saveEdit')} cancel={t('cancel')} onSave={(html) => attempt(ask('PATCH', path, { html }))} onCancel={() => setEditing(false)} />
        : comment.html !== '' && <Rich html={comment.html} />}
      {failed && <p class="failed" role="alert">{t('changeFailed')}</p>}
      {asking && (
        <p class="comment-tools" role="alertdialog" aria-label={t('deleteComment')}>
          <span>{t('deleteSure')}</span>
          <button class="button" onClick={() => { setAsking(false); attempt(ask('DELETE', path)); }}>{t('deleteComment')}</button>
          <button class="text-button" onClick={() => setAsking(false)}>{t('cancel')}</button>
        </p>
      )}
      {!editing && !asking && (
        <p class="comment-tools">
          {comment.html !== '' && <button class="text-button" onClick={() => setEditing(true)}>{t('edit')}</button>}
          <button class="text-button" onClick={() => attempt(ask('PATCH', path, { visibility: other }))}>{t(other === 'internal' ? 'makeInternal' : 'makePublic')}</button>
          <button class="text-button" onClick={() => setAsking(true)}>{t('deleteComment')}</button>
        </p>
      )}
    </>
  );
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
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => box.current?.focus(), []);
  const submit = (): void => onSave(box.current?.querySelector('.rich')?.innerHTML ?? '');
  const onKey = (event: KeyboardEvent): void => {
    if (event.key === 'Escape') onCancel();
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) submit();
  };
  return (
    <div class="comment-editor">
      <div ref={box} contentEditable role="textbox" aria-multiline="true" aria-label={label} tabIndex={0} onKeyDown={onKey}><Rich html={html} /></div>
      <p class="comment-tools">
        <button class="button" onClick={submit}>{save}</button>
        <button class="text-button" onClick={onCancel}>{cancel}</button>
      </p>
    </div>
  );
}
