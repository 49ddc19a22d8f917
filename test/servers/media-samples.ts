/** Real pictures, sound and film, made by ffmpeg, so that people who look at the pages see something. */
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { findFfmpeg } from '../../src/media/ffmpeg.js';

/** undefined = there is none, and the tests have a reason to be skipped. With CI=true that is an error. */
export function findMediaProgram(): string | undefined {
  const program = findFfmpeg('auto');
  if (program === undefined && process.env['CI'] === 'true') throw new Error('ffmpeg is not installed');
  return program;
}

function make(input: string, ...output: readonly string[]): Buffer {
  const { stdout, stderr } = spawnSync(findMediaProgram() ?? '', ['-nostdin', '-v', 'error', '-f', 'lavfi', '-i', input, ...output, 'pipe:1'], { maxBuffer: 2 ** 26 });
  if (stdout.length === 0) throw new Error(`ffmpeg: ${stderr.toString()}`);
  return stdout;
}

/** Each `number` looks otherwise, and no two have the same bytes. */
export function jpeg(number: number): Buffer {
  return make('testsrc2=size=320x240', '-vf', `hue=h=${number * 36}`, '-ss', String(number / 10), '-frames:v', '1', '-f', 'mjpeg');
}

export function png(number: number): Buffer {
  return make('smptebars=size=320x180', '-vf', `hue=h=${number * 60}`, '-frames:v', '1', '-c:v', 'png', '-f', 'image2pipe');
}

export function voice(seconds: number): Buffer {
  return make(`sine=duration=${seconds}`, '-c:a', 'libopus', '-f', 'ogg');
}

/** It plays, and has this many bytes: what fills it stands in a box that players leave out. */
export function film(bytes: number): Buffer {
  const playing = make('testsrc2=size=320x240:duration=2', '-c:v', 'libx264', '-pix_fmt', 'yuv420p', '-movflags', 'frag_keyframe+empty_moov', '-f', 'mp4');
  const head = Buffer.alloc(8);
  head.writeUInt32BE(bytes - playing.length);
  head.write('free', 4);
  return Buffer.concat([playing, head, randomBytes(bytes - playing.length - head.length)]);
}
