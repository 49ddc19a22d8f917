/** What belongs here: what looks say in HTML: inline styles, raised and lowered text, the markers of lists. Pure. */
import type { Mark } from '../core/rich-text.js';
import type { Element } from './tree.js';

const DECLARATION_MAX = 50;

/** What mail programs write as styles of a `span` instead of elements: struck words must not read as if they held. */
export function styledMarks({ attributes }: Element): readonly Mark[] {
  const styles = stylesOf(attributes['style'] ?? '');
  const lines = `${styles.get('text-decoration') ?? ''} ${styles.get('text-decoration-line') ?? ''}`;
  return [
    ...(/^(?:bold|bolder|[6-9]00)\b/.test(styles.get('font-weight') ?? '') ? [{ type: 'bold' } as const] : []),
    ...(/^(?:italic|oblique)\b/.test(styles.get('font-style') ?? '') ? [{ type: 'italic' } as const] : []),
    ...(/\bline-through\b/.test(lines) ? [{ type: 'strikethrough' } as const] : []),
    ...(/\bunderline\b/.test(lines) ? [{ type: 'underline' } as const] : []),
  ];
}

/** Text editors of the web put what is copied from them into a `b` that is not bold. */
export function isUnmarked({ attributes }: Element): boolean {
  return /^(?:normal|[1-5]00)\b/.test(stylesOf(attributes['style'] ?? '').get('font-weight') ?? '');
}

function stylesOf(style: string): ReadonlyMap<string, string> {
  return new Map(style.toLowerCase().split(';', DECLARATION_MAX).map((one): [string, string] => {
    const colon = one.indexOf(':');
    return [one.slice(0, Math.max(0, colon)).trim(), one.slice(colon + 1).trim()];
  }));
}

const RAISED = new Map(zip('0123456789+-−=()ni', '⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿⁱ'));
const LOWERED = new Map(zip('0123456789+-−=()', '₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎'));
const SIGNS_MAX = 12;

function zip(from: string, to: string): readonly (readonly [string, string])[] {
  return [...from].map((sign, index) => [sign, [...to][index] ?? sign] as const);
}

/** `sup` and `sub` as text that means the same: `10⁶` and not `106`. Undefined = nothing is lost when it is read as it stands. */
export function shiftedText({ name, children }: Element): string | undefined {
  const [text, more] = children;
  if (typeof text !== 'string' || more !== undefined) return undefined;
  const signs = [...text.trim()];
  const table = name === 'sup' ? RAISED : LOWERED;
  if (signs.length === 0 || signs.length > SIGNS_MAX) return undefined;
  if (signs.every((sign) => table.has(sign))) return signs.map((sign) => table.get(sign)).join('');
  return name === 'sup' && /^[\p{L}\d+\-−=()./,*]*\d[\p{L}\d+\-−=()./,*]*$/u.test(text.trim()) ? `^(${text.trim()})` : undefined;
}

/** The markers of a list, one item after the other. */
export function createMarkers({ name, attributes, children }: Element): (item: Element) => string {
  if (name !== 'ol') return () => '• ';
  const step = 'reversed' in attributes ? -1 : 1;
  const count = children.filter((child) => typeof child !== 'string' && child.name === 'li').length;
  let next = numberOf(attributes['start']) ?? (step < 0 ? count : 1);
  return (item) => {
    const number = numberOf(item.attributes['value']) ?? next;
    next = number + step;
    return `${counted(number, attributes['type'] ?? '1')}. `;
  };
}

function numberOf(attribute: string | undefined): number | undefined {
  return attribute !== undefined && /^\s*-?\d{1,9}\s*$/.test(attribute) ? Number(attribute) : undefined;
}

function counted(number: number, type: string): string {
  const style = { a: lettered, A: lettered, i: roman, I: roman }[type];
  const text = style === undefined || number < 1 || number > 3_999 ? String(number) : style(number);
  return type === 'A' || type === 'I' ? text.toUpperCase() : text;
}

function lettered(number: number): string {
  return (number > 26 ? lettered(Math.floor((number - 1) / 26)) : '') + String.fromCharCode(97 + ((number - 1) % 26));
}

const NUMERALS = [['m', 1000], ['cm', 900], ['d', 500], ['cd', 400], ['c', 100], ['xc', 90], ['l', 50], ['xl', 40], ['x', 10], ['ix', 9], ['v', 5], ['iv', 4], ['i', 1]] as const;

function roman(number: number): string {
  let rest = number;
  return NUMERALS.map(([sign, worth]) => {
    const times = Math.floor(rest / worth);
    rest -= times * worth;
    return sign.repeat(times);
  }).join('');
}
