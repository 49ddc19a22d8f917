/** Albums in the emulator: what customers send together, and what `sendMediaGroup` takes and refuses. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { ApiMessage } from '../../src/demo/emulator/index.js';
import { createAlbums } from '../../src/demo/albums.js';
import { createVirtualClock, png, startApi } from './setup.js';
import type { Api, ApiAnswer } from './setup.js';

let api: Api;
let user: number;

beforeEach(async () => {
  api = await startApi({ clock: createVirtualClock() });
  user = api.emulator.world.addUser({ name: 'Ann' }).id;
});
afterEach(() => api.emulator.stop());

interface Given {
  readonly type: string;
  readonly caption?: string;
  readonly bytes?: Buffer;
  /** Absent = the file is not in the form. */
  readonly missing?: boolean;
}

function send(given: readonly Given[]): Promise<ApiAnswer> {
  const form = new FormData();
  form.set('chat_id', String(user));
  form.set('media', JSON.stringify(given.map(({ type, caption }, index) => ({ type, media: `attach://f${index}`, caption }))));
  given.forEach(({ bytes, type, missing }, index) => {
    if (missing !== true) form.set(`f${index}`, new Blob([new Uint8Array(bytes ?? (type === 'photo' ? png(20, 10) : Buffer.from(`file ${index}`)))]), `${index}.bin`);
  });
  return api.form('sendMediaGroup', form);
}

const stored = (): readonly ApiMessage[] => api.emulator.world.chat(user).messages.map(({ message }) => message);

describe('sendMediaGroup', () => {
  it('puts all files into the chat, as one album, in order', async () => {
    const answer = await send([{ type: 'photo', caption: 'look' }, { type: 'video' }, { type: 'photo' }]);
    expect(answer.status).toBe(200);
    expect(answer.body.result).toEqual(stored());
    expect(stored().map((message) => [Object.keys(message).includes('photo'), message.caption, message.message_id])).toEqual([[true, 'look', 1], [false, undefined, 2], [true, undefined, 3]]);
    expect(new Set(stored().map((message) => message.media_group_id)).size).toBe(1);
    expect(stored()[0]?.media_group_id).toMatch(/^\d+$/);
  });

  it('takes files that it knows by their id', async () => {
    await send([{ type: 'document' }, { type: 'document' }]);
    const ids = stored().map((message) => message.document?.file_id);
    const again = await api.call('sendMediaGroup', { chat_id: user, media: ids.map((media) => ({ type: 'document', media })) });
    expect(again.status).toBe(200);
    expect(stored().slice(2).map((message) => message.document?.file_id)).toEqual(ids);
  });

  const photos = (count: number): Given[] => Array.from({ length: count }, () => ({ type: 'photo' }));
  it.each([
    { name: 'nothing', given: [], description: 'Bad Request: there are no messages to send' },
    { name: 'a single file', given: photos(1), description: 'Bad Request: an album must include 2-10 items' },
    { name: 'eleven', given: photos(11), description: 'Bad Request: too many messages to send as an album' },
    { name: 'documents with photos', given: [{ type: 'photo' }, { type: 'document' }], description: "Bad Request: document can't be mixed with other media types" },
    { name: 'audio with video', given: [{ type: 'audio' }, { type: 'video' }], description: "Bad Request: audio can't be mixed with other media types" },
    { name: 'a kind that albums do not have', given: [{ type: 'voice' }, { type: 'voice' }], description: 'Bad Request: can\'t parse parameter "media"' },
    { name: 'a caption that is too long', given: [{ type: 'photo', caption: 'x'.repeat(1025) }, { type: 'photo' }], description: 'Bad Request: message caption is too long' },
    { name: 'a file that is not there', given: [{ type: 'photo' }, { type: 'photo', missing: true }], description: 'Bad Request: failed to send message #2 with the error message "wrong remote file identifier specified: Wrong padding length"' },
    { name: 'a photo that is none', given: [{ type: 'photo' }, { type: 'photo', bytes: Buffer.from('text') }], description: 'Bad Request: failed to send message #2 with the error message "IMAGE_PROCESS_FAILED"' },
    { name: 'a photo over 10 MB', given: [{ type: 'photo', bytes: png(20, 10, 10 * 1024 * 1024) }, { type: 'photo' }],
      description: 'Bad Request: failed to send message #1 with the error message "file of size 10485793 bytes is too big for a photo; the maximum size is 10485760 bytes"' },
  ])('refuses $name, and shows nothing', async ({ given, description }) => {
    expect((await send(given)).body).toMatchObject({ ok: false, error_code: 400, description });
    expect(stored()).toEqual([]);
  });
});

describe('a customer', () => {
  it('sends several files at once: one update each, with one id', async () => {
    const sent = await api.emulator.world.sendAlbum(user, [{ kind: 'photo', bytes: png(2, 2), caption: 'cap' }, { kind: 'video', bytes: Buffer.from('v') }]);
    expect(sent.map((message) => [message.caption, message.media_group_id])).toEqual([['cap', sent[0]?.media_group_id], [undefined, sent[0]?.media_group_id]]);
    expect(api.emulator.world.pendingUpdates()).toBe(2);
  });

  it('sends from the page when the last file is there, in the order of their places', async () => {
    const albums = createAlbums(api.emulator.world);
    const upload = (place: number) => ({ file: { kind: 'document' as const, name: `${place}.txt`, bytes: Buffer.from('x') }, place, of: 3 });
    expect(await albums.take(user, 'a', upload(2))).toEqual([]);
    expect(await albums.take(user, 'a', upload(0))).toEqual([]);
    expect(stored()).toEqual([]);
    expect(await albums.take(user, 'a', upload(1))).toHaveLength(3);
    expect(stored().map((message) => message.document?.file_name)).toEqual(['0.txt', '1.txt', '2.txt']);
    await expect(albums.take(user, 'b', upload(3))).rejects.toThrow('no such place');
  });
});
