import type { Result } from './run-row.js';

/** Columns for a terminal, then one line for each broken bound. */
export function toPlainTable(results: readonly Result[]): string;
/** As it stands in docs/reliability.md. */
export function toMarkdownTable(results: readonly Result[]): string;
