/** Rows: trouble of the disk under DATA_DIR. Every error is the kernel's own. */
import { spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, rmdirSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../program.js';
import type { Cleanup } from '../setup.js';
import type { Row } from './run-row.js';
import type { Scene } from './scene.js';

const TROUBLE_MS = 8_000;
const REMOUNT_MS = 20_000;

const run = (command: string, ...parameters: readonly string[]): boolean => spawnSync(command, parameters, { stdio: 'ignore' }).status === 0;

let canMount: boolean | undefined;
/** Asked once, by doing it. */
function mountObstacle(): string | undefined {
  if (canMount === undefined) {
    const folder = mkdtempSync(join(tmpdir(), 'deskbridge-mount-'));
    canMount = run('mount', '-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder) && run('umount', folder);
    rmdirSync(folder);
  }
  return canMount ? undefined : 'a small file system of its own needs the right to mount';
}

const limitObstacle = (): string | undefined => (run('prlimit', '--version') ? undefined : 'prlimit is not installed');

/** A file system of its own, in memory, so that it can be full or read-only without anybody else's trouble. */
async function onSmallDisk(folder: string, cleanups: Cleanup[]): Promise<string> {
  const place = join(folder, 'data');
  mkdirSync(place);
  if (!run('mount', '-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', place)) throw new Error('cannot mount');
  cleanups.push(async () => { run('umount', '-l', place); });
  return place;
}

/** Until not one more byte fits. */
function fill(path: string): void {
  const file = openSync(path, 'a');
  try {
    for (let chunk = Buffer.alloc(65_536); chunk.length > 0;) {
      try {
        writeSync(file, chunk);
      } catch {
        chunk = chunk.subarray(0, chunk.length >> 1);
      }
    }
  } finally {
    closeSync(file);
  }
}

async function fullDisk(scene: Scene): Promise<void> {
  const filler = join(scene.folder, 'filler');
  await scene.sleep(1_500);
  for (const untilMs = performance.now() + TROUBLE_MS; performance.now() < untilMs;) {
    fill(filler); // again and again: what is removed makes room
    await scene.sleep(200);
  }
  rmSync(filler);
}

async function readOnlyDisk(scene: Scene): Promise<void> {
  await scene.sleep(1_500);
  // Refused while a file is open for writing.
  await eventually(() => (run('mount', '-o', 'remount,ro', scene.folder) ? true : undefined), REMOUNT_MS, 'the disk is read-only');
  await scene.sleep(TROUBLE_MS);
  if (!run('mount', '-o', 'remount,rw', scene.folder)) throw new Error('cannot make the disk writable again');
}

async function noFileMayGrow(scene: Scene): Promise<void> {
  const limit = (bytes: string): void => {
    if (!run('prlimit', '--pid', String(scene.current().pid), `--fsize=${bytes}:unlimited`)) throw new Error('prlimit failed');
  };
  await scene.sleep(1_500);
  limit('0');
  await scene.sleep(TROUBLE_MS);
  limit('unlimited');
}

/** The log names a file and what the system said. */
function toldOf(code: string) {
  return ({ programs }: Scene): void => {
    if (!programs.some((program) => program.output().includes(`(${code})`))) throw new Error(`nothing was logged with ${code}: the disk was never in trouble`);
  };
}

async function killedOnFullDisk(scene: Scene): Promise<void> {
  const filler = join(scene.folder, 'filler');
  await scene.sleep(1_500);
  fill(filler);
  await scene.sleep(TROUBLE_MS / 2);
  await scene.kill();
  fill(filler);
  scene.spawn();
  await scene.sleep(TROUBLE_MS / 2);
  rmSync(filler);
  await Promise.race([scene.current().ended, scene.current().logged('started')]).catch(() => undefined);
  // A start on a full disk may be refused: the supervisor starts again.
  if (!scene.current().output().includes('"started"')) await scene.start();
}

export const DISK_ROWS: readonly Row[] = [
  { name: 'disk full (a tmpfs without room: ENOSPC)', inTests: ['desk'], obstacle: mountObstacle, placeOf: onSmallDisk, fault: fullDisk, check: toldOf('ENOSPC') },
  { name: 'disk full, and kill -9 in it', obstacle: mountObstacle, placeOf: onSmallDisk, fault: killedOnFullDisk, check: toldOf('ENOSPC') },
  { name: 'no file may grow (RLIMIT_FSIZE: EFBIG)', obstacle: limitObstacle, fault: noFileMayGrow, check: toldOf('EFBIG') },
  { name: 'DATA_DIR read-only (remounted: EROFS)', obstacle: mountObstacle, placeOf: onSmallDisk, fault: readOnlyDisk, check: toldOf('EROFS') },
];
