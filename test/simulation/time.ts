/** Virtual time: events in order of time, everything that follows from one before the next. */

export interface Timeline {
  nowMs(): number;
  /** Calls `run` at `nowMs() + delayMs`. */
  after(delayMs: number, run: () => void): void;
  /** Runs until nothing is left, or virtual time reaches `untilMs`. */
  runUntil(untilMs: number): Promise<void>;
  pending(): number;
}

interface Entry {
  readonly atMs: number;
  readonly order: number;
  readonly run: () => void;
}

export function createTimeline(startMs: number): Timeline {
  let nowMs = startMs;
  let order = 0;
  const heap: Entry[] = [];
  const before = (a: Entry, b: Entry): boolean => a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);

  function push(entry: Entry): void {
    let index = heap.push(entry) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || !before(entry, above)) break;
      heap[index] = above;
      index = parent;
    }
    heap[index] = entry;
  }

  function pop(): Entry | undefined {
    const [top] = heap;
    const last = heap.pop();
    if (top === undefined || last === undefined || heap.length === 0) return top;
    let index = 0;
    for (;;) {
      const left = 2 * index + 1;
      const right = left + 1;
      const l = heap[left];
      const r = heap[right];
      const [child, at] = r !== undefined && l !== undefined && before(r, l) ? [r, right] : [l, left];
      if (child === undefined || !before(child, last)) break;
      heap[index] = child;
      index = at;
    }
    heap[index] = last;
    return top;
  }

  return {
    nowMs: () => nowMs,
    pending: () => heap.length,
    after(delayMs, run) {
      order += 1;
      push({ atMs: nowMs + Math.max(0, delayMs), order, run });
    },
    async runUntil(untilMs) {
      await flush();
      for (;;) {
        const next = heap[0];
        if (next === undefined || next.atMs > untilMs) break;
        pop();
        nowMs = Math.max(nowMs, next.atMs);
        next.run();
        await flush();
      }
      nowMs = Math.max(nowMs, untilMs);
    },
  };
}

/** One turn of the event loop: every promise chain that needs no time runs to its end. */
function flush(): Promise<void> {
  return new Promise((resolve) => { setImmediate(resolve); });
}
