/** Which links a message can carry. One that Telegram does not take fails the whole message ("Entity URL is invalid"). */
import { safeUrl } from '../markup/links.js';

/** By the rules of tdlib: LinkManager.cpp `check_link` and HttpUrl.cpp `parse_url`. A host without a dot, as in an intranet, is none. */
export function opensInTelegram(url: string): boolean {
  if (safeUrl(url) === undefined) return false;
  // `tg://user` is a mention in disguise, and refused when the bot has never met that user.
  if (/^tg:/iu.test(url)) return /^tg:(?:\/\/)?(?!user\b)[a-z\d_-]+(?:[/?#]|$)/iu.test(url);
  const [, userinfo = '', host = '', port] = /^https?:\/\/(?:([^/?#]*)@)?(\[[^\]/?#]*\]|[^:@/?#]*)(?::([^/?#]*))?(?:[/?#]|$)/iu.exec(url) ?? [];
  if (port !== undefined && !(/^\d{1,5}$/u.test(port) && Number(port) > 0 && Number(port) <= PORT_MAX)) return false;
  if (/^\[[\d:a-f.]+\]$/iu.test(host)) return isTakenPart(userinfo, true);
  return host.includes('.') && host !== '.' && isTakenPart(host, false) && isTakenPart(userinfo, true);
}

const PORT_MAX = 65_535;

function isTakenPart(part: string, mayHaveColon: boolean): boolean {
  return /^(?:[\w.!$,~*'();&+=-]|%[\da-f]{2}|[^\0-\x7f])*$/iu.test(mayHaveColon ? part.replaceAll(':', '') : part);
}
