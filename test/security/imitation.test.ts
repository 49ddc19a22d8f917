/** Words stay words: what an agent writes cannot become a button, a command or a mention in Telegram, and what a customer writes cannot become anything but their own words in the helpdesk. */
import { afterEach, describe, expect, it } from '@jest/globals';
import { Readable } from 'node:stream';
import { mintId, type ConversationId } from '../../src/core/types.js';
import { systemClock } from '../../src/main/system-clock.js';
import { fromHtml } from '../../src/markup/from-html.js';
import { toHtml } from '../../src/markup/to-html.js';
import { createTelegramClient } from '../../src/telegram/client.js';
import { createSender } from '../../src/telegram/sender.js';
import { parseUpdate } from '../../src/telegram/updates.js';
import { draftComment, openTicket } from '../conformance/helpdesk-samples.js';
import { BEARER, startConnectedDesk } from '../helpdesks/desk/start.js';
import { startBotApi, TOKEN } from '../telegram/bot-api.js';

const closers: (() => Promise<unknown> | void)[] = [];
afterEach(async () => { for (const close of closers.splice(0).reverse()) await close(); });

/** What may stand in an answer: its text, and entities that show how it looks or lead to a page. */
const FIELDS = ['chat_id', 'entities', 'text'];
const HARMLESS = ['bold', 'italic', 'underline', 'strikethrough', 'spoiler', 'code', 'pre', 'blockquote', 'expandable_blockquote', 'text_link'];

const HTML: readonly { readonly name: string; readonly in: string; readonly text: string | RegExp; readonly links?: readonly string[] }[] = [
  { name: 'a button', in: '<button onclick="x()" data-callback="ticket:1001">Close ticket</button>', text: 'Close ticket' },
  { name: 'a form', in: '<form action="tg://x"><input type="submit" value="Pay"><select><option>a</option></select></form>done', text: /done$/ },
  { name: 'JSON of a keyboard', in: '{"reply_markup":{"inline_keyboard":[[{"text":"Yes","callback_data":"ticket:1001"}]]}}', text: '{"reply_markup":{"inline_keyboard":[[{"text":"Yes","callback_data":"ticket:1001"}]]}}' },
  { name: 'callback data', in: 'callback_data=ticket:1001 topic:billing language:kk', text: 'callback_data=ticket:1001 topic:billing language:kk' },
  { name: 'Markdown', in: '[x](tg://user?id=1) *b* _i_ `c` ||s|| ```pre``` ![a](https://e.kz/a.png)', text: '[x](tg://user?id=1) *b* _i_ `c` ||s|| ```pre``` ![a](https://e.kz/a.png)' },
  { name: 'HTML written out', in: '&lt;b&gt;x&lt;/b&gt; &lt;a href="tg://user?id=1"&gt;y&lt;/a&gt; &amp;lt;i&amp;gt; &#60;u&#62;', text: '<b>x</b> <a href="tg://user?id=1">y</a> &lt;i&gt; <u>' },
  { name: 'commands', in: '/close /start 1001 /new@desk_bot', text: '/close /start 1001 /new@desk_bot' },
  { name: 'a mention by id', in: '<a href="tg://user?id=5000000001">Support</a>', text: 'Support' },
  { name: 'a mention by id, otherwise', in: '<a href="TG:user?id=5">a</a><a href=" tg://user/?id=5">b</a><a href="t&#9;g://user?id=5">c</a>', text: 'abc' },
  { name: 'a login, a proxy, a setting', in: '<a href="tg://login?token=x">a</a><a href="tg://proxy?server=x">b</a><a href="tg://setlanguage?lang=x">c</a><a href="tg://passport?x">d</a>', text: 'abcd' },
  { name: 'a link to a chat', in: '<a href="tg://resolve?domain=help">chat</a>', text: 'chat', links: ['tg://resolve?domain=help'] },
  { name: 'scripts', in: '<a href="javascript:alert(1)">a</a><a href="JaVa\nScript:alert(1)">b</a><a href="data:text/html,x">c</a><a href="vbscript:x">d</a><a href="file:///etc/passwd">e</a><script>f()</script>', text: 'abcde' },
  { name: 'an address without a scheme', in: '<a href="//evil.example/x">a</a><a href="/admin">b</a><a href="#c">c</a><a href="ticket:1001">d</a>', text: 'abcd' },
  { name: 'Telegram\'s own tags', in: '<tg-emoji emoji-id="5368324170671202286">👍</tg-emoji><tg-user id="5">u</tg-user><tg-spoiler>s</tg-spoiler><span class="tg-user">v</span>', text: '👍usv' },
  { name: 'a page', in: '<a href="https://e.kz/?a=1&amp;b=<x>">page</a>', text: 'page', links: ['https://e.kz/?a=1&b=<x>'] },
  { name: 'the words of a notice', in: 'Ticket #1001 is closed. Press /new. [Close] [Reopen]', text: 'Ticket #1001 is closed. Press /new. [Close] [Reopen]' },
  { name: 'a custom element', in: '<x-button callback_data="ticket:1001">a</x-button><inline-keyboard><row><b>c</b></row></inline-keyboard>', text: 'ac' },
];

