import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import request from 'supertest';
import { drawPortrait } from '../../../src/demo/portraits.js';
import { ORPHAN_AFTER_MS } from '../../../src/helpdesks/desk/server/files.js';
import { BEARER, createHandClock, listen, PAGE, signIn, startDesk, temporaryFolder, type RunningDesk } from './start.js';

const PNG = drawPortrait(0);
const WEBP = Buffer.from('RIFF\x04\0\0\0WEBPVP8 ', 'latin1');
const JPEG = Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 1, 2]);

let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
let running: RunningDesk;
let requester: string;
const clock = createHandClock();

const post = async (path: string, json: object): Promise<{ id: string; ticket: { id: string } }> => (
  (await request(running.app).post(`/desk/api${path}`).set(BEARER).send(json)).body as { id: string; ticket: { id: string } });
const put = (bytes: Buffer, id = requester) => request(running.app).put(`/desk/api/requesters/${id}/avatar`).set(BEARER).set('content-type', 'application/octet-stream').send(bytes);
const shown = async (): Promise<string | undefined> => (await request(running.app).get('/desk/api/tickets/1001').set(BEARER).expect(200)).body.ticket.requester.avatar as string | undefined;
const read = (id: string) => request(running.app).get(`/desk/api/files/${id}`).set(BEARER);
const onDisk = () => readdir(join(temporary.folder, 'files'));

beforeEach(async () => {
  temporary = await temporaryFolder();
  running = await startDesk(temporary.folder, { clock });
  requester = (await post('/requesters', { personId: 'tg:1', name: 'Mira' })).id;
  await post('/tickets', { requester, subject: 's', html: 'x' });
});
afterEach(async () => {
  await running.desk.close();
  await temporary.remove();
});

describe('avatars of the desk', () => {
  it.each([
    { bytes: PNG, type: 'image/png' }, { bytes: JPEG, type: 'image/jpeg' }, { bytes: WEBP, type: 'image/webp' },
  ])('are kept as $type by what they are, and given out as a picture that runs nothing', async ({ bytes, type }) => {
    await put(bytes).set('content-type', 'text/html').expect(204);
    const answer = await read(await shown() ?? '').expect(200);
    expect(answer.headers).toMatchObject({ 'content-type': type, 'x-content-type-options': 'nosniff', 'content-security-policy': expect.stringContaining('sandbox'), 'content-disposition': expect.stringMatching(/^inline/) });
    expect(answer.body).toEqual(bytes);
  });

  it.each([
    { name: 'a drawing with a script', bytes: Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>') },
    { name: 'a page', bytes: Buffer.from('<!doctype html><script>1</script>') },
    { name: 'a GIF', bytes: Buffer.from('GIF89a') },
    { name: 'a sound in the frame of a picture', bytes: Buffer.from('RIFF\x04\0\0\0WAVEfmt ', 'latin1') },
    { name: 'half of a beginning', bytes: PNG.subarray(0, 4) },
    { name: 'nothing', bytes: Buffer.alloc(0) },
  ])('are no place for $name, and the one before stays', async ({ bytes }) => {
    await put(JPEG).expect(204);
    const before = await shown();
    await put(bytes).expect(400);
    expect(await shown()).toBe(before);
    expect(await onDisk()).toEqual([before]);
  });

  it('are bounded', async () => {
    await put(Buffer.concat([JPEG, Buffer.alloc(1024 * 1024)])).expect(413);
    expect(await onDisk()).toEqual([]);
  });

  it('replace each other on disk too, and go', async () => {
    await put(JPEG).expect(204);
    const first = await shown() ?? '';
    await put(PNG).expect(204);
    expect(await onDisk()).toEqual([await shown()]);
    await read(first).expect(404);
    const remove = () => request(running.app).delete(`/desk/api/requesters/${requester}/avatar`).set(BEARER).expect(204);
    await remove();
    await remove();
    expect([await shown(), await onDisk()]).toEqual([undefined, []]);
  });

  it('stay over a change of the name and a restart, however old they are', async () => {
    await put(PNG).expect(204);
    const avatar = await shown();
    await post('/requesters', { personId: 'tg:1', name: 'Mira K' });
    await running.desk.close();
    clock.advance(ORPHAN_AFTER_MS * 2);
    running = await startDesk(temporary.folder, { clock });
    expect(await shown()).toBe(avatar);
    expect((await read(avatar ?? '').expect(200)).body).toEqual(PNG);
  });

  it('are the bridge\'s to set, of requesters that exist', async () => {
    const cookie = await signIn(running.app);
    const path = `/desk/api/requesters/${requester}/avatar`;
    await request(running.app).put(path).set({ ...PAGE, cookie }).send('x').expect(403);
    await request(running.app).delete(path).set({ ...PAGE, cookie }).expect(403);
    await request(running.app).put(path).send('x').expect(401);
    await put(JPEG, 'r999').expect(404);
    expect(await onDisk()).toEqual([]);
  });

  it('cannot be attached to a comment, which would take them along when its ticket is deleted', async () => {
    await put(JPEG).expect(204);
    await request(running.app).post('/desk/api/tickets/1001/comments').set(BEARER).send({ visibility: 'internal', html: 'x', files: [await shown()] }).expect(400);
  });

  it('make open pages read again what they show', async () => {
    const { url, close } = await listen(running.app);
    const reader = (await fetch(`${url}/desk/api/events`, { headers: BEARER })).body?.pipeThrough(new TextDecoderStream()).getReader();
    const seqOf = async (): Promise<unknown> => JSON.parse(String((await reader?.read())?.value).replace(/^[^{]*/, '').trim()) as unknown;
    await reader?.read();
    await put(JPEG).expect(204);
    expect(await seqOf()).toEqual({ seq: 3, tickets: [] });
    await close();
  });
});
