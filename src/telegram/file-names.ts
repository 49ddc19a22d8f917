/** File names that are safe on both sides: no path, no control characters, no quotes, bounded. */
import mime from 'mime-types';

/** Helpdesks and file systems take 255 bytes; in Cyrillic a character is two. */
const NAME_LENGTH_MAX = 120;
const EXTENSION_LENGTH_MAX = 16;

/** The name without anything that could leave its folder or its header line; `fallback` when nothing is left. */
export function safeFileName(raw: string | undefined, fallback: string): string {
  const last = (raw ?? '').split(/[/\\]/u).at(-1) ?? '';
  // Cf holds the marks that turn writing direction: they make `exe.gpj` out of `jpg.exe`. Emoji joiners (U+200D) stay.
  const clean = last.replace(/[\p{Cc}\u2028\u2029]/gu, '').replace(/(?!\u200d)\p{Cf}/gu, '').replace(/["<>|:*?]/gu, '_').replace(/\p{Cs}/gu, '');
  const name = clean.trim().replace(/^\.+/u, '').trim();
  return name === '' ? fallback : shorten(name);
}

/** An IANA media type: the one told when it looks like one, else by the name. */
export function mediaTypeOf(told: string | undefined, name: string): string {
  if (told !== undefined && /^[\w.+-]{1,80}\/[\w.+-]{1,80}$/u.test(told)) return told.toLowerCase();
  return mime.lookup(name) || 'application/octet-stream';
}

function shorten(name: string): string {
  if (name.length <= NAME_LENGTH_MAX) return name;
  const dot = name.lastIndexOf('.');
  const extension = dot > 0 && name.length - dot <= EXTENSION_LENGTH_MAX ? name.slice(dot) : '';
  // A surrogate pair must not be cut.
  return `${name.slice(0, NAME_LENGTH_MAX - extension.length).replace(/[\ud800-\udbff]$/u, '')}${extension}`;
}
