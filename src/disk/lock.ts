/** One process per data folder: a lock file that names its holder, taken over when the holder is dead. */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { link, open, readFile, rename, unlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { BridgeError } from '../core/errors.js';
import { diskError, errnoOf, makeFolder } from './files.js';

const LOCK_NAME = 'deskbridge.lock';
const TRIES_MAX = 5;

interface Holder {
  readonly pid: number;
  /** Start time in clock ticks since boot, where the system tells: a reused pid has another. */
  readonly started?: string;
  readonly host: string;
}

/**
 * Makes sure that one process at a time uses `folder` (made when missing). Returns the function that gives the lock back.
 * Throws `conflict`, naming the process that holds it; a lock whose process is dead is taken over.
 */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  await makeFolder(folder);
  const path = join(folder, LOCK_NAME);
  const own = JSON.stringify(holderOf(process.pid));
  for (let attempt = 0; attempt < TRIES_MAX; attempt += 1) {
    if (await create(path, own)) return () => giveBack(path, own);
    const found = await readLock(path);
    if (found === undefined) continue;
    const holder = parseHolder(found);
    if (holder === undefined || isAlive(holder)) throw inUse(folder, path, holder);
    await moveAway(path, found);
  }
  throw inUse(folder, path, undefined);
}

/** Whether a live process holds the lock of `folder`; a lock that cannot be read, or is of another machine, counts as held. Takes nothing. */
export async function isFolderInUse(folder: string): Promise<boolean> {
  const found = await readLock(join(folder, LOCK_NAME));
  if (found === undefined) return false;
  const holder = parseHolder(found);
  return holder === undefined || isAlive(holder);
}

async function create(path: string, own: string): Promise<boolean> {
  // Linked into place whole: a reader never meets a lock that is created but not yet written.
  const temporary = `${path}.${randomBytes(6).toString('hex')}`;
  try {
    const file = await open(temporary, 'wx', 0o600);
    // Synced: an empty lock after a power cut would have to be deleted by hand.
    await file.writeFile(own).then(() => file.datasync()).finally(() => file.close());
    await link(temporary, path);
    return true;
  } catch (thrown) {
    if (errnoOf(thrown) === 'EEXIST') return false;
    throw diskError('create', path, thrown);
  } finally {
    await unlink(temporary).catch(() => undefined);
  }
}

async function readLock(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (thrown) {
    if (errnoOf(thrown) === 'ENOENT') return undefined;
    throw diskError('read', path, thrown);
  }
}

/** Removes a stale lock. Two may try at once: whoever moved a fresh lock by mistake puts it back. */
async function moveAway(path: string, stale: string): Promise<void> {
  const aside = `${path}.${randomBytes(6).toString('hex')}.stale`;
  try {
    await rename(path, aside);
    if (await readFile(aside, 'utf8') !== stale) await link(aside, path);
  } catch (thrown) {
    if (errnoOf(thrown) !== 'ENOENT' && errnoOf(thrown) !== 'EEXIST') throw diskError('replace', path, thrown);
  } finally {
    await unlink(aside).catch(() => undefined);
  }
}

async function giveBack(path: string, own: string): Promise<void> {
  if (await readLock(path) === own) await unlink(path).catch(() => undefined);
}

function holderOf(pid: number): Holder {
  const started = startOf(pid);
  return { pid, host: hostname(), ...(started === undefined ? {} : { started }) };
}

function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name in parentheses may hold spaces; field 22 of proc(5) is the 20th after it.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}

/** A holder on another machine cannot be asked, and so counts as alive. */
function isAlive(holder: Holder): boolean {
  if (holder.host !== hostname()) return true;
  try {
    process.kill(holder.pid, 0);
  } catch (thrown) {
    if (errnoOf(thrown) === 'ESRCH') return false;
  }
  const started = startOf(holder.pid);
  return started === undefined || holder.started === undefined || started === holder.started;
}

function parseHolder(text: string): Holder | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || !('pid' in value) || !('host' in value)) return undefined;
    const { pid, host } = value;
    const started = 'started' in value && typeof value.started === 'string' ? value.started : undefined;
    if (typeof pid !== 'number' || !Number.isSafeInteger(pid) || pid <= 0 || typeof host !== 'string') return undefined;
    return { pid, host, ...(started === undefined ? {} : { started }) };
  } catch {
    return undefined;
  }
}

function inUse(folder: string, path: string, holder: Holder | undefined): BridgeError {
  const who = holder === undefined ? 'another process' : `process ${holder.pid}${holder.host === hostname() ? '' : ` on ${holder.host}`}`;
  return new BridgeError({
    code: 'conflict', operation: 'lockFolder',
    message: `${folder} is in use by ${who}; stop it first, or give this one another DATA_DIR. If you are sure that it no longer runs, delete ${path}`,
  });
}
