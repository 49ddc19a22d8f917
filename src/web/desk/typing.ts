/** Telling the desk that an answer to the customer is being written, so that they see it. An internal comment is never told of. */
import { useEffect, useRef } from 'preact/hooks';
import { tell } from './api.js';

/** As long as somebody writes it is told again so often. */
const EVERY_MS = 4_000;
/** Whoever has not touched a key for so long is reading, or gone. */
const IDLE_MS = 8_000;

/** `answer`: what stands in the field, as far as it is meant for the customer; empty = nothing of it is. */
export function useTyping(ticket: string, answer: string): void {
  const { current: now } = useRef({ answer, toldMs: -Infinity, isTold: false });
  const stop = (): void => {
    if (!now.isTold) return;
    Object.assign(now, { isTold: false, toldMs: -Infinity });
    tell(`/tickets/${ticket}/typing`, { visibility: 'public', typing: false });
  };
  useEffect(() => {
    const isWritten = answer !== now.answer && answer.trim() !== '';
    now.answer = answer;
    if (answer.trim() === '') stop();
    // What was there when the ticket was opened was written before.
    if (!isWritten) return undefined;
    if (performance.now() - now.toldMs >= EVERY_MS) {
      Object.assign(now, { isTold: true, toldMs: performance.now() });
      tell(`/tickets/${ticket}/typing`, { visibility: 'public', typing: true });
    }
    const timer = setTimeout(stop, IDLE_MS);
    return () => clearTimeout(timer);
  }, [answer]);
  useEffect(() => {
    addEventListener('pagehide', stop);
    return () => {
      removeEventListener('pagehide', stop);
      stop();
    };
  }, [ticket]);
}
