/** The same numbers for the same seed. */
import { createChance } from '../../fakes/chance.js';

export type Random = (from: number, to: number) => number;

/** DESKBRIDGE_SEED runs one again. */
export const seed = Number(process.env['DESKBRIDGE_SEED'] ?? Math.floor(Math.random() * 1e9));

/** Whole numbers, both ends included. */
export function createRandom(start: number): Random {
  const next = createChance(start);
  return (from, to) => from + Math.floor(next() * (to - from + 1));
}
