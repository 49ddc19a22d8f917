import { describe, expect, it } from '@jest/globals';
import { richText, type Span } from '../../src/core/rich-text.js';
import { spellOutLinks, toEntities, toRichText, type IncomingEntity } from '../../src/telegram/entities.js';

const incoming: readonly { name: string; text: string; in: IncomingEntity; out: Span | undefined }[] = [
  ...(['bold', 'italic', 'underline', 'strikethrough', 'spoiler', 'code'] as const).map((type) => (
    { name: type, text: 'ab cd', in: { type, offset: 3, length: 2 }, out: { type, offset: 3, length: 2 } as Span })),
  { name: 'after an emoji, in UTF-16 units', text: '👍 ok', in: { type: 'bold', offset: 3, length: 2 }, out: { type: 'bold', offset: 3, length: 2 } },
  { name: 'pre with language', text: 'x=1', in: { type: 'pre', offset: 0, length: 3, language: 'python' }, out: { type: 'pre', language: 'python', offset: 0, length: 3 } },
  { name: 'pre without', text: 'x=1', in: { type: 'pre', offset: 0, length: 3 }, out: { type: 'pre', offset: 0, length: 3 } },
  { name: 'quote', text: 'q', in: { type: 'blockquote', offset: 0, length: 1 }, out: { type: 'quote', offset: 0, length: 1 } },
  { name: 'expandable quote', text: 'q', in: { type: 'expandable_blockquote', offset: 0, length: 1 }, out: { type: 'quote', expandable: true, offset: 0, length: 1 } },
  { name: 'link', text: 'site', in: { type: 'text_link', offset: 0, length: 4, url: 'https://a.example/?q=1' }, out: { type: 'link', url: 'https://a.example/?q=1', offset: 0, length: 4 } },
  { name: 'link of a bad scheme', text: 'site', in: { type: 'text_link', offset: 0, length: 4, url: 'javascript:alert(1)' }, out: undefined },
  { name: 'address', text: 'https://a.example', in: { type: 'url', offset: 0, length: 17 }, out: { type: 'link', url: 'https://a.example', offset: 0, length: 17 } },
  { name: 'bare domain', text: 'a.example/x', in: { type: 'url', offset: 0, length: 11 }, out: { type: 'link', url: 'http://a.example/x', offset: 0, length: 11 } },
  { name: 'domain with a port', text: 'a.example:81', in: { type: 'url', offset: 0, length: 12 }, out: { type: 'link', url: 'http://a.example:81', offset: 0, length: 12 } },
  { name: 'mail', text: 'a@b.kz', in: { type: 'email', offset: 0, length: 6 }, out: { type: 'link', url: 'mailto:a@b.kz', offset: 0, length: 6 } },
  { name: 'telephone', text: '+7 (701) 1', in: { type: 'phone_number', offset: 0, length: 10 }, out: { type: 'link', url: 'tel:+77011', offset: 0, length: 10 } },
  { name: 'mention', text: '@aru', in: { type: 'mention', offset: 0, length: 4 }, out: { type: 'link', url: 'https://t.me/aru', offset: 0, length: 4 } },
  { name: 'mention without a name', text: 'Aru', in: { type: 'text_mention', offset: 0, length: 3, user: { id: 5 } }, out: { type: 'mention', person: 'tg:5', offset: 0, length: 3 } },
  { name: 'custom emoji', text: '👍', in: { type: 'custom_emoji', offset: 0, length: 2, custom_emoji_id: '77' }, out: { type: 'emoji', emoji: '77', offset: 0, length: 2 } },
  ...['hashtag', 'cashtag', 'bot_command', 'date_time', 'kind_of_tomorrow'].map((type) => ({ name: type, text: '#tag', in: { type, offset: 0, length: 4 }, out: undefined })),
  { name: 'beyond the text', text: 'ab', in: { type: 'bold', offset: 1, length: 9 }, out: { type: 'bold', offset: 1, length: 1 } },
];

describe('entities in', () => {
  it.each(incoming)('$name', ({ text, in: entity, out }) => {
    expect(toRichText(text, [entity])).toEqual({ text, spans: out === undefined ? [] : [out] });
  });
});

