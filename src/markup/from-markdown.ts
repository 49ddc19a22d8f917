/** What belongs here: Markdown, as helpdesks and mapping texts write it, to rich text. */
import MarkdownIt from 'markdown-it';
import type { RichText } from '../core/rich-text.js';
import { fromHtml } from './from-html.js';

// `breaks`: a single line break is meant as one by everybody who types an answer. HTML in Markdown is shown as text.
const markdownIt = new MarkdownIt({ html: false, breaks: true, linkify: false, typographer: false });

/** CommonMark with GFM tables and strikethrough. Pictures become `[alt]`. Nothing is trimmed. Never throws. */
export function fromMarkdown(markdown: string): RichText {
  return fromHtml(markdownIt.render(markdown), { trimQuotes: false, trimSignature: false }).text;
}
