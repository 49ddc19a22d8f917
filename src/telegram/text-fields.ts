/** The fields of a request that carry a text: as it stands in a message, or under a file. */
import { isEmptyText, type RichText } from '../core/rich-text.js';
import type { Part } from '../core/types.js';
import { toEntities } from './entities.js';

export interface Worded {
  readonly kind: Part['kind'];
  readonly text: RichText;
  /** With its entities. */
  readonly marked: boolean;
}

export function textFields({ kind, text, marked }: Worded): Readonly<Record<string, unknown>> {
  if (kind !== 'text' && isEmptyText(text)) return {};
  const entities = marked ? toEntities(text) : [];
  const [textField, entitiesField] = kind === 'text' ? ['text', 'entities'] : ['caption', 'caption_entities'];
  return { [textField]: text.text, ...(entities.length === 0 ? {} : { [entitiesField]: entities }) };
}
