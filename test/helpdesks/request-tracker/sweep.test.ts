import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mintId, type SweepCursor } from '../../../src/core/types.js';
import { failure } from '../../conformance/helpdesk-samples.js';
import { fixture, items, startFakeRt, type FakeRequest, type FakeRt } from './fake-rt.js';

interface Row { readonly id: number; readonly ticket: number; readonly type?: string; readonly creator?: string }

/** Transactions that have been committed, answered as TransactionSQL would. */
function answer(rows: readonly Row[], { query }: FakeRequest): ReturnType<typeof items> {
  const sql = query.get('query') ?? '';
  const above = Number(/id > (\d+)/.exec(sql)?.[1] ?? 0);
  const upTo = Number(/id <= (\d+)/.exec(sql)?.[1] ?? Infinity);
  const chosen = rows.filter((row) => row.id > above && row.id <= upTo).sort((a, b) => (query.get('order') === 'DESC' ? b.id - a.id : a.id - b.id));
  const page = Number(query.get('page'));
  return items(chosen.slice((page - 1) * 100, page * 100).map((row) => ({
    id: String(row.id), ObjectId: String(row.ticket), Type: row.type ?? 'Correspond', Creator: { id: row.creator ?? 'agent1' }, Created: '2026-11-21T07:00:00Z',
  })));
}

describe('the sweep', () => {
  let rt: FakeRt;
  let rows: Row[];
  beforeEach(async () => {
    rt = await startFakeRt();
    rows = [{ id: 1000, ticket: 1 }];
    rt.on('GET /queues/all', { body: fixture('queues') });
    rt.on('GET /user/39', { body: fixture('own-user') });
    rt.on('GET /transactions', (request) => answer(rows, request));
  });
  afterEach(() => rt.close());

  const rung = async (cursor: SweepCursor): Promise<{ tickets: readonly string[]; cursor: SweepCursor; more: boolean }> => {
    const page = await rt.connector.changedSince(cursor);
    return { tickets: page.doorbells.map((doorbell) => doorbell.ticket), cursor: page.cursor, more: page.more };
  };

  it('rings for a transaction that was committed after one with a higher number, once', async () => {
    const start = await rt.connector.changedSince();
    rows.push({ id: 1010, ticket: 2 });
    const first = await rung(start.cursor);
    expect(first.tickets).toEqual(['2']);
    rows.push({ id: 1005, ticket: 3 });
    const second = await rung(first.cursor);
    expect(second.tickets).toEqual(['3']);
    expect((await rung(second.cursor)).tickets).toEqual([]);
  });

  it('never rings for the bridge\'s own comments, but for its new tickets and what others do', async () => {
    const start = await rt.connector.changedSince();
    rows.push({ id: 1001, ticket: 2, creator: 'bridge' }, { id: 1002, ticket: 3, creator: 'bridge', type: 'Create' }, { id: 1003, ticket: 4, creator: 'RT_System', type: 'Status' });
    expect((await rung(start.cursor)).tickets).toEqual(['3', '4']);
  });

  it('comes in pages of a hundred rows and keeps its cursor small', async () => {
    const start = await rt.connector.changedSince();
    for (let id = 1001; id <= 1350; id += 1) rows.push({ id, ticket: id });
    const seen: string[] = [];
    let at = { cursor: start.cursor, more: true };
    for (let pages = 0; at.more; pages += 1) {
      expect(pages).toBeLessThan(10);
      const page = await rung(at.cursor);
      expect(page.cursor.length).toBeLessThan(1000);
      seen.push(...page.tickets);
      at = page;
    }
    expect(seen).toEqual(rows.slice(1).map((row) => String(row.ticket)));
  });

  it('rings for nothing that was there before it started, however dense', async () => {
    for (let id = 1001; id <= 1180; id += 1) rows.push({ id, ticket: id });
    const start = await rt.connector.changedSince();
    expect((await rung(start.cursor)).tickets).toEqual([]);
  });

  it('starts on an empty helpdesk and rings for its first ticket', async () => {
    rows = [];
    const start = await rt.connector.changedSince();
    rows.push({ id: 5, ticket: 1, type: 'Create' });
    expect((await rung(start.cursor)).tickets).toEqual(['1']);
  });

  it('refuses a cursor that it did not make', async () => {
    for (const cursor of ['', 'x', '5:', '5:1,', '-1', "5 OR 1=1", '5:1000']) await failure(rt.connector.changedSince(mintId<SweepCursor>(cursor)), 'invalid');
  });
});
