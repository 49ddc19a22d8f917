/** What belongs here: values that nobody expects, for all that reads JSON. */
import fc from 'fast-check';

/** Keys that mean something to JavaScript. */
export const ODD_KEYS = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'valueOf', 'then', 'toJSON', 'length', '', '0', '\ud800', 'a\u0000b', 'ключ'];

export const oddNumber = fc.oneof(
  fc.constantFrom(0, -0, -1, 1, 0.5, 1e21, 1e308, -1e308, 2 ** 31, 2 ** 32, 2 ** 52, 2 ** 53, 2 ** 53 - 1, -(2 ** 53), 2 ** 64, 5e-324), fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }),
);
export const oddText = fc.oneof(
  fc.constantFrom('', ' ', '\u0000', '\ud800', '\udc00a', '👨‍👩‍👧', '\u202eabc', '/start', '/start x', '/a@b', '/', '__proto__', 'NaN', 'null', '1e999', '-1', 'x'.repeat(5000), '🇰🇿'.repeat(3000), '\n'.repeat(3000), '../../etc/passwd',
    'a\r\nb', '<b>&amp;', '${X}', '{{name}}'),
  fc.string({ unit: 'binary', maxLength: 30 }), fc.string({ unit: 'grapheme', maxLength: 30 }),
);
const leaf = fc.oneof(oddNumber, oddText, fc.boolean(), fc.constant(null));

/** Anything that JSON can hold, with keys of all kinds; an own `__proto__` too, as JSON.parse makes it. */
export const anyJson: fc.Arbitrary<unknown> = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    leaf,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.array(fc.tuple(fc.oneof(fc.constantFrom(...ODD_KEYS), oddText), tie('value')), { maxLength: 4 }).map(fromPairs),
  ),
})).value;

/** An object with these own keys, whatever they mean. */
export function fromPairs(pairs: readonly (readonly [string, unknown])[]): object {
  const object = {};
  for (const [key, value] of pairs) Object.defineProperty(object, key, { value, enumerable: true, writable: true, configurable: true });
  return object;
}

export interface Change {
  /** Which of all places in the value. */
  readonly place: number;
  readonly kind: 'replace' | 'remove' | 'add' | 'repeat' | 'nest';
  readonly key: string;
  readonly value: unknown;
}

export const changes = fc.array(fc.record({
  place: fc.nat(1_000), kind: fc.constantFrom('replace', 'replace', 'remove', 'add', 'repeat', 'nest'), key: fc.oneof(fc.constantFrom(...ODD_KEYS), oddText), value: anyJson,
}), { minLength: 1, maxLength: 4 });

/** A copy of `value` with some of its places changed. */
export function mutated(value: unknown, list: readonly Change[]): unknown {
  const holder = { root: structuredClone(value) };
  let grown = false;
  for (const change of list) {
    // Once is enough: growth upon growth makes values that no request can hold.
    const grows = change.kind === 'repeat' || change.kind === 'nest';
    if (grows && grown) continue;
    grown ||= grows;
    const places = placesOf(holder, [], 0);
    const place = places[change.place % places.length];
    if (place !== undefined) apply(change, place);
  }
  return holder.root;
}

interface Place {
  readonly owner: Record<string, unknown>;
  readonly key: string;
}

function placesOf(owner: object, found: Place[], depth: number): readonly Place[] {
  if (depth > 12) return found;
  for (const key of Object.keys(owner)) {
    const record = owner as Record<string, unknown>;
    found.push({ owner: record, key });
    const inner = record[key];
    if (typeof inner === 'object' && inner !== null) placesOf(inner, found, depth + 1);
  }
  return found;
}

const NESTED = 300;
const REPEATED = 100;

function apply({ kind, key, value }: Change, place: Place): void {
  const old = place.owner[place.key];
  const set = (next: unknown): void => { Object.defineProperty(place.owner, place.key, { value: next, enumerable: true, writable: true, configurable: true }); };
  if (kind === 'replace') set(value);
  else if (kind === 'remove') Reflect.deleteProperty(place.owner, place.key);
  else if (kind === 'add' && typeof old === 'object' && old !== null && !Array.isArray(old)) Object.defineProperty(old, key, { value, enumerable: true, writable: true, configurable: true });
  else if (kind === 'repeat') set(Array.isArray(old) ? Array.from({ length: REPEATED }, (_, index): unknown => old[index % Math.max(old.length, 1)]) : typeof old === 'string' ? old.repeat(REPEATED) : Array(REPEATED).fill(old));
  else if (kind === 'nest') {
    let next = old;
    for (let depth = 0; depth < NESTED; depth += 1) next = depth % 2 === 0 ? [next] : { text: next };
    set(next);
  }
}
