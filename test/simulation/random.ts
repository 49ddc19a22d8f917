/** Seeded chance: the same seed gives the same run. */
import { createChance } from '../fakes/chance.js';

export interface Random {
  /** From 0 (inclusive) to 1 (exclusive). */
  next(): number;
  /** A whole number from `from` to `to`, both inclusive. */
  between(from: number, to: number): number;
  chance(probability: number): boolean;
  pick<T>(items: readonly T[]): T | undefined;
  /** A stream of its own under this name, always the same one: what is drawn elsewhere does not change it. */
  of(name: string): Random;
}

export function createRandom(seed: number): Random {
  const streams = new Map<string, Random>();
  const of = (name: string): Random => {
    const known = streams.get(name) ?? createRandom(hash(seed, name));
    streams.set(name, known);
    return known;
  };
  const next = createChance(seed);
  const between = (from: number, to: number): number => from + Math.floor(next() * (to - from + 1));
  return { next, between, of, chance: (probability) => next() < probability, pick: (items) => items[between(0, items.length - 1)] };
}

/** FNV-1a. */
function hash(seed: number, name: string): number {
  let mixed = 0x811c9dc5 ^ seed;
  for (let index = 0; index < name.length; index += 1) mixed = Math.imul(mixed ^ name.charCodeAt(index), 0x01000193);
  return mixed >>> 0;
}
