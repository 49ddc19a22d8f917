/** The zod schemas as JSON Schema, so that editors complete and check the YAML files while they are written. */
import { z, type ZodType } from 'zod';
import { queuesSchema, settingsSchema, statusesSchema, textsSchema, topicsSchema } from '../mapping/schema.js';
import { configSchema } from './schema.js';

export interface JsonSchemaFile {
  /** The file in `config/schemas`. */
  readonly name: string;
  readonly schema: Readonly<Record<string, unknown>>;
}

const SCHEMAS: Readonly<Record<string, ZodType>> = {
  queues: queuesSchema, topics: topicsSchema, statuses: statusesSchema, settings: settingsSchema, texts: textsSchema,
};

export function generateSchemas(): readonly JsonSchemaFile[] {
  const mappings = Object.entries(SCHEMAS).map(([name, schema]) => ({ name: `${name}.schema.json`, schema: toJsonSchema(schema, `mappings: ${name}`) }));
  const config = toJsonSchema(configSchema, 'config/deskbridge.yaml');
  return [{ name: 'deskbridge.schema.json', schema: asRecord(withVariables(config)) }, ...mappings];
}

/** The text of a schema file. */
export function formatSchema({ schema }: JsonSchemaFile): string {
  return `${JSON.stringify(schema, undefined, 2)}\n`;
}

function toJsonSchema(schema: ZodType, title: string): Record<string, unknown> {
  // The editors' YAML plugins know draft 7 best.
  return { title, ...z.toJSONSchema(schema, { io: 'input', target: 'draft-7', unrepresentable: 'any' }) };
}

/** In the config file every single value may be `${NAME}` instead, or be left empty. */
function withVariables(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(withVariables);
  if (typeof node !== 'object' || node === null) return node;
  const schema = asRecord(node);
  if (typeof schema['type'] === 'string' && schema['type'] !== 'object' && schema['type'] !== 'array') {
    const { description, default: fallback, ...rest } = schema;
    const outside = Object.entries({ description, default: fallback }).filter(([, value]) => value !== undefined);
    return { ...Object.fromEntries(outside), anyOf: [rest, { type: 'string', pattern: '\\$\\{' }, { type: 'null' }] };
  }
  return Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, withVariables(value)]));
}

function asRecord(node: unknown): Record<string, unknown> {
  return typeof node === 'object' && node !== null ? Object.fromEntries(Object.entries(node)) : {};
}
