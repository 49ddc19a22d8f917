/** The keyboard: what each key does while nobody is typing. */
import type { RefObject } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import type { Ticket } from './api.js';

export interface KeyTargets {
  readonly tickets: readonly Ticket[];
  readonly openId: string | undefined;
  readonly marked: string | undefined;
  readonly mark: (id: string) => void;
  readonly openTicket: (id: string | undefined) => void;
  readonly showHelp: () => void;
  readonly searchBox: RefObject<HTMLInputElement | null>;
}

/** What the composer listens to. */
export const COMPOSE_EVENT = 'desk-compose';

export function useKeys(targets: KeyTargets): void {
  const latest = useRef(targets);
  latest.current = targets;
  // As soon as the page is there to be seen.
  useLayoutEffect(() => {
    const listen = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
      // An open dialog has the keyboard, Escape too.
      if (document.querySelector('dialog[open]') !== null) return;
      if (event.key === 'Escape') return escape(latest.current);
      if (isTyping(event.target)) return;
      // By place on the keyboard where it is a letter: the same finger works with a Russian or Kazakh layout.
      const act = event.key === '?' ? ACTS['?'] : ACTS[event.code] ?? ACTS[event.key];
      if (act === undefined || (event.shiftKey && event.key !== '?')) return;
      if (act(latest.current, event)) event.preventDefault();
    };
    addEventListener('keydown', listen);
    return () => removeEventListener('keydown', listen);
  }, []);
}

type Act = (targets: KeyTargets, event: KeyboardEvent) => boolean;

const ACTS: Readonly<Record<string, Act>> = {
  KeyJ: (targets) => step(targets, 1),
  ArrowDown: (targets) => step(targets, 1),
  KeyK: (targets) => step(targets, -1),
  ArrowUp: (targets) => step(targets, -1),
  Enter: (targets, event) => {
    if (targets.marked === undefined || event.target instanceof HTMLButtonElement || event.target instanceof HTMLAnchorElement) return false;
    targets.openTicket(targets.marked);
    return true;
  },
  KeyR: () => compose('public'),
  KeyI: () => compose('internal'),
  Slash: (targets) => {
    targets.searchBox.current?.focus();
    return true;
  },
  '?': (targets) => {
    targets.showHelp();
    return true;
  },
};

function step(targets: KeyTargets, by: number): boolean {
  const at = targets.tickets.findIndex((ticket) => ticket.id === (targets.marked ?? targets.openId));
  const next = targets.tickets[at === -1 ? 0 : Math.min(targets.tickets.length - 1, Math.max(0, at + by))];
  if (next === undefined) return false;
  targets.mark(next.id);
  document.getElementById(`row-${next.id}`)?.scrollIntoView({ block: 'nearest' });
  if (targets.openId !== undefined && matchMedia('(min-width: 821px)').matches) targets.openTicket(next.id);
  return true;
}

function compose(visibility: 'public' | 'internal'): boolean {
  dispatchEvent(new CustomEvent(COMPOSE_EVENT, { detail: visibility }));
  return true;
}

function escape(targets: KeyTargets): void {
  const focused = document.activeElement;
  if (focused instanceof HTMLElement && isTyping(focused)) focused.blur();
  else targets.openTicket(undefined);
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName));
}
