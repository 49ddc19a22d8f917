/**
 * Kills, outages and lost replies under load, in both directions: nothing is lost, doubled or out of order. The rows are in faults/;
 * `npm run test:faults` plays all of them, `npm test` the short ones. DESKBRIDGE_SEED runs one again.
 */
import { afterAll, describe, expect, it, jest } from '@jest/globals';
import { appendFileSync } from 'node:fs';
import { startDeskSide } from './faults/helpdesks.js';
import { createRandom, seed } from './faults/random.js';
import { rowsFor } from './faults/rows.js';
import { runRow, type Result } from './faults/run-row.js';
import { toPlainTable } from './faults/table.js';

const ROW_MS = 300_000;
jest.setTimeout(ROW_MS);
/** Where `npm run test:faults` collects what came of each row; its presence also asks for all rows. */
const collection = process.env['DESKBRIDGE_FAULTS'];
const results: Result[] = [];

describe(`the program on the desk (seed ${seed})`, () => {
  const rows = rowsFor({ name: 'desk', native: true }, collection === undefined ? ['short'] : ['short', 'long']);

  it.each(rows.map((row, index) => ({ ...row, index, intake: row.mode ?? 'polling' })))('$name ($intake)', async ({ index, intake: _intake, ...row }) => {
    const obstacle = row.obstacle?.();
    if (obstacle !== undefined) {
      process.stdout.write(`not run: ${row.name}: ${obstacle}\n`);
      return;
    }
    const side = await startDeskSide();
    try {
      const result = await runRow(row, side, createRandom(seed + index));
      results.push(result);
      if (collection !== undefined) appendFileSync(collection, `${JSON.stringify(result)}\n`);
      expect(result.broken).toEqual([]);
    } finally {
      await side.close();
    }
  });

  afterAll(() => { process.stdout.write(`\n${toPlainTable(results)}\n`); });
});
