/** The rows as tests: those of the short selection, or all of them when somebody collects the results (`npm run test:faults`). */
import { afterAll, describe, expect, it } from '@jest/globals';
import { appendFileSync } from 'node:fs';
import { createEmbeddedSide, type HelpdeskSide } from './helpdesks.js';
import { createRandom, seed } from './random.js';
import { rowsFor } from './rows.js';
import { runRow, type Result } from './run-row.js';
import { toPlainTable } from './table.mjs';

/** On a machine that others use too. */
const ROW_MS = 600_000;

export function describeFaults(helpdesk: Pick<HelpdeskSide, 'name' | 'native'>, startSide: () => Promise<HelpdeskSide>): void {
  const collection = process.env['DESKBRIDGE_FAULTS'];
  const rows = rowsFor(helpdesk, collection !== undefined);
  const results: Result[] = [];

  describe(`the program on ${helpdesk.name} in trouble (seed ${seed})`, () => {
    it.each(rows.map((row, index) => ({ row, index, name: row.name, intake: row.mode ?? 'polling' })))('$name ($intake)', async ({ row, index }) => {
      const obstacle = row.obstacle?.();
      if (obstacle !== undefined) {
        process.stdout.write(`not run: ${row.name}: ${obstacle}\n`);
        return;
      }
      const side = row.withOwnDesk === true ? createEmbeddedSide() : await startSide();
      try {
        const result = await runRow(row, side, createRandom(seed + index));
        results.push(result);
        if (collection !== undefined) appendFileSync(collection, `${JSON.stringify(result)}\n`);
        expect(result.broken).toEqual([]);
      } finally {
        await side.close();
      }
    }, ROW_MS);

    afterAll(() => { process.stdout.write(`\n${toPlainTable(results)}\n`); });
  });
}
