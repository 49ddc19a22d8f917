/** What belongs here: which addresses may become links. */

const SCHEMES = new Set(['http:', 'https:', 'mailto:', 'tel:', 'tg:']);
/** Longer addresses are tracking noise or an attack; browsers and Telegram take about this much. */
const URL_LENGTH_MAX = 2048;

/** The address as browsers read it (no control characters inside), or undefined when it is relative, too long or of an unsafe scheme. */
export function safeUrl(raw: string | undefined): string | undefined {
  if (raw === undefined || raw.length > URL_LENGTH_MAX * 4) return undefined;
  const url = raw.replace(/\p{Cc}+/gu, '').trim();
  if (url.length > URL_LENGTH_MAX || !URL.canParse(url)) return undefined;
  return SCHEMES.has(new URL(url).protocol) ? url : undefined;
}
