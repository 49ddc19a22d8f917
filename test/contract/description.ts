/**
 * What belongs here: holding a request against a machine-readable copy of https://core.telegram.org/bots/api, where one is at hand. Besides
 * methods, parameters and types, what the descriptions say in a regular way is checked too: closed lists of words, lengths, ranges.
 */
import { existsSync, readFileSync } from 'node:fs';
import { z } from 'zod';

/** Another place can be named in the environment. */
const PATH = process.env['TELEGRAM_BOT_API_SPEC'] ?? '../shared/contracts/telegram-bot-api.json';
export const WHY_SKIPPED = `there is no description of the Bot API at ${PATH} (TELEGRAM_BOT_API_SPEC names another place)`;

const field = z.object({ name: z.string(), types: z.array(z.string()), required: z.boolean(), description: z.string().default('') });
const schema = z.object({
  methods: z.record(z.string(), z.object({ fields: z.array(field).default([]) })),
  types: z.record(z.string(), z.object({ fields: z.array(field).default([]), subtypes: z.array(z.string()).default([]) })),
});
type Field = z.infer<typeof field>;
export type Description = z.infer<typeof schema>;

/** Undefined where there is no copy. */
export function findDescription(): Description | undefined {
  return existsSync(PATH) ? schema.parse(JSON.parse(readFileSync(PATH, 'utf8'))) : undefined;
}

export interface SentRequest {
  readonly method: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  /** Names of the parts of a form that are files. */
  readonly files: readonly string[];
  /** In a form everything is text, and objects are JSON. */
  readonly isForm: boolean;
}

/** Everything that is wrong with a request, each with its place. */
export function faultsOfRequest(description: Description, { method, parameters, files, isForm }: SentRequest): readonly string[] {
  const known = Object.hasOwn(description.methods, method) ? description.methods[method] : undefined;
  if (known === undefined) return [`${method}: there is no such method`];
  const given = new Map(Object.entries(parameters));
  const faults = known.fields.flatMap((each) => {
    if (each.types.includes('InputFile') && files.includes(each.name)) return [];
    if (!given.has(each.name)) return each.required ? [`${method}.${each.name}: missing`] : [];
    const value = isForm ? fromText(each, given.get(each.name)) : given.get(each.name);
    return faultsOfField(description, each, value, `${method}.${each.name}`);
  });
  const names = new Set(known.fields.map((each) => each.name));
  const unknown = [...given.keys(), ...files.filter((name) => !attached(parameters).has(name))].filter((name) => !names.has(name));
  const absent = [...attached(parameters)].filter((name) => !files.includes(name));
  return [...faults, ...unknown.map((name) => `${method}.${name}: there is no such parameter`), ...absent.map((name) => `${method}: no file ${name} came with attach://`)];
}

/** Files of a form that the parameters point to. */
function attached(parameters: Readonly<Record<string, unknown>>): ReadonlySet<string> {
  return new Set([...JSON.stringify(parameters).matchAll(/attach:\/\/([\w.-]+)/g)].map((match) => match[1] ?? ''));
}

