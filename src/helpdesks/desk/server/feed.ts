/** What belongs here: which ticket changed last, in the order of changes: an array in order, where a newer change of a ticket voids the older one. */

export interface FeedEntry {
  readonly seq: number;
  readonly ticket: string;
}

export interface Feed {
  /** A ticket's own numbers rise; over all tickets they rise except while a feed is filled from disk. */
  put(entry: FeedEntry): void;
  /** The latest change of each ticket that changed after `seq`, oldest first, at most `limit`. */
  after(seq: number, limit: number): readonly FeedEntry[];
  /** Latest change first, each ticket once, from below `seq`. */
  newestFirst(seq: number): Iterable<string>;
}

export function createFeed(): Feed {
  let entries: FeedEntry[] = [];
  let sorted = true;
  const latest = new Map<string, number>();
  const inOrder = (): readonly FeedEntry[] => {
    if (!sorted) entries.sort((a, b) => a.seq - b.seq);
    sorted = true;
    return entries;
  };
  const isLatest = (entry: FeedEntry): boolean => latest.get(entry.ticket) === entry.seq;
  return {
    put(entry) {
      latest.set(entry.ticket, entry.seq);
      if (entry.seq < (entries.at(-1)?.seq ?? 0)) sorted = false;
      entries.push(entry);
      // Voided entries are dropped when they are more than half, so that the cost of a change stays constant on average.
      if (entries.length > 2 * latest.size + 1000) entries = entries.filter(isLatest);
    },
    after(seq, limit) {
      const found: FeedEntry[] = [];
      const view = inOrder();
      for (let i = placeAfter(view, seq); i < view.length && found.length < limit; i += 1) {
        const entry = view[i];
        if (entry !== undefined && isLatest(entry)) found.push(entry);
      }
      return found;
    },
    *newestFirst(seq) {
      const view = inOrder(); // a change may replace the array meanwhile
      for (let i = placeAfter(view, seq - 1) - 1; i >= 0; i -= 1) {
        const entry = view[i];
        if (entry !== undefined && isLatest(entry)) yield entry.ticket;
      }
    },
  };
}

/** The index of the first entry with a greater sequence number. */
function placeAfter(entries: readonly FeedEntry[], seq: number): number {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((entries[middle]?.seq ?? Infinity) > seq) high = middle;
    else low = middle + 1;
  }
  return low;
}
