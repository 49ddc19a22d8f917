/** Rows: files of the id map that somebody or something damaged, and a wall clock that jumps. */
import { copyFileSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Row } from './run-row.js';
import type { Scene } from './scene.js';

const ADMIN_COMES_AFTER_MS = 6_000;
/** A conversation in waiting looks at its file again this often, and a little. */
const LOOKED_AT_AGAIN_SECONDS = 25;

type Damage = (path: string) => void;
const cut: Damage = (path) => { truncateSync(path, Math.floor(readFileSync(path).length / 2)); };
const garbage: Damage = (path) => { writeFileSync(path, Buffer.from(readFileSync(path).map((byte, index) => byte ^ (index * 7 + 129)))); };

function filesOf(scene: Scene, room: string): readonly string[] {
  const folder = join(scene.folder, 'idmap', room);
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.json')).map((name) => join(folder, name));
}

const says = (scene: Scene, words: RegExp): boolean => words.test(scene.current().output());

/** The program is down, a conversation's file is damaged, agents and customers go on; later the admin puts the file back. */
function conversationFile(damage: Damage) {
  return async (scene: Scene): Promise<void> => {
    await scene.sleep(2_000);
    await scene.kill();
    const user = scene.load.customers[0]?.user ?? 0;
    const path = filesOf(scene, 'conversations').find((name) => readFileSync(name, 'utf8').includes(`:${user}"`));
    if (path === undefined) throw new Error('the conversation has no file');
    const kept = join(dirname(scene.folder), 'kept.json');
    copyFileSync(path, kept);
    damage(path);
    const damaged = readFileSync(path);
    await scene.start();
    await scene.sleep(ADMIN_COMES_AFTER_MS);
    if (!scene.current().output().includes(path)) throw new Error('the log does not name the damaged file');
    if (!says(scene, /[Rr]estore it from a backup/)) throw new Error('the log does not say what to do');
    if (!readFileSync(path).equals(damaged)) throw new Error('the damaged file was written over');
    copyFileSync(kept, path);
  };
}

/** Damaged while the program is down; nobody comes to help. */
function whileDown(files: (scene: Scene) => readonly string[], told: RegExp) {
  return async (scene: Scene): Promise<void> => {
    await scene.sleep(2_500);
    await scene.kill();
    for (const path of files(scene)) cut(path);
    await scene.sleep(1_500);
    await scene.start();
    await scene.sleep(2_000);
    if (!says(scene, told)) throw new Error(`the log does not tell of the damage: ${String(told)}`);
  };
}

const HOUR_MS = 3_600_000;
const JUMPS = 4;
const preload = pathToFileURL(resolve(dirname(fileURLToPath(import.meta.url)), 'shift-clock.mjs')).href;

async function jumps(scene: Scene): Promise<void> {
  for (let jump = 0; jump < JUMPS; jump += 1) {
    await scene.sleep(2_500);
    scene.current().kill('SIGUSR2');
  }
}

/** The program's own log shows both hours. */
function jumped({ programs }: Scene): void {
  const times = programs.flatMap((program) => [...program.output().matchAll(/"time":"([^"]+)"/g)].map(([, time = '']) => Date.parse(time)));
  const span = Math.max(...times) - Math.min(...times);
  if (span < 1.9 * HOUR_MS) throw new Error('the clock did not jump');
}

export const DAMAGE_ROWS: readonly Row[] = [
  { name: 'a conversation\'s file cut in half, put back later', inTests: ['desk'], secondsMax: LOOKED_AT_AGAIN_SECONDS, fault: conversationFile(cut) },
  { name: 'a conversation\'s file full of garbage, put back later', secondsMax: LOOKED_AT_AGAIN_SECONDS, fault: conversationFile(garbage) },
  { name: 'every file of the ticket index cut in half', fault: whileDown((scene) => filesOf(scene, 'tickets'), /idmap\/tickets\//) },
  { name: 'the sweep\'s file cut in half', fault: whileDown((scene) => [join(scene.folder, 'idmap/sweep.json')], /idmap\/sweep\.json/) },
  { name: 'the clock jumps an hour forward, back, back, forward', environment: { NODE_OPTIONS: `--import=${preload}` }, fault: jumps, check: jumped },
  { name: 'the clock jumps while answers to writes get lost', environment: { NODE_OPTIONS: `--import=${preload}` }, check: jumped,
    async fault(scene) {
      scene.helpdesk.decide = (request) => (scene.side.isWrite(request) && scene.random(1, 100) <= 40 ? 'lose_reply' : 'pass');
      await jumps(scene);
      await scene.sleep(1_500);
      scene.helpdesk.decide = () => 'pass';
    } },
];