function fromText(each: Field, value: unknown): unknown {
  const text = String(value);
  if (each.types.includes('Integer') && /^-?\d+$/.test(text)) return Number(text);
  if (each.types.includes('Float') && /^-?\d+(\.\d+)?$/.test(text)) return Number(text);
  if (each.types.includes('Boolean') && /^(true|false)$/i.test(text)) return text.toLowerCase() === 'true';
  if (each.types.includes('String') || each.types.includes('InputFile')) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

const LIST = 'Array of ';

function faultsOfField(description: Description, each: Field, value: unknown, path: string): readonly string[] {
  // A list whose items may be of several types is described as several types of list.
  const lists = each.types.filter((type) => type.startsWith(LIST));
  const types = lists.length > 1 ? [`${LIST}${lists.map((type) => type.slice(LIST.length)).join('|')}`] : each.types;
  return [...fewestOf(types.map((type) => faultsOfType(description, type, value, path))), ...faultsOfRule(description, each, value, path)];
}

function fewestOf(perType: readonly (readonly string[])[]): readonly string[] {
  return [...perType].sort((a, b) => a.length - b.length)[0] ?? [];
}

function faultsOfType(description: Description, type: string, value: unknown, path: string): readonly string[] {
  if (type.startsWith(LIST)) {
    if (!Array.isArray(value)) return [`${path}: not a list`];
    return value.flatMap((item: unknown, index) => faultsOfType(description, type.slice(LIST.length), item, `${path}[${index}]`));
  }
  if (type.includes('|')) return fewestOf(type.split('|').map((one) => faultsOfType(description, one, value, path)));
  const simple = { Integer: Number.isSafeInteger(value), Float: typeof value === 'number', String: typeof value === 'string', Boolean: typeof value === 'boolean', InputFile: false }[type];
  if (simple !== undefined) return simple ? [] : [`${path}: not ${type}`];
  const { fields, subtypes } = description.types[type] ?? { fields: [], subtypes: [] };
  if (subtypes.length > 0) return fewestOf(subtypes.map((each) => faultsOfType(description, each, value, path)));
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [`${path}: not ${type}`];
  const given = new Map<string, unknown>(Object.entries(value));
  const unknown = [...given.keys()].filter((name) => !fields.some((each) => each.name === name)).map((name) => `${path}.${name}: unknown in ${type}`);
  return [...unknown, ...fields.flatMap((each) => {
    if (!given.has(each.name)) return each.required ? [`${path}.${each.name}: missing`] : [];
    return faultsOfField(description, each, given.get(each.name), `${path}.${each.name}`);
  })];
}

function faultsOfRule(description: Description, each: Field, value: unknown, path: string): readonly string[] {
  if (typeof value === 'string') return [...faultsOfWord(each, value, path), ...faultsOfLength(each.description, value, path)];
  if (typeof value === 'number') {
    const [, min, max] = /(?:between |, )(\d+)-(\d+)(?:\.| are accepted)/.exec(each.description) ?? [];
    return min !== undefined && (value < Number(min) || value > Number(max)) ? [`${path}: not within ${min}-${max}`] : [];
  }
  if (!Array.isArray(value)) return [];
  const [, fewest = '0', most = String(value.length)] = /include (\d+)-(\d+) items/.exec(each.description) ?? /()At most (\d+) /.exec(each.description) ?? [];
  const counted = value.length < Number(fewest) || value.length > Number(most) ? [`${path}: ${value.length} items`] : [];
  if (each.name !== 'allowed_updates') return counted;
  const kinds = description.types['Update']?.fields.map((one) => one.name) ?? [];
  return [...counted, ...value.filter((kind) => !kinds.includes(String(kind)) || kind === 'update_id').map((kind) => `${path}: no update is a ${String(kind)}`)];
}

function faultsOfWord(each: Field, value: string, path: string): readonly string[] {
  const [, list] = /(?:urrently,? (?:it )?(?:can|must) be|[Mm]ust be one of|always) (?:one of )?("[\s\S]*)$/.exec(each.description) ?? [];
  const [, only] = /, (?:must be|always) ([a-z_]+)$/.exec(each.description) ?? [];
  const words = list !== undefined ? [...list.matchAll(/"([^"]+)"/g)].map((match) => match[1] ?? '')
    : only !== undefined ? [only]
      : each.name === 'action' && each.description.includes('Choose one') ? each.description.split(/[^a-z_]+/) : [];
  return words.length === 0 || words.includes(value) ? [] : [`${path}: "${value.slice(0, 40)}" is not one of the words`];
}

function faultsOfLength(text: string, value: string, path: string): readonly string[] {
  const [, min, max, unit] = /(\d+)-(\d+) (characters|bytes)/.exec(text) ?? [];
  if (min === undefined) return [];
  const length = unit === 'bytes' ? Buffer.byteLength(value) : value.length;
  return length < Number(min) || length > Number(max) ? [`${path}: ${length} ${unit}, not ${min}-${max}`] : [];
}
