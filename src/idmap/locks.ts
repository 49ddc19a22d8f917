/** One at a time for each key, first come first served; a key nobody waits for costs nothing. */

export interface Locks<K> {
  /** Runs `work` when everything asked for earlier under the same key is done, whether it failed or not. */
  run<T>(key: K, work: () => Promise<T>): Promise<T>;
  /** Resolves when nothing runs or waits. */
  idle(): Promise<void>;
}

export function createLocks<K>(): Locks<K> {
  const tails = new Map<K, Promise<void>>();
  return {
    run(key, work) {
      const previous = tails.get(key);
      const result = previous === undefined ? work() : previous.then(work);
      const tail = result.then(() => undefined, () => undefined).then(() => {
        if (tails.get(key) === tail) tails.delete(key);
      });
      tails.set(key, tail);
      return result;
    },
    async idle() {
      while (tails.size > 0) await Promise.all(tails.values());
    },
  };
}
