/** What belongs here: pure operations on Content. */
import { joinTexts, type RichText } from './rich-text.js';
import type { Attachment, Content } from './types.js';

/** What of an answer written by mail goes. It never is all of it. */
export interface MailTrim {
  readonly trimQuotes: boolean;
  readonly trimSignature: boolean;
}

/** Puts `head` above the text; pictures keep their places in it. */
export function withHead(head: RichText, content: Content): Content {
  if (head.text === '') return content;
  const text = joinTexts([head, content.text], '\n');
  const shift = text.text.length - content.text.text.length;
  const moved = (file: Attachment): Attachment => (file.inline === undefined ? file : { ...file, inline: { offset: file.inline.offset + shift } });
  return { text, attachments: content.attachments.map(moved) };
}
