import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Low } from 'lowdb';
import { createDurableAdapter, lockFolder, makeFolder, writeDurably } from '../../src/disk/files.js';

let folder = '';
beforeEach(async () => { folder = await mkdtemp(join(tmpdir(), 'deskbridge-disk-')); });
afterEach(() => rm(folder, { recursive: true }));

describe('writeDurably', () => {
  it('replaces a file as a whole and leaves nothing else', async () => {
    const path = join(folder, 'x.json');
    await writeDurably(path, 'a long first version');
    await writeDurably(path, Buffer.from('second'));
    expect(await readFile(path, 'utf8')).toBe('second');
    expect(await readdir(folder)).toEqual(['x.json']);
  });

  it('takes many writers of one file at once: one of them wins whole', async () => {
    const path = join(folder, 'x');
    const contents = Array.from({ length: 30 }, (_, index) => String(index).repeat(5000));
    await Promise.all(contents.map((content) => writeDurably(path, content)));
    expect(contents).toContain(await readFile(path, 'utf8'));
    expect(await readdir(folder)).toEqual(['x']);
  });

  it('names the file when it cannot write, and leaves no temporary file', async () => {
    const path = join(folder, 'taken');
    await mkdir(path);
    await expect(writeDurably(path, 'x')).rejects.toMatchObject({ name: 'BridgeError', code: 'unavailable', message: expect.stringContaining(path) });
    await expect(writeDurably(join(folder, 'none', 'x'), 'x')).rejects.toMatchObject({ code: 'unavailable' });
    expect(await readdir(folder)).toEqual(['taken']);
  });
});

describe('createDurableAdapter', () => {
  const parse = (json: unknown): { count: number } => {
    if (typeof json === 'object' && json !== null && 'count' in json && typeof json.count === 'number') return { count: json.count };
    throw new Error('no count');
  };
  it('keeps what lowdb writes, whatever NODE_ENV says', async () => {
    const path = join(folder, 'db.json');
    const low = new Low(createDurableAdapter(path, parse), { count: 0 });
    await low.update((value) => { value.count = 7; });
    const again = new Low(createDurableAdapter(path, parse), { count: 0 });
    await again.read();
    expect(again.data).toEqual({ count: 7 });
  });
  it.each([{ name: 'torn', content: '{"count":' }, { name: 'foreign', content: '{"other":1}' }])('refuses a $name file', async ({ content }) => {
    const path = join(folder, 'db.json');
    await writeFile(path, content);
    await expect(new Low(createDurableAdapter(path, parse), { count: 0 }).read()).rejects.toMatchObject({ code: 'unavailable', message: expect.stringContaining(path) });
    expect(await readFile(path, 'utf8')).toBe(content);
  });
});

it('makes folders, also the ones above', async () => {
  await makeFolder(join(folder, 'a', 'b'));
  await makeFolder(join(folder, 'a', 'b'));
  expect(await readdir(join(folder, 'a'))).toEqual(['b']);
});

describe('lockFolder', () => {
  const lockOf = (holder: unknown): Promise<void> => writeFile(join(folder, 'deskbridge.lock'), JSON.stringify(holder));

  it('lets one in, names it to the next, and lets the next in afterwards', async () => {
    const lock = await lockFolder(folder);
    await expect(lockFolder(folder)).rejects.toMatchObject({ code: 'conflict', message: expect.stringContaining(`process ${process.pid}`) });
    await lock.check();
    await lock.release();
    expect(await readdir(folder)).toEqual([]);
    await (await lockFolder(folder)).release();
  });

  it('takes over from a dead process', async () => {
    const child = spawn(process.execPath, ['-e', '']);
    await once(child, 'exit');
    await lockOf({ pid: child.pid, host: hostname() });
    await (await lockFolder(folder)).release();
  });

  const known = process.platform === 'linux' ? it : it.skip; // Start times are read from /proc.
  known('takes over when the pid belongs to another process by now (skipped but on Linux)', async () => {
    await lockOf({ pid: process.pid, started: '1', host: hostname() });
    await (await lockFolder(folder)).release();
  });

  it('does not take over from another machine, nor what it cannot read', async () => {
    await lockOf({ pid: 1, host: 'elsewhere.invalid' });
    await expect(lockFolder(folder)).rejects.toMatchObject({ code: 'conflict', message: expect.stringContaining('elsewhere.invalid') });
    await writeFile(join(folder, 'deskbridge.lock'), 'torn');
    await expect(lockFolder(folder)).rejects.toMatchObject({ code: 'conflict', message: expect.stringContaining('deskbridge.lock') });
  });

  it('notices that it was taken away, even when another holds the same name by now', async () => {
    const frozen = await lockFolder(folder);
    await rm(join(folder, 'deskbridge.lock'));
    await expect(frozen.check()).rejects.toMatchObject({ code: 'unavailable' });
    const next = await lockFolder(folder);
    await expect(frozen.check()).rejects.toMatchObject({ code: 'unavailable' });
    await next.check();
  });

  it('lets one of many in who find a dead lock at once', async () => {
    const child = spawn(process.execPath, ['-e', '']);
    await once(child, 'exit');
    await lockOf({ pid: child.pid, host: hostname() });
    const results = await Promise.allSettled(Array.from({ length: 12 }, () => lockFolder(folder)));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await readdir(folder)).toEqual(['deskbridge.lock']);
  });
});
