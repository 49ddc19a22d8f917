/** Who asks: face, name, and where else they can be reached, as far as the desk was told. */
import type { VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { fileUrl, type Requester } from './api.js';
import type { Speech } from './app.js';
import { Icon } from './icons.js';
import type { Language } from './texts.js';

const HUES = 6;

interface PanelProps {
  readonly speech: Speech;
  readonly requester: Requester;
  readonly onNewTicket: () => void;
}

export function RequesterPanel({ speech: { t, language }, requester, onNewTicket }: PanelProps): VNode {
  const { username, languageTag, phone } = requester;
  const link = linkOf(requester);
  return (
    <section class="requester" aria-label={t('customer')}>
      <Avatar requester={requester} alt={t('photoOf', { who: requester.name })} />
      <div class="requester-words">
        <strong>{requester.name}</strong>
        <span class="requester-facts">
          {link !== undefined && <a href={link} target="_blank" rel="noopener noreferrer" title={t('openTelegram')}>{username === undefined ? link.replace('https://', '') : `@${username}`}</a>}
          {link === undefined && username !== undefined && <span>@{username}</span>}
          {phone !== undefined && <a href={`tel:${phone}`}>{phone}</a>}
          {languageTag !== undefined && <span>{languageName(languageTag, language)}</span>}
        </span>
      </div>
      <button class="button is-small" onClick={onNewTicket}><Icon name="plus" size={16} />{t('newTicket')}</button>
    </section>
  );
}

/** The picture; its first letters where there is none, or where it does not load. */
function Avatar({ requester, alt }: { readonly requester: Requester; readonly alt: string }): VNode {
  const { avatar } = requester;
  const [broken, setBroken] = useState(false);
  useEffect(() => setBroken(false), [avatar]);
  if (avatar !== undefined && !broken) return <img class="avatar" src={fileUrl({ id: avatar })} alt={alt} width={44} height={44} onError={() => setBroken(true)} />;
  return <span class={`avatar is-letters hue-${Number(requester.id.replace(/\D/g, '')) % HUES}`} aria-hidden="true">{initialsOf(requester.name)}</span>;
}

/** Of the first and the last word. */
function initialsOf(name: string): string {
  const words = name.split(/[\s-]+/).map((word) => /[\p{L}\p{N}]/u.exec(word)?.[0] ?? '').filter((letter) => letter !== '');
  return [words[0], words.length > 1 ? words.at(-1) : ''].join('').toUpperCase();
}

/** Where the name opens their chat; a username that could mean anything else opens nothing. */
function linkOf({ link, username }: Requester): string | undefined {
  if (link !== undefined && /^https:\/\/t\.me\/[\w+]+$/.test(link)) return link;
  return username !== undefined && /^\w+$/.test(username) ? `https://t.me/${username}` : undefined;
}

/** In the reader's own words: `kk` is қазақ тілі. */
function languageName(tag: string, reader: Language): string {
  try {
    return new Intl.DisplayNames(reader, { type: 'language' }).of(tag) ?? tag;
  } catch {
    return tag; // not a language tag
  }
}
