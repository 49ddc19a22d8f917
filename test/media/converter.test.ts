import { existsSync, readdirSync, statSync } from 'node:fs';
import { mkdtemp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { BridgeError } from '../../src/core/errors.js';
import { plainText } from '../../src/core/rich-text.js';
import type { Attachment, BridgeEvent } from '../../src/core/types.js';
import { createMediaConverter } from '../../src/media/converter.js';
import { findFfmpeg, IN, OUT, type Convert } from '../../src/media/ffmpeg.js';
import { recipeFor } from '../../src/media/recipes.js';

const LIMIT = 10_000;
let above: string;
let folder: string;
let events: BridgeEvent[];
beforeEach(async () => { above = await mkdtemp(join(tmpdir(), 'media-')); folder = join(above, 'converting'); events = []; });
afterEach(() => rm(above, { recursive: true, force: true }));

const voice = (more: Partial<Attachment> = {}): Attachment => ({
  kind: 'voice', name: 'voice_1.ogg', mediaType: 'audio/ogg', sizeBytes: 5, durationSeconds: 12, open: () => Promise.resolve(Readable.from([Buffer.from('sound')])), ...more,
});
const photo: Attachment = { kind: 'photo', name: 'p.jpg', mediaType: 'image/jpeg', open: () => Promise.reject(new Error('not read here')) };
/** Says what it was given. */
const echo: Convert = async (own) => { await writeFile(join(own, OUT), `copy of ${await readFile(join(own, IN), 'utf8')}`); return true; };
const create = (convert: Convert = echo) => createMediaConverter({ folder, convert, emit: (event) => events.push(event) });
const content = (...attachments: Attachment[]) => ({ text: plainText('x'), attachments });
const bytesOf = async (file: Attachment | undefined): Promise<string> => (file?.open === undefined ? 'none' : (await buffer(await file.open())).toString());

describe('a voice message', () => {
  it('stands before its original, with the same name and duration, for as long as it is written', async () => {
    const media = await create();
    const playable = await media.toPlayable(content(photo, voice()), LIMIT);
    const [first, copy, original] = playable.content.attachments;
    expect(first).toBe(photo);
    expect(copy).toMatchObject({ kind: 'audio', name: 'voice_1.m4a', mediaType: 'audio/mp4', sizeBytes: 13, durationSeconds: 12 });
    expect(original).toMatchObject({ kind: 'voice', name: 'voice_1.ogg', mediaType: 'audio/ogg', sizeBytes: 5 });
    for (const again of [1, 2]) expect([again, await bytesOf(copy), await bytesOf(original)]).toEqual([again, 'copy of sound', 'sound']);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(readdirSync(folder).map((name) => statSync(join(folder, name)).mode & 0o777)).toEqual([0o700]);
    await playable.release();
    expect(readdirSync(folder)).toEqual([]);
  });

  it('is read from Telegram once', async () => {
    let opened = 0;
    const open = (): Promise<Readable> => { opened += 1; return Promise.resolve(Readable.from([Buffer.from('sound')])); };
    const playable = await (await create()).toPlayable(content(voice({ open })), LIMIT);
    for (const file of playable.content.attachments) await bytesOf(file);
    expect(opened).toBe(1);
  });

  it.each<[string, Convert]>([
    ['fails', () => Promise.resolve(false)], ['gives nothing', () => Promise.resolve(true)],
    ['gives an empty file', async (own) => { await writeFile(join(own, OUT), ''); return true; }],
    ['gives a file that was cut at the limit', async (own, _recipe, bytesMax) => { await writeFile(join(own, OUT), Buffer.alloc(bytesMax)); return true; }],
    ['breaks', () => Promise.reject(new Error('broken'))],
  ])('arrives as it is when the conversion %s', async (_name, convert) => {
    const playable = await (await create(convert)).toPlayable(content(voice()), LIMIT);
    expect(playable.content.attachments.map(({ name }) => name)).toEqual(['voice_1.ogg']);
    expect(await bytesOf(playable.content.attachments[0])).toBe('sound');
    await playable.release();
    expect(readdirSync(folder)).toEqual([]);
  });

  it('that Telegram does not give is left to whoever writes it', async () => {
    const lost = voice({ open: () => Promise.reject(new BridgeError({ code: 'invalid', operation: 'getFile', message: 'gone', reason: 'file_unavailable' })) });
    const playable = await (await create()).toPlayable(content(lost), LIMIT);
    expect(playable.content.attachments).toEqual([lost]);
    await playable.release();
    expect(readdirSync(folder)).toEqual([]);
  });

  it('too large for the helpdesk is not read at all', async () => {
    const large = voice({ sizeBytes: LIMIT + 1, open: () => Promise.reject(new Error('read')) });
    const refused: Attachment = { kind: 'voice', name: 'v.ogg', mediaType: 'audio/ogg' };
    expect((await (await create()).toPlayable(content(large, refused), LIMIT)).content.attachments).toEqual([large, refused]);
    expect(existsSync(folder) && readdirSync(folder)).toEqual([]);
  });

  it('does not wait when many are on disk already, and two are converted at a time', async () => {
    let running = 0;
    let most = 0;
    const media = await create(async (own) => {
      most = Math.max(most, running += 1);
      await writeFile(join(own, OUT), 'c');
      running -= 1;
      return true;
    });
    const all = await Promise.all(Array.from({ length: 40 }, () => media.toPlayable(content(voice()), LIMIT)));
    expect(all.filter((one) => one.content.attachments.length === 2)).toHaveLength(32);
    expect(most).toBe(2);
    for (const one of all) await one.release();
    expect((await media.toPlayable(content(voice()), LIMIT)).content.attachments).toHaveLength(2);
  });
});

it('leaves nothing of an earlier run on disk', async () => {
  await mkdir(join(folder, 'file-old'), { recursive: true });
  await writeFile(join(folder, 'file-old', IN), 'old');
  await create();
  expect(readdirSync(folder)).toEqual([]);
});

describe('what is converted', () => {
  it.each([
    { kind: 'voice', mediaType: 'audio/ogg', becomes: 'm4a' }, { kind: 'audio', mediaType: 'audio/flac', becomes: 'm4a' }, { kind: 'document', mediaType: 'Audio/OGG; codecs=opus', becomes: 'm4a' },
    { kind: 'sticker', mediaType: 'video/webm', becomes: 'png' },
    { kind: 'sticker', mediaType: 'image/webp' }, { kind: 'sticker', mediaType: 'application/x-tgsticker' }, { kind: 'video', mediaType: 'video/webm' }, { kind: 'video_note', mediaType: 'video/mp4' },
    { kind: 'audio', mediaType: 'audio/mpeg' }, { kind: 'audio', mediaType: 'audio/mp4' }, { kind: 'document', mediaType: 'constructor' }, { kind: 'voice', mediaType: 'audio/mpeg' },
  ] as const)('$kind of $mediaType: $becomes', ({ kind, mediaType, ...rest }) => {
    expect(recipeFor({ kind, mediaType })?.extension).toBe('becomes' in rest ? rest.becomes : undefined);
  });
});

it('finds no ffmpeg where it is off, or not where it was said to be', () => {
  for (const setting of ['off', join(tmpdir(), 'no-such-ffmpeg'), 'ffmpeg', './ffmpeg']) expect(findFfmpeg(setting)).toBeUndefined();
  expect(findFfmpeg(process.execPath)).toBe(process.execPath);
});