describe('an answer of an agent', () => {
  it.each(HTML)('with $name is text in Telegram', async ({ in: html, text, links = [] }) => {
    const api = await startBotApi();
    const client = createTelegramClient({ token: TOKEN, apiRoot: api.url, emit: () => undefined, nowMs: Date.now });
    const sender = createSender({ client, clock: systemClock, emit: () => undefined });
    closers.push(() => api.close(), () => client.disconnect());
    for (const part of sender.toParts({ text: fromHtml(html).text, attachments: [] })) await sender.sendPart(mintId<ConversationId>('tg:42:7'), part);
    expect(api.calls).toHaveLength(1);
    const parameters: Record<string, unknown> = api.calls[0]?.parameters ?? {};
    // No reply_markup, no parse_mode: Telegram reads nothing into the text.
    expect(Object.keys(parameters).sort()).toEqual(FIELDS.filter((field) => field in parameters));
    expect(parameters['text']).toEqual(typeof text === 'string' ? text : expect.stringMatching(text));
    const entities = (parameters['entities'] ?? []) as { type: string; url?: string }[];
    expect(entities.filter((entity) => !HARMLESS.includes(entity.type))).toEqual([]);
    expect(entities.flatMap((entity) => entity.url ?? [])).toEqual(links);
  });
});

const WORDS: readonly string[] = [
  '<b>bold</b><script>alert(1)</script>', '<img src=x onerror=alert(1)>', '</div></body><h1>System</h1>', '&lt;b&gt; &amp; &#x3c;', '<!-- internal -->', ']]>', '{{number}} ${HELPDESK_TOKEN} {{constructor}}',
  'Internal comment by Agent One: refund approved', '{"visibility":"internal","from":"bridge"}', '--\nAgent One', '> quoted\nOn Monday Agent wrote:', 'The answer did not arrive: the customer blocked the bot.',
  '[a](javascript:alert(1))', 'tg:42:7:1', '(tg:42:7:1)', '#1001 merged into #1002', '\u202egnp.exe', 'a\u0000b', '\ud83d alone', 'x'.repeat(4000),
];

describe('a message of a customer', () => {
  const contentOf = (text: string, entities: object[] = []) => {
    const update = { update_id: 1, message: { message_id: 5, date: 1, chat: { id: 7, type: 'private' }, from: { id: 7, first_name: 'Agent One' }, text, entities } };
    const { event } = parseUpdate(update, { id: '42', username: 'b', downloadBytesMax: 1, openFile: async () => Readable.from([]) }, 0);
    if (event?.kind !== 'message') throw new Error('no message');
    return event.content;
  };

  it('stays the public words of a requester, letter for letter', async () => {
    const { url, connector } = await startConnectedDesk(closers);
    const ticket = await openTicket(connector);
    const status = (await connector.getTicket(ticket.id)).status;
    for (const words of WORDS) {
      await connector.addComment(ticket.id, draftComment(contentOf(words).text));
      const stored = (await (await fetch(`${url}/desk/api/tickets/${ticket.id}/comments?limit=500`, { headers: BEARER })).json() as { comments: { html: string; visibility: string; author: { kind: string } }[] }).comments.at(-1);
      expect(stored).toMatchObject({ visibility: 'public', author: { kind: 'requester' } });
      expect(stored?.html.replace(/<br>/g, '')).not.toContain('<');
      expect(fromHtml(stored?.html ?? '', { trimQuotes: false, trimSignature: false }).text.text).toBe(words.replace(/\0/g, '').replace(/\ud83d(?= )/g, '\ufffd'));
    }
    expect((await connector.getTicket(ticket.id)).status).toBe(status);
  });

  it.each(['javascript:alert(1)', 'tg://user?id=5', 'tg://login?token=1', 'data:text/html,x', 'file:///etc/passwd', 'http://e.kz/"onmouseover="x', 'https://e.kz/\'><script>x</script>'])('links nobody to %s', (url) => {
    const { text } = contentOf('click', [{ type: 'text_link', offset: 0, length: 5, url }]);
    const html = toHtml(text);
    expect(html.replace(/<\/?a[^<>]*>/g, '')).toBe('click');
    expect(html).not.toMatch(/javascript:|tg:|data:|file:|"onmouseover|<script/);
  });
});
