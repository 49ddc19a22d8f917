/** What belongs here: numbers drawn from a seed. */
import { createChance } from '../fakes/chance.js';

export interface Random {
  /** From 0 to 1. */
  fraction(): number;
  /** Whole, both ends included. */
  between(from: number, to: number): number;
  chance(share: number): boolean;
  /** Throws for an empty list. */
  pick<T>(items: readonly T[]): T;
}

/** The same numbers for the same seed. */
export function createRandom(seed: number): Random {
  const fraction = createChance(seed);
  return {
    fraction,
    between: (from, to) => from + Math.floor(fraction() * (to - from + 1)),
    chance: (share) => fraction() < share,
    pick(items) {
      const item = items[Math.floor(fraction() * items.length)];
      if (item === undefined) throw new Error('nothing to pick from');
      return item;
    },
  };
}
