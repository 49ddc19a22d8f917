/** What an agent reads of a message: where it comes from, what it answers, what it is, and then what was written. Pure. */
import type { Line, Quoted } from '../../core/around.js';
import type { Mapping } from '../../core/mapping.js';
import { joinTexts, markText, plainText, richText, sliceText, trimText, type RichText } from '../../core/rich-text.js';
import type { Content, MessageEvent } from '../../core/types.js';

/** The comment that a message becomes. */
export function toAgentContent(mapping: Mapping, { content, origin = [], quoted, about }: MessageEvent): Content {
  const head = [...origin.map((line) => toWords(mapping, line)), ...(quoted === undefined ? [] : [toQuote(mapping, quoted)])];
  return { text: joinTexts([...head, ...(about === undefined ? [] : [toWords(mapping, about)]), content.text], '\n'), attachments: content.attachments };
}

/** What the bridge itself may have put above everything. */
const ASIDES: readonly Line[] = [{ key: 'message.filedLate', parameters: { time: '\0' } }, { key: 'album.addition' }, { key: 'album.unreadable' }];

/** The text of such a comment without where the message comes from and what it answers, whatever stands in the quote by now. */
export function withoutHead(mapping: Mapping, { origin = [], quoted }: Pick<MessageEvent, 'origin' | 'quoted'>, whole: RichText): RichText {
  const text = ASIDES.reduce((rest, aside) => withoutLine(rest, toWords(mapping, aside).text.split('\0')), whole);
  const lines = [...origin, ...(quoted === undefined ? [] : [quoted.head])].map((line) => toWords(mapping, line));
  const rest = withoutStart(text, joinTexts(lines, '\n').text);
  if (rest === text) return text;
  const own = trimText(rest);
  const quote = quoted === undefined ? undefined : own.spans.find((span) => span.type === 'quote' && span.offset === 0);
  return quote === undefined ? own : trimText(sliceText(own, quote.length));
}

/** Without the first line, if it begins and ends so. */
function withoutLine(text: RichText, [begins = '', ends = '']: readonly string[]): RichText {
  const [line = ''] = text.text.split('\n', 1);
  return line.startsWith(begins) && line.endsWith(ends) && line !== text.text ? trimText(sliceText(text, line.length)) : text;
}

/** The text without these words at its start, however they are spaced; all of it when it starts with others. */
export function withoutStart(text: RichText, start: string): RichText {
  let at = 0;
  for (const letter of start.replace(/\s/gu, '')) {
    while (/\s/u.test(text.text[at] ?? '')) at += 1;
    if (!text.text.startsWith(letter, at)) return text;
    at += letter.length;
  }
  return at === 0 ? text : sliceText(text, at);
}

/** What a ticket is named after: what was sent and written, not what stands around it. */
export function toSubjectContent(mapping: Mapping, { content, about }: MessageEvent): Content {
  // A file is named by its own text; a card is only what a line about a contact comes with.
  if (about === undefined || content.attachments.some((file) => file.mediaType !== 'text/vcard')) return content;
  return { ...content, text: joinTexts([toWords(mapping, about), content.text], '\n') };
}

/** A line in the language of the agents. */
export function toWords(mapping: Mapping, { key, parameters, items = [], link }: Line): RichText {
  const [only, ...more] = items;
  const below = more.length === 0 ? [plainText(only ?? '')] : items.map((item) => plainText(`- ${item}`));
  const address = link === undefined ? [] : [richText(link, [{ type: 'link', url: link, offset: 0, length: link.length }])];
  return joinTexts([mapping.text(mapping.agentLocale, key, parameters), ...below, ...address], '\n');
}

function toQuote(mapping: Mapping, { head, text, line }: Quoted): RichText {
  const inside = joinTexts([...(line === undefined ? [] : [toWords(mapping, line)]), text], '\n');
  return joinTexts([toWords(mapping, head), markText(inside, { type: 'quote' })], '\n');
}
