/** The network as one process sees it: requests that are refused, answered late, answered with an error, or done without an answer. */
import { BridgeError } from '../../src/core/errors.js';
import type { Process } from './process.js';
import type { Random } from './random.js';
import type { Timeline } from './time.js';

/** How a call over the network goes. */
export type Fate =
  | 'fine'
  /** No connection: certainly no effect. */
  | 'refused'
  /** It worked, and the answer was lost. */
  | 'reply_lost'
  /** No answer within the deadline; the effect comes later, but before the write settles. */
  | 'lands_late'
  /** The server says 500 and did nothing. */
  | 'error_500'
  /** The server says 500 and did it all the same. */
  | 'error_500_done'
  /** 429 with Retry-After. */
  | 'slow_down'
  /** Done and answered, just before the deadline. */
  | 'slow';

export interface Network {
  /** A request. `effect` happens at the other side, also after our death; what it throws is the answer. It is told how the request goes. */
  request<T>(name: string, effect: (fate: Fate) => T): Promise<T>;
}

export interface NetworkWorld {
  readonly process: Process;
  readonly time: Timeline;
  readonly random: Random;
  readonly draw: (name: string) => Fate;
  readonly deadlineMs: number;
  /** The last moment at which a request without an answer may land. */
  readonly settlesMs: number;
  readonly fail: (name: string, fate: Fate) => Error;
  readonly inFlight: { count: number };
  readonly trace: (line: string) => void;
}

export function createNetwork(world: NetworkWorld): Network {
  return {
    request: (name, effect) => new Promise((resolve, reject) => {
      world.process.run(() => { send(world, name, effect, resolve, reject); });
    }),
  };
}

function send<T>(world: NetworkWorld, name: string, effect: (fate: Fate) => T, resolve: (value: T) => void, reject: (error: unknown) => void): void {
  const { process, time, draw, deadlineMs, settlesMs, fail, inFlight, trace } = world;
  // Drawn apart for each kind of call, so that a shorter story meets much the same weather.
  const random = world.random.of(name);
  const fate = draw(name);
  trace(`${process.name} ${name} ${fate}`);
  const there = random.between(1, 120);
  const back = fate === 'slow' ? random.between(deadlineMs / 2, deadlineMs - 200) : random.between(1, 120);
  process.reach(`${name} left`);
  if (fate === 'refused' || fate === 'slow_down' || fate === 'error_500') {
    time.after(there, () => process.run(() => reject(fail(name, fate))));
    return;
  }
  inFlight.count += 1;
  time.after(fate === 'lands_late' ? random.between(deadlineMs, settlesMs - 1) : there, () => {
    inFlight.count -= 1;
    const answer = attempt(() => effect(fate));
    process.reach(`${name} landed`);
    if (fate === 'lands_late') return;
    const delayMs = fate === 'reply_lost' && random.chance(0.5) ? deadlineMs - there : back;
    time.after(delayMs, () => process.run(() => {
      if (fate !== 'fine' && fate !== 'slow') reject(fail(name, fate));
      else if ('error' in answer) reject(answer.error);
      else resolve(answer.value);
    }));
  });
  if (fate === 'lands_late') time.after(deadlineMs, () => process.run(() => reject(fail(name, fate))));
}

function attempt<T>(effect: () => T): { readonly value: T } | { readonly error: unknown } {
  try {
    return { value: effect() };
  } catch (error) {
    return { error };
  }
}

/** What the HTTP client makes of it. */
export function helpdeskFailure(random: Random): (name: string, fate: Fate) => BridgeError {
  return (name, fate) => {
    if (fate === 'slow_down') return new BridgeError({ code: 'rate_limited', operation: name, message: name, retryAfterMs: random.between(500, 30_000) });
    const status = fate === 'error_500' || fate === 'error_500_done' ? { status: 500 } : {};
    return new BridgeError({ code: 'unavailable', operation: name, message: `${name}: ${fate}`, effect: fate === 'refused' ? 'none' : 'unknown', ...status });
  };
}
