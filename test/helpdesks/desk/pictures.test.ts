/** A picture in the text of an agent's comment, through the desk itself. */
import { buffer } from 'node:stream/consumers';
import { expect, it } from '@jest/globals';
import { openTicket } from '../../conformance/helpdesk-samples.js';
import { PAGE, signIn, startConnectedDesk } from './start.js';

const BYTES = { 'button.png': Buffer.from('89504e470d0a1a0a01', 'hex'), 'bill.pdf': Buffer.from('%PDF-1.7') };

it('comes where it stands in the text, and other files behind', async () => {
  const closers: (() => Promise<unknown> | void)[] = [];
  try {
    const { app, url, connector } = await startConnectedDesk(closers);
    const { id } = await openTicket(connector);
    const headers = { ...PAGE, 'content-type': 'application/json', cookie: await signIn(app) };
    const files: string[] = [];
    for (const [name, bytes] of Object.entries(BYTES)) {
      const mediaType = name.endsWith('png') ? 'image/png' : 'application/pdf';
      const answer = await fetch(`${url}/desk/api/files?${new URLSearchParams({ name, mediaType })}`, { method: 'POST', headers, body: new Uint8Array(bytes) });
      files.push((await answer.json() as { file: { id: string } }).file.id);
    }
    const html = `<p>Press</p><p><img src="cid:${files[0]}" alt="button"></p><p>then <img src="cid:${'0'.repeat(32)}" alt="nothing"> wait.</p>`;
    const written = await fetch(`${url}/desk/api/tickets/${id}/comments`, { method: 'POST', headers, body: JSON.stringify({ visibility: 'public', html, files }) });
    expect(written.status).toBe(201);

    const content = (await connector.commentsAfter(id)).at(-1)?.content;
    expect(content?.text.text.replace(/\n+/g, '|')).toBe('Press|then [nothing] wait.');
    expect(content?.attachments.map(({ name, inline }) => [name, inline === undefined ? undefined : content.text.text.slice(0, inline.offset).trim()])).toEqual([['button.png', 'Press'], ['bill.pdf', undefined]]);
    const [picture] = content?.attachments ?? [];
    expect(picture?.open === undefined ? undefined : await buffer(await picture.open())).toEqual(BYTES['button.png']);
  } finally {
    for (const close of closers.reverse()) await close();
  }
});