describe('dates in', () => {
  const moment: IncomingEntity = { type: 'date_time', offset: 5, length: 8, unix_time: 1_795_255_200 };
  it('are written out behind their words, marks and all', () => {
    expect(toRichText('Meet tomorrow, ok?', [{ type: 'bold', offset: 0, length: 13 }, moment, { type: 'italic', offset: 15, length: 3 }])).toEqual({
      text: 'Meet tomorrow (2026-11-21 10:00 UTC), ok?', spans: [{ type: 'bold', offset: 0, length: 13 }, { type: 'italic', offset: 38, length: 3 }],
    });
  });
  it.each([
    { name: 'without a time', in: { ...moment, unix_time: undefined } }, { name: 'beyond all calendars', in: { ...moment, unix_time: 1e15 } }, { name: 'before them', in: { ...moment, unix_time: -1 } },
    { name: 'beyond the text', in: { ...moment, length: 99 } }, { name: 'before the text', in: { ...moment, offset: -3 } },
  ])('stay as they are $name', ({ in: entity }) => { expect(toRichText('Meet tomorrow', [entity]).text).toBe('Meet tomorrow'); });
});

it('takes bounded work for very many entities that cross each other', () => {
  const entities = Array.from({ length: 5_000 }, (_, index): IncomingEntity => ({ type: index % 2 === 0 ? 'bold' : 'italic', offset: index, length: 5_000 }));
  expect(toRichText('x'.repeat(10_000), entities).spans.length).toBeLessThan(10_000);
});

const outgoing: readonly { name: string; in: Span[]; out: object[] }[] = [
  { name: 'plain marks', in: [{ type: 'bold', offset: 0, length: 4 }, { type: 'italic', offset: 1, length: 2 }], out: [{ type: 'bold', offset: 0, length: 4 }, { type: 'italic', offset: 1, length: 2 }] },
  { name: 'link', in: [{ type: 'link', url: 'https://a.example', offset: 0, length: 4 }], out: [{ type: 'text_link', url: 'https://a.example', offset: 0, length: 4 }] },
  { name: 'mail link stays text', in: [{ type: 'link', url: 'mailto:a@b.kz', offset: 0, length: 4 }], out: [] },
  { name: 'relative link stays text', in: [{ type: 'link', url: '/x', offset: 0, length: 4 }], out: [] },
  { name: 'nothing inside code', in: [{ type: 'pre', language: 'js', offset: 0, length: 4 }, { type: 'bold', offset: 1, length: 1 }], out: [{ type: 'pre', language: 'js', offset: 0, length: 4 }] },
  { name: 'no quote in a quote', in: [{ type: 'quote', expandable: true, offset: 0, length: 4 }, { type: 'quote', offset: 1, length: 2 }], out: [{ type: 'expandable_blockquote', offset: 0, length: 4 }] },
  { name: 'a link in code keeps its address, and the code around it', in: [{ type: 'code', offset: 0, length: 6 }, { type: 'link', url: 'https://a.example', offset: 2, length: 2 }],
    out: [{ type: 'code', offset: 0, length: 2 }, { type: 'text_link', url: 'https://a.example', offset: 2, length: 2 }, { type: 'code', offset: 4, length: 2 }] },
  { name: 'code all over a link is a link', in: [{ type: 'code', offset: 0, length: 4 }, { type: 'link', url: 'https://a.example', offset: 0, length: 4 }],
    out: [{ type: 'text_link', url: 'https://a.example', offset: 0, length: 4 }] },
  { name: 'the inner of two links', in: [{ type: 'link', url: 'https://a.example', offset: 0, length: 4 }, { type: 'link', url: 'https://b.example', offset: 1, length: 1 }],
    out: [{ type: 'text_link', url: 'https://a.example', offset: 0, length: 1 }, { type: 'text_link', url: 'https://b.example', offset: 1, length: 1 }, { type: 'text_link', url: 'https://a.example', offset: 2, length: 2 }] },
  { name: 'a link around a quote, in pieces', in: [{ type: 'link', url: 'https://a.example', offset: 0, length: 4 }, { type: 'quote', offset: 2, length: 2 }],
    out: [{ type: 'text_link', url: 'https://a.example', offset: 0, length: 2 }, { type: 'blockquote', offset: 2, length: 2 }, { type: 'text_link', url: 'https://a.example', offset: 2, length: 2 }] },
  { name: 'bold around code, in pieces', in: [{ type: 'bold', offset: 0, length: 6 }, { type: 'code', offset: 2, length: 2 }],
    out: [{ type: 'bold', offset: 0, length: 2 }, { type: 'code', offset: 2, length: 2 }, { type: 'bold', offset: 4, length: 2 }] },
  { name: 'bold around code in a quote, cut at the quote', in: [{ type: 'bold', offset: 0, length: 8 }, { type: 'quote', offset: 2, length: 4 }, { type: 'code', offset: 2, length: 2 }],
    out: [{ type: 'bold', offset: 0, length: 2 }, { type: 'blockquote', offset: 2, length: 4 }, { type: 'code', offset: 2, length: 2 }, { type: 'bold', offset: 4, length: 2 }, { type: 'bold', offset: 6, length: 2 }] },
  ...['http://rt/Ticket/1', 'http://localhost:8081/', 'https://a.example:0/', 'https://a.example:70000/', 'https://a%zz.example/', 'tg:', 'tg://user?id=1', 'https://./'].map((url) => (
    { name: `${url} would fail the message`, in: [{ type: 'link', url, offset: 0, length: 4 } as Span], out: [] })),
  ...['https://a.example:8443/x?y#z', 'HTTP://A.EXAMPLE', 'https://user:word@a.example/', 'https://[::1]/', 'http://127.0.0.1:8080/', 'https://пример.қаз', 'tg://resolve?domain=a', 'tg:resolve?domain=a'].map((url) => (
    { name: `${url} is taken`, in: [{ type: 'link', url, offset: 0, length: 4 } as Span], out: [{ type: 'text_link', url, offset: 0, length: 4 }] })),
  { name: 'mention', in: [{ type: 'mention', person: 'tg:5', offset: 0, length: 4 }], out: [{ type: 'text_mention', offset: 0, length: 4, user: { id: 5, is_bot: false, first_name: 'User' } }] },
  { name: 'mention of somebody else\'s', in: [{ type: 'mention', person: 'x:5', offset: 0, length: 4 }], out: [] },
  { name: 'emoji', in: [{ type: 'emoji', emoji: '77', offset: 0, length: 2 }], out: [{ type: 'custom_emoji', offset: 0, length: 2, custom_emoji_id: '77' }] },
];

