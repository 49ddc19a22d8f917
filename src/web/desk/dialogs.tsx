/** Small dialogs: signing in, the keys, the language. */
import type { RefObject, VNode } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { ApiError, ask } from './api.js';
import type { Speech } from './app.js';
import { Icon } from './icons.js';
import { LANGUAGE_NAMES, LANGUAGES, type Language, type TextKey } from './texts.js';

export function LanguagePicker({ label, language, onLanguage }: { readonly label: string; readonly language: Language; readonly onLanguage: (language: Language) => void }): VNode {
  return (
    <select class="language" aria-label={label} value={language} onChange={(event) => onLanguage(LANGUAGES.find((each) => each === event.currentTarget.value) ?? 'en')}>
      {LANGUAGES.map((each) => <option key={each} value={each} lang={each}>{LANGUAGE_NAMES[each]}</option>)}
    </select>
  );
}

export function SignIn({ speech: { t, language }, onLanguage, onDone }: { readonly speech: Speech; readonly onLanguage: (language: Language) => void; readonly onDone: () => void }): VNode {
  const [name, setName] = useState('');
  const [token, setToken] = useState('');
  const [failure, setFailure] = useState('');
  const submit = (event: Event): void => {
    event.preventDefault();
    ask('POST', '/session', { name, token }).then(onDone, (error: unknown) => {
      const status = error instanceof ApiError ? error.status : 0;
      setFailure(t(status === 401 ? 'wrongToken' : status === 429 ? 'tooManyTries' : status === 0 ? 'offline' : 'failed'));
    });
  };
  return (
    <main class="sign-in">
      <form onSubmit={submit}>
        <h1>{t('signIn')}</h1>
        <p class="quiet">{t('signInHint')}</p>
        <label>{t('name')}<input autocomplete="username" required maxLength={200} value={name} onInput={(event) => setName(event.currentTarget.value)} /></label>
        <label>{t('token')}<input type="password" autocomplete="current-password" required maxLength={500} value={token} onInput={(event) => setToken(event.currentTarget.value)} /></label>
        {failure !== '' && <p class="failure" role="alert">{failure}</p>}
        <button class="button is-primary">{t('signIn')}</button>
        <LanguagePicker label={t('language')} language={language} onLanguage={onLanguage} />
      </form>
    </main>
  );
}

/** Opened before the next key can come. */
export function useModal(): RefObject<HTMLDialogElement | null> {
  const dialog = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => dialog.current?.showModal(), []);
  return dialog;
}

export interface Opening {
  /** Undefined = closed; else the `key` of the dialog that is open. */
  readonly turn: number | undefined;
  readonly open: () => void;
  readonly closed: () => void;
}

/**
 * Whether a dialog is open. The browser tells a moment after it closed one, and by then it may have been asked for again: each opening
 * is a dialog of its own, and the end of one does not close the next.
 */
export function useOpening(): Opening {
  const [turn, setTurn] = useState<number>();
  return {
    turn,
    open: () => setTurn((last = 0) => last + 1),
    closed: () => setTurn((last) => (last === turn ? undefined : last)),
  };
}

const KEYS: readonly (readonly [readonly string[], TextKey])[] = [
  [['j', 'k'], 'keysNext'], [['Enter'], 'keysOpen'], [['r'], 'answer'], [['i'], 'internal'], [['Ctrl', 'Enter'], 'send'], [['/'], 'search'], [['Esc'], 'keysBack'], [['?'], 'keys'],
];

export function HelpOverlay({ speech: { t }, onClose }: { readonly speech: Speech; readonly onClose: () => void }): VNode {
  const dialog = useModal();
  const close = (): void => dialog.current?.close();
  return (
    <dialog ref={dialog} class="help" aria-labelledby="help-title" onClose={onClose} onClick={(event) => { if (event.target === dialog.current) close(); }}>
      <header>
        <h2 id="help-title">{t('keys')}</h2>
        <button class="icon-button" aria-label={t('dismiss')} onClick={close}><Icon name="close" /></button>
      </header>
      <dl>
        {KEYS.map(([names, text]) => (
          <div key={text}>
            <dt>{names.map((name) => <kbd key={name}>{name}</kbd>)}</dt>
            <dd>{t(text)}</dd>
          </div>
        ))}
      </dl>
    </dialog>
  );
}
