/** Names and types of files, made safe on their way to the helpdesk and to Telegram, and what a browser may do with a file of a stranger. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createServer, type Server } from 'node:http';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import request from 'supertest';
import { safeFileName } from '../../src/core/file-name.js';
import { plainText } from '../../src/core/rich-text.js';
import { mintId, type Attachment, type ConversationId, type TicketId } from '../../src/core/types.js';
import { systemClock } from '../../src/main/system-clock.js';
import { createTelegramClient } from '../../src/telegram/client.js';
import { createSender } from '../../src/telegram/sender.js';
import { parseUpdate } from '../../src/telegram/updates.js';
import { bytesOf as readBytes, draftComment, openTicket } from '../conformance/helpdesk-samples.js';
import { BEARER, startConnectedDesk, startDesk, temporaryFolder } from '../helpdesks/desk/start.js';
import { fixture, startFakeRt } from '../helpdesks/request-tracker/fake-rt.js';
import { TOKEN } from '../telegram/bot-api.js';

const RLO = '\u202e';
const NAMES: readonly { readonly name: string; readonly in: string; readonly out: string }[] = [
  { name: 'a path', in: '../../etc/passwd', out: 'passwd' }, { name: 'a path of Windows', in: 'C:\\Windows\\..\\cmd.exe', out: 'cmd.exe' },
  { name: 'two dots', in: '..', out: 'F' }, { name: 'a slash', in: '/', out: 'F' }, { name: 'nothing', in: '', out: 'F' }, { name: 'spaces', in: ' \u00a0\u3000', out: 'F' },
  { name: 'a dot in front', in: '.htaccess', out: 'htaccess' }, { name: 'dots behind', in: 'virus.exe. . .', out: 'virus.exe' },
  { name: 'control characters', in: 'a\u0000b\u0007\u001b[31m\u007f.txt', out: 'ab[31m.txt' }, { name: 'a line break', in: 'a\r\nX-Evil: 1\r\n\r\nbody', out: 'aX-Evil_ 1body' },
  { name: 'line separators', in: 'a\u2028b\u2029c\u0085d', out: 'abcd' }, { name: 'quotes', in: 'a"; filename="b.exe', out: 'a_; filename=_b.exe' },
  { name: 'text turned around', in: `photo_${RLO}gpj.exe`, out: 'photo_gpj.exe' }, { name: 'isolates and marks', in: 'a\u2066\u2067\u2069\u200e\u200f\u061c.txt', out: 'a.txt' },
  { name: 'what nobody sees', in: 'a\u200b\ufeff\u2060\u00ad.txt', out: 'a.txt' }, { name: 'a long run of spaces', in: `invoice.pdf${' '.repeat(80)}.exe`, out: 'invoice.pdf .exe' },
  { name: 'a device', in: 'CON', out: '_CON' }, { name: 'a device with an extension', in: 'nul.tar.gz', out: '_nul.tar.gz' }, { name: 'a device with a space', in: 'com1 .txt', out: '_com1 .txt' },
  { name: 'a name that begins like a device', in: 'console.log', out: 'console.log' }, { name: 'half an emoji', in: 'a\ud83d.txt', out: 'a.txt' },
  { name: 'a family of emoji', in: '👩‍👩‍👧.png', out: '👩‍👩‍👧.png' }, { name: 'a plain name', in: 'Отчёт №5 (май).pdf', out: 'Отчёт №5 (май).pdf' }, { name: 'a stream of NTFS', in: 'a.txt:evil.exe', out: 'a.txt_evil.exe' },
  { name: 'an endless name', in: `${'я'.repeat(5000)}.pdf`, out: `${'я'.repeat(116)}.pdf` }, { name: 'an endless extension', in: `a.${'b'.repeat(5000)}`, out: `a.${'b'.repeat(118)}` },
  { name: 'a name whose end cuts an emoji', in: `a${'😀'.repeat(200)}.png`, out: `a${'😀'.repeat(57)}.png` },
];
const TYPES: readonly { readonly in: string; readonly out: string }[] = [
  { in: 'text/html\r\nX-Evil: 1', out: 'text/plain' }, { in: 'text/plain\r\n\r\n<script>', out: 'text/plain' }, { in: '', out: 'text/plain' }, { in: 'x'.repeat(300), out: 'text/plain' },
  { in: 'image/png', out: 'image/png' },
];
const closers: (() => Promise<unknown> | void)[] = [];
afterEach(async () => { for (const close of closers.splice(0).reverse()) await close(); });

function file(name: string, mediaType = 'text/plain'): Attachment {
  return { kind: 'document', name, mediaType, sizeBytes: 5, open: async () => Readable.from([Buffer.from('bytes')]) };
}

function bytesOf(attachment: Attachment | undefined): Promise<Buffer> {
  if (attachment === undefined) throw new Error('no file');
  return readBytes(attachment);
}

describe('a name', () => {
  it.each(NAMES)('$name', ({ in: raw, out }) => { expect(safeFileName(raw, 'F')).toBe(out); });

  it('is safe whatever comes in, and safe means the same a second time', () => {
    for (let code = 0; code < 0x3000; code += 1) {
      const name = safeFileName(`a${String.fromCharCode(code)}b.txt`, 'F');
      expect(name).toMatch(/^[^\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069/\\"]+$/u);
      expect(safeFileName(name, 'F')).toBe(name);
    }
  });
});

describe('from a customer', () => {
  const received = (document: object): Attachment | undefined => {
    const update = { update_id: 1, message: { message_id: 5, date: 1, chat: { id: 7, type: 'private' }, from: { id: 7, first_name: 'A' }, document: { file_id: 'f', ...document } } };
    const { event } = parseUpdate(update, { id: '42', username: 'b', downloadBytesMax: 1e6, openFile: async () => Readable.from(['x']) }, 0);
    return event?.kind === 'message' ? event.content.attachments[0] : undefined;
  };

  it.each(NAMES)('$name is safe when the bridge has it', ({ in: raw, out }) => {
    expect(received({ file_name: raw })?.name).toBe(out === 'F' ? 'document_5.bin' : out);
  });

  it.each(TYPES)('a type is one, or none: $in', ({ in: raw, out }) => {
    expect(received({ file_name: 'a.txt', mime_type: raw })?.mediaType).toBe(out);
  });

  it('a contact cannot add lines to its card', async () => {
    const contact = { phone_number: '+7701\r\nX-EVIL:1', first_name: 'A\r\nNOTE:evil;,\\', last_name: '../../x' };
    const { event } = parseUpdate({ update_id: 1, message: { message_id: 5, date: 1, chat: { id: 7, type: 'private' }, from: { id: 7, first_name: 'A' }, contact } }, { id: '42', username: 'b', downloadBytesMax: 1, openFile: () => Promise.reject(new Error()) }, 0);
    const card = event?.kind === 'message' ? event.content.attachments[0] : undefined;
    expect(card?.name).toBe('x.vcf');
    const lines = (await bytesOf(card)).toString().split('\r\n');
    expect(lines.filter((line) => /^(X-EVIL|NOTE)/.test(line))).toEqual([]);
    expect(lines).toHaveLength(7);
  });
});

describe('to Request Tracker', () => {
  it.each([...NAMES.map((one) => ({ ...one, type: 'text/plain' })), { name: 'a type with lines', in: 'a.txt', out: 'a.txt', type: 'text/html\r\nX-Evil: 1' }])('$name adds nothing to the form', async ({ in: raw, out, type }) => {
    const rt = await startFakeRt();
    closers.push(() => rt.close());
    rt.on('GET /ticket/78', { body: fixture('ticket') });
    rt.on('GET /user/39', { body: fixture('own-user') });
    rt.on('POST /ticket/78/correspond', { status: 201, headers: { location: '/REST/2.0/transaction/2000' }, body: [] });
    await rt.connector.addComment(mintId<TicketId>('78'), draftComment('x', { content: { text: plainText('x'), attachments: [file(raw, type)] } }));
    const posted = rt.requests.find((one) => one.route.endsWith('/correspond'))?.body ?? '';
    const head = /name="Attachments";[\s\S]*?\r\n\r\n/.exec(posted)?.[0];
    expect(head).toBe(`name="Attachments"; filename="${out === 'F' ? 'file' : out}"\r\nContent-Type: ${type.includes('\r') ? 'application/octet-stream' : 'text/plain'}\r\n\r\n`);
  });
});

describe('to Telegram', () => {
  let server: Server;
  let bodies: string[];
  let client: ReturnType<typeof createTelegramClient>;
  beforeEach(async () => {
    bodies = [];
    server = createServer((incoming, response) => {
      void buffer(incoming).then((body) => { bodies.push(body.toString('utf8')); response.writeHead(200, { 'content-type': 'application/json' }).end('{"ok":true,"result":{"message_id":1}}'); });
    });
    await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
    const address = server.address();
    client = createTelegramClient({ token: TOKEN, apiRoot: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`, emit: () => undefined, nowMs: Date.now });
    closers.push(() => client.disconnect(), () => new Promise((resolve) => { server.close(resolve); server.closeAllConnections(); }));
  });

  it.each([...NAMES.map((one) => ({ ...one, type: 'text/plain', given: 'text/plain' })), { name: 'a type with lines', in: 'a.txt', out: 'a.txt', type: 'text/html\r\nX-Evil: 1', given: 'text/plain' },
    { name: 'a type with a quote', in: 'a.png', out: 'a.png', type: 'image/png"; x', given: 'image/png' }])('$name adds nothing to the form', async ({ in: raw, out, type, given }) => {
    const sender = createSender({ client, clock: systemClock, emit: () => undefined });
    await sender.sendPart(mintId<ConversationId>('tg:42:7'), { kind: 'document', text: plainText(''), attachment: file(raw, type) });
    const head = /name="document";[\s\S]*?\r\n\r\n/.exec(bodies[0] ?? '')?.[0];
    expect(head).toBe(`name="document"; filename="${out === 'F' ? 'file' : out}"\r\nContent-Type: ${given}\r\n\r\n`);
  });
});

describe('through the desk', () => {
  it('names come back safe, and every file can be fetched', async () => {
    const { connector } = await startConnectedDesk(closers);
    const ticket = await openTicket(connector);
    for (const { in: raw, out } of NAMES.filter((one) => one.in.length <= 1000 && !/\p{Surrogate}/u.test(one.in))) {
      const id = await connector.addComment(ticket.id, draftComment('x', { content: { text: plainText('x'), attachments: [file(raw)] } }));
      const attachment = (await connector.commentsAfter(ticket.id)).find((comment) => comment.id === id)?.content.attachments[0];
      expect(attachment?.name).toBe(out === 'F' ? 'file' : out);
      expect((await bytesOf(attachment)).toString()).toBe('bytes');
    }
  });

  it.each([
    'text/html', 'application/xhtml+xml', 'image/svg+xml', 'text/xml', 'application/xml', 'text/javascript', 'application/javascript', 'text/css', 'application/x-shockwave-flash', 'message/rfc822',
    'multipart/x-mixed-replace', 'text/plain', 'image/svg+xml; charset=utf-8', 'IMAGE/SVG+XML', 'application/pdf+xml', 'x', '',
  ])('a file of type %s runs nowhere: it is a download without a type', async (mediaType) => {
    const { folder, remove } = await temporaryFolder();
    const running = await startDesk(folder);
    closers.push(remove, () => running.desk.close());
    const query = new URLSearchParams({ name: 'page.html', mediaType });
    const { body } = await request(running.app).post(`/desk/api/files?${query}`).set(BEARER).set('content-type', 'application/octet-stream').send('<script>alert(1)</script>').expect(201);
    const { headers } = await request(running.app).get(`/desk/api/files/${String(body.file.id)}`).set(BEARER).expect(200);
    expect(headers).toMatchObject({
      'content-type': 'application/octet-stream', 'content-disposition': expect.stringMatching(/^attachment; /), 'x-content-type-options': 'nosniff',
      'content-security-policy': expect.stringMatching(/default-src 'none'.*sandbox/), 'cross-origin-resource-policy': 'same-origin',
    });
  });
});
