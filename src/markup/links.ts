/** What belongs here: which addresses may become links. */

const SCHEMES = new Set(['http:', 'https:', 'mailto:', 'tel:', 'tg:']);
/** Of the links into the app, those that open a chat. Others name a person by id, log in, or set a proxy. */
const CHAT = /^tg:(\/\/)?resolve\?/i;
/** Longer addresses are tracking noise or an attack; browsers and Telegram take about this much. */
const URL_LENGTH_MAX = 2048;

/** The address as browsers read it (no control characters inside), or undefined when it is relative, too long or of an unsafe scheme. */
export function safeUrl(raw: string | undefined): string | undefined {
  if (raw === undefined || raw.length > URL_LENGTH_MAX * 4) return undefined;
  const url = raw.replace(/\p{Cc}+/gu, '').trim();
  if (url.length > URL_LENGTH_MAX || !URL.canParse(url)) return undefined;
  const { protocol } = new URL(url);
  return SCHEMES.has(protocol) && (protocol !== 'tg:' || CHAT.test(url)) ? url : undefined;
}
