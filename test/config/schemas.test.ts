import { describe, expect, it } from '@jest/globals';
import { readFileSync, readdirSync } from 'node:fs';
import { formatSchema, generateSchemas } from '../../src/config/schemas.js';

const folder = new URL('../../config/schemas/', import.meta.url);

describe('JSON Schemas for editors', () => {
  it.each(generateSchemas())('$name is as the zod schemas say (npm run schemas writes them)', (file) => {
    expect(readFileSync(new URL(file.name, folder), 'utf8')).toBe(formatSchema(file));
  });

  it('are all there is', () => {
    expect(readdirSync(folder).sort()).toEqual(generateSchemas().map((file) => file.name).sort());
  });

  it('know the keys and allow variables in the config file', () => {
    const [config] = generateSchemas();
    expect(config?.schema).toMatchObject({ properties: { server: { properties: { port: { anyOf: [{ type: 'integer', maximum: 65535 }, { pattern: '\\$\\{' }, { type: 'null' }] } } } } });
  });
});
