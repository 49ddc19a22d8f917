/** From a config file and the environment to one frozen Config, or to everything that is wrong. */
import type { ZodType } from 'zod';
import type { HelpdeskDefinition } from '../core/ports.js';
import { didYouMean } from '../mapping/suggest.js';
import { checkYaml, issueProblems, parseYaml, type Problem, type SourceFile, type YamlFile } from '../mapping/yaml-file.js';
import { fillEnvironment, type Environment } from './environment.js';
import { configSchema, type Config } from './schema.js';

export type Helpdesks = Readonly<Record<string, HelpdeskDefinition>>;

/** Thrown instead of a Config; the message has one line for each problem. */
export class ConfigProblems extends Error {
  constructor(readonly problems: readonly Problem[]) {
    super(problems.map(formatProblem).join('\n'));
    this.name = 'ConfigProblems';
  }
}

/** `file:line:column path: what is wrong, and what to do`. */
export function formatProblem(problem: Problem): string {
  const path = problem.path === '' ? '' : `${problem.path}: `;
  return `${problem.file}:${problem.line}:${problem.column} ${problem.level === 'warning' ? 'warning: ' : ''}${path}${problem.message}`;
}

/** Throws ConfigProblems. `readFile` reads the files of `NAME_FILE` variables. */
export function parseConfig(file: SourceFile, env: Environment, helpdesks: Helpdesks, readFile: (path: string) => string): Config {
  const source = parseYaml(file);
  const unset = source.problems.length > 0 ? [] : fillEnvironment(source, env, readFile);
  const { value, problems: shape } = checkYaml(source, configSchema, (raw) => prepared(configSchema, raw));
  // A variable that is not set leaves its key empty: one line about it is enough.
  const told = new Set(unset.map((problem) => problem.path));
  const problems = [...unset, ...shape.filter((problem) => !told.has(problem.path))];
  // What is right so far is checked for what belongs together even when something else is wrong.
  const known = value ?? lenient(source);
  const options = checkHelpdesk(source, known, helpdesks, problems, told);
  checkTelegram(source, known, problems, told);
  if (known.idMap?.engine === 'postgres') problems.push(source.problemAt(['idMap', 'engine'], 'postgres is not available yet; use lowdb'));
  if (value === undefined || problems.length > 0) throw new ConfigProblems([...problems].sort((a, b) => a.line - b.line || a.column - b.column));
  return freeze({ ...value, helpdesk: { ...value.helpdesk, options: options ?? {} }, file: file.path });
}

interface Known {
  readonly telegram?: { readonly apiRoot?: unknown; readonly mode?: unknown; readonly publicUrl?: unknown; readonly webhookSecret?: unknown };
  readonly helpdesk?: { readonly name?: unknown; readonly url?: unknown; readonly token?: unknown; readonly options?: unknown };
  readonly idMap?: { readonly engine?: unknown };
}

/** The parts of a file with mistakes in it, as far as they are there. */
function lenient(source: YamlFile): Known {
  if (source.problems.length > 0) return {};
  const at = (...path: readonly string[]): unknown => source.document.getIn(path) || undefined;
  return {
    telegram: {
      apiRoot: at('telegram', 'apiRoot') ?? 'https://api.telegram.org', mode: at('telegram', 'mode'), publicUrl: at('telegram', 'publicUrl'),
      webhookSecret: at('telegram', 'webhookSecret'),
    },
    helpdesk: { name: at('helpdesk', 'name') ?? 'desk', url: at('helpdesk', 'url'), token: at('helpdesk', 'token'), options: optionsIn(source) },
    idMap: { engine: at('idMap', 'engine') },
  };
}

/** A broken alias makes this impossible; that is told already. */
function optionsIn(source: YamlFile): unknown {
  try {
    const raw: unknown = source.document.toJS({ maxAliasCount: 50 });
    return isRecord(raw) && isRecord(raw['helpdesk']) ? raw['helpdesk']['options'] : undefined;
  } catch {
    return undefined;
  }
}