describe('entities out', () => {
  it.each(outgoing)('$name', ({ in: spans, out }) => {
    expect(toEntities(richText('abcdefgh', spans))).toEqual(out);
  });

  it('keeps links when there are too many marks', () => {
    const spans: Span[] = Array.from({ length: 150 }, (_, index) => (index % 3 === 0
      ? { type: 'link', url: 'https://a.example', offset: index * 2, length: 1 } : { type: 'bold', offset: index * 2, length: 1 }));
    const entities = toEntities(richText('x'.repeat(300), spans));
    expect(entities).toHaveLength(100);
    expect(entities.filter((entity) => entity.type === 'text_link')).toHaveLength(50);
    expect(entities.map((entity) => entity.offset)).toEqual([...entities.map((entity) => entity.offset)].sort((a, b) => a - b));
  });
});

describe('links that Telegram cannot carry', () => {
  it('are written out once, and marks behind them move along', () => {
    const source = richText('write us or call 123, bold', [
      { type: 'link', url: 'mailto:a@b.kz', offset: 0, length: 8 }, { type: 'link', url: 'tel:123', offset: 17, length: 3 }, { type: 'bold', offset: 22, length: 4 },
    ]);
    const out = spellOutLinks(source);
    expect(out.text).toBe('write us (a@b.kz) or call 123, bold');
    expect(out.spans.at(-1)).toEqual({ type: 'bold', offset: 31, length: 4 });
    expect(out.spans[0]).toMatchObject({ type: 'link', offset: 0, length: 8 });
  });

  it('are addresses of an intranet too, whole', () => {
    expect(spellOutLinks(richText('see there', [{ type: 'link', url: 'http://rt/Ticket/1', offset: 4, length: 5 }])).text).toBe('see there (http://rt/Ticket/1)');
  });
});
