/** Files of the desk on their way out. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { describe, expect, it } from '@jest/globals';
import { mintId, type TicketId } from '../../../src/core/types.js';
import { createDeskConnector } from '../../../src/helpdesks/desk/connector.js';

const FILE = Buffer.from('the whole file');

/** A desk with one answer with one file, and what comes when the file is asked for. */
async function readFileAs(sent: Buffer): Promise<Buffer> {
  const comment = {
    id: '1', ticket: '1001', visibility: 'public', author: { id: 'a', name: 'A', kind: 'agent' }, createdAtMs: 1, html: 'see',
    files: [{ id: 'f', name: 'f.pdf', mediaType: 'application/pdf', sizeBytes: FILE.length }],
  };
  const server = createServer((request, response) => {
    response.end(request.url?.includes('/files/') === true ? sent : JSON.stringify({ comments: [comment], more: false }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const connector = createDeskConnector({ url, token: 'token', options: {} }, { agentUrl: '' }, { emit: () => undefined, nowMs: () => 0 });
    const [answer] = await connector.commentsAfter(mintId<TicketId>('1001'));
    const stream = await answer?.content.attachments[0]?.open?.();
    if (stream === undefined) throw new Error('there is no file');
    return await buffer(stream);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

describe('a file of an answer', () => {
  it('comes whole', async () => {
    expect(await readFileAs(FILE)).toEqual(FILE);
  });

  it.each([
    ['a page of a gateway that answers 200', Buffer.from('<h1>Please wait while we check your browser</h1>')],
    ['half of it', FILE.subarray(0, 5)],
    ['nothing', Buffer.alloc(0)],
  ])('is not taken to be %s: that is a fault that passes', async (_what, sent) => {
    await expect(readFileAs(sent)).rejects.toMatchObject({ code: 'unavailable' });
  });
});