function checkTelegram(source: YamlFile, { telegram }: Known, problems: Problem[], told: ReadonlySet<string>): void {
  if (telegram?.mode !== 'webhook') return;
  const { publicUrl, webhookSecret, apiRoot } = telegram;
  const missing = (key: string, variable: string, what: string): void => {
    if (!told.has(`telegram.${key}`)) problems.push(source.problemAt(['telegram', key], `mode webhook needs ${what}; set ${variable}, or use mode polling`));
  };
  if (publicUrl === undefined) missing('publicUrl', 'PUBLIC_URL', 'the address where the internet reaches this server');
  else if (String(apiRoot).startsWith('https://api.telegram.org') && !String(publicUrl).startsWith('https://')) {
    problems.push(source.problemAt(['telegram', 'publicUrl'], 'must start with https://, Telegram sends webhooks nowhere else'));
  }
  if (webhookSecret === undefined) missing('webhookSecret', 'TELEGRAM_WEBHOOK_SECRET', 'a secret (1 to 256 letters, digits, _ and -)');
}

/** Gives the options as the helpdesk's own schema makes them. */
function checkHelpdesk(source: YamlFile, { helpdesk }: Known, helpdesks: Helpdesks, problems: Problem[], told: ReadonlySet<string>): Record<string, unknown> | undefined {
  if (helpdesk === undefined || told.has('helpdesk.name')) return undefined;
  const name = String(helpdesk.name);
  const definition = Object.hasOwn(helpdesks, name) ? helpdesks[name] : undefined;
  if (definition === undefined) {
    const known = Object.keys(helpdesks);
    const suggestion = didYouMean(name, known);
    const list = suggestion.includes('known:') ? '' : ` (known: ${known.join(', ')})`;
    problems.push(source.problemAt(['helpdesk', 'name'], `there is no ${quoted(name)}${suggestion}${list}`));
    return undefined;
  }
  for (const key of ['url', 'token'] as const) {
    const isNeeded = name !== 'desk' || helpdesk.url !== undefined;
    if (!isNeeded || helpdesk[key] !== undefined || told.has(`helpdesk.${key}`)) continue;
    problems.push(source.problemAt(['helpdesk', key], `helpdesk ${name} needs ${key === 'url' ? 'its address' : 'a token'}; set HELPDESK_${key.toUpperCase()}`));
  }
  const result = definition.optionsSchema.safeParse(prepared(definition.optionsSchema, helpdesk.options) ?? {});
  if (!result.success) problems.push(...result.error.issues.flatMap((issue) => issueProblems(source, definition.optionsSchema, issue, ['helpdesk', 'options'])));
  return result.success && isRecord(result.data) ? result.data : undefined;
}

/** A name as it was written, unless it may be a token that somebody put into the wrong variable. */
function quoted(name: string): string {
  return /^[A-Za-z][A-Za-z -]{0,29}$/.test(name) ? `helpdesk "${name}"` : 'helpdesk of this name';
}

interface Shaped {
  readonly shape?: Readonly<Record<string, ZodType>>;
  readonly element?: ZodType;
  readonly in?: ZodType;
  readonly unwrap?: () => ZodType;
}

/** Below default, optional and transform: the schema of the value as it is written. */
function innermost(schema: (ZodType & Shaped) | undefined): (ZodType & Shaped) | undefined {
  const inner: (ZodType & Shaped) | undefined = schema?.in ?? (schema?.type === 'array' ? undefined : schema?.unwrap?.());
  return inner === undefined ? schema : innermost(inner);
}

/** Keys without a value (an unset variable with an empty default) count as absent; digits from the environment count as a number, `true` and `false` as a switch, where one is expected. */
function prepared(schema: (ZodType & Shaped) | undefined, raw: unknown): unknown {
  const inner = innermost(schema);
  if (raw === null || raw === '') return undefined;
  if (typeof raw === 'string' && inner?.type === 'number' && /^\s*-?\d+(\.\d+)?\s*$/.test(raw)) return Number(raw);
  if ((raw === 'true' || raw === 'false') && inner?.type === 'boolean') return raw === 'true';
  if (Array.isArray(raw)) return raw.map((each: unknown) => prepared(inner?.element, each));
  if (!isRecord(raw)) return raw;
  const entries = Object.entries(raw).map(([key, value]) => [key, prepared(inner?.shape?.[key], value)] as const);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const inner of Object.values(value)) freeze(inner);
    Object.freeze(value);
  }
  return value;
}
