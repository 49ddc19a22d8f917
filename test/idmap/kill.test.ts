import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { transform } from '@swc/core';
import { createLowdbIdMap } from '../../src/idmap/lowdb.js';
import { conversationId, link, messageId, ticketId } from '../conformance/idmap-samples.js';

/** Commits without end: the number of every commit that was acknowledged goes to standard output. */
const CHILD = `
import { createLowdbIdMap } from './idmap/lowdb.js';
const idMap = await createLowdbIdMap({ folder: process.argv[2], nowMs: () => 0 });
const from = Number(process.argv[3]);
await Promise.all(Array.from({ length: 8 }, async (_, lane) => {
  for (let number = from + lane; ; number += 8) {
    const chat = 'tg:1:' + number % 5;
    await idMap.withConversation(chat, (session) => session.commit({
      tickets: [{ ticket: String(number), number: String(number), phase: 'open', phaseSinceMs: 1, toldPhase: 'open', openedAtMs: 1 }],
      due: [{ kind: 'k' + number, atMs: number }], links: [{ ticket: String(number), comment: 'c', message: 'tg:1:5:' + number, part: 0 }],
    }));
    process.stdout.write(number + '\\n');
  }
}));
`;

let built = '';
beforeAll(async () => {
  built = await mkdtemp(join(tmpdir(), 'deskbridge-kill-'));
  const root = join(import.meta.dirname, '../..');
  await symlink(join(root, 'node_modules'), join(built, 'node_modules'));
  await writeFile(join(built, 'package.json'), '{"type":"module"}');
  await writeFile(join(built, 'child.js'), CHILD);
  for (const room of ['core', 'disk', 'idmap']) {
    await mkdir(join(built, room));
    for (const name of await readdir(join(root, 'src', room))) {
      const { code } = await transform(await readFile(join(root, 'src', room, name), 'utf8'), { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type: 'es6' } });
      await writeFile(join(built, room, name.replace(/\.ts$/u, '.js')), code);
    }
  }
});
afterAll(() => rm(built, { recursive: true }));

/** Kills the child when it has acknowledged `enough` commits; gives all that it had acknowledged. */
function runAndKill(folder: string, from: number, enough: number): Promise<number[]> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(built, 'child.js'), folder, String(from)], { stdio: ['ignore', 'pipe', 'inherit'] });
    const acknowledged: number[] = [];
    createInterface(child.stdout).on('line', (line) => {
      acknowledged.push(Number(line));
      if (acknowledged.length === enough) child.kill('SIGKILL');
    });
    child.on('error', reject);
    child.on('close', (_code, signal) => {
      if (signal === 'SIGKILL') resolve(acknowledged);
      else reject(new Error('the child ended by itself'));
    });
  });
}

it('has every acknowledged commit after kill -9, whole, and with its indexes', async () => {
  const folder = join(built, 'data');
  const acknowledged: number[] = [];
  for (const enough of [40, 75, 111]) {
    acknowledged.push(...await runAndKill(folder, acknowledged.length === 0 ? 0 : Math.max(...acknowledged) + 100, enough));
    const idMap = await createLowdbIdMap({ folder, nowMs: () => 0 });
    try {
      for (const number of acknowledged) {
        const conversation = conversationId(String(number % 5));
        await idMap.withConversation(conversation, async (session) => {
          expect(session.state.tickets.some(({ ticket }) => ticket === ticketId(number))).toBe(true);
          expect(await session.linkOfMessage(messageId(number))).toEqual(link(number, 'c', number));
        });
        expect(await idMap.conversationsOf(ticketId(number))).toEqual([conversation]);
      }
      expect(await idMap.dueConversations(1e9)).toHaveLength(5);
    } finally {
      await idMap.close();
    }
  }
  expect(acknowledged.length).toBeGreaterThanOrEqual(226);
}, 60_000);
