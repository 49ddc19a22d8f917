/** A queue in which answers go before notices, and notices still go. */

export type Urgency = 'answer' | 'notice';

export interface UrgencyQueue<T> {
  readonly size: number;
  push(urgency: Urgency, item: T): void;
  take(): T | undefined;
}

/** A notice that waited longer is due. */
const NOTICE_PATIENCE_MS = 3_000;
/** Of so many places one is for a due notice, however many answers wait. */
const PLACES_PER_DUE_NOTICE = 4;

export function createUrgencyQueue<T>(nowMs: () => number): UrgencyQueue<T> {
  const answers = createFifo<T>();
  const notices = createFifo<{ readonly item: T; readonly sinceMs: number }>();
  let answersInARow = 0;
  const noticeGoes = (): boolean => {
    const oldest = notices.first();
    if (oldest === undefined || answers.size() === 0) return oldest !== undefined;
    return answersInARow >= PLACES_PER_DUE_NOTICE - 1 && nowMs() - oldest.sinceMs >= NOTICE_PATIENCE_MS;
  };
  return {
    get size() { return answers.size() + notices.size(); },
    push(urgency, item) {
      if (urgency === 'answer') answers.push(item);
      else notices.push({ item, sinceMs: nowMs() });
    },
    take() {
      if (noticeGoes()) {
        answersInARow = 0;
        return notices.shift()?.item;
      }
      answersInARow += 1;
      return answers.shift();
    },
  };
}

interface Fifo<T> {
  size(): number;
  first(): T | undefined;
  push(item: T): void;
  shift(): T | undefined;
}

/** An array's own shift() moves all that is behind; this one moves them once in a while. */
function createFifo<T>(): Fifo<T> {
  let items: T[] = [];
  let head = 0;
  return {
    size: () => items.length - head,
    first: () => items[head],
    push(item) { items.push(item); },
    shift() {
      const item = items[head];
      if (head < items.length) head += 1;
      if (head * 2 >= items.length) {
        items = items.slice(head);
        head = 0;
      }
      return item;
    },
  };
}
