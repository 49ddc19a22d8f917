/** What lies on disk is for the user that runs the program, and nobody else. */
import { afterAll, describe, expect, it, jest } from '@jest/globals';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { allAcknowledged, cleanUp, createAgent, endProgram, startProgram, startTelegram, ticketWith, type Cleanup } from '../e2e/setup.js';
import { temporaryFolder } from '../e2e/program.js';

jest.setTimeout(60_000);
const cleanups: Cleanup[] = [];
afterAll(() => cleanUp(cleanups));

const notOnWindows = process.platform === 'win32' ? describe.skip : describe; // which has no such modes

notOnWindows('the data directory', () => {
  it('can be read by its owner only: folders, journal, files, the desk\'s token', async () => {
    const [telegram, temporary] = [await startTelegram(), await temporaryFolder()];
    cleanups.push(() => telegram.stop(), () => temporary.remove());
    const folder = join(temporary.path, 'made/by/the/program');
    const { program, url } = await startProgram({ TELEGRAM_API_ROOT: telegram.url, DATA_DIR: folder, HELPDESK_TOKEN: 'api-token-of-this-test' });
    cleanups.push(() => endProgram(program));
    const user = telegram.world.addUser({ name: 'A' }).id;
    await telegram.world.sendFile(user, { kind: 'document', name: 'a.txt', caption: 'with a file', bytes: Buffer.from('x') });
    await ticketWith(createAgent(url, 'api-token-of-this-test'), 'with a file');
    await allAcknowledged(telegram.world);
    expect((await stat(folder)).mode & 0o077).toBe(0);
    expect((await stat(join(folder, 'desk'))).mode & 0o077).toBe(0);
    const entries = await readdir(join(folder, 'desk'), { recursive: true, withFileTypes: true });
    const open = await Promise.all(entries.map(async (entry) => [entry.name, ((await stat(join(entry.parentPath, entry.name))).mode & 0o077).toString(8)] as const));
    expect(open.length).toBeGreaterThan(2);
    expect(open.filter(([, mode]) => mode !== '0')).toEqual([]);
  });
});
