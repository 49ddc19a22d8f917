/** The real ffmpeg, as the program runs it. */
import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { AttachmentKind } from '../../src/core/types.js';
import { createFfmpeg, findFfmpeg, IN, OUT } from '../../src/media/ffmpeg.js';
import { recipeFor } from '../../src/media/recipes.js';

const program = findFfmpeg('auto');
if (program === undefined && process.env['CI'] === 'true') throw new Error('ffmpeg is not installed');
const described = program === undefined ? describe.skip : describe;
const MEGABYTE = 1024 * 1024;
let folder: string;
beforeEach(async () => { folder = await mkdtemp(join(tmpdir(), 'ffmpeg-')); });
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Makes a file to be converted. */
function make(...parameters: readonly string[]): void {
  const made = spawnSync(program ?? '', ['-nostdin', '-v', 'error', '-f', 'lavfi', ...parameters, join(folder, IN)], { encoding: 'utf8' });
  expect([made.status, made.stderr]).toEqual([0, '']);
}

function convert(kind: AttachmentKind, mediaType: string, bytesMax = MEGABYTE): Promise<boolean> {
  const recipe = recipeFor({ kind, mediaType });
  if (recipe === undefined) throw new Error('nothing to convert');
  return createFfmpeg(program ?? '')(folder, recipe, bytesMax);
}

interface Probed { readonly format: { readonly format_name: string; readonly duration: string }; readonly streams: readonly { readonly codec_name: string; readonly width?: number }[] }
function probe(): Probed {
  const { stdout } = spawnSync((program ?? '').replace(/ffmpeg$/, 'ffprobe'), ['-v', 'error', '-of', 'json', '-show_format', '-show_streams', join(folder, OUT)], { encoding: 'utf8' });
  return JSON.parse(stdout) as Probed;
}

described('ffmpeg (skipped where it is not installed)', () => {
  it('makes M4A of a voice message, as long as it was', async () => {
    make('-i', 'sine=duration=3', '-c:a', 'libopus', '-f', 'ogg');
    expect(await convert('voice', 'audio/ogg')).toBe(true);
    const { format, streams } = probe();
    expect(format.format_name).toContain('m4a');
    expect(Number(format.duration)).toBeCloseTo(3, 0);
    expect(streams.map((stream) => stream.codec_name)).toEqual(['aac']);
    // The index stands before the sound, so that it plays while it loads.
    const bytes = await readFile(join(folder, OUT));
    expect(bytes.indexOf('moov')).toBeLessThan(bytes.indexOf('mdat'));
  });

  it('makes M4A of FLAC', async () => {
    make('-i', 'sine=duration=1', '-f', 'flac');
    expect(await convert('audio', 'audio/flac')).toBe(true);
    expect(probe().streams.map((stream) => stream.codec_name)).toEqual(['aac']);
  });

  it('makes one picture of a sticker that moves', async () => {
    make('-i', 'testsrc=size=512x512:duration=1', '-c:v', 'libvpx-vp9', '-f', 'webm');
    expect(await convert('sticker', 'video/webm')).toBe(true);
    expect(probe().streams).toMatchObject([{ codec_name: 'png', width: 512 }]);
  });

  it('keeps to the size it is given', async () => {
    make('-i', 'sine=duration=60', '-c:a', 'libopus', '-f', 'ogg');
    await convert('voice', 'audio/ogg', 50_000);
    expect((await readFile(join(folder, OUT))).length).toBeLessThan(70_000);
  });

  it.each([
    ['a playlist of other files', '#EXTM3U\n#EXTINF:1,\nfile:///etc/hostname\n'], ['a list of files', "ffconcat version 1.0\nfile '/etc/hostname'\n"],
    ['noise', 'OggS'.repeat(1_000)], ['nothing', ''],
  ])('makes nothing of %s', async (_name, text) => {
    await writeFile(join(folder, IN), text);
    for (const [kind, mediaType] of [['voice', 'audio/ogg'], ['audio', 'audio/flac'], ['sticker', 'video/webm']] as const) expect(await convert(kind, mediaType)).toBe(false);
  });

  it('makes nothing of a picture that is larger than a sticker', async () => {
    make('-i', 'testsrc=size=2048x2048:duration=0.1:rate=10', '-c:v', 'libvpx', '-f', 'webm');
    expect(await convert('sticker', 'video/webm')).toBe(false);
  });

  it('is no trouble when it is not there', async () => {
    const recipe = recipeFor({ kind: 'voice', mediaType: 'audio/ogg' });
    if (recipe !== undefined) expect(await createFfmpeg('/no/such/ffmpeg')(folder, recipe, MEGABYTE)).toBe(false);
    expect(existsSync(join(folder, OUT))).toBe(false);
  });
});
