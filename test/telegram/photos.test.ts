import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { ProfilePhoto, ProfilePhotos } from '../../src/core/photos.js';
import { mintId, type PersonId } from '../../src/core/types.js';
import { createTelegramClient, type TelegramClient } from '../../src/telegram/client.js';
import { createProfilePhotos } from '../../src/telegram/photos.js';
import { startBotApi, TOKEN, type FakeBotApi } from './bot-api.js';

let api: FakeBotApi;
let client: TelegramClient;
let photos: ProfilePhotos;
const ann = mintId<PersonId>('tg:7');

beforeEach(async () => {
  api = await startBotApi();
  client = createTelegramClient({ token: TOKEN, apiRoot: api.url, emit: () => undefined, nowMs: () => 0 });
  photos = createProfilePhotos(client);
});
afterEach(async () => { client.disconnect(); await api.close(); });

const size = (side: number, bytes = side * 10) => ({ file_id: `file-${side}`, file_unique_id: `unique-${side}`, width: side, height: side + 20, file_size: bytes });
function show(...sizes: readonly object[]): void {
  api.answer('getUserProfilePhotos', { result: { total_count: 3, photos: [sizes] } });
}
function give(bytes: Buffer, told?: number): void {
  api.answer('getFile', { result: { file_id: 'f', file_unique_id: 'u', file_path: 'photos/f.jpg', ...(told === undefined ? {} : { file_size: told }) } });
  api.files.set(`/file/bot${TOKEN}/photos/f.jpg`, bytes);
}
const open = async (photo: ProfilePhoto | undefined): Promise<Buffer> => {
  const stream = await photo?.picture.open?.();
  if (stream === undefined) throw new Error('nothing to open');
  return buffer(stream);
};

describe('a profile photo', () => {
  it('is the current one, in the smallest size that is sharp, with an id that stays', async () => {
    show(size(640), size(160), size(320), size(90));
    give(Buffer.from('picture'));
    const photo = await photos.photoOf(ann);
    expect(photo).toMatchObject({ id: 'unique-160', picture: { kind: 'photo', mediaType: 'image/jpeg', sizeBytes: 1600 } });
    expect(api.of('getUserProfilePhotos')[0]?.parameters).toEqual({ user_id: 7, limit: 1 });
    expect((await open(photo)).toString()).toBe('picture');
    expect(api.of('getFile')[0]?.parameters).toEqual({ file_id: 'file-160' });
  });

  it('is the largest when none is large enough', async () => {
    show(size(90), size(120));
    expect((await photos.photoOf(ann))?.id).toBe('unique-120');
  });

  it('is none for whoever has none, or shows it to others', async () => {
    api.answer('getUserProfilePhotos', { result: { total_count: 0, photos: [] } });
    expect(await photos.photoOf(ann)).toBeUndefined();
  });

  it.each(['tg:-100200', 'somebody'])('is not asked for when %s is no user', async (person) => {
    expect(await photos.photoOf(mintId<PersonId>(person))).toBeUndefined();
    expect(api.calls).toEqual([]);
  });

  it.each([
    { name: 'a refusal', answer: { error_code: 400, description: 'Bad Request: user not found' }, code: 'invalid' },
    { name: 'an answer of another kind', answer: { result: true }, code: 'unavailable' },
  ])('fails with $code by $name', async ({ answer, code }) => {
    api.answer('getUserProfilePhotos', answer);
    await expect(photos.photoOf(ann)).rejects.toMatchObject({ operation: 'getUserProfilePhotos', code });
  });

  it('that is larger than any avatar is cut off, whatever was told of its size', async () => {
    show({ ...size(160), file_size: undefined });
    give(Buffer.alloc(1024 * 1024 + 1));
    await expect(open(await photos.photoOf(ann))).rejects.toMatchObject({ code: 'invalid', reason: 'too_big' });
  });
});
