/** What belongs here: the pieces of which lines about a message are made. Pure. The words themselves are in `mappings/texts`. */
import type { z } from 'zod';
import type { Line } from '../core/around.js';
import type { TelegramLocation } from './schema.js';

/** Reads what stands in the field called `name`. */
export type Described = (value: unknown, name: string) => Line;

const ITEMS_MAX = 30;
const ITEM_LENGTH_MAX = 4_000;
const PARAMETER_LENGTH_MAX = 500;

/** Reads `value` by `schema`; a kind whose insides changed is still named, by the text `fallback`. */
export function describe<T>(schema: z.ZodType<T>, fallback: string, toLine: (value: T) => Line): Described {
  return (value, name) => {
    const parsed = schema.safeParse(value);
    return parsed.success ? bounded(toLine(parsed.data)) : { key: fallback, parameters: { kind: name } };
  };
}

/** Of a bounded length; items without words are left out. */
function bounded({ key, parameters = {}, items = [], link }: Line): Line {
  const kept = items.map((item) => cut(item.trim(), ITEM_LENGTH_MAX)).filter((item) => item !== '').slice(0, ITEMS_MAX);
  return {
    key, parameters: Object.fromEntries(Object.entries(parameters).map(([name, value]) => [name, typeof value === 'string' ? cut(value, PARAMETER_LENGTH_MAX) : value])),
    ...(kept.length === 0 ? {} : { items: kept }), ...(link === undefined ? {} : { link }),
  };
}

function cut(text: string, lengthMax: number): string {
  return text.length <= lengthMax ? text : `${text.slice(0, lengthMax - 1).replace(/[\ud800-\udbff]$/u, '')}…`;
}

interface Named {
  readonly title?: string | undefined;
  readonly first_name?: string | undefined;
  readonly last_name?: string | undefined;
  readonly username?: string | undefined;
}

/** A title, or a name with its public name: `Aru S (@aru)`. */
export function nameOf({ title, first_name: first, last_name: last, username }: Named): string {
  const name = title ?? [first, last].filter((part) => part !== undefined && part !== '').join(' ');
  if (username === undefined || username === '') return name;
  return name === '' ? `@${username}` : `${name} (@${username})`;
}

/** `1:05`, `1:02:03`. */
export function formatDuration(seconds: number | undefined): string {
  const whole = Math.max(0, Math.round(seconds ?? 0));
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60), String(whole % 60).padStart(2, '0')];
  return hours === 0 ? `${minutes}:${rest}` : `${hours}:${String(minutes).padStart(2, '0')}:${rest}`;
}

/** Amounts come in the smallest unit: https://core.telegram.org/bots/payments#supported-currencies. Stars have no smaller one. */
export function formatAmount(currency: string, amount: number): string {
  if (currency === 'XTR') return `${amount} ⭐`;
  try {
    const digits = new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2;
    return `${(amount / 10 ** digits).toFixed(digits)} ${currency}`;
  } catch {
    return `${amount} ${currency}`; // a currency that is none
  }
}

/** A link that any browser opens on a map. */
export function mapLink({ latitude, longitude }: TelegramLocation): string {
  const lat = latitude.toFixed(6);
  const lon = longitude.toFixed(6);
  return `https://www.openstreetmap.org/?mlat=${lat}&mlon=${lon}#map=16/${lat}/${lon}`;
}
