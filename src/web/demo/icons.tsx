/** What belongs here: the few pictograms of the page, drawn as lines in the colour of the text. */
import type { JSX } from 'preact';

const PATHS = {
  send: 'M4 12 20 4l-5 16-3.500-6.500zM11.500 13.500 20 4',
  clip: 'M19 11.500 11.600 19a4.500 4.500 0 0 1-6.400-6.400l8-8a3 3 0 0 1 4.300 4.200l-7.800 7.900a1.500 1.500 0 0 1-2.200-2.100l7-7',
  reply: 'M9 6 4 11l5 5M4 11h9a7 7 0 0 1 7 7v1',
  edit: 'M4 20l1-4.500L16 4.500l3.500 3.500L8.500 19zM14 6.500l3.500 3.500',
  photo: 'M4 6h16v13H4zM4 16l4.500-4.500 4 4 2.500-2.500 5 4.500M15.500 10h.01',
  photos: 'M7 4h14v11H7zM7 12l3.500-3.500 3 3 2-2 5 5M3 8v12h15',
  file: 'M7 3h7l4 4v14H7zM14 3v4h4M10 12h5M10 16h5',
  voice: 'M12 4a2.500 2.500 0 0 1 2.500 2.500v5a2.500 2.500 0 0 1-5 0v-5A2.500 2.500 0 0 1 12 4zM6 11a6 6 0 0 0 12 0M12 17v3.500',
  place: 'M12 21s7-6.200 7-11.500a7 7 0 0 0-14 0C5 14.800 12 21 12 21zM12 12a2.500 2.500 0 1 0 0-5 2.500 2.500 0 0 0 0 5z',
  person: 'M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4.500 20.500a7.500 7.500 0 0 1 15 0',
  block: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM5.700 5.700l12.600 12.600',
  more: 'M12 6h.01M12 12h.01M12 18h.01',
  close: 'M6 6l12 12M18 6 6 18',
  plus: 'M12 5v14M5 12h14',
  check: 'M4 12.500 9 17.500 19 7.500',
  checks: 'M2 12.500 7 17.500 16 7.500M11.500 16l1.500 1.500 9-10',
  right: 'M4 12h15M13 6l6 6-6 6',
  left: 'M20 12H5M11 6l-6 6 6 6',
  again: 'M19 12a7 7 0 1 1-2.200-5.100M19 4v4h-4',
  warn: 'M12 4 21 19.500H3zM12 10v4.500M12 17h.01',
  bell: 'M6 16V11a6 6 0 0 1 12 0v5l1.500 2h-15zM10 20.500h4',
  bridge: 'M2 18h20M4 18v-4a8 8 0 0 1 16 0v4M12 6v12M8 7.500V18M16 7.500V18',
  out: 'M14 4h6v6M20 4l-9 9M10 5H5v14h14v-5',
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, size = 20 }: { readonly name: IconName; readonly size?: number }): JSX.Element {
  return (
    <svg class="icon" width={size} height={size} viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}
