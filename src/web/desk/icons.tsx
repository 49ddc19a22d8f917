/** Line icons on a 20 by 20 grid. They are decoration: what they mean always stands beside them in words or in a label. */
import type { VNode } from 'preact';

const PATHS = {
  answer: 'M8 5 3.5 9.5 8 14M4 9.5h7.5a5 5 0 0 1 5 5v1',
  lock: 'M5.5 9h9v7.5h-9zM7 9V6.5a3 3 0 0 1 6 0V9',
  warning: 'M10 3.2 17.5 16.5h-15zM10 8.2v3.6M10 14.2v.1',
  search: 'M8.8 14.1a5.3 5.3 0 1 0 0-10.6 5.3 5.3 0 0 0 0 10.6zM12.7 12.7l4 4',
  back: 'M12.5 4.5 7 10l5.5 5.5',
  clip: 'M15.8 9.3 10 15.1a3.6 3.6 0 0 1-5.1-5.1l6-6a2.4 2.4 0 0 1 3.4 3.4l-6 6a1.2 1.2 0 0 1-1.7-1.7l5.4-5.4',
  file: 'M5.5 3h6L15 6.5V17H5.5zM11.5 3v3.5H15',
  plus: 'M10 4.5v11M4.5 10h11',
  close: 'M5.5 5.5l9 9M14.5 5.5l-9 9',
  send: 'M3.5 10 16.5 4l-4.2 12.5-2.8-5z',
  person: 'M10 9.7a3.1 3.1 0 1 0 0-6.2 3.1 3.1 0 0 0 0 6.2zM4 16.8c.5-3 2.8-4.6 6-4.6s5.5 1.6 6 4.6',
  link: 'M8.5 11.5a3 3 0 0 0 4.3 0l2.6-2.6a3 3 0 0 0-4.3-4.3l-.8.8M11.5 8.5a3 3 0 0 0-4.3 0l-2.6 2.6a3 3 0 0 0 4.3 4.3l.8-.8',
  list: 'M8 5.5h8.5M8 10h8.5M8 14.5h8.5M4 5.5h.1M4 10h.1M4 14.5h.1',
  inbox: 'M3.5 11.5 5.8 4.5h8.4l2.3 7v4h-13zM3.5 11.5h4c0 1.5 1 2.3 2.5 2.3s2.5-.8 2.5-2.3h4',
  help: 'M7.6 7.6A2.5 2.5 0 0 1 10 5.8c1.4 0 2.5.9 2.5 2.2 0 1.8-2.5 1.9-2.5 3.7M10 14.2v.1',
  tick: 'M4.5 10.5l3.7 3.7 7.3-8.4',
  out: 'M8 3.5H4v13h4M12 6.5l3.5 3.5-3.5 3.5M15.5 10H8',
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, size = 18 }: { readonly name: IconName; readonly size?: number }): VNode {
  return (
    <svg class="icon" width={size} height={size} viewBox="0 0 20 20" fill="none" stroke="currentColor" stroke-width="1.6" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}
