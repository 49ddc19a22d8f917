/** The composition root: config -> connectors -> bridge -> server -> graceful stop. Nobody imports it but the command line. */
import { readFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigProblems, formatProblem, loadConfig, type Config, type Environment } from './config.js';
import { check as checkFiles, explain as explainMapping, type Question } from './config/check.js';
import { openMappings, readMappings } from './config/mappings-folder.js';
import { formatSchema, generateSchemas } from './config/schemas.js';
import type { Mapping } from './core/mapping.js';
import { toBridgeError } from './core/errors.js';
import { compileMapping } from './mapping/compile.js';
import { listBuried, type BuriedOptions } from './main/buried.js';
import { runDemo } from './main/demo.js';
import { diagnose, formatDiagnosis } from './main/doctor.js';
import { createFoundation } from './main/foundation.js';
import { runRebuild } from './main/rebuild.js';
import { runReplay, type ReplayOptions } from './main/replay.js';
import { startBridge } from './main/start.js';
import { runUntilStopped } from './main/stop.js';
import { systemClock } from './main/system-clock.js';

/** 0 fine, 1 failed, 2 bad usage or config. */
export type Exit = 0 | 1 | 2;

export function version(): string {
  const { version: number } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string };
  return number;
}

export function start(file: string | undefined, env: Environment): Promise<Exit> {
  return withConfig(file, env, async (config) => {
    const foundation = createFoundation(config);
    const mappings = openMappings(config.mappingsDir, { emit: foundation.emit, clock: systemClock });
    try {
      const begin = () => startBridge(config, foundation, { mapping: mappings.current, clock: systemClock, pauseAt: env['DESKBRIDGE_PAUSE_AT'] });
      return await runUntilStopped(begin, () => { mappings.close(); }, foundation);
    } catch (thrown) {
      const { code, message } = toBridgeError(thrown, 'start');
      foundation.emit({ type: 'log', level: 'error', message: `cannot start: ${message}`, facts: { code } });
      await foundation.logger.close();
      return 1;
    }
  });
}

export function demo(env: Environment, port: number | undefined): Promise<Exit> {
  return reportingProblems(() => runDemo(env, port));
}

export async function check(file: string | undefined, env: Environment): Promise<Exit> {
  const report = checkFiles(file, env);
  (report.ok ? process.stdout : process.stderr).write(`${report.lines.join('\n')}\n`);
  return report.ok ? 0 : 2;
}

export async function writeSchemas(folder: string): Promise<Exit> {
  mkdirSync(folder, { recursive: true });
  for (const schema of generateSchemas()) writeFileSync(join(folder, schema.name), formatSchema(schema));
  return 0;
}

export function doctor(file: string | undefined, env: Environment): Promise<Exit> {
  return withConfig(file, env, async (config) => {
    const findings = await diagnose(config, mappingOf(config));
    process.stdout.write(`${findings.map(formatDiagnosis).join('\n')}\n`);
    return findings.every((finding) => finding.ok) ? 0 : 1;
  });
}

export function explain(file: string | undefined, env: Environment, question: Question): Promise<Exit> {
  // Only the mappings matter here; a token is not needed to read them.
  return withConfig(file, withoutToken(env), async (config) => {
    process.stdout.write(`${explainMapping(mappingOf(config), question).join('\n')}\n`);
    return 0;
  });
}

export function buried(file: string | undefined, env: Environment, options: BuriedOptions): Promise<Exit> {
  return withConfig(file, withoutToken(env), (config) => listBuried(config, options));
}

export function replay(file: string | undefined, env: Environment, options: ReplayOptions): Promise<Exit> {
  // The running program has the token.
  return withConfig(file, withoutToken(env), (config) => runReplay(config, options));
}

/** `sinceMs`: answers written from then on are to be delivered. */
export function rebuild(file: string | undefined, env: Environment, sinceMs: number | undefined): Promise<Exit> {
  return withConfig(file, env, async (config) => {
    if (sinceMs !== undefined && sinceMs > systemClock.nowMs()) {
      process.stderr.write(`--since ${new Date(sinceMs).toISOString()} lies in the future\n`);
      return 2;
    }
    const say = (line: string): void => { process.stdout.write(`${line}\n`); };
    try {
      await runRebuild(config, { mapping: mappingOf(config), clock: systemClock, say, ...(sinceMs !== undefined && { sinceMs }) });
      return 0;
    } catch (thrown) {
      if (thrown instanceof ConfigProblems) throw thrown;
      process.stderr.write(`cannot rebuild: ${toBridgeError(thrown, 'rebuild').message}\n`);
      return 1;
    }
  });
}

/** The token is asked of nobody who only works with files. */
function withoutToken(env: Environment): Environment {
  return env['TELEGRAM_BOT_TOKEN'] || env['TELEGRAM_BOT_TOKEN_FILE'] ? env : { ...env, TELEGRAM_BOT_TOKEN: '1:nobody' };
}

function mappingOf(config: Config): Mapping {
  const { mapping, problems } = compileMapping(readMappings(config.mappingsDir));
  if (mapping === undefined) throw new ConfigProblems(problems);
  return mapping;
}

function withConfig(file: string | undefined, env: Environment, work: (config: Config) => Promise<Exit>): Promise<Exit> {
  return reportingProblems(() => work(loadConfig(file === undefined ? { env } : { file, env }).config));
}

async function reportingProblems(work: () => Promise<Exit>): Promise<Exit> {
  try {
    return await work();
  } catch (thrown) {
    if (!(thrown instanceof ConfigProblems)) throw thrown;
    process.stderr.write(`${thrown.problems.map(formatProblem).join('\n')}\n`);
    return 2;
  }
}
