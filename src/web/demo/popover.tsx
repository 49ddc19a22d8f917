/** What belongs here: a button that opens a small menu; closes by Escape, by a choice, or when the focus leaves. */
import type { ComponentChildren, JSX } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { Icon } from './icons.js';
import type { IconName } from './icons.js';

interface Props {
  readonly label: string;
  readonly icon?: IconName;
  readonly text?: string;
  readonly side: 'above' | 'below';
  readonly children: (close: () => void) => ComponentChildren;
}

export function Popover({ label, icon, text, side, children }: Props): JSX.Element {
  const [isOpen, setOpen] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  const trigger = useRef<HTMLButtonElement>(null);
  const items = (): HTMLElement[] => [...(box.current?.querySelectorAll<HTMLElement>('[role=menuitem]') ?? [])];
  // Before the next key or click: later it would take the focus from where somebody went on to.
  useLayoutEffect(() => {
    if (!isOpen) return;
    items()[0]?.focus();
    const leave = (event: Event): void => {
      if (event.target instanceof Node && box.current?.contains(event.target) !== true) setOpen(false);
    };
    document.addEventListener('pointerdown', leave);
    return () => document.removeEventListener('pointerdown', leave);
  }, [isOpen]);
  const close = (): void => {
    setOpen(false);
    trigger.current?.focus();
  };
  const onKey = (event: KeyboardEvent): void => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (event.key === 'Escape' && isOpen) close();
    if (event.key === 'Tab') setOpen(false);
    if (step === 0 || !isOpen) return;
    event.preventDefault();
    const all = items();
    all[(all.findIndex((item) => item === document.activeElement) + step + all.length) % all.length]?.focus();
  };
  return (
    <div class="popover" ref={box} onKeyDown={onKey}>
      <button ref={trigger} type="button" class="round" aria-haspopup="menu" aria-expanded={isOpen} aria-label={label} title={label} onClick={() => setOpen(!isOpen)}>
        {icon === undefined ? <span class="slash">{text}</span> : <Icon name={icon} />}
      </button>
      {isOpen ? <div class={`menu ${side}`} role="menu" aria-label={label}>{children(close)}</div> : null}
    </div>
  );
}
