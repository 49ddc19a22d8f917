/** Which known word was probably meant. Pure. */

/** ` (did you mean "title"?)`, or the known words when they are few, or nothing. */
export function didYouMean(word: string, known: readonly string[]): string {
  const near = known.map((each) => ({ each, distance: distanceOf(word.toLowerCase(), each.toLowerCase()) }))
    .filter(({ each, distance }) => distance <= Math.max(1, Math.floor(Math.max(each.length, word.length) / 3)))
    .sort((a, b) => a.distance - b.distance)[0];
  if (near !== undefined) return `; did you mean "${near.each}"?`;
  return known.length === 0 || known.length > 12 ? '' : `; known: ${known.join(', ')}`;
}

/** Single-character changes from one word to the other (Levenshtein). Words over 60 characters count as far apart. */
function distanceOf(from: string, to: string): number {
  if (from.length > 60 || to.length > 60) return Infinity;
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const [line, letter] of [...from].entries()) {
    const next = [line + 1];
    for (let column = 1; column <= to.length; column += 1) {
      const change = (row[column - 1] ?? 0) + (letter === to[column - 1] ? 0 : 1);
      next.push(Math.min(change, (row[column] ?? 0) + 1, (next[column - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}
