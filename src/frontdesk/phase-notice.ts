/** Which changes of phase a requester is told of, and how. Pure. */
import type { PhaseChange } from '../core/journey.js';
import type { Mapping } from '../core/mapping.js';
import type { Notice, Phase } from '../core/types.js';

const OVER: readonly Phase[] = ['solved', 'closed', 'gone'];

/**
 * An answer speaks for itself: the change to open or pending that comes with one is not told. What is over already is not told to be
 * over again (helpdesks close solved tickets by themselves, days later).
 */
export function noticeOfPhase(mapping: Mapping, change: PhaseChange): Notice | undefined {
  const key = noticeKey(change);
  return key === undefined ? undefined : { text: mapping.text(change.locale, key, { number: change.number }) };
}

function noticeKey({ from, to, answered }: PhaseChange): string | undefined {
  if (to === 'solved' || to === 'closed') return OVER.includes(from) ? undefined : `statusChanged.${to}`;
  if (to === 'gone' || to === 'new' || answered) return undefined;
  if (to === 'open' && OVER.includes(from)) return 'statusChanged.reopened';
  return `statusChanged.${to}`;
}
