/** The last words of the program. Node itself would print the whole error, and foreign errors hold tokens, addresses and texts of messages. */
import { BridgeError } from '../core/errors.js';
import { systemClock } from './system-clock.js';

const CAUSES_MAX = 5;
const FRAMES_MAX = 12;

/** Ends the program with 1 when nobody caught an error. Messages of Telegram and the helpdesk come again: they were not acknowledged. */
export function installCrashReport(): void {
  process.on('uncaughtException', (thrown: unknown) => {
    process.stderr.write(`${crashReport(thrown)}\n`);
    process.exit(1);
  });
}

/** One line of JSON: what kind of errors, and where. Only our own errors say more, their words are safe. */
export function crashReport(thrown: unknown): string {
  const kinds: string[] = [];
  let error = thrown;
  for (; error instanceof Error && kinds.length < CAUSES_MAX; error = error.cause) kinds.push(kindOf(error));
  if (kinds.length === 0) kinds.push(typeof thrown);
  return JSON.stringify({ time: new Date(systemClock.nowMs()).toISOString(), level: 'error', message: 'crashed', error: kinds.join(' < '), at: framesOf(thrown) });
}

function kindOf(error: Error): string {
  if (error instanceof BridgeError) return `${error.code}: ${error.message}`;
  const code = 'code' in error && typeof error.code === 'string' && /^[A-Z0-9_]{1,40}$/.test(error.code) ? ` ${error.code}` : '';
  return `${error.constructor.name}${code}`;
}

/** Where it happened; a message of several lines must not pass for a frame. */
function framesOf(thrown: unknown): readonly string[] {
  if (!(thrown instanceof Error)) return [];
  const stack = thrown.stack ?? '';
  const heading = stack.lastIndexOf(thrown.message);
  const frames = (heading < 0 ? stack : stack.slice(heading + thrown.message.length)).split('\n').map((line) => line.trim());
  return frames.filter((line) => /^at [^"'`]{1,300}:\d+:\d+\)?$/.test(line)).slice(0, FRAMES_MAX);
}
