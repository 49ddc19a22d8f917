/** A picture in the text of an agent's comment, through the desk itself. */
import { buffer } from 'node:stream/consumers';
import { expect, it } from '@jest/globals';
import { desk as definition } from '../../../src/helpdesks/desk/index.js';
import { openTicket } from '../../conformance/helpdesk-samples.js';
import { AGENT, API_TOKEN, listen, startDesk, temporaryFolder } from './start.js';

const BYTES = { 'button.png': Buffer.from('89504e470d0a1a0a01', 'hex'), 'bill.pdf': Buffer.from('%PDF-1.7') };

it('comes where it stands in the text, and other files behind', async () => {
  const { folder, remove } = await temporaryFolder();
  const { app, desk } = await startDesk(folder);
  const { url, close } = await listen(app);
  try {
    const connector = definition.create({ url, token: API_TOKEN, options: definition.optionsSchema.parse({}) }, { emit: () => undefined, nowMs: () => 0 });
    const { id } = await openTicket(connector);
    const page = { 'x-desk-page': '1', 'content-type': 'application/json' };
    const signedIn = await fetch(`${url}/desk/api/session`, { method: 'POST', headers: page, body: JSON.stringify(AGENT) });
    const headers = { ...page, cookie: signedIn.headers.get('set-cookie')?.split(';')[0] ?? '' };
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
    await close();
    await desk.close();
    await remove();
  }
});
