/** Agents' mails as Request Tracker keeps them: the parts of one transaction. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mintId, type CommentId, type Content, type TicketId } from '../../../src/core/types.js';
import { fixture, items, startFakeRt, type FakeRt } from './fake-rt.js';

const HTML = '<p>Press</p><img src="cid:button@mail" alt="button"><p>then wait.</p>'
  + '<div class="gmail_signature">Agent One<img src="cid:logo@mail"></div>'
  + '<div class="gmail_quote">On 2 Mar 2026 A wrote:<blockquote>Help</blockquote></div>';

/** A part of transaction 1089. */
const part = (id: number, ContentType: string, more: Readonly<Record<string, string>> = {}): unknown => ({ id, TransactionId: '1089', ContentType, ContentLength: '9', Filename: '', ...more });
const PARTS = items([
  part(1, 'multipart/related', { ContentLength: '0' }), part(2, 'text/html'),
  part(3, 'image/png', { Filename: 'logo.png', Headers: 'Content-Type: image/png; name="logo.png"\nContent-ID: <logo@mail>\nContent-Length: 9' }),
  part(4, 'image/png', { Headers: 'Content-Type: image/png\ncontent-id:\n <button@mail>\nContent-Length: 9' }),
  part(5, 'application/pdf', { Filename: 'bill.pdf', Headers: 'Content-Type: application/pdf; name="bill.pdf"\nX-Content-ID: <button@mail>' }),
]);

let rt: FakeRt;
beforeEach(async () => {
  rt = await startFakeRt();
  rt.on('GET /user/39', { body: fixture('own-user') });
  rt.on('GET /user/agent1', { body: fixture('agent') });
  rt.on('GET /ticket/78/history', ({ query }) => (query.get('page') === '1' ? { body: fixture('history') } : items([])));
  rt.on('POST /attachments', ({ query }) => (query.get('fields') === 'TransactionId,Content' ? items([{ id: 2, TransactionId: '1089', Content: HTML }]) : PARTS));
});
afterEach(() => rt.close());

async function read(trim?: { readonly trimQuotes: boolean; readonly trimSignature: boolean }): Promise<Content> {
  const connector = rt.connect(trim === undefined ? {} : { trim: () => trim });
  const found = (await connector.commentsAfter(mintId<TicketId>('78'), mintId<CommentId>('1086'))).find((comment) => comment.id === '1089');
  if (found === undefined) throw new Error('no such comment');
  return found.content;
}
const lines = (text: string | undefined): string | undefined => text?.trim().replace(/\n+/g, '|');
/** Each file, and for a picture in the text what stands above it. */
const files = ({ text, attachments }: Content): unknown => attachments.map(({ name, inline }) => (inline === undefined ? name : [name, lines(text.text.slice(0, inline.offset))]));

describe('the mail of an agent', () => {
  it('has its picture in place, and neither signature nor quoted mail', async () => {
    const content = await read();
    expect(lines(content.text.text)).toBe('Press|then wait.');
    expect(files(content)).toEqual([['file-4.png', 'Press'], 'bill.pdf']);
  });

  it.each([
    { name: 'with its signature', trim: { trimQuotes: true, trimSignature: false }, out: 'Press|then wait.|Agent One', logo: [['logo.png', 'Press|then wait.|Agent One']] },
    { name: 'with the mail that it answers', trim: { trimQuotes: false, trimSignature: true }, out: 'Press|then wait.|On 2 Mar 2026 A wrote:|Help', logo: [] },
  ])('comes $name when the admin says so', async ({ trim, out, logo }) => {
    const content = await read(trim);
    expect(lines(content.text.text)).toBe(out);
    expect(files(content)).toEqual([['file-4.png', 'Press'], ...logo, 'bill.pdf']);
  });
});
