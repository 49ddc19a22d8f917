/** File names that are safe on every side: no path, no control characters, no marks that turn writing direction, bounded. Pure. */

/** Helpdesks and file systems take 255 bytes; in Cyrillic a character is two. */
const NAME_LENGTH_MAX = 120;
const EXTENSION_LENGTH_MAX = 16;
/** Devices, to Windows, whatever extension follows: https://learn.microsoft.com/windows/win32/fileio/naming-a-file */
const DEVICE = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)$/iu;

/** The name without anything that could leave its folder or its header line, or look like another name; `fallback` when nothing is left. */
export function safeFileName(raw: string | undefined, fallback: string): string {
  const last = (raw ?? '').split(/[/\\]/u).at(-1) ?? '';
  // Cf holds the marks that turn writing direction: they make `exe.gpj` out of `jpg.exe`. Emoji joiners (U+200D) stay.
  const clean = last.replace(/[\p{Zl}\p{Zp}]/gu, '').replace(/[^\P{Cc}\t]/gu, '').replace(/(?!\u200d)\p{Cf}/gu, '').replace(/["<>|:*?]/gu, '_').replace(/\p{Cs}/gu, '');
  // A long run of spaces pushes the true extension out of sight.
  const name = clean.replace(/\s+/gu, ' ').replace(/^[. ]+|[. ]+$/gu, '');
  if (name === '') return fallback;
  return shorten(DEVICE.test(name.split('.', 1)[0]?.trim() ?? '') ? `_${name}` : name);
}

function shorten(name: string): string {
  if (name.length <= NAME_LENGTH_MAX) return name;
  const dot = name.lastIndexOf('.');
  const extension = dot > 0 && name.length - dot <= EXTENSION_LENGTH_MAX ? name.slice(dot) : '';
  // A surrogate pair must not be cut.
  return `${name.slice(0, NAME_LENGTH_MAX - extension.length).replace(/[\ud800-\udbff]$/u, '').trimEnd()}${extension}`;
}
