/** What `buried` prints, and the running program's side of `replay`: requests are done once, in order, whatever stops in between. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ReplayOutcome } from '../../src/bridge/recovery/replay.js';
import { BridgeError } from '../../src/core/errors.js';
import type { BuriedEntry } from '../../src/core/ports.js';
import type { BridgeEvent } from '../../src/core/types.js';
import { mintId } from '../../src/core/types.js';
import { findEntries, formatAge, shortNames, toJson, toTable } from '../../src/main/buried.js';
import { createReplaySpool, type ReplaySpool, type Report } from '../../src/main/replay-spool.js';
import { watchReplays } from '../../src/main/replay-watch.js';
import { createVirtualClock, type VirtualClock } from '../fakes/clock.js';

const NOW_MS = Date.UTC(2026, 0, 2);

function message(chat: number, id: number, ageMs = 0): BuriedEntry {
  const conversation = mintId<BuriedEntry['conversation']>(`tg:1:${chat}`);
  return {
    id: `to_helpdesk:${conversation}:${conversation}:${id}`, direction: 'to_helpdesk', conversation, message: mintId(`${conversation}:${id}`),
    code: 'invalid', operation: 'addComment', buriedAtMs: NOW_MS - ageMs,
  };
}

const answer: BuriedEntry = {
  id: 'to_telegram:tg:1:7:12', direction: 'to_telegram', conversation: mintId('tg:1:7'), ticket: mintId('1'), comment: mintId('12'), code: 'forbidden', reason: 'blocked',
  operation: 'sendPart', buriedAtMs: NOW_MS - 3 * 3_600_000,
};
const command: BuriedEntry = {
  id: 'to_helpdesk:tg:1:7:command:tg:1:7:9', direction: 'to_helpdesk', conversation: mintId('tg:1:7'), code: 'internal', operation: 'performCommand', buriedAtMs: NOW_MS - 60_000,
};
const ticket: BuriedEntry = { ...answer, id: 'to_telegram:tg:1:7:ticket:5', ticket: mintId('5'), code: 'not_found', operation: 'getTicket' };

function withoutComment({ comment: _comment, reason: _reason, ...entry }: BuriedEntry): BuriedEntry {
  return entry;
}

describe('the list', () => {
  const entries = [answer, withoutComment(ticket), message(8, 3, 5_000), command];

  it('is a table: reason before code, age in its largest unit, and who can repeat it', () => {
    const [head, ...rows] = toTable({ entries, nowMs: NOW_MS, readsAgain: true });
    expect(head).toMatch(/^ID {6}DIRECTION {4}REASON {5}OPERATION {7}AGE {4}CONVERSATION {2}WHAT/);
    expect(rows.map((row) => row.split(/ {2,}/).slice(1))).toEqual([
      ['to_telegram', 'blocked', 'sendPart', '3 h', 'tg:1:7', 'ticket 1 comment 12', 'replay'],
      ['to_telegram', 'not_found', 'getTicket', '3 h', 'tg:1:7', 'ticket 5', 'replay'],
      ['to_helpdesk', 'invalid', 'addComment', '5 s', 'tg:1:8', 'message tg:1:8:3', 'replay'],
      ['to_helpdesk', 'internal', 'performCommand', '1 min', 'tg:1:7', 'command tg:1:7:9', 'only by the sender'],
    ]);
    const places = [head, ...rows].map((row) => row?.indexOf(row.includes('WHAT') ? 'WHAT' : / (ticket|message|command) /.exec(row)?.[1] ?? '?'));
    expect(new Set(places).size).toBe(1);
  });

  it('says that nobody but the sender can repeat a message when there is no operators\' chat', () => {
    const again = toJson({ entries, nowMs: NOW_MS, readsAgain: false }).map((row) => Object.entries(row).find(([key]) => key === 'again')?.[1]);
    expect(again).toEqual(['replay', 'replay', 'sender', 'sender']);
    expect(toTable({ entries: [], nowMs: NOW_MS, readsAgain: true })).toEqual(['nothing is buried']);
  });

  it.each([[0, '0 s'], [59_999, '59 s'], [60_000, '1 min'], [3_599_999, '59 min'], [86_399_999, '23 h'], [86_400_000 * 40, '40 d'], [-5, '0 s']])('an age of %d ms is %s', (ageMs, text) => {
    expect(formatAge(ageMs)).toBe(text);
  });
});

describe('the names of entries', () => {
  // Enough for two names that begin with the same six digits: 16.7 million in all.
  const many = Array.from({ length: 20_000 }, (_, index) => message(index, 1));
  it('are short, each another, and found again', () => {
    const nameOf = shortNames(many);
    const names = many.map(nameOf);
    expect([new Set(names).size, (names[0]?.length ?? 0) >= 7]).toEqual([many.length, true]);
    expect(findEntries(many, [names[77] ?? '', many[5]?.id ?? ''])).toEqual({ found: [many[5], many[77]], problems: [], exit: 0 });
    expect(findEntries([answer], [shortNames([answer])(answer).toUpperCase()]).found).toEqual([answer]);
  });

  it('are refused when nobody or more than one has them', () => {
    expect(findEntries(many, ['a'])).toMatchObject({ found: [], exit: 2, problems: [expect.stringMatching(/^"a" fits \d+ entries; give more of it$/)] });
    expect(findEntries(many, ['xyz', 'b'])).toMatchObject({ exit: 2 });
    expect(findEntries(many, [''])).toMatchObject({ found: [], exit: 1 });
    expect(findEntries([answer], ['to_telegram'])).toMatchObject({ found: [], exit: 1, problems: [expect.stringMatching(/^nothing is buried under "to_telegram"/)] });
  });
});

describe('the running program', () => {
  let dataDir: string;
  let spool: ReplaySpool;
  let buried: Map<string, BuriedEntry>;
  let replayed: string[];
  let events: BridgeEvent[];
  let decide: (entry: BuriedEntry) => Promise<ReplayOutcome> | ReplayOutcome;
  const stops: (() => Promise<void>)[] = [];
  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'deskbridge-'));
    spool = createReplaySpool(dataDir);
    [buried, replayed, events] = [new Map(), [], []];
    decide = (entry) => {
      buried.delete(entry.id);
      return { result: 'done' };
    };
  });
  afterEach(async () => {
    for (const stop of stops.splice(0)) await stop();
    await rm(dataDir, { recursive: true, force: true });
  });

  function watch(listBuried = async (): Promise<readonly BuriedEntry[]> => [...buried.values()]) {
    const clock = createVirtualClock(NOW_MS);
    const bridge = { replay: async (entry: BuriedEntry): Promise<ReplayOutcome> => { replayed.push(entry.id); return decide(entry); } };
    const watching = watchReplays({ spool, bridge, idMap: { buried: listBuried }, clock, emit: (event) => events.push(event) });
    stops.push(() => watching.stop());
    return { clock, stop: () => watching.stop() };
  }
  const bury = (...entries: readonly BuriedEntry[]): readonly string[] => {
    for (const entry of entries) buried.set(entry.id, entry);
    return entries.map((entry) => entry.id);
  };
  /** Files take their time: the virtual clock is moved until the request is done. */
  async function until(fits: () => Promise<boolean>, clock: VirtualClock, byMs = 100): Promise<void> {
    const limitMs = Date.now() + 20_000;
    while (!await fits()) {
      if (Date.now() > limitMs) throw new Error('not in time');
      await clock.advance(byMs);
    }
  }
  async function reported(name: string, clock: VirtualClock): Promise<Report> {
    await until(async () => !(await spool.requests()).includes(name), clock);
    return await spool.report(name) ?? { finished: false, entries: [] };
  }

  it('does what was asked in the given order, tells what came of each, and the request is gone', async () => {
    const entries = [message(1, 1), message(2, 1), message(3, 1), message(4, 1)];
    bury(...entries.slice(0, 3));
    decide = (entry) => {
      if (entry !== entries[1]) return { result: 'done' };
      return { result: 'kept', code: 'invalid', operation: 'addComment', detail: 'addComment: 422' };
    };
    const name = await spool.ask(entries.map((entry) => entry.id), NOW_MS);
    const report = await reported(name, watch().clock);
    expect(report).toMatchObject({ finished: true });
    // In the order in which they were done.
    const byId = (a: { id: string }, b: { id: string }): number => (a.id < b.id ? -1 : 1);
    expect([...report.entries].sort(byId)).toEqual([
      { id: entries[0]?.id, result: 'done' }, { id: entries[1]?.id, result: 'kept', code: 'invalid', operation: 'addComment', detail: 'addComment: 422' },
      { id: entries[2]?.id, result: 'done' }, { id: entries[3]?.id, result: 'gone' },
    ]);
    expect([replayed, await spool.requests()]).toEqual([entries.slice(0, 3).map((entry) => entry.id), []]);
    await spool.forget(name);
    expect(await readdir(join(dataDir, 'replay'))).toEqual([]);
  });

  it('keeps what it could not do before it stopped for the next start, and repeats nothing that was told', async () => {
    const ids = bury(...Array.from({ length: 12 }, (_, index) => message(index, 1)));
    const name = await spool.ask(ids, NOW_MS);
    decide = (entry) => {
      if (ids.indexOf(entry.id) >= 5) return { result: 'stopped' };
      return { result: 'kept', code: 'invalid', operation: 'addComment', detail: '' };
    };
    const first = watch();
    await until(async () => replayed.length === 12, first.clock, 10);
    await first.stop();
    expect([await spool.requests(), (await spool.report(name))?.finished]).toEqual([[name], false]);
    const told = (await spool.report(name))?.entries.map((entry) => entry.id) ?? [];
    replayed = [];
    decide = () => ({ result: 'done' });
    await reported(name, watch().clock);
    expect(replayed).toEqual(ids.filter((id) => !told.includes(id)));
    expect((await spool.report(name))?.entries.map((entry) => entry.id).sort()).toEqual([...ids].sort());
  });

  it('has no more than some replays under way at once', async () => {
    let underWay = 0;
    let most = 0;
    decide = async () => {
      most = Math.max(most, underWay += 1);
      await new Promise((resolve) => setImmediate(resolve));
      underWay -= 1;
      return { result: 'done' };
    };
    const name = await spool.ask(bury(...Array.from({ length: 60 }, (_, index) => message(index, 1))), NOW_MS);
    await reported(name, watch().clock);
    expect([most, replayed.length]).toEqual([8, 60]);
  });

  it('leaves a request that it cannot read, says so once, and does the others', async () => {
    const { clock } = watch();
    const broken = `${NOW_MS - 1}-0123456789ab`;
    await mkdir(join(dataDir, 'replay'), { recursive: true });
    await writeFile(join(dataDir, 'replay', `${broken}.request.json`), '{"format":1,"entr');
    const name = await spool.ask(bury(message(1, 1)), NOW_MS);
    await reported(name, clock);
    await clock.advance(20_000);
    expect([replayed.length, await spool.requests(), events.filter((event) => event.type === 'log' && event.level === 'warn').length]).toEqual([1, [broken], 1]);
  });

  it('goes on when the map cannot be read for a while', async () => {
    const name = await spool.ask(bury(message(1, 1)), NOW_MS);
    let failures = 0;
    const { clock } = watch(async () => {
      if ((failures += 1) <= 2) throw new BridgeError({ code: 'unavailable', operation: 'readFile', message: 'disk' });
      return [...buried.values()];
    });
    await reported(name, clock);
    expect([replayed.length, events.filter((event) => event.type === 'log').length]).toEqual([1, 2]);
  });

  it('removes reports that nobody read, after a day, and what a killed writer left', async () => {
    const name = await spool.ask(bury(message(1, 1)), NOW_MS);
    for (const [left, ageMs] of [['old.json.0-1.tmp', 120_000], ['young.json.0-1.tmp', 1_000]] as const) {
      const path = join(dataDir, 'replay', left);
      await writeFile(path, 'torn');
      await utimes(path, NOW_MS / 1_000, (NOW_MS - ageMs) / 1_000);
    }
    const { clock } = watch();
    await reported(name, clock);
    expect(await readdir(join(dataDir, 'replay'))).toEqual([`${name}.report.json`, 'young.json.0-1.tmp']);
    await clock.advance(23 * 3_600_000);
    expect(await readdir(join(dataDir, 'replay'))).toHaveLength(2);
    await until(async () => (await readdir(join(dataDir, 'replay'))).length === 1, clock, 3_600_000);
    expect(await spool.report(name)).toBeUndefined();
  });

  it('keeps the report of a request that is not done, however old', async () => {
    const name = await spool.ask(['a', 'b'], NOW_MS - 48 * 3_600_000);
    await spool.tell(name, { finished: false, entries: [{ id: 'a', result: 'done' }] });
    await spool.forgetBefore(NOW_MS);
    expect(await spool.report(name)).toMatchObject({ entries: [{ id: 'a' }] });
  });
});
