/** Files that cannot come along: the text still goes, and a line says which file stayed behind. Pure. */
import type { Attachment, Content } from '../../core/types.js';
import { joinTexts, type RichText } from '../../core/rich-text.js';

/** What the line tells; also the parameters of its text. */
export interface FileLine {
  readonly name: string;
  /** For people: `34.1 MB`, or a question mark when nobody knows. */
  readonly size: string;
  readonly limit: string;
}

export interface Fitted {
  readonly content: Content;
  readonly leftOut: readonly FileLine[];
}

/** Turns every file over `limitBytes`, and every file the source refuses to hand out, into a line of text. */
export function withoutOversized(content: Content, limitBytes: number, toLine: (file: FileLine) => RichText): Fitted {
  const fits = (file: Attachment) => file.open !== undefined && (file.sizeBytes ?? 0) <= limitBytes;
  return replaceFiles(content, (file) => !fits(file), limitBytes, toLine);
}

/** Turns every file, or every one that `leaves`, into a line of text. */
export function withoutFiles(content: Content, toLine: (file: FileLine) => RichText, leaves: (file: Attachment) => boolean = () => true): Fitted {
  return replaceFiles(content, leaves, undefined, toLine);
}

/** `20 MB`: binary megabytes, as people know them from their file manager. */
export function formatSize(bytes: number | undefined): string {
  if (bytes === undefined) return '?';
  const units = ['B', 'KB', 'MB', 'GB'];
  const power = bytes < 1 ? 0 : Math.min(Math.floor(Math.log2(bytes) / 10), units.length - 1);
  const value = bytes / 1024 ** power;
  return `${Number(value.toFixed(value < 10 && power > 0 ? 1 : 0))} ${units[power] ?? 'B'}`;
}

function replaceFiles(content: Content, leaves: (file: Attachment) => boolean, limitBytes: number | undefined, toLine: (file: FileLine) => RichText): Fitted {
  const leftOut = content.attachments.filter(leaves)
    .map((file) => ({ name: file.name, size: formatSize(file.sizeBytes), limit: formatSize(limitBytes) }));
  if (leftOut.length === 0) return { content, leftOut };
  const text = joinTexts([content.text, ...leftOut.map(toLine)], '\n');
  return { content: { text, attachments: content.attachments.filter((file) => !leaves(file)) }, leftOut };
}
