/** What the simulation prints. */
import type { Setup } from './actions.js';
import type { Failure, Result } from './worker.js';

export const USAGE = `npm run simulate -- [options]
  --seeds N            how many stories (default 1000)
  --first N            the first seed (default 1)
  --seed N             one story alone
  --path P             with --seed: the story at this place of the shrinking
  --trace              with --seed: line by line
  --idempotency X      native or lookup; else both, by seed
  --intake X           polling or webhook; else both, by seed
  --markdown           the counts as a table
  --mutations          switches off each safeguard in turn, and tells which seed notices`;

/** In this order; the first that fits. */
const GROUPS: readonly (readonly [string, RegExp])[] = [
  ['What happened', /^EVENT /u],
  ['Processes', /^(killed|failed over|fenced|two pollers)/u],
  ['Faults of the helpdesk', /^helpdesk /u],
  ['Faults of Telegram', /^telegram /u],
  ['Webhooks and updates', /^(webhook|update|forged update)|overtook/u],
  ['Repeats in Telegram, each with its excuse', /^REPEAT /u],
  ['What came of it', /./u],
];

/** Counts that only the judge reads. */
const HIDDEN = /^blocked -?\d+$/u;

interface Group {
  readonly title: string;
  readonly rows: readonly (readonly [what: string, times: number])[];
}

function groupsOf(counts: Readonly<Record<string, number>>): readonly Group[] {
  const left = new Map(Object.entries(counts).filter(([what]) => !HIDDEN.test(what)));
  return GROUPS.flatMap(([title, pattern]) => {
    const found = [...left].filter(([what]) => pattern.test(what)).sort(([a], [b]) => a.localeCompare(b));
    for (const [what] of found) left.delete(what);
    return found.length === 0 ? [] : [{ title, rows: found.map(([what, times]) => [what.replace(/^[A-Z]+ /u, ''), times] as const) }];
  });
}

export function formatCounts(counts: Readonly<Record<string, number>>): string {
  return groupsOf(counts).flatMap(({ title, rows }) => [title, ...rows.map(([what, times]) => `  ${what.padEnd(70)} ${times}`)]).join('\n');
}

/** As it stands in `docs/reliability.md`. */
export function formatCountsTable(counts: Readonly<Record<string, number>>, stories: number): string {
  return [
    `| of ${formatNumber(stories)} stories | times |`, '|---|---|',
    ...groupsOf(counts).map(({ title, rows }) => `| ${title} | ${rows.map(([what, times]) => `${what} ${formatNumber(times)}`).join('; ')} |`),
  ].join('\n');
}

function formatNumber(count: number): string {
  return count.toLocaleString('en-US');
}

export function formatFailure({ seed, violations, path, story, shrunkViolations }: Failure, forced: Partial<Setup>): string {
  const same = Object.entries(forced).map(([name, value]) => ` --${name} ${value}`).join('');
  return [
    `seed ${seed} fails: npm run simulate -- --seed ${seed}${same} --trace`, ...violations.map((violation) => `  ${violation}`),
    `  shrunk to ${story.actions.length} actions: npm run simulate -- --seed ${seed}${same} --path ${path} --trace`,
    ...shrunkViolations.map((violation) => `    ${violation}`), ...story.actions.map((action) => `    ${JSON.stringify(action)}`), `    ${JSON.stringify(story.setup)}`,
  ].join('\n');
}

export function formatMutations(results: readonly Extract<Result, { kind: 'mutated' }>[], seedsMax: number): string {
  return [
    '| safeguard switched off | noticed at seed | by |', '|---|---|---|',
    ...results.map(({ safeguard, seed, violation }) => `| ${safeguard} | ${seed ?? `not within ${seedsMax}`} | ${(violation ?? '').replaceAll('\n', ' / ')} |`),
  ].join('\n');
}
