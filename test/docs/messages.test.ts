import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { KINDS } from '../../src/telegram/kinds.js';
import { renderMessages, ROWS_IN, ROWS_OUT } from './messages-table.js';

describe('docs/messages.md', () => {
  it('is up to date (npm run docs:messages)', () => {
    expect(readFileSync(new URL('../../docs/messages.md', import.meta.url), 'utf8')).toBe(renderMessages());
  });

  it('has a row for every kind that is relayed', () => {
    const rows = new Set(ROWS_IN.flatMap((row) => row.fields ?? []));
    expect(Object.entries(KINDS).filter(([name, rule]) => (rule.as === 'line' || rule.as === 'content') && !rows.has(name)).map(([name]) => name)).toEqual([]);
    expect([...rows].filter((name) => !Object.hasOwn(KINDS, name))).toEqual([]);
  });

  it('says in every cell what is lost', () => {
    for (const { title, cells } of [...ROWS_IN, ...ROWS_OUT]) {
      for (const cell of Object.values(cells)) expect({ title, cell }).toEqual({ title, cell: expect.stringMatching(/^(full|(partial|none): \w.{5,})$/u) });
    }
  });
});
