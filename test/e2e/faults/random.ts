/** mulberry32: the same numbers for the same seed. */
export type Random = (from: number, to: number) => number;

/** DESKBRIDGE_SEED runs one again. */
export const seed = Number(process.env['DESKBRIDGE_SEED'] ?? Math.floor(Math.random() * 1e9));

/** Whole numbers, both ends included. */
export function createRandom(start: number): Random {
  let state = start;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return (from, to) => from + Math.floor(next() * (to - from + 1));
}
