/** What the helpdesk may know of a person. Pure. */
import type { Person } from '../core/types.js';
import type { RequesterField } from './schema.js';

/** Leaves the chosen fields; `neutralName` stands in for a name that is not among them. A link tells the username, so it needs no more than itself. */
export function profileOf(person: Person, fields: readonly RequesterField[], neutralName: (id: string) => string): Person {
  const { id, name, username, languageTag, link, phone } = person;
  const has = (field: RequesterField): boolean => fields.includes(field);
  return {
    id, name: has('name') ? name : neutralName(id),
    ...(has('username') && username !== undefined && { username }),
    ...(has('language') && languageTag !== undefined && { languageTag }),
    ...(has('link') && link !== undefined && { link }),
    ...(has('phone') && phone !== undefined && { phone }),
  };
}
