/** ffmpeg as a process of its own: no shell, no network, nothing but two files of fixed names, and bounds on everything it may take. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import type { Recipe } from './recipes.js';

/** `IN` to `OUT` in `folder`. Resolves to false when nothing usable came of it; never rejects. */
export type Convert = (folder: string, recipe: Recipe, outputBytesMax: number) => Promise<boolean>;

export const IN = 'in';
export const OUT = 'out';

const TIME_MAX_MS = 30_000;
/** One block of memory, and all of them together where the system can bound that. */
const BLOCK_BYTES_MAX = 64 * 1024 * 1024;
const MEMORY_BYTES_MAX = 1024 * 1024 * 1024;
/** A sticker has 512 x 512. */
const PIXELS_MAX = 1024 * 1024;
const FOLDERS = ['/usr/local/bin', '/usr/bin', '/bin', '/opt/homebrew/bin'];
const PRLIMIT = '/usr/bin/prlimit';

/** The program that `setting` means: `off`, `auto` (where systems have it), or its path; undefined when there is none. */
export function findFfmpeg(setting: string): string | undefined {
  if (setting === 'off') return undefined;
  if (setting !== 'auto') return isAbsolute(setting) && existsSync(setting) ? setting : undefined;
  return FOLDERS.map((folder) => join(folder, 'ffmpeg')).find((path) => existsSync(path));
}

/** Every argument is ours: of a file only its bytes are not. */
export function createFfmpeg(program: string): Convert {
  return (folder, recipe, outputBytesMax) => run(folder, limited([program, ...argumentsOf(recipe, outputBytesMax)]));
}

function argumentsOf(recipe: Recipe, outputBytesMax: number): readonly string[] {
  return [
    '-nostdin', '-hide_banner', '-loglevel', 'quiet', '-max_alloc', String(BLOCK_BYTES_MAX), '-threads', '1', '-max_pixels', String(PIXELS_MAX),
    '-protocol_whitelist', 'file', '-format_whitelist', recipe.container === 'matroska' ? 'matroska,webm' : recipe.container,
    '-codec_whitelist', recipe.codecs.join(','), '-f', recipe.container, '-i', `file:${IN}`,
    ...recipe.output.slice(0, -2), '-sn', '-dn', '-threads', '1', '-fs', String(outputBytesMax), ...recipe.output.slice(-2), '-y', `file:${OUT}`,
  ];
}

function limited(command: readonly string[]): readonly string[] {
  return existsSync(PRLIMIT) ? [PRLIMIT, `--as=${MEMORY_BYTES_MAX}`, `--cpu=${TIME_MAX_MS / 1000}`, '--core=0', '--', ...command] : command;
}

function run(folder: string, [program = '', ...parameters]: readonly string[]): Promise<boolean> {
  return new Promise((resolve) => {
    // Of the environment nothing: it holds our tokens.
    const child = spawn(program, parameters, { cwd: folder, env: {}, stdio: 'ignore', timeout: TIME_MAX_MS, killSignal: 'SIGKILL', windowsHide: true });
    child.on('error', () => { resolve(false); });
    child.on('exit', (code) => { resolve(code === 0); });
  });
}
