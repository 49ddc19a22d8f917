/** From the HTML of an agent to messages that Telegram takes, through all of the product that lies between. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { RichText } from '../../src/core/rich-text.js';
import { mintId, type Attachment, type Comment, type CommentId, type Part, type Ticket, type TicketId } from '../../src/core/types.js';
import { compileMapping } from '../../src/mapping/compile.js';
import { fromHtml, fromPlain } from '../../src/markup/from-html.js';
import { spellOutLinks, toEntities } from '../../src/telegram/entities.js';
import { toParts } from '../../src/telegram/parts.js';
import { shippedFiles } from '../mapping/files.js';
import { CAPTION_LENGTH_MAX, faultsOfText, isInvisible, isTakenLink, seenOf, TEXT_LENGTH_MAX } from './bot-api-rules.js';
import { fuzz } from './fuzz.js';
import { staysLinear } from './growth.js';
import { anyHtml, htmlTokens } from './html.js';

const { mapping } = compileMapping(shippedFiles());
const ticket: Ticket = { id: mintId<TicketId>('7'), number: '7', subject: 's', status: 'open', phase: 'open' };
const file: Attachment = { kind: 'photo', name: 'a.png', mediaType: 'image/png', open: () => Promise.reject(new Error('not opened here')) };

function commentOf(text: RichText, files: number): Comment {
  return {
    id: mintId<CommentId>('1'), ticket: ticket.id, visibility: 'public', origin: 'agent', author: { id: '1', name: 'Dana Akhmetova' }, createdAtMs: 0,
    content: { text, attachments: Array.from({ length: files }, () => file) },
  };
}

const bare = (text: string): string => text.replace(/\s/gu, '');

/** All texts of the messages; none of them breaks a rule of the Bot API. */
function accepted(parts: readonly Part[], answer: RichText): string {
  for (const part of parts) {
    if (part.kind !== 'text' && part.text.text === '') continue;
    const sent = { text: part.text.text, entities: toEntities(part.text) };
    expect(faultsOfText(sent, part.kind === 'text' ? TEXT_LENGTH_MAX : CAPTION_LENGTH_MAX)).toEqual([]);
  }
  expect(toParts({ text: answer, attachments: parts.flatMap((part) => part.attachment ?? []) })).toEqual(parts);
  return parts.map((part) => part.text.text).join('');
}

const answers = fc.record({ html: anyHtml, files: fc.constantFrom(0, 0, 1, 2), several: fc.boolean() });

describe('HTML to Telegram', () => {
  fuzz('gives messages that the Bot API takes, and loses no text', answers, 2_500, ({ html, files, several }) => {
    const comment = commentOf(fromHtml(html).text, files);
    const content = mapping?.toContent(comment, ticket, { locale: 'en', several }) ?? comment.content;
    const parts = toParts(content);
    const whole = bare(spellOutLinks(content.text).text);
    const sent = bare(accepted(parts, content.text));
    // What shows nothing need not be sent.
    if (sent !== whole) expect(seenOf(sent)).toBe(seenOf(whole));
    expect(parts.filter((part) => part.attachment !== undefined)).toHaveLength(files);
    if (!isInvisible(whole)) expect(sent).not.toBe('');
  });

  fuzz('keeps the address of every link: to be pressed, or to be read', anyHtml, 1_200, (html) => {
    const { text } = fromHtml(html, { trimQuotes: false, trimSignature: false });
    const parts = toParts({ text, attachments: [] });
    const pressed = new Set(parts.flatMap((part) => toEntities(part.text).map((entity) => entity.url)));
    const read = bare(parts.map((part) => part.text.text).join(''));
    const count = text.spans.filter((span) => span.type === 'link').length;
    for (const span of text.spans) {
      const label = text.text.slice(span.offset, span.offset + span.length);
      // What cannot be seen cannot be pressed; of very many links in one word some must go.
      if (span.type !== 'link' || isInvisible(label) || count > 80 || holdsLink(text, span)) continue;
      if (isTakenLink(span.url) && /^(https?|tg):/iu.test(span.url)) expect([span.url, pressed.has(span.url)]).toEqual([span.url, true]);
      else expect(read).toContain(bare(span.url.replace(/^(mailto|tel):/iu, '')));
    }
  });

  fuzz('reads plain text as well', fc.tuple(anyHtml, fc.constantFrom(0, 1)), 600, ([plain, files]) => {
    const comment = commentOf(fromPlain(plain), files);
    accepted(toParts(comment.content), comment.content.text);
  });

  staysLinear('takes time in proportion to the length, whatever is repeated', htmlTokens, 30, 12_000,
    (tokens, length) => tokens.repeat(Math.ceil(length / tokens.length)),
    (html) => { for (const part of toParts({ text: fromHtml(html).text, attachments: [] })) toEntities(part.text); });

  staysLinear('takes time in proportion to the length, whatever is nested', fc.tuple(htmlTokens, htmlTokens), 20, 12_000,
    ([before, after], length) => before.repeat(Math.ceil(length / 2 / before.length)) + after.repeat(Math.ceil(length / 2 / after.length)),
    (html) => { for (const part of toParts({ text: fromHtml(html).text, attachments: [] })) toEntities(part.text); });

  it('knows a message that Telegram would not take', () => {
    const faults = (text: string, ...entities: Parameters<typeof faultsOfText>[0]['entities'][number][]): readonly string[] => faultsOfText({ text, entities }, 10);
    expect(faults('abc', { type: 'bold', offset: 0, length: 3 })).toEqual([]);
    expect(faults('\u200b \u2800')).toEqual(['Text must be non-empty']);
    expect(faults('a'.repeat(11))).toEqual(['11 units are too long']);
    expect(faults('a👍', { type: 'bold', offset: 0, length: 2 })).toEqual(['bold at 0+2: in a middle of a UTF-16 symbol']);
    expect(faults('abc', { type: 'text_link', offset: 0, length: 1, url: 'http://rt/' })).toEqual(['text_link at 0+1: URL is invalid: http://rt/']);
    expect(faults('abc', { type: 'code', offset: 0, length: 3 }, { type: 'bold', offset: 0, length: 1 })).toHaveLength(1);
    expect(faults('abc', { type: 'bold', offset: 0, length: 2 }, { type: 'italic', offset: 1, length: 2 })).toHaveLength(1);
    expect(faults('abc', { type: 'blockquote', offset: 0, length: 2 }, { type: 'blockquote', offset: 0, length: 1 })).toHaveLength(1);
  });
});

/** A link with another one inside: browsers know no such thing. */
function holdsLink({ spans }: RichText, outer: RichText['spans'][number]): boolean {
  return spans.some((span) => span !== outer && span.type === 'link' && span.offset >= outer.offset && span.offset + span.length <= outer.offset + outer.length);
}
