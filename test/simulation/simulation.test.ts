/**
 * Random stories. A failing one prints its seed; `SEED=<seed> npm test -- test/simulation` plays that one alone, with
 * `TRACE=1` line by line.
 */
import { describe, expect, it } from '@jest/globals';
import { play } from './story.js';

const only = process.env['SEED'] === undefined ? undefined : Number(process.env['SEED']);
const STORIES = Number(process.env['SEEDS'] ?? 150);
const first = only ?? Number(process.env['FIRST_SEED'] ?? 1);

describe.each(['native', 'lookup'] as const)('stories with a helpdesk of idempotency %s', (idempotency) => {
  it(`end well, from seed ${first} on`, async () => {
    const failed: string[] = [];
    for (let seed = first; seed < first + (only === undefined ? STORIES : 1) && failed.length < 5; seed += 1) {
      const { violations } = await play({ seed, idempotency, ...(process.env['TRACE'] && { trace: (line: string) => { process.stderr.write(`${line}\n`); } }) });
      if (violations.length > 0) failed.push(`SEED=${seed} npm test -- test/simulation\n  ${violations.join('\n  ')}`);
    }
    expect(failed.join('\n')).toBe('');
  }, Math.max(120_000, STORIES * 50));
});
