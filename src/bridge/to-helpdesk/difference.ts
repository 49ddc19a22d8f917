/** What an agent is shown of a text that was changed: as much of it as tells what is different. Pure. */
import { richText, type RichText } from '../../core/rich-text.js';

const REMOVED_MAX = 300;
/** Unchanged text that is shown on each side of what went. */
const AROUND_MAX = 60;

/** The text as it was, cut to where it differs from `now`; the words that went are struck through. */
export function whatWas(before: string, now: string): RichText {
  const { start, end } = goneFrom(before, now);
  const shownEnd = Math.min(end, start + REMOVED_MAX);
  const from = start <= AROUND_MAX ? 0 : wordStart(before, start - AROUND_MAX);
  const to = before.length - shownEnd <= AROUND_MAX ? before.length : wordEnd(before, shownEnd === end ? end + AROUND_MAX : shownEnd);
  const head = from === 0 ? '' : '…';
  const tail = to === before.length ? '' : '…';
  const struck = { type: 'strikethrough', offset: head.length + start - from, length: Math.min(end, to) - start } as const;
  return richText(`${head}${before.slice(from, to)}${tail}`, [struck]);
}

/** The part of `before` that is not in `now`, in whole words. */
function goneFrom(before: string, now: string): { readonly start: number; readonly end: number } {
  const lengthMax = Math.min(before.length, now.length);
  let start = 0;
  while (start < lengthMax && before[start] === now[start]) start += 1;
  let tail = 0;
  while (tail < lengthMax - start && before[before.length - 1 - tail] === now[now.length - 1 - tail]) tail += 1;
  // Nothing went: something was put in between.
  if (start + tail === before.length) return { start, end: start };
  return { start: wordStart(before, start), end: wordEnd(before, before.length - tail) };
}

function wordStart(text: string, place: number): number {
  let at = place;
  while (!isGap(text, place) && at > 0 && at > place - AROUND_MAX && !isGap(text, at - 1)) at -= 1;
  return isInsidePair(text, at) ? at - 1 : at;
}

function wordEnd(text: string, place: number): number {
  let at = Math.min(place, text.length);
  while (!isGap(text, place - 1) && at < text.length && at < place + AROUND_MAX && !isGap(text, at)) at += 1;
  return isInsidePair(text, at) ? at + 1 : at;
}

function isGap(text: string, at: number): boolean {
  return /\s/u.test(text[at] ?? '');
}

function isInsidePair(text: string, at: number): boolean {
  return /[\ud800-\udbff]/.test(text[at - 1] ?? '') && /[\udc00-\udfff]/.test(text[at] ?? '');
}
