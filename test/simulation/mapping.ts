/** The rules that come with the product, compiled as the product does. */
import { fileURLToPath } from 'node:url';
import { readMappings } from '../../src/config/mappings-folder.js';
import type { Mapping } from '../../src/core/mapping.js';
import { compileMapping } from '../../src/mapping/compile.js';

function compile(): Mapping {
  const { mapping } = compileMapping(readMappings(fileURLToPath(new URL('../../mappings', import.meta.url))));
  if (mapping === undefined) throw new Error('the mappings that come with the product have mistakes');
  return mapping;
}

export const shippedMapping: Mapping = compile();
