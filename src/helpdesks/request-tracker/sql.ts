/** TicketSQL and TransactionSQL: values that cannot break out of their quotes. */
import { BridgeError } from '../../core/errors.js';

/**
 * A value in quotes. Throws `invalid` for one with `[`: REST 2 takes any query that holds one for JSON and dies of it, even
 * inside quotes (`Collection/QueryByJSON.pm`).
 */
export function sqlText(value: string): string {
  if (!isSearchable(value)) throw new BridgeError({ code: 'invalid', operation: 'search', message: 'Request Tracker cannot search for text with "["' });
  return `'${value.replace(/[\\']/g, '\\$&')}'`;
}

export function isSearchable(value: string): boolean {
  return !value.includes('[');
}

/** `(Field='a' OR Field='b')`; values must not be empty. */
export function sqlAnyOf(field: string, values: readonly string[]): string {
  return `(${values.map((value) => `${field} = ${sqlText(value)}`).join(' OR ')})`;
}
