/** What belongs here (the folder): fault runs on the built program. This file: what came of what was sent, in numbers. Pure. */

export interface Count {
  /** Sent and never found. */
  readonly lost: number;
  /** Found more often than sent, or found where nobody sent it. */
  readonly doubled: number;
  /** Found after something that was sent later. A repeat right behind its first time is no disorder. */
  readonly reordered: number;
}

/** `sent` holds each word once. */
export function countOne(sent: readonly string[], found: readonly string[]): Count {
  const place = new Map(sent.map((word, index) => [word, index]));
  const seen = new Set(found);
  let reordered = 0;
  let furthest = -1;
  found.forEach((word, index) => {
    const at = place.get(word);
    if (at === undefined || word === found[index - 1]) return;
    if (at < furthest) reordered += 1;
    furthest = Math.max(furthest, at);
  });
  return { lost: sent.filter((word) => !seen.has(word)).length, doubled: found.length - [...seen].filter((word) => place.has(word)).length, reordered };
}

export function addCounts(counts: readonly Count[]): Count {
  return counts.reduce((sum, one) => ({ lost: sum.lost + one.lost, doubled: sum.doubled + one.doubled, reordered: sum.reordered + one.reordered }),
    { lost: 0, doubled: 0, reordered: 0 });
}
