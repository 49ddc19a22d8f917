/** What belongs here: everything with which the customer sends something. */
import type { JSX } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { Icon } from './icons.js';
import { KINDS } from './kinds.js';
import { Popover } from './popover.js';
import { pickFile, PLACE, samplePhoto, sampleVoice } from './presets.js';
import type { Language, Texts } from './texts.js';
import { say, sendContact, sendFiles, sendKind, sendLocation } from './wire.js';
import type { ChatMessage, Customer, Picked } from './wire.js';
import { previewOf } from './message.js';

interface Props {
  readonly customer: Customer;
  readonly texts: Texts;
  readonly language: Language;
  readonly replyTo: ChatMessage | undefined;
  readonly onReply: (message: ChatMessage | undefined) => void;
  readonly attempt: (work: Promise<void>) => void;
}

export function Composer({ customer, texts, language, replyTo, onReply, attempt }: Props): JSX.Element {
  const [text, setText] = useState('');
  const area = useRef<HTMLTextAreaElement>(null);
  useLayoutEffect(() => {
    if (replyTo !== undefined) area.current?.focus();
  }, [replyTo]);
  const done = (work: Promise<void>): void => {
    attempt(work);
    onReply(undefined);
  };
  const submit = (): void => {
    if (text.trim() === '') return;
    done(say(customer.id, text, replyTo?.message_id));
    setText('');
  };
  const onKey = (event: KeyboardEvent): void => {
    if (event.key === 'Escape' && replyTo !== undefined) onReply(undefined);
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    submit();
  };
  const send = (...picked: readonly Picked[]): void => {
    for (const files of companies(picked)) done(sendFiles(customer.id, files, files[0] === picked[0] ? text.trim() : '', replyTo?.message_id));
    setText((now) => (now === text ? '' : now)); // a picture is drawn before it goes, and somebody may write meanwhile
  };
  return (
    <form class="composer" onSubmit={(event) => { event.preventDefault(); submit(); }}>
      {replyTo === undefined ? null : <ReplyBar message={replyTo} texts={texts} language={language} onCancel={() => onReply(undefined)} />}
      <div class="composer-row">
        <Attach customer={customer} texts={texts} language={language} send={send} done={done} sendKind={(kind) => done(sendKind(customer.id, kind, replyTo?.message_id))} />
        {customer.commands.length === 0 ? null : <Commands customer={customer} texts={texts} done={done} />}
        <textarea dir="auto" ref={area} rows={Math.min(5, text.split('\n').length)} value={text} maxLength={4096} placeholder={texts.write} aria-label={texts.write}
          onInput={(event) => setText(event.currentTarget.value)} onKeyDown={onKey} />
        <button type="submit" class="round send" aria-label={texts.send} title={texts.send} disabled={text.trim() === ''}><Icon name="send" /></button>
      </div>
    </form>
  );
}

function ReplyBar({ message, texts, language, onCancel }: { readonly message: ChatMessage; readonly texts: Texts; readonly language: Language; readonly onCancel: () => void }): JSX.Element {
  return (
    <div class="reply-bar">
      <Icon name="reply" size={18} />
      <span class="quoted"><strong>{message.from?.first_name}</strong><span>{previewOf(message, texts, language)}</span></span>
      <button type="button" class="round small" aria-label={texts.cancel} title={texts.cancel} onClick={onCancel}><Icon name="close" size={16} /></button>
    </div>
  );
}

/** What may go together: photos with videos, documents alone, audio alone. */
function companies(picked: readonly Picked[]): readonly (readonly Picked[])[] {
  const groups = new Map<string, Picked[]>();
  for (const one of picked) {
    const company = one.kind === 'video' ? 'photo' : one.kind;
    groups.set(company, [...groups.get(company) ?? [], one]);
  }
  return [...groups.values()];
}

interface AttachProps {
  readonly customer: Customer;
  readonly texts: Texts;
  readonly language: Language;
  readonly sendKind: (kind: string) => void;
  readonly send: (...picked: readonly Picked[]) => void;
  readonly done: (work: Promise<void>) => void;
}

function Attach({ customer, texts, language, send, sendKind: sendOne, done }: AttachProps): JSX.Element {
  const photo = useRef<HTMLInputElement>(null);
  const file = useRef<HTMLInputElement>(null);
  const take = (asPhoto: boolean) => (event: { readonly currentTarget: HTMLInputElement }): void => {
    const picked = [...event.currentTarget.files ?? []];
    event.currentTarget.value = '';
    if (picked.length > 0) send(...picked.map((each) => pickFile(each, asPhoto)));
  };
  const choices = [
    { icon: 'photo', label: texts.samplePhoto, run: () => void samplePhoto('№ 48213').then((picked) => send(picked)) },
    { icon: 'photos', label: texts.sampleAlbum, run: () => void Promise.all(['№ 48213', '№ 48214', '№ 48215'].map(samplePhoto)).then((picked) => send(...picked)) },
    { icon: 'voice', label: texts.voice, run: () => send(sampleVoice()) },
    { icon: 'place', label: texts.place, run: () => done(sendLocation(customer.id, PLACE.latitude, PLACE.longitude)) },
    { icon: 'person', label: texts.contact, run: () => done(sendContact(customer.id, '+7 701 000 11 22', customer.name)) },
    { icon: 'photo', label: texts.photo, run: () => photo.current?.click() },
    { icon: 'file', label: texts.file, run: () => file.current?.click() },
  ] as const;
  return (
    <>
      <Popover label={texts.attach} icon="clip" side="above">
        {(close) => (
          <>
            {choices.map(({ icon, label, run }) => (
              <button key={label} type="button" role="menuitem" onClick={() => { close(); run(); }}><Icon name={icon} size={18} />{label}</button>
            ))}
            <span class="menu-title">{texts.kinds}</span>
            {KINDS.map(({ name, emoji, titles }) => (
              <button key={name} type="button" role="menuitem" onClick={() => { close(); sendOne(name); }}><span class="menu-emoji" aria-hidden="true">{emoji}</span>{titles[language]}</button>
            ))}
          </>
        )}
      </Popover>
      <input ref={photo} type="file" accept="image/png,image/jpeg,image/gif,image/webp" multiple hidden onChange={take(true)} />
      <input ref={file} type="file" multiple hidden onChange={take(false)} />
    </>
  );
}

function Commands({ customer, texts, done }: { readonly customer: Customer; readonly texts: Texts; readonly done: (work: Promise<void>) => void }): JSX.Element {
  return (
    <Popover label={texts.menu} text="/" side="above">
      {(close) => customer.commands.map(({ command, description }) => (
        <button key={command} type="button" role="menuitem" onClick={() => { close(); done(say(customer.id, `/${command}`)); }}>
          <span class="command">/{command}</span><span class="command-about">{description}</span>
        </button>
      ))}
    </Popover>
  );
}
