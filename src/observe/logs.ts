/** Logs: one JSON line for each thing that happened, or something readable on a terminal. Ids only; secrets blanked out over the whole line. */
import type { Writable } from 'node:stream';
import winston from 'winston';
import { createRedaction } from './redact.js';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';
export type LogFacts = Readonly<Record<string, string | number | boolean | undefined>>;

/** Never throws. `message` is a short fixed text; what varies goes into `facts`. */
export interface Logger {
  log(level: LogLevel, message: string, facts?: LogFacts): void;
  /** Resolves when everything is written, or after a second. */
  close(): Promise<void>;
}

export interface LoggerOptions {
  readonly level: LogLevel;
  /** For a terminal. */
  readonly pretty: boolean;
  readonly secrets: readonly string[];
  /** Default: standard output. */
  readonly output?: Writable;
}

const LEVELS = { error: 0, warn: 1, info: 2, debug: 3 } as const;
const COLORS: Readonly<Record<LogLevel, string>> = { error: '\u001B[31m', warn: '\u001B[33m', info: '\u001B[36m', debug: '\u001B[90m' };
const PLAIN = '\u001B[0m';
const CLOSE_WAIT_MS = 1000;
const MESSAGE = Symbol.for('message');
const RESERVED = new Set(['level', 'message', 'time']);

export function createLogger({ level, pretty, secrets, output }: LoggerOptions): Logger {
  const redact = createRedaction(secrets);
  const line = winston.format((entry) => {
    const text = pretty ? toPretty(entry) : toJson(entry);
    entry[MESSAGE] = redact(text);
    return entry;
  });
  const logger = winston.createLogger({
    levels: LEVELS, level, exitOnError: false,
    format: winston.format.combine(winston.format.timestamp({ alias: 'time' }), line()),
    transports: [output === undefined ? new winston.transports.Console({ forceConsole: false }) : new winston.transports.Stream({ stream: output })],
  });
  // A closed pipe must not end the program.
  logger.on('error', () => undefined);
  return {
    log(entryLevel, message, facts) {
      // Asked here, since winston would build the entry first.
      if (LEVELS[entryLevel] > LEVELS[level]) return;
      try {
        logger.log({ level: entryLevel, message, facts });
      } catch {
        // Nowhere left to tell it.
      }
    },
    close: () => new Promise((resolve) => {
      const timer = setTimeout(resolve, CLOSE_WAIT_MS);
      logger.once('finish', () => {
        clearTimeout(timer);
        resolve();
      });
      logger.end();
    }),
  };
}

/** Facts cannot take the place of level, message or time. */
function factsOf(entry: winston.Logform.TransformableInfo): [string, unknown][] {
  const { facts } = entry;
  return typeof facts === 'object' && facts !== null ? Object.entries(facts).filter(([name, value]) => value !== undefined && !RESERVED.has(name)) : [];
}

function toJson(entry: winston.Logform.TransformableInfo): string {
  return JSON.stringify({ time: entry.time, level: entry.level, message: entry.message, ...Object.fromEntries(factsOf(entry)) });
}

function toPretty(entry: winston.Logform.TransformableInfo): string {
  const level = isLevel(entry.level) ? entry.level : 'info';
  const facts = factsOf(entry).map(([name, value]) => `${name}=${String(value)}`).join(' ');
  const clock = String(entry.time).slice(11, 23);
  // Control characters in a line could paint over the terminal.
  const text = `${String(entry.message)}${facts === '' ? '' : `  ${facts}`}`.replace(/\p{Cc}/gu, ' ');
  return `${clock} ${COLORS[level]}${level.padEnd(5)}${PLAIN} ${text}`;
}

function isLevel(text: string): text is LogLevel {
  return text in LEVELS;
}
