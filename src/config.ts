/** The entry of the config room: one frozen Config, or one error that lists every problem with file, line and path. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ConfigProblems, parseConfig } from './config/load.js';
import type { Environment } from './config/environment.js';
import type { Config } from './config/schema.js';
import { HELPDESKS } from './helpdesks/index.js';

export { ConfigProblems, formatProblem } from './config/load.js';
export type { Config } from './config/schema.js';
export type { Environment } from './config/environment.js';

const DEFAULT_FILE = 'config/deskbridge.yaml';
const DEFAULT_MAPPINGS = './mappings';

export interface ConfigSource {
  /** Wins over `DESKBRIDGE_CONFIG`; without both, the file that comes with the product. */
  readonly file?: string;
  readonly env: Environment;
}

/** Reads the config file and fills it from the environment. Throws ConfigProblems with all problems at once. */
export function loadConfig({ file, env }: ConfigSource): { readonly config: Config } {
  const path = file ?? (env['DESKBRIDGE_CONFIG'] || shipped(DEFAULT_FILE));
  const config = parseConfig({ path, text: readConfig(path) }, env, HELPDESKS, (name) => readFileSync(name, 'utf8'));
  return { config: Object.freeze({ ...config, mappingsDir: mappingsFolder(config.mappingsDir) }) };
}

/** Where the mappings are: `named`, else the folder that comes with the product. */
export function mappingsFolder(named: string = DEFAULT_MAPPINGS): string {
  return named === DEFAULT_MAPPINGS ? shipped(DEFAULT_MAPPINGS) : named;
}

function readConfig(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    throw new ConfigProblems([{ file: path, line: 1, column: 1, path: '', message: 'cannot be read; name a config file with --config or DESKBRIDGE_CONFIG', level: 'error' }]);
  }
}

/** The path below the working folder, or below the product's own folder when only that has it. */
function shipped(path: string): string {
  const own = fileURLToPath(new URL(`../${path}`, import.meta.url));
  return existsSync(path) || !existsSync(own) ? path : own;
}
