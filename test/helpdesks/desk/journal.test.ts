import { spawn } from 'node:child_process';
import { appendFile, mkdir, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import request from 'supertest';
import { encodeLine, openJournal, readJournal } from '../../../src/helpdesks/desk/server/journal.js';
import { openStore } from '../../../src/helpdesks/desk/server/store.js';
import type { Row, TicketRow } from '../../../src/helpdesks/desk/server/records.js';
import { API_TOKEN, startDesk, temporaryFolder } from './start.js';

let folder: string;
let remove: () => Promise<void>;
beforeEach(async () => {
  ({ folder, remove } = await temporaryFolder());
});
afterEach(() => remove());

const bridge = { authorization: `Bearer ${API_TOKEN}` };
const path = (): string => join(folder, 'desk.jsonl');

async function writeOne(html: string): Promise<void> {
  const { app, desk } = await startDesk(folder);
  const { body } = await request(app).post('/desk/api/requesters').set(bridge).send({ personId: 'tg:1', name: 'Иван' });
  await request(app).post('/desk/api/tickets').set(bridge).send({ requester: body.id, subject: 's', html }).expect(201);
  await desk.close();
}

async function textsOf(id: string): Promise<{ readonly texts: unknown; readonly warnings: number }> {
  const { app, desk, events } = await startDesk(folder);
  const { body } = await request(app).get(`/desk/api/tickets/${id}/comments`).set(bridge);
  await desk.close();
  return { texts: (body.comments as { html: string }[] | undefined)?.map((comment) => comment.html), warnings: events.filter((event) => event.type === 'log' && event.level === 'warn').length };
}

describe('the journal of the desk', () => {
  it('holds what was answered, over a restart', async () => {
    await writeOne('первый');
    await writeOne('второй');
    expect(await textsOf('1001')).toEqual({ texts: ['первый'], warnings: 0 });
    expect(await textsOf('1002')).toEqual({ texts: ['второй'], warnings: 0 });
  });

  it.each([
    { name: 'a line cut in the middle', tear: async () => truncate(path(), (await stat(path())).size - 7) },
    { name: 'a line without its line feed', tear: async () => truncate(path(), (await stat(path())).size - 1) },
  ])('drops $name at the end, keeps it beside, and says so', async ({ tear }) => {
    await writeOne('первый');
    await writeOne('второй');
    await tear();
    expect(await textsOf('1001')).toEqual({ texts: ['первый'], warnings: 1 });
    expect(await textsOf('1002')).toEqual({ texts: undefined, warnings: 0 });
    expect(await readFile(`${path()}.torn`, 'utf8')).toContain('второй');
    await writeOne('третий');
    expect(await textsOf('1002')).toEqual({ texts: ['третий'], warnings: 0 });
  });

  it('drops zeros that a file system left at the end', async () => {
    await writeOne('первый');
    await appendFile(path(), Buffer.alloc(4096));
    expect(await textsOf('1001')).toEqual({ texts: ['первый'], warnings: 1 });
  });

  it('refuses a journal that is damaged in the middle, and changes nothing', async () => {
    await writeOne('первый');
    await writeOne('второй');
    const damaged = (await readFile(path(), 'utf8')).replace('первый', 'перв1й');
    await writeFile(path(), damaged);
    await expect(startDesk(folder)).rejects.toMatchObject({ code: 'invalid', message: expect.stringContaining('desk.jsonl is damaged at line') });
    expect(await readFile(path(), 'utf8')).toBe(damaged);
  });

  it.each([{ name: 'another program\'s file', text: '{"tickets":[]}\n' }, { name: 'an empty file', text: '' }, { name: 'bytes without lines', text: '\u0000\u0001\u0002' }])('refuses $name, and changes nothing', async ({ text }) => {
    await mkdir(folder, { recursive: true });
    await writeFile(path(), text);
    await expect(startDesk(folder)).rejects.toMatchObject({ code: 'invalid', message: expect.stringContaining('desk.jsonl') });
    expect(await readFile(path(), 'utf8')).toBe(text);
  });

  it('belongs to one process at a time', async () => {
    const { desk } = await startDesk(folder);
    await expect(startDesk(folder)).rejects.toMatchObject({ code: 'conflict' });
    await desk.close();
    await (await startDesk(folder)).desk.close();
  });

  it('lets many appends share few disk writes, and keeps all of them', async () => {
    await writeOne('первый');
    const journal = await openJournal(path());
    await Promise.all(Array.from({ length: 500 }, async (_, index) => {
      journal.append({ seq: 1000 + index, rows: [] });
      await journal.settled();
    }));
    await journal.close();
    const read: unknown[] = [];
    await readJournal(path(), (value) => read.push(value));
    expect(read.slice(-500)).toEqual(Array.from({ length: 500 }, (_, index) => ({ seq: 1000 + index, rows: [] })));
  });

  it('is written anew without history when it has grown, with the same content', async () => {
    const store = await openStore(folder, () => undefined);
    const ticket = (seq: number): Row => ({ type: 'ticket', row: sampleTicket(seq) });
    for (let seq = 1; seq <= 9000; seq += 1) store.write([ticket(seq)]);
    store.write([{ type: 'comment', row: { id: 7, ticket: '1001', visibility: 'public', author: { kind: 'agent', id: 'a', name: 'A' }, createdAtMs: 1, html: 'h', text: 'h', files: [], externalId: 'x' } }]);
    store.write([{ type: 'delivered', ticket: '1001', comment: 7, atMs: 5 }]);
    const before = JSON.stringify([...store.tables.tickets.values()]);
    await store.close();
    const grown = (await stat(path())).size;
    const again = await openStore(folder, () => undefined);
    expect(JSON.stringify([...again.tables.tickets.values()])).toBe(before);
    expect(again.tables.changes.after(0, 10)).toEqual([{ seq: 9000, ticket: '1001' }]);
    expect(again.tables.commentsOfExternalId.get('x')).toHaveLength(1);
    expect([again.tables.nextTicket, again.tables.nextEntry, again.tables.seq]).toEqual([1002, 8, 9002]);
    await again.close();
    expect((await stat(path())).size).toBeLessThan(grown / 100);
    const third = await openStore(folder, () => undefined);
    expect([...third.tables.delivered]).toEqual([['1001', new Map([[7, 5]])]]);
    expect(JSON.stringify([...third.tables.tickets.values()])).toBe(before);
    await third.close();
  });

  it('loses nothing that was on disk when its process is killed', async () => {
    await writeOne('первый');
    const lines = Array.from({ length: 20_000 }, (_, index) => encodeLine({ seq: 100 + index, rows: [] })).join('');
    // A writer of its own appends lines until it is killed in the middle of one.
    const script = `const fs=require('fs');const fd=fs.openSync(process.argv[1],'a');const b=fs.readFileSync(0);for(let i=0;;i++){const part=b.subarray(i*997,(i+1)*997);fs.writeSync(fd,part);if(i===40)process.kill(process.pid,'SIGKILL')}`;
    const child = spawn(process.execPath, ['-e', script, path()], { stdio: ['pipe', 'ignore', 'ignore'] });
    child.stdin.on('error', () => undefined);
    child.stdin.end(lines);
    await new Promise((resolve) => child.once('exit', resolve));
    expect((await textsOf('1001')).texts).toEqual(['первый']);
    const read: { seq: number }[] = [];
    const reading = await readJournal(path(), (value) => read.push(value as { seq: number }));
    expect(reading.tornBytes).toBe(0);
    const wholeLines = lines.slice(0, 41 * 997).split('\n').length - 1;
    expect(read.at(-1)?.seq).toBe(100 + wholeLines - 1);
  });
});

function sampleTicket(seq: number): TicketRow {
  return {
    id: '1001', subject: 'тема '.repeat(50), status: 'open', queue: 'Support', priority: 'normal', tags: [], requester: 'r1', createdAtMs: 1, updatedAtMs: seq,
    changedSeq: seq, ringSeq: seq, preview: '', lastFrom: 'requester', lastRequesterEntry: 1, comments: 1,
  };
}
