/** What belongs here: the frame of the page: header, three columns, language. */
import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { Flow } from './flow.js';
import { Icon } from './icons.js';
import { Phone } from './phone.js';
import { usePage } from './store.js';
import { LANGUAGES, TEXTS } from './texts.js';
import type { Language, Texts } from './texts.js';

const NAMES: Readonly<Record<Language, string>> = { kk: 'Қазақша', ru: 'Русский', en: 'English' };
/** The desk reads the same key, so that one choice serves the whole page. */
const LANGUAGE_KEY = 'desk-language';

export function App(): JSX.Element {
  const page = usePage();
  const [language, setLanguage] = useState<Language>(firstLanguage);
  const texts = TEXTS[language];
  useEffect(() => {
    document.documentElement.lang = language;
  }, [language]);
  const choose = (choice: Language): void => {
    localStorage.setItem(LANGUAGE_KEY, choice);
    setLanguage(choice);
  };
  return (
    <div class="page">
      <Header language={language} texts={texts} onLanguage={choose} />
      <main class="columns">
        <section class="column column-phone" aria-labelledby="phone-title">
          <Caption id="phone-title" step="1" title={texts.phoneTitle} hint={texts.phoneHint} />
          <Phone page={page} texts={texts} language={language} />
        </section>
        <section class="column column-flow" aria-labelledby="flow-title">
          <Caption id="flow-title" step="2" title={texts.bridgeTitle} hint={texts.bridgeHint} />
          <Flow page={page} texts={texts} language={language} />
        </section>
        <section class="column column-desk" aria-labelledby="desk-title">
          <Caption id="desk-title" step="3" title={texts.deskTitle} hint={texts.deskHint}>
            <a class="out" href="/desk/" target="_blank" rel="noopener" title={texts.openDesk} aria-label={texts.openDesk}><Icon name="out" size={16} /></a>
          </Caption>
          <iframe key={language} class="desk" src="/desk/" title={texts.deskTitle} />
        </section>
      </main>
      {page.connected ? null : <p class="lost" role="status">{texts.lost}</p>}
    </div>
  );
}

interface HeaderProps {
  readonly language: Language;
  readonly texts: Texts;
  readonly onLanguage: (language: Language) => void;
}

function Header({ language, texts, onLanguage }: HeaderProps): JSX.Element {
  return (
    <header class="header">
      <span class="logo"><Icon name="bridge" size={22} /></span>
      <h1>Deskbridge</h1>
      <p>{texts.tagline}</p>
      <div class="languages" role="group" aria-label={texts.language}>
        {LANGUAGES.map((choice) => (
          <button key={choice} type="button" lang={choice} title={NAMES[choice]} aria-label={NAMES[choice]} aria-pressed={choice === language} onClick={() => onLanguage(choice)}>
            {choice.toUpperCase()}
          </button>
        ))}
      </div>
    </header>
  );
}

interface CaptionProps {
  readonly id: string;
  readonly step: string;
  readonly title: string;
  readonly hint: string;
  readonly children?: JSX.Element;
}

function Caption({ id, step, title, hint, children }: CaptionProps): JSX.Element {
  return (
    <div class="caption">
      <span class="step" aria-hidden="true">{step}</span>
      <h2 id={id}>{title}</h2>
      <span class="hint">{hint}</span>
      {children}
    </div>
  );
}

function firstLanguage(): Language {
  const wishes = [localStorage.getItem(LANGUAGE_KEY) ?? '', ...navigator.languages].map((tag) => tag.slice(0, 2).toLowerCase());
  return wishes.map((tag) => LANGUAGES.find((language) => language === tag)).find((found) => found !== undefined) ?? 'en';
}
