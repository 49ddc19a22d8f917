/** What belongs here: reading the whole state beside a stream that goes on telling what changes. */
import type { Action } from './store.js';
import type { DemoState } from './wire.js';

export interface Reading {
  /** Reads soon. What is read after this call is from after it. */
  start(): void;
  /** What the stream tells. */
  hear(action: Action): void;
  stop(): void;
}

/** Several changes come at once; one reading serves them all. */
const GATHER_MS = 30;
const RETRY_MS = 2000;

/** One reading at a time. What the stream tells meanwhile is told again after it: what was read may be from before that. */
export function createReading(read: () => Promise<DemoState>, dispatch: (action: Action) => void): Reading {
  let meanwhile: Action[] | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isWanted = false;
  let isStopped = false;
  const schedule = (afterMs: number): void => {
    clearTimeout(timer);
    timer = setTimeout(() => void look(), afterMs);
  };
  async function look(): Promise<void> {
    isWanted = false;
    const heard: Action[] = [];
    meanwhile = heard;
    const state = await read().catch(() => undefined);
    meanwhile = undefined;
    if (isStopped) return;
    if (state === undefined) {
      dispatch({ type: 'lost' });
      isWanted = false; // whoever asks from now on does not wait as long
      schedule(RETRY_MS);
      return;
    }
    dispatch({ type: 'state', state });
    heard.forEach(dispatch);
    if (isWanted) schedule(GATHER_MS);
  }
  return {
    start() {
      // Whoever asked first is not put off by those who ask after.
      if (meanwhile === undefined && !isWanted) schedule(GATHER_MS);
      isWanted = true;
    },
    hear(action) {
      meanwhile?.push(action);
      dispatch(action);
    },
    stop() {
      isStopped = true;
      clearTimeout(timer);
    },
  };
}
