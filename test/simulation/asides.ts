/** What a customer wrote, found in a comment among the words that the bridge puts around it. */
import type { Content, Locale } from '../../src/core/types.js';
import { shippedMapping } from './mapping.js';

const PLACE = 'PLACEHOLDER';

/** Matches the text of this key, whatever is filled in. */
export function wordsOf(key: string, locale: Locale, ...parameters: readonly string[]): RegExp {
  const { text } = shippedMapping.text(locale, key, Object.fromEntries(parameters.map((name) => [name, PLACE])));
  return new RegExp(`^${text.replace(/[$()*+.?[\\\]^{|}]/gu, '\\$&').replaceAll(PLACE, '(.+)')}$`, 'u');
}

const toAgents = (key: string, ...parameters: readonly string[]): RegExp => wordsOf(key, shippedMapping.agentLocale, ...parameters);

const ADDITION = toAgents('album.addition');
const LATE = toAgents('message.filedLate', 'time');
/** A sticker has no caption: its emoji carries the mark. */
const STICKER = toAgents('kind.sticker', 'emoji');
const AROUND = [ADDITION, LATE, toAgents('kind.voice', 'duration'), toAgents('quote.own'), toAgents('quote.ours'), toAgents('quote.message'), toAgents('quote.person', 'name')];

export interface Written {
  readonly lines: readonly string[];
  /** Marked as what came after its album. */
  readonly added: boolean;
  /** Marked as filed late, by a replay. */
  readonly late: boolean;
  readonly quotes: readonly string[];
}

export function readWritten({ text: { text, spans } }: Content): Written {
  const quoted = spans.filter(({ type }) => type === 'quote');
  const quotes = quoted.map(({ offset, length }) => text.slice(offset, offset + length));
  const rest = [...quoted].sort((a, b) => b.offset - a.offset).reduce((whole, { offset, length }) => `${whole.slice(0, offset)}${whole.slice(offset + length)}`, text);
  const all = rest.split('\n');
  return {
    quotes, added: all.some((line) => ADDITION.test(line)), late: all.some((line) => LATE.test(line)),
    lines: all.filter((line) => line.trim() !== '' && !AROUND.some((words) => words.test(line))).map((line) => STICKER.exec(line)?.[1] ?? line),
  };
}
