/**
 * One run of the program: it can be killed between any two steps, and it can be frozen (a paused machine) and wake again. What a dead
 * process waited for never comes; what it sent still lands.
 */
import type { Clock } from '../../src/core/ports.js';
import { BridgeError } from '../../src/core/errors.js';
import type { Random } from './random.js';
import type { Timeline } from './time.js';

/** A moment at which a story may stop the process: before, within or after a step. `sendMessage landed` = done there, the answer is on its way. */
export type Point = string;

export interface Process {
  readonly name: string;
  readonly clock: Clock;
  readonly alive: () => boolean;
  readonly frozen: () => boolean;
  /** Whether it was, ever: what it waited for may be older than its clock says. */
  readonly wasFrozen: () => boolean;
  kill(): void;
  freeze(): void;
  thaw(): void;
  /** Called when the process ends, however. */
  onEnd(run: () => void): void;
  /** Runs `go` in the process: now, when it wakes, or never. */
  run(go: () => void): void;
  wait(delayMs: number): Promise<void>;
  /** Something local that takes a moment: applied in the middle of it, unless the process is dead by then. */
  step(name: string, apply: () => void): Promise<void>;
  /** Tells that the process is at this point; a story may end it here. */
  reach(point: Point): void;
}

export interface ProcessWorld {
  readonly name: string;
  readonly time: Timeline;
  readonly random: Random;
  /** Asked at every point; ends or freezes the process when the story says so. */
  readonly at: (point: Point, process: Process) => void;
}

export function createProcess({ name, time, random: all, at }: ProcessWorld): Process {
  const random = all.of('steps');
  let alive = true;
  let frozen = false;
  let wasFrozen = false;
  const held: (() => void)[] = [];
  const ends: (() => void)[] = [];

  function run(go: () => void): void {
    if (!alive) return;
    if (frozen) held.push(go);
    else go();
  }

  const process: Process = {
    name, run,
    alive: () => alive,
    frozen: () => frozen,
    wasFrozen: () => wasFrozen,
    kill() {
      if (!alive) return;
      alive = false;
      for (const end of ends.splice(0)) end();
    },
    freeze() {
      frozen = true;
      wasFrozen = true;
    },
    thaw() {
      frozen = false;
      while (!frozen && held.length > 0) run(held.shift() ?? (() => undefined));
    },
    onEnd(end) { ends.push(end); },
    wait: (delayMs) => new Promise((resolve) => { time.after(delayMs, () => run(resolve)); }),
    clock: {
      nowMs: () => time.nowMs(),
      sleep: (delayMs, signal) => new Promise((resolve) => {
        if (signal === undefined) return time.after(delayMs, () => run(resolve));
        if (signal.aborted) return resolve();
        const wake = (): void => {
          signal.removeEventListener('abort', wake);
          run(resolve);
        };
        time.after(delayMs, wake);
        signal.addEventListener('abort', wake);
      }),
    },
    step: (step, apply) => new Promise((resolve, reject) => {
      run(() => time.after(random.between(0, 3), () => run(() => {
        process.reach(`${step} before`);
        run(() => {
          try {
            apply();
          } catch (thrown) {
            reject(thrown);
            return;
          }
          process.reach(`${step} after`);
          time.after(random.between(0, 2), () => run(resolve));
        });
      })));
    }),
    reach(point) { if (alive) at(point, process); },
  };
  return process;
}

/** What a process gets from a disk whose lock another one holds. */
export function fenced(): BridgeError {
  return new BridgeError({ code: 'unavailable', operation: 'commit', message: 'another process took the lock of the data folder' });
}
