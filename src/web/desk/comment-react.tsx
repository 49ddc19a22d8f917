/** One emoji of the team on what a customer wrote: it is shown on their message in Telegram. */
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { ask, type CommentEntry } from './api.js';
import type { Speech } from './app.js';
import { formatFull } from './texts.js';

interface Props {
  readonly speech: Speech;
  readonly comment: CommentEntry;
  /** Those that may be chosen. */
  readonly reactions: readonly string[];
}

/** What stands on it, and on hover or focus what may be chosen instead; the chosen one once more takes it away. The page reads the ticket again when the desk says that it changed. */
export function Reactions({ speech: { t, language }, comment, reactions }: Props): VNode {
  const [failed, setFailed] = useState(false);
  const { emoji: chosen, by = '', atMs = 0 } = comment.reaction ?? {};
  const react = (emoji: string): void => {
    ask('PUT', `/tickets/${comment.ticket}/comments/${comment.id}/reaction`, { emoji: emoji === chosen ? null : emoji }).then(() => setFailed(false), () => setFailed(true));
  };
  return (
    <>
      {failed && <p class="failed" role="alert">{t('changeFailed')}</p>}
      <p class="reactions" role="group" aria-label={t('react')}>
        {reactions.map((emoji) => (
          <button key={emoji} type="button" class="reaction" aria-pressed={emoji === chosen} aria-label={t('reactWith', { emoji })}
            title={emoji === chosen ? t('reactedBy', { emoji, who: by, when: formatFull(atMs, language) }) : t('reactWith', { emoji })} onClick={() => react(emoji)}>{emoji}</button>
        ))}
      </p>
    </>
  );
}
