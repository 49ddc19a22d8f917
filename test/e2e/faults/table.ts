/** The results of fault runs as a table, for people and for docs/reliability.md. */
import type { Result } from './run-row.js';

const HEADS = ['fault', 'helpdesk', 'intake', 'kills', 'messages', 'lost', 'doubled', 'reordered', 'answers', 'lost', 'repeated', 'of in flight', 'reordered', 'seconds'] as const;

function cellsOf(result: Result): readonly string[] {
  const { toHelpdesk: up, toTelegram: down } = result;
  return [
    result.name, result.helpdesk, result.mode, result.kills, result.messages, up.lost, up.doubled, up.reordered,
    result.answers, down.lost, down.doubled, result.inFlight, down.reordered, Number.isFinite(result.seconds) ? result.seconds.toFixed(1) : 'never',
  ].map(String);
}

export function toPlainTable(results: readonly Result[]): string {
  const rows = [[...HEADS], ...results.map(cellsOf)];
  const widths = HEADS.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) => row.map((cell, column) => (column < 3 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0))).join('  '));
  const broken = results.flatMap((result) => result.broken.map((what) => `BROKEN  ${result.name} (${result.helpdesk}): ${what}`));
  return [...lines, ...broken].join('\n');
}

export function toMarkdownTable(results: readonly Result[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(HEADS), `|---|---|---|${'---:|'.repeat(HEADS.length - 3)}`, ...results.map((result) => line(cellsOf(result)))].join('\n');
}
