/** A draft on its way to the desk, as the form shows it that sent it, or one that is opened meanwhile. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { isWrittenBefore } from './api.js';
import type { Drafts } from './kept.js';

export type SendingState = 'idle' | 'sending' | 'failed' | 'writtenBefore';

export interface Sending<R> {
  readonly state: SendingState;
  /** `work` is done under the draft's key. */
  send(work: (key: string) => Promise<R>): void;
}

/** `onSent` is called while the form is shown only: by then an agent may look at something else. */
export function useSending<T extends object, R>(drafts: Drafts<T, R>, id: string, onSent: (answer: R) => void): Sending<R> {
  const [state, setState] = useState<SendingState>('idle');
  const isShown = useRef(true);
  const latest = useRef(onSent);
  latest.current = onSent;
  const follow = (going: Promise<R>): void => {
    setState('sending');
    going.then((answer) => {
      if (!isShown.current) return;
      setState('idle');
      latest.current(answer);
    }, (error: unknown) => {
      if (!isShown.current) return;
      const isBefore = isWrittenBefore(error);
      if (isBefore) drafts.renewKey(id);
      setState(isBefore ? 'writtenBefore' : 'failed');
    });
  };
  useEffect(() => {
    const going = drafts.sending(id);
    if (going !== undefined) follow(going);
    return () => { isShown.current = false; };
  }, []);
  return { state, send: (work) => follow(drafts.send(id, work)) };
}
