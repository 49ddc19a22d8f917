/** What belongs here: changing a message that the customer sent, in its place. */
import type { JSX } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import type { Texts } from './texts.js';

interface Props {
  readonly text: string;
  readonly texts: Texts;
  readonly onSave: (text: string) => void;
  readonly onCancel: () => void;
}

export function EditForm({ text, texts, onSave, onCancel }: Props): JSX.Element {
  const area = useRef<HTMLTextAreaElement>(null);
  useLayoutEffect(() => area.current?.focus(), []); // who types at once types here
  const submit = (): void => {
    const now = area.current?.value.trim() ?? '';
    if (now !== '') onSave(now);
  };
  const onKey = (event: KeyboardEvent): void => {
    if (event.key === 'Escape') onCancel();
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    submit();
  };
  return (
    <form class="edit-form" onSubmit={(event) => { event.preventDefault(); submit(); }}>
      <textarea ref={area} rows={Math.min(6, text.split('\n').length + 1)} maxLength={4096} defaultValue={text} aria-label={texts.edit} onKeyDown={onKey} />
      <p><button type="submit">{texts.save}</button><button type="button" onClick={onCancel}>{texts.cancel}</button></p>
    </form>
  );
}
